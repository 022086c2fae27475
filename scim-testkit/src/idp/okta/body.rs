//! The bodies that Okta writes.

use serde_json::{Map, Value, json};

use super::super::{
    Person,
    encode::{ENTERPRISE, GROUP, USER, filled, scramble},
};

/// `POST /Users`: the template's keys in the template's order.
pub(super) fn new_user(person: &Person) -> Value {
    let extension = extension(person);
    let schemas = if extension.is_empty() { json!([USER]) } else { json!([USER, ENTERPRISE]) };
    let mut user = Map::new();
    user.insert("schemas".to_owned(), schemas);
    user.insert("userName".to_owned(), json!(person.user_name));
    user.insert(
        "name".to_owned(),
        json!({ "givenName": person.given_name, "familyName": person.family_name }),
    );
    user.insert("emails".to_owned(), emails(person));
    user.insert("displayName".to_owned(), json!(person.display_name));
    user.insert("locale".to_owned(), json!(locale(person)));
    if let Some(phones) = phones(person) {
        user.insert("phoneNumbers".to_owned(), phones);
    }
    if let Some(title) = filled(&person.title) {
        user.insert("title".to_owned(), json!(title));
    }
    if !extension.is_empty() {
        user.insert(ENTERPRISE.to_owned(), Value::Object(extension));
    }
    user.insert("externalId".to_owned(), json!(person.local_id));
    user.insert("groups".to_owned(), json!([]));
    user.insert("password".to_owned(), json!(placeholder(&person.local_id)));
    user.insert("active".to_owned(), json!(true));
    Value::Object(user)
}

/// `PUT /Users/{id}`: the server's representation with the mapped attributes laid over it.
///
/// What Okta does not map (`meta`, `groups`, `name.formatted`, ...) goes back as it came, `active` too. A value that
/// `before` had and the person has no more is left out.
pub(super) fn overlay(server: &mut Value, person: &Person, before: Option<&Person>) {
    let Some(user) = server.as_object_mut() else { return };
    user.insert("externalId".to_owned(), json!(person.local_id));
    user.insert("userName".to_owned(), json!(person.user_name));
    within(user, "name", |name| {
        name.insert("givenName".to_owned(), json!(person.given_name));
        name.insert("familyName".to_owned(), json!(person.family_name));
    });
    user.insert("displayName".to_owned(), json!(person.display_name));
    user.insert("locale".to_owned(), json!(locale(person)));
    user.insert("emails".to_owned(), emails(person));
    match phones(person) {
        Some(phones) => {
            user.insert("phoneNumbers".to_owned(), phones);
        }
        None if before.is_some_and(|before| phones(before).is_some()) => {
            user.shift_remove("phoneNumbers");
        }
        None => {}
    }
    let had_title = before.is_some_and(|before| filled(&before.title).is_some());
    set(user, "title", filled(&person.title), had_title);
    lay_extension(user, person, before);
}

/// Sets `active` where it stands.
pub(super) fn set_active(server: &mut Value, active: bool) {
    if let Some(user) = server.as_object_mut() {
        user.insert("active".to_owned(), json!(active));
    }
}

/// Sets `password`, which no representation of a server has.
pub(super) fn set_password(server: &mut Value, password: &str) {
    if let Some(user) = server.as_object_mut() {
        user.insert("password".to_owned(), json!(password));
    }
}

/// Sets the granted roles: the whole array, without those who lost their last one having any.
pub(super) fn set_roles(server: &mut Value, person: &Person, before: Option<&Person>) {
    let Some(user) = server.as_object_mut() else { return };
    if !person.roles.is_empty() || before.is_some_and(|before| !before.roles.is_empty()) {
        let roles: Vec<Value> =
            person.roles.iter().map(|role| json!({ "value": role, "display": role })).collect();
        user.insert("roles".to_owned(), json!(roles));
    }
}

/// `POST /Groups`.
pub(super) fn new_group(name: &str, members: &[Value]) -> Value {
    json!({ "schemas": [GROUP], "displayName": name, "members": members })
}

/// `PUT /Groups/{id}`.
pub(super) fn whole_group(id: &str, name: &str, members: &[Value]) -> Value {
    json!({ "schemas": [GROUP], "id": id, "displayName": name, "members": members })
}

/// The value sent as `password` though passwords are not synchronized: eight letters and digits, no symbol, like the
/// reference's sample.
fn placeholder(local_id: &str) -> String {
    let mut rest = scramble(local_id);
    let mut next = |set: &[u8]| {
        let length = set.len() as u64;
        let index = usize::try_from(rest % length).unwrap_or_default();
        rest /= length;
        char::from(set[index])
    };
    // A digit and a letter first, so that both kinds are always there.
    [&ALPHANUMERIC[..10], &ALPHANUMERIC[10..]]
        .into_iter()
        .chain([&ALPHANUMERIC[..]; 6])
        .map(&mut next)
        .collect()
}

fn emails(person: &Person) -> Value {
    json!([{ "primary": true, "value": person.email, "type": "work" }])
}

/// The default mapping knows a primary telephone number and its type; the shape is that of `emails`.
fn phones(person: &Person) -> Option<Value> {
    filled(&person.phone).map(|phone| json!([{ "primary": true, "value": phone, "type": "work" }]))
}

fn locale(person: &Person) -> &str {
    filled(&person.locale).unwrap_or(LOCALE)
}

/// The mapped attributes of the enterprise extension that have a value. No capture shows how Okta sends `manager`.
fn extension(person: &Person) -> Map<String, Value> {
    let mut extension = Map::new();
    set(&mut extension, "department", filled(&person.department), false);
    set(&mut extension, "employeeNumber", filled(&person.employee_number), false);
    extension
}

fn lay_extension(user: &mut Map<String, Value>, person: &Person, before: Option<&Person>) {
    let had = before.map(extension).unwrap_or_default();
    let has = extension(person);
    if had.is_empty() && has.is_empty() {
        return;
    }
    within(user, ENTERPRISE, |laid| {
        for name in ["department", "employeeNumber"] {
            set(laid, name, has.get(name).and_then(Value::as_str), had.contains_key(name));
        }
    });
    if user.get(ENTERPRISE).and_then(Value::as_object).is_some_and(Map::is_empty) {
        user.shift_remove(ENTERPRISE);
    } else if let Some(schemas) = user.get_mut("schemas").and_then(Value::as_array_mut)
        && !schemas.iter().any(|schema| schema.as_str() == Some(ENTERPRISE))
    {
        schemas.push(json!(ENTERPRISE));
    }
}

fn set(object: &mut Map<String, Value>, name: &str, value: Option<&str>, had: bool) {
    match value {
        Some(value) => {
            object.insert(name.to_owned(), json!(value));
        }
        // What Okta never had is not its to remove.
        None if had => {
            object.shift_remove(name);
        }
        None => {}
    }
}

/// Changes the object of that name where it stands; whatever else stood there makes way.
fn within(parent: &mut Map<String, Value>, name: &str, change: impl FnOnce(&mut Map<String, Value>)) {
    let mut object = match parent.get_mut(name).map(Value::take) {
        Some(Value::Object(object)) => object,
        _ => Map::new(),
    };
    change(&mut object);
    parent.insert(name.to_owned(), Value::Object(object));
}

const LOCALE: &str = "en-US";
const ALPHANUMERIC: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

#[cfg(test)]
mod tests {
    use super::placeholder;

    #[test]
    fn placeholder_has_letters_and_digits_only() {
        for id in ["", "00u1", "00u18ep2sjmnGT1wk698"] {
            let password = placeholder(id);
            assert_eq!(password.len(), 8);
            assert!(
                password.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()),
                "{password}"
            );
            assert_eq!(password, placeholder(id));
        }
        assert_ne!(placeholder("a"), placeholder("b"));
    }
}
