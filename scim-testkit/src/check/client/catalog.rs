//! Every check on clients, by area.

use super::{ClientCheck, ClientLevel};

macro_rules! catalog {
    ($($name:ident = $id:literal, $level:ident, $title:literal, $citation:literal, $fix:literal;)*) => {
        $(
            #[doc = $title]
            pub static $name: ClientCheck =
                ClientCheck { id: $id, level: ClientLevel::$level, title: $title, citation: $citation, fix: $fix };
        )*

        /// All checks on clients, in the order of this file.
        pub static ALL: &[&ClientCheck] = &[$(&$name),*];
    };
}

catalog! {
    // Credentials.
    AUTHORIZATION_MISSING = "client.authorization-missing", Warning,
        "The request has no `Authorization` header, and was refused for it", "RFC 7644 §2; RFC 9110 §11.6.2",
        "Send the token with every request: `Authorization: Bearer …`.";
    AUTHORIZATION_SCHEME = "client.authorization-scheme", Error,
        "The `Authorization` header is not a scheme and one credential", "RFC 9110 §11.4, §11.6.2; RFC 6750 §2.1",
        "Send `Authorization: Bearer` and the token once; where a form asks for the token, leave the word out.";
    TOKEN_IN_QUERY = "client.token-in-query", Warning,
        "A secret is in the address, where logs keep it", "RFC 6750 §2.3, §5.3; RFC 7644 §7.5.2",
        "Send credentials in the `Authorization` header.";

    // The address.
    NOT_HTTP = "client.not-http", Error,
        "The request is no HTTP/1.1", "RFC 9112 §2.2, §3",
        "Use an HTTP library; over TLS, start the mock with --tls.";
    URL_CHARACTERS = "client.url-characters", Error,
        "The address has characters that must be percent-encoded", "RFC 7644 §1.2; RFC 3986 §2",
        "Percent-encode them as UTF-8: `\"` is `%22`, a space `%20`.";
    URL_BRACKETS = "client.url-brackets", Warning,
        "The address has brackets, braces or the like that must be percent-encoded", "RFC 7644 §1.2; RFC 3986 §2.2, §3.4",
        "Percent-encode them: `[` is `%5B`, `]` is `%5D`.";
    URL_PERCENT = "client.url-percent", Error,
        "A percent-encoding in the address is broken", "RFC 3986 §2.1; RFC 7644 §3.8",
        "Write `%` and two hexadecimal digits for each byte of the UTF-8 text; `%` itself is `%25`.";
    PATH_SLASHES = "client.path-slashes", Warning,
        "The path ends in a slash, or has two in a row", "RFC 7644 §3.2; RFC 3986 §6.2",
        "Join base address and endpoint with exactly one slash, and end with none.";
    PATH_CASE = "client.path-case", Warning,
        "An endpoint is spelled in other letter case than it is offered", "RFC 7644 §3.2; RFC 3986 §6.2.2.1: paths are case-sensitive",
        "Spell the endpoint as `/ResourceTypes` does: `/Users`, `/Groups`.";
    PATH_UNKNOWN = "client.path-unknown", Note,
        "The path is none that the endpoint offers", "RFC 7644 §3.2, §4",
        "Read the endpoints from `/ResourceTypes`.";
    SCIM_1 = "client.scim-1", Error,
        "The request is one of SCIM 1.1", "RFC 7644 §4: `/ServiceProviderConfig`",
        "Set the client to SCIM 2.0.";
    METHOD = "client.method", Error,
        "The method is none that this kind of address has", "RFC 7644 §3.2, Table 2; §3.5.1: PUT does not create",
        "POST to the endpoint to create; GET, PUT, PATCH and DELETE the address of a resource; POST to `.search` and `/Bulk`.";

    // Parameters of a query.
    FILTER_SYNTAX = "client.filter-syntax", Error,
        "A filter does not parse", "RFC 7644 §3.4.2.2, Figure 1",
        "Write `attribute operator value`, with texts in double quotes and `\"` and `\\` in them escaped by `\\`.";
    FILTER_PLUS_SPACE = "client.filter-plus-space", Note,
        "Spaces in the filter are written as `+`", "RFC 3986 §2.1 has only `%20`; `+` is of HTML forms",
        "Write `%20`, which every server reads.";
    FILTER_PLUS_LITERAL = "client.filter-plus-literal", Note,
        "A `+` in a value is not encoded, and most servers read it as a space", "RFC 3986 §3.4 permits it; query strings are decoded as HTML forms by most libraries",
        "Write `%2B` for a plus sign.";
    FILTER_SUB_TEST = "client.filter-sub-test", Warning,
        "A filter goes on after the brackets of a value path", "RFC 7644 §3.4.2.2, Figure 1: a value path ends with `]`",
        "Put the condition inside of the brackets: `emails[type eq \"work\" and value eq \"…\"]`.";
    FILTER_UNKNOWN = "client.filter-unknown-attribute", Note,
        "A filter names an attribute that the resource type does not have", "RFC 7644 §3.4.2.1: it matches nothing; §3.10",
        "Check the spelling; attributes of an extension need its URN in front.";
    FILTER_BOOLEAN_TEXT = "client.filter-boolean-text", Warning,
        "A filter compares a boolean with a text", "RFC 7643 §2.3.2; RFC 7644 §3.4.2.2",
        "Write `true` or `false` without quotes.";
    FILTER_ORDER = "client.filter-order", Error,
        "A filter asks for the order of booleans or binary values", "RFC 7644 §3.4.2.2, Table 3: 400 `invalidFilter`",
        "Use `eq` or `ne`.";
    PAGE_NUMBER = "client.page-number", Error,
        "`startIndex` or `count` is not an integer", "RFC 7644 §3.4.2.4, Table 6",
        "Send a whole number in digits.";
    PAGE_RANGE = "client.page-range", Note,
        "`startIndex` below 1 or `count` below 0", "RFC 7644 §3.4.2.4, Table 6: read as 1 and 0",
        "Count results from 1.";
    PAGE_CURSOR = "client.page-cursor", Note,
        "Both `cursor` and `startIndex` are sent", "RFC 9865 §2; RFC 7644 §3.4.2.4",
        "Page by one of them.";
    SORT = "client.sort", Error,
        "`sortBy` is not an attribute path, or `sortOrder` is neither `ascending` nor `descending`", "RFC 7644 §3.4.2.3",
        "Send one attribute path, and `ascending` or `descending`.";
    PROJECTION = "client.projection", Error,
        "`attributes` and `excludedAttributes` are sent together, or do not list attribute names", "RFC 7644 §3.9, §3.10",
        "Send one of them: names with commas between.";
    PARAMETER_UNKNOWN = "client.parameter-unknown", Note,
        "A query parameter is none of SCIM's", "RFC 7644 §3.4.2: servers SHOULD ignore it",
        "Leave it out; a page size is `count`.";
    PARAMETER_CASE = "client.parameter-case", Warning,
        "A query parameter is spelled in other letter case", "RFC 7644 §3.4.2",
        "Spell it as the RFC does: `startIndex`, `excludedAttributes`.";
    PARAMETER_REPEATED = "client.parameter-repeated", Warning,
        "A query parameter is sent twice", "RFC 7644 §3.4.2: each is one value; which one counts is left to chance",
        "Send it once; combine filters with `and`.";
    DISCOVERY_FILTER = "client.discovery-filter", Warning,
        "A discovery endpoint is asked with a filter", "RFC 7644 §4: servers SHOULD answer 403",
        "Read the whole list, or ask for one schema by its URN.";

    // Headers.
    USER_AGENT = "client.user-agent", Note,
        "The request does not say which program sends it", "RFC 9110 §10.1.5: SHOULD",
        "Send `User-Agent`; some firewalls refuse requests without.";
    ACCEPT = "client.accept", Warning,
        "`Accept` excludes JSON", "RFC 7644 §3.8: servers need to answer in `application/scim+json` only",
        "Send `Accept: application/scim+json`.";
    CONTENT_TYPE = "client.content-type", Error,
        "A body is not labeled as JSON", "RFC 7644 §3.8, §8.1",
        "Send `Content-Type: application/scim+json`.";
    CONTENT_TYPE_MISSING = "client.content-type-missing", Note,
        "A body has no `Content-Type`", "RFC 7644 §3.8: `application/scim+json` is the default; RFC 9110 §8.3: SHOULD",
        "Send `Content-Type: application/scim+json`.";
    CONTENT_TYPE_JSON = "client.content-type-json", Note,
        "A body is labeled `application/json`", "RFC 7644 §3.8, §8.1",
        "Prefer `application/scim+json`.";
    ETAG_SYNTAX = "client.etag-syntax", Error,
        "`If-Match` or `If-None-Match` is not a list of entity tags", "RFC 9110 §8.8.3, §13.1; RFC 7644 §3.14",
        "Send `meta.version` as it came, quotes and `W/` included.";

    // Bodies.
    BODY_UNEXPECTED = "client.body-unexpected", Warning,
        "A GET or DELETE has a body", "RFC 9110 §9.3.1, §9.3.5: it has no meaning, and servers may refuse it",
        "Leave the body out; `POST …/.search` has queries in a body.";
    BODY_MISSING = "client.body-missing", Error,
        "A POST, PUT or PATCH has no body", "RFC 7644 §3.3, §3.5, §3.7",
        "Send the resource or message as JSON.";
    BODY_NOT_JSON = "client.body-not-json", Error,
        "A body is not JSON", "RFC 7644 §3.8; RFC 8259",
        "Send JSON in UTF-8, without a byte order mark.";
    BODY_NOT_OBJECT = "client.body-not-object", Error,
        "A body is JSON but no object", "RFC 7643 §3; RFC 7644 §3.1",
        "Send one JSON object.";
    SCHEMAS_MISSING = "client.schemas-missing", Error,
        "A resource has no `schemas`", "RFC 7643 §3: REQUIRED, not empty",
        "List the URN of the core schema, and of every extension that is used.";
    SCHEMAS_CORE = "client.schemas-core", Error,
        "`schemas` lacks the core schema of the resource type", "RFC 7643 §3, §3.3: SHALL be the base schema",
        "Add the URN, such as `urn:ietf:params:scim:schemas:core:2.0:User`.";
    SCHEMAS_UNKNOWN = "client.schemas-unknown", Warning,
        "`schemas` lists a schema that the resource type does not have", "RFC 7643 §3: MUST only contain schemas of the resource type",
        "List only what `/ResourceTypes` lists.";
    SCHEMAS_REPEATED = "client.schemas-repeated", Error,
        "`schemas` lists a schema twice", "RFC 7643 §3: MUST NOT",
        "List each URN once.";
    EXTENSION_UNDECLARED = "client.extension-undeclared", Warning,
        "A resource has data of an extension that `schemas` does not list", "RFC 7643 §3, §3.3",
        "Add the URN of the extension to `schemas`.";
    EXTENSION_FLAT = "client.extension-flat", Error,
        "An attribute of an extension is not in the object of the extension", "RFC 7643 §3.3: the URN SHALL be a JSON container",
        "Send `\"urn:…:User\": {\"department\": …}`.";
    ID_SENT = "client.id-sent", Error,
        "A create chooses the `id`", "RFC 7643 §3.1: MUST NOT be specified by the client",
        "Leave `id` out; `externalId` is the client's.";
    ID_DIFFERS = "client.id-differs", Note,
        "A PUT has another `id` than its address", "RFC 7644 §3.5.1: read-only, ignored",
        "Send the `id` of the resource, or none.";
    READ_ONLY_SENT = "client.read-only-sent", Note,
        "A create sends read-only attributes, which are ignored", "RFC 7644 §3.3",
        "Leave `meta`, `groups` and the like out.";
    REQUIRED_MISSING = "client.required-missing", Error,
        "A required attribute has no value", "RFC 7644 §3.5.1, §3.3; RFC 7643 §2.2",
        "Send every required attribute, with PUT too.";
    ATTRIBUTE_UNKNOWN = "client.attribute-unknown", Warning,
        "An attribute is none of the schemas of the resource type", "RFC 7643 §2.1, §3: left to the server",
        "Check the spelling, or put it into an extension that the server has.";
    ATTRIBUTE_CASE = "client.attribute-case", Note,
        "An attribute is spelled in other letter case", "RFC 7643 §2.1: names are case-insensitive",
        "Spell names as the schema does; some servers do not fold case.";
    ATTRIBUTE_TWICE = "client.attribute-twice", Error,
        "An attribute is sent twice, in different letter case", "RFC 7643 §2.1",
        "Send it once.";
    TYPE = "client.type", Error,
        "A value has the wrong JSON type", "RFC 7643 §2.3; RFC 7644 §3.12, Table 9: invalidValue",
        "Send the type that the schema declares.";
    BOOLEAN_TEXT = "client.boolean-text", Error,
        "A boolean is sent as text", "RFC 7643 §2.3.2",
        "Send `true` or `false` without quotes. In Entra ID, `?aadOptscim062020` at the tenant URL does it.";
    MANAGER_TEXT = "client.manager-text", Error,
        "The manager is sent as a bare text", "RFC 7643 §4.3: complex",
        "Send `{\"value\": \"<id>\"}`, or the path `…:User:manager.value`.";
    MULTI_VALUED_SINGLE = "client.multi-valued-single", Error,
        "A multi-valued attribute is not sent as an array", "RFC 7643 §2.4, §2.3",
        "Send an array, also of one value.";
    PRIMARY = "client.primary", Error,
        "More than one value is primary", "RFC 7643 §2.4: MUST appear no more than once",
        "Mark one value.";
    JSON_IN_TEXT = "client.json-in-text", Note,
        "A text holds JSON", "RFC 7643 §4.1.2: the value of a role is text, and a server keeps it as it is",
        "Send the parts as attributes. In Entra ID, map `AssertiveAppRoleAssignmentsComplex`.";

    // PATCH.
    PATCH_SCHEMA = "client.patch-schema", Error,
        "A PATCH does not say that it is a PatchOp message", "RFC 7644 §3.5.2: MUST",
        "Send `\"schemas\": [\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"]`.";
    PATCH_OPERATIONS = "client.patch-operations", Error,
        "A PATCH has no list of operations", "RFC 7644 §3.5.2: MUST, one or more",
        "Send `Operations`, an array of at least one object; send nothing if there is nothing to change.";
    PATCH_OP = "client.patch-op", Error,
        "An operation has no `op` of `add`, `remove` and `replace`", "RFC 7644 §3.5.2: MUST, exactly one",
        "Say what to do: `add`, `remove` or `replace`.";
    PATCH_OP_CASE = "client.patch-op-case", Warning,
        "`op` is not in lower case", "RFC 7644 §3.5.2: \"add\", \"remove\", \"replace\"",
        "Write it in lower case. In Entra ID, `?aadOptscim062020` at the tenant URL does it.";
    PATCH_VALUE = "client.patch-value", Error,
        "An `add` or `replace` has no `value`", "RFC 7644 §3.5.2.1: MUST; §3.5.2.3",
        "Send a value; to clear an attribute, `remove` it.";
    PATCH_VALUE_OBJECT = "client.patch-value-object", Error,
        "An operation without `path` has a value that is no object of attributes", "RFC 7644 §3.5.2.1, §3.5.2.3",
        "Name the attribute in `path`, or send `{\"attribute\": value}`.";
    PATCH_NULL = "client.patch-null", Note,
        "An operation sets `null`", "RFC 7643 §2.5: unassigned; RFC 7644 §3.5.2 has `remove` for it",
        "Send `remove`, which every server reads the same way.";
    PATCH_REMOVE_PATH = "client.patch-remove-path", Error,
        "A `remove` has no `path`", "RFC 7644 §3.5.2, §3.5.2.2: REQUIRED; 400 `noTarget`",
        "Name what to remove.";
    PATCH_REMOVE_VALUE = "client.patch-remove-value", Error,
        "A `remove` of a whole list has a `value`, which means nothing: every value is removed", "RFC 7644 §3.5.2.2",
        "Select in the path: `members[value eq \"<id>\"]`.";
    PATCH_REMOVE_REQUIRED = "client.patch-remove-required", Error,
        "A required attribute is removed", "RFC 7644 §3.5.2.2: SHALL be refused, `mutability`",
        "Replace it.";
    PATCH_PATH = "client.patch-path", Error,
        "A `path` does not parse", "RFC 7644 §3.5.2, Figure 7",
        "Write `attribute`, `attribute.sub` or `attribute[filter].sub`; it is no JSON pointer.";
    PATCH_ATTRIBUTE = "client.patch-attribute", Error,
        "A `path` names no attribute of the resource type, or selects among the values of one that has a single value", "RFC 7644 §3.5.2: MUST be compatible with the schema; Table 9: invalidPath",
        "Check the spelling against `/Schemas`.";
    PATCH_EXTENSION = "client.patch-extension", Warning,
        "A `path` names an extension that the resource type does not have", "RFC 7644 §3.5.2, §3.10",
        "Send only extensions that `/ResourceTypes` lists.";
    PATCH_UNQUALIFIED = "client.patch-unqualified", Warning,
        "An attribute of an extension is named without the URN", "RFC 7644 §3.10: SHOULD",
        "Write `urn:…:User:department`.";
    PATCH_READ_ONLY = "client.patch-read-only", Error,
        "A PATCH changes a read-only attribute", "RFC 7644 §3.5.2: MUST NOT; RFC 7643 §2.2",
        "Leave it out; membership is changed at the group.";
    PATCH_ID_ECHO = "client.patch-id-echo", Note,
        "A PATCH repeats the `id` of the resource", "RFC 7644 §3.5.2: read-only; nothing is modified",
        "Leave `id` out; some servers refuse it.";
    PATCH_IMMUTABLE = "client.patch-immutable", Error,
        "A PATCH changes an immutable value in place", "RFC 7644 §3.5.2: MUST NOT; RFC 7643 §2.2, §4.2",
        "Remove the whole value and add another.";
    PATCH_PATH_KEYS = "client.patch-path-keys", Warning,
        "A value without `path` has paths as keys", "RFC 7644 §3.5.2.1, §3.5.2.3: a set of attributes; RFC 7643 §3.3",
        "Nest the attributes, or send an operation with `path` for each.";
    PATCH_ADD_SINGLE = "client.patch-add-single", Note,
        "One value is added to a list without an array", "RFC 7644 §3.5.2.1 shows an array",
        "Send an array, also of one value.";

    // Other messages.
    SEARCH_SCHEMA = "client.search-schema", Error,
        "A `.search` does not say that it is a SearchRequest message", "RFC 7644 §3.4.3: MUST",
        "Send `\"schemas\": [\"urn:ietf:params:scim:api:messages:2.0:SearchRequest\"]`.";
    BULK_SCHEMA = "client.bulk-schema", Error,
        "A bulk request does not say that it is a BulkRequest message", "RFC 7644 §3.1, §3.7",
        "Send `\"schemas\": [\"urn:ietf:params:scim:api:messages:2.0:BulkRequest\"]`.";
    BULK_SHAPE = "client.bulk-shape", Error,
        "A bulk operation lacks what it needs", "RFC 7644 §3.7: method, path, and data but for DELETE",
        "Send `method`, `path` below the base address, and `data`.";
    BULK_ID = "client.bulk-id", Error,
        "A bulk POST has no `bulkId`, or one that another has", "RFC 7644 §3.7: REQUIRED, unique",
        "Give every POST a `bulkId` of its own.";
}
