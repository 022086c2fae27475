//! What a vendor's profile announces: findings that follow from it are how the vendor differs, not what is wrong.

use scim_core::vendor::{
    Change, ConfigPath, Delete, Discovery, GroupNames, InactiveMembers, ListScope, MembersRead, Need,
    OnCreate, Operation, OverMax, PerPage, Permission, Profile, ProjectionOf, Reactivate, Rename, ScimTypes,
    SeatBy, Shown, StatusForm, UnauthorizedBody, UnknownMember, WriteBody,
};

/// The key of the profile that a finding follows from. `said` is everything that the finding says.
pub(super) fn announced(profile: &Profile, check: &str, said: &str) -> Option<&'static str> {
    // Whom the vendor tells apart by the request, or by a setting that goes with the provider.
    let by_client = profile.variants.iter().filter(|variant| !variant.when.client.is_empty());
    let others = by_client.filter_map(|variant| profile.variant(&variant.name));
    let all = std::iter::once(profile).chain(others).flat_map(rules);
    all.into_iter().find(|rule| rule.covers(check, said)).map(|rule| rule.key)
}

/// A key that departs from the RFC, and what a run sees of it.
struct Rule {
    key: &'static str,
    /// Checks; `*` at the end stands for anything.
    checks: &'static [&'static str],
    /// The finding must speak of one of these; empty: of anything.
    about: Vec<String>,
}

impl Rule {
    fn covers(&self, check: &str, said: &str) -> bool {
        let named = self.checks.iter().any(|known| match known.strip_suffix('*') {
            Some(start) => check.starts_with(start),
            None => *known == check,
        });
        let speaks = || {
            let said = said.to_lowercase();
            self.about.iter().any(|word| said.contains(&word.to_lowercase()))
        };
        named && (self.about.is_empty() || speaks())
    }
}

fn rules(profile: &Profile) -> Vec<Rule> {
    let mut rules = Vec::new();
    let mut when = |holds: bool, key: &'static str, checks: &'static [&'static str]| {
        if holds {
            rules.push(Rule { key, checks, about: Vec::new() });
        }
    };
    let (user, group, life) = (&profile.user, &profile.group, &profile.life);
    let (patch, put) = (&profile.patch, &profile.put);
    let lacks = |ops: &[Operation], op| !ops.contains(&op);
    when(lacks(&user.ops, Operation::Search), "user.ops", &["search.*"]);
    when(lacks(&user.ops, Operation::Delete), "user.ops", &["delete.*", "create.conflict-after-delete"]);
    when(lacks(&user.ops, Operation::Replace), "user.ops", &["put.*"]);
    when(lacks(&user.ops, Operation::Patch), "user.ops", &["patch.*", "discovery.patch-*"]);
    when(
        lacks(&group.ops, Operation::Replace),
        "group.ops",
        &["put.unsupported", "put.group-*", "group.update-refused"],
    );
    when(profile.service.discovery == Discovery::Absent, "service.discovery", &["discovery.*"]);
    when(
        profile.service.need_headers.iter().any(|name| name == "user-agent"),
        "service.need_headers",
        &["http.user-agent-required"],
    );
    when(
        profile.service.config_path == ConfigPath::Plural,
        "service.config_path",
        &["discovery.service-provider-config", "discovery.config-fields", "discovery.patch-*"],
    );
    when(!profile.service.media_type.is_empty(), "service.media_type", &["http.content-type*"]);
    when(
        profile.error.unauthorized != UnauthorizedBody::Scim,
        "error.unauthorized",
        &["error.body", "error.schemas", "error.status", "auth.error-body"],
    );
    when(
        profile.page.projection == ProjectionOf::None,
        "page.projection",
        &["resource.projection", "list.projection", "search.*", "group.excluded-members*"],
    );
    when(!profile.page.cursor_total, "page.cursor_total", &["list.cursor*"]);
    when(
        group.names == GroupNames::Slug,
        "group.names",
        &[
            "group.display-name",
            "patch.group-rename",
            "put.group-name-ignored",
            "resource.answer-stale",
            "resource.rename-stale",
        ],
    );
    when(
        group.inactive_members == InactiveMembers::Hide,
        "group.inactive_members",
        &["group.member*", "group.other-changed"],
    );
    when(!put.required.is_empty(), "put.required", &["put.*", "user.update-refused", "etag.*"]);
    when(
        user.write_body != WriteBody::Resource,
        "user.write_body",
        &[
            "create.body",
            "resource.projection",
            "resource.answer-stale",
            "resource.schemas",
            "resource.attribute-type",
            "resource.password-returned",
            "resource.extension-schemas",
        ],
    );
    when(user.list_scope != ListScope::All, "user.list_scope", &["create.conflict-without-match"]);
    when(group.create_status != 201, "group.create_status", &["create.status"]);
    when(
        group.members_read == MembersRead::Never,
        "group.members_read",
        &[
            "group.member*",
            "group.other-changed",
            "patch.members-*",
            "patch.rename-drops-members",
            "put.group-members-ignored",
            "group.concurrent-changes-lost",
        ],
    );
    when(
        group.members_on_create == OnCreate::Drop,
        "group.members_on_create",
        &["group.members-on-create", "group.members-lost"],
    );
    when(
        group.replace_members == Permission::Reject,
        "group.replace_members",
        &["patch.members-replace", "patch.members-replace-empty", "group.update-refused"],
    );
    when(
        group.remove_all == Permission::Reject,
        "group.remove_all",
        &["patch.members-remove-empties-group", "patch.remove"],
    );
    when(
        group.rename == Rename::Ignore,
        "group.rename",
        &["patch.group-rename", "put.group-name-ignored", "group.display-name"],
    );
    when(
        group.unknown_member != UnknownMember::Reject400,
        "group.unknown_member",
        &["resource.unknown-id-status"],
    );
    when(
        profile.page.over_max == OverMax::Reject,
        "page.over_max",
        &["list.count", "list.shape", "filter.wrong-result"],
    );
    when(
        profile.page.count_param != "count",
        "page.count_param",
        &[
            "list.count*",
            "list.items-per-page",
            "list.start-index",
            "list.unstable-pages",
            "list.page-clamped",
            "list.total-results",
        ],
    );
    when(
        profile.page.start_ignored,
        "page.start_ignored",
        &["list.start-index*", "list.unstable-pages", "list.beyond-end", "list.resource-missing"],
    );
    when(profile.page.per_page_echo == PerPage::Requested, "page.per_page_echo", &["list.items-per-page"]);
    when(
        !patch.user_paths.is_empty(),
        "patch.user_paths",
        &[
            "patch.*",
            "user.update-refused",
            "user.attribute-*",
            "user.extension-dropped",
            "user.external-id-lost",
            "resource.primary",
            "resource.attribute-name-case",
            "resource.two-primaries",
            "resource.rename-stale",
            "filter.no-match",
            "http.malformed-accepted",
            "etag.*",
            "user.not-readable",
        ],
    );
    when(!patch.group_paths.is_empty(), "patch.group_paths", &["patch.group-*", "group.update-refused"]);
    when(
        !put.only.is_empty(),
        "put.only",
        &[
            "put.*",
            "user.attribute-*",
            "user.extension-dropped",
            "user.external-id-lost",
            "resource.rename-stale",
            "resource.attribute-name-case",
            "etag.*",
            "filter.no-match",
        ],
    );
    when(!put.only.is_empty() && !put.only.iter().any(|name| name == "active"), "put.only", &["vendor.*"]);
    when(
        life.deactivate.is_gone(),
        "life.deactivate",
        &[
            "user.deactivate-deletes",
            "user.reactivate-*",
            "resource.id-changed",
            "create.active-ignored",
            "put.active-ignored",
            "user.not-readable",
        ],
    );
    when(life.reactivate == Reactivate::Reject, "life.reactivate", &["user.reactivate-*"]);
    when(
        life.delete == Delete::Soft,
        "life.delete",
        &[
            "delete.*",
            "list.deleted-resource",
            "create.conflict-after-delete",
            "resource.unknown-id-status",
            "create.duplicate-*",
            "create.conflict-without-match",
        ],
    );
    when(
        life.delete == Delete::Refused,
        "life.delete",
        &["delete.*", "list.deleted-resource", "create.conflict-after-delete", "resource.unknown-id-status"],
    );
    when(
        life.create_inactive == Permission::Reject,
        "life.create_inactive",
        &["create.active-ignored", "create.refused"],
    );
    when(
        !life.mangle.is_empty(),
        "life.mangle",
        &[
            "user.attribute-wrong",
            "user.attribute-lost",
            "put.attribute-ignored",
            "put.active-ignored",
            "resource.rename-stale",
            "filter.inactive-hidden",
            "filter.no-match",
            "create.conflict-without-match",
        ],
    );
    // Two users who have nothing but the name in common are two, where the name is not what tells them apart.
    when(
        !profile.conflict.on.iter().any(|name| name == "userName"),
        "conflict.on",
        &["create.duplicate-accepted"],
    );
    when(profile.error.status_as == StatusForm::Int, "error.status_as", &["error.status", "error.body"]);
    when(
        profile.error.scim_type == ScimTypes::Never,
        "error.scim_type",
        &["error.scim-type", "filter.refused-status", "filter.malformed-accepted"],
    );

    let listed = [("filter.user", &profile.filter.user), ("filter.group", &profile.filter.group)];
    for (key, _) in listed.into_iter().filter(|(_, known)| !known.is_empty()) {
        rules.push(Rule {
            key,
            checks: &[
                "filter.wrong-result",
                "filter.unsupported",
                "filter.refused",
                "filter.not-exact",
                "filter.malformed-accepted",
                "filter.refused-status",
                "search.result",
                "resource.attribute-name-case",
                "filter.external-id",
                "filter.no-match",
            ],
            about: Vec::new(),
        });
    }
    if group.names == GroupNames::Slug {
        let checks = &["filter.no-match", "filter.ignored", "filter.wrong-result"];
        rules.push(Rule { key: "group.names", checks, about: vec!["displayName".to_owned()] });
    }
    if profile.seat.by == SeatBy::Role {
        let checks = &["user.attribute-*", "create.*", "put.*", "patch.*"];
        rules.push(Rule { key: "seat.by", checks, about: vec!["entitlements".to_owned()] });
    }
    for rule in &profile.attrs {
        if rule.shown == Shown::Never {
            let checks = &["user.*", "create.*", "put.*", "patch.*", "resource.*", "filter.*"];
            rules.push(Rule { key: "attr.shown", checks, about: vec![rule.path.clone()] });
        }
        if !rule.default_from.is_empty() {
            let checks = &["user.attribute-*", "create.*", "user.external-id-*"];
            rules.push(Rule { key: "attr.default_from", checks, about: vec![rule.path.clone()] });
        }
        if rule.need == Need::Ignored {
            let checks = &["user.attribute-*", "user.display-name-set", "create.*"];
            rules.push(Rule { key: "attr.need", checks, about: vec![rule.path.clone()] });
        }
        if rule.need == Need::Required || rule.need == Need::Rejected {
            let checks = &["create.*", "put.*", "user.update-refused", "user.attribute-not-cleared"];
            rules.push(Rule { key: "attr.need", checks, about: vec![rule.path.clone()] });
        }
        if rule.mutability != Change::ReadWrite {
            let checks =
                &["user.attribute-*", "put.*", "patch.*", "user.update-refused", "resource.rename-stale"];
            rules.push(Rule { key: "attr.mut", checks, about: vec![rule.path.clone()] });
        }
        if rule.max_items > 0 {
            let checks = &["create.*", "put.*", "patch.*", "user.attribute-*", "resource.two-primaries"];
            rules.push(Rule { key: "attr.max_items", checks, about: vec![rule.path.clone()] });
        }
        if rule.max_len > 0 || rule.format != scim_core::vendor::Format::Any {
            let checks = &["create.*", "put.*", "patch.*", "user.update-refused"];
            rules.push(Rule { key: "attr.format", checks, about: vec![rule.path.clone()] });
        }
    }
    rules
}

/// Whether what the profile expects in a check of its own was only concluded: then a mismatch speaks against the profile.
pub(super) fn is_guess(profile: &Profile, check: &str) -> bool {
    match check {
        "vendor.deactivate" => !profile.grade("life.deactivate").is_firm(),
        "vendor.role" => !profile.grade("grant.from").is_firm(),
        _ => false,
    }
}

/// How the vendor differs, for a person.
pub(super) fn difference(profile: &Profile, key: &str) -> String {
    let mut others =
        profile.variants.iter().filter_map(|variant| profile.variant(&variant.name)?.sentence(key));
    let sentence = profile.sentence(key).or_else(|| others.next());
    let sentence = sentence.unwrap_or_else(|| "as the profile says".to_owned());
    format!("{key}: {sentence} ({})", profile.grade(key).as_str())
}

/// Why nothing can be played at a vendor without SCIM.
pub(super) fn no_wire(profile: &Profile) -> Option<String> {
    if profile.has_wire() {
        return None;
    }
    let instead = profile.sentence("profile.instead").unwrap_or_default();
    Some(format!("{} has no SCIM, so there is nothing to test on the wire: {instead}", profile.profile.title))
}
