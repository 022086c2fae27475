//! Endpoints that are wrong in one way each: what is wrong, the finding that must be among those reported, the rule.

use bytes::Bytes;
use http::{Method, header};
use scim_core::urn;
use serde_json::{Value, json};

use super::{
    Rule, answer, body_of, bulk, config, each, edited, emails_op, error, has_op, is, json_of, loosely, on,
    query, schemas, set_meta, tagged, types, with_body, with_query,
};

pub(super) const DEFECTS: &[(&str, &str, Rule)] = &[
    ("a group is found by the beginning of its name", "filter.not-exact", |wire, request| {
        loosely(wire, &request, "/Groups", "displayName")
    }),
    ("a user is found by the beginning of externalId", "filter.not-exact", |wire, request| {
        loosely(wire, &request, "/Users", "externalId")
    }),
    ("externalId in a filter is ignored", "filter.ignored", |wire, request| {
        if query(&request, "filter").is_some_and(|filter| filter.starts_with("externalId")) {
            return wire.pass(&with_query(&request, "filter=externalId", "x=externalId"));
        }
        wire.pass(&request)
    }),
    ("replacing what is not there is refused", "patch.replace-absent", |wire, request| {
        let replaces = has_op(&request, |op| op["op"] == "replace" && op["path"] == "title");
        if replaces && wire.stored(&request).get("title").is_none() {
            return error(400);
        }
        wire.pass(&request)
    }),
    ("a malformed filter finds everyone", "filter.malformed-accepted", |wire, request| {
        let response = wire.pass(&request);
        if query(&request, "filter").is_some() && response.status() == 400 {
            return wire.pass(&with_query(&request, "filter=", "x="));
        }
        response
    }),
    ("a filter with `not` is a server error", "http.server-error", |wire, request| {
        let not = query(&request, "filter").is_some_and(|filter| filter.contains("not%20%28"));
        if not { error(500) } else { wire.pass(&request) }
    }),
    ("totalResults is a thousand more", "list.total-results", |wire, request| {
        let list = is(&request, &Method::GET, "/Users");
        edited(wire.pass(&request), |json| {
            if let Some(total) = json.get("totalResults").and_then(Value::as_u64).filter(|_| list) {
                json["totalResults"] = (total + 1000).into();
            }
        })
    }),
    ("the list leaves out who is inactive", "list.resource-missing", |wire, request| {
        if is(&request, &Method::GET, "/Users") && query(&request, "filter").is_none() {
            return wire.pass(&with_query(&request, "/Users?", "/Users?filter=active%20eq%20true&"));
        }
        wire.pass(&request)
    }),
    ("groups are not paged", "list.count", |wire, request| {
        if is(&request, &Method::GET, "/Groups") {
            return wire.pass(&with_query(&with_query(&request, "startIndex=", "x="), "count=", "y="));
        }
        wire.pass(&request)
    }),
    ("startIndex below 1 is refused", "list.start-index-below-one", |wire, request| {
        let below = query(&request, "startIndex").is_some_and(|start| start == "0" || start.starts_with('-'));
        if below { error(400) } else { wire.pass(&request) }
    }),
    ("count below 1 is no limit", "list.count-zero", |wire, request| {
        if query(&request, "count").is_some_and(|count| count == "0" || count.starts_with('-')) {
            return wire.pass(&with_query(&request, "count=", "y="));
        }
        wire.pass(&request)
    }),
    ("beyond the end there is a 404", "list.beyond-end", |wire, request| {
        let response = wire.pass(&request);
        let none = json_of(&response)["Resources"].as_array().is_some_and(Vec::is_empty);
        let later =
            query(&request, "startIndex").is_some_and(|start| start != "1" && !start.starts_with(['0', '-']));
        if none && later { error(404) } else { response }
    }),
    ("beyond the end is the beginning", "list.start-index", |wire, request| {
        let response = wire.pass(&request);
        let none = json_of(&response)["Resources"].as_array().is_some_and(Vec::is_empty);
        match query(&request, "startIndex")
            .filter(|start| none && start.parse::<u64>().is_ok_and(|start| start > 1))
        {
            Some(start) => {
                let again = wire.pass(&with_query(&request, &format!("startIndex={start}"), "startIndex=1"));
                let start: u64 = start.parse().unwrap();
                edited(again, |json| json["startIndex"] = start.into())
            }
            None => response,
        }
    }),
    ("the name of a deleted user is taken", "create.conflict-after-delete", |wire, request| {
        if request.method() == Method::DELETE {
            wire.note(wire.stored(&request)["userName"].as_str().unwrap_or_default().to_owned());
        }
        let name = body_of(&request)["userName"].as_str().unwrap_or_default().to_owned();
        if is(&request, &Method::POST, "/Users") && !name.is_empty() && wire.noted(&name) {
            return error(409);
        }
        wire.pass(&request)
    }),
    ("a renamed group is found under its old name", "resource.rename-stale", |wire, request| {
        if request.method() == Method::PATCH && on(&request, "Groups") {
            let old = wire.stored(&request)["displayName"].as_str().unwrap_or_default().to_owned();
            wire.note(old);
        }
        let asked =
            query(&request, "filter").and_then(|filter| filter.strip_prefix("displayName%20eq%20%22"));
        let old = asked.map(|asked| asked.trim_end_matches("%22").to_owned()).filter(|old| wire.noted(old));
        if old.is_some() {
            let all = wire.pass(&with_query(&request, "filter=", "x="));
            return edited(all, |json| {
                let renamed = |group: &Value| {
                    group["displayName"].as_str().is_some_and(|name| name.contains("renamed"))
                };
                json["Resources"].as_array_mut().into_iter().for_each(|list| list.retain(renamed));
                let here = json["Resources"].as_array().map_or(0, Vec::len);
                json["totalResults"] = here.into();
                json["itemsPerPage"] = here.into();
            });
        }
        wire.pass(&request)
    }),
    ("PATCH answers with what was before", "resource.answer-stale", |wire, request| {
        if request.method() == Method::PATCH {
            let before = wire.stored(&request);
            let mut response = wire.pass(&request);
            if response.status() == 200 {
                response.headers_mut().remove(header::ETAG);
                *response.body_mut() = Bytes::from(before.to_string());
            }
            return response;
        }
        wire.pass(&request)
    }),
    ("the answer says inactive, the user is active", "resource.answer-stale", |wire, request| {
        let mut body = body_of(&request);
        if is(&request, &Method::POST, "/Users") && body["active"] == false {
            body["active"] = true.into();
            return each(wire.pass(&with_body(request, &body)), |user| {
                user.insert("active".to_owned(), false.into());
            });
        }
        wire.pass(&request)
    }),
    ("PUT keeps the old addresses", "put.appends-values", |wire, request| {
        let mut body = body_of(&request);
        if request.method() == Method::PUT && on(&request, "Users") {
            let mut all = wire.stored(&request)["emails"].as_array().cloned().unwrap_or_default();
            for email in &mut all {
                email["primary"] = false.into();
            }
            all.extend(body["emails"].as_array().cloned().unwrap_or_default());
            body["emails"] = all.into();
            return wire.pass(&with_body(request, &body));
        }
        wire.pass(&request)
    }),
    ("PUT makes what is not there", "put.creates", |wire, request| {
        let response = wire.pass(&request);
        if request.method() == Method::PUT && response.status() == 404 {
            let mut post = with_query(&request, "", "");
            *post.method_mut() = Method::POST;
            let path = request.uri().path();
            *post.uri_mut() = path[..path.rfind('/').unwrap()].parse().unwrap();
            return wire.pass(&post);
        }
        response
    }),
    ("a value path changes every address", "patch.value-path-changes-others", |wire, request| {
        let mut body = body_of(&request);
        if request.method() == Method::PATCH {
            for operation in body["Operations"].as_array_mut().into_iter().flatten() {
                if operation["path"] == "emails[type eq \"work\"].value" {
                    operation["path"] = "emails.value".into();
                }
            }
            return wire.pass(&with_body(request, &body));
        }
        wire.pass(&request)
    }),
    ("operations are applied from the last to the first", "patch.order", |wire, request| {
        let mut body = body_of(&request);
        if request.method() == Method::PATCH && has_op(&request, |_| true) {
            body["Operations"].as_array_mut().unwrap().reverse();
            return wire.pass(&with_body(request, &body));
        }
        wire.pass(&request)
    }),
    ("a full name in PATCH is passed over", "patch.urn-path", |wire, request| {
        let mut body = body_of(&request);
        let full = |operation: &Value| {
            operation["path"].as_str().is_some_and(|path| path.starts_with(&format!("{}:", urn::USER)))
        };
        if has_op(&request, full) {
            body["Operations"][0]["path"] = "nickName".into();
            return wire.pass(&with_body(request, &body));
        }
        wire.pass(&request)
    }),
    ("a filtered list always starts at its beginning", "list.start-index", |wire, request| {
        if query(&request, "filter").is_some() {
            return wire.pass(&with_query(&request, "startIndex=", "x="));
        }
        wire.pass(&request)
    }),
    ("count=1000 is a server error", "http.server-error", |wire, request| {
        if query(&request, "count") == Some("1000") { error(500) } else { wire.pass(&request) }
    }),
    ("`ew` is `co`", "filter.wrong-result", |wire, request| {
        wire.pass(&with_query(&request, "%20ew%20", "%20co%20"))
    }),
    ("`pr` is always true", "filter.wrong-result", |wire, request| {
        wire.pass(&with_query(&request, "nickName%20pr", "id%20pr"))
    }),
    ("a filter on `active` is passed over", "filter.wrong-result", |wire, request| {
        wire.pass(&with_query(&request, "filter=active", "x=active"))
    }),
    ("a filter on `id` is passed over", "filter.wrong-result", |wire, request| {
        wire.pass(&with_query(&request, "filter=id", "x=id"))
    }),
    ("a filter on dates is passed over", "filter.wrong-result", |wire, request| {
        wire.pass(&with_query(&request, "filter=meta", "x=meta"))
    }),
    ("a filter on members is passed over", "filter.wrong-result", |wire, request| {
        wire.pass(&with_query(&request, "filter=members", "x=members"))
    }),
    ("no address is the primary one", "user.attribute-lost", |wire, request| {
        each(wire.pass(&request), |user| {
            for email in user.get_mut("emails").and_then(Value::as_array_mut).into_iter().flatten() {
                email.as_object_mut().unwrap().shift_remove("primary");
            }
        })
    }),
    ("a new department takes the manager away", "user.attribute-lost", |wire, request| {
        let mut body = body_of(&request);
        let path = format!("{}:department", urn::ENTERPRISE_USER);
        if has_op(&request, |operation| operation["path"] == path) {
            let remove = json!({"op": "remove", "path": format!("{}:manager", urn::ENTERPRISE_USER)});
            body["Operations"].as_array_mut().unwrap().push(remove);
            return wire.pass(&with_body(request, &body));
        }
        wire.pass(&request)
    }),
    ("a new name of the group takes its externalId away", "group.external-id-lost", |wire, request| {
        let mut body = body_of(&request);
        if on(&request, "Groups") && has_op(&request, |operation| operation["path"] == "displayName") {
            let remove = json!({"op": "remove", "path": "externalId"});
            body["Operations"].as_array_mut().unwrap().push(remove);
            return wire.pass(&with_body(request, &body));
        }
        wire.pass(&request)
    }),
    ("`add` of an address replaces the others", "patch.add-replaces-values", |wire, request| {
        emails_op(wire, request, "add", "replace")
    }),
    ("`replace` of the addresses appends", "patch.replace-appends-values", |wire, request| {
        emails_op(wire, request, "replace", "add")
    }),
    ("`remove` of an address does nothing", "patch.remove-value-path", |wire, request| {
        let value_path = |operation: &Value| {
            operation["op"] == "remove"
                && operation["path"].as_str().is_some_and(|path| path.starts_with("emails["))
        };
        if has_op(&request, value_path) { answer(200, &wire.stored(&request)) } else { wire.pass(&request) }
    }),
    ("a path in capitals is refused", "resource.attribute-name-case", |wire, request| {
        if has_op(&request, |operation| operation["path"] == "NAME.FAMILYNAME") {
            error(400)
        } else {
            wire.pass(&request)
        }
    }),
    ("a member in capitals is refused", "resource.attribute-name-case", |wire, request| {
        if body_of(&request).get("UserName").is_some() { error(400) } else { wire.pass(&request) }
    }),
    ("two primaries", "resource.two-primaries", |wire, request| {
        each(wire.pass(&request), |user| {
            for email in user.get_mut("emails").and_then(Value::as_array_mut).into_iter().flatten() {
                email["primary"] = true.into();
            }
        })
    }),
    ("an unknown operation does nothing", "http.malformed-accepted", |wire, request| {
        if has_op(&request, |operation| operation["op"] == "move") {
            return answer(200, &wire.stored(&request));
        }
        wire.pass(&request)
    }),
    ("`remove` without `path` does nothing", "http.malformed-accepted", |wire, request| {
        if has_op(&request, |operation| operation["op"] == "remove" && operation.get("path").is_none()) {
            return answer(200, &wire.stored(&request));
        }
        wire.pass(&request)
    }),
    ("an unknown operation is a server error", "http.server-error", |wire, request| {
        if has_op(&request, |operation| operation["op"] == "move") { error(500) } else { wire.pass(&request) }
    }),
    ("an unknown member is a server error", "http.server-error", |wire, request| {
        let path = request.uri().path().to_owned();
        if request.method() == Method::DELETE {
            wire.note(path.rsplit('/').next().unwrap_or_default());
        }
        let unknown = |operation: &Value| {
            operation["value"][0]["value"].as_str().is_some_and(|id| wire.noted(id))
                && operation["path"] == "members"
        };
        if has_op(&request, unknown) { error(500) } else { wire.pass(&request) }
    }),
    ("PATCH of a deleted id is a 400", "resource.unknown-id-status", |wire, request| {
        let response = wire.pass(&request);
        if request.method() == Method::PATCH && response.status() == 404 { error(400) } else { response }
    }),
    ("PUT of a deleted id is a 500", "http.server-error", |wire, request| {
        let response = wire.pass(&request);
        if request.method() == Method::PUT && response.status() == 404 { error(500) } else { response }
    }),
    ("a sorted list is a server error", "http.server-error", |wire, request| {
        if query(&request, "sortBy").is_some() { error(500) } else { wire.pass(&request) }
    }),
    ("sorting is advertised and refused", "discovery.promise-broken", |wire, request| {
        if query(&request, "sortBy").is_some() { error(400) } else { wire.pass(&request) }
    }),
    ("projection is a server error", "http.server-error", |wire, request| {
        if query(&request, "attributes").is_some() { error(500) } else { wire.pass(&request) }
    }),
    ("a list ignores `attributes`", "resource.projection", |wire, request| {
        if is(&request, &Method::GET, "/Users") {
            return wire.pass(&with_query(&request, "attributes=", "x="));
        }
        wire.pass(&request)
    }),
    ("a search returns passwords", "resource.password-returned", |wire, request| {
        let search = request.uri().path().ends_with("/.search");
        each(wire.pass(&request), |user| {
            if search {
                user.insert("password".to_owned(), "$2b$".into());
            }
        })
    }),
    ("If-Match is a server error", "http.server-error", |wire, request| {
        if request.headers().contains_key(header::IF_MATCH) { error(500) } else { wire.pass(&request) }
    }),
    ("PATCH and DELETE ignore If-Match", "etag.if-match-ignored", |wire, mut request| {
        if matches!(*request.method(), Method::PATCH | Method::DELETE) {
            request.headers_mut().remove(header::IF_MATCH);
        }
        wire.pass(&request)
    }),
    ("every If-Match fails", "etag.if-match-refused", |wire, request| {
        if request.headers().contains_key(header::IF_MATCH) { error(412) } else { wire.pass(&request) }
    }),
    ("If-None-Match is ignored", "etag.if-none-match-ignored", |wire, mut request| {
        request.headers_mut().remove(header::IF_NONE_MATCH);
        wire.pass(&request)
    }),
    ("the tag is always the same", "etag.unchanged", |wire, request| tagged(wire, &request, "W/\"1\"")),
    ("the tag has no quotes", "etag.syntax", |wire, request| tagged(wire, &request, "1")),
    ("tags are advertised and not sent", "etag.missing", |wire, request| {
        let mut response = wire.pass(&request);
        response.headers_mut().remove(header::ETAG);
        each(response, |resource| {
            if let Some(Value::Object(meta)) = resource.get_mut("meta") {
                meta.shift_remove("version");
            }
        })
    }),
    ("the Location leads nowhere", "create.location-dead", |wire, request| {
        let wrong = |text: &str| text.replace("/scim/v2/Users", "/scim/v2/people/Users");
        let mut response = wire.pass(&request);
        let header = response.headers().get(header::LOCATION).and_then(|it| it.to_str().ok()).map(wrong);
        if let Some(header) = header {
            response.headers_mut().insert(header::LOCATION, header.parse().unwrap());
        }
        each(response, |user| {
            let location = user.get("meta").and_then(|meta| meta["location"].as_str()).map(wrong);
            location.into_iter().for_each(|location| set_meta(user, "location", &location));
        })
    }),
    ("users are groups by their type", "resource.resource-type", |wire, request| {
        each(wire.pass(&request), |resource| {
            set_meta(resource, "resourceType", "Group");
        })
    }),
    ("the extension is not in schemas", "resource.extension-schemas", |wire, request| {
        each(wire.pass(&request), |resource| {
            if let Some(Value::Array(schemas)) = resource.get_mut("schemas") {
                schemas.retain(|schema| schema != urn::ENTERPRISE_USER);
            }
        })
    }),
    ("a charset is refused in PATCH", "http.charset-refused", |wire, request| {
        let media = request.headers().get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok());
        let charset = media.is_some_and(|media| media.contains("charset"));
        if request.method() == Method::PATCH && charset { error(415) } else { wire.pass(&request) }
    }),
    ("application/json is refused", "http.json-refused", |wire, request| {
        let media = request.headers().get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok());
        if media == Some("application/json") { error(415) } else { wire.pass(&request) }
    }),
    ("the configuration is a server error", "http.server-error", |wire, request| {
        if is(&request, &Method::GET, "/ServiceProviderConfig") { error(500) } else { wire.pass(&request) }
    }),
    ("the configuration has no limit", "discovery.config-fields", |wire, request| {
        config(wire, &request, |json| json["filter"] = json!({"supported": true}))
    }),
    ("the configuration's limit is zero", "discovery.max-results", |wire, request| {
        config(wire, &request, |json| json["filter"]["maxResults"] = 0.into())
    }),
    ("cursors are advertised and refused", "list.cursor", |wire, request| {
        if request.uri().query().is_some_and(|query| query.starts_with("cursor")) {
            return error(400);
        }
        config(wire, &request, |json| json["pagination"] = json!({"cursor": true, "index": true}))
    }),
    ("bulk is advertised and missing", "bulk.result", |wire, request| {
        if is(&request, &Method::POST, "/Bulk") {
            return error(404);
        }
        config(wire, &request, |json| {
            json["bulk"] = json!({"supported": true, "maxOperations": 10, "maxPayloadSize": 100_000});
        })
    }),
    ("bulk does not know bulkId", "bulk.result", |wire, request| bulk(wire, &request, false, true)),
    ("bulk goes on after errors", "bulk.fail-on-errors", |wire, request| bulk(wire, &request, true, false)),
    ("`name` is a string in /Schemas", "discovery.schema-definition", |wire, request| {
        schemas(wire, &request, |schema| {
            for attribute in schema["attributes"].as_array_mut().into_iter().flatten() {
                if attribute["name"] == "name" {
                    attribute["type"] = "string".into();
                }
            }
        })
    }),
    ("`groups` can be written in /Schemas", "discovery.schema-definition", |wire, request| {
        schemas(wire, &request, |schema| {
            for attribute in schema["attributes"].as_array_mut().into_iter().flatten() {
                if attribute["name"] == "groups" {
                    attribute["mutability"] = "readWrite".into();
                }
            }
        })
    }),
    ("the enterprise schema is not in /Schemas", "discovery.schema-missing", |wire, request| {
        if !is(&request, &Method::GET, "/Schemas") {
            return wire.pass(&request);
        }
        edited(wire.pass(&request), |json| {
            let list = json["Resources"].as_array_mut().unwrap();
            list.retain(|schema| schema["id"] != urn::ENTERPRISE_USER);
            let left = list.len();
            json["totalResults"] = left.into();
        })
    }),
    ("/Schemas is an array", "discovery.list-shape", |wire, request| {
        if !is(&request, &Method::GET, "/Schemas") {
            return wire.pass(&request);
        }
        edited(wire.pass(&request), |json| *json = json["Resources"].clone())
    }),
    ("a schema is not there by its id", "discovery.by-id", |wire, request| {
        if on(&request, "Schemas") { error(404) } else { wire.pass(&request) }
    }),
    ("a resource type leads elsewhere", "discovery.resource-type-endpoint", |wire, request| {
        types(wire, &request, |one| one["endpoint"] = "/People".into())
    }),
    ("a resource type's location is wrong", "discovery.location", |wire, request| {
        types(wire, &request, |one| one["meta"]["location"] = "http://localhost/404".into())
    }),
    ("there is no resource type for groups", "discovery.resource-type-missing", |wire, request| {
        types(wire, &request, |one| {
            if one["name"] == "Group" {
                one["schema"] = "urn:example:other".into();
            }
        })
    }),
];
