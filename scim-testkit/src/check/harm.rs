//! What a finding costs, and which findings come from one cause.

use std::fmt;

use super::{Check, Level, catalog};

/// What a finding costs, worst first. Reports are in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Harm {
    /// Somebody has access who should not.
    Security,
    /// People, memberships or attributes are lost or wrong behind a success.
    DataLoss,
    /// An identity provider stops, with an error that its administrator sees.
    IdpStops,
    /// The endpoint departs from the RFC, and no provider of this run stumbles.
    Spec,
    /// Nothing.
    None,
}

impl Harm {
    /// The name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Security => "security",
            Self::DataLoss => "data-loss",
            Self::IdpStops => "idp-stops",
            Self::Spec => "spec",
            Self::None => "none",
        }
    }

    /// What the findings of a check cost. `breaks`: whether a provider of the run stumbles over it.
    #[must_use]
    pub fn of(check: &Check, breaks: bool) -> Self {
        if matches!(check.level, Level::Info | Level::Warning) {
            Self::None
        } else if check.id.starts_with("security.") || SECURITY.contains(&check.id) {
            Self::Security
        } else if DATA_LOSS.contains(&check.id) {
            Self::DataLoss
        } else if breaks || check.level == Level::BreaksIdp {
            Self::IdpStops
        } else {
            Self::Spec
        }
    }
}

impl fmt::Display for Harm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A leaver keeps access, a stranger gets it, or a secret gets out. All of `security.*` is here as well.
///
/// A filter that finds the wrong account links a newcomer to somebody else's. What is refused with an error that an
/// administrator sees is here only if nothing but access is at stake.
const SECURITY: &[&str] = &[
    "auth.not-enforced",
    "create.client-chosen-id",
    "delete.no-effect",
    "delete.refused",
    "filter.ignored",
    "filter.not-exact",
    "group.members-extra",
    "patch.boolean-string",
    "patch.members-remove-value",
    "patch.members-remove-value-path",
    "patch.members-replace",
    "patch.members-replace-empty",
    "put.active-ignored",
    "put.group-members-ignored",
    "resource.password-returned",
    "user.deactivate-no-effect",
    "user.deactivate-refused",
    "vendor.role",
];

/// The endpoint says yes, and what is stored is not what was sent; or what is stored is not found, so that a provider
/// stores it twice or believes it gone.
const DATA_LOSS: &[&str] = &[
    "bulk.result",
    "create.duplicate-accepted",
    "create.error-but-stored",
    "etag.if-match-ignored",
    "etag.unchanged",
    "filter.external-id",
    "filter.no-match",
    "filter.user-name-case",
    "filter.wrong-result",
    "group.concurrent-changes-lost",
    "group.display-name",
    "group.external-id-lost",
    "group.member-duplicate",
    "group.members-lost",
    "group.members-not-returned",
    "group.members-on-create",
    "group.members-partial",
    "group.other-changed",
    "list.count",
    "list.cursor",
    "list.deleted-resource",
    "list.resource-missing",
    "list.start-index",
    "list.total-results",
    "list.unstable-pages",
    "patch.add-replaces-values",
    "patch.members-add",
    "patch.members-add-replaces",
    "patch.members-remove-empties-group",
    "patch.members-value-path-empties-group",
    "patch.not-atomic",
    "patch.only-first-operation",
    "patch.order",
    "patch.order",
    "patch.remove-value-path",
    "patch.rename-drops-members",
    "patch.replace-appends-values",
    "patch.value-path-changes-others",
    "put.appends-values",
    "put.attribute-ignored",
    "put.creates",
    "put.drops-extension",
    "put.group-name-ignored",
    "resource.id-changed",
    "resource.rename-stale",
    "user.attribute-lost",
    "user.attribute-wrong",
    "user.deactivate-deletes",
    "user.extension-dropped",
    "user.external-id-lost",
    "user.other-changed",
    "user.reactivate-no-effect",
];

/// The check whose finding, if there is one, most likely explains a finding of `id`; the widest cause first.
///
/// Such a finding is no less true. It is shown below its cause, since it may be gone when the cause is mended.
pub fn causes(id: &str) -> impl Iterator<Item = &'static str> {
    // Of two that could explain each other, the one that comes first does.
    let own = CAUSES.iter().position(|(cause, _)| *cause == id).unwrap_or(CAUSES.len());
    CAUSES[..own]
        .iter()
        .filter(move |(_, dependents)| dependents.iter().any(|it| covers(it, id)))
        .map(|(cause, _)| *cause)
}

fn covers(pattern: &str, id: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => id.starts_with(prefix),
        None => pattern == id,
    }
}

/// The widest first: a cause is explained by one that comes before it, and by no other.
const CAUSES: &[(&str, &[&str])] = &[
    // Where nobody is asked who he is, no token is looked at.
    (
        "auth.not-enforced",
        &[
            "security.foreign-tenant",
            "security.path-bypass",
            "security.refused-but-done",
            "security.token-in-query",
            "security.token-not-checked",
        ],
    ),
    ("create.refused", &["create.body", "create.status", "idp.gives-up"]),
    ("list.shape", &["list.*", "filter.*", "create.conflict-without-match"]),
    // What is put together from text answers to other text than was meant.
    ("security.filter-injection", &["filter.malformed-accepted", "security.password-guessable"]),
    (
        "filter.ignored",
        &["filter.*", "create.conflict-without-match", "list.deleted-resource", "search.result"],
    ),
    ("filter.refused", &["filter.*", "create.conflict-without-match", "discovery.promise-broken"]),
    ("filter.not-exact", &["filter.duplicate-result"]),
    ("filter.no-match", &["filter.user-name-case", "filter.wrong-result", "create.conflict-without-match"]),
    ("filter.inactive-hidden", &["create.conflict-without-match"]),
    ("user.external-id-lost", &["filter.external-id"]),
    ("create.duplicate-accepted", &["filter.duplicate-result"]),
    // A row that is kept keeps its name.
    ("delete.no-effect", &["create.conflict-after-delete", "list.deleted-resource"]),
    (
        "patch.unsupported",
        &[
            "patch.*",
            "discovery.patch-promised",
            "user.update-refused",
            "user.deactivate-refused",
            "user.reactivate-refused",
            "group.update-refused",
        ],
    ),
    (
        "patch.replace",
        &[
            "patch.*",
            "user.deactivate-no-effect",
            "user.deactivate-refused",
            "user.reactivate-no-effect",
            "user.reactivate-refused",
            "user.update-refused",
        ],
    ),
    ("put.unsupported", &["put.*"]),
    ("user.extension-dropped", &["put.drops-extension", "patch.urn-path", "patch.urn-keys"]),
    ("list.count", &["list.count-zero", "list.unstable-pages"]),
    ("list.start-index", &["list.unstable-pages", "list.resource-missing", "list.total-results"]),
    ("list.total-results", &["list.resource-missing"]),
    ("group.members-not-returned", &["group.members-lost", "group.members-on-create"]),
    ("error.body", &["error.schemas", "error.status"]),
    ("bulk.result", &["bulk.fail-on-errors"]),
    ("etag.syntax", &["etag.if-match-refused", "etag.if-none-match-ignored"]),
];

/// Whether every id named here is a check's.
#[must_use]
pub fn unknown_ids() -> Vec<&'static str> {
    let named = SECURITY.iter().chain(DATA_LOSS).chain(CAUSES.iter().map(|(cause, _)| cause));
    named.copied().filter(|id| !catalog::ALL.iter().any(|check| check.id == *id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_is_a_check() {
        assert_eq!(unknown_ids(), Vec::<&str>::new());
        for (cause, dependents) in CAUSES {
            for pattern in *dependents {
                let known = catalog::ALL.iter().any(|check| covers(pattern, check.id));
                assert!(known || pattern.contains('*'), "{cause}: {pattern}");
            }
        }
    }

    #[test]
    fn the_worst_comes_first() {
        assert!(
            Harm::Security < Harm::DataLoss && Harm::DataLoss < Harm::IdpStops && Harm::IdpStops < Harm::Spec
        );
        assert_eq!(Harm::of(&catalog::DEACTIVATE_NO_EFFECT, false), Harm::Security);
        assert_eq!(Harm::of(&catalog::PATCH_OP_CASE, true), Harm::IdpStops);
        assert_eq!(Harm::of(&catalog::ERROR_STATUS, false), Harm::Spec);
        assert_eq!(Harm::of(&catalog::LOOKUP_IGNORED, true), Harm::Security);
        assert_eq!(Harm::of(&catalog::SECURITY_TOKEN, false), Harm::Security);
        assert_eq!(Harm::of(&catalog::SECURITY_CORS, false), Harm::None);
    }

    #[test]
    fn the_lists_are_in_order_and_nothing_is_in_both() {
        for list in [SECURITY, DATA_LOSS] {
            assert!(list.is_sorted());
        }
        let both: Vec<_> = SECURITY.iter().filter(|id| DATA_LOSS.contains(id)).collect();
        assert_eq!(both, Vec::<&&str>::new());
    }

    #[test]
    fn a_broken_filter_explains_what_follows_from_it() {
        assert_eq!(causes("filter.user-name-case").next(), Some("list.shape"));
        assert!(causes("filter.no-match").any(|cause| cause == "filter.ignored"));
        assert_eq!(causes("filter.ignored").collect::<Vec<_>>(), ["list.shape"]);
        assert!(causes("filter.refused").any(|cause| cause == "filter.ignored"));
        assert_eq!(causes("patch.unsupported").count(), 0);
        assert_eq!(causes("security.token-not-checked").next(), Some("auth.not-enforced"));
    }
}
