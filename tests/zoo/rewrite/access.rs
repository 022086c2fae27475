//! Credentials.

use crate::wire::{Rule, error, page};

pub(super) const RULES: &[(&str, Rule)] = &[
    ("any-token", |wire, ask| {
        let ask = if ask.header("authorization").is_some() { ask.trusted() } else { ask };
        wire.pass(ask)
    }),
    ("no-token-needed-to-read-groups", |wire, ask| {
        let ask = if ask.in_("Groups") { ask.trusted() } else { ask };
        wire.pass(ask)
    }),
    ("unauthorized-is-server-error", |wire, ask| {
        let reply = wire.pass(ask);
        if reply.status == 401 { error(500) } else { reply }
    }),
    ("unauthorized-is-bad-request", |wire, ask| {
        let reply = wire.pass(ask);
        if reply.status == 401 { error(400) } else { reply }
    }),
    ("unauthorized-is-forbidden", |wire, ask| {
        let reply = wire.pass(ask);
        if reply.status == 401 { error(403) } else { reply }
    }),
    ("unauthorized-without-challenge", |wire, ask| wire.pass(ask).without_header("www-authenticate")),
    ("unauthorized-is-login-page", |wire, ask| {
        let reply = wire.pass(ask);
        if reply.status == 401 { page(200, "<html>log in</html>") } else { reply }
    }),
];
