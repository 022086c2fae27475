//! What matches: a full user, a bare one, one of nulls and empty values, and a group.

use serde_json::{Value, json};

use super::Filter;
use crate::schema::{Attribute, Kind, ResourceType, Schema, Target};

fn full() -> Value {
    json!({
        "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
        ],
        "id": "2819c223-7F76",
        "externalId": "EXT-42",
        "userName": "BJensen@Example.com",
        "name": {"formatted": "Ms. Barbara J Jensen", "familyName": "Jensen", "givenName": "Barbara"},
        "nickName": "Babs",
        "displayName": "Élodie Straße",
        "profileUrl": "https://login.example.com/bjensen",
        "emails": [
            {"value": "bjensen@example.com", "type": "work", "primary": true},
            {"value": "babs@jensen.org", "type": "home"}
        ],
        "phoneNumbers": [{"value": "555-555-5555", "type": "work"}],
        "ims": [{"value": "someaimhandle"}],
        "title": "Tour Guide",
        "userType": "Employee",
        "active": true,
        "password": "x",
        "x509Certificates": [{"value": "MIIDQzCCAqygAwIBAgICEAAw"}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "employeeNumber": "701984",
            "manager": {"value": "26118915", "displayName": "John Smith"}
        },
        "urn:example:unknown:1.0:Badge": {"color": "Red", "level": 3, "lost": false, "doors": [{"id": "D1"}]},
        "meta": {
            "resourceType": "User",
            "created": "2010-01-23T04:56:22Z",
            "lastModified": "2011-05-13T04:42:34Z",
            "version": "W/\"3694e05e9dff591\""
        }
    })
}

fn bare() -> Value {
    json!({"userName": "bare"})
}

fn empty() -> Value {
    json!({
        "userName": "x", "emails": [], "nickName": "", "name": {"formatted": null}, "phoneNumbers": null,
        "ims": [null], "photos": [{}], "roles": [{"value": ""}], "addresses": [{"type": null}]
    })
}

fn group() -> Value {
    json!({
        "displayName": "Tour Guides",
        "members": [{"value": "2819c223-7f76", "type": "User"}, {"value": "902c246b", "type": "Group"}]
    })
}

const ERROR: Option<bool> = None;
const T: Option<bool> = Some(true);
const F: Option<bool> = Some(false);

fn check(resource: &Value, resource_type: &ResourceType, rows: &[(&str, Option<bool>)]) {
    let mut wrong = String::new();
    for (text, expected) in rows {
        let filter = Filter::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let actual = filter.matches(resource, resource_type);
        if actual.as_ref().ok() != expected.as_ref() {
            wrong.push_str(&format!("{text}: {actual:?}, expected {expected:?}\n"));
        }
        let canonical = Filter::parse(&filter.to_string()).unwrap();
        assert_eq!(canonical.matches(resource, resource_type), actual, "{text} as {canonical}");
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_full_user() {
    let rows = [
        // The operators of Table 3, on strings.
        (r#"userName eq "bjensen@example.com""#, T),
        (r#"USERNAME Eq "BJENSEN@EXAMPLE.COM""#, T),
        (r#"userName ne "bjensen@example.com""#, F),
        (r#"userName co "JENSEN""#, T),
        (r#"userName sw "bj""#, T),
        (r#"userName ew ".COM""#, T),
        (r#"userName sw "jensen""#, F),
        (r#"userName co """#, T),
        (r#"userName gt "BJENSEN""#, T),
        (r#"userName lt "C""#, T),
        (r#"userName ge "bjensen@example.com""#, T),
        (r#"userName le "a""#, F),
        (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName eq "bjensen@example.com""#, T),
        (r#"URN:IETF:PARAMS:SCIM:SCHEMAS:CORE:2.0:USER:USERNAME eq "bjensen@example.com""#, T),
        // Letter case beyond ASCII, and where it counts.
        (r#"displayName eq "ÉLODIE STRAßE""#, T),
        (r#"displayName co "éLODIE s""#, T),
        (r#"displayName gt "éa""#, T),
        (r#"displayName eq "Elodie Straße""#, F),
        (r#"id eq "2819c223-7f76""#, F),
        (r#"id eq "2819c223-7F76""#, T),
        (r#"externalId eq "ext-42""#, F),
        (r#"externalId sw "EXT""#, T),
        (r#"externalId gt "EXT-41""#, T),
        // Multi-valued attributes.
        (r#"emails.type ne "work""#, T),
        (r#"phoneNumbers.type ne "work""#, F),
        (r#"ims.type ne "work""#, T),
        (r#"ims.type eq null"#, T),
        (r#"emails co "example.com""#, T),
        (r#"emails eq "BABS@jensen.org""#, T),
        (r#"emails.value eq "babs@jensen.org""#, T),
        (r#"emails.primary eq true"#, T),
        (r#"emails.primary eq false"#, F),
        ("emails.primary eq null", T),
        ("emails.value eq null", F),
        ("emails.primary pr", T),
        (r#"emails[type eq "home" and primary eq false]"#, F),
        (r#"emails[type eq "home" and primary eq null]"#, T),
        (r#"emails[type eq "work" and value co "jensen.org"]"#, F),
        (r#"emails[type eq "WORK" and value co "EXAMPLE"]"#, T),
        (r#"emails[not (type eq "work")]"#, T),
        (r#"phoneNumbers[not (type eq "work")]"#, F),
        ("emails[noSuch pr]", F),
        ("emails[type.deep pr]", F),
        (r#"emails[type eq "work"].value eq "bjensen@example.com""#, T),
        (r#"emails[type eq "home"].value eq "bjensen@example.com""#, F),
        (r#"emails[type eq "home"].primary pr"#, F),
        (r#"emails[type eq "home"].primary eq null"#, T),
        (r#"emails[type eq "fax"].value eq "x""#, F),
        (r#"emails[type eq "fax"].value ne "x""#, T),
        (r#"emails[type eq "fax"].value eq null"#, T),
        (r#"emails[type eq "fax"].value pr"#, F),
        (r#"emails[type eq "home"].value ne "babs@jensen.org""#, F),
        (r#"schemas eq "urn:ietf:params:scim:schemas:core:2.0:User""#, T),
        (r#"schemas[value ew ":enterprise:2.0:User"]"#, T),
        ("schemas.value pr", F),
        // Complex attributes.
        (r#"name.familyName eq "jensen""#, T),
        (r#"name[familyName eq "jensen" and givenName pr]"#, T),
        ("name pr", T),
        (r#"name eq "Jensen""#, F),
        (r#"name ne "Jensen""#, T),
        ("name eq null", F),
        ("name.middleName pr", F),
        ("emails.noSuch pr", F),
        ("userName.sub pr", F),
        // Types.
        ("active eq true", T),
        ("active ne true", F),
        ("active ne false", T),
        (r#"active eq "True""#, F),
        (r#"active ne "True""#, T),
        ("title eq 5", F),
        ("title gt 5", F),
        ("title gt null", F),
        ("title co null", F),
        ("active gt false", ERROR),
        (r#"active co "t""#, ERROR),
        (r#"emails[primary ge true]"#, ERROR),
        (r#"emails[type eq "work"].primary lt true"#, ERROR),
        (r#"x509Certificates gt "a""#, ERROR),
        (r#"x509Certificates.value le "a""#, ERROR),
        (r#"x509Certificates.value sw "MIID""#, T),
        (r#"x509Certificates.value sw "miid""#, F),
        (r#"nickName eq "nobody" and active gt false"#, ERROR),
        (r#"nickName eq "Babs" or active gt false"#, ERROR),
        (r#"profileUrl gt "https:""#, T),
        // dateTimes.
        (r#"meta.created gt "2010-01-23T05:56:21+01:00""#, T),
        (r#"meta.created eq "2010-01-23T05:56:22+01:00""#, T),
        (r#"meta.created eq "2010-01-23T04:56:22.000Z""#, T),
        (r#"meta.created eq "2010-01-23T04:56:22""#, T),
        (r#"meta.created lt "2010-01-23T04:56:22.001Z""#, T),
        (r#"meta.created ge "2010-01-23T04:56:23Z""#, F),
        (r#"meta.created gt "yesterday""#, ERROR),
        (r#"meta.created eq "2010-01-23""#, ERROR),
        (r#"meta.created ne """#, ERROR),
        (r#"meta.created sw "2010-01-""#, T),
        ("meta.created gt 2010", F),
        ("meta.created pr", T),
        (r#"META.RESOURCETYPE eq "User""#, T),
        // Logic.
        (r#"title eq "none" and nickName eq "Babs" or userType eq "Employee""#, T),
        (r#"title eq "none" and (nickName eq "Babs" or userType eq "Employee")"#, F),
        (r#"not (title eq "none")"#, T),
        ("not (title pr) or not (nickName pr)", F),
        // Unknown attributes are missing.
        (r#"noSuchAttribute eq "x""#, F),
        (r#"noSuchAttribute ne "x""#, T),
        ("noSuchAttribute eq null", T),
        ("noSuchAttribute pr", F),
        ("noSuchAttribute gt true", F),
        (r#"noSuch[type eq "x"]"#, F),
        (r#"noSuch[type eq "x"].value ne "y""#, T),
        (r#"noSuch[type eq "x"].value eq "y""#, F),
        // Extensions.
        (r#"employeeNumber eq "701984""#, F),
        (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq "701984""#, T),
        (r#"URN:ietf:params:scim:schemas:extension:ENTERPRISE:2.0:user:manager.displayName sw "john""#, T),
        (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq "26118915""#, T),
        (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager[value eq "26118915"]"#, T),
        (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:noSuch eq "1""#, F),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr", T),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User eq null", F),
        (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User eq "x""#, F),
        (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User[employeeNumber eq "701984"]"#, T),
        // Extensions that the resource type does not know.
        (r#"urn:example:unknown:1.0:Badge:color eq "red""#, T),
        (r#"URN:example:unknown:1.0:badge:COLOR sw "R""#, T),
        ("urn:example:unknown:1.0:Badge:level ge 3", T),
        ("urn:example:unknown:1.0:Badge:lost eq false", T),
        ("urn:example:unknown:1.0:Badge:lost lt true", F),
        (r#"urn:example:unknown:1.0:Badge:doors.id eq "d1""#, T),
        (r#"urn:example:unknown:1.0:Badge:doors[id eq "d1"]"#, T),
        (r#"urn:example:unknown:1.0:Badge:noSuch ne "x""#, T),
        ("urn:example:unknown:1.0:Badge pr", T),
        ("urn:example:unknown:1.0:Nothing pr", F),
        // Attributes that are never returned.
        (r#"password eq "x""#, F),
        (r#"password ne "x""#, F),
        ("password pr", F),
        ("password eq null", F),
    ];
    check(&full(), &ResourceType::user(), &rows);
}

#[test]
fn a_user_with_only_a_name() {
    let rows = [
        (r#"title ne "x""#, T),
        (r#"emails.type ne "work""#, T),
        (r#"emails ne "work""#, T),
        ("title eq null", T),
        ("title ne null", F),
        ("title eq \"\"", F),
        ("title ne true", T),
        ("title pr", F),
        (r#"title lt "z""#, F),
        (r#"title co """#, F),
        ("active gt false", ERROR),
        (r#"active sw "t""#, ERROR),
        (r#"meta.created gt "yesterday""#, ERROR),
        ("active eq false", F),
        ("active ne true", T),
        ("emails[type pr]", F),
        ("emails[not (type pr)]", F),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr", F),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User eq null", T),
        (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department ne "x""#, T),
    ];
    check(&bare(), &ResourceType::user(), &rows);
    for odd in [
        json!(null),
        json!([]),
        json!("user"),
        json!(1),
        json!({"emails": "text", "name": [1], "title": {"a": 1}}),
    ] {
        let rows = [
            (r#"title eq "x""#, F),
            (r#"emails.type eq "work""#, F),
            (r#"emails[type eq "work"]"#, F),
            (r#"name.familyName ne "x""#, T),
        ];
        check(&odd, &ResourceType::user(), &rows);
    }
}

#[test]
fn a_user_of_nulls_and_empty_values() {
    let rows = [
        ("emails eq null", T),
        ("emails ne null", F),
        ("emails pr", F),
        ("nickName pr", F),
        ("nickName eq null", F),
        (r#"nickName eq """#, T),
        ("name pr", F),
        ("name eq null", T),
        ("name.formatted eq null", T),
        ("phoneNumbers pr", F),
        ("phoneNumbers eq null", T),
        (r#"phoneNumbers ne "1""#, T),
        ("ims pr", F),
        ("ims eq null", T),
        ("photos pr", F),
        ("photos eq null", T),
        ("roles pr", F),
        ("roles eq null", F),
        ("addresses pr", F),
        ("addresses.type eq null", T),
        ("photos[value eq null]", F),
    ];
    check(&empty(), &ResourceType::user(), &rows);
}

#[test]
fn a_group() {
    let rows = [
        (r#"members eq "2819c223-7F76""#, T),
        (r#"members[value eq "902c246b" and type eq "group"]"#, T),
        (r#"members.value eq "nobody""#, F),
        (r#"displayName sw "tour""#, T),
    ];
    check(&group(), &ResourceType::group(), &rows);
}

#[test]
fn numbers_compare_as_numbers() {
    let schema = Schema {
        id: "urn:example:score:2.0:User".to_owned(),
        name: "Score".to_owned(),
        description: String::new(),
        attributes: vec![Attribute::new("score", Kind::Integer), Attribute::new("ratio", Kind::Decimal)],
    };
    let resource_type = ResourceType::user().with_extension(schema);
    let rows = [
        ("score eq 9007199254740993", T),
        ("score eq 9007199254740992", F),
        ("score gt 9007199254740992", T),
        ("score lt 18446744073709551616", T),
        ("score gt -1e400", T),
        ("score lt 1e400", T),
        (r#"score eq "9007199254740993""#, F),
        ("score co \"9\"", F),
        ("score co 9", F),
        ("ratio eq 1.5", T),
        ("ratio eq 15e-1", T),
        ("ratio gt 1", T),
        ("ratio le 1", F),
        ("ratio ge 1.50", T),
        ("ratio eq true", F),
        ("ratio ne null", T),
    ]
    .map(|(text, expected)| (format!("urn:example:score:2.0:User:{text}"), expected));
    let rows: Vec<(&str, Option<bool>)> =
        rows.iter().map(|(text, expected)| (text.as_str(), *expected)).collect();
    let resource = json!({"urn:example:score:2.0:User": {"score": 9_007_199_254_740_993_u64, "ratio": 1.5}});
    check(&resource, &resource_type, &rows);
}

fn attribute(resource_type: &ResourceType, path: &str) -> Attribute {
    match resource_type.resolve(&path.parse().unwrap()).unwrap().target {
        Target::Attribute { attribute, .. } => attribute.clone(),
        Target::Extension => panic!("{path} is an extension"),
    }
}

#[test]
fn elements_of_a_value_path() {
    let user = ResourceType::user();
    let (emails, schemas) = (attribute(&user, "emails"), attribute(&user, "schemas"));
    let work = json!({"value": "B@example.com", "type": "work", "primary": true});
    for (text, attribute, element, expected) in [
        (r#"type eq "WORK""#, &emails, &work, T),
        (r#"TYPE eq "work" and not (primary eq false)"#, &emails, &work, T),
        (r#"display ne "x""#, &emails, &work, T),
        ("display pr", &emails, &work, F),
        ("primary gt false", &emails, &work, ERROR),
        (r#"emails.type eq "work""#, &emails, &work, F),
        (r#"value eq "urn:a""#, &schemas, &json!("urn:a"), T),
        (r#"value eq "URN:A""#, &schemas, &json!("urn:a"), F),
        (r#"type eq "urn:a""#, &schemas, &json!("urn:a"), F),
        ("value pr", &emails, &json!("text"), F),
        ("value pr", &emails, &json!(null), F),
    ] {
        let filter = Filter::parse(text).unwrap();
        assert_eq!(filter.matches_element(element, attribute).ok(), expected, "{text} on {element}");
    }
}

#[test]
fn errors_say_what_does_not_compare() {
    for (text, message) in [
        ("active gt false", "active is a Boolean, which gt does not compare"),
        (r#"x509Certificates.value LT "a""#, "x509Certificates.value is a Binary, which lt does not compare"),
        (r#"emails[type pr].primary co "t""#, "primary is a Boolean, which co does not compare"),
        (r#"meta.created gt "yesterday""#, "meta.created is a dateTime, `yesterday` is not"),
    ] {
        let error = Filter::parse(text).unwrap().matches(&bare(), &ResourceType::user()).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn a_matcher_serves_many_resources() {
    let filter = Filter::parse("userName sw \"b\" and active ne false").unwrap();
    let user = ResourceType::user();
    let matcher = filter.matcher(&user).unwrap();
    assert_eq!([full(), bare(), empty()].map(|resource| matcher.matches(&resource)), [true, true, false]);
}

#[test]
fn parts_of_text_are_found_in_any_case() {
    let user_type = ResourceType::user();
    for text in ["Hello World", "HELLO WORLD", "héllo WORLD", "Straße", ""] {
        let user = json!({"title": text});
        for wanted in
            ["hello", "WORLD", "o w", "", "hello world!", "é", "STRASSE", "straße", &"x".repeat(100)]
        {
            let (low, part) = (text.to_lowercase(), wanted.to_lowercase());
            for (op, expected) in
                [("co", low.contains(&part)), ("sw", low.starts_with(&part)), ("ew", low.ends_with(&part))]
            {
                let expected = expected && !text.is_empty() || text.is_empty() && part.is_empty();
                let filter = Filter::parse(&format!("title {op} {}", json!(wanted))).unwrap();
                assert_eq!(filter.matches(&user, &user_type), Ok(expected), "{text:?} {op} {wanted:?}");
            }
        }
    }
}
