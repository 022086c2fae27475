//! Application roles, in the three expressions that an administrator can map to `roles`.

use serde_json::{Value, json};

use super::{
    super::{Person, encode::scramble},
    Job,
};

/// The value of `roles` in a POST; the default job sends an empty list.
pub(super) fn created(job: Job, person: &Person) -> Value {
    match (job, &person.roles[..]) {
        // More than one role is an error of the expression, and then it has no value.
        (Job::RoleSingle, [role]) => json!([{ "primary": true, "type": TYPE, "value": role }]),
        (Job::RolesComplex, roles) => roles
            .iter()
            .map(|role| json!({ "primary": false, "type": TYPE, "displayName": role, "value": role }))
            .collect(),
        (Job::RolesAssertive, roles) => asserted(roles),
        _ => json!([]),
    }
}

/// The operation that makes the endpoint's roles those of the person, if there is one.
pub(super) fn operation(job: Job, person: &Person, shown: &Value) -> Option<Value> {
    let shown: Vec<String> =
        shown.get("roles").and_then(Value::as_array).into_iter().flatten().filter_map(value_of).collect();
    let new: Vec<&String> = person.roles.iter().filter(|role| !shown.contains(role)).collect();
    match job {
        // Two expressions only ever add, and write each role as JSON in a string.
        Job::RoleSingle if person.roles.len() != 1 => None,
        Job::RoleSingle | Job::RolesComplex if !new.is_empty() => {
            let values: Vec<Value> =
                new.into_iter().map(|role| json!({ "value": in_a_string(role) })).collect();
            Some(json!({ "op": "Add", "path": "roles", "value": values }))
        }
        // What goes out when the last role is gone is not known.
        Job::RolesAssertive
            if !person.roles.is_empty() && (!new.is_empty() || shown.len() != person.roles.len()) =>
        {
            Some(json!({ "op": "replace", "path": "roles", "value": asserted(&person.roles) }))
        }
        _ => None,
    }
}

fn asserted(roles: &[String]) -> Value {
    roles
        .iter()
        .map(|role| json!({ "primary": false, "type": TYPE, "display": role, "value": role }))
        .collect()
}

/// The whole assignment as text: its GUID, its value and its name.
fn in_a_string(role: &str) -> String {
    let id = scramble(role);
    let id = format!(
        "{:08x}-{:04x}-589f-9d2f-{:012x}",
        id >> 32,
        (id >> 16) & 0xffff,
        scramble(&format!("{role} id")) & 0xffff_ffff_ffff
    );
    json!({ "id": id, "value": role, "displayName": role }).to_string()
}

/// A role's value as the endpoint shows it, also if it kept the text as it came.
fn value_of(role: &Value) -> Option<String> {
    let value = role.get("value").and_then(Value::as_str).or_else(|| role.as_str())?;
    let inside = serde_json::from_str::<Value>(value).ok();
    let inside = inside.as_ref().and_then(|text| text.get("value")).and_then(Value::as_str);
    Some(inside.unwrap_or(value).to_owned())
}

/// Cannot be changed by a mapping.
const TYPE: &str = "WindowsAzureActiveDirectoryRole";

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Job, created, in_a_string, operation};
    use crate::idp::Person;

    #[test]
    fn a_role_that_is_shown_is_not_sent_again() {
        let person = with(&["Admin"]);
        for shown in [json!("Admin"), json!({ "value": "Admin" }), json!({ "value": in_a_string("Admin") })] {
            let shown = json!({ "roles": [shown] });
            for job in [Job::RoleSingle, Job::RolesComplex, Job::RolesAssertive] {
                assert_eq!(operation(job, &person, &shown), None, "{job:?} {shown}");
            }
        }
    }

    #[test]
    fn two_expressions_only_add_and_one_asserts() {
        let shown = json!({ "roles": [{ "value": "Admin" }, { "value": "User" }] });
        let person = with(&["User"]);
        assert_eq!(operation(Job::RoleSingle, &person, &shown), None);
        assert_eq!(operation(Job::RolesComplex, &person, &shown), None);
        let asserted = operation(Job::RolesAssertive, &person, &shown).unwrap();
        assert_eq!((&asserted["op"], asserted["value"].as_array().unwrap().len()), (&json!("replace"), 1));
        assert_eq!(operation(Job::RolesAssertive, &with(&[]), &shown), None);
        assert_eq!(operation(Job::Default, &person, &Value::Null), None);
    }

    #[test]
    fn more_than_one_role_has_no_single_value() {
        let person = with(&["Admin", "User"]);
        assert_eq!(created(Job::RoleSingle, &person), json!([]));
        assert_eq!(operation(Job::RoleSingle, &person, &Value::Null), None);
        assert_eq!(created(Job::RolesComplex, &person).as_array().unwrap().len(), 2);
        assert_eq!(created(Job::Default, &person), json!([]));
    }

    fn with(roles: &[&str]) -> Person {
        Person { roles: roles.iter().map(|role| (*role).to_owned()).collect(), ..Person::default() }
    }
}
