//! What a server can bear, known beforehand.

#[cfg(feature = "profiles")]
use std::time::Duration;

use scim_core::patch::RemoveForm;
#[cfg(feature = "profiles")]
use scim_core::vendor::{Operation, Profile, RateScope, Removal};

#[cfg(feature = "profiles")]
use crate::{
    rate::{RateLimits, Window},
    retry::{RetryPolicy, ThrottleMarker},
};

/// Limits of a server that its `ServiceProviderConfig` does not tell.
///
/// ```
/// use scim_client::ServerLimits;
/// use scim_core::patch::RemoveForm;
///
/// let aws = ServerLimits { page_size: 50, member_changes: 100, ..ServerLimits::default() };
/// assert_eq!(aws.remove_form, RemoveForm::ValuePath);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerLimits {
    /// Resources to ask for in one page.
    pub page_size: u32,
    /// Members to add or remove in one PATCH.
    pub member_changes: usize,
    /// How a member is removed. With [`RemoveForm::ValueList`] a strict server may remove every member, so use it only
    /// where it is known to work.
    pub remove_form: RemoveForm,
    /// Endpoints without PATCH, such as `Groups`: a GET and a PUT take its place.
    pub no_patch: Vec<String>,
    /// Operations in one bulk request, when the server does not say.
    pub bulk_operations: usize,
    /// Bytes in one bulk request, when the server does not say.
    pub bulk_bytes: usize,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            page_size: 100,
            member_changes: 100,
            remove_form: RemoveForm::default(),
            no_patch: Vec::new(),
            bulk_operations: 100,
            bulk_bytes: 1 << 20,
        }
    }
}

#[cfg(feature = "profiles")]
impl From<&Profile> for ServerLimits {
    /// What a vendor profile says: size of pages, membership changes, how members are removed, bulk requests, and
    /// whether there is PATCH.
    fn from(profile: &Profile) -> Self {
        let usual = Self::default();
        let mut limits = Self {
            page_size: u32::try_from(profile.page.max).unwrap_or(u32::MAX).min(1000),
            member_changes: match profile.group.members_max {
                0 => usual.member_changes,
                most => most,
            },
            remove_form: match profile.patch.remove_form {
                Removal::ValuePath => RemoveForm::ValuePath,
                Removal::ValueList => RemoveForm::ValueList,
            },
            bulk_operations: profile.bulk.max_operations.clamp(1, usual.bulk_operations),
            bulk_bytes: profile.bulk.max_payload.min(usual.bulk_bytes),
            ..usual
        };
        for (endpoint, operations) in [("Users", &profile.user.ops), ("Groups", &profile.group.ops)] {
            if !operations.contains(&Operation::Patch) {
                limits.no_patch.push(endpoint.to_owned());
            }
        }
        limits
    }
}

#[cfg(feature = "profiles")]
impl From<&Profile> for RateLimits {
    /// The windows of a vendor profile.
    fn from(profile: &Profile) -> Self {
        let windows = profile.rate.windows.iter().map(|window| {
            let per = Duration::from_secs(window.seconds.into());
            match window.of {
                RateScope::All => Window::all(window.operations, per),
                RateScope::Reads => Window::reads(window.operations, per),
                RateScope::Writes => Window::writes(window.operations, per),
            }
        });
        Self { windows: windows.collect(), ..Self::default() }
    }
}

#[cfg(feature = "profiles")]
impl From<&Profile> for RetryPolicy {
    /// The usual policy, and the answers that the vendor means by "slow down".
    fn from(profile: &Profile) -> Self {
        let mut policy = Self::default();
        let marks = profile.rate.throttle.iter();
        policy
            .throttle_markers
            .extend(marks.map(|mark| ThrottleMarker { status: mark.status, text: mark.text.clone() }));
        policy
    }
}

#[cfg(all(test, feature = "profiles"))]
mod tests {
    use super::*;

    #[test]
    fn a_profile_tells_limits_rates_and_marks() {
        let aws = Profile::builtin("aws").unwrap();
        let limits = ServerLimits::from(&aws);
        assert_eq!((limits.page_size, limits.member_changes), (100, 100));
        assert!(limits.no_patch.is_empty());
        assert_eq!(ServerLimits::from(&Profile::builtin("hubspot").unwrap()).no_patch, ["Groups"]);
        let slack = RateLimits::from(&Profile::builtin("slack").unwrap());
        let minute = Duration::from_secs(60);
        assert_eq!(slack.windows, [Window::writes(600, minute), Window::reads(1000, minute)]);
        let text = "profile = { id = \"x\", title = \"X\", as_of = \"2026\" }\nrate.throttle = [{ status = 400, text = \"SLOW\" }]\npatch.remove_form = \"value_list\"";
        let profile = Profile::parse(text, "x.toml").unwrap();
        let policy = RetryPolicy::from(&profile);
        assert_eq!(
            policy.throttle_markers.last().unwrap(),
            &ThrottleMarker { status: 400, text: "SLOW".to_owned() }
        );
        assert_eq!(ServerLimits::from(&profile).remove_form, RemoveForm::ValueList);
    }
}
