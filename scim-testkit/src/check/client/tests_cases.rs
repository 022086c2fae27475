//! For each check a request that it fires on, and one that looks much the same and is permitted.
//!
//! `USER` and `ENT` stand for the URNs of the user and the enterprise schema.

/// Check, a request that it fires on, one that it does not fire on.
pub(super) const CASES: &[(&str, &str, &str)] = &[
    ("authorization-missing", "401 GET /Users\nauthorization: -\n", "GET /Users\nauthorization: -\n"),
    (
        "authorization-scheme",
        "GET /Users\nauthorization: Bearer Bearer abc\n",
        "401 GET /Users\nauthorization: Bearer abc\n",
    ),
    (
        "authorization-scheme",
        "401 GET /Users\nauthorization: s3cr3t\n",
        "GET /Users\nauthorization: s3cr3t\n",
    ),
    (
        "authorization-scheme",
        "GET /Users\nauthorization: Bearer\n",
        "401 GET /Users\nauthorization: Digest username=\"a\", realm=\"b\"\n",
    ),
    ("token-in-query", "GET /Users?access_token=s3cr3t", "GET /Users?cursor=token"),
    ("token-in-query", "GET /Users?x=Bearer%20s3cr3t", "GET /Users?token="),
    ("url-characters", "GET /Users/a\"b", "GET /Users/a%22b"),
    (
        "url-characters",
        "GET /Users?filter=title%20eq%20%22é%22",
        "GET /Users?filter=title%20eq%20%22%C3%A9%22",
    ),
    ("url-brackets", "GET /Users?filter=emails[type%20pr]", "GET /Users?filter=emails%5Btype%20pr%5D"),
    ("url-percent", "GET /Users?filter=title%20eq%20%2", "GET /Users?filter=title%20eq%20%22100%25%22"),
    ("url-percent", "GET /Users/%FF", "GET /Users/%C3%BF"),
    ("path-slashes", "GET /Users/", "GET /Users"),
    ("path-slashes", "GET //Users/1", "GET /Users/1?"),
    ("path-case", "GET /users/1", "GET /Users/users"),
    ("path-case", "GET /serviceproviderconfig", "GET /ServiceProviderConfig"),
    ("path-unknown", "GET /Roles", "GET /Me"),
    ("scim-1", "GET /ServiceProviderConfigs", "GET /ServiceProviderConfig"),
    ("method", "POST /Users/1\n{\"schemas\":[]}", "DELETE /Users/1"),
    ("method", "PUT /Users\n{}", "OPTIONS /Users"),
    ("method", "GET /Users/.search", "GET /Users/search"),
    ("filter-syntax", "GET /Users?filter=userName%20eq%20ada", "GET /Users?filter=not(title%20pr)"),
    ("filter-syntax", "GET /Users?filter=", "GET /Users?filter=%28%20title%20PR%20%29"),
    ("filter-syntax", "GET /?filter=x", "GET /?filter=x%20pr"),
    (
        "filter-plus-space",
        "GET /Users?filter=userName+eq+%22a%22",
        "GET /Users?filter=userName%20eq%20%22a%2Bb%22",
    ),
    (
        "filter-plus-literal",
        "GET /Users?filter=userName%20eq%20%22a+b%22",
        "GET /Users?filter=userName+eq+%22a+b%22",
    ),
    (
        "filter-plus-literal",
        "GET /Users?filter=userName%20eq%20%22a%5C%22+%22",
        "GET /Users?filter=title%20pr",
    ),
    (
        "filter-sub-test",
        "GET /Users?filter=emails%5Btype%20pr%5D.value%20pr",
        "GET /Users?filter=emails%5Btype%20pr%5D",
    ),
    ("filter-unknown-attribute", "GET /Users?filter=usrName%20pr", "GET /Users?filter=USERNAME%20pr"),
    (
        "filter-unknown-attribute",
        "GET /Users?filter=department%20pr",
        "GET /Users?filter=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department%20pr",
    ),
    (
        "filter-unknown-attribute",
        "GET /Groups?filter=userName%20pr",
        "GET /Users?filter=urn:example:x:y%20pr",
    ),
    (
        "filter-boolean-text",
        "GET /Users?filter=active%20eq%20%22true%22",
        "GET /Users?filter=active%20eq%20true",
    ),
    (
        "filter-boolean-text",
        "GET /Users?filter=emails%5Bprimary%20eq%20%22x%22%5D",
        "GET /Users?filter=title%20eq%20%22true%22",
    ),
    ("filter-order", "GET /Users?filter=active%20gt%20false", "GET /Users?filter=active%20ne%20false"),
    ("page-number", "GET /Users?count=ten", "GET /Users?count=0"),
    (
        "page-number",
        "POST /.search\n{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:SearchRequest\"],\"count\":\"5\"}",
        "POST /.search\n{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:SearchRequest\"],\"count\":5}",
    ),
    ("page-range", "GET /Users?startIndex=0", "GET /Users?startIndex=1"),
    ("page-range", "GET /Users?count=-1", "GET /Users?count=99999999999999999999"),
    ("page-cursor", "GET /Users?cursor=&startIndex=1", "GET /Users?cursor=a&count=1"),
    ("sort", "GET /Users?sortOrder=desc", "GET /Users?sortBy=name.familyName&sortOrder=descending"),
    ("sort", "GET /Users?sortBy=a.b.c", "GET /Users?sortBy="),
    (
        "projection",
        "GET /Users/1?attributes=title&excludedAttributes=name",
        "GET /Users/1?attributes=title,name.familyName&excludedAttributes=",
    ),
    ("projection", "GET /Users?attributes=title%20name", "GET /Users?attributes=title&attributes=name"),
    ("parameter-unknown", "GET /Users?itemsPerPage=5", "GET /Users?count=5"),
    ("parameter-case", "GET /Users?startindex=5", "GET /Users?startIndex=5"),
    ("parameter-repeated", "GET /Users?count=5&count=6", "GET /Users?count=5&&startIndex=1&"),
    ("discovery-filter", "GET /Schemas?filter=id%20pr", "GET /Schemas?count=1"),
    ("user-agent", "GET /Users\nuser-agent: -\n", "GET /Users"),
    (
        "accept",
        "GET /Users\naccept: text/html, application/json;q=0\n",
        "GET /Users\naccept: text/html, */*;q=0.1\n",
    ),
    ("accept", "GET /Users\naccept: application/xml\n", "GET /Users\naccept: application/json\n"),
    (
        "content-type",
        "POST /Users\ncontent-type: text/plain\n{\"schemas\":[]}",
        "POST /Users\ncontent-type: Application/SCIM+JSON; charset=utf-8\n{\"schemas\":[]}",
    ),
    (
        "content-type",
        "POST /Users\ncontent-type: application/x-www-form-urlencoded\na=b",
        "GET /Users\ncontent-type: text/plain\n",
    ),
    ("content-type-missing", "POST /Users\ncontent-type: -\n{}", "DELETE /Users/1\ncontent-type: -\n"),
    ("content-type-json", "POST /Users\ncontent-type: application/json\n{}", "POST /Users\n{}"),
    (
        "etag-syntax",
        "GET /Users/1\nif-none-match: abc\n",
        "GET /Users/1\nif-none-match: W/\"abc\", \"d,e\"\n",
    ),
    ("etag-syntax", "DELETE /Users/1\nif-match: w/\"abc\"\n", "DELETE /Users/1\nif-match: *\n"),
    ("body-unexpected", "DELETE /Users/1\n{}", "DELETE /Users/1\n\n "),
    ("body-missing", "POST /Users", "OPTIONS /Users"),
    (
        "body-not-json",
        "POST /Users\n{'a': 1}",
        "POST /Users\ncontent-type: application/scim+json; charset=utf-16\nx",
    ),
    ("body-not-json", "PUT /Users/1\n\u{feff}{}", "PUT /Users/1\n {} "),
    ("body-not-json", "PUT /Users/1\n<a/>", "PUT /Users/1\ncontent-encoding: gzip\nx"),
    ("body-not-object", "POST /Users\n[{}]", "POST /Users\n{}"),
];

/// The same for a `POST /Users`, where the members go behind `schemas` and `userName`.
pub(super) const CREATES: &[(&str, &str, &str)] = &[
    ("extension-undeclared", r#""ENT":{"department":"x"}"#, r#""ENT":{}"#),
    ("extension-flat", r#""ENT:department":"x""#, r#""urn:example:x:department":"x""#),
    ("id-sent", r#""id":"7""#, r#""id":null,"externalId":"7""#),
    ("read-only-sent", r#""meta":{"resourceType":"User"}"#, r#""meta":{},"groups":[]"#),
    ("attribute-unknown", r#""usrType":"x""#, r#""userType":"x""#),
    ("attribute-unknown", r#""emails":[{"adress":"x"}]"#, r#""emails":[{"display":"x"}]"#),
    ("attribute-case", r#""Title":"x""#, r#""title":"x""#),
    ("attribute-twice", r#""title":"x","TITLE":"y""#, r#""title":"x","nickName":"y""#),
    ("type", r#""title":7"#, r#""title":null,"externalId":null,"name":null,"emails":null"#),
    ("type", r#""password":7"#, r#""password":"7""#),
    ("type", r#""emails":["a@example.com"]"#, r#""groups":"ignored","meta":7"#),
    ("boolean-text", r#""active":"True""#, r#""title":"True""#),
    ("manager-text", r#""ENT":{"manager":"7"}"#, r#""ENT":{"manager":{"value":"7","displayName":"x"}}"#),
    ("multi-valued-single", r#""emails":{"value":"x"}"#, r#""emails":[{"value":"x"}]"#),
    (
        "primary",
        r#""emails":[{"value":"x","primary":true},{"value":"y","primary":true}]"#,
        r#""emails":[{"value":"x","primary":true},{"value":"y","primary":false}],"phoneNumbers":[{"value":"x","primary":true}]"#,
    ),
    ("json-in-text", r#""roles":[{"value":"{\"id\":1}"}]"#, r#""roles":[{"value":"{admin}"}]"#),
];

/// The same for one operation of a `PATCH /Users/1`, or a `PATCH /Groups/1` where `members` are concerned.
pub(super) const OPERATIONS: &[(&str, &str, &str)] = &[
    ("patch-operations", "", r#"{"op":"remove","path":"title"}"#),
    ("patch-operations", "7", r#"{"OP":"remove","path":"title"}"#),
    ("patch-op", r#"{"op":"move","path":"title"}"#, r#"{"op":"add","path":"title","value":""}"#),
    ("patch-op", r#"{"path":"title"}"#, r#"{"op":"remove","path":"title"}"#),
    (
        "patch-op-case",
        r#"{"op":"Replace","path":"title","value":"x"}"#,
        r#"{"op":"replace","path":"TITLE","value":"x"}"#,
    ),
    ("patch-value", r#"{"op":"replace","path":"title"}"#, r#"{"op":"remove","path":"title"}"#),
    ("patch-value", r#"{"op":"add"}"#, r#"{"op":"add","value":{}}"#),
    (
        "patch-value-object",
        r#"{"op":"add","value":"x"}"#,
        r#"{"op":"add","path":null,"value":{"title":null}}"#,
    ),
    (
        "patch-null",
        r#"{"op":"replace","path":"title","value":null}"#,
        r#"{"op":"remove","path":"title","value":null}"#,
    ),
    (
        "patch-remove-path",
        r#"{"op":"remove","value":{"title":"x"}}"#,
        r#"{"op":"remove","path":"name.familyName"}"#,
    ),
    (
        "patch-remove-value",
        r#"{"op":"remove","path":"members","value":[{"value":"2"}]}"#,
        r#"{"op":"remove","path":"members[value eq \"2\"]"}"#,
    ),
    (
        "patch-remove-value",
        r#"{"op":"remove","path":"emails","value":{"value":"2"}}"#,
        r#"{"op":"remove","path":"members","value":[]}"#,
    ),
    (
        "patch-remove-required",
        r#"{"op":"remove","path":"userName"}"#,
        r#"{"op":"replace","path":"userName","value":"x"}"#,
    ),
    (
        "patch-path",
        r#"{"op":"replace","path":"/title","value":"x"}"#,
        r#"{"op":"replace","path":"USER:title","value":"x"}"#,
    ),
    (
        "patch-path",
        r#"{"op":"replace","path":"emails[type eq work].value","value":"x"}"#,
        r#"{"op":"replace","path":"emails[type eq \"work\" and primary eq true].value","value":"x"}"#,
    ),
    (
        "patch-path",
        r#"{"op":"replace","path":["title"],"value":"x"}"#,
        r#"{"op":"replace","path":"ENT","value":{"department":"x"}}"#,
    ),
    (
        "patch-attribute",
        r#"{"op":"replace","path":"titel","value":"x"}"#,
        r#"{"op":"replace","path":"title","value":"x"}"#,
    ),
    (
        "patch-attribute",
        r#"{"op":"replace","path":"title[value eq \"x\"]","value":"x"}"#,
        r#"{"op":"replace","path":"emails.type","value":"x"}"#,
    ),
    (
        "patch-attribute",
        r#"{"op":"add","path":"emails[type eq \"x\"].adress","value":"x"}"#,
        r#"{"op":"add","path":"emails[type eq \"x\"].display","value":"x"}"#,
    ),
    (
        "patch-extension",
        r#"{"op":"add","path":"urn:example:x:2.0:User:badge","value":"x"}"#,
        r#"{"op":"add","path":"ENT:manager.value","value":"x"}"#,
    ),
    (
        "patch-extension",
        r#"{"op":"add","value":{"urn:example:x:2.0:User":{"badge":1}}}"#,
        r#"{"op":"add","value":{"ENT":{"department":"x"}}}"#,
    ),
    (
        "patch-unqualified",
        r#"{"op":"replace","path":"department","value":"x"}"#,
        r#"{"op":"replace","path":"ENT:department","value":"x"}"#,
    ),
    (
        "patch-read-only",
        r#"{"op":"add","path":"groups","value":[{"value":"2"}]}"#,
        r#"{"op":"add","path":"members","value":[{"value":"2"}]}"#,
    ),
    ("patch-read-only", r#"{"op":"replace","value":{"id":"2"}}"#, r#"{"op":"replace","value":{"id":"1"}}"#),
    (
        "patch-read-only",
        r#"{"op":"replace","path":"ENT:manager.displayName","value":"x"}"#,
        r#"{"op":"replace","path":"displayName","value":"x"}"#,
    ),
    (
        "patch-id-echo",
        r#"{"op":"replace","value":{"id":"1","title":"x"}}"#,
        r#"{"op":"replace","value":{"title":"x"}}"#,
    ),
    (
        "patch-immutable",
        r#"{"op":"replace","path":"members[value eq \"2\"].value","value":"3"}"#,
        r#"{"op":"replace","path":"members[value eq \"2\"].value","value":"2"}"#,
    ),
    (
        "patch-immutable",
        r#"{"op":"remove","path":"members[value eq \"2\"].value"}"#,
        r#"{"op":"add","path":"members[value eq \"2\"].display","value":"x"}"#,
    ),
    (
        "patch-path-keys",
        r#"{"op":"replace","value":{"name.givenName":"x"}}"#,
        r#"{"op":"replace","value":{"name":{"givenName":"x"}}}"#,
    ),
    (
        "patch-path-keys",
        r#"{"op":"replace","value":{"ENT:department":"x"}}"#,
        r#"{"op":"replace","value":{"ENT":{"department":"x"}}}"#,
    ),
    (
        "patch-add-single",
        r#"{"op":"add","path":"members","value":{"value":"2"}}"#,
        r#"{"op":"add","path":"members","value":[{"value":"2"}]}"#,
    ),
    (
        "multi-valued-single",
        r#"{"op":"replace","path":"members","value":{"value":"2"}}"#,
        r#"{"op":"replace","path":"members","value":[]}"#,
    ),
    (
        "boolean-text",
        r#"{"op":"replace","path":"active","value":"false"}"#,
        r#"{"op":"replace","path":"active","value":false}"#,
    ),
    (
        "boolean-text",
        r#"{"op":"replace","path":"emails[type eq \"work\"].primary","value":"True"}"#,
        r#"{"op":"replace","path":"emails[type eq \"work\"].primary","value":true}"#,
    ),
    (
        "manager-text",
        r#"{"op":"replace","path":"ENT:manager","value":"7"}"#,
        r#"{"op":"replace","path":"ENT:manager","value":{"value":"7"}}"#,
    ),
    (
        "type",
        r#"{"op":"replace","path":"emails[type eq \"work\"].value","value":7}"#,
        r#"{"op":"replace","path":"emails[type eq \"work\"]","value":{"value":"7"}}"#,
    ),
    (
        "type",
        r#"{"op":"replace","path":"name.givenName","value":["x"]}"#,
        r#"{"op":"replace","path":"name","value":{"givenName":"x"}}"#,
    ),
    (
        "primary",
        r#"{"op":"add","path":"emails","value":[{"primary":true},{"primary":true}]}"#,
        r#"{"op":"add","path":"emails","value":[{"primary":true}]}"#,
    ),
    (
        "attribute-unknown",
        r#"{"op":"add","value":{"titel":"x"}}"#,
        r#"{"op":"add","value":{"schemas":["USER"],"TITLE":"x"}}"#,
    ),
    (
        "filter-unknown-attribute",
        r#"{"op":"remove","path":"emails[typ eq \"x\"]"}"#,
        r#"{"op":"remove","path":"emails[type eq \"x\"]"}"#,
    ),
    (
        "filter-boolean-text",
        r#"{"op":"remove","path":"emails[primary eq \"true\"]"}"#,
        r#"{"op":"remove","path":"emails[primary eq true]"}"#,
    ),
];

/// The same for the operations of a bulk request.
pub(super) const BULKS: &[(&str, &str, &str)] = &[
    (
        "bulk-shape",
        r#"{"method":"post","path":"/Users","bulkId":"a","data":{}}"#,
        r#"{"method":"DELETE","path":"/Users/1"}"#,
    ),
    ("bulk-shape", r#"{"method":"DELETE"}"#, r#"{"method":"DELETE","path":"/Users/1","bulkId":"a"}"#),
    (
        "bulk-shape",
        r#"{"method":"PUT","path":"/Users/1"}"#,
        r#"{"method":"PATCH","path":"/Users/1","data":[{"op":"remove","path":"title"}]}"#,
    ),
    (
        "bulk-shape",
        r#"{"method":"POST","path":"/Users/1","bulkId":"a","data":{}}"#,
        r#"{"method":"POST","path":"/Users","bulkId":"a","data":{}}"#,
    ),
    (
        "bulk-id",
        r#"{"method":"POST","path":"/Users","data":{}}"#,
        r#"{"method":"PUT","path":"/Users/1","data":{}}"#,
    ),
    (
        "bulk-id",
        r#"{"method":"DELETE","path":"/Users/1","bulkId":"a"},{"method":"DELETE","path":"/Users/2","bulkId":"a"}"#,
        r#"{"method":"DELETE","path":"/Users/1","bulkId":"a"},{"method":"DELETE","path":"/Users/2","bulkId":"b"}"#,
    ),
    (
        "patch-op-case",
        r#"{"method":"PATCH","path":"/Users/1","data":{"Operations":[{"op":"Remove","path":"title"}]}}"#,
        r#"{"method":"PATCH","path":"/Users/1","data":{"Operations":[{"op":"remove","path":"title"}]}}"#,
    ),
    (
        "id-sent",
        r#"{"method":"POST","path":"/Users","bulkId":"a","data":{"id":"1"}}"#,
        r#"{"method":"PUT","path":"/Users/1","data":{"id":"1"}}"#,
    ),
];

/// What has another body altogether.
pub(super) const BODIES: &[(&str, &str, &str)] = &[
    (
        "schemas-missing",
        "POST /Users\n{\"userName\":\"a\"}",
        "POST /Users\n{\"schemas\":[\"USER\"],\"userName\":\"a\"}",
    ),
    (
        "schemas-missing",
        "PUT /Users/1\n{\"schemas\":[],\"userName\":\"a\"}",
        "PUT /Users/1\n{\"SCHEMAS\":[\"user\"],\"userName\":\"a\"}",
    ),
    (
        "schemas-core",
        "POST /Users\n{\"schemas\":[\"ENT\"],\"userName\":\"a\"}",
        "POST /Users\n{\"schemas\":[\"ENT\",\"USER\"],\"userName\":\"a\"}",
    ),
    (
        "schemas-unknown",
        "POST /Users\n{\"schemas\":[\"USER\",\"urn:example:x\"],\"userName\":\"a\"}",
        "POST /Users\n{\"schemas\":[\"USER\",\"ENT\"],\"userName\":\"a\"}",
    ),
    (
        "schemas-repeated",
        "POST /Users\n{\"schemas\":[\"USER\",\"USER\"],\"userName\":\"a\"}",
        "POST /Users\n{\"schemas\":[\"USER\",\"ENT\"],\"userName\":\"a\"}",
    ),
    (
        "id-differs",
        "PUT /Users/1\n{\"schemas\":[\"USER\"],\"userName\":\"a\",\"id\":\"2\"}",
        "PUT /Users/%31\n{\"schemas\":[\"USER\"],\"userName\":\"a\",\"id\":\"1\",\"meta\":{\"version\":\"x\"}}",
    ),
    (
        "required-missing",
        "PUT /Users/1\n{\"schemas\":[\"USER\"]}",
        "PUT /Users/1\n{\"schemas\":[\"USER\"],\"USERNAME\":\"a\"}",
    ),
    (
        "required-missing",
        "POST /Me\n{\"schemas\":[\"USER\"],\"userName\":\"\"}",
        "POST /Me\n{\"schemas\":[\"USER\"],\"userName\":\"a\"}",
    ),
    (
        "patch-schema",
        "PATCH /Users/1\n{\"Operations\":[{\"op\":\"remove\",\"path\":\"title\"}]}",
        "PATCH /Users/1\n{\"operations\":[{\"op\":\"remove\",\"path\":\"title\"}],\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"]}",
    ),
    (
        "patch-schema",
        "PATCH /Me\n{\"schemas\":\"urn:ietf:params:scim:api:messages:2.0:PatchOp\",\"Operations\":[{\"op\":\"remove\",\"path\":\"title\"}]}",
        "PATCH /Me\n{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[{\"op\":\"remove\",\"path\":\"title\"}]}",
    ),
    (
        "search-schema",
        "POST /Users/.search\n{\"filter\":\"title pr\"}",
        "POST /Users/.search\n{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:SearchRequest\"],\"filter\":\"title pr\"}",
    ),
    (
        "bulk-schema",
        "POST /Bulk\n{\"Operations\":[]}",
        "POST /Bulk\n{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:BulkRequest\"],\"Operations\":[]}",
    ),
];
