use serde_json::{Value, json};

use super::*;
use crate::urn;

/// Reads and writes without a change, from text and from a value.
#[track_caller]
fn same<T: Serialize + DeserializeOwned + PartialEq + fmt::Debug>(value: &Value) -> T {
    let from_value: T = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(&serde_json::to_value(&from_value).unwrap(), value);
    let from_text: T = serde_json::from_str(&value.to_string()).unwrap();
    assert_eq!(from_text, from_value);
    from_text
}

#[track_caller]
fn refused<T: DeserializeOwned + fmt::Debug>(text: &str) -> String {
    serde_json::from_str::<T>(text).unwrap_err().to_string()
}

#[test]
fn unknown_members_survive_at_every_level() {
    let user: User = same(&json!({
        "schemas": [urn::USER, urn::ENTERPRISE_USER, "urn:example:x:2.0:User"],
        "id": "1",
        "userName": "ada",
        "name": {"givenName": "Ada", "secondFamilyName": "King", "deep": {"er": [1, {"x": null}]}},
        "emails": [
            {"value": "a@b.c", "type": "work", "verified": true},
            {"value": "c@d.e", "primary": true},
        ],
        "meta": {"resourceType": "User", "checksum": 12},
        "employmentStatus": "leave",
        (urn::ENTERPRISE_USER): {
            "costCenter": "7",
            "manager": {"value": "2", "mood": "good"},
            "badge": [1, 2],
        },
        "urn:example:x:2.0:User": {"y": {"z": 1}},
    }));
    assert_eq!(user.extra.get("EmploymentStatus"), Some(&json!("leave")));
    assert_eq!(user.primary_email(), Some("c@d.e"));
    let mut enterprise = user.extension::<EnterpriseUser>().unwrap().unwrap();
    assert_eq!(enterprise.manager.as_ref().unwrap().extra.get("mood"), Some(&json!("good")));
    enterprise.department = Some("R&D".into());
    let mut changed = user;
    changed.set_extension(&enterprise).unwrap();
    let written = serde_json::to_value(&changed).unwrap();
    assert_eq!(written[urn::ENTERPRISE_USER]["badge"], json!([1, 2]));
    assert_eq!(written[urn::ENTERPRISE_USER]["department"], "R&D");
    assert_eq!(written["schemas"], json!([urn::USER, urn::ENTERPRISE_USER, "urn:example:x:2.0:User"]));
    changed.remove_extension::<EnterpriseUser>();
    assert_eq!(changed.schemas, [urn::USER, "urn:example:x:2.0:User"]);
    assert_eq!(changed.extension::<EnterpriseUser>().unwrap(), None);
}

#[test]
fn names_are_read_in_any_case_and_written_canonically() {
    let user: User = serde_json::from_value(json!({
        "SCHEMAS": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "ExternalID": "e",
        "UserName": "ada",
        "EMAILS": [{"VALUE": "a@b.c", "Type": "work", "$REF": "x"}],
        "name": {"FAMILYname": "King"},
        "urn:IETF:params:scim:schemas:extension:enterprise:2.0:USER": {"COSTCENTER": "7"},
    }))
    .unwrap();
    assert_eq!(user.extension::<EnterpriseUser>().unwrap().unwrap().cost_center.as_deref(), Some("7"));
    let written = serde_json::to_value(&user).unwrap();
    assert_eq!(written["externalId"], "e");
    assert_eq!(written["emails"], json!([{"value": "a@b.c", "type": "work", "$ref": "x"}]));
    assert_eq!(written["name"], json!({"familyName": "King"}));
}

#[test]
fn absent_null_empty_and_set_are_different() {
    let null: User =
        same(&json!({"schemas": [urn::USER], "title": null, "emails": [], "name": null, "ims": null}));
    assert_eq!((&null.title, null.emails.len(), &null.name), (&None, 0, &None));
    assert!(null.extra.is_null("title") && null.extra.is_null("name") && !null.extra.is_null("nickName"));
    assert_ne!(null, User::default());
    let set = User { title: Some("Countess".into()), ..null }.with_email("a@b.c");
    let expected = json!({
        "schemas": [urn::USER],
        "title": "Countess",
        "emails": [{"value": "a@b.c", "type": "work", "primary": true}],
        "name": null,
        "ims": null,
    });
    assert_eq!(serde_json::to_value(&set).unwrap(), expected, "a field that is set wins");
}

#[test]
fn schemas_are_always_written_once() {
    for text in ["{}", r#"{"schemas": null}"#, r#"{"schemas": []}"#] {
        let user: User = serde_json::from_str(text).unwrap();
        assert_eq!(user.schemas.len(), 0);
        assert_eq!(
            serde_json::to_string(&user).unwrap(),
            format!(r#"{{"schemas":["{}"]}}"#, urn::USER),
            "{text}"
        );
    }
    let config = ServiceProviderConfig::from_json(&json!({"schemas": {"a": 1}}));
    let written = serde_json::to_string(&config).unwrap();
    assert_eq!(written, format!(r#"{{"schemas":["{}"]}}"#, urn::SERVICE_PROVIDER_CONFIG));
    assert_eq!(serde_json::to_string(&GenericResource::default()).unwrap(), "{}");
}

#[test]
fn errors_name_their_place() {
    for (text, message) in [
        (r#"{"userName": 5}"#, "userName: invalid type: integer `5`, expected a string at line 1 column 14"),
        (
            r#"{"emails": [{"value": "a"}, {"value": "b", "primary": "true"}]}"#,
            "emails: [1]: primary: invalid type: string \"true\", expected a boolean at line 1 column 60",
        ),
        (r#"{"emails": {"value": "a"}}"#, "emails: invalid type: map, expected an array at line 1 column 11"),
        (r#"{"name": "Ada"}"#, "name: invalid type: string \"Ada\", expected an object at line 1 column 14"),
        (r#"{"title": "a", "TITLE": "b"}"#, "duplicate field `title` at line 1 column 22"),
        (r#"{"title": "a""#, "EOF while parsing an object at line 1 column 13"),
        ("[]", "invalid type: sequence, expected an object at line 1 column 2"),
    ] {
        assert_eq!(refused::<User>(text), message);
    }
}

#[test]
fn lenient_reading_bends_what_it_says_and_no_more() {
    let loose = json!({
        "userName": "ada",
        "ACTIVE": "False",
        "externalId": 42,
        "emails": ["a@b.c", {"value": "d@e.f", "primary": "TRUE"}],
        "roles": "admin",
        "title": null,
        "custom": {"flag": "true"},
    });
    let user: User = lenient::from_value(&loose).unwrap();
    assert_eq!((user.active, user.external_id.as_deref()), (Some(false), Some("42")));
    assert_eq!(user.primary_email(), Some("d@e.f"));
    assert_eq!(user.roles[0].value.as_deref(), Some("admin"));
    assert!(user.extra.is_null("title"));
    assert_eq!(user.extra.get("custom"), Some(&json!({"flag": "true"})), "unknown data stays as it is");
    for wrong in
        [json!({"active": "yes"}), json!({"active": 1}), json!({"userName": []}), json!({"name": "Ada"})]
    {
        assert!(lenient::from_value::<User>(&wrong).is_err(), "{wrong}");
    }
}

#[test]
fn lenient_reading_reads_what_strict_reading_reads() {
    let strict = json!({
        "schemas": [urn::USER], "userName": "ada", "active": true, "emails": [{"value": "a@b.c"}], "x": {"y": [null, 1.5]},
    });
    let read: User = serde_json::from_value(strict.clone()).unwrap();
    assert_eq!(lenient::from_value::<User>(&strict).unwrap(), read);
}

#[test]
fn one_bad_field_never_turns_the_rest_of_a_configuration_off() {
    let config = ServiceProviderConfig::from_json(&json!({
        "patch": {"supported": true},
        "bulk": {"supported": "FALSE", "maxOperations": "1000", "maxPayloadSize": -1},
        "filter": {"supported": true, "maxResults": 200},
        "sort": null,
        "etag": "no",
        "pagination": {"cursor": true, "index": true, "defaultPaginationMethod": "cursor", "maxPageSize": 100.0},
        "authenticationSchemes": {"type": "oauthbearertoken", "primary": "true"},
        "documentationURI": "https://example.com",
        "meta": [],
        "securityEvents": {"asyncRequest": "none"},
    }));
    assert_eq!(config.patch_supported(), Some(true));
    assert_eq!(config.bulk_supported(), Some(false));
    let bulk = config.bulk.as_ref().unwrap();
    assert_eq!((bulk.max_operations, bulk.max_payload_size), (Some(1000), None));
    assert_eq!(bulk.extra.get("maxPayloadSize"), Some(&json!(-1)));
    assert_eq!(config.filter.as_ref().unwrap().max_results, Some(200));
    assert_eq!((config.sort_supported(), config.etag_supported()), (None, None));
    assert_eq!(config.extra.get("etag"), Some(&json!("no")));
    let pagination = config.pagination.as_ref().unwrap();
    assert_eq!((pagination.cursor, pagination.max_page_size), (Some(true), None));
    assert_eq!(config.authentication_schemes[0].primary, Some(true));
    assert_eq!(config.documentation_uri.as_deref(), Some("https://example.com"));
    for odd in
        [json!(null), json!([]), json!("x"), json!({"patch": [[[1]]]}), json!({"patch": 1, "PATCH": 2})]
    {
        assert_eq!(ServiceProviderConfig::from_json(&odd).patch_supported(), None, "{odd}");
    }
}

#[test]
fn a_generic_resource_keeps_a_device() {
    let device: GenericResource = same(&json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Device", "urn:ietf:params:scim:schemas:extension:ble:2.0:Device"],
        "id": "e9e30dba",
        "displayName": "BLE Heart Monitor",
        "active": false,
        "urn:ietf:params:scim:schemas:extension:ble:2.0:Device": {
            "deviceMacAddress": "2C:54:91:88:C9:E2",
            "urn:ietf:params:scim:schemas:extension:pairingJustWorks:2.0:Device": {"key": null},
        },
    }));
    assert_eq!(Resource::id(&device), Some("e9e30dba"));
}

#[test]
fn extras_that_are_gone_leave_no_trace() {
    let mut user: User = serde_json::from_value(json!({"schemas": [urn::USER], "badge": 1})).unwrap();
    assert_eq!(user.extra.remove("BADGE"), Some(json!(1)));
    assert_eq!(user.extra.remove("badge"), None);
    assert_eq!(user.extra, Extra::default());
}

#[test]
fn a_password_is_not_shown() {
    let user = User::new("ada").with_password("secret");
    assert!(!format!("{user:?}").contains("secret"));
    assert_eq!(serde_json::to_value(&user).unwrap()["password"], "secret");
    assert_eq!(user.password.unwrap().expose(), "secret");
}

#[test]
fn meta_reads_its_instants() {
    let meta: Meta = same(&json!({"created": "2010-01-23T04:56:22Z", "lastModified": "2011-05-13T04:42:34"}));
    assert_eq!(meta.created_at().unwrap().to_string(), "2010-01-23T04:56:22Z");
    assert_eq!(meta.last_modified_at().unwrap().to_string(), "2011-05-13T04:42:34Z");
    assert_eq!(Meta { created: Some("yesterday".into()), ..Meta::default() }.created_at(), None);
}

#[test]
fn hostile_sizes_are_refused_or_linear() {
    let deep = format!(r#"{{"x": {}{} }}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert!(refused::<User>(&deep).starts_with("recursion limit exceeded"));
    let long = format!(r#"{{"userName": "{}"}}"#, "a".repeat(10 << 20));
    assert_eq!(serde_json::from_str::<User>(&long).unwrap().user_name.unwrap().len(), 10 << 20);
    let many = format!(r#"{{"emails": [{}{{}}]}}"#, r#"{"value": "a"},"#.repeat(100_000));
    assert_eq!(serde_json::from_str::<User>(&many).unwrap().emails.len(), 100_001);
    let members: Vec<String> = (0..100_000).map(|i| format!(r#""x{i}": 1"#)).collect();
    let wide = format!("{{{}}}", members.join(","));
    assert_eq!(serde_json::from_str::<User>(&wide).unwrap().extra.as_map().len(), 100_000);
}
