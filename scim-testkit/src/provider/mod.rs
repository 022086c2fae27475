//! A mock SCIM service provider, as a function from request to response.
//!
//! You want it in a test of a SCIM client: it needs no socket, its clock and ids are yours, and it behaves as a
//! [`Profile`] says: like the RFC, like what identity providers need, or like a vendor. [`crate::serve`] puts it behind
//! a tower service or a socket.
//!
//! ```
//! use bytes::Bytes;
//! use http::Request;
//! use scim_core::vendor::Profile;
//! use scim_testkit::provider::{Provider, World};
//!
//! let profile = Profile::builtin("interop").expect("it is built in");
//! let provider = Provider::new(profile, World::deterministic());
//! let ada = r#"{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada"}"#;
//! let request = Request::post("/scim/v2/Users").body(Bytes::from(ada)).expect("the address is valid");
//! assert_eq!(provider.handle(&request).status(), 201);
//! assert_eq!(provider.handle(&request).status(), 409);
//! ```
//!
//! # Readings
//!
//! * A new user without `active` is active; a PUT without `active` or `password` keeps what is stored.
//! * A PUT clears every other attribute that it does not have (RFC 7644 §3.5.1).
//! * A write that changes nothing keeps the version and `lastModified`.
//! * A search of all types lists users first; each type is in the order of creation, unless sorted.
//!
//! Not supported: `/Bulk` and `/Me` (501), cursors, several tenants.

mod defect;
mod discovery;
mod hooks;
mod list;
mod personality;
mod render;
mod service;
mod store;
#[cfg(test)]
mod tests;
mod world;

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use scim_core::{
    call::Call,
    error::ScimError,
    patch::{self, Tolerances},
    project::Projection,
    query::pairs,
    reply::Reply,
    schema::ResourceType,
    urn,
    vendor::{EditElsewhere, Profile},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

pub use self::{
    defect::{Defect, Liberty},
    world::{Clock, IdSource, World},
};
use self::{
    hooks::{Asked, Quirks},
    service::{Service, unmanaged_user},
    store::{Kind, Store},
};

/// The path below which the provider lives.
pub const BASE_PATH: &str = "/scim/v2";

/// Most bytes in the body of a request; more gets 413.
pub const MAX_BODY: usize = 1024 * 1024;

/// The mock service provider.
pub struct Provider {
    profile: Profile,
    tolerances: Tolerances,
    token: Option<SecretString>,
    quirks: Quirks,
    user: ResourceType,
    group: ResourceType,
    base_url: Option<String>,
    state: Mutex<State>,
}

struct State {
    store: Store,
    world: World,
    /// Where a socket server listens.
    bound: Option<String>,
    log: VecDeque<Logged>,
}

/// One answered request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Logged {
    /// Its method.
    pub method: Method,
    /// Its path and query, as sent.
    pub target: String,
    /// Status of the answer.
    pub status: u16,
}

/// Why [`Provider::edit_elsewhere`] changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// No resource has that id.
    #[error("there is no resource {0}")]
    NotFound(String),
    /// SCIM manages the user, and the vendor locks such users.
    #[error("{0} is managed by SCIM and locked elsewhere")]
    Locked(String),
    /// The attribute or its value is wrong.
    #[error("{0}")]
    Invalid(ScimError),
}

impl Provider {
    /// An empty provider that asks for no token.
    #[must_use]
    pub fn new(profile: Profile, world: World) -> Self {
        Self {
            tolerances: profile.tolerances(),
            profile,
            token: None,
            quirks: Quirks::default(),
            user: ResourceType::user(),
            group: ResourceType::group(),
            base_url: None,
            state: Mutex::new(State { store: Store::default(), world, bound: None, log: VecDeque::new() }),
        }
    }

    /// Asks every request for this bearer token.
    #[must_use]
    pub fn with_token(self, token: Option<SecretString>) -> Self {
        Self { token, ..self }
    }

    /// The address that locations start with; without one it is where the socket server listens, and
    /// `http://localhost/scim/v2` in memory. A request's `Host` never has a say.
    #[must_use]
    pub fn with_base_url(self, base_url: impl Into<String>) -> Self {
        Self { base_url: Some(base_url.into().trim_end_matches('/').to_owned()), ..self }
    }

    /// Adds a fault.
    #[must_use]
    pub fn with_defect(mut self, defect: Defect) -> Self {
        self.quirks.defects.push(defect);
        self
    }

    /// Adds a liberty.
    #[must_use]
    pub fn with_liberty(mut self, liberty: Liberty) -> Self {
        self.quirks.liberties.push(liberty);
        self
    }

    /// The profile that it obeys.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The address that locations start with.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.base(&self.lock())
    }

    /// Answers a request.
    pub fn handle(&self, request: &Request<Bytes>) -> Response<Bytes> {
        self.logged(request, |provider, state| provider.answer(state, request))
    }

    /// Adds a person whom the vendor knows from elsewhere; SCIM does not manage them. Returns the id.
    pub fn add_unmanaged_user(&self, user_name: &str) -> String {
        let mut state = self.lock();
        let base = self.base(&state);
        self.service(&mut state, &base).insert(Kind::User, unmanaged_user(user_name), false)
    }

    /// Sets an attribute as an administrator would in the vendor's own screens.
    ///
    /// # Errors
    /// See [`EditError`].
    pub fn edit_elsewhere(&self, id: &str, attribute: &str, value: Value) -> Result<(), EditError> {
        let mut state = self.lock();
        let Some(record) = state.store.get(id) else { return Err(EditError::NotFound(id.to_owned())) };
        let locks = self.profile.user.edit_elsewhere == EditElsewhere::Locked;
        if locks && record.managed && record.kind == Kind::User {
            return Err(EditError::Locked(id.to_owned()));
        }
        let operation = json!({"op": "replace", "path": attribute, "value": value});
        let message = json!({"schemas": [urn::PATCH_OP], "Operations": [operation]});
        let resource_type = self.resource_type(record.kind);
        let mut whole = record.data.clone();
        whole.insert("id".to_owned(), id.into());
        let edited = patch::apply(&whole, &message, resource_type, &Tolerances::strict());
        let mut data = edited.map_err(EditError::Invalid)?.resource;
        data.shift_remove("id");
        let base = self.base(&state);
        self.service(&mut state, &base).store_changed(id, data);
        Ok(())
    }

    /// Every stored resource, hidden ones too, in the order of creation and without passwords.
    #[must_use]
    pub fn snapshot(&self) -> Vec<Value> {
        let mut state = self.lock();
        let base = self.base(&state);
        let service = self.service(&mut state, &base);
        let show = |record| service.show(record, &service.groups_of(record), &Projection::default());
        service.store.all().filter(|record| !record.ghost).map(|record| Value::Object(show(record))).collect()
    }

    /// The latest requests, oldest first; a thousand at most.
    #[must_use]
    pub fn request_log(&self) -> Vec<Logged> {
        self.lock().log.iter().cloned().collect()
    }

    /// The answer to a request whose body was too large to be read.
    #[cfg(feature = "server")]
    pub(crate) fn handle_oversized(&self, head: &Request<Bytes>) -> Response<Bytes> {
        self.logged(head, |provider, _| {
            provider.unauthorized(head.headers()).unwrap_or_else(|| Reply::error(too_large()).to_http())
        })
    }

    /// Tells where a socket server listens.
    #[cfg(feature = "server")]
    pub(crate) fn bind(&self, address: std::net::SocketAddr) {
        self.lock().bound = Some(format!("http://{address}{BASE_PATH}"));
    }

    fn logged(
        &self,
        request: &Request<Bytes>,
        answer: impl FnOnce(&Self, &mut State) -> Response<Bytes>,
    ) -> Response<Bytes> {
        let mut state = self.lock();
        let response = answer(self, &mut state);
        if state.log.len() == LOG_LENGTH {
            state.log.pop_front();
        }
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned();
        let entry = Logged { method: request.method().clone(), target, status: response.status().as_u16() };
        state.log.push_back(entry);
        response
    }

    fn answer(&self, state: &mut State, request: &Request<Bytes>) -> Response<Bytes> {
        if let Some(response) = self.unauthorized(request.headers()) {
            return response;
        }
        let changed = self.quirks.request(request);
        let request = changed.as_ref().unwrap_or(request);
        let mut asked = Asked::default();
        let mut reply = read(request)
            .and_then(|call| {
                asked = Asked::of(&call);
                let base = self.base(state);
                self.service(state, &base).answer(call)
            })
            .unwrap_or_else(Reply::error);
        self.quirks.reply(asked, &mut reply);
        let mut response = reply.to_http();
        if reply.status == 405 {
            // RFC 9110 §15.5.6 demands it.
            response
                .headers_mut()
                .insert(header::ALLOW, HeaderValue::from_static(allow(request.uri().path())));
        }
        self.quirks.response(&mut response);
        response
    }

    /// 401, unless the request has the token.
    fn unauthorized(&self, headers: &HeaderMap) -> Option<Response<Bytes>> {
        let token = self.token.as_ref()?;
        let given = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.as_bytes().split_at_checked(BEARER.len()))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case(BEARER))
            .map(|(_, given)| given.trim_ascii());
        if given.is_some_and(|given| same_bytes(given, token.expose_secret().as_bytes())) {
            return None;
        }
        let mut reply = Reply::error(ScimError::plain(401, "the bearer token is missing or wrong"));
        self.quirks.reply(Asked::default(), &mut reply);
        let mut response = reply.to_http();
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        self.quirks.response(&mut response);
        Some(response)
    }

    fn service<'a>(&'a self, state: &'a mut State, base: &'a str) -> Service<'a> {
        Service { provider: self, store: &mut state.store, world: &mut state.world, base }
    }

    fn resource_type(&self, kind: Kind) -> &ResourceType {
        match kind {
            Kind::User => &self.user,
            Kind::Group => &self.group,
        }
    }

    fn base(&self, state: &State) -> String {
        let known = self.base_url.as_ref().or(state.bound.as_ref());
        known.cloned().unwrap_or_else(|| format!("http://localhost{BASE_PATH}"))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each request writes its result in one step, so what a panicking thread left is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider")
            .field("profile", &self.profile.profile.id)
            .field("quirks", &self.quirks)
            .finish_non_exhaustive()
    }
}

fn read(request: &Request<Bytes>) -> Result<Call, ScimError> {
    if request.body().len() > MAX_BODY {
        return Err(too_large());
    }
    let path = request.uri().path();
    if path.strip_prefix(BASE_PATH).is_some_and(|rest| rest.trim_matches('/') == "Bulk") {
        return Err(ScimError::plain(501, "/Bulk is not supported"));
    }
    let call = Call::from_http(request, BASE_PATH)?;
    let discovery =
        matches!(call, Call::ServiceProviderConfig | Call::ResourceTypes { .. } | Call::Schemas { .. });
    let query = request.uri().query().unwrap_or_default();
    if discovery && pairs(query).any(|(name, _)| name.eq_ignore_ascii_case("filter")) {
        return Err(ScimError::plain(403, "discovery takes no filter (RFC 7644 §4)"));
    }
    Ok(call)
}

fn too_large() -> ScimError {
    ScimError::plain(413, format!("the body has more than {MAX_BODY} bytes"))
}

/// The methods that a path has, by its shape.
fn allow(path: &str) -> &'static str {
    let inside = path.strip_prefix(BASE_PATH).unwrap_or(path);
    let segments: Vec<&str> = inside.split('/').filter(|segment| !segment.is_empty()).collect();
    match segments.as_slice() {
        ["ServiceProviderConfig" | "ResourceTypes" | "Schemas", ..] => "GET",
        [.., ".search"] => "POST",
        [_] => "GET, POST",
        _ => "GET, PUT, PATCH, DELETE",
    }
}

/// Takes the same time wherever the first difference is.
fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

const BEARER: &[u8] = b"Bearer ";
const LOG_LENGTH: usize = 1000;
