//! What a server can bear, known beforehand.

use scim_core::patch::RemoveForm;
#[cfg(feature = "profiles")]
use scim_core::vendor::{Operation, Profile};

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
    /// What a vendor profile says: page size, and whether there is PATCH. Profiles have no other limits yet.
    fn from(profile: &Profile) -> Self {
        let mut limits = Self {
            page_size: u32::try_from(profile.page.max).unwrap_or(u32::MAX).min(1000),
            ..Self::default()
        };
        for (endpoint, operations) in [("Users", &profile.user.ops), ("Groups", &profile.group.ops)] {
            if !operations.contains(&Operation::Patch) {
                limits.no_patch.push(endpoint.to_owned());
            }
        }
        limits
    }
}
