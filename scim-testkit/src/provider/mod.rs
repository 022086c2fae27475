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
//! [`Provider::builder`] sets up more: credentials, resource types from schema documents, tenants, [`faults`].
//!
//! # Readings
//!
//! * A new user without `active` is active; a PUT without `active` or `password` keeps what is stored.
//! * A PUT clears every other attribute that it does not have (RFC 7644 §3.5.1).
//! * A write that changes nothing keeps the version and `lastModified`.
//! * A search of all types lists users first, then groups; each type is in the order of creation, unless sorted.
//! * `/Me` is whoever [`Builder::me`] says, with the permanent address as `Location` (RFC 7644 §3.11); 501 if nobody.
//!
//! Not supported: password rules, a query at the root by GET (`/.search` is there).

mod access;
mod builder;
mod bulk;
mod cursor;
mod defect;
mod discovery;
pub mod faults;
mod hooks;
mod list;
mod personality;
mod render;
mod service;
mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_protocol;
mod vendor;
#[cfg(test)]
mod vendor_tests;
mod world;

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use scim_core::{
    call::Call,
    error::ScimError,
    patch::{self, Tolerances},
    project::Projection,
    query::pairs,
    reply::Reply,
    schema::ResourceType,
    urn,
    vendor::{Discovery, EditElsewhere, Profile, RateScope},
};
use secrecy::SecretString;
use serde_json::{Value, json};

use self::{
    access::{Access, Tokens},
    cursor::Cursors,
    faults::{Effect, Faults, Strike},
    hooks::{Asked, Quirks},
    service::{Service, unmanaged_user},
    store::{Kind, Store},
};
pub use self::{
    access::{OAuthClient, TOKEN_PATH},
    builder::{BuildError, Builder},
    defect::{Defect, Liberty},
    world::{Clock, IdSource, World},
};

/// The path below which the provider lives.
pub const BASE_PATH: &str = "/scim/v2";

/// Most bytes in the body of a request; more gets 413.
pub const MAX_BODY: usize = 1024 * 1024;

/// The mock service provider.
pub struct Provider {
    profile: Profile,
    tolerances: Tolerances,
    access: Access,
    quirks: Quirks,
    user: ResourceType,
    group: ResourceType,
    custom: Vec<ResourceType>,
    base_url: Option<String>,
    /// The `userName` of who asks, for `/Me`.
    me: Option<String>,
    /// Names of the tenants beside the one at [`BASE_PATH`].
    tenants: Vec<String>,
    /// Whether a fault may want to know what was before a write.
    keeps_previous: bool,
    /// Whether the profile's `[[rate.window]]` is kept.
    keeps_rates: bool,
    state: Mutex<State>,
}

struct State {
    /// The one at [`BASE_PATH`], then the named ones.
    tenants: Vec<Tenant>,
    world: World,
    tokens: Tokens,
    faults: Faults,
    /// Where a socket server listens, such as `http://127.0.0.1:8080`.
    bound: Option<String>,
    log: VecDeque<Logged>,
    /// When the latest requests came, and whether each writes; for rates.
    times: VecDeque<(SystemTime, bool)>,
}

/// What one tenant has.
#[derive(Default)]
struct Tenant {
    store: Store,
    cursors: Cursors,
    /// What was stored before the latest write, for stale reads.
    previous: Option<Store>,
}

/// An answer, and how it is to be carried.
#[derive(Debug)]
#[non_exhaustive]
pub struct Answer {
    /// What is answered.
    pub response: Response<Bytes>,
    /// How long to wait before it is sent.
    pub delay: Duration,
    /// Where the connection breaks, if it does.
    pub cut: Option<Cut>,
}

/// Where a connection breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cut {
    /// Before anything is sent.
    Head,
    /// After so many bytes of the body; `Content-Length` promises all of them.
    Body(usize),
}

/// One answered request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Logged {
    /// Its method.
    pub method: Method,
    /// Its path and query, as sent.
    pub target: String,
    /// Status of the answer; 0 if the connection was closed without one.
    pub status: u16,
    /// The fault that struck, as it was written.
    pub fault: Option<String>,
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
    /// An empty provider that asks for no credentials.
    #[must_use]
    pub fn new(profile: Profile, world: World) -> Self {
        Self {
            tolerances: profile.tolerances(),
            access: Access::default(),
            quirks: Quirks { defects: vendor::defects(&profile), ..Quirks::default() },
            user: ResourceType::user(),
            group: ResourceType::group(),
            custom: Vec::new(),
            base_url: None,
            me: None,
            tenants: Vec::new(),
            keeps_previous: false,
            keeps_rates: false,
            profile,
            state: Mutex::new(State {
                tenants: vec![Tenant::default()],
                world,
                tokens: Tokens::default(),
                faults: Faults::new(Vec::new(), 0),
                bound: None,
                log: VecDeque::new(),
                times: VecDeque::new(),
            }),
        }
    }

    /// Starts to describe a provider.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Asks every request for this bearer token.
    #[must_use]
    pub fn with_token(mut self, token: Option<SecretString>) -> Self {
        self.access.token = token;
        self
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

    /// Answers 429 to whoever asks more often than the profile's `[[rate.window]]` allows. Otherwise nobody is asked to
    /// wait, and the clock not for the time.
    #[must_use]
    pub fn with_rate_limits(self) -> Self {
        Self { keeps_rates: true, ..self }
    }

    /// The profile that it obeys.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The address that locations start with.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.base(&self.lock(), 0)
    }

    /// The address of a tenant; `None` if there is none of that name.
    #[must_use]
    pub fn tenant_url(&self, tenant: &str) -> Option<String> {
        let index = self.tenants.iter().position(|known| known == tenant)?;
        Some(self.base(&self.lock(), index + 1))
    }

    /// Answers a request at once. Of faults, only what they do to the response is seen; [`Provider::answer`] has all.
    pub fn handle(&self, request: &Request<Bytes>) -> Response<Bytes> {
        self.answer(request).response
    }

    /// Answers a request, and says how long the answer takes and where it breaks off.
    pub fn answer(&self, request: &Request<Bytes>) -> Answer {
        let mut state = self.lock();
        let (tenant, base) = self.route(request.uri().path()).unwrap_or((0, ""));
        let path = request.uri().path().strip_prefix(base).unwrap_or_default();
        let Strike { delay, effect, name } = state.faults.strike(request.method(), path);
        let mut cut = None;
        let response = match effect {
            Some(Effect::Status { status, retry_after }) => {
                let text = format!("a fault on purpose: {}", name.as_deref().unwrap_or_default());
                let mut response = Reply::error(ScimError::plain(status, text)).to_http();
                if let Some(seconds) = retry_after {
                    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
                }
                response
            }
            Some(Effect::Html { status }) => html(status),
            Some(Effect::Drop) => {
                cut = Some(Cut::Head);
                html(502)
            }
            Some(Effect::DropAfter) => {
                self.respond(&mut state, request);
                cut = Some(Cut::Head);
                html(502)
            }
            Some(Effect::Stale) => {
                let previous = state.tenants[tenant].previous.take();
                let current =
                    previous.map(|store| std::mem::replace(&mut state.tenants[tenant].store, store));
                let response = self.respond(&mut state, request);
                if let Some(current) = current {
                    let previous = std::mem::replace(&mut state.tenants[tenant].store, current);
                    state.tenants[tenant].previous = Some(previous);
                }
                response
            }
            Some(Effect::Lost) => {
                let store = state.tenants[tenant].store.clone();
                let response = self.respond(&mut state, request);
                state.tenants[tenant].store = store;
                response
            }
            Some(Effect::Cut) => {
                let response = self.respond(&mut state, request);
                cut = Some(Cut::Body(response.body().len() / 2));
                response
            }
            Some(Effect::Ok | Effect::Wait { .. }) | None => self.respond(&mut state, request),
        };
        let status = if cut == Some(Cut::Head) { 0 } else { response.status().as_u16() };
        log(&mut state, request, status, name);
        Answer { response, delay, cut }
    }

    /// Adds a person whom the vendor knows from elsewhere; SCIM does not manage them. Returns the id.
    pub fn add_unmanaged_user(&self, user_name: &str) -> String {
        let mut state = self.lock();
        let base = self.base(&state, 0);
        self.service(&mut state, 0, &base).insert(Kind::User, unmanaged_user(user_name), false)
    }

    /// Sets an attribute as an administrator would in the vendor's own screens.
    ///
    /// # Errors
    /// See [`EditError`].
    pub fn edit_elsewhere(&self, id: &str, attribute: &str, value: Value) -> Result<(), EditError> {
        let mut state = self.lock();
        let Some(record) = state.tenants[0].store.get(id) else {
            return Err(EditError::NotFound(id.to_owned()));
        };
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
        let base = self.base(&state, 0);
        self.service(&mut state, 0, &base).store_changed(id, data);
        Ok(())
    }

    /// The state of an account as the vendor calls it, such as `invited`; `None` if there is none, or the profile has
    /// no `life.states`.
    #[must_use]
    pub fn account_state(&self, id: &str) -> Option<String> {
        let state = self.lock();
        let record = state.tenants[0].store.get(id).filter(|record| record.kind == Kind::User)?;
        let life = &self.profile.life;
        let step = life.states.get(record.step.min(life.states.len().saturating_sub(1)))?;
        Some(if record.is_active() { step.clone() } else { life.off_state.clone() })
    }

    /// The next step of an account on its way to be used, which somebody takes outside of SCIM: an invitation is
    /// accepted, or confirmed. Returns the state that follows.
    pub fn advance_account(&self, id: &str) -> Option<String> {
        let last = self.profile.life.states.len().saturating_sub(1);
        if let Some(record) = self.lock().tenants[0].store.get_mut(id).filter(|record| record.is_active()) {
            record.step = (record.step + 1).min(last);
        }
        self.account_state(id)
    }

    /// Every stored resource, hidden ones too, in the order of creation and without passwords.
    #[must_use]
    pub fn snapshot(&self) -> Vec<Value> {
        self.snapshot_at(0)
    }

    /// As [`Provider::snapshot`], of a tenant; empty if there is none of that name.
    #[must_use]
    pub fn tenant_snapshot(&self, tenant: &str) -> Vec<Value> {
        let index = self.tenants.iter().position(|known| known == tenant);
        index.map_or_else(Vec::new, |index| self.snapshot_at(index + 1))
    }

    fn snapshot_at(&self, tenant: usize) -> Vec<Value> {
        let mut state = self.lock();
        let base = self.base(&state, tenant);
        let service = self.service(&mut state, tenant, &base);
        let show = |record| Value::Object(service.show(record, &Projection::default()));
        service.store.all().filter(|record| !record.ghost).map(show).collect()
    }

    /// The latest requests, oldest first; a thousand at most.
    #[must_use]
    pub fn request_log(&self) -> Vec<Logged> {
        self.lock().log.iter().cloned().collect()
    }

    /// Most bytes of a body that are worth reading.
    #[cfg(feature = "server")]
    pub(crate) fn most_body(&self) -> usize {
        MAX_BODY.max(self.profile.bulk.max_payload)
    }

    /// The answer to a request whose body was too large to be read.
    #[cfg(feature = "server")]
    pub(crate) fn handle_oversized(&self, head: &Request<Bytes>) -> Answer {
        let mut state = self.lock();
        let response = self
            .unauthorized(&mut state, head.headers())
            .unwrap_or_else(|| Reply::error(too_large(self.most_body())).to_http());
        log(&mut state, head, response.status().as_u16(), None);
        Answer { response, delay: Duration::ZERO, cut: None }
    }

    /// Tells where a socket server listens: scheme, host and port.
    #[cfg(feature = "server")]
    pub(crate) fn bind(&self, origin: String) {
        self.lock().bound = Some(origin);
    }

    /// The tenant that a path belongs to, and the path that the tenant lives below.
    fn route<'a>(&self, path: &'a str) -> Option<(usize, &'a str)> {
        let at_base = |path: &str| {
            path.strip_prefix(BASE_PATH).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if at_base(path) {
            return Some((0, &path[..BASE_PATH.len()]));
        }
        let (name, _) = path.strip_prefix(TENANTS_PATH)?.split_once('/')?;
        let before = TENANTS_PATH.len() + name.len();
        let index = self.tenants.iter().position(|known| known == name)?;
        at_base(&path[before..]).then(|| (index + 1, &path[..before + BASE_PATH.len()]))
    }

    fn respond(&self, state: &mut State, request: &Request<Bytes>) -> Response<Bytes> {
        if let Some(response) = self.access.give_token(request, &mut state.tokens, &mut state.world) {
            return response;
        }
        if let Some(wait) = self.too_fast(state, request) {
            let mut reply = Reply::error(vendor::slow_down(&self.profile));
            vendor::dress(&self.profile, &mut reply);
            let mut response = reply.to_http();
            response.headers_mut().insert(header::RETRY_AFTER, wait.into());
            return response;
        }
        let public =
            self.profile.service.discovery == Discovery::Public && is_discovery(request.uri().path());
        if let Some(response) = self.unauthorized(state, request.headers()).filter(|_| !public) {
            return response;
        }
        let renamed = vendor::request(&self.profile, request);
        let request = renamed.as_ref().unwrap_or(request);
        let changed = self.quirks.request(request);
        let request = changed.as_ref().unwrap_or(request);
        let mut asked = Asked::default();
        let mut reply = self.reply(state, request, &mut asked).unwrap_or_else(Reply::error);
        self.quirks.reply(asked, &mut reply);
        vendor::dress(&self.profile, &mut reply);
        let mut response = reply.to_http();
        if reply.status == 405 {
            // RFC 9110 §15.5.6 demands it.
            let allow = HeaderValue::from_static(allow(request.uri().path()));
            response.headers_mut().insert(header::ALLOW, allow);
        }
        self.quirks.response(&mut response);
        response
    }

    fn reply(
        &self,
        state: &mut State,
        request: &Request<Bytes>,
        asked: &mut Asked,
    ) -> Result<Reply, ScimError> {
        let path = request.uri().path();
        let (tenant, base_path) =
            self.route(path).ok_or_else(|| ScimError::plain(404, format!("there is nothing at {path}")))?;
        vendor::check_headers(&self.profile, request.headers())?;
        let call = self.read(request, base_path)?;
        *asked = Asked::of(&call);
        let writes = !matches!(*request.method(), Method::GET | Method::HEAD) && !path.ends_with("/.search");
        let before = (self.keeps_previous && writes).then(|| state.tenants[tenant].store.clone());
        let base = self.base(state, tenant);
        let reply = self.service(state, tenant, &base).answer(call)?;
        if before.is_some() {
            state.tenants[tenant].previous = before;
        }
        Ok(reply)
    }

    fn read(&self, request: &Request<Bytes>, base_path: &str) -> Result<Call, ScimError> {
        let inside = request.uri().path().strip_prefix(base_path).unwrap_or_default();
        let bulk = &self.profile.bulk;
        let is_bulk = inside.trim_matches('/') == "Bulk";
        if is_bulk && !bulk.supported {
            return Err(ScimError::plain(501, "/Bulk is not supported"));
        }
        let most = if is_bulk { bulk.max_payload } else { MAX_BODY };
        if request.body().len() > most {
            return Err(too_large(most));
        }
        let call = Call::from_http(request, base_path)?;
        let discovery =
            matches!(call, Call::ServiceProviderConfig | Call::ResourceTypes { .. } | Call::Schemas { .. });
        let query = request.uri().query().unwrap_or_default();
        if discovery && pairs(query).any(|(name, _)| name.eq_ignore_ascii_case("filter")) {
            return Err(ScimError::plain(403, "discovery takes no filter (RFC 7644 §4)"));
        }
        Ok(call)
    }

    /// How many seconds to wait, if the request is one too many.
    fn too_fast(&self, state: &mut State, request: &Request<Bytes>) -> Option<u64> {
        let windows = &self.profile.rate.windows;
        if !self.keeps_rates || windows.is_empty() {
            return None;
        }
        let now = state.world.clock.now();
        let writes = !matches!(*request.method(), Method::GET | Method::HEAD);
        let longest = windows.iter().map(|window| window.seconds).max().unwrap_or_default();
        let age = |time: &SystemTime| now.duration_since(*time).unwrap_or_default();
        while state.times.front().is_some_and(|(time, _)| age(time).as_secs() >= longest.into()) {
            state.times.pop_front();
        }
        for window in windows {
            let counts = |writes: bool| match window.of {
                RateScope::All => true,
                RateScope::Reads => !writes,
                RateScope::Writes => writes,
            };
            if !counts(writes) {
                continue;
            }
            let length = Duration::from_secs(window.seconds.into());
            let inside = state.times.iter().filter(|(time, writes)| counts(*writes) && age(time) < length);
            let count = inside.clone().count();
            if count >= window.operations as usize {
                let oldest = inside.map(|(time, _)| age(time)).max().unwrap_or_default();
                return Some((length.saturating_sub(oldest).as_secs()).max(1));
            }
        }
        state.times.push_back((now, writes));
        None
    }

    /// 401, unless the request has the credentials that are asked for.
    fn unauthorized(&self, state: &mut State, headers: &HeaderMap) -> Option<Response<Bytes>> {
        let challenges = self.access.refuses(headers, &state.tokens, &mut state.world)?;
        let mut reply = Reply::error(ScimError::plain(401, self.access.refusal()));
        self.quirks.reply(Asked::default(), &mut reply);
        vendor::dress(&self.profile, &mut reply);
        let mut response = reply.to_http();
        for challenge in challenges {
            response.headers_mut().append(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        self.quirks.response(&mut response);
        Some(response)
    }

    fn service<'a>(&'a self, state: &'a mut State, tenant: usize, base: &'a str) -> Service<'a> {
        let Tenant { store, cursors, .. } = &mut state.tenants[tenant];
        let world = &mut state.world;
        Service { provider: self, store, world, cursors, base, promised: HashMap::new(), own_id: None }
    }

    fn resource_type(&self, kind: Kind) -> &ResourceType {
        match kind {
            Kind::User => &self.user,
            Kind::Group => &self.group,
            Kind::Custom(index) => &self.custom[usize::from(index)],
        }
    }

    fn base(&self, state: &State, tenant: usize) -> String {
        let bound = || {
            let origin = state.bound.as_deref().unwrap_or("http://localhost");
            format!("{origin}{BASE_PATH}")
        };
        let base = self.base_url.clone().unwrap_or_else(bound);
        let Some(name) = tenant.checked_sub(1).and_then(|index| self.tenants.get(index)) else { return base };
        let origin = base.strip_suffix(BASE_PATH).unwrap_or(&base);
        format!("{origin}{TENANTS_PATH}{name}{BASE_PATH}")
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

fn log(state: &mut State, request: &Request<Bytes>, status: u16, fault: Option<String>) {
    if state.log.len() == LOG_LENGTH {
        state.log.pop_front();
    }
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned();
    state.log.push_back(Logged { method: request.method().clone(), target, status, fault });
}

fn too_large(most: usize) -> ScimError {
    ScimError::plain(413, format!("the body has more than {most} bytes"))
}

/// What a proxy in front of a dead server says.
fn html(status: u16) -> Response<Bytes> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let title = status.canonical_reason().unwrap_or("Error");
    let page = format!("<!DOCTYPE html><html><body><h1>{} {title}</h1></body></html>", status.as_u16());
    let mut response = Response::new(Bytes::from(page));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}

fn is_discovery(path: &str) -> bool {
    let inside = path.split_once(BASE_PATH).map_or(path, |(_, inside)| inside);
    ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"].iter().any(|name| inside.starts_with(name))
}

/// The methods that a path has, by its shape.
fn allow(path: &str) -> &'static str {
    let inside = path.split_once(BASE_PATH).map_or(path, |(_, inside)| inside);
    let segments: Vec<&str> = inside.split('/').filter(|segment| !segment.is_empty()).collect();
    match segments.as_slice() {
        ["ServiceProviderConfig" | "ResourceTypes" | "Schemas", ..] => "GET",
        [.., ".search"] | ["Bulk"] => "POST",
        ["Me"] => "GET, POST, PUT, PATCH, DELETE",
        [_] => "GET, POST",
        _ => "GET, PUT, PATCH, DELETE",
    }
}

const LOG_LENGTH: usize = 1000;
/// Before the name of a tenant.
const TENANTS_PATH: &str = "/tenants/";
