//! Every check, by area.

use super::{Check, Level};
use crate::idp::Dialect::{self, Entra, Entra062020, Okta, OktaAiw};

const OKTAS: &[Dialect] = &[Okta, OktaAiw];
const ENTRAS: &[Dialect] = &[Entra, Entra062020];
const EVERYONE: &[Dialect] = &[Okta, OktaAiw, Entra, Entra062020];
const NOBODY: &[Dialect] = &[];

macro_rules! catalog {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $level:ident, $breaks:expr, $title:literal, $citation:literal, $fix:literal;)*) => {
        $(
            $(#[$doc])*
            #[doc = $title]
            pub const $name: Check = Check { id: $id, level: Level::$level, title: $title, citation: $citation, fix: $fix, breaks: $breaks };
        )*

        /// All checks, in the order of this file.
        pub const ALL: &[&Check] = &[$(&$name),*];
    };
}

catalog! {
    // HTTP.
    HTTP_CONTENT_TYPE = "http.content-type", Must, NOBODY,
        "A SCIM body is not labeled as JSON", "RFC 7644 §3.1, §8.1",
        "Answer with `Content-Type: application/scim+json`.";
    HTTP_MEDIA_TYPE_JSON = "http.content-type-json", Info, NOBODY,
        "Bodies are labeled application/json, not application/scim+json", "RFC 7644 §8.1",
        "Prefer `application/scim+json`; both are read by the identity providers simulated here.";
    HTTP_NOT_JSON = "http.body-not-json", Must, EVERYONE,
        "A successful answer has a body that is not JSON", "RFC 7644 §3.1",
        "Answer with a JSON body, or with 204 and none.";
    HTTP_SERVER_ERROR = "http.server-error", Must, EVERYONE,
        "The endpoint fails with a server error", "RFC 7644 §3.12; MS-QUAR: Entra ID retries server errors without end",
        "Answer a request that you refuse with a 4xx SCIM error; look into the server's log for the cause.";
    HTTP_REDIRECT = "http.redirect", Must, EVERYONE,
        "The endpoint redirects a SCIM request", "RFC 7644 §3.2",
        "Serve the request at the address that the identity provider calls; credentials do not follow a redirect.";
    HTTP_ACCEPT = "http.accept-required", BreaksIdp, NOBODY,
        "A request without `Accept` is refused", "azure-docs#94189: Entra ID's GET requests ask for no media type; RFC 9110 §12.5.1: without `Accept`, any is acceptable",
        "Answer with `application/scim+json` whatever the client accepts.";
    HTTP_USER_AGENT = "http.user-agent-required", BreaksIdp, NOBODY,
        "A request without `User-Agent` is refused", "kortix-ai/suna#7297: Entra ID sends no User-Agent; RFC 9110 §10.1.5",
        "Let requests without `User-Agent` through the proxy or firewall before the endpoint.";
    HTTP_CHARSET = "http.charset-refused", BreaksIdp, EVERYONE,
        "A body with `; charset=utf-8` in its media type is refused", "Okta and Entra ID send `application/scim+json; charset=utf-8`; RFC 9110 §8.3.1: parameters are part of a media type",
        "Ignore the parameters of the media type.";
    HTTP_SCIM_JSON = "http.scim-json-refused", Must, NOBODY,
        "A body labeled `application/scim+json` is refused", "RFC 7644 §3.1, §8.1",
        "Parse `application/scim+json` as JSON.";
    HTTP_AUTH_LOST = "http.auth-inconsistent", Must, EVERYONE,
        "A token that worked before is refused on this route", "RFC 7644 §2",
        "Accept the same credentials on every route.";
    ERROR_BODY = "error.body", Must, OKTAS,
        "An error has no JSON body", "RFC 7644 §3.12; Okta shows `Invalid JSON` to the administrator instead of the cause",
        "Put a SCIM error message into the body of every 4xx and 5xx answer.";
    ERROR_SCHEMA = "error.schemas", Must, NOBODY,
        "An error body is not a SCIM error message", "RFC 7644 §3.12",
        "Send `{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:Error\"],\"status\":\"404\",\"detail\":\"…\"}` at the root.";
    ERROR_STATUS = "error.status", Must, NOBODY,
        "The `status` in an error body is not the HTTP status as a JSON string", "RFC 7644 §3.12",
        "Repeat the HTTP status code as text: `\"status\": \"404\"`.";
    ERROR_SCIM_TYPE = "error.scim-type", Should, NOBODY,
        "An error has a `scimType` that RFC 7644 does not define", "RFC 7644 §3.12, Table 9",
        "Use a keyword of Table 9, or leave `scimType` out.";

    AUTH_NOT_ENFORCED = "auth.not-enforced", Must, EVERYONE,
        "The endpoint serves users without the right credentials", "RFC 7644 §2, §7.2: anyone can read and change every account",
        "Check the token on every route, and answer 401.";
    AUTH_STATUS = "auth.status", Must, NOBODY,
        "Wrong credentials are not answered with 401", "RFC 7644 §3.12, Table 8; Okta SPEC test 11: 401",
        "Answer 401 with a SCIM error and `WWW-Authenticate`.";
    MALFORMED_ACCEPTED = "http.malformed-accepted", Must, NOBODY,
        "A malformed request is answered with success", "RFC 7644 §3.12, Table 9: invalidSyntax, invalidValue",
        "Answer 400 with a SCIM error.";
    UNKNOWN_ID = "resource.unknown-id-status", Must, ENTRAS,
        "A request for an id that is gone is not answered with 404", "RFC 7644 §3.6, §3.12; MS-SCIM: 404 tells Entra ID that the account is gone",
        "Answer 404 with a SCIM error.";
    PROJECTION = "resource.projection", Must, NOBODY,
        "`attributes` or `excludedAttributes` does not select what is returned", "RFC 7644 §3.4.2.5, §3.9",
        "Honor both parameters; `id` is always returned.";
    ETAG_IGNORED = "etag.if-match-ignored", Must, NOBODY,
        "A write with a stale `If-Match` goes through, though entity tags are advertised", "RFC 7644 §3.14; RFC 9110 §13.1.1",
        "Answer 412, or set `etag.supported` to false.";
    SEARCH_RESULT = "search.result", Must, NOBODY,
        "A query by POST to `/.search` does not answer as the same query by GET", "RFC 7644 §3.4.3",
        "Apply the filter and paging of the body.";
    SORT_ORDER = "list.sort-order", Must, NOBODY,
        "A sorted list is not in order, though sorting is advertised", "RFC 7644 §3.4.2.3",
        "Sort by the attribute, or set `sort.supported` to false.";
    BULK_RESULT = "bulk.result", Must, NOBODY,
        "A bulk request does not do what it is asked to, though bulk is advertised", "RFC 7644 §3.7",
        "Execute each operation and report its status, or set `bulk.supported` to false.";

    // Lists.
    LIST_SHAPE = "list.shape", Must, EVERYONE,
        "A query does not answer with a ListResponse", "RFC 7644 §3.4.2",
        "Answer every query with `schemas` (…:ListResponse), `totalResults` and `Resources`, also when nothing matches.";
    LIST_NUMBER = "list.number-type", Must, OKTAS,
        "`totalResults`, `startIndex` or `itemsPerPage` is not a JSON integer", "RFC 7644 §3.4.2, §3.4.2.4; Okta stops the job without a message",
        "Write the numbers without quotes.";
    LIST_TOTAL = "list.total-results", Must, OKTAS,
        "`totalResults` is not the number of resources that match", "RFC 7644 §3.4.2; Okta's import pages by it",
        "Count all matches, over all pages.";
    LIST_ITEMS_PER_PAGE = "list.items-per-page", Must, NOBODY,
        "`itemsPerPage` is not the number of resources in the page", "RFC 7644 §3.4.2.4; Okta's catalog review asks for the number returned (ory/polis#4054)",
        "Report how many resources this page holds, not how many were asked for.";
    LIST_START_INDEX = "list.start-index", Must, OKTAS,
        "The page does not start where `startIndex` says", "RFC 7644 §3.4.2.4",
        "Honor `startIndex` (1-based); answer a start beyond the end with an empty page.";
    LIST_COUNT = "list.count", Must, OKTAS,
        "A page holds more resources than `count` allows", "RFC 7644 §3.4.2.4",
        "Return at most `count` resources.";
    LIST_UNSTABLE = "list.unstable-pages", Must, OKTAS,
        "Pages overlap or skip: a resource comes twice or not at all", "RFC 7644 §3.4.2.4; Okta: order must be stable across pages",
        "Order the result by something that does not change between two requests.";
    LIST_PAGE_CLAMPED = "list.page-clamped", Info, NOBODY,
        "Pages are smaller than asked for", "RFC 7644 §3.4.2.4",
        "Permitted. Okta asks for 100 and continues at 101, so a smaller page loses users in an import; serve at least 100.";
    LIST_MISSING = "list.resource-missing", Must, OKTAS,
        "A resource that exists is not in the list", "RFC 7644 §3.4.2",
        "List every resource that a client can read by id.";
    LIST_DELETED = "list.deleted-resource", Must, EVERYONE,
        "A deleted resource is still in the list", "RFC 7644 §3.6",
        "Leave deleted resources out of every list and filter result.";

    // Resources.
    RESOURCE_ID = "resource.id", Must, EVERYONE,
        "A resource has no `id`, or one that is not a non-empty string", "RFC 7643 §3.1",
        "Give every resource a stable `id` of type string.";
    RESOURCE_SCHEMAS = "resource.schemas", Must, OKTAS,
        "A resource does not list its schema in `schemas`", "RFC 7643 §3",
        "List the core schema, and each extension that has data, in `schemas`.";
    RESOURCE_META = "resource.meta", Should, NOBODY,
        "A resource has no `meta.resourceType` or `meta.location`", "RFC 7643 §3.1",
        "Return `meta` with `resourceType` and `location`.";
    RESOURCE_LOCATION = "resource.location", Must, NOBODY,
        "`meta.location` is not the URI of the resource", "RFC 7643 §3.1",
        "Make `meta.location` the absolute URL at which this resource is read.";
    RESOURCE_TYPE = "resource.attribute-type", Must, NOBODY,
        "An attribute has a value of the wrong JSON type", "RFC 7643 §2.3, §4",
        "Return each attribute in the type that its schema gives.";
    RESOURCE_PASSWORD = "resource.password-returned", Must, NOBODY,
        "The endpoint returns a password", "RFC 7643 §4.1.1, §9.2",
        "Never return `password`, not even hashed.";
    RESOURCE_VERSION = "resource.version", Must, NOBODY,
        "`meta.version` is not the entity tag that the `ETag` header gives", "RFC 7643 §3.1, RFC 7644 §3.14",
        "Use the same text for both, or leave both out.";
    RESOURCE_ACTIVE = "resource.active-missing", BreaksIdp, OKTAS,
        "A user has no boolean `active`", "Okta SCIM configuration FAQ: each user needs `active`",
        "Return `active` as `true` or `false` with every user.";
    RESOURCE_MANAGER = "resource.manager-not-complex", Must, ENTRAS,
        "`manager` is returned as something else than an object with `value`", "RFC 7643 §4.3",
        "Return `\"manager\": {\"value\": \"<id>\"}` inside the enterprise extension.";

    // Create.
    CREATE_STATUS = "create.status", Must, NOBODY,
        "A create is answered with another status than 201", "RFC 7644 §3.3",
        "Answer a successful POST with 201.";
    CREATE_BODY = "create.body", BreaksIdp, EVERYONE,
        "The answer to a create does not carry the resource with its `id`", "RFC 7644 §3.3; Okta: `Create new user returned empty user`",
        "Return the whole new resource, with its `id`.";
    CREATE_LOCATION = "create.location", Must, NOBODY,
        "The answer to a create has no `Location` header with the resource's URI", "RFC 7644 §3.3",
        "Send `Location` with the same URI as `meta.location`.";
    CREATE_REFUSED = "create.refused", BreaksIdp, NOBODY,
        "The endpoint refuses to create a user", "RFC 7644 §3.3",
        "Accept the request shown; see the endpoint's own error text.";
    CREATE_REFUSED_PASSWORD = "create.password-refused", BreaksIdp, NOBODY,
        "A user with the provider's placeholder password is refused", "Okta SCIM 2.0 reference: a random password is sent with every create",
        "Do not apply a password policy to a provisioned password; ignore the password if you do not use it.";
    CREATE_REFUSED_READ_ONLY = "create.read-only-refused", Must, NOBODY,
        "A create that carries read-only attributes is refused", "RFC 7644 §3.3: read-only attributes in a create SHALL be ignored",
        "Ignore `groups` and `meta` of the request.";
    CREATE_REFUSED_EXTENSION = "create.extension-refused", BreaksIdp, NOBODY,
        "A user with the enterprise extension is refused", "RFC 7643 §4.3, RFC 7644 §3.3",
        "Accept the enterprise extension; ignore what you do not store.";
    CREATE_REFUSED_ROLES = "create.empty-roles-refused", BreaksIdp, NOBODY,
        "A user with an empty `roles` array is refused", "MS-SCIM, create user sample; RFC 7643 §2.5: an empty array is an unassigned attribute",
        "Treat an empty array as absent.";
    CREATE_REFUSED_ATTRIBUTE = "create.attribute-refused", BreaksIdp, NOBODY,
        "A user with a core attribute that the provider sends is refused", "RFC 7644 §3.3",
        "Accept the attribute named; ignore it if you do not store it.";
    CREATE_DUPLICATE = "create.duplicate-accepted", Must, EVERYONE,
        "A second user with the same `userName` is created", "RFC 7644 §3.3; RFC 7643 §4.1.1; Okta SPEC test 8: 409",
        "Answer 409 with `scimType` `uniqueness`.";
    CREATE_DUPLICATE_STATUS = "create.duplicate-status", Must, EVERYONE,
        "A duplicate create is not answered with 409", "RFC 7644 §3.3: 409 and `scimType` `uniqueness`",
        "Answer 409 with a SCIM error.";
    CREATE_ERROR_STORED = "create.error-but-stored", Must, EVERYONE,
        "A create is answered with a server error, and the resource exists", "RFC 7644 §3.3, §3.12; the provider tries again and is refused, or makes a second one",
        "Undo the create when it fails, or answer 201.";
    CREATE_CONFLICT = "create.conflict-without-match", BreaksIdp, NOBODY,
        "The filter finds no such user, yet a create is refused as a duplicate", "RFC 7644 §3.3, §3.4.2.2; Okta and Entra ID match by filter before they create",
        "Look up by the same attribute, and with the same normalization, by which you enforce uniqueness; inactive users included.";

    CREATE_CLIENT_ID = "create.client-chosen-id", Must, NOBODY,
        "A client can choose the `id` of a new resource", "RFC 7643 §3.1: `id` is assigned by the service provider; a client could take over another's",
        "Ignore `id` in a create.";

    // Lookup.
    FILTER_RESULT = "filter.wrong-result", Must, NOBODY,
        "A filter is answered with the wrong users", "RFC 7644 §3.4.2.2",
        "Evaluate the filter as the RFC says, or answer 400 `invalidFilter`.";
    FILTER_UNSUPPORTED = "filter.unsupported", Info, NOBODY,
        "Some filter operators are refused", "RFC 7644 §3.4.2.2: 400 `invalidFilter` is permitted",
        "Permitted. Okta and Entra ID need `eq`, and Entra ID `and`.";
    LOOKUP_REFUSED = "filter.refused", BreaksIdp, NOBODY,
        "The provider's matching filter is refused", "RFC 7644 §3.4.2.2; MS-SCIM: `eq` on the matching attribute is required",
        "Support `eq` on the attribute, in the encoding shown.";
    LOOKUP_MISS_STATUS = "filter.miss-status", Must, ENTRAS,
        "A filter that matches nothing is not answered with 200 and an empty list", "RFC 7644 §3.4.2; MS-SCIM; a 404 puts the Entra ID job into quarantine (MS-QUAR)",
        "Answer 200 with `totalResults` 0 and an empty `Resources`.";
    LOOKUP_IGNORED = "filter.ignored", Must, EVERYONE,
        "The filter is ignored: resources that do not match come back", "RFC 7644 §3.4.2.2",
        "Apply the filter, or answer 400 `invalidFilter` if you do not support it.";
    LOOKUP_MISSES = "filter.no-match", Must, EVERYONE,
        "A filter on the value that was stored does not find the resource", "RFC 7644 §3.4.2.2; the provider would create a duplicate",
        "Make `eq` find the resource by the value that the endpoint itself returns.";
    LOOKUP_CASE = "filter.user-name-case", Must, EVERYONE,
        "`userName eq` is case-sensitive", "RFC 7643 §4.1.1: userName is case insensitive (caseExact false)",
        "Compare `userName` without regard to case.";
    LOOKUP_PLUS = "filter.plus-encoding", BreaksIdp, ENTRAS,
        "A query that writes spaces as `+` is not understood", "Captured Entra ID requests: `filter=userName+eq+%22…%22`",
        "Decode `+` as a space in the query string.";
    LOOKUP_TWICE = "filter.duplicate-result", Must, EVERYONE,
        "A filter on a unique attribute returns more than one resource", "RFC 7643 §4.1.1; Entra ID: DuplicateTargetEntries",
        "Return each resource once, and only those that are equal, not similar.";
    LOOKUP_INACTIVE = "filter.inactive-hidden", BreaksIdp, NOBODY,
        "A deactivated user cannot be found any more", "MS-SCIM: disabled users must be returned; Okta creates a second account or fails on re-assignment",
        "Keep deactivated users visible to GET and to filters, with `active` false.";
    LOOKUP_EXTERNAL_ID = "filter.external-id", Should, ENTRAS,
        "`externalId eq` does not find a user who has that `externalId`", "RFC 7644 §3.4.2.2; recent Entra ID jobs match people by `externalId` (observed 2026)",
        "Support `externalId eq`, or answer 400 `invalidFilter`.";
    LOOKUP_EXCLUDED = "filter.excluded-attributes", Must, ENTRAS,
        "`excludedAttributes=members` is ignored or refused", "RFC 7644 §3.4.2.5, §3.9; MS-LOGS: MultipleEntriesInResponse",
        "Leave `members` out of the answer when asked to.";

    // Stored state of users.
    USER_GONE = "user.not-readable", Must, NOBODY,
        "A user that was created cannot be read by its `id`", "RFC 7644 §3.4.1",
        "Serve GET for every id that you gave out.";
    ID_CHANGED = "resource.id-changed", Must, EVERYONE,
        "A resource's `id` changed", "RFC 7643 §3.1: `id` is stable and never reassigned",
        "Keep the `id` for the life of the resource.";
    USER_SIDE_EFFECT = "user.other-changed", Must, NOBODY,
        "A change to one user changed another", "RFC 7644 §3.5",
        "Change only the resource that the request names.";
    USER_ATTRIBUTE_LOST = "user.attribute-lost", Must, NOBODY,
        "An attribute that the provider wrote is not stored", "RFC 7644 §3.3, §3.5",
        "Store the attribute, or leave it out of `/Schemas`.";
    USER_ATTRIBUTE_UNSUPPORTED = "user.attribute-unsupported", Info, NOBODY,
        "An attribute that the provider writes is not stored, as `/Schemas` says", "RFC 7643 §7",
        "Permitted. Tell your customers that this attribute does not arrive.";
    USER_ATTRIBUTE_WRONG = "user.attribute-wrong", Must, NOBODY,
        "An attribute reads back with another value than the one written", "RFC 7644 §3.3, §3.5; MS-SCIM: no transformation, or Entra ID writes it again every cycle",
        "Store what was sent, or refuse it.";
    USER_NAME_NORMALIZED = "user.name-case", Info, NOBODY,
        "`userName` reads back in another case", "RFC 7643 §4.1.1: permitted; Okta's SPEC test 6 expects the case to be kept",
        "Keep the case as sent if you mean to pass Okta's test suite.";
    USER_CASE = "user.attribute-case", Info, NOBODY,
        "An attribute reads back in another letter case", "RFC 7643 §7: the server MAY alter the case of an attribute that is not case-exact",
        "Permitted. Entra ID writes the value again every cycle.";
    USER_RESPELLED = "user.value-respelled", Info, NOBODY,
        "A value reads back in another spelling of the same thing", "RFC 7643 §4.1.2: a server may store canonical values; MS-SCIM: Entra ID writes it again every cycle",
        "Permitted. Return what was sent if you can.";
    USER_DISPLAY_NAME = "user.display-name-set", Info, NOBODY,
        "The endpoint sets `displayName` itself", "RFC 7643 §4.1.1: a server may derive it; MS-SCIM: Entra ID writes it again every cycle",
        "Permitted. Declare `displayName` readOnly in `/Schemas`.";
    USER_EXTENSION_LOST = "user.extension-dropped", Must, NOBODY,
        "The enterprise extension is dropped on create", "RFC 7643 §4.3, RFC 7644 §3.3",
        "Store the attributes below `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`, or do not list the schema.";
    USER_NOT_CLEARED = "user.attribute-not-cleared", Info, NOBODY,
        "An attribute that a PUT leaves out keeps its value", "RFC 7644 §3.5.1: an omitted attribute MAY be cleared",
        "Permitted. Okta clears an attribute by leaving it out of its PUT, so the old value stays.";
    USER_EXTERNAL_ID_LOST = "user.external-id-lost", Should, NOBODY,
        "`externalId` is not stored", "RFC 7643 §3.1; Entra ID writes it again every cycle and may match by it",
        "Store `externalId` as the client wrote it.";
    UPDATE_REFUSED = "user.update-refused", BreaksIdp, NOBODY,
        "The provider's update of a user is refused", "RFC 7644 §3.5",
        "Accept the request shown.";
    DEACTIVATE_REFUSED = "user.deactivate-refused", BreaksIdp, NOBODY,
        "The provider's deactivation of a user is refused: the person keeps access", "RFC 7644 §3.5.2; RFC 7643 §4.1.1",
        "Accept the request shown and revoke access.";
    DEACTIVATE_NO_EFFECT = "user.deactivate-no-effect", Must, NOBODY,
        "A deactivation is answered with success and the user stays active", "RFC 7644 §3.5.2: the person keeps access behind a success status",
        "Store `active: false` and revoke access, or answer with an error.";
    DEACTIVATE_DELETES = "user.deactivate-deletes", BreaksIdp, NOBODY,
        "A deactivated user is gone", "Okta CRUD test 8: a deactivated user stays readable; MS-SCIM: only a deleted user may vanish",
        "Keep the user with `active: false`; delete on DELETE only.";
    REACTIVATE_NO_EFFECT = "user.reactivate-no-effect", Must, NOBODY,
        "A reactivation is answered with success and the user stays inactive", "RFC 7644 §3.5; Okta reschedules the job without end",
        "Store `active: true` and give access again.";
    REACTIVATE_REFUSED = "user.reactivate-refused", BreaksIdp, NOBODY,
        "The provider's reactivation of a user is refused", "RFC 7644 §3.5",
        "Accept the request shown.";
    DELETE_REFUSED = "delete.refused", BreaksIdp, NOBODY,
        "DELETE is refused", "RFC 7644 §3.6",
        "Support DELETE; it may deactivate internally, as long as the resource is gone for SCIM clients.";
    DELETE_STATUS = "delete.status", Must, NOBODY,
        "DELETE is answered with another success status than 204", "RFC 7644 §3.6",
        "Answer 204 without a body.";
    DELETE_NO_EFFECT = "delete.no-effect", Must, EVERYONE,
        "A deleted resource can still be read", "RFC 7644 §3.6: all further operations on it MUST be 404",
        "Answer 404 for a deleted id.";

    // PUT.
    PUT_STATUS = "put.status", Must, NOBODY,
        "A PUT is answered with another success status than 200 and the resource", "RFC 7644 §3.5.1",
        "Answer 200 with the whole resource.";
    PUT_UNSUPPORTED = "put.unsupported", BreaksIdp, NOBODY,
        "PUT is not supported", "RFC 7644 §3.5.1: PUT is required; Okta writes profiles with PUT and does not fall back to PATCH",
        "Implement PUT.";
    PUT_READ_ONLY = "put.read-only-refused", Must, NOBODY,
        "A PUT that repeats the endpoint's own read-only attributes is refused", "RFC 7644 §3.5.1: read-only values SHALL be ignored; Okta sends back what it was given",
        "Ignore `id`, `meta` and `groups` of the request.";
    PUT_EXTENSION = "put.drops-extension", Must, NOBODY,
        "PUT loses the enterprise extension that it carries", "RFC 7644 §3.5.1, RFC 7643 §3.3",
        "Store the extension's attributes on PUT as on POST.";
    PUT_ACTIVE = "put.active-ignored", Must, OKTAS,
        "PUT does not change `active`", "RFC 7644 §3.5.1; Okta's wizard apps deactivate with PUT",
        "Store `active` on PUT.";
    PUT_REFUSED = "put.refused", BreaksIdp, NOBODY,
        "The provider's PUT is refused", "RFC 7644 §3.5.1",
        "Accept the request shown.";
    PUT_ATTRIBUTE = "put.attribute-ignored", Must, NOBODY,
        "PUT does not store an attribute that it carries", "RFC 7644 §3.5.1",
        "Replace every attribute with the value of the request.";

    // PATCH.
    PATCH_UNSUPPORTED = "patch.unsupported", BreaksIdp, NOBODY,
        "PATCH is not supported", "Entra ID writes every change with PATCH (MS-SCIM), Okta catalog apps deactivate with it; neither falls back to PUT",
        "Implement PATCH (RFC 7644 §3.5.2).";
    PATCH_STATUS = "patch.status", Must, NOBODY,
        "A PATCH is answered with another success than 200 with the resource or 204 without", "RFC 7644 §3.5.2",
        "Answer 200 with the resource, or 204 and no body.";
    PATCH_NOT_ATOMIC = "patch.not-atomic", Must, NOBODY,
        "A PATCH that fails leaves some of its changes behind", "RFC 7644 §3.5.2: all operations or none",
        "Apply the operations to a copy, and store it only if all succeed.";
    PATCH_BASIC = "patch.replace", Must, NOBODY,
        "The plainest PATCH (`replace` of one attribute, in RFC form) does not work", "RFC 7644 §3.5.2.3",
        "Apply `{\"op\":\"replace\",\"path\":\"displayName\",\"value\":\"…\"}`.";
    PATCH_OP_CASE = "patch.op-case", BreaksIdp, &[Entra],
        "`op` with a capital letter (`\"Replace\"`) is not understood", "MS-COMPAT: Entra ID sends `Add`, `Replace`, `Remove`; `op` should be matched case-insensitively",
        "Compare `op` without regard to case.";
    PATCH_BOOLEAN_STRING = "patch.boolean-string", BreaksIdp, &[Entra],
        "A boolean sent as the text `\"False\"` is not understood", "MS-COMPAT: Entra ID sends `\"True\"` and `\"False\"` for booleans in PATCH",
        "Read the texts `True` and `False`, in any case, as booleans.";
    PATCH_PATHLESS = "patch.pathless", Must, &[Okta, Entra062020],
        "A PATCH operation without `path` is not applied", "RFC 7644 §3.5.2.1, §3.5.2.3: without `path`, the value holds the attributes to set",
        "Apply each attribute of the value object.";
    PATCH_DOTTED_KEYS = "patch.dotted-keys", BreaksIdp, &[Entra062020],
        "Keys such as `name.givenName` in a value without `path` are not applied", "MS-COMPAT, aadOptscim062020 sample",
        "Read a dotted key of a path-less value as an attribute path.";
    PATCH_URN_KEYS = "patch.urn-keys", BreaksIdp, &[Entra062020],
        "Keys such as `urn:…:User:department` in a value without `path` are not applied", "MS-COMPAT, aadOptscim062020 sample",
        "Read a key that starts with a schema URN as an attribute path.";
    PATCH_SUB_ATTRIBUTE = "patch.sub-attribute", Must, ENTRAS,
        "PATCH of a sub-attribute (`name.givenName`) is not applied", "RFC 7644 §3.5.2, Figure 7",
        "Support `attribute.subAttribute` paths.";
    PATCH_ADD_SINGLE = "patch.add-single-valued", Must, ENTRAS,
        "`add` of a single-valued attribute is not applied", "RFC 7644 §3.5.2.1: an existing value is replaced",
        "Treat `add` of a single-valued attribute like `replace`.";
    PATCH_REPLACE_ABSENT = "patch.replace-absent", Must, ENTRAS,
        "`replace` of an attribute that has no value is not applied", "RFC 7644 §3.5.2.3: treated as `add`",
        "Set the attribute.";
    PATCH_REMOVE_ATTRIBUTE = "patch.remove", Must, ENTRAS,
        "`remove` of an attribute is not applied", "RFC 7644 §3.5.2.2",
        "Remove the attribute's value.";
    PATCH_VALUE_PATH = "patch.value-path", Must, ENTRAS,
        "PATCH with a value filter (`emails[type eq \"work\"].value`) is not applied", "RFC 7644 §3.5.2, Figure 7; erratum 7122",
        "Support value paths in PATCH.";
    PATCH_VALUE_PATH_CREATE = "patch.value-path-create", BreaksIdp, ENTRAS,
        "`emails[type eq \"work\"].value` does not create the e-mail when there is none", "MS-SCIM default mappings: Entra ID sends it for a user without e-mail; RFC 7644 would answer noTarget",
        "Create the element, with the type that the filter names.";
    PATCH_URN_PATH = "patch.urn-path", Must, ENTRAS,
        "PATCH of an attribute by its URN path is not applied", "RFC 7644 §3.10, RFC 7643 §3.3",
        "Support `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department`; note the dot in `2.0`.";
    PATCH_MANAGER_STRING = "patch.manager-string", BreaksIdp, ENTRAS,
        "`manager` sent as a bare string is not understood", "MS-LA Update_Manager test; captured Entra ID requests: the value is the manager's id as text",
        "Read a string as `{\"value\": string}`.";
    PATCH_MANAGER_REMOVE = "patch.manager-remove", BreaksIdp, ENTRAS,
        "A manager who is removed with an empty value stays", "MS-LA Update_Manager test: the manager is replaced by an empty value",
        "Read an empty text in place of the manager's id as no manager.";
    PATCH_MULTIPLE = "patch.only-first-operation", Must, NOBODY,
        "Only some operations of a PATCH with several are applied", "RFC 7644 §3.5.2: operations are applied in the order given, all or none",
        "Apply every operation.";
    PATCH_MEMBERS_ADD = "patch.members-add", Must, NOBODY,
        "`add` of group members is not applied", "RFC 7644 §3.5.2.1",
        "Add the members listed to those that are there.";
    PATCH_MEMBERS_ADD_REPLACES = "patch.members-add-replaces", Must, NOBODY,
        "`add` of a group member removes the members that were there", "RFC 7644 §3.5.2.1: new values are added",
        "Append; replace the list on `replace` only.";
    PATCH_MEMBERS_REF_NULL = "patch.members-ref-null", BreaksIdp, &[Entra],
        "A member with `\"$ref\": null` is not added", "MS-SCIM, add members sample; RFC 7643 §2.5: null is an unassigned attribute",
        "Ignore sub-attributes that are null.";
    PATCH_MEMBERS_ADD_AGAIN = "patch.members-add-existing", Must, &[Okta],
        "`add` of a member who is already there fails or duplicates the member", "RFC 7644 §3.5.2.1: no change, and success; Okta sends each member twice when it pushes a group",
        "Answer success and keep one entry.";
    PATCH_MEMBERS_REMOVE_PATH = "patch.members-remove-value-path", Must, &[Okta, Entra062020],
        "`remove` of `members[value eq \"…\"]` does not remove that member", "RFC 7644 §3.5.2.2",
        "Remove exactly the members that the filter selects.";
    PATCH_MEMBERS_REMOVE_VALUE = "patch.members-remove-value", BreaksIdp, &[Entra],
        "`remove` of `members` with a `value` list does not remove exactly those members", "MS-SCIM: Entra ID removes members in this form; read strictly, the request empties the group",
        "When `value` is present, remove only the members that it lists.";
    PATCH_MEMBERS_EMPTIED = "patch.members-remove-empties-group", BreaksIdp, &[Entra],
        "Removing one member with a `value` list empties the whole group", "MS-SCIM: Entra ID removes members in this form; RFC 7644 §3.5.2.2 gives `value` no meaning there",
        "When `value` is present, remove only the members that it lists.";
    PATCH_MEMBERS_PATH_EMPTIED = "patch.members-value-path-empties-group", Must, &[Okta, Entra062020],
        "`remove` of `members[value eq \"…\"]` removes every member", "RFC 7644 §3.5.2.2",
        "Remove exactly the members that the filter selects.";
    PATCH_MEMBERS_REPLACE = "patch.members-replace", Must, &[Okta],
        "`replace` of `members` does not set the member list", "RFC 7644 §3.5.2.3",
        "Replace the whole list.";
    PATCH_MEMBERS_REPLACE_EMPTY = "patch.members-replace-empty", Must, &[Okta],
        "`replace` of `members` with an empty list does not empty the group", "RFC 7644 §3.5.2.3, RFC 7643 §2.5; Okta's Push Now on an empty group",
        "Remove all members.";
    PATCH_GROUP_ID = "patch.group-id-in-value", BreaksIdp, &[Okta],
        "A path-less `replace` of `displayName` that repeats the group's own `id` is refused", "Okta SCIM 2.0 reference: rename sends `{\"id\": …, \"displayName\": …}`; the push mapping goes into error",
        "Ignore an `id` that is the resource's own.";
    PATCH_RENAME_EMPTIES = "patch.rename-drops-members", Must, NOBODY,
        "Renaming a group removes its members", "RFC 7644 §3.5.2.3: attributes that are not named stay",
        "Leave `members` alone unless the request names it.";
    PATCH_GROUP_RENAME = "patch.group-rename", Must, NOBODY,
        "PATCH of a group's `displayName` is not applied", "RFC 7644 §3.5.2.3",
        "Store the new name.";
    PATCH_GROUP_EXTERNAL_ID = "patch.group-external-id", BreaksIdp, ENTRAS,
        "`externalId` of a group cannot be set with PATCH", "rancher/rancher#55776, langwatch/langwatch#7141: Entra ID adds its id to a group that it matched by name",
        "Store `externalId` of groups; if you cannot, ignore it and answer success.";

    // Groups.
    GROUP_CREATE_REFUSED = "group.create-refused", BreaksIdp, NOBODY,
        "The endpoint refuses to create a group", "RFC 7644 §3.3",
        "Accept the request shown.";
    GROUP_GONE = "group.not-readable", Must, NOBODY,
        "A group that was created cannot be read by its `id`", "RFC 7644 §3.4.1",
        "Serve GET for every id that you gave out.";
    GROUP_MEMBERS_ON_CREATE = "group.members-on-create", Must, OKTAS,
        "Members sent with a new group are not stored", "RFC 7644 §3.3; Okta sends the members with the create",
        "Store `members` on POST.";
    GROUP_NAME = "group.display-name", Must, NOBODY,
        "A group's `displayName` reads back with another value than the one written", "RFC 7643 §4.2",
        "Store the name that was sent.";
    GROUP_MEMBERS_LOST = "group.members-lost", Must, NOBODY,
        "Members that should be in the group are not", "RFC 7643 §4.2, RFC 7644 §3.5",
        "Store every member.";
    GROUP_MEMBERS_EXTRA = "group.members-extra", Must, NOBODY,
        "Someone who should not be in the group is: they keep access", "RFC 7644 §3.5.2.2",
        "Remove the members that the request removes.";
    GROUP_MEMBER_DUPLICATE = "group.member-duplicate", Must, NOBODY,
        "A member is in the group twice", "RFC 7644 §3.5.2.1; RFC 7643 §2.4",
        "Keep one entry for each member.";
    GROUP_MEMBERS_HIDDEN = "group.members-not-returned", Must, &[OktaAiw],
        "A group read by `id` never shows members", "RFC 7643 §4.2: `members` is returned by default; Okta's wizard apps build their next PUT from it",
        "Return `members` with GET /Groups/{id}.";
    GROUP_MEMBERS_PARTIAL = "group.members-partial", Must, NOBODY,
        "A group read by `id` shows only some of its few members", "RFC 7643 §4.2, §7: `members` is returned by default, all of it",
        "Return every member with GET /Groups/{id}.";
    GROUP_MEMBERS_CUT = "group.members-cut", Info, NOBODY,
        "A large group read by `id` does not show all of its members", "RFC 7643 §4.2; Okta and Entra ID do not read the members of a group that they push",
        "Permitted for now. Return every member if you can: other providers compare the list.";
    GROUP_EXTERNAL_ID = "group.external-id-lost", Should, ENTRAS,
        "`externalId` of a group is not stored", "RFC 7643 §3.1; Entra ID writes it again every cycle",
        "Store `externalId` of groups as the client wrote it.";
    GROUP_SIDE_EFFECT = "group.other-changed", Must, NOBODY,
        "A change to one resource changed the members of another group", "RFC 7644 §3.5",
        "Change only the resource that the request names.";
    GROUP_CONCURRENT = "group.concurrent-changes-lost", BreaksIdp, &[Okta, Entra, Entra062020],
        "Of several PATCH requests that add members at the same time, some are lost", "scimmyjs/scimmy#79, fleetdm/fleet#50724; RFC 7644 §3.5.2: each PATCH is applied whole",
        "Write the members that changed, in one transaction; do not write back a list that was read before.";
    GROUP_UPDATE_REFUSED = "group.update-refused", BreaksIdp, NOBODY,
        "The provider's change of a group is refused", "RFC 7644 §3.5",
        "Accept the request shown.";
    GROUP_PUT_MEMBERS = "put.group-members-ignored", Must, &[OktaAiw],
        "PUT of a group does not set its members", "RFC 7644 §3.5.1; Okta's wizard apps change membership with PUT",
        "Replace the member list with the one of the request.";
    GROUP_PUT_NAME = "put.group-name-ignored", Must, &[OktaAiw],
        "PUT of a group does not set its `displayName`", "RFC 7644 §3.5.1; Okta's wizard apps rename with PUT",
        "Store the name of the request.";
    GROUP_PUT_CONFLICT = "put.group-own-name-conflict", Must, &[OktaAiw],
        "PUT of a group under its own name is refused as a duplicate", "RFC 7644 §3.5.1",
        "Leave the resource itself out of the uniqueness check.";

    // Discovery.
    DISCOVERY_MISSING = "discovery.service-provider-config", Info, NOBODY,
        "`/ServiceProviderConfig` is missing", "RFC 7644 §4; authentik falls back to no PATCH and no filter without it",
        "Serve `/ServiceProviderConfig`.";
    DISCOVERY_FIELDS = "discovery.config-fields", Must, NOBODY,
        "`/ServiceProviderConfig` lacks a required attribute", "RFC 7643 §5",
        "Add the attribute named.";
    DISCOVERY_PATCH_FALSE = "discovery.patch-untruthful", Should, NOBODY,
        "`/ServiceProviderConfig` says that PATCH is not supported, and it works", "RFC 7643 §5",
        "Set `patch.supported` to true.";
    DISCOVERY_PATCH_TRUE = "discovery.patch-promised", Must, NOBODY,
        "`/ServiceProviderConfig` promises PATCH, and it is not implemented", "RFC 7643 §5",
        "Implement PATCH, or set `patch.supported` to false.";

    // The protocol, beyond what one provider needs.
    LOOKUP_NOT_EXACT = "filter.not-exact", Must, EVERYONE,
        "`eq` selects resources whose value only resembles the one asked for", "RFC 7644 §3.4.2.2, Table 3: `eq` wants an identical value; a provider links to somebody else's account or group",
        "Compare the whole value, not its beginning or a part of it.";
    FILTER_MALFORMED = "filter.malformed-accepted", Must, NOBODY,
        "A filter that cannot be understood is answered with success", "RFC 7644 §3.4.2.2, Table 9: 400 `invalidFilter`; results that no filter was applied to are taken for matches",
        "Answer 400 `invalidFilter`.";
    FILTER_REFUSED_STATUS = "filter.refused-status", Must, NOBODY,
        "A filter that is not supported is answered with 404", "RFC 7644 §3.4.2.2: 400 `invalidFilter`",
        "Answer 400 `invalidFilter`; 404 says that there is no such endpoint.";
    LIST_START_BELOW_ONE = "list.start-index-below-one", Must, NOBODY,
        "A `startIndex` below 1 is not read as 1", "RFC 7644 §3.4.2.4: a value less than 1 SHALL be interpreted as 1",
        "Serve the first page.";
    LIST_COUNT_ZERO = "list.count-zero", Must, NOBODY,
        "`count=0`, or a negative count, is not answered with the total alone", "RFC 7644 §3.4.2.4: 0 asks for `totalResults` only; a negative value SHALL be interpreted as 0",
        "Answer 200 with `totalResults` and no resources.";
    LIST_BEYOND_END = "list.beyond-end", Must, NOBODY,
        "A `startIndex` beyond the end is answered with an error", "RFC 7644 §3.4.2, §3.4.2.4: a query without results is a success",
        "Answer 200 with an empty page.";
    LIST_CURSOR = "list.cursor", Must, NOBODY,
        "Paging by cursor does not work, though it is advertised", "RFC 9865 §2",
        "Return `nextCursor` until the last page, and the next resources for it; or set `pagination.cursor` to false.";
    RENAME_STALE = "resource.rename-stale", Must, EVERYONE,
        "After a rename, the old name still counts", "RFC 7644 §3.4.2.2, §3.5: a filter sees the stored value",
        "Update every index of the name in the same transaction.";
    CREATE_AFTER_DELETE = "create.conflict-after-delete", BreaksIdp, EVERYONE,
        "The name of a deleted resource cannot be used again", "RFC 7644 §3.6: a deleted resource MUST NOT be considered in conflict calculation; a re-hired person gets no account",
        "Free the name on DELETE, also when you keep the row.";
    CREATE_ACTIVE = "create.active-ignored", Info, NOBODY,
        "A user created with `active: false` is active", "RFC 7644 §3.3: the server may alter what was sent, and says so in its answer",
        "Permitted. Store `active` as sent, so that nobody has access before the start date.";
    ANSWER_STALE = "resource.answer-stale", Must, NOBODY,
        "The answer to a write shows another state than the one stored", "RFC 7644 §3.3, §3.5.1, §3.5.2: the answer holds the resource as it is after the request",
        "Read the resource after the write, and return that.";
    PUT_APPENDS = "put.appends-values", Must, OKTAS,
        "PUT adds to a multi-valued attribute instead of replacing it", "RFC 7644 §3.5.1: the values provided SHALL replace the existing ones",
        "Replace the whole array.";
    PUT_CREATES = "put.creates", Must, NOBODY,
        "PUT to an unknown id creates a resource", "RFC 7644 §3.5.1: PUT MUST NOT be used to create new resources",
        "Answer 404.";
    PATCH_VALUE_PATH_OTHERS = "patch.value-path-changes-others", Must, ENTRAS,
        "PATCH with a value filter changes more than the element that the filter selects", "RFC 7644 §3.5.2, §3.5.2.3",
        "Change the selected element in its place, and no other.";
    PATCH_ADD_REPLACES = "patch.add-replaces-values", Must, NOBODY,
        "`add` to a multi-valued attribute removes the values that were there", "RFC 7644 §3.5.2.1: new values are added",
        "Append; replace on `replace` only.";
    PATCH_REPLACE_APPENDS = "patch.replace-appends-values", Must, NOBODY,
        "`replace` of a multi-valued attribute keeps the values that were there", "RFC 7644 §3.5.2.3: the existing values are replaced",
        "Replace the whole array.";
    PATCH_ORDER = "patch.order", Must, NOBODY,
        "The operations of a PATCH are not applied in the order in which they are sent", "RFC 7644 §3.5.2: one after the other, in the order of the array",
        "Apply each operation to what the operation before it left.";
    PATCH_REMOVE_VALUE_PATH = "patch.remove-value-path", Must, NOBODY,
        "`remove` with a value filter is answered with success, and the element is still there", "RFC 7644 §3.5.2.2",
        "Remove the elements that the filter selects.";
    NAME_CASE = "resource.attribute-name-case", Must, NOBODY,
        "An attribute name in another letter case is not understood", "RFC 7643 §2.1: attribute names are case insensitive; SimpleIdServer#319",
        "Compare attribute names without regard to case, in bodies and in paths.";
    RESOURCE_PRIMARY = "resource.two-primaries", Must, NOBODY,
        "Two values of one attribute are primary", "RFC 7643 §2.4: `true` MUST appear no more than once; RFC 7644 §3.5.2: the server takes it from the others",
        "Set the others to false when a new value becomes primary.";
    RESOURCE_KIND = "resource.resource-type", Must, NOBODY,
        "`meta.resourceType` names another type", "RFC 7643 §3.1",
        "Return `User` for users and `Group` for groups.";
    RESOURCE_EXTENSION = "resource.extension-schemas", Must, NOBODY,
        "A resource has data of an extension that its `schemas` does not list", "RFC 7643 §3, §3.3",
        "Add the extension's URN to `schemas`.";
    ETAG_SYNTAX = "etag.syntax", Must, NOBODY,
        "The `ETag` header is not an entity tag", "RFC 9110 §8.8.3: the tag is in double quotes, with `W/` before it if weak",
        "Write `W/\"1\"` or `\"1\"`.";
    ETAG_MISSING = "etag.missing", Should, NOBODY,
        "Entity tags are advertised, and resources have none", "RFC 7644 §3.14: when supported, the header is a MUST",
        "Send `ETag`, or set `etag.supported` to false.";
    ETAG_UNCHANGED = "etag.unchanged", Must, NOBODY,
        "The entity tag stays the same when the resource changes", "RFC 7644 §3.14, RFC 9110 §8.8.1",
        "Make a new tag with every change.";
    ETAG_MATCH_REFUSED = "etag.if-match-refused", Should, NOBODY,
        "A write with the current entity tag is refused", "RFC 7644 §3.14",
        "Compare the tag of `If-Match` with the one that you sent last.";
    ETAG_NONE_MATCH = "etag.if-none-match-ignored", Should, NOBODY,
        "A read with the current entity tag is not answered with 304", "RFC 7644 §3.14, RFC 9110 §13.1.2",
        "Answer 304 without a body.";
    CREATE_LOCATION_DEAD = "create.location-dead", Must, NOBODY,
        "The `Location` of a new resource does not lead to it", "RFC 7644 §3.3, RFC 7643 §3.1",
        "Send the URL at which the resource is read.";
    AUTH_FORBIDDEN = "auth.status-403", Should, NOBODY,
        "Missing or wrong credentials are answered with 403", "RFC 7644 §3.12, Table 8: 401 for missing or invalid credentials, 403 for valid ones without permission",
        "Answer 401 with `WWW-Authenticate`.";
    AUTH_CHALLENGE = "auth.www-authenticate", Info, NOBODY,
        "A 401 has no `WWW-Authenticate`", "RFC 9110 §11.6.1, RFC 6750 §3",
        "Send `WWW-Authenticate: Bearer`.";
    AUTH_ERROR_BODY = "auth.error-body", Info, NOBODY,
        "A 401 has no SCIM error in its body", "RFC 7644 §3.12",
        "Put a SCIM error message into the body.";
    BULK_FAIL_ON_ERRORS = "bulk.fail-on-errors", Should, NOBODY,
        "A bulk request goes on after as many errors as `failOnErrors` allows", "RFC 7644 §3.7, §3.7.3",
        "Stop after that many errors, and answer for the operations that were tried.";
    HTTP_JSON_REFUSED = "http.json-refused", Should, NOBODY,
        "A body labeled `application/json` is refused", "RFC 7644 §3.1, §3.8; many clients send it (indigo-iam/iam#1285)",
        "Parse `application/json` as `application/scim+json`.";
    HTTP_UNKNOWN_PARAMETER = "http.unknown-parameter", Info, NOBODY,
        "A query parameter that SCIM does not define is refused", "MS-COMPAT: the tenant URL of Entra ID may carry `aadOptscim062020`",
        "Ignore parameters that you do not know.";
    HTTP_TRAILING_SLASH = "http.trailing-slash", Info, NOBODY,
        "An address with a slash at its end is not served", "RFC 7644 §3.2",
        "Permitted. Some clients write `/Users/`.";
    ME_STATUS = "me.status", Info, NOBODY,
        "`/Me` is neither served nor answered with 308, 404 or 501", "RFC 7644 §3.11: SHOULD be 501 if not supported",
        "Answer 501.";
    DISCOVERY_SPEC_URI = "discovery.spec-uri", Info, NOBODY,
        "`specUri` is written in another letter case", "RFC 7643 §5; names are case-insensitive (§2.1), but clients compare (wso2/charon#93)",
        "Write `specUri`.";
    DISCOVERY_PROMISE = "discovery.promise-broken", Should, NOBODY,
        "`/ServiceProviderConfig` promises what the endpoint refuses", "RFC 7643 §5",
        "Implement it, or set `supported` to false.";
    DISCOVERY_MAX_RESULTS = "discovery.max-results", Should, NOBODY,
        "`filter.maxResults` is less than what the endpoint returns", "RFC 7643 §5; keycloak/keycloak#49841: a client that believes it asks for nothing",
        "State the real limit.";
    DISCOVERY_LIST = "discovery.list-shape", Must, NOBODY,
        "`/Schemas` or `/ResourceTypes` does not answer with a ListResponse", "RFC 7644 §4",
        "Answer with a ListResponse.";
    DISCOVERY_SCHEMA = "discovery.schema-definition", Must, NOBODY,
        "`/Schemas` defines a core attribute in another way than the RFC", "RFC 7643 §4.1, §8.7.1",
        "Correct the definition of the attribute named.";
    DISCOVERY_SCHEMA_MISSING = "discovery.schema-missing", Must, NOBODY,
        "A schema in use is not in `/Schemas`", "RFC 7644 §4: all supported schemas SHALL be returned",
        "Add the schema named.";
    DISCOVERY_ENDPOINT = "discovery.resource-type-endpoint", Must, NOBODY,
        "The `endpoint` of a resource type is not where its resources are", "RFC 7643 §6",
        "Name the path at which the resources are served.";
    DISCOVERY_TYPE_MISSING = "discovery.resource-type-missing", Should, NOBODY,
        "A type of resource that is served is not in `/ResourceTypes`", "RFC 7644 §4",
        "Add the resource type named.";
    DISCOVERY_LOCATION = "discovery.location", Must, NOBODY,
        "The `meta.location` of a discovery document does not lead to it", "RFC 7643 §3.1; FusionAuth/fusionauth-issues#2793",
        "Send the URL at which the document is read.";
    DISCOVERY_BY_ID = "discovery.by-id", Should, NOBODY,
        "A schema or resource type cannot be read by its id", "RFC 7644 §4",
        "Serve `/Schemas/{id}` and `/ResourceTypes/{name}`.";

    // What an attacker tries; `--suite security`.
    SECURITY_TOKEN = "security.token-not-checked", Must, EVERYONE,
        "Credentials that nobody was given are accepted", "RFC 7644 §2, §7.2; RFC 8725 §3.2: an attacker reads and changes every account with a token that he made up",
        "Compare the whole token with the one that was issued, and verify the signature of a signed one; an empty token matches nothing.";
    SECURITY_REFUSED_DONE = "security.refused-but-done", Must, EVERYONE,
        "A request that was refused for its credentials had its effect all the same", "RFC 9110 §15.5.2: 401 says that the request was not applied; an attacker without a token writes blindly",
        "Check the credentials before anything else is done.";
    SECURITY_PATH_BYPASS = "security.path-bypass", Must, EVERYONE,
        "Without credentials, users are served at another spelling of the address", "RFC 7644 §2, §7.2; RFC 3986 §6.2: what guards the address and what serves it read it differently",
        "Check the token in the application, behind all rewriting of addresses, and refuse encoded slashes and dots.";
    SECURITY_TOKEN_IN_QUERY = "security.token-in-query", Should, NOBODY,
        "The token is accepted in the address", "RFC 6750 §2.3, §5.3; RFC 9700 §4.3.2: whoever reads a log, a history or a referrer has the token",
        "Take the token from the `Authorization` header alone.";
    SECURITY_FOREIGN_TENANT = "security.foreign-tenant", Must, EVERYONE,
        "The token of another tenant has access to this one", "RFC 7644 §6, §7.2: one customer reads or changes the people of another",
        "Find the tenant by the token, and every resource by tenant and id together.";
    SECURITY_PASSWORD_GUESS = "security.password-guessable", Must, NOBODY,
        "A query tells a password letter by letter", "RFC 7643 §4.1.1, §9.2: whoever can read users finds out each password, and it must be stored in clear text for that",
        "Store a hash, and refuse `password` in filters and in `sortBy`.";
    SECURITY_PASSWORD_FILTER = "security.password-filter", Info, NOBODY,
        "A filter can try out passwords", "RFC 7643 §7 permits filters on what is never returned; each query is a guess that no lock-out counts",
        "Refuse `password` in filters with 403 or 400 invalidFilter.";
    SECURITY_FILTER_INJECTION = "security.filter-injection", Must, NOBODY,
        "The text that a filter looks for is read as a part of the query", "RFC 7644 §3.4.2.2: `eq` compares with the text as it is; an attacker who chooses a name reads, or changes, what he likes",
        "Pass the value as a parameter of the query, or escape what your database, directory or `LIKE` gives a meaning.";
    SECURITY_TEMPLATE_INJECTION = "security.template-injection", Must, NOBODY,
        "Text in a request is evaluated", "RFC 7643 §2.3.1: a string is a string; an attacker runs code on the server",
        "Never pass what a client sends to a template or an expression language.";
    SECURITY_ERROR_DETAIL = "security.error-detail", Should, NOBODY,
        "An error shows the inside of the server", "RFC 7644 §3.12: `detail` is for people; CWE-209: a stack trace or a statement in SQL tells an attacker what to try next",
        "Log the cause, and answer with one sentence.";
    SECURITY_VERSION = "security.version-banner", Info, NOBODY,
        "A header names the version of the software", "RFC 9110 §10.2.4: details of `Server` make known weaknesses easier to find",
        "Leave versions out of `Server`, `X-Powered-By` and `X-AspNet-Version`.";
    SECURITY_EXHAUSTION = "security.exhaustion", Must, NOBODY,
        "A request that is large or deeply nested is not answered", "RFC 7644 §3.12, Table 8; CWE-674, CWE-400: one request stops the service for everyone",
        "Bound size and depth of what is parsed, and answer 400 or 413.";
    SECURITY_READ_ONLY = "security.read-only-written", Must, NOBODY,
        "A client can write what is read-only", "RFC 7643 §2.2, §3.1, §4.1.2; RFC 7644 §3.3, §3.5.1: a client gives itself memberships, or rewrites the record of what was changed when",
        "Take only attributes that clients may write from a body: `groups`, `meta` and `id` are the server's.";
    SECURITY_ADOPTED = "security.account-adopted", Must, NOBODY,
        "A create takes over another account that has the same e-mail address", "RFC 7644 §3.3; intuitem/ciso-assistant-community#4658: who can set an e-mail address takes over an account",
        "Create another account or answer 409; link accounts by what an administrator confirmed.";
    SECURITY_PATH_TRAVERSAL = "security.path-traversal", Must, NOBODY,
        "An id in the address is read as a path, or only in part", "RFC 7644 §3.2, §3.12; CWE-22: an attacker reads files, or resources past a check of the id",
        "Decode the id once, look for exactly that id, and answer 404.";
    SECURITY_HOST = "security.host-reflected", Info, NOBODY,
        "`meta.location` repeats whatever host the request names", "NorthlandPositronics/Cogtrix#360; CWE-644: behind a cache, links lead to an attacker's server",
        "Build locations from a configured base URL.";
    SECURITY_METHOD_OVERRIDE = "security.method-override", Info, NOBODY,
        "A header or parameter changes the method", "RFC 9110 §9.2.1: a GET is safe; a firewall that forbids DELETE is passed",
        "Switch method override off for the SCIM endpoint.";
    SECURITY_CORS = "security.cors", Info, NOBODY,
        "Every web site may read answers with the visitor's credentials", "Fetch, CORS protocol and credentials; no provisioning client is a browser",
        "Send no `Access-Control-Allow-Origin`, or name the origins that need it.";
    SECURITY_CONTENT_TYPE = "security.content-type", Info, NOBODY,
        "A write that is labeled as a form or plain text is carried out", "RFC 7644 §3.1, §8.1; where cookies or client certificates authenticate, a web page can send such a request",
        "Answer 415 to everything but `application/scim+json` and `application/json`.";
    SECURITY_UNKNOWN_MEMBER = "security.unknown-members", Info, NOBODY,
        "A group takes members that do not exist", "RFC 7643 §4.2; whoever gets such an id later is a member at once",
        "Refuse unknown members with 400, or leave them out.";

    // Vendor profiles.
    VENDOR_ROLE = "vendor.role", Must, NOBODY,
        "A person does not have the role that the vendor's mapping gives", "the vendor profile's [[grant]]",
        "Compare the role name with the attribute exactly, and give minimal permissions when none is equal.";
    VENDOR_DEACTIVATE = "vendor.deactivate", Must, NOBODY,
        "A deactivation does not do to the account what the vendor's documents say", "the vendor profile's life.deactivate",
        "Bring the endpoint and the profile into agreement.";

    // The providers' own test suites, where no check above names the cause.
    OKTA_SPEC_STEP = "okta-spec.step", BreaksIdp, NOBODY,
        "A step of Okta's SPEC test fails", "Okta-SCIM-20-SPEC-Test.json (May 2024): Okta asks catalog applications to pass it",
        "Answer the request shown as the test expects; where the RFC permits your answer, it is Okta's test that does not.";
    OKTA_CRUD_STEP = "okta-crud.step", BreaksIdp, NOBODY,
        "A step of Okta's CRUD test fails", "Okta-SCIM-20-CRUD-Test.json: Okta asks catalog applications to pass it",
        "Show after each change what Okta wrote.";
    OKTA_ENTITLEMENTS_STEP = "okta-entitlements.step", BreaksIdp, NOBODY,
        "A step of Okta's entitlement test fails", "Okta-SCIM-20-Entitlements-Test.json (November 2025)",
        "Answer each endpoint of roles and entitlements with a ListResponse, one entry for `count=1`.";
    ENTRA_VALIDATOR_STEP = "entra-validator.step", BreaksIdp, NOBODY,
        "A test of Microsoft's SCIM validator fails", "scimvalidator.microsoft.com, result files; learn.microsoft.com, SCIM validator tutorial",
        "Answer the request shown as the validator expects.";
    ENTRA_LOGIC_APP_STEP = "entra-logic-app.step", BreaksIdp, NOBODY,
        "A direct test of Microsoft's logic app fails", "AzureAD/SCIMReferenceCode, Microsoft.SCIM.LogicAppValidationTemplate (2026): the gallery asks for it",
        "Answer the request shown as the test expects.";
    SUITE_OPTIONAL = "suite.optional-step", Warning, NOBODY,
        "An optional step of a provider's own test suite fails", "the suite named; it passes without this step",
        "Look whether your customers need it.";
    SUITE_INFERRED = "suite.inferred-step", Warning, NOBODY,
        "A step that a provider's test suite is believed to have fails", "concluded from what is known of the suite",
        "Look at the request shown; the real suite may send another.";

    // The simulators' last word, when no check above explains it.
    IDP_GIVES_UP = "idp.gives-up", BreaksIdp, NOBODY,
        "The identity provider gives up on this answer", "the provider's documented behavior",
        "Answer as the exchange's request asks.";
}
