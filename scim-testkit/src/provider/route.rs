//! Where things are: the base URL, the tenants, and what a path has.

use std::sync::Arc;

use scim_core::vendor::{Delete, Operation};

use super::{Provider, State};

/// The path below which the provider lives.
pub const BASE_PATH: &str = "/scim/v2";

/// Before the name of a tenant.
pub(super) const TENANTS_PATH: &str = "/tenants/";

impl Provider {
    /// The tenant that a path belongs to, and the path that the tenant lives below.
    pub(super) fn route<'a>(&self, path: &'a str) -> Option<(usize, &'a str)> {
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

    /// The address of a tenant, without a slash at the end.
    pub(super) fn base(&self, state: &State, tenant: usize) -> Arc<str> {
        Arc::clone(state.tenants[tenant].base.get_or_init(|| self.make_base(state, tenant).into()))
    }

    fn make_base(&self, state: &State, tenant: usize) -> String {
        let bound = || {
            let origin = state.bound.as_deref().unwrap_or("http://localhost");
            format!("{origin}{BASE_PATH}")
        };
        let base = self.base_url.clone().unwrap_or_else(bound);
        let Some(name) = tenant.checked_sub(1).and_then(|index| self.tenants.get(index)) else { return base };
        let origin = base.strip_suffix(BASE_PATH).unwrap_or(&base);
        format!("{origin}{TENANTS_PATH}{name}{BASE_PATH}")
    }

    /// Tells where one knocks: scheme, host and port.
    #[cfg(any(feature = "server", feature = "wiremock"))]
    fn set_origin(state: &mut State, origin: &str) {
        state.bound = Some(origin.to_owned());
        state.tenants.iter_mut().for_each(|tenant| drop(tenant.base.take()));
    }

    /// Tells where a socket server listens.
    #[cfg(feature = "server")]
    pub(crate) fn bind(&self, origin: &str) {
        Self::set_origin(&mut self.lock(), origin);
    }

    /// As [`Provider::bind`], unless it was told.
    #[cfg(feature = "wiremock")]
    pub(crate) fn bind_if_free(&self, origin: &str) {
        let mut state = self.lock();
        if state.bound.is_none() {
            Self::set_origin(&mut state, origin);
        }
    }

    /// The methods that a path has at this vendor (RFC 9110 §10.2.1).
    pub(super) fn allow(&self, path: &str) -> String {
        let inside = path.split_once(BASE_PATH).map_or(path, |(_, inside)| inside);
        let segments: Vec<&str> = inside.split('/').filter(|segment| !segment.is_empty()).collect();
        let methods = |endpoint: &str, all: &[(Operation, &'static str)]| {
            let users = self.user.endpoint.trim_start_matches('/') == endpoint;
            let groups = self.group.endpoint.trim_start_matches('/') == endpoint;
            let ops = match (users, groups) {
                (true, _) => self.profile.user.ops.as_slice(),
                (_, true) => self.profile.group.ops.as_slice(),
                _ => &Operation::ALL,
            };
            let keeps = users && self.profile.life.delete == Delete::Refused;
            let has = |op: &Operation| ops.contains(op) && !(keeps && *op == Operation::Delete);
            let there: Vec<&str> = all.iter().filter(|(op, _)| has(op)).map(|(_, method)| *method).collect();
            there.join(", ")
        };
        match segments.as_slice() {
            [] | ["ServiceProviderConfig" | "ResourceTypes" | "Schemas", ..] => "GET".to_owned(),
            [".search"] | ["Bulk"] => "POST".to_owned(),
            ["Me"] => "GET, POST, PUT, PATCH, DELETE".to_owned(),
            [endpoint, ".search"] => methods(endpoint, &[(Operation::Search, "POST")]),
            [endpoint] => methods(endpoint, &[(Operation::List, "GET"), (Operation::Create, "POST")]),
            [endpoint, ..] => methods(
                endpoint,
                &[
                    (Operation::Get, "GET"),
                    (Operation::Replace, "PUT"),
                    (Operation::Patch, "PATCH"),
                    (Operation::Delete, "DELETE"),
                ],
            ),
        }
    }

    /// `None` for the one at [`BASE_PATH`].
    pub(super) fn tenant_name(&self, tenant: usize) -> Option<String> {
        tenant.checked_sub(1).and_then(|index| self.tenants.get(index)).cloned()
    }
}

pub(super) fn is_discovery(path: &str) -> bool {
    let inside = path.split_once(BASE_PATH).map_or(path, |(_, inside)| inside);
    ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"].iter().any(|name| inside.starts_with(name))
}
