//! Describing a provider: credentials, resource types, tenants, faults.

use std::sync::Arc;

use scim_core::{
    resource::ResourceTypeInfo,
    schema::{Extension, ResourceType, Schema, SchemaError, builtin},
    vendor::Profile,
};
use secrecy::SecretString;
use serde_json::Value;

use super::{
    Defect, Liberty, OAuthClient, Provider, Tenant, World,
    cursor::Cursors,
    faults::{Fault, Faults},
};

/// A provider in the making; [`Provider::builder`] starts one.
///
/// ```
/// use bytes::Bytes;
/// use http::Request;
/// use scim_testkit::provider::Provider;
/// use serde_json::json;
///
/// let badge = json!({
///     "id": "urn:example:params:scim:schemas:core:2.0:Badge",
///     "attributes": [{"name": "serial", "required": true, "uniqueness": "server"}],
/// });
/// let badges = json!({"name": "Badge", "endpoint": "/Badges", "schema": "urn:example:params:scim:schemas:core:2.0:Badge"});
/// let provider = Provider::builder().schema(badge).resource_type(badges).build()?;
/// let body = r#"{"schemas": ["urn:example:params:scim:schemas:core:2.0:Badge"], "serial": "7"}"#;
/// let request = Request::post("/scim/v2/Badges").body(Bytes::from(body))?;
/// assert_eq!(provider.handle(&request).status(), 201);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
#[must_use]
pub struct Builder {
    profile: Option<Profile>,
    world: Option<World>,
    token: Option<SecretString>,
    basic: Option<(String, SecretString)>,
    oauth: Option<OAuthClient>,
    base_url: Option<String>,
    me: Option<String>,
    tenants: Vec<String>,
    schemas: Vec<Value>,
    resource_types: Vec<Value>,
    faults: Vec<Fault>,
    seed: u64,
    rate_limits: bool,
    defects: Vec<Defect>,
    liberties: Vec<Liberty>,
    #[cfg(feature = "sqlite")]
    db: Option<std::path::PathBuf>,
}

/// Why [`Builder::build`] made nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A schema document does not read.
    #[error("schema {id}: {error}")]
    Schema {
        /// Its id, or its position, such as `#1`.
        id: String,
        /// What is wrong.
        error: SchemaError,
    },
    /// A resource type document does not read, or names a schema that is not there.
    #[error("resource type {name}: {why}")]
    ResourceType {
        /// Its name, or its position, such as `#1`.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// The name of a tenant cannot be part of a path, or is there twice.
    #[error("tenant {0:?}: a name has letters, digits, `-`, `_` and `.`, and is there once")]
    Tenant(String),
    /// The file of [`Builder::db`] cannot be used.
    #[cfg(feature = "sqlite")]
    #[error("{}: {why}", path.display())]
    Db {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong, and what to do.
        why: String,
    },
}

impl Builder {
    /// How it behaves; `interop` unless set.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = Some(profile);
        self
    }

    /// Its clock and ids; [`World::deterministic`] unless set.
    pub fn world(mut self, world: World) -> Self {
        self.world = Some(world);
        self
    }

    /// Takes this bearer token.
    pub fn token(mut self, token: impl Into<SecretString>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Takes this user and password (RFC 7617).
    pub fn basic(mut self, user: impl Into<String>, password: impl Into<SecretString>) -> Self {
        self.basic = Some((user.into(), password.into()));
        self
    }

    /// Gives tokens to this client at [`super::TOKEN_PATH`], and takes them.
    pub fn oauth(mut self, client: OAuthClient) -> Self {
        self.oauth = Some(client);
        self
    }

    /// See [`Provider::with_base_url`].
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = Some(base_url.into());
        self
    }

    /// The `userName` of the user that credentials stand for: `/Me` is their resource (RFC 7644 §3.11). A POST at `/Me`
    /// creates it. Without one `/Me` answers 501.
    pub fn me(mut self, user_name: impl Into<String>) -> Self {
        self.me = Some(user_name.into());
        self
    }

    /// Adds a tenant with a store of its own, at `/tenants/{name}/scim/v2` (RFC 7644 §6). May be called again.
    pub fn tenant(mut self, name: impl Into<String>) -> Self {
        self.tenants.push(name.into());
        self
    }

    /// Adds a schema document (RFC 7643 §7). One that no resource type names extends `User`; one with the id of a
    /// built-in schema takes its place.
    pub fn schema(mut self, document: Value) -> Self {
        self.schemas.push(document);
        self
    }

    /// Adds a resource type document (RFC 7643 §6), as `/ResourceTypes` shows it. One that is called `User` or `Group`
    /// takes the place of that type.
    pub fn resource_type(mut self, document: Value) -> Self {
        self.resource_types.push(document);
        self
    }

    /// Adds a fault.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Decides the chances of faults; 0 unless set.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// See [`Provider::with_rate_limits`].
    pub fn rate_limits(mut self, kept: bool) -> Self {
        self.rate_limits = kept;
        self
    }

    /// Adds a defect.
    pub fn defect(mut self, defect: Defect) -> Self {
        self.defects.push(defect);
        self
    }

    /// Adds a liberty.
    pub fn liberty(mut self, liberty: Liberty) -> Self {
        self.liberties.push(liberty);
        self
    }

    /// Keeps everything in this SQLite file, which is made if there is none, and goes on with what it holds (feature
    /// `sqlite`).
    ///
    /// What was answered survives the end of the process, a `SIGKILL` too; a power cut may take the last moments. A
    /// write that the file does not take is answered with 500, and changes nothing. One process at a time uses a file,
    /// with the same profile, at least the same tenants, and the resource types that it holds.
    ///
    /// What survives: resources in every detail but secrets, [`Control::verify_domain`](super::Control::verify_domain),
    /// [`Control::add_foreign_user`](super::Control::add_foreign_user), and how far
    /// [`Control::advance_clock`](super::Control::advance_clock) went. What does not: the journal, cursors, tokens that
    /// were given out or rotated, how often faults struck. Of passwords, and whatever else is `returned: never`, the
    /// file holds that there is one: after a restart, to set the same one again counts as a change.
    #[cfg(feature = "sqlite")]
    pub fn db(mut self, path: impl Into<std::path::PathBuf>) -> Self {
        self.db = Some(path.into());
        self
    }

    /// The provider, empty unless a file has something.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub fn build(self) -> Result<Provider, BuildError> {
        let profile = self
            .profile
            .unwrap_or_else(|| Profile::builtin("interop").expect("it ships with the vocabulary"));
        let mut provider = Provider::new(profile, self.world.unwrap_or_else(World::deterministic));
        provider.quirks.defects.extend(self.defects);
        provider.quirks.liberties = self.liberties;
        provider.keeps_rates = self.rate_limits;
        (provider.access.token, provider.access.basic) = (self.token, self.basic);
        provider.access.oauth = self.oauth;
        provider.me = self.me;
        if let Some(base_url) = self.base_url {
            provider = provider.with_base_url(base_url);
        }
        provider.keeps_previous = self.faults.iter().any(Fault::is_stale);
        let schemas = schemas(&self.schemas)?;
        resource_types(&mut provider, &schemas, &self.resource_types)?;
        for name in self.tenants {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            let dots = name.bytes().all(|byte| byte == b'.');
            if dots || !name.bytes().all(allowed) || provider.tenants.contains(&name) {
                return Err(BuildError::Tenant(name));
            }
            provider.tenants.push(name);
        }
        // Nobody else has seen the provider yet.
        let state = provider.state.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        state.faults = Faults::new(self.faults, self.seed);
        for tenant in 1..=provider.tenants.len() {
            let cursors = Cursors::of_tenant(tenant);
            state.tenants.push(Tenant { cursors, ..Tenant::default() });
        }
        #[cfg(feature = "sqlite")]
        if let Some(path) = self.db {
            provider.keep_in(path)?;
        }
        Ok(provider)
    }
}

fn schemas(documents: &[Value]) -> Result<Vec<Schema>, BuildError> {
    let read = |(index, document): (usize, &Value)| {
        Schema::from_json(document).map_err(|error| {
            let id = document["id"].as_str().map_or_else(|| format!("#{}", index + 1), str::to_owned);
            BuildError::Schema { id, error }
        })
    };
    documents.iter().enumerate().map(read).collect()
}

fn resource_types(
    provider: &mut Provider,
    schemas: &[Schema],
    documents: &[Value],
) -> Result<(), BuildError> {
    let built_in = [builtin::user(), builtin::enterprise_user(), builtin::group()];
    let mut known = schemas.to_vec();
    let is_new = |schema: &&Arc<Schema>| !schemas.iter().any(|own| own.id.eq_ignore_ascii_case(&schema.id));
    known.extend(built_in.iter().filter(is_new).map(|schema| Schema::clone(schema)));

    let mut named: Vec<String> = built_in.iter().map(|schema| schema.id.to_lowercase()).collect();
    let (mut has_user, mut has_group) = (false, false);
    for (index, document) in documents.iter().enumerate() {
        let wrong = |why: String| {
            let name = document["name"].as_str().map_or_else(|| format!("#{}", index + 1), str::to_owned);
            BuildError::ResourceType { name, why }
        };
        let info: ResourceTypeInfo =
            serde_json::from_value(document.clone()).map_err(|error| wrong(error.to_string()))?;
        for extension in &info.schema_extensions {
            let urn = extension.schema.as_deref().unwrap_or_default();
            if !known.iter().any(|schema| schema.id.eq_ignore_ascii_case(urn)) {
                return Err(wrong(format!("schemaExtensions: {urn:?} is not among the schemas")));
            }
        }
        let resource_type =
            ResourceType::from_discovery(&info, &known).map_err(|error| wrong(error.to_string()))?;
        named.push(resource_type.schema.id.to_lowercase());
        named.extend(resource_type.extensions.iter().map(|extension| extension.schema.id.to_lowercase()));
        match resource_type.name.as_str() {
            "User" => {
                has_user = true;
                provider.user = resource_type;
            }
            "Group" => {
                has_group = true;
                provider.group = resource_type;
            }
            _ => provider.custom.push(resource_type),
        }
    }
    // A document with a built-in id takes the place of the built-in one.
    for (resource_type, described) in [(&mut provider.user, has_user), (&mut provider.group, has_group)] {
        if !described {
            replace(&mut resource_type.schema, schemas);
            resource_type.extensions.iter_mut().for_each(|extension| replace(&mut extension.schema, schemas));
        }
    }
    for schema in schemas.iter().filter(|schema| !named.contains(&schema.id.to_lowercase())) {
        provider.user.extensions.push(Extension { schema: Arc::new(schema.clone()), required: false });
    }
    check_endpoints(provider)
}

fn replace(schema: &mut Arc<Schema>, by: &[Schema]) {
    if let Some(own) = by.iter().find(|own| own.id.eq_ignore_ascii_case(&schema.id)) {
        *schema = Arc::new(own.clone());
    }
}

fn check_endpoints(provider: &Provider) -> Result<(), BuildError> {
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for resource_type in [&provider.user, &provider.group].into_iter().chain(&provider.custom) {
        let ResourceType { name, endpoint, .. } = resource_type;
        let segment = endpoint.strip_prefix('/').unwrap_or_default();
        let why = if segment.is_empty() || segment.contains(['/', '?', '#', '%', ' ']) {
            "endpoint: it must be one segment of a path, such as /Badges"
        } else if RESERVED.contains(&segment) {
            "endpoint: SCIM has something else there"
        } else if seen.iter().any(|(other, taken)| other == name || *taken == segment) {
            "another resource type has the same name or endpoint"
        } else {
            seen.push((name, segment));
            continue;
        };
        return Err(BuildError::ResourceType { name: name.clone(), why: why.to_owned() });
    }
    if provider.custom.len() > usize::from(u16::MAX) {
        let why = "there are too many resource types".to_owned();
        return Err(BuildError::ResourceType { name: "#65536".to_owned(), why });
    }
    Ok(())
}

const RESERVED: &[&str] = &["Bulk", "Me", "ResourceTypes", "Schemas", "ServiceProviderConfig", ".search"];
