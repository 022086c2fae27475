//! Leaving the endpoint as it was: the ledger of what a run created, and its removal.

use http::Method;
use scim_core::{call::encode, json as obj};
use serde::Serialize;
use serde_json::{Value, json};

use super::{exchange::Exchange, recorder::Recorder};
use crate::idp::{WireErrorKind, WireRequest};

/// The collection of users.
pub(super) const USERS: &str = "Users";

/// What was created and not yet deleted.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    entries: Vec<Entry>,
    /// Names in creates that got no answer: they may exist.
    uncertain: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
struct Entry {
    collection: String,
    id: String,
    name: String,
    /// Stays until the end of the run: several stories need it.
    held: bool,
}

/// Something that a run created and could not delete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Leftover {
    /// `Users` or `Groups`.
    pub collection: String,
    /// Its `id`, if known.
    pub id: String,
    /// Its `userName` or `displayName`.
    pub name: String,
    /// What became of it.
    pub state: String,
}

impl Ledger {
    pub(super) fn note(&mut self, exchange: &Exchange) {
        let segments = exchange.segments();
        let success = exchange.answer.is_success();
        match (exchange.request.method.as_str(), segments.as_slice()) {
            ("POST", [collection]) if success => {
                let name = sent_name(exchange.sent_json().as_ref());
                let id = exchange
                    .answer
                    .json
                    .as_ref()
                    .and_then(Value::as_object)
                    .and_then(|body| obj::get(body, "id"));
                match id.map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned)) {
                    Some(id) => self.add(collection, id, name),
                    None => self.uncertain.push(((*collection).to_owned(), name)),
                }
            }
            // An endpoint that answers an error may have created all the same.
            ("POST", [collection]) if exchange.answer.status >= 500 => {
                self.uncertain.push(((*collection).to_owned(), sent_name(exchange.sent_json().as_ref())));
            }
            _ => {}
        }
    }

    pub(super) fn unanswered(&mut self, request: &WireRequest) {
        let collection = request.target.trim_matches('/').to_owned();
        if request.method == Method::POST && matches!(collection.as_str(), "Users" | "Groups") {
            let sent = request.body.as_deref().and_then(|body| serde_json::from_str(body).ok());
            self.uncertain.push((collection, sent_name(sent.as_ref())));
        }
    }

    /// Takes over a resource that is known to be this run's.
    pub(super) fn adopt(&mut self, collection: &str, id: &str, name: &str) {
        self.add(collection, id.to_owned(), name.to_owned());
    }

    /// The id under which this run has a resource of that name.
    pub(super) fn id_of(&self, collection: &str, name: &str) -> Option<String> {
        let ours = |entry: &&Entry| entry.collection == collection && entry.name == name;
        self.entries.iter().find(ours).map(|entry| entry.id.clone())
    }

    /// Whether this run created the resource.
    pub(super) fn has(&self, collection: &str, id: &str) -> bool {
        self.entries.iter().any(|entry| entry.collection == collection && entry.id == id)
    }

    /// Puts back what could not be deleted, to be tried again.
    pub(super) fn keep(&mut self, leftover: Leftover) {
        self.add(&leftover.collection, leftover.id, leftover.name);
    }

    /// Keeps a resource until the end of the run.
    pub(super) fn hold(&mut self, collection: &str, id: &str) {
        let ours = |entry: &&mut Entry| entry.collection == collection && entry.id == id;
        if let Some(entry) = self.entries.iter_mut().find(ours) {
            entry.held = true;
        }
    }

    /// Takes over what another line to the same endpoint created.
    pub(super) fn merge(&mut self, other: Self) {
        for entry in other.entries {
            self.add(&entry.collection, entry.id, entry.name);
        }
        for uncertain in other.uncertain {
            if !self.uncertain.contains(&uncertain) {
                self.uncertain.push(uncertain);
            }
        }
    }

    fn add(&mut self, collection: &str, id: String, name: String) {
        if !self.entries.iter().any(|entry| entry.collection == collection && entry.id == id) {
            self.entries.push(Entry { collection: collection.to_owned(), id, name, held: false });
        }
    }
}

/// What a cleanup came to.
pub(super) struct Cleaned {
    /// What is left.
    pub(super) leftovers: Vec<Leftover>,
    /// Whether the endpoint did not answer, or asked to come back later for longer than a run waits.
    pub(super) stalled: bool,
}

/// Deletes everything in the recorder's ledger, groups first; what cannot be deleted is deactivated. What is held
/// stays, unless this is the `end`.
pub(super) async fn clean(recorder: &mut Recorder, end: bool) -> Cleaned {
    let ledger = std::mem::take(&mut recorder.ledger);
    let (held, mut entries): (Vec<Entry>, Vec<Entry>) =
        ledger.entries.into_iter().partition(|entry| entry.held && !end);
    for (collection, name) in ledger.uncertain {
        find(recorder, &collection, &name, &mut entries).await;
    }
    let mut leftovers = Vec::new();
    let (groups, users): (Vec<Entry>, Vec<Entry>) =
        entries.into_iter().partition(|entry| entry.collection == "Groups");
    let mut unreachable = false;
    // Whether DELETE really deletes: looked at once for each collection, and always once it did not.
    let mut trusted: Vec<String> = Vec::new();
    for entry in groups.into_iter().chain(users.into_iter().rev()) {
        if unreachable {
            leftovers.push(leftover(entry, "not deleted: the endpoint does not answer"));
            continue;
        }
        let path = format!("/{}/{}", entry.collection, encode(&entry.id));
        match recorder.ask(Method::DELETE, path.clone(), None).await {
            Ok(answer) if matches!(answer.status, 202 | 404 | 410) => {}
            Ok(answer) if answer.is_success() => {
                if trusted.contains(&entry.collection) {
                    continue;
                }
                match recorder.ask(Method::GET, path, None).await {
                    Ok(read) if read.is_success() => {
                        leftovers.push(leftover(entry, "DELETE answered with success and it is still there"));
                    }
                    _ => trusted.push(entry.collection),
                }
            }
            Ok(answer) if entry.collection == "Users" => {
                let state = deactivate(recorder, &path, answer.status).await;
                leftovers.push(leftover(entry, &state));
            }
            Ok(answer) => leftovers.push(leftover(entry, &format!("DELETE answered {}", answer.status))),
            Err(error) => {
                unreachable = matches!(error.kind, WireErrorKind::Connect | WireErrorKind::Timeout);
                leftovers.push(leftover(entry, &format!("not deleted: {error}")));
            }
        }
    }
    recorder.ledger = Ledger { entries: held, uncertain: Vec::new() };
    Cleaned { leftovers, stalled: unreachable }
}

async fn find(recorder: &mut Recorder, collection: &str, name: &str, entries: &mut Vec<Entry>) {
    if name.is_empty() {
        return;
    }
    let attribute = if collection == "Groups" { "displayName" } else { "userName" };
    let literal = Value::from(name).to_string();
    let path = format!("/{collection}?filter={}", encode(&format!("{attribute} eq {literal}")));
    let Ok(answer) = recorder.ask(Method::GET, path, None).await else { return };
    let found = answer.json.as_ref().and_then(Value::as_object).and_then(|page| obj::get(page, "Resources"));
    for item in found.and_then(Value::as_array).into_iter().flatten() {
        // Only what carries exactly our name: an endpoint that ignores the filter returns other people.
        let ours =
            item.get(attribute).and_then(Value::as_str).is_some_and(|it| it.eq_ignore_ascii_case(name));
        let id = item.get("id").and_then(Value::as_str);
        if let (true, Some(id)) = (ours, id)
            && !entries.iter().any(|entry| entry.collection == collection && entry.id == id)
        {
            entries.push(Entry {
                collection: collection.to_owned(),
                id: id.to_owned(),
                name: name.to_owned(),
                held: false,
            });
        }
    }
}

async fn deactivate(recorder: &mut Recorder, path: &str, refused: u16) -> String {
    let patch = json!({
        "schemas": [scim_core::urn::PATCH_OP],
        "Operations": [{"op": "replace", "path": "active", "value": false}],
    });
    match recorder.ask(Method::PATCH, path.to_owned(), Some(patch)).await {
        Ok(answer) if answer.is_success() => format!("DELETE answered {refused}; deactivated instead"),
        Ok(answer) => format!("DELETE answered {refused}, deactivation {}", answer.status),
        Err(error) => format!("DELETE answered {refused}; {error}"),
    }
}

fn leftover(entry: Entry, state: &str) -> Leftover {
    Leftover { collection: entry.collection, id: entry.id, name: entry.name, state: state.to_owned() }
}

fn sent_name(sent: Option<&Value>) -> String {
    let text = |name: &str| sent.and_then(|sent| sent.get(name)).and_then(Value::as_str).map(str::to_owned);
    text("userName").or_else(|| text("displayName")).unwrap_or_default()
}
