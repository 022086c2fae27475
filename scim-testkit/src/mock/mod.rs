//! A mock SCIM server for the tests of a SCIM client, with a look inside.
//!
//! There are three doors to it, and it behaves the same behind each:
//!
//! * in memory, without a socket: [`MockScim::service`] is a tower service;
//! * on a free port of its own, [`MockScim::start`] (feature `server`);
//! * under a `wiremock::MockServer`, beside other mocks (feature `wiremock`).
//!
//! ```
//! use bytes::Bytes;
//! use http::Request;
//! use scim_testkit::MockScim;
//!
//! let mock = MockScim::vendor("hubspot");
//! # let client_under_test = |mock: &MockScim| {
//! #     let body = r#"{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada@example.com", "title": "Sales Rep"}"#;
//! #     mock.provider().handle(&Request::post("/scim/v2/Users").body(Bytes::from(body)).expect("it is valid"));
//! # };
//! client_under_test(&mock);
//! mock.expect("POST", "/Users").status(201).once();
//! mock.expect("DELETE", "*").never();
//! mock.expect_user("ada@example.com").active().has("roles[0].value", "Sales Rep");
//! assert_eq!(mock.users().len(), 1);
//! ```
//!
//! Each mock is a world of its own, so tests may run at the same moment; nothing is global. Functions here panic where
//! a test should fail, with a text that says what was asked and what was seen.

mod expect;
#[cfg(test)]
mod tests;

#[cfg(feature = "server")]
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use scim_core::{
    resource::{Group, User, lenient},
    vendor::Profile,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use self::expect::{Expectation, UserExpectation};
#[cfg(feature = "server")]
use crate::serve::Server;
use crate::{
    provider::{Control, Entry, Provider, World},
    serve::ProviderService,
};

/// A mock SCIM server; see [the module](self).
#[derive(Debug)]
pub struct MockScim {
    provider: Arc<Provider>,
    #[cfg(feature = "server")]
    server: Option<Server>,
}

impl MockScim {
    /// One that does what identity providers need, in memory: the profile `interop`.
    #[must_use]
    pub fn new() -> Self {
        Self::vendor("interop")
    }

    /// One that behaves as a vendor does, in memory: the name of a profile, such as `hubspot` or `hubspot@roles`.
    ///
    /// # Panics
    /// There is no such profile.
    #[must_use]
    #[track_caller]
    pub fn vendor(name: &str) -> Self {
        let Some(profile) = Profile::builtin(name) else {
            let known: Vec<&str> = Profile::names().collect();
            panic!("there is no profile {name:?}; there are {}", known.join(", "));
        };
        Self::from(Provider::new(profile, World::deterministic()))
    }

    /// As [`MockScim::new`], on a free port of the loopback interface.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use scim_testkit::MockScim;
    ///
    /// let mock = MockScim::start().await;
    /// assert!(mock.url().starts_with("http://127.0.0.1:"));
    /// # }
    /// ```
    ///
    /// # Panics
    /// No port is free.
    #[cfg(feature = "server")]
    pub async fn start() -> Self {
        Self::new().listen().await
    }

    /// Also answers on a free port of the loopback interface, until it is dropped.
    ///
    /// # Panics
    /// No port is free.
    #[cfg(feature = "server")]
    #[must_use]
    pub async fn listen(self) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        match Server::start(Arc::clone(&self.provider), address).await {
            Ok(server) => Self { server: Some(server), ..self },
            Err(error) => panic!("cannot listen on the loopback interface: {error}"),
        }
    }

    /// Stops to listen, once the requests that are under way are answered. What is stored stays.
    #[cfg(feature = "server")]
    #[must_use]
    pub async fn close(mut self) -> Self {
        if let Some(server) = self.server.take() {
            // A socket that failed has no more requests, which is what was wanted.
            let _ = server.stop().await;
        }
        self
    }

    /// The base URL to ask at; `http://localhost/scim/v2` for one that is only in memory.
    #[must_use]
    pub fn url(&self) -> String {
        #[cfg(feature = "server")]
        if let Some(server) = &self.server {
            return server.url();
        }
        self.provider.base_url()
    }

    /// What answers: a tower service that needs no socket, and, with the feature `wiremock`, a `wiremock::Respond`.
    #[must_use]
    pub fn service(&self) -> ProviderService {
        ProviderService(Arc::clone(&self.provider))
    }

    /// The provider itself.
    #[must_use]
    pub fn provider(&self) -> &Provider {
        &self.provider
    }

    /// What happens at the vendor outside of SCIM: invitations, administrators, sign-ins, the clock.
    #[must_use]
    pub fn control(&self) -> Control<'_> {
        self.provider.control()
    }

    /// The stored users, hidden ones too, in the order of creation and without passwords.
    ///
    /// # Panics
    /// A defect of the mock shows one in a form that cannot be read; [`Provider::snapshot`] has it as it is.
    #[must_use]
    pub fn users(&self) -> Vec<User> {
        self.stored("User")
    }

    /// The stored groups, in the order of creation.
    #[must_use]
    pub fn groups(&self) -> Vec<Group> {
        self.stored("Group")
    }

    /// The latest requests and acts, oldest first; a thousand at most.
    #[must_use]
    pub fn journal(&self) -> Vec<Entry> {
        self.provider.journal()
    }

    /// Begins to say which requests must have come: the method, or `*` for any; the path below the base URL, in which
    /// `*` is any text. A method such as [`Expectation::once`] ends it, and looks.
    ///
    /// ```
    /// use scim_testkit::MockScim;
    ///
    /// let mock = MockScim::new();
    /// mock.expect("*", "/Users/*").never();
    /// ```
    pub fn expect(&self, method: &str, path: &str) -> Expectation<'_> {
        Expectation::new(self, method, path)
    }

    /// Begins to say what must be stored of the user with this `userName`, in any letter case.
    #[must_use]
    pub fn expect_user(&self, user_name: &str) -> UserExpectation<'_> {
        UserExpectation::new(self, user_name)
    }

    fn stored<T: DeserializeOwned>(&self, resource_type: &str) -> Vec<T> {
        let all = self.provider.snapshot();
        let wanted = all.iter().filter(|one| kind(one) == resource_type);
        // What a defect of the mock left without its type is read as what it means; to leave it out would be a lie.
        let read = |one: &Value| lenient::from_value(one).unwrap_or_else(|error| panic!("{error}: {one}"));
        wanted.map(read).collect()
    }
}

/// Name of the resource type.
fn kind(resource: &Value) -> &str {
    resource["meta"]["resourceType"].as_str().unwrap_or_default()
}

impl Default for MockScim {
    fn default() -> Self {
        Self::new()
    }
}

impl From<Provider> for MockScim {
    /// A mock with credentials, tenants or faults of its own; [`Provider::builder`] sets them up.
    fn from(provider: Provider) -> Self {
        Self {
            provider: Arc::new(provider),
            #[cfg(feature = "server")]
            server: None,
        }
    }
}
