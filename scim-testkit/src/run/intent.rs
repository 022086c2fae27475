//! What a provider wrote about an account beyond what every provider writes: telephone numbers, addresses, language.
//! Read from its requests, because each maps other attributes.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use scim_core::{json as obj, urn};
use serde_json::{Map, Value};

use super::{Exchange, oracle::Mismatch};

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Intent {
    /// Attributes that only some providers write, by path, and their values.
    extra: BTreeMap<&'static str, String>,
    /// Which of the attributes of the model directory were written; not every provider writes all.
    common: BTreeSet<&'static str>,
}

impl Intent {
    /// Takes in what was sent to one account, in order; the answers to reads show what is only echoed.
    pub(super) fn note(&mut self, exchanges: &[Exchange]) {
        let mut shown = Map::new();
        for exchange in exchanges.iter().filter(|exchange| exchange.answer.is_success()) {
            let method = &exchange.request.method;
            if *method == Method::GET {
                if let Some(Value::Object(user)) = &exchange.answer.json {
                    shown.clone_from(user);
                }
                continue;
            }
            if exchange.segments().first() != Some(&"Users") {
                continue;
            }
            let Some(Value::Object(sent)) = exchange.sent_json() else { continue };
            match *method {
                Method::POST => self.whole(&sent, &Map::new()),
                Method::PUT => self.whole(&sent, &shown),
                Method::PATCH => self.patch(&sent),
                _ => {}
            }
        }
    }

    /// How an account differs from what was written.
    pub(super) fn compare(&self, stored: &Map<String, Value>) -> Vec<Mismatch> {
        let mut wrong = Vec::new();
        for (path, sent) in &self.extra {
            let got = lookup(stored, path);
            if got.as_ref() != Some(sent) {
                wrong.push(Mismatch { path, expected: Some(sent.clone()), got });
            }
        }
        wrong
    }

    /// Whether the provider has written this attribute of the model directory.
    pub(super) fn wrote(&self, path: &str) -> bool {
        self.common.contains(path)
    }

    fn whole(&mut self, sent: &Map<String, Value>, shown: &Map<String, Value>) {
        self.note_common(sent);
        for path in PATHS {
            match lookup(sent, path) {
                // What the endpoint had shown goes back to it; the provider means nothing by it.
                Some(value)
                    if !self.extra.contains_key(path) && lookup(shown, path).as_ref() == Some(&value) => {}
                Some(value) => {
                    self.extra.insert(path, value);
                }
                // Whether an attribute that a PUT leaves out is cleared is the server's to choose.
                None => {
                    self.extra.remove(path);
                }
            }
        }
    }

    fn patch(&mut self, message: &Map<String, Value>) {
        let operations = obj::get(message, "Operations").and_then(Value::as_array);
        for operation in operations.into_iter().flatten().filter_map(Value::as_object) {
            let text = |name: &str| obj::get(operation, name).and_then(Value::as_str).unwrap_or_default();
            let path = text("path");
            let none = Value::Null;
            let value = obj::get(operation, "value").unwrap_or(&none);
            if text("op").eq_ignore_ascii_case("remove") {
                let gone = plain(path);
                self.extra.retain(|known, _| !known.to_ascii_lowercase().starts_with(&gone));
            } else if !path.is_empty() {
                self.set(path, value);
            } else {
                for (key, value) in value.as_object().into_iter().flatten() {
                    self.set(key, value);
                }
            }
        }
    }

    fn note_common(&mut self, sent: &Map<String, Value>) {
        let within = |name: &str| obj::get(sent, name).and_then(Value::as_object);
        for path in COMMON {
            let there = match path.split_once('.') {
                Some(("enterprise", name)) => {
                    within(urn::ENTERPRISE_USER).is_some_and(|data| obj::get(data, name).is_some())
                }
                Some(("emails", name)) => {
                    let emails = obj::get(sent, "emails").and_then(Value::as_array).into_iter().flatten();
                    emails.filter_map(Value::as_object).any(|email| {
                        let sub = obj::get(email, name).and_then(Value::as_str);
                        sub.is_some_and(|sub| name != "type" || sub.eq_ignore_ascii_case("work"))
                    })
                }
                Some((name, sub)) => within(name).is_some_and(|data| obj::get(data, sub).is_some()),
                None => obj::get(sent, path).is_some(),
            };
            if there {
                self.common.insert(path);
            }
        }
    }

    fn set(&mut self, path: &str, value: &Value) {
        let wanted = plain(path);
        if wanted == "emails.work" {
            self.common.extend(["emails.type", "emails.value"]);
        }
        if let Some(known) = COMMON.iter().find(|known| known.to_ascii_lowercase() == wanted) {
            self.common.insert(known);
            return;
        }
        if let Some(known) = PATHS.iter().find(|known| known.to_ascii_lowercase() == wanted) {
            match text(value) {
                Some(value) => self.extra.insert(known, value),
                None => self.extra.remove(known),
            };
            return;
        }
        // A whole complex attribute, or several values of one.
        let name = path.rsplit(':').next().unwrap_or(path);
        // The URN of an extension may be a key as well.
        let name = if path.eq_ignore_ascii_case(urn::ENTERPRISE_USER) { path } else { name };
        let whole = Map::from_iter([(name.to_owned(), value.clone())]);
        self.note_common(&whole);
        for known in
            PATHS.iter().filter(|known| known.to_ascii_lowercase().starts_with(&format!("{wanted}.")))
        {
            if let Some(value) = lookup(&whole, known) {
                self.extra.insert(known, value);
            }
        }
    }
}

/// Whether an attribute is one of those that only some providers write.
pub(super) fn is_extra(path: &str) -> bool {
    PATHS.contains(&path)
}

/// The path under which `/Schemas` knows the attribute.
pub(super) fn schema_path(path: &str) -> String {
    let lower = path.to_ascii_lowercase();
    let mut parts = lower.split('.');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("addresses"), Some(_), Some(sub)) => format!("addresses.{sub}"),
        (Some(name @ ("phonenumbers" | "emails")), Some(_), None) if is_extra(path) => name.to_owned(),
        _ => lower,
    }
}

/// Whether two values are the same telephone number, language or text but for the spelling that a server may choose
/// (RFC 7643 §4.1.2: canonical values).
pub(super) fn respelled(mismatch: &Mismatch) -> bool {
    let (Some(sent), Some(got)) = (&mismatch.expected, &mismatch.got) else { return false };
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    if mismatch.path.starts_with("phoneNumbers.") {
        let (sent, got) = (digits(sent), digits(got));
        return !got.is_empty() && (sent.ends_with(&got) || got.ends_with(&sent));
    }
    is_extra(mismatch.path) && sent.replace('_', "-").to_lowercase() == got.replace('_', "-").to_lowercase()
}

/// `phoneNumbers[type eq "work"].value` as `phonenumbers.work`, `urn:…:enterprise:2.0:User:division` as
/// `enterprise.division`.
fn plain(path: &str) -> String {
    let lower = path.to_ascii_lowercase();
    let enterprise = format!("{}:", urn::ENTERPRISE_USER.to_ascii_lowercase());
    let core = format!("{}:", urn::USER.to_ascii_lowercase());
    let lower = match (lower.strip_prefix(&enterprise), lower.strip_prefix(&core)) {
        (Some(name), _) => format!("enterprise.{name}"),
        (None, Some(name)) => name.to_owned(),
        (None, None) => lower,
    };
    let Some((name, rest)) = lower.split_once('[') else { return lower };
    let Some((filter, after)) = rest.split_once(']') else { return lower };
    let kind = filter.split('"').nth(1).unwrap_or_default();
    let sub = after.trim_start_matches('.');
    if sub.is_empty() || sub == "value" { format!("{name}.{kind}") } else { format!("{name}.{kind}.{sub}") }
}

fn lookup(object: &Map<String, Value>, path: &str) -> Option<String> {
    let mut parts = path.split('.');
    let (first, second, third) = (parts.next()?, parts.next(), parts.next());
    match (first, second, third) {
        ("enterprise", Some(name), None) => {
            text(obj::get(obj::get(object, urn::ENTERPRISE_USER)?.as_object()?, name)?)
        }
        ("name", Some(sub), None) => text(obj::get(obj::get(object, "name")?.as_object()?, sub)?),
        (name, Some(kind), sub) => {
            let of_kind = |item: &&Map<String, Value>| {
                obj::get(item, "type").and_then(Value::as_str).is_some_and(|it| it.eq_ignore_ascii_case(kind))
            };
            let items = obj::get(object, name)?.as_array()?;
            let item = items.iter().filter_map(Value::as_object).find(of_kind)?;
            text(obj::get(item, sub.unwrap_or("value"))?)
        }
        (name, None, _) => text(obj::get(object, name)?),
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

const PATHS: &[&str] = &[
    "addresses.work.country",
    "addresses.work.formatted",
    "addresses.work.locality",
    "addresses.work.postalCode",
    "addresses.work.region",
    "addresses.work.streetAddress",
    "emails.home",
    "emails.other",
    "enterprise.costCenter",
    "enterprise.division",
    "enterprise.organization",
    "locale",
    "name.honorificPrefix",
    "name.honorificSuffix",
    "name.middleName",
    "nickName",
    "phoneNumbers.fax",
    "phoneNumbers.home",
    "phoneNumbers.mobile",
    "phoneNumbers.other",
    "phoneNumbers.work",
    "preferredLanguage",
    "profileUrl",
    "timezone",
    "userType",
];

const COMMON: &[&str] = &[
    "active",
    "displayName",
    "emails.type",
    "emails.value",
    "enterprise.department",
    "enterprise.employeeNumber",
    "enterprise.manager",
    "externalId",
    "name.familyName",
    "name.givenName",
    "title",
    "userName",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_patch_in_any_form_says_what_is_meant() {
        let mut intent = Intent::default();
        let message = json!({"Operations": [
            {"op": "Add", "path": "phoneNumbers[type eq \"work\"].value", "value": "+1 201 555 0123"},
            {"op": "replace", "value": {
                "preferredLanguage": "en",
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division": "Engines",
                "name": {"middleName": "K"},
            }},
            {"op": "add", "path": "addresses", "value": [{"type": "work", "locality": "London"}]},
        ]});
        intent.patch(message.as_object().unwrap());
        let paths: Vec<_> = intent.extra.keys().copied().collect();
        assert_eq!(
            paths,
            [
                "addresses.work.locality",
                "enterprise.division",
                "name.middleName",
                "phoneNumbers.work",
                "preferredLanguage"
            ]
        );
        let removal = json!({"Operations": [{"op": "remove", "path": "addresses[type eq \"work\"]"}]});
        intent.patch(removal.as_object().unwrap());
        assert_eq!(intent.extra.len(), 4);
    }

    #[test]
    fn what_is_echoed_is_not_meant() {
        let mut intent = Intent::default();
        let shown = json!({"locale": "en-US", "nickName": "A"});
        let sent = json!({"locale": "de-DE", "nickName": "A"});
        intent.whole(sent.as_object().unwrap(), shown.as_object().unwrap());
        let wrong = intent.compare(shown.as_object().unwrap());
        assert_eq!(wrong.iter().map(|wrong| wrong.path).collect::<Vec<_>>(), ["locale"]);
    }

    #[test]
    fn a_canonical_spelling_is_no_other_value() {
        let differ = |path, sent: &str, got: &str| {
            respelled(&Mismatch { path, expected: Some(sent.into()), got: Some(got.into()) })
        };
        assert!(differ("phoneNumbers.work", "+1 201-555-0123", "tel:+1-201-555-0123"));
        assert!(differ("locale", "en-US", "en_us"));
        assert!(!differ("phoneNumbers.work", "+1 201-555-0123", "tel:+1-201-555-0124"));
        assert!(!differ("title", "a-b", "a_b"));
    }
}
