//! The requests of a suite: names filled in, headers as the suite sends them.

use http::Method;
use scim_core::{call::encode, json as obj, urn};
use serde_json::{Value, json};

use super::{look, perform::Stage, script::Step};
use crate::idp::{Dialect, WireError, WireRequest};

impl Stage<'_, '_> {
    /// The request of a step; `None` when a value that it builds on is missing.
    pub(super) fn wire_request(&mut self, step: &'static Step) -> Option<WireRequest> {
        let (method, target) = step.send.split_once(' ')?;
        let target = self.filled(target)?;
        let mut body = if step.body.is_empty() { None } else { Some(self.filled(&step.body)?) };
        if step.discovered
            && let Some(known) = &self.player.endpoint.attributes
            && let Some(mut json) = body.as_deref().and_then(|body| serde_json::from_str::<Value>(body).ok())
        {
            keep_offered(&mut json, known);
            body = Some(json.to_string());
        }
        let script = self.suite.script();
        let mut texts = script.headers.clone();
        if body.is_some() {
            texts.insert("Content-Type".to_owned(), script.content_type.clone());
        }
        texts.extend(step.headers.clone());
        if !step.authorization.is_empty() {
            texts.insert("Authorization".to_owned(), step.authorization.clone());
        }
        let headers =
            texts.into_iter().filter_map(|(name, value)| Some((header_name(&name)?, value))).collect();
        Some(WireRequest { method: Method::from_bytes(method.as_bytes()).ok()?, target, headers, body })
    }

    /// A text with the names in it filled in: `{{name}}`; `{{upper:name}}`; `{{url:name}}`, encoded as Okta does it,
    /// and `{{form:name}}`, as Microsoft does; `{{unique}}` and `{{guid}}`, another one each time.
    pub(super) fn filled(&mut self, template: &str) -> Option<String> {
        let mut text = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, then) = after.split_once("}}")?;
            text.push_str(before);
            let (how, name) = name.split_once(':').unwrap_or(("", name));
            let value = match name {
                "unique" => self.player.lab.unique(self.suite.id()),
                "guid" => self.guid(),
                _ => self.vars.get(name)?.clone(),
            };
            text.push_str(&match how {
                "upper" => value.to_uppercase(),
                "lower" => value.to_lowercase(),
                "url" => encode(&value),
                "upper-url" => encode(&value.to_uppercase()),
                "form" => form(&value),
                "upper-form" => form(&value.to_uppercase()),
                "lower-form" => form(&value.to_lowercase()),
                _ => value,
            });
            rest = then;
        }
        text.push_str(rest);
        Some(text)
    }

    fn guid(&mut self) -> String {
        let salt = self.player.lab.unique("guid");
        self.player.local_id(Dialect::Entra, &salt, false)
    }

    /// The endpoints of the resource types that the group is about.
    pub(super) async fn endpoints(&mut self) -> Result<Vec<String>, WireError> {
        let answer = self.player.recorder.ask(Method::GET, "/ResourceTypes", None).await?;
        let body = answer.json.filter(|_| (200..300).contains(&answer.status)).unwrap_or_default();
        let base = self.player.recorder.target().base().to_owned();
        let types = look::value(&body, "Resources").and_then(Value::as_array).cloned().unwrap_or_default();
        let text = |one: &Value, name: &str| look::value(one, name).map(look::text).unwrap_or_default();
        let mut found: Vec<String> = Vec::new();
        for one in types.iter().filter(|one| self.group.for_each_type.contains(&text(one, "schema"))) {
            let endpoint = text(one, "endpoint");
            let endpoint = endpoint.strip_prefix(&base).unwrap_or(&endpoint).trim_start_matches('/');
            let plain = endpoint.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '/' | '.'));
            if plain && !endpoint.is_empty() && !found.iter().any(|known| known == endpoint) {
                found.push(endpoint.to_owned());
            }
        }
        found.truncate(MOST_ENDPOINTS);
        Ok(found)
    }
}

/// Removes from a create or a PATCH what is about attributes that `/Schemas` does not list.
fn keep_offered(body: &mut Value, known: &[String]) {
    let offered = |path: &str| {
        let path = path.split('[').next().unwrap_or_default();
        let name = match path.strip_prefix(urn::ENTERPRISE_USER) {
            Some(rest) => format!("enterprise.{}", rest.trim_start_matches([':', '.'])),
            None => path.to_owned(),
        };
        // An extension as a whole, and what every resource has, are not in the list.
        name == "enterprise."
            || ["schemas", "externalId", "meta"].contains(&name.as_str())
            || known.contains(&name.to_ascii_lowercase())
    };
    let Some(object) = body.as_object_mut() else { return };
    if let Some(Value::Array(operations)) = obj::get_mut(object, "Operations") {
        operations.retain(|operation| operation.get("path").and_then(Value::as_str).is_none_or(&offered));
        for operation in operations {
            let pathless = operation.get("path").is_none();
            if let Some(Value::Object(value)) = operation.get_mut("value").filter(|_| pathless) {
                value.retain(|name, _| offered(name));
            }
        }
        return;
    }
    object.retain(|name, _| offered(name));
    if let Some(Value::Object(extension)) = object.get_mut(urn::ENTERPRISE_USER) {
        extension.retain(|name, _| offered(&format!("{}:{name}", urn::ENTERPRISE_USER)));
        if extension.is_empty() {
            object.shift_remove(urn::ENTERPRISE_USER);
            object.insert("schemas".to_owned(), json!([urn::USER]));
        }
    }
}

/// As Microsoft encodes a value in a query: a space as `+`.
fn form(value: &str) -> String {
    encode(value).replace("%20", "+")
}

/// The names of headers that suites send.
fn header_name(name: &str) -> Option<&'static str> {
    ["Accept", "Accept-Charset", "Authorization", "Content-Type", "User-Agent"]
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(name))
}

/// So many endpoints of roles and entitlements are asked.
const MOST_ENDPOINTS: usize = 20;
