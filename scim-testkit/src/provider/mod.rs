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
//! Not supported: password rules.

mod access;
mod builder;
mod bulk;
mod control;
mod cursor;
mod defect;
mod discovery;
#[cfg(feature = "sqlite")]
mod disk;
#[cfg(feature = "sqlite")]
#[cfg(test)]
mod disk_tests;
pub mod faults;
mod hooks;
mod journal;
mod limits;
mod list;
mod personality;
mod render;
mod route;
mod seed;
mod service;
mod settle;
mod store;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_protocol;
mod vendor;
#[cfg(test)]
mod vendor_tests;
mod world;
mod written;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use scim_core::{
    call::Call,
    error::ScimError,
    patch::Tolerances,
    query::pairs,
    reply::Reply,
    schema::ResourceType,
    vendor::{Discovery, Profile},
};
use secrecy::SecretString;
use serde_json::Value;

use self::{
    access::{Access, Tokens},
    cursor::Cursors,
    faults::{Effect, Faults, Strike},
    hooks::{Asked, Quirks},
    journal::{Answered, Journal},
    route::is_discovery,
    service::Service,
    store::{Kind, Store},
};
pub use self::{
    access::{OAuthClient, TOKEN_PATH},
    builder::{BuildError, Builder},
    control::{CONTROL_PATH, Control, ControlError, SignIn},
    defect::{Defect, Liberty},
    journal::{By, Change, Difference, Entry},
    route::BASE_PATH,
    seed::{Seed, Seeded},
    world::{Clock, IdSource, World},
};

#[cfg(feature = "ui")]
pub(crate) use self::control::{Look, SeenGroup, SeenUser};

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
    watchers: RwLock<Vec<Watcher>>,
    state: Mutex<State>,
}

/// Told of each new entry of the journal.
type Watcher = Box<dyn Fn(u64) + Send + Sync>;

struct State {
    /// The one at [`BASE_PATH`], then the named ones.
    tenants: Vec<Tenant>,
    world: World,
    tokens: Tokens,
    faults: Faults,
    /// Where a socket server listens, such as `http://127.0.0.1:8080`.
    bound: Option<String>,
    journal: Journal,
    /// When the latest requests came, and whether each writes; for rates.
    times: VecDeque<(SystemTime, bool)>,
    /// The file that keeps it all, if one does.
    #[cfg(feature = "sqlite")]
    disk: Option<disk::Disk>,
}

/// What one tenant has.
#[derive(Default)]
struct Tenant {
    store: Store,
    cursors: Cursors,
    /// What was stored before the latest write, for stale reads.
    previous: Option<Store>,
    told: Told,
    /// The address, once it was asked for.
    base: OnceLock<Arc<str>>,
}

/// What somebody at the vendor has said, beside the profile.
#[derive(Clone, Debug, Default)]
struct Told {
    /// Domains that were verified since, in lower case.
    domains: HashSet<String>,
    /// User names that belong to other organizations' accounts, in lower case.
    foreign: HashSet<String>,
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

impl Provider {
    /// An empty provider that asks for no credentials.
    #[must_use]
    pub fn new(profile: Profile, world: World) -> Self {
        Self {
            tolerances: profile.tolerances(),
            access: Access::default(),
            quirks: Quirks { defects: vendor::defects(&profile), ..Quirks::default() },
            user: profile.user_type(),
            group: ResourceType::group(),
            custom: Vec::new(),
            base_url: None,
            me: None,
            tenants: Vec::new(),
            keeps_previous: false,
            keeps_rates: false,
            watchers: RwLock::default(),
            profile,
            state: Mutex::new(State {
                tenants: vec![Tenant::default()],
                world,
                tokens: Tokens::default(),
                faults: Faults::new(Vec::new(), 0),
                bound: None,
                journal: Journal::default(),
                times: VecDeque::new(),
                #[cfg(feature = "sqlite")]
                disk: None,
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
    pub fn with_base_url(mut self, base_url: impl Into<String>) -> Self {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        state.tenants.iter_mut().for_each(|tenant| drop(tenant.base.take()));
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
        self.base(&self.lock(), 0).to_string()
    }

    /// The address of a tenant; `None` if there is none of that name.
    #[must_use]
    pub fn tenant_url(&self, tenant: &str) -> Option<String> {
        let index = self.tenants.iter().position(|known| known == tenant)?;
        Some(self.base(&self.lock(), index + 1).to_string())
    }

    /// Answers a request at once. Of faults, only what they do to the response is seen; [`Provider::answer`] has all.
    pub fn handle(&self, request: &Request<Bytes>) -> Response<Bytes> {
        self.answer(request).response
    }

    /// Answers a request, and says how long the answer takes and where it breaks off.
    pub fn answer(&self, request: &Request<Bytes>) -> Answer {
        let mut state = self.lock();
        let began = state.world.peek();
        let (tenant, base) = self.route(request.uri().path()).unwrap_or((0, ""));
        let path = request.uri().path().strip_prefix(base).unwrap_or_default();
        let Strike { delay, effect, name } = state.faults.strike(request.method(), path);
        let mut cut = None;
        let mut response = match effect {
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
        let changes = self.keep(&mut state, tenant).unwrap_or_else(|error| {
            response = Reply::error(error).to_http();
            Vec::new()
        });
        let status = if cut == Some(Cut::Head) { 0 } else { response.status().as_u16() };
        let took = state.world.peek().duration_since(began).unwrap_or_default() + delay;
        let tenant = self.tenant_name(tenant);
        state.journal.add(Answered {
            by: By::Scim,
            at: began,
            took,
            tenant,
            request,
            response: &response,
            status,
            fault: name,
            changes,
        });
        self.tell(state);
        Answer { response, delay, cut }
    }

    /// What a request changed, once it is safe.
    ///
    /// # Errors
    /// It cannot be kept, and was taken back.
    fn keep(&self, state: &mut State, tenant: usize) -> Result<Vec<Change>, ScimError> {
        let changes = state.tenants[tenant].store.take_changes();
        #[cfg(feature = "sqlite")]
        self.save(state, tenant, &changes)?;
        let told = |change: store::Change| {
            let kind = change.after.as_ref().or(change.before.as_ref())?.kind;
            journal::change(&self.resource_type(kind).name, change)
        };
        Ok(changes.into_iter().filter_map(told).collect())
    }

    /// Lets those who watch know of a new entry of the journal.
    fn tell(&self, state: MutexGuard<'_, State>) {
        let last = state.journal.last();
        drop(state);
        let watchers = self.watchers.read().unwrap_or_else(PoisonError::into_inner);
        watchers.iter().for_each(|watcher| watcher(last));
    }

    /// The latest requests and acts, oldest first; a thousand at most.
    #[must_use]
    pub fn journal(&self) -> Vec<Entry> {
        self.journal_after(0)
    }

    /// As [`Provider::journal`], but only entries with a higher number.
    #[must_use]
    pub fn journal_after(&self, number: u64) -> Vec<Entry> {
        self.lock().journal.after(number)
    }

    /// Calls this after each entry of the journal, with its number.
    pub fn watch(&self, watcher: impl Fn(u64) + Send + Sync + 'static) {
        self.watchers.write().unwrap_or_else(PoisonError::into_inner).push(Box::new(watcher));
    }

    /// What somebody at the vendor can do, in the tenant at [`BASE_PATH`].
    pub fn control(&self) -> Control<'_> {
        Control::new(self, 0)
    }

    /// As [`Provider::control`], in a tenant; `None` if there is none of that name.
    pub fn control_of(&self, tenant: &str) -> Option<Control<'_>> {
        let index = self.tenants.iter().position(|known| known == tenant)?;
        Some(Control::new(self, index + 1))
    }

    /// Every stored resource, hidden ones too, in the order of creation and without passwords.
    #[must_use]
    pub fn snapshot(&self) -> Vec<Value> {
        self.control().snapshot()
    }

    /// The resource types that it has.
    #[must_use]
    pub fn resource_types(&self) -> Vec<&ResourceType> {
        let kinds = [(&self.user, &self.profile.user.ops), (&self.group, &self.profile.group.ops)];
        let built_in = kinds.into_iter().filter(|(_, ops)| !ops.is_empty()).map(|(kind, _)| kind);
        built_in.chain(&self.custom).collect()
    }

    /// Most bytes of a body that are worth reading.
    #[cfg(feature = "server")]
    pub(crate) fn most_body(&self) -> usize {
        MAX_BODY.max(self.profile.bulk.max_payload)
    }

    /// Notes something that was no HTTP, and was refused.
    #[cfg(feature = "server")]
    pub(crate) fn note_unreadable(&self, line: &str) {
        let mut state = self.lock();
        let at = state.world.peek();
        state.journal.add_unreadable(at, line);
        self.tell(state);
    }

    /// The answer to a request whose body was too large to be read.
    #[cfg(feature = "server")]
    pub(crate) fn handle_oversized(&self, head: &Request<Bytes>) -> Answer {
        let mut state = self.lock();
        let response = self
            .unauthorized(&mut state, head.headers())
            .unwrap_or_else(|| Reply::error(too_large(self.most_body())).to_http());
        let tenant = self.route(head.uri().path()).map_or(0, |(tenant, _)| tenant);
        let (at, status) = (state.world.peek(), response.status().as_u16());
        state.journal.add(Answered {
            by: By::Scim,
            at,
            took: Duration::ZERO,
            tenant: self.tenant_name(tenant),
            request: head,
            response: &response,
            status,
            fault: None,
            changes: Vec::new(),
        });
        self.tell(state);
        Answer { response, delay: Duration::ZERO, cut: None }
    }

    fn respond(&self, state: &mut State, request: &Request<Bytes>) -> Response<Bytes> {
        if request.method() == Method::HEAD {
            // RFC 9110 §9.3.2: as GET, without the body.
            let mut get = request.clone();
            *get.method_mut() = Method::GET;
            let mut response = self.respond(state, &get);
            let length = std::mem::take(response.body_mut()).len();
            response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
            return response;
        }
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
        let renamed = vendor::request(&self.profile, request);
        let request = renamed.as_ref().unwrap_or(request);
        let public =
            self.profile.service.discovery == Discovery::Public && is_discovery(request.uri().path());
        if let Some(response) = self.unauthorized(state, request.headers()).filter(|_| !public) {
            return response;
        }
        let changed = self.quirks.request(request);
        let request = changed.as_ref().unwrap_or(request);
        let mut asked = Asked::default();
        let mut reply = self.reply(state, request, &mut asked).unwrap_or_else(Reply::error);
        self.quirks.reply(asked, &mut reply);
        vendor::dress(&self.profile, &mut reply);
        let mut response = reply.to_http();
        if reply.status == 405 {
            // RFC 9110 §15.5.6 demands it.
            if let Ok(allow) = HeaderValue::try_from(self.allow(request.uri().path())) {
                response.headers_mut().insert(header::ALLOW, allow);
            }
        }
        vendor::label(&self.profile, &mut response);
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
        let own = self.profile.for_request(request.headers());
        let reply = Service { profile: own, ..self.service(state, tenant, &base) }.answer(call)?;
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
        let Tenant { store, cursors, told, .. } = &mut state.tenants[tenant];
        let world = &mut state.world;
        let (profile, promised) = (&self.profile, HashMap::new());
        Service { provider: self, profile, store, world, cursors, told, base, promised, own_id: None }
    }

    fn resource_type(&self, kind: Kind) -> &ResourceType {
        match kind {
            Kind::User => &self.user,
            Kind::Group => &self.group,
            Kind::Custom(index) => &self.custom[usize::from(index)],
        }
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
