//! Forms for what somebody at the vendor can do, and for what a test wants.

use maud::{Markup, html};

use super::View;
use crate::desk::Room;

/// The forms.
pub(super) fn controls(room: &Room, view: &View) -> Markup {
    let has_groups = room.provider.control().look(0).has_groups;
    html! {
        section.panel #controls aria-labelledby="controls-title" {
            div.bar { h2 #controls-title { "Behind the scenes" } }
            p.quiet { "What happens at the vendor outside of SCIM." }
            div.forms {
                (one(view, "user", "Add an account", "Known from elsewhere; SCIM does not manage it", "Add", html! {
                    (field("add-user", "User name", "userName", "ada@example.com"))
                }))
                (one(view, "sign-in", "Sign in", "Through single sign-on", "Sign in", html! {
                    (field("sign-in-user", "User name", "userName", "ada@example.com"))
                }))
                (one(view, "foreign", "Foreign account", "Belongs to another organization", "Add", html! {
                    (field("foreign-user", "User name", "userName", "eve@other.example"))
                }))
                (one(view, "domain", "Verify a domain", "Of e-mail addresses", "Verify", html! {
                    (field("domain", "Domain", "domain", "example.org"))
                }))
                (one(view, "seed", "Fill", "Generated, the same each time", "Fill", html! {
                    (number("seed-users", "Users", "users", "100"))
                    @if has_groups { (number("seed-groups", "Groups", "groups", "5")) }
                }))
                (one(view, "clock", "Advance the clock", "Tokens and cursors expire", "Advance", html! {
                    (field("clock", "By", "advance", "2h 30m"))
                }))
                (one(view, "token", "New token", "The one before is refused from then on", "Rotate the token", html! {}))
            }
            details.confirm {
                summary { "Reset…" }
                form method="post" action="/act/reset" {
                    input type="hidden" name="tenant" value=(view.tenant);
                    p {
                        "Forgets all users, groups and requests"
                        @if !view.tenant.is_empty() { " of tenant " (view.tenant) } "."
                    }
                    button.danger #reset { "Reset everything" }
                }
            }
        }
    }
}

fn one(view: &View, act: &str, title: &str, why: &str, button: &str, fields: Markup) -> Markup {
    html! {
        form method="post" action={ "/act/" (act) } aria-label=(title) {
            p { strong { (title) } span.second { (why) } }
            div.fields {
                input type="hidden" name="tenant" value=(view.tenant);
                (fields)
                button id={ "act-" (act) } { (button) }
            }
        }
    }
}

fn field(id: &str, label: &str, name: &str, example: &str) -> Markup {
    html! {
        label for=(id) {
            span { (label) }
            input id=(id) name=(name) placeholder=(example) required
                autocomplete="off" autocapitalize="off" spellcheck="false";
        }
    }
}

fn number(id: &str, label: &str, name: &str, value: &str) -> Markup {
    html! {
        label.small for=(id) { span { (label) } input id=(id) name=(name) value=(value) type="number" min="0" required; }
    }
}
