//! What happens at the vendor outside of SCIM: an invitation is accepted, a domain verified, an account edited by an
//! administrator; and what a test wants of a mock: a fresh start, many users, a later time.

mod http;
#[cfg(feature = "ui")]
mod look;
#[cfg(test)]
mod tests;

use std::time::Duration;

use ::http::{Request, Response, StatusCode};
use bytes::Bytes;
use scim_core::{
    call::encode,
    error::ScimError,
    json,
    patch::{self, Tolerances},
    project::Projection,
    urn,
    vendor::EditElsewhere,
};
use secrecy::SecretString;
use serde_json::{Map, Value, json};

pub use self::http::CONTROL_PATH;
#[cfg(feature = "ui")]
pub(crate) use self::look::{Look, SeenGroup, SeenUser};
use super::{
    BASE_PATH, Provider, State, Tenant,
    cursor::Cursors,
    journal::{Answered, By},
    personality,
    seed::{Seed, Seeded},
    service::{Service, unmanaged_user},
    store::{Kind, Record},
    vendor,
};

/// The acts of one tenant's people; [`Provider::control`] gives it. Each is an entry of the journal.
///
/// Where a file keeps what is stored (`Builder::db`) and cannot be written, an act changes nothing and the entry says
/// 500.
///
/// ```
/// use scim_core::vendor::Profile;
/// use scim_testkit::provider::{Provider, World};
/// use serde_json::json;
///
/// let provider = Provider::new(Profile::builtin("bitwarden").expect("it is built in"), World::deterministic());
/// let id = provider.control().add_user("ada@example.com");
/// assert_eq!(provider.control().account_state(&id).as_deref(), Some("invited"));
/// assert_eq!(provider.control().advance_account(&id).as_deref(), Some("accepted"));
/// assert!(provider.control().edit(&id, "title", json!("Countess")).is_ok());
/// assert_eq!(provider.journal().len(), 3);
/// ```
#[derive(Clone, Copy)]
pub struct Control<'a> {
    provider: &'a Provider,
    tenant: usize,
}

/// Why an act of the [`Control`] changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// No resource has that id.
    #[error("there is no resource {0}")]
    NotFound(String),
    /// SCIM manages the user, and the vendor locks such users.
    #[error("{0} is managed by SCIM and locked elsewhere")]
    Locked(String),
    /// The attribute or its value is wrong, or the vendor refuses it.
    #[error("{}", .0.detail)]
    Invalid(ScimError),
    /// The vendor, or this mock of it, has no such thing.
    #[error("{0}")]
    NotOffered(String),
}

/// What a sign-in led to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignIn {
    /// There is an account, with this id.
    Known(String),
    /// An account was made for it, with this id: provisioning just in time.
    Created(String),
    /// The account with this id is inactive.
    Refused(String),
    /// There is no account, and the vendor makes none.
    Unknown,
}

impl<'a> Control<'a> {
    pub(super) fn new(provider: &'a Provider, tenant: usize) -> Self {
        Self { provider, tenant }
    }

    /// Forgets everything that was stored or told since the start, the tenant's part of the journal too. Numbers of the
    /// journal, ids, the clock and faults go on.
    pub fn reset(&self) {
        let _ = self.try_reset();
    }

    fn try_reset(&self) -> Result<(), ControlError> {
        self.act("POST", "/reset", Value::Null, |_, state| {
            let Tenant { store, cursors, previous, told, .. } = &mut state.tenants[self.tenant];
            store.clear();
            (*previous, *told) = (None, super::Told::default());
            *cursors = match self.tenant {
                0 => Cursors::default(),
                tenant => Cursors::of_tenant(tenant),
            };
            let name = self.provider.tenant_name(self.tenant);
            state.journal.clear(name.as_deref());
            Ok(())
        })
    }

    /// Adds generated users and groups, the same for the same numbers; see [`Seed`].
    ///
    /// # Errors
    /// The vendor refuses them, or has no groups.
    pub fn seed(&self, seed: Seed) -> Result<Seeded, ControlError> {
        let told = json!({"users": seed.users, "groups": seed.groups});
        self.act("POST", "/seed", told, |this, state| this.service(state, |service| service.seed(seed)))
    }

    /// Adds a person whom the vendor knows from elsewhere; SCIM does not manage them. Returns the id.
    pub fn add_user(&self, user_name: &str) -> String {
        self.try_add_user(user_name).unwrap_or_default()
    }

    fn try_add_user(&self, user_name: &str) -> Result<String, ControlError> {
        self.act("POST", "/users", json!({ "userName": user_name }), |this, state| {
            this.service(state, |service| Ok(service.insert(Kind::User, unmanaged_user(user_name), false)))
        })
    }

    /// Says that an account of another organization has this user name; some vendors then refuse to create it.
    pub fn add_foreign_user(&self, user_name: &str) {
        let _ = self.try_add_foreign_user(user_name);
    }

    fn try_add_foreign_user(&self, user_name: &str) -> Result<(), ControlError> {
        self.act("POST", "/foreign", json!({ "userName": user_name }), |_, state| {
            state.tenants[self.tenant].told.foreign.insert(user_name.to_lowercase());
            Ok(())
        })
    }

    /// Verifies an e-mail domain, beside those of the profile's tenant.
    pub fn verify_domain(&self, domain: &str) {
        let _ = self.try_verify_domain(domain);
    }

    fn try_verify_domain(&self, domain: &str) -> Result<(), ControlError> {
        self.act("POST", "/domains", json!({ "domain": domain }), |_, state| {
            state.tenants[self.tenant].told.domains.insert(domain.to_lowercase());
            Ok(())
        })
    }

    /// Sets an attribute as an administrator would in the vendor's own screens; `null` takes it away.
    ///
    /// # Errors
    /// See [`ControlError`].
    pub fn edit(&self, id: &str, attribute: &str, value: Value) -> Result<(), ControlError> {
        let told = json!({ attribute: value });
        self.act("PATCH", &format!("/resources/{}", encode(id)), told, |this, state| {
            let record = this.unlocked(state, id)?;
            let operation = match value {
                Value::Null => json!({"op": "remove", "path": attribute}),
                value => json!({"op": "replace", "path": attribute, "value": value}),
            };
            let message = json!({"schemas": [urn::PATCH_OP], "Operations": [operation]});
            let on_screen = vendor::on_screen(&this.provider.profile);
            let resource_type = match record.kind {
                Kind::User => &on_screen,
                kind => this.provider.resource_type(kind),
            };
            let mut whole = record.data;
            whole.insert("id".to_owned(), id.into());
            let edited = patch::apply(&whole, &message, resource_type, &Tolerances::strict());
            let mut data = edited.map_err(ControlError::Invalid)?.resource;
            data.shift_remove("id");
            this.service(state, |service| {
                service.store_changed(id, data);
                Ok(())
            })
        })
    }

    /// Removes a resource as an administrator would in the vendor's own screens.
    ///
    /// # Errors
    /// See [`ControlError`].
    pub fn delete(&self, id: &str) -> Result<(), ControlError> {
        self.act("DELETE", &format!("/resources/{}", encode(id)), Value::Null, |this, state| {
            this.unlocked(state, id)?;
            state.tenants[this.tenant].store.remove(id);
            Ok(())
        })
    }

    /// The state of an account as the vendor calls it, such as `invited`; `None` if there is none, or the profile has
    /// no `life.states`.
    #[must_use]
    pub fn account_state(&self, id: &str) -> Option<String> {
        let state = self.provider.lock();
        let record = state.tenants[self.tenant].store.get(id)?;
        self.provider.state_of(record)
    }

    /// The next step of an account on its way to be used, which somebody takes outside of SCIM: an invitation is
    /// accepted, or confirmed. Returns the state that follows; `None` as [`Control::account_state`].
    pub fn advance_account(&self, id: &str) -> Option<String> {
        self.try_advance(id).ok()
    }

    fn try_advance(&self, id: &str) -> Result<String, ControlError> {
        let last = self.provider.profile.life.states.len().saturating_sub(1);
        self.act("POST", &format!("/users/{}/advance", encode(id)), Value::Null, |this, state| {
            let store = &mut state.tenants[this.tenant].store;
            if let Some(record) = store.get_mut(id).filter(|record| record.is_active()) {
                record.step = (record.step + 1).min(last);
            }
            let record = store.get(id).ok_or_else(|| ControlError::NotFound(id.to_owned()))?;
            let none = "the vendor's accounts have no states";
            this.provider.state_of(record).ok_or_else(|| ControlError::NotOffered(none.to_owned()))
        })
    }

    /// Somebody signs in through single sign-on, with these attributes of SCIM, `userName` among them. Vendors that
    /// provision just in time make an account.
    ///
    /// # Errors
    /// `userName` is missing, or the vendor refuses the attributes.
    pub fn sign_in(&self, attributes: &Map<String, Value>) -> Result<SignIn, ControlError> {
        self.act("POST", "/sign-in", Value::Object(attributes.clone()), |this, state| {
            let missing = || ControlError::Invalid(ScimError::invalid_value("userName is missing"));
            let name = json::get(attributes, "userName").and_then(Value::as_str).ok_or_else(missing)?;
            let store = &mut state.tenants[this.tenant].store;
            let known = store.with_text(Kind::User, "userName", name).and_then(|mut found| found.next());
            if let Some(record) = known {
                let id = record.id.clone();
                return Ok(if record.is_active() { SignIn::Known(id) } else { SignIn::Refused(id) });
            }
            let made = personality::jit(&this.provider.profile, attributes).map_err(ControlError::Invalid)?;
            let Some(data) = made else { return Ok(SignIn::Unknown) };
            this.service(state, |service| {
                let id = service.insert(Kind::User, data, false);
                let group = &this.provider.profile.jit.group;
                if !group.is_empty() {
                    service.join(group, &id);
                }
                Ok(SignIn::Created(id))
            })
        })
    }

    /// A new bearer token, which is good at once. The one before no longer is, unless the vendor has it otherwise.
    ///
    /// # Errors
    /// The mock asks for no bearer token.
    pub fn rotate_token(&self) -> Result<SecretString, ControlError> {
        self.act("POST", "/token", Value::Null, |this, state| {
            if this.provider.access.token.is_none() {
                return Err(ControlError::NotOffered("the mock asks for no bearer token".to_owned()));
            }
            let rotation = this.provider.profile.auth.rotate;
            Ok(state.tokens.rotate(&mut state.world, rotation))
        })
    }

    /// Puts the clock forward, for all tenants: tokens, cursors and rates expire.
    pub fn advance_clock(&self, by: Duration) {
        let _ = self.try_advance_clock(by);
    }

    fn try_advance_clock(&self, by: Duration) -> Result<(), ControlError> {
        self.act("POST", "/clock", json!({ "seconds": by.as_secs_f64() }), |_, state| {
            state.world.advance(by);
            Ok(())
        })
    }

    /// Every stored resource, hidden ones too, in the order of creation and without passwords.
    #[must_use]
    pub fn snapshot(&self) -> Vec<Value> {
        let mut state = self.provider.lock();
        self.shown(&mut state, |_| true).into_iter().map(|(_, shown)| shown).collect()
    }

    /// The `displayName` of each group and the ids of its members, which some vendors never show.
    #[must_use]
    pub fn members_by_group(&self) -> Vec<(String, Vec<String>)> {
        let state = self.provider.lock();
        let groups = state.tenants[self.tenant].store.of(Kind::Group);
        let told = groups.map(|group| {
            let name = group.text("displayName").unwrap_or_default().to_owned();
            (name, group.member_ids().map(str::to_owned).collect())
        });
        told.collect()
    }

    /// What is stored, as it is shown, beside the record itself.
    fn shown(&self, state: &mut State, wanted: impl Fn(&Record) -> bool) -> Vec<(Record, Value)> {
        let base = self.provider.base(state, self.tenant);
        let service = self.provider.service(state, self.tenant, &base);
        let records = service.store.all().filter(|record| !record.ghost && wanted(record));
        let show = |record: &Record| {
            // Whoever looks at all of a large store need not have all members copied twice.
            (
                Record { data: Map::new(), overlay: Map::new(), id: record.id.clone(), ..*record },
                Value::Object(service.show(record, &Projection::default())),
            )
        };
        records.map(show).collect()
    }

    /// The record, if somebody outside of SCIM may change it.
    fn unlocked(&self, state: &State, id: &str) -> Result<Record, ControlError> {
        let record = state.tenants[self.tenant].store.get(id);
        let record = record.ok_or_else(|| ControlError::NotFound(id.to_owned()))?;
        let locks = self.provider.profile.user.edit_elsewhere == EditElsewhere::Locked;
        if locks && record.managed && record.kind == Kind::User {
            return Err(ControlError::Locked(id.to_owned()));
        }
        Ok(record.clone())
    }

    fn service<T>(
        &self,
        state: &mut State,
        act: impl FnOnce(&mut Service<'_>) -> Result<T, ControlError>,
    ) -> Result<T, ControlError> {
        let base = self.provider.base(state, self.tenant);
        act(&mut self.provider.service(state, self.tenant, &base))
    }

    /// Does something, and writes it into the journal.
    fn act<T>(
        &self,
        method: &str,
        path: &str,
        body: Value,
        act: impl FnOnce(&Self, &mut State) -> Result<T, ControlError>,
    ) -> Result<T, ControlError> {
        let mut state = self.provider.lock();
        let at = state.world.peek();
        let mut done = act(self, &mut state);
        let changes = match self.provider.keep(&mut state, self.tenant) {
            Ok(changes) => changes,
            Err(error) => {
                done = Err(ControlError::Invalid(error));
                Vec::new()
            }
        };
        let status = done.as_ref().err().map_or(200, ControlError::status);
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let target = format!("{CONTROL_PATH}{path}");
        let request = Request::builder().method(method).uri(target).body(body).unwrap_or_default();
        let mut response = Response::new(Bytes::new());
        if let Err(error) = &done {
            *response.body_mut() = Bytes::from(json!({"error": error.to_string()}).to_string());
        }
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        let tenant = self.provider.tenant_name(self.tenant);
        state.journal.add(Answered {
            by: By::Control,
            at,
            took: Duration::ZERO,
            tenant,
            request: &request,
            response: &response,
            status,
            fault: None,
            changes,
        });
        self.provider.tell(state);
        done
    }
}

impl ControlError {
    fn status(&self) -> u16 {
        match self {
            Self::NotFound(_) => 404,
            Self::Locked(_) | Self::NotOffered(_) => 409,
            Self::Invalid(error) => error.status,
        }
    }
}

impl Provider {
    fn state_of(&self, record: &Record) -> Option<String> {
        let life = &self.profile.life;
        let step = life.states.get(record.step.min(life.states.len().saturating_sub(1)))?;
        let state = if record.is_active() { step } else { &life.off_state };
        (record.kind == Kind::User).then(|| state.clone())
    }
}

impl std::fmt::Debug for Control<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control")
            .field("base", &BASE_PATH)
            .field("tenant", &self.provider.tenant_name(self.tenant))
            .finish()
    }
}
