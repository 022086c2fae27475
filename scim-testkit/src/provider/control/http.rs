//! The control API: the acts of [`Control`](super::Control) as requests with JSON bodies.

use std::time::Duration;

use ::http::{HeaderValue, Method, Request, Response, StatusCode, header};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use percent_encoding::percent_decode_str;
use scim_core::{query::pairs, vendor::Operation};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use super::{Control, ControlError, Seed, SignIn};
use crate::provider::{By, Entry, Provider, store::Kind};

/// The path below which the control API lives; not below [`super::BASE_PATH`], and only where it is asked for.
pub const CONTROL_PATH: &str = "/control";

impl Provider {
    /// Answers a request to the control API, at [`CONTROL_PATH`]. `?tenant=NAME` names a tenant.
    ///
    /// It asks for no credentials: whoever offers it on a socket keeps strangers away.
    ///
    /// | request | body | what |
    /// |---|---|---|
    /// | `GET /control` | | what is stored, in which state |
    /// | `POST /control/reset` | | [`Control::reset`] |
    /// | `POST /control/seed` | `{"users": 100, "groups": 5}` | [`Control::seed`] |
    /// | `POST /control/users` | `{"userName": "ada@example.com"}` | [`Control::add_user`] |
    /// | `POST /control/users/{id}/advance` | | [`Control::advance_account`] |
    /// | `PATCH /control/resources/{id}` | `{"title": "Countess", "active": false}` | [`Control::edit`] |
    /// | `DELETE /control/resources/{id}` | | [`Control::delete`] |
    /// | `POST /control/foreign` | `{"userName": "ada@example.com"}` | [`Control::add_foreign_user`] |
    /// | `POST /control/domains` | `{"domain": "example.org"}` | [`Control::verify_domain`] |
    /// | `POST /control/sign-in` | `{"userName": "ada@example.com", "displayName": "Ada"}` | [`Control::sign_in`] |
    /// | `POST /control/token` | | [`Control::rotate_token`] |
    /// | `POST /control/clock` | `{"advance": "2h 30m"}` | [`Control::advance_clock`] |
    /// | `GET /control/journal?after=7` | | [`Provider::journal_after`] |
    ///
    /// Errors are `{"error": "…"}`, with 400, 404, 405, 409, 413, or 500 when a file cannot be written.
    pub fn answer_control(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let (status, body) = match self.controlled(request) {
            Ok(body) => (200, body),
            Err(Refusal { status, text }) => (status, json!({ "error": text })),
        };
        let mut response = Response::new(Bytes::from(body.to_string()));
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }

    fn controlled(&self, request: &Request<Bytes>) -> Result<Value, Refusal> {
        let query = request.uri().query().unwrap_or_default();
        let asked = |name: &str| pairs(query).find(|(known, _)| known == name).map(|(_, value)| value);
        let control = match asked("tenant") {
            None => self.control(),
            Some(name) => {
                self.control_of(&name).ok_or_else(|| refuse(404, format!("there is no tenant {name:?}")))?
            }
        };
        let path = request.uri().path().strip_prefix(CONTROL_PATH).unwrap_or_default();
        let segments: Vec<String> = path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let body = Body::of(request);
        match (request.method().as_str(), segments.as_slice()) {
            ("GET", []) => Ok(control.state()),
            ("GET", ["journal"]) => {
                let after = match asked("after") {
                    None => 0,
                    Some(number) => {
                        number.parse().map_err(|_| refuse(400, format!("after: {number:?} is no number")))?
                    }
                };
                Ok(json!({ "entries": self.journal_after(after).iter().map(told).collect::<Vec<_>>() }))
            }
            ("POST", ["reset"]) => {
                control.try_reset()?;
                Ok(json!({}))
            }
            ("POST", ["seed"]) => {
                let fields = body.only(&["users", "groups"])?;
                let number = |name: &str| match fields.get(name) {
                    None => Ok(0),
                    Some(value) => value
                        .as_u64()
                        .and_then(|number| usize::try_from(number).ok())
                        .ok_or_else(|| refuse(400, format!("{name}: {value} is no number of things"))),
                };
                let made = control.seed(Seed { users: number("users")?, groups: number("groups")? })?;
                Ok(json!({"users": made.users, "groups": made.groups}))
            }
            ("POST", ["users"]) => Ok(json!({ "id": control.try_add_user(&body.text("userName")?)? })),
            ("POST", ["users", id, "advance"]) => Ok(json!({ "state": control.try_advance(id)? })),
            ("PATCH", ["resources", id]) => {
                for (attribute, value) in body.object()? {
                    control.edit(id, &attribute, value)?;
                }
                Ok(json!({}))
            }
            ("DELETE", ["resources", id]) => {
                control.delete(id)?;
                Ok(json!({}))
            }
            ("POST", ["foreign"]) => {
                control.try_add_foreign_user(&body.text("userName")?)?;
                Ok(json!({}))
            }
            ("POST", ["domains"]) => {
                control.try_verify_domain(&body.text("domain")?)?;
                Ok(json!({}))
            }
            ("POST", ["sign-in"]) => Ok(match control.sign_in(&body.object()?)? {
                SignIn::Known(id) => json!({"result": "known", "id": id}),
                SignIn::Created(id) => json!({"result": "created", "id": id}),
                SignIn::Refused(id) => json!({"result": "refused", "id": id}),
                SignIn::Unknown => json!({"result": "unknown"}),
            }),
            ("POST", ["token"]) => Ok(json!({ "token": control.rotate_token()?.expose_secret() })),
            ("POST", ["clock"]) => {
                let text = body.text("advance")?;
                let by = text.parse::<SignedDuration>().ok().and_then(|by| Duration::try_from(by).ok());
                let wrong = || {
                    refuse(400, format!("advance: {text:?} is no duration, such as \"90s\" or \"2h 30m\""))
                };
                control.try_advance_clock(by.ok_or_else(wrong)?)?;
                Ok(json!({ "now": now(self) }))
            }
            (_, known) if METHODS.iter().any(|(_, path)| same_shape(path, known)) => {
                let methods: Vec<&str> = METHODS
                    .iter()
                    .filter(|(_, path)| same_shape(path, known))
                    .map(|(method, _)| *method)
                    .collect();
                Err(refuse(405, format!("{CONTROL_PATH}{path} takes {}", methods.join(" and "))))
            }
            _ => Err(refuse(404, format!("there is nothing at {CONTROL_PATH}{path}"))),
        }
    }
}

/// What there is, by shape.
const METHODS: &[(&str, &[&str])] = &[
    ("GET", &[]),
    ("GET", &["journal"]),
    ("POST", &["reset"]),
    ("POST", &["seed"]),
    ("POST", &["users"]),
    ("POST", &["users", "", "advance"]),
    ("PATCH", &["resources", ""]),
    ("DELETE", &["resources", ""]),
    ("POST", &["foreign"]),
    ("POST", &["domains"]),
    ("POST", &["sign-in"]),
    ("POST", &["token"]),
    ("POST", &["clock"]),
];

fn same_shape(known: &[&str], asked: &[&str]) -> bool {
    known.len() == asked.len()
        && known.iter().zip(asked).all(|(known, asked)| known.is_empty() || known == asked)
}

impl Control<'_> {
    /// What is stored, in which state.
    fn state(&self) -> Value {
        let mut state = self.provider.lock();
        let profile = &self.provider.profile;
        let mut users = Vec::new();
        let mut groups = Vec::new();
        let mut others = Vec::new();
        for (record, resource) in self.shown(&mut state, |_| true) {
            let mut one = json!({"id": record.id, "managed": record.managed, "resource": resource});
            match record.kind {
                Kind::User => {
                    one["active"] = (one["resource"]["active"] != false).into();
                    users.push(one);
                }
                Kind::Group => groups.push(one),
                Kind::Custom(_) => others.push(one),
            }
        }
        let store = &state.tenants[self.tenant].store;
        for user in &mut users {
            let record = user["id"].as_str().and_then(|id| store.get(id));
            user["state"] = record.and_then(|record| self.provider.state_of(record)).into();
        }
        let told = &state.tenants[self.tenant].told;
        let mut domains: Vec<&str> = profile.tenant.verified_domains.iter().map(String::as_str).collect();
        domains.extend(told.domains.iter().map(String::as_str));
        domains.sort_unstable();
        domains.dedup();
        let mut foreign: Vec<&String> = told.foreign.iter().collect();
        foreign.sort_unstable();
        json!({
            "profile": profile.profile.id,
            "base": &*self.provider.base(&state, self.tenant),
            "tenants": self.provider.tenants,
            "now": date(state.world.peek()),
            "domains": domains,
            "foreign": foreign,
            "groupsSupported": profile.group.ops.contains(&Operation::Get),
            "users": users,
            "groups": groups,
            "others": others,
            "last": state.journal.last(),
        })
    }
}

fn now(provider: &Provider) -> String {
    date(provider.lock().world.peek())
}

fn date(time: std::time::SystemTime) -> String {
    Timestamp::try_from(time).unwrap_or_default().to_string()
}

fn told(entry: &Entry) -> Value {
    let headers: Map<String, Value> = entry
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()))
        .collect();
    let changes: Vec<Value> = entry
        .changes
        .iter()
        .map(|change| {
            let differences: Vec<Value> = change
                .differences()
                .into_iter()
                .map(|difference| {
                    json!({"path": difference.path, "before": difference.before, "after": difference.after})
                })
                .collect();
            json!({
                "resourceType": change.resource_type,
                "id": change.id,
                "name": change.name,
                "what": match (change.before(), change.after()) {
                    (None, _) => "created",
                    (_, None) => "deleted",
                    _ => "changed",
                },
                "differences": differences,
            })
        })
        .collect();
    json!({
        "number": entry.number,
        "at": date(entry.at),
        "milliseconds": entry.took.as_secs_f64() * 1000.0,
        "tenant": entry.tenant,
        "by": match entry.by { By::Scim => "scim", By::Control => "control" },
        "method": entry.method.as_str(),
        "target": entry.target,
        "headers": headers,
        "status": entry.status,
        "fault": entry.fault,
        "request": entry.request_body(),
        "answer": entry.answer_body(),
        "changes": changes,
        "moreChanges": entry.more_changes,
    })
}

/// Why nothing was done.
struct Refusal {
    status: u16,
    text: String,
}

fn refuse(status: u16, text: impl Into<String>) -> Refusal {
    Refusal { status, text: text.into() }
}

impl From<ControlError> for Refusal {
    fn from(error: ControlError) -> Self {
        refuse(error.status(), error.to_string())
    }
}

struct Body<'a>(&'a [u8]);

impl<'a> Body<'a> {
    fn of(request: &'a Request<Bytes>) -> Self {
        Self(if *request.method() == Method::GET { b"" } else { request.body() })
    }

    /// The body; none means an empty one.
    fn object(&self) -> Result<Map<String, Value>, Refusal> {
        if self.0.len() > MOST_BODY {
            return Err(refuse(413, format!("the body has more than {MOST_BODY} bytes")));
        }
        if self.0.trim_ascii().is_empty() {
            return Ok(Map::new());
        }
        match serde_json::from_slice(self.0) {
            Ok(Value::Object(object)) => Ok(object),
            Ok(_) => Err(refuse(400, "the body must be a JSON object")),
            Err(error) => Err(refuse(400, format!("the body is not JSON: {error}"))),
        }
    }

    fn only(&self, known: &[&str]) -> Result<Map<String, Value>, Refusal> {
        let object = self.object()?;
        match object.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(refuse(400, format!("{name}: the body may have {}", known.join(" and ")))),
            None => Ok(object),
        }
    }

    fn text(&self, name: &str) -> Result<String, Refusal> {
        let object = self.only(&[name])?;
        let text = object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        text.map(str::to_owned).ok_or_else(|| refuse(400, format!("{name}: the body must have it, as text")))
    }
}

const MOST_BODY: usize = 1024 * 1024;
