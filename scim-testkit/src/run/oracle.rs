//! What the endpoint should have stored, and how it differs from what it says it has. Pure functions; the asking is
//! in [`super::play`].

use std::collections::{BTreeMap, BTreeSet};

use scim_core::{json as obj, urn};
use serde_json::{Map, Value};

use crate::idp::{Directory, Person};

/// One attribute that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mismatch {
    /// Path, with `enterprise.` for the extension: `title`, `enterprise.department`.
    pub(super) path: &'static str,
    /// `None`: should have no value.
    pub(super) expected: Option<String>,
    /// `None`: has no value.
    pub(super) got: Option<String>,
}

impl Mismatch {
    /// Whether only letter case differs.
    pub(super) fn case_only(&self) -> bool {
        match (&self.expected, &self.got) {
            (Some(expected), Some(got)) => expected.to_lowercase() == got.to_lowercase(),
            _ => false,
        }
    }

    pub(super) fn expected_text(&self) -> String {
        self.expected
            .as_ref()
            .map_or_else(|| format!("no {}", self.path), |value| format!("{} {value:?}", self.path))
    }

    pub(super) fn got_text(&self) -> String {
        self.got
            .as_ref()
            .map_or_else(|| format!("no {}", self.path), |value| format!("{} {value:?}", self.path))
    }
}

/// Compares a stored user with the person. `manager` is the manager's id at the endpoint, when the provider writes
/// managers; `None` leaves the manager out of the comparison.
pub(super) fn compare_user(
    stored: &Map<String, Value>,
    person: &Person,
    manager: Option<Option<String>>,
    with_external_id: bool,
) -> Vec<Mismatch> {
    let mut wrong = Vec::new();
    let mut compare = |path: &'static str, expected: Option<&str>, got: Option<String>| {
        let expected = expected.filter(|text| !text.is_empty()).map(str::to_owned);
        let got = got.filter(|text| !text.is_empty());
        if expected != got {
            wrong.push(Mismatch { path, expected, got });
        }
    };
    compare("userName", Some(&person.user_name), text(stored, "userName"));
    compare("active", Some(if person.active { "true" } else { "false" }), text(stored, "active"));
    compare("name.givenName", Some(&person.given_name), sub(stored, "name", "givenName"));
    compare("name.familyName", Some(&person.family_name), sub(stored, "name", "familyName"));
    compare("displayName", Some(&person.display_name), text(stored, "displayName"));
    compare("title", person.title.as_deref(), text(stored, "title"));
    let (email, kind) = email(stored, &person.email);
    compare("emails.value", Some(&person.email), email);
    if kind.is_some() {
        compare("emails.type", Some("work"), kind.flatten());
    }
    if with_external_id {
        compare("externalId", Some(&person.local_id), text(stored, "externalId"));
    }
    let nothing = Map::new();
    let enterprise = obj::get(stored, urn::ENTERPRISE_USER).and_then(Value::as_object).unwrap_or(&nothing);
    compare("enterprise.department", person.department.as_deref(), text(enterprise, "department"));
    compare(
        "enterprise.employeeNumber",
        person.employee_number.as_deref(),
        text(enterprise, "employeeNumber"),
    );
    if let Some(manager) = manager {
        let got = match obj::get(enterprise, "manager") {
            Some(Value::String(id)) => Some(id.clone()),
            Some(Value::Object(object)) => {
                obj::get(object, "value").and_then(Value::as_str).map(str::to_owned)
            }
            _ => None,
        };
        compare("enterprise.manager", manager.as_deref(), got);
    }
    wrong
}

/// The stored e-mail that equals the expected one, else the first; with its `type` (`None`: no e-mail at all).
fn email(stored: &Map<String, Value>, expected: &str) -> (Option<String>, Option<Option<String>>) {
    let emails: Vec<&Map<String, Value>> = obj::get(stored, "emails")
        .and_then(Value::as_array)
        .map(|emails| emails.iter().filter_map(Value::as_object).collect())
        .unwrap_or_default();
    let value =
        |email: &&Map<String, Value>| obj::get(email, "value").and_then(Value::as_str).map(str::to_owned);
    let is_work = |email: &&&Map<String, Value>| {
        obj::get(email, "type").and_then(Value::as_str).is_some_and(|kind| kind.eq_ignore_ascii_case("work"))
    };
    let chosen = emails
        .iter()
        .find(|email| value(email).as_deref() == Some(expected) && is_work(email))
        .or_else(|| emails.iter().find(|email| value(email).as_deref() == Some(expected)))
        .or_else(|| emails.first());
    match chosen {
        Some(email) => {
            (value(email), Some(obj::get(email, "type").and_then(Value::as_str).map(str::to_lowercase)))
        }
        None => (None, None),
    }
}

/// What is wrong with a group's members.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Membership {
    /// Ids that should be there.
    pub(super) lost: Vec<String>,
    /// Ids that should not be there.
    pub(super) extra: Vec<String>,
    /// Ids that are there more than once.
    pub(super) doubled: Vec<String>,
    /// Ids that are there.
    pub(super) shown: Vec<String>,
    /// How many members were returned.
    pub(super) returned: usize,
}

impl Membership {
    pub(super) fn is_right(&self) -> bool {
        self.lost.is_empty() && self.extra.is_empty() && self.doubled.is_empty()
    }
}

/// Compares a stored group's members with the ids that should be in it.
pub(super) fn compare_members(stored: &Map<String, Value>, expected: &[String]) -> Membership {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    let shown = members(stored);
    for id in &shown {
        *count.entry(id.clone()).or_default() += 1;
    }
    let wanted: BTreeSet<&String> = expected.iter().collect();
    Membership {
        lost: expected.iter().filter(|id| !count.contains_key(*id)).cloned().collect(),
        extra: count.keys().filter(|id| !wanted.contains(id)).cloned().collect(),
        doubled: count.iter().filter(|(_, times)| **times > 1).map(|(id, _)| id.clone()).collect(),
        returned: shown.len(),
        shown,
    }
}

/// Ids of a stored group's members, in the order in which they are shown.
pub(super) fn members(stored: &Map<String, Value>) -> Vec<String> {
    let members = obj::get(stored, "members").and_then(Value::as_array);
    let id = |member: &Value| {
        let value = match member {
            Value::Object(object) => obj::get(object, "value").cloned().unwrap_or_default(),
            other => other.clone(),
        };
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    };
    members.into_iter().flatten().map(id).collect()
}

/// Ids of a team's members, for those who are linked.
pub(super) fn member_ids(
    directory: &Directory,
    team: &str,
    id_of: impl Fn(&str) -> Option<String>,
) -> Vec<String> {
    directory
        .team(team)
        .map(|team| team.members.iter().filter_map(|key| id_of(key)).collect())
        .unwrap_or_default()
}

fn text(object: &Map<String, Value>, name: &str) -> Option<String> {
    match obj::get(object, name)? {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        Value::Bool(flag) => Some(flag.to_string()),
        other => Some(other.to_string()),
    }
}

fn sub(object: &Map<String, Value>, name: &str, sub: &str) -> Option<String> {
    text(obj::get(object, name)?.as_object()?, sub)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ada() -> Person {
        Person {
            user_name: "ada@example.com".into(),
            given_name: "Ada".into(),
            family_name: "Lovelace".into(),
            display_name: "Ada Lovelace".into(),
            email: "ada@example.com".into(),
            active: true,
            ..Person::default()
        }
    }

    fn stored() -> Value {
        json!({
            "userName": "ada@example.com", "active": true, "displayName": "Ada Lovelace",
            "name": {"givenName": "Ada", "familyName": "Lovelace", "formatted": "whatever"},
            "emails": [{"value": "old@example.com", "type": "home"}, {"value": "ada@example.com", "type": "work"}],
        })
    }

    #[test]
    fn equal_is_equal_whatever_the_server_adds() {
        assert_eq!(compare_user(stored().as_object().unwrap(), &ada(), None, false), []);
    }

    #[test]
    fn every_difference_is_named() {
        let mut other = stored();
        other["active"] = "False".into();
        other["title"] = "left over".into();
        other["emails"] = json!([{"value": "ada@example.com"}]);
        let paths: Vec<_> = compare_user(other.as_object().unwrap(), &ada(), Some(Some("7".into())), false)
            .into_iter()
            .map(|wrong| wrong.path)
            .collect();
        assert_eq!(paths, ["active", "title", "emails.type", "enterprise.manager"]);
    }

    #[test]
    fn members_lost_extra_and_doubled() {
        let group = json!({"members": [{"value": "1"}, {"value": "1"}, {"value": "9"}]});
        let wrong = compare_members(group.as_object().unwrap(), &["1".to_owned(), "2".to_owned()]);
        assert_eq!(
            wrong,
            Membership {
                lost: vec!["2".into()],
                extra: vec!["9".into()],
                doubled: vec!["1".into()],
                shown: vec!["1".into(), "1".into(), "9".into()],
                returned: 3
            }
        );
    }
}
