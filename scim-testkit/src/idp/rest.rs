//! What the simulators of the smaller providers share: requests with one set of headers, lenient reading, links.
//!
//! Nothing is known of how these providers read a list beyond what their modules say, so the reading here stumbles
//! over nothing that the RFC permits: a list without hits may leave `Resources` out, any success is a success.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};

use super::{
    Answer, Sent, Stop, Wire, WireRequest,
    encode::{PATCH_OP, percent},
    task::Task,
};

/// How a provider frames its requests.
#[derive(Debug)]
pub(super) struct Habits {
    /// Headers of every request.
    pub(super) always: &'static [(&'static str, &'static str)],
    /// Headers of a request with a body, after those.
    pub(super) with_body: &'static [(&'static str, &'static str)],
    /// The text of a body.
    pub(super) text: fn(&Value) -> String,
}

/// Sends requests in a provider's habits.
pub(super) struct Client<'w> {
    pub(super) wire: &'w mut dyn Wire,
    pub(super) habits: &'static Habits,
}

/// A ListResponse.
pub(super) struct List {
    pub(super) total: Option<u64>,
    pub(super) resources: Vec<Value>,
    pub(super) answer: Answer,
}

impl Client<'_> {
    /// Sends one request.
    pub(super) async fn send(
        &mut self,
        method: Method,
        target: &str,
        body: Option<&Value>,
    ) -> Result<Answer, Stop> {
        let with_body = if body.is_some() { self.habits.with_body } else { &[] };
        let headers = self.habits.always.iter().chain(with_body);
        let request = WireRequest {
            method,
            target: target.to_owned(),
            headers: headers.map(|(name, value)| (*name, (*value).to_owned())).collect(),
            body: body.map(self.habits.text),
        };
        Ok(self.wire.send(request).await?)
    }

    /// Reads a list.
    pub(super) async fn list(&mut self, target: &str, task: &Task) -> Result<List, Stop> {
        let answer = self.send(Method::GET, target, None).await?;
        if answer.status != 200 {
            return Err(task.refused(&answer));
        }
        let body = task.object(&answer)?;
        let total = body.get("totalResults").and_then(Value::as_u64);
        let listed = body.get("Resources").or_else(|| body.get("resources"));
        let resources = match listed {
            Some(Value::Array(resources)) => resources.clone(),
            None | Some(Value::Null) if total == Some(0) => Vec::new(),
            _ => return Err(task.unusable(&answer, "the list has no Resources array")),
        };
        Ok(List { total, resources, answer })
    }

    /// Looks for a resource; the first hit counts.
    pub(super) async fn find(&mut self, target: &str, task: &Task) -> Result<Option<(String, Value)>, Stop> {
        let list = self.list(target, task).await?;
        match list.resources.into_iter().next() {
            Some(hit) => Ok(Some((task.id(&list.answer, &hit)?, hit))),
            None => Ok(None),
        }
    }

    /// Creates a resource and learns its `id`.
    pub(super) async fn create(
        &mut self,
        collection: &str,
        body: &Value,
        task: &Task,
    ) -> Result<String, Stop> {
        let answer = self.send(Method::POST, collection, Some(body)).await?;
        if !answer.is_success() {
            return Err(task.refused(&answer));
        }
        task.id(&answer, task.object(&answer)?)
    }

    /// Replaces a resource.
    pub(super) async fn put(&mut self, target: &str, body: &Value, task: &Task) -> Result<(), Stop> {
        let answer = self.send(Method::PUT, target, Some(body)).await?;
        if answer.is_success() { Ok(()) } else { Err(task.refused(&answer)) }
    }

    /// Sends a PATCH with the schema first.
    pub(super) async fn patch(
        &mut self,
        target: &str,
        operations: &[Value],
        task: &Task,
    ) -> Result<(), Stop> {
        let body = json!({ "schemas": [PATCH_OP], "Operations": operations });
        let answer = self.send(Method::PATCH, target, Some(&body)).await?;
        if answer.is_success() { Ok(()) } else { Err(task.refused(&answer)) }
    }

    /// Deletes a resource; one that is gone already is as good.
    pub(super) async fn delete(&mut self, target: &str, task: &Task) -> Result<(), Stop> {
        let answer = self.send(Method::DELETE, target, None).await?;
        if answer.is_success() || answer.status == 404 { Ok(()) } else { Err(task.refused(&answer)) }
    }
}

/// The endpoint's `id`s of people and groups.
#[derive(Debug, Default)]
pub(super) struct Links {
    pub(super) users: BTreeMap<String, String>,
    pub(super) groups: BTreeMap<String, String>,
}

impl Links {
    /// `/Users/{id}` of a linked person.
    pub(super) fn user(&self, person: &str) -> Option<String> {
        self.users.get(person).map(|id| user(id))
    }

    /// `/Groups/{id}` of a linked group.
    pub(super) fn group(&self, team: &str) -> Option<String> {
        self.groups.get(team).map(|id| group(id))
    }

    /// The `id`s of those people who are linked.
    pub(super) fn ids(&self, people: &[String]) -> Vec<&str> {
        people.iter().filter_map(|person| self.users.get(person)).map(String::as_str).collect()
    }

    /// The linked people as members of a group: an object with `value` each.
    pub(super) fn members(&self, people: &[String]) -> Vec<Value> {
        self.ids(people).into_iter().map(|id| json!({ "value": id })).collect()
    }
}

/// `/Users/{id}`.
pub(super) fn user(id: &str) -> String {
    format!("/Users/{}", percent(id))
}

/// `/Groups/{id}`.
pub(super) fn group(id: &str) -> String {
    format!("/Groups/{}", percent(id))
}

/// Why nothing is sent about somebody who is not in the directory.
pub(super) const UNKNOWN: Result<Sent, Stop> = Ok(Sent::Nothing("not in the directory"));
/// Why nothing is sent about somebody without an account.
pub(super) const NOT_LINKED: Result<Sent, Stop> =
    Ok(Sent::Nothing("not linked, so the provider has no id to address"));
/// Why nothing is sent about members without accounts.
pub(super) const NOBODY: Result<Sent, Stop> =
    Ok(Sent::Nothing("none of these people is linked, so the provider has nobody to send"));

/// Makes an identity provider of a type with `links: Links`, `fn dialect(&self)` and
/// `async fn tell(&mut self, &Change, &Directory, &mut Client<'_>) -> Result<Sent, Stop>`.
macro_rules! identity_provider {
    ($provider:ident, $habits:expr) => {
        impl $crate::idp::IdentityProvider for $provider {
            fn dialect(&self) -> $crate::idp::Dialect {
                self.dialect()
            }

            fn apply<'a>(
                &'a mut self,
                change: &'a $crate::idp::Change,
                directory: &'a $crate::idp::Directory,
                wire: &'a mut dyn $crate::idp::Wire,
            ) -> $crate::idp::BoxFuture<'a, Result<$crate::idp::Sent, $crate::idp::Stop>> {
                Box::pin(async move {
                    let client = &mut $crate::idp::rest::Client { wire, habits: &$habits };
                    self.tell(change, directory, client).await
                })
            }

            fn user_id(&self, person: &str) -> Option<&str> {
                self.links.users.get(person).map(String::as_str)
            }

            fn group_id(&self, team: &str) -> Option<&str> {
                self.links.groups.get(team).map(String::as_str)
            }

            fn link_user(&mut self, person: &str, id: &str) {
                self.links.users.insert(person.to_owned(), id.to_owned());
            }

            fn link_group(&mut self, team: &str, id: &str) {
                self.links.groups.insert(team.to_owned(), id.to_owned());
            }
        }
    };
}
pub(super) use identity_provider;
