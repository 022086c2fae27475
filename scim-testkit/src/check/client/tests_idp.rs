//! The requests of the identity providers, as the fixtures have them, before the judge.

use std::collections::BTreeSet;

use bytes::Bytes;
use http::Request;
use scim_core::schema::ResourceType;

use super::{ClientLevel, guess, judge};
use crate::idp::{
    Dialect,
    evidence::{self, Exchange, SCENES},
};

/// Every request that the dialect has a fixture of.
fn requests(dialect: Dialect) -> Vec<(Request<Bytes>, String, u16)> {
    let own = SCENES.iter().filter_map(|scene| evidence::of(dialect, scene.name));
    own.flat_map(|fixture| &fixture.exchanges)
        .map(|exchange| (request(exchange), inside(exchange), exchange.status))
        .collect()
}

fn request(exchange: &Exchange) -> Request<Bytes> {
    let mut words = exchange.request.split(' ');
    let mut request = Request::builder().method(words.next().unwrap()).uri(words.next().unwrap());
    for header in &exchange.headers {
        let (name, value) = header.split_once(':').unwrap();
        request = request.header(name, value.trim());
    }
    request
        .header("Authorization", "Bearer abc")
        .body(Bytes::from(exchange.body.clone().unwrap_or_default()))
        .unwrap()
}

fn inside(exchange: &Exchange) -> String {
    let address = exchange.request.split(' ').nth(1).unwrap();
    address.split('?').next().unwrap().strip_prefix("/scim/v2").unwrap().to_owned()
}

/// Which checks fire on which dialect, errors and warnings before `|`, notes behind it; and how many requests are
/// told to be the provider's, of how many.
const FOUND: &[(Dialect, &str, usize, usize)] = &[
    (Dialect::Okta, " | patch-id-echo", 55, 55),
    (Dialect::OktaAiw, " | ", 56, 56),
    (Dialect::OktaOig, " | patch-id-echo path-unknown", 67, 67),
    (
        Dialect::Entra,
        "boolean-text manager-text patch-op-case patch-remove-value | filter-plus-space read-only-sent user-agent",
        40,
        53,
    ),
    (
        Dialect::Entra062020,
        "manager-text patch-path-keys | filter-plus-space read-only-sent user-agent",
        40,
        53,
    ),
    (
        Dialect::EntraMatchExternalId,
        "boolean-text manager-text patch-op-case patch-remove-value | filter-plus-space read-only-sent user-agent",
        40,
        53,
    ),
    (
        Dialect::EntraMatchEmail,
        "boolean-text filter-sub-test manager-text patch-op-case patch-remove-value | filter-plus-space read-only-sent user-agent",
        40,
        53,
    ),
    (
        Dialect::EntraRoleSingle,
        "boolean-text manager-text patch-op-case patch-remove-value | filter-plus-space json-in-text read-only-sent user-agent",
        44,
        59,
    ),
    (
        Dialect::EntraRolesComplex,
        "attribute-unknown boolean-text manager-text patch-op-case patch-remove-value | filter-plus-space json-in-text read-only-sent user-agent",
        44,
        59,
    ),
    (
        Dialect::EntraRolesAssertive,
        "boolean-text manager-text patch-op-case patch-remove-value | filter-plus-space read-only-sent user-agent",
        44,
        59,
    ),
    (
        Dialect::EntraOnDemand,
        "boolean-text manager-text patch-op-case patch-remove-value | filter-plus-space read-only-sent user-agent",
        86,
        97,
    ),
    (Dialect::Onelogin, "schemas-core schemas-unknown | filter-plus-space user-agent", 20, 20),
    (Dialect::Google, "schemas-unknown | user-agent", 6, 7),
    (Dialect::Jumpcloud, "patch-remove-value | user-agent", 0, 15),
    (Dialect::Ping, " | user-agent", 0, 25),
    (Dialect::Cyberark, " | user-agent", 1, 30),
    (Dialect::Authentik, "patch-remove-value patch-schema | filter-plus-space patch-id-echo", 50, 50),
    (Dialect::AuthentikNoConfig, "patch-schema | patch-id-echo", 46, 46),
    (Dialect::AuthentikAws, "patch-remove-value | filter-plus-space", 57, 57),
    (Dialect::Keycloak, " | ", 28, 28),
    (Dialect::KeycloakPatch, "boolean-text | ", 29, 29),
];

#[test]
fn what_is_known_of_the_providers_is_found() {
    let types = [ResourceType::user(), ResourceType::group()];
    let mut lines = Vec::new();
    for dialect in Dialect::ALL {
        let mut found = BTreeSet::new();
        let requests = requests(dialect);
        for (request, inside, status) in &requests {
            let of_one = judge(request, inside, *status, &types);
            found.extend(of_one.iter().map(|each| (each.check.level == ClientLevel::Note, each.check.id)));
        }
        let told = requests.iter().filter(|(request, inside, _)| {
            let guess = guess(request, inside);
            // Whoever is named, it is nobody else.
            assert!(
                guess.is_none_or(|guess| guess.name == name(dialect)),
                "{dialect}: {guess:?}: {request:?}"
            );
            guess.is_some()
        });
        let ids = |note: bool| {
            let ids = found.iter().filter(|(is_note, _)| *is_note == note);
            ids.map(|(_, id)| id.trim_start_matches("client.")).collect::<Vec<_>>().join(" ")
        };
        lines.push((dialect, format!("{} | {}", ids(false), ids(true)), told.count(), requests.len()));
    }
    for (line, expected) in lines.iter().zip(FOUND) {
        assert_eq!((line.0, line.1.as_str(), line.2, line.3), *expected);
    }
    assert_eq!(lines.len(), FOUND.len(), "{lines:#?}");
}

#[test]
fn dialects_in_the_form_of_the_rfc_hear_notes_at_most() {
    for dialect in [
        Dialect::Okta,
        Dialect::OktaAiw,
        Dialect::OktaOig,
        Dialect::Ping,
        Dialect::Cyberark,
        Dialect::Keycloak,
    ] {
        let found = FOUND.iter().find(|(known, ..)| *known == dialect).unwrap();
        assert!(found.1.starts_with(" | "), "{dialect}: {}", found.1);
    }
}

fn name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Onelogin => "OneLogin",
        Dialect::Google => "Google Workspace",
        Dialect::Jumpcloud => "JumpCloud",
        Dialect::Ping => "Ping",
        Dialect::Cyberark => "CyberArk Identity",
        Dialect::Authentik | Dialect::AuthentikNoConfig | Dialect::AuthentikAws => "authentik",
        Dialect::Keycloak | Dialect::KeycloakPatch => "Keycloak",
        other if other.is_okta() => "Okta",
        _ => "Entra ID",
    }
}
