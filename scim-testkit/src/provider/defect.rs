//! Faults that a provider can have on purpose, to prove that a test run finds them, and liberties that it may take,
//! to prove that a test run does not mind.

/// Declares an enum of named behaviors, each described once.
macro_rules! behaviors {
    ($(#[$meta:meta])* $name:ident { $($variant:ident $id:literal $source:literal $summary:literal)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $(#[doc = concat!($summary, " (", $source, ")")] $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Name on the command line.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)+ }
            }

            /// What the provider does.
            #[must_use]
            pub fn summary(self) -> &'static str {
                match self { $(Self::$variant => $summary,)+ }
            }

            /// Where it was seen, or which text it breaks or uses.
            #[must_use]
            pub fn source(self) -> &'static str {
                match self { $(Self::$variant => $source,)+ }
            }

            /// The one with that name.
            #[must_use]
            pub fn from_id(id: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.id() == id)
            }
        }
    };
}

behaviors! {
    /// A fault that real servers have had.
    Defect {
        OpCaseRefused "op-case-refused" "scim-patch#6"
            "PATCH refuses `\"op\": \"Replace\"` and other spellings that are not lower case"
        BoolStringRefused "bool-string-refused" "rancher#52996"
            "PATCH refuses `\"False\"` for a boolean"
        BoolStringStoredAsText "bool-string-stored-as-text" "scim-patch#872"
            "PATCH stores `\"False\"` as text, and the user stays active"
        RemoveWithValueEmptiesGroup "remove-with-value-empties-group" "directory-scimple#436"
            "`remove` of `members` with a value removes every member"
        RemoveWithValueRefused "remove-with-value-refused" "pingidentity/scim2#174"
            "`remove` of `members` with a value is refused"
        RemoveValuePathIgnored "remove-value-path-ignored" "SimpleIdServer#696"
            "`remove` of `members[value eq \"…\"]` answers success and removes nobody"
        RemoveValuePathEmptiesGroup "remove-value-path-empties-group" "SimpleIdServer#164"
            "`remove` of `members[value eq \"…\"]` removes every member"
        PathlessReplaceIgnored "pathless-replace-ignored" "Metatavu/keycloak-scim-server#95"
            "`replace` without a path answers success and changes nothing"
        PathlessReplaceRefused "pathless-replace-refused" "authentik#12321"
            "`replace` without a path is refused"
        DottedKeysIgnored "dotted-keys-ignored" "SCIM-SDK#267"
            "keys such as `name.familyName` in a value without a path change nothing"
        DottedKeysLiteral "dotted-keys-literal" "scim-patch#132"
            "keys such as `name.familyName` become attributes of that very name"
        ValuePathCreateRefused "value-path-create-refused" "scim-for-keycloak#73"
            "`emails[type eq \"work\"].value` is refused with `noTarget` when there is no such e-mail"
        ValuePathIgnored "value-path-ignored" "Metatavu/keycloak-scim-server#35"
            "`add` and `replace` at a value path answer success and change nothing"
        UrnPathRefused "urn-path-refused" "imulab/go-scim#75"
            "PATCH paths that begin with a schema URN are refused"
        ManagerStringRefused "manager-string-refused" "SCIM-SDK#686"
            "`manager` as a plain string is refused"
        FilterUserNameCaseSensitive "filter-user-name-case-sensitive" "zulip#21758"
            "`userName eq` minds letter case"
        FilterIgnored "filter-ignored" "charon#117"
            "filters are ignored: every list has everybody"
        FilterMiss404 "filter-miss-404" "scimgateway#18"
            "a filter that matches nothing gets 404"
        FilterUnknownAttrEmpty "filter-unknown-attr-empty" "langwatch/tasks#616"
            "`externalId eq` never finds anything"
        PlusNotDecoded "plus-not-decoded" "RFC 1866 §8.2.1"
            "`+` in a query is not read as a space"
        ListStartIndexString "list-start-index-string" "RFC 7644 §3.4.2"
            "`startIndex` of a list is a string"
        TotalResultsIsPageLength "total-results-is-page-length" "wso2/product-is#7320"
            "`totalResults` counts the page only"
        StartIndexIgnored "start-index-ignored" "scimmy#21"
            "`startIndex` is ignored: every page is the first"
        ItemsPerPageRequested "items-per-page-requested" "django-scim2#208"
            "`itemsPerPage` is what was asked for, not what came"
        DeactivateNoEffect "deactivate-no-effect" "Cogtrix#122"
            "`active: false` answers 200 and the user stays active"
        PatchUserNoEffect "patch-user-no-effect" "Cogtrix#122"
            "PATCH of a user answers 200 and changes nothing"
        InactiveHidden "inactive-hidden" "ssoready#155"
            "inactive users cannot be read or found"
        DeactivateDeletes "deactivate-deletes" "growthbook#1680"
            "`active: false` deletes the user"
        PutDropsExtension "put-drops-extension" "grokability/laravel-scim-server#4"
            "PUT ignores the enterprise extension"
        PutIgnoredActive "put-ignored-active" "RFC 7644 §3.5.1"
            "PUT does not change `active`"
        PutChangesId "put-changes-id" "RFC 7643 §3.1"
            "PUT gives the resource another id"
        PutRefusesReadOnly "put-refuses-read-only" "scimono#176"
            "PUT with `id`, `meta` or `groups` is refused"
        MembersDroppedOnRename "members-dropped-on-rename" "langwatch#7136"
            "a group PATCH that does not speak of members empties the group"
        GroupAddReplaces "group-add-replaces" "wso2/product-is#11678"
            "`add` of members replaces the members"
        GroupAddExisting409 "group-add-existing-409" "SimpleIdServer#245"
            "`add` of somebody who is a member gets 409"
        ReplaceMembersEmptyRefused "replace-members-empty-refused" "SCIM-SDK#757"
            "`replace` of members by an empty list is refused"
        GroupReplaceReadOnlyIdRefused "group-replace-read-only-id-refused" "keycloak-scim-server#113"
            "a group PATCH that repeats the group's id is refused"
        OnlyFirstOperation "only-first-operation" "RFC 7644 §3.5.2"
            "PATCH applies the first operation only"
        CreateReturns200 "create-returns-200" "RFC 7644 §3.3"
            "create answers 200"
        CreateWithoutBody "create-without-body" "RFC 7644 §3.3"
            "create answers 201 without a body"
        CreateWithoutLocation "create-without-location" "RFC 7644 §3.1"
            "create answers without a `Location` header"
        CreateLowercasesUserName "create-lowercases-user-name" "PostHog#42253"
            "create stores `userName` in lower case"
        DuplicateAccepted "duplicate-accepted" "snipe-it#13854"
            "creating the same resource twice makes two"
        ExtensionDroppedOnCreate "extension-dropped-on-create" "RFC 7643 §3.3"
            "create ignores the enterprise extension"
        TitleDropped "title-dropped" "RFC 7643 §4.1.1"
            "`title` is accepted and never stored"
        PasswordReturned "password-returned" "RFC 7643 §4.1.1"
            "answers contain the password"
        HtmlErrors "html-errors" "keycloak-scim-server#101"
            "errors are HTML pages"
        ErrorStatusNumber "error-status-number" "SCIM-SDK#4"
            "`status` of an error is a number"
        IdNumber "id-number" "laravel-scim-server#40"
            "`id` is a number"
        ExcludedAttributesIgnored "excluded-attributes-ignored" "SimpleIdServer#490"
            "`excludedAttributes` is ignored"
        GroupsPutIgnoresMembers "groups-put-ignores-members" "keycloak-scim-server#111"
            "PUT of a group does not change its members"
        DeleteNoEffect "delete-no-effect" "RFC 7644 §3.6"
            "DELETE answers 204 and deletes nothing"
        DeletedStillListed "deleted-still-listed" "wire-server#548"
            "deleted resources stay in lists"
        ContentTypeHtml "content-type-html" "RFC 7644 §3.1"
            "JSON comes as `text/html`"
        GroupCreateDropsMembers "group-create-drops-members" "RFC 7644 §3.3"
            "a new group has none of the members that came with it"
        GroupExternalIdIgnored "group-external-id-ignored" "langwatch/langwatch#7141"
            "`externalId` of a group answers success and is not stored"
        GroupExternalIdRefused "group-external-id-refused" "rancher/rancher#55776"
            "PATCH of a group's `externalId` is refused"
        LargeGroupCut "large-group-cut" "FusionAuth#2784"
            "a group keeps a hundred members at most"
        ManagerRemoveIgnored "manager-remove-ignored" "MS-LA Update_Manager"
            "a manager replaced by an empty value stays"
        MembersShownTwo "members-shown-two" "RFC 7643 §4.2"
            "a group shows two of its members"
        PatchDropsUnnamed "patch-drops-unnamed" "RFC 7644 §3.5.2"
            "a PATCH of a user loses `locale` and the enterprise extension unless it names them"
        MembersNeverReturned "members-never-returned" "graphql-hive/console#8352"
            "groups do not show their members"
    }
}

behaviors! {
    /// Something that the RFC leaves to the server, which a test run must not object to.
    Liberty {
        Patch204 "patch-204" "RFC 7644 §3.5.2"
            "PATCH answers 204"
        ApplicationJson "application-json" "RFC 7644 §3.8"
            "bodies come as `application/json`"
        ExtraAttributes "extra-attributes" "RFC 7643 §2"
            "resources have an attribute that no schema has"
        PageMax5 "page-max-5" "RFC 7644 §3.4.2.4"
            "a page has at most five resources"
        NoSort "no-sort" "RFC 7644 §3.4.2.3"
            "sorting is not supported, and discovery says so"
        CanonicalLocale "canonical-locale" "RFC 7643 §4.1.1"
            "`locale` comes back in another spelling"
        MembersShownHundred "members-shown-hundred" "RFC 7643 §4.2"
            "a group shows a hundred of its members"
        NumericIds "numeric-ids" "RFC 7643 §3.1"
            "ids are strings of digits"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kebab_case_and_unique() {
        let ids: Vec<&str> =
            Defect::ALL.iter().map(|d| d.id()).chain(Liberty::ALL.iter().map(|l| l.id())).collect();
        for id in &ids {
            assert!(id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{id}");
            assert_eq!(ids.iter().filter(|other| other == &id).count(), 1, "{id}");
        }
        for defect in Defect::ALL {
            assert_eq!(Defect::from_id(defect.id()), Some(*defect));
        }
        assert_eq!(Defect::from_id("nope"), None);
    }
}
