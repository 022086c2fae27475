//! Differences between a person or group and what the endpoint shows, and the operations that Entra ID makes of them.

use serde_json::{Map, Value, json};

use super::super::{
    Address, Person, Team,
    encode::{ENTERPRISE, filled},
};

/// How a job spells a PATCH.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Capitalized operations, booleans as strings, one operation per path.
    Default,
    /// `aadOptscim062020`: as RFC 7644 has it, with simple attributes together in a path-less operation.
    Optscim,
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Add,
    Replace,
    Remove,
}

/// One attribute that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    verb: Verb,
    path: String,
    value: Value,
}

impl Style {
    /// The operation's name.
    pub(super) fn op(self, verb: Verb) -> &'static str {
        match (self, verb) {
            (Self::Default, Verb::Add) => "Add",
            (Self::Default, Verb::Replace) => "Replace",
            (Self::Default, Verb::Remove) => "Remove",
            (Self::Optscim, Verb::Add) => "add",
            (Self::Optscim, Verb::Replace) => "replace",
            (Self::Optscim, Verb::Remove) => "remove",
        }
    }

    /// The operations for some differences.
    pub(super) fn operations(self, differences: &[Difference]) -> Vec<Value> {
        match self {
            Self::Default => differences.iter().map(|difference| self.operation(difference)).collect(),
            Self::Optscim => {
                let mut operations = Vec::new();
                let mut together = [(Verb::Add, Map::new()), (Verb::Replace, Map::new())];
                for difference in differences {
                    let slot = together.iter_mut().find(|(verb, _)| *verb == difference.verb);
                    match slot {
                        Some((_, values)) if difference.joins() => {
                            values.insert(difference.path.clone(), difference.value.clone());
                        }
                        _ => operations.push(self.operation(difference)),
                    }
                }
                for (verb, values) in together {
                    if !values.is_empty() {
                        operations.push(json!({ "op": self.op(verb), "value": values }));
                    }
                }
                operations
            }
        }
    }

    fn operation(self, difference: &Difference) -> Value {
        let value = match (self, &difference.value) {
            (Self::Default, Value::Bool(true)) => json!("True"),
            (Self::Default, Value::Bool(false)) => json!("False"),
            (_, value) => value.clone(),
        };
        json!({ "op": self.op(difference.verb), "path": difference.path, "value": value })
    }
}

impl Difference {
    /// `Add` if the endpoint shows no value, else `Replace`.
    pub(super) fn new(path: impl Into<String>, value: impl Into<Value>, shown: bool) -> Self {
        let verb = if shown { Verb::Replace } else { Verb::Add };
        Self { verb, path: path.into(), value: value.into() }
    }

    /// Whether the flag's path-less operation takes it. `active` and the manager are documented with a path of their
    /// own, a value path cannot be a key.
    fn joins(&self) -> bool {
        self.path != "active" && self.path != manager_path() && !self.path.contains('[')
    }
}

/// The attributes of a person that the endpoint shows differently. With `status`, `active` is among them even if it
/// does not differ.
pub(super) fn user(person: &Person, shown: &Value, status: bool) -> Vec<Difference> {
    let mut differences = Vec::new();
    let active = shown.get("active").and_then(truth);
    if status || active != Some(true) {
        differences.push(Difference::new("active", true, active.is_some()));
    }
    let enterprise = shown.get(ENTERPRISE);
    let formatted = formatted_name(person);
    let mut rows = vec![
        ("userName".to_owned(), some(&person.user_name), shown.get("userName")),
        ("displayName".to_owned(), some(&person.display_name), shown.get("displayName")),
        ("title".to_owned(), filled(&person.title), shown.get("title")),
        (
            r#"emails[type eq "work"].value"#.to_owned(),
            some(&person.email),
            typed(shown, "emails", "work", "value"),
        ),
        ("name.givenName".to_owned(), some(&person.given_name), shown.pointer("/name/givenName")),
        ("name.familyName".to_owned(), some(&person.family_name), shown.pointer("/name/familyName")),
        ("name.formatted".to_owned(), some(&formatted), shown.pointer("/name/formatted")),
        ("externalId".to_owned(), some(&person.local_id), shown.get("externalId")),
        (
            format!("{ENTERPRISE}:employeeNumber"),
            filled(&person.employee_number),
            enterprise.and_then(|extension| extension.get("employeeNumber")),
        ),
        (
            format!("{ENTERPRISE}:department"),
            filled(&person.department),
            enterprise.and_then(|extension| extension.get("department")),
        ),
        ("preferredLanguage".to_owned(), filled(&person.preferred_language), shown.get("preferredLanguage")),
    ];
    for (kind, phone) in [("work", &person.phone), ("mobile", &person.mobile)] {
        let path = format!(r#"phoneNumbers[type eq "{kind}"].value"#);
        rows.push((path, filled(phone), typed(shown, "phoneNumbers", kind, "value")));
    }
    for (name, part) in person.address.iter().flat_map(parts) {
        let path = format!(r#"addresses[type eq "work"].{name}"#);
        rows.push((path, some(part), typed(shown, "addresses", "work", name)));
    }
    differences.extend(rows.into_iter().filter_map(|(path, wanted, shown)| differs(path, wanted, shown)));
    differences
}

/// The attributes of a group that the endpoint shows differently.
pub(super) fn group(team: &Team, shown: &Value) -> Vec<Difference> {
    let rows = [
        ("displayName".to_owned(), some(&team.display_name), shown.get("displayName")),
        ("externalId".to_owned(), some(&team.local_id), shown.get("externalId")),
    ];
    rows.into_iter().filter_map(|(path, wanted, shown)| differs(path, wanted, shown)).collect()
}

/// The manager, if the endpoint shows another one than `wanted`. `cleared` says that the person had one until now.
pub(super) fn manager(wanted: Option<&str>, cleared: bool, shown: &Value) -> Option<Difference> {
    let manager = shown.get(ENTERPRISE).and_then(|extension| extension.get("manager"));
    let shown = manager.and_then(|manager| manager.get("value")).filter(|value| has_value(value));
    match wanted {
        Some(id) if shown.and_then(Value::as_str) != Some(id) => {
            Some(Difference::new(manager_path(), id, shown.is_some()))
        }
        None if cleared && shown.is_some() => Some(Difference::new(manager_path(), "", true)),
        _ => None,
    }
}

/// `name.formatted`, as the default mapping joins it.
pub(super) fn formatted_name(person: &Person) -> String {
    format!("{} {}", person.given_name, person.family_name).trim().to_owned()
}

/// A boolean, also if the endpoint writes it as a string.
pub(super) fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// Compares exactly. A value that the person does not have is left alone: Entra ID never sends null.
fn differs(path: String, wanted: Option<&str>, shown: Option<&Value>) -> Option<Difference> {
    let wanted = wanted?;
    let shown = shown.filter(|value| has_value(value));
    if shown.and_then(Value::as_str) == Some(wanted) {
        return None;
    }
    Some(Difference::new(path, wanted, shown.is_some()))
}

/// The parts of an address, by their names.
pub(super) fn parts(address: &Address) -> [(&'static str, &str); 5] {
    [
        ("streetAddress", &address.street),
        ("locality", &address.locality),
        ("region", &address.region),
        ("postalCode", &address.postal_code),
        ("country", &address.country),
    ]
}

/// What a value path selects: the sub-attribute of the first value of that type.
fn typed<'a>(shown: &'a Value, attribute: &str, kind: &str, name: &str) -> Option<&'a Value> {
    let mut values = shown.get(attribute)?.as_array()?.iter();
    let is_it = |value: &&Value| {
        value.get("type").and_then(Value::as_str).is_some_and(|shown| shown.eq_ignore_ascii_case(kind))
    };
    values.find(is_it)?.get(name)
}

fn has_value(value: &Value) -> bool {
    !value.is_null() && value.as_str() != Some("")
}

fn some(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn manager_path() -> String {
    format!("{ENTERPRISE}:manager")
}
