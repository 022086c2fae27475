use super::*;
use crate::path::AttrPath;

fn path(text: &str) -> AttrPath {
    text.parse().unwrap()
}

fn named<'a>(rt: &'a ResourceType, text: &str) -> Option<(Option<&'a str>, String)> {
    let resolved = rt.resolve(&path(text))?;
    let name = match resolved.target {
        Target::Extension => "*".to_owned(),
        Target::Attribute { attribute, sub: None } => attribute.name.clone(),
        Target::Attribute { attribute, sub: Some(sub) } => format!("{}.{}", attribute.name, sub.name),
    };
    Some((resolved.extension.map(|schema| schema.id.as_str()), name))
}

#[test]
fn every_builtin_schema_survives_a_round_trip() {
    let all = [
        builtin::user(),
        builtin::enterprise_user(),
        builtin::group(),
        builtin::service_provider_config(),
        builtin::resource_type(),
        builtin::schema(),
        builtin::device(),
        builtin::endpoint_app(),
        builtin::endpoint_apps(),
    ];
    let urns = [
        urn::USER,
        urn::ENTERPRISE_USER,
        urn::GROUP,
        urn::SERVICE_PROVIDER_CONFIG,
        urn::RESOURCE_TYPE,
        urn::SCHEMA,
        urn::DEVICE,
        urn::ENDPOINT_APP,
        urn::ENDPOINT_APPS,
    ];
    for (schema, urn) in all.into_iter().zip(urns) {
        assert_eq!(schema.id, urn);
        assert_eq!(Schema::from_json(&schema.to_json()).as_ref(), Ok(&*schema));
    }
}

#[test]
fn builtin_characteristics() {
    use {Mutability::*, Returned as R, Uniqueness as U};
    let user = ResourceType::user();
    let group = ResourceType::group();
    // type, path, kind, multi-valued, required, case exact, mutability, returned, uniqueness
    let rows = [
        (&user, "id", Kind::String, false, true, true, ReadOnly, R::Always, U::Server),
        (&user, "externalId", Kind::String, false, false, true, ReadWrite, R::Default, U::None),
        (&user, "schemas", Kind::Reference, true, true, true, ReadWrite, R::Always, U::None),
        (&user, "meta", Kind::Complex, false, false, false, ReadOnly, R::Default, U::None),
        (&user, "meta.created", Kind::DateTime, false, false, false, ReadOnly, R::Default, U::None),
        (&user, "userName", Kind::String, false, true, false, ReadWrite, R::Default, U::Server),
        (&user, "active", Kind::Boolean, false, false, false, ReadWrite, R::Default, U::None),
        (&user, "password", Kind::String, false, false, false, WriteOnly, R::Never, U::None),
        (&user, "emails", Kind::Complex, true, false, false, ReadWrite, R::Default, U::None),
        (&user, "photos.value", Kind::Reference, false, false, false, ReadWrite, R::Default, U::None),
        (&user, "x509Certificates.value", Kind::Binary, false, false, false, ReadWrite, R::Default, U::None),
        (&user, "groups", Kind::Complex, true, false, false, ReadOnly, R::Default, U::None),
        (&user, "groups.$ref", Kind::Reference, false, false, false, ReadOnly, R::Default, U::None),
        (&group, "displayName", Kind::String, false, true, false, ReadWrite, R::Default, U::None),
        (&group, "members", Kind::Complex, true, false, false, ReadWrite, R::Default, U::None),
        (&group, "members.value", Kind::String, false, false, false, Immutable, R::Default, U::None),
    ];
    for (rt, text, kind, multi, required, exact, mutability, returned, uniqueness) in rows {
        let resolved = rt.resolve(&path(text)).unwrap();
        let Target::Attribute { attribute, sub } = resolved.target else { panic!("{text}") };
        let a = sub.unwrap_or(attribute);
        assert_eq!(
            (a.kind, a.multi_valued, a.required, a.case_exact),
            (kind, multi, required, exact),
            "{text}"
        );
        assert_eq!((a.mutability, a.returned, a.uniqueness), (mutability, returned, uniqueness), "{text}");
    }
    let manager = builtin::enterprise_user();
    let manager = manager.attribute("manager").unwrap();
    assert!(manager.sub("value").unwrap().case_exact);
    assert_eq!(manager.sub("$ref").unwrap().reference_types, ["User"]);
    assert_eq!(manager.sub("displayName").unwrap().mutability, ReadOnly);
    assert_eq!(user.attribute("groups").unwrap().sub("$ref").unwrap().reference_types, ["Group"]);
    assert_eq!(user.schema.attributes.len(), 21);
}

#[test]
fn paths_resolve_in_any_case() {
    let user = ResourceType::user();
    let enterprise = Some(urn::ENTERPRISE_USER);
    let rows = [
        ("USERNAME", Some((None, "userName"))),
        ("name.GIVENNAME", Some((None, "name.givenName"))),
        ("meta.lastmodified", Some((None, "meta.lastModified"))),
        ("groups.$REF", Some((None, "groups.$ref"))),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName", Some((None, "userName"))),
        ("URN:IETF:params:scim:schemas:core:2.0:USER:emails.Type", Some((None, "emails.type"))),
        ("urn:ietf:params:scim:schemas:core:2.0:User:id", Some((None, "id"))),
        ("urn:ietf:params:scim:schemas:core:2.0:User", None),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:user", Some((enterprise, "*"))),
        (
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:COSTcenter",
            Some((enterprise, "costCenter")),
        ),
        (
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
            Some((enterprise, "manager.value")),
        ),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:userName", None),
        ("urn:example:other:1.0:Thing:a", None),
        ("costCenter", None),
        ("userName.x", None),
        ("emails.nope", None),
        ("members", None),
    ];
    for (text, expected) in rows {
        assert_eq!(named(&user, text), expected.map(|(urn, name)| (urn, name.to_owned())), "{text}");
    }
}

#[test]
fn missing_characteristics_have_their_defaults() {
    let schema = Schema::from_json(&json!({
        "id": "urn:example:params:badge:1.0:Badge",
        "attributes": [{"name": "color"}, {"NAME": "size", "TYPE": "INTEGER", "required": null}],
    }))
    .unwrap();
    assert_eq!(schema.name, "Badge");
    assert_eq!(
        schema.attributes,
        [Attribute::new("color", Kind::String), Attribute::new("size", Kind::Integer)]
    );
}

#[test]
fn errors_say_where() {
    let attribute = |value: Value| json!({"id": "urn:x:y", "attributes": [{"name": "a"}, value]});
    let rows = [
        (json!(7), "schema document: expected an object, got a number"),
        (json!({"attributes": []}), "id: missing"),
        (json!({"id": "", "attributes": []}), "id: missing"),
        (json!({"id": "urn:x:y"}), "attributes: missing"),
        (json!({"id": "urn:x:y", "attributes": {}}), "attributes: expected an array, got an object"),
        (attribute(json!("b")), "attributes[1]: expected an object, got a string"),
        (attribute(json!({})), "attributes[1].name: missing"),
        (attribute(json!({"name": "A"})), "attributes[1].name: a second `A`"),
        (attribute(json!({"name": 1})), "attributes[1].name: expected a string, got a number"),
        (
            attribute(json!({"name": "b", "type": "strng"})),
            "attributes[1].type: unknown keyword `strng`, expected one of \
             string, boolean, decimal, integer, dateTime, reference, binary, complex",
        ),
        (
            attribute(json!({"name": "b", "returned": "often"})),
            "attributes[1].returned: unknown keyword `often`, expected one of always, never, default, request",
        ),
        (
            attribute(json!({"name": "b", "required": "yes"})),
            "attributes[1].required: expected a boolean, got a string",
        ),
        (
            attribute(json!({"name": "b", "canonicalValues": ["x", 1]})),
            "attributes[1].canonicalValues[1]: expected a string, got a number",
        ),
        (
            attribute(json!({"name": "b", "subAttributes": [{"name": "c"}]})),
            "attributes[1].subAttributes: only a complex attribute has them, this one is string",
        ),
        (
            attribute(
                json!({"name": "b", "type": "complex", "subAttributes": [{"name": "c", "type": "complex"}]}),
            ),
            "attributes[1].subAttributes[0].type: a sub-attribute cannot be complex",
        ),
        (
            attribute(json!({"name": "b", "type": "complex",
                "subAttributes": [{"name": "c", "subAttributes": [{"name": "d"}]}]})),
            "attributes[1].subAttributes[0].subAttributes: only a complex attribute has them, this one is string",
        ),
    ];
    for (document, expected) in rows {
        assert_eq!(Schema::from_json(&document).unwrap_err().to_string(), expected, "{document}");
    }
}

#[test]
fn the_schema_of_schemas_may_nest_as_the_rfc_prints_it() {
    let document = json!({"id": urn::SCHEMA, "attributes": [{"name": "attributes", "type": "complex", "subAttributes": [
        {"name": "subAttributes", "type": "complex", "subAttributes": [{"name": "name"}]}]}]});
    let schema = Schema::from_json(&document).unwrap();
    assert!(schema.attributes[0].sub_attributes[0].sub_attributes.is_empty());
}

#[test]
fn documents_have_what_discovery_serves() {
    let badge = Schema::from_json(&json!({"id": "urn:example:badge:1.0:User", "attributes": []})).unwrap();
    let rt = ResourceType::user().with_extension(badge.clone()).with_extension(badge);
    let document = rt.to_json("https://example.com/v2/");
    assert_eq!(
        document["schemaExtensions"][1],
        json!({"schema": "urn:example:badge:1.0:User", "required": false})
    );
    assert_eq!(document["schemaExtensions"].as_array().map(Vec::len), Some(2));
    assert_eq!(document["meta"]["location"], "https://example.com/v2/ResourceTypes/User");
    let active = builtin::user().attribute("active").map(Attribute::to_json).unwrap();
    assert_eq!(
        active,
        json!({"name": "active", "type": "boolean", "multiValued": false, "description": "Whether the account may be used.",
            "required": false, "mutability": "readWrite", "returned": "default"})
    );
}

#[test]
fn resource_types_come_from_discovery() {
    let schemas = [(*builtin::user()).clone(), (*builtin::enterprise_user()).clone()];
    let user = ResourceType::user();
    let info = serde_json::from_value(user.to_json("https://example.com")).unwrap();
    assert_eq!(ResourceType::from_discovery(&info, &schemas), Ok(user));
    let without = ResourceType::from_discovery(&info, &schemas[..1]).unwrap();
    assert!(without.extensions.is_empty());
    let error = ResourceType::from_discovery(&info, &schemas[1..]).unwrap_err();
    assert_eq!(error.to_string(), format!("schema: `{}` is not among the schemas", urn::USER));
}
