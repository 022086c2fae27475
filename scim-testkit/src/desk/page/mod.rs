//! The page: one document that works by itself, and its pieces, which events replace. Everything that a request has in it
//! is escaped by the templates.

mod controls;
mod people;
mod requests;
mod text;

use http::Request;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use scim_core::call::encode;

pub(super) use self::{people::people, requests::row};
use super::{
    Room,
    rows::{MOST_ROWS, Tally},
    server::asked,
};
use crate::provider::BASE_PATH;

pub(super) const CSS: &str = include_str!("desk.css");
pub(super) const JS: &str = include_str!("desk.js");
pub(super) const ICON: &str = include_str!("desk.svg");

/// What somebody wants to see.
pub(super) struct View {
    /// The tenant whose people are shown; empty for the one that has no name.
    pub(super) tenant: String,
    /// Only rows after this one.
    after: u64,
    /// Only rows with this text.
    find: String,
    /// Only rows with findings.
    found: bool,
    /// The note to show.
    note: Option<u64>,
}

impl View {
    pub(super) fn of<B>(room: &Room, request: &Request<B>) -> Self {
        let tenant = asked(request, "tenant").filter(|name| room.provider.tenant_names().contains(name));
        Self {
            tenant: tenant.unwrap_or_default(),
            after: asked(request, "from").and_then(|number| number.parse().ok()).unwrap_or_default(),
            find: asked(request, "find").unwrap_or_default(),
            found: asked(request, "findings").is_some(),
            note: asked(request, "note").and_then(|number| number.parse().ok()),
        }
    }

    /// The query that shows the same of the tenant, from this row on.
    fn link(&self, tenant: &str, from: u64) -> String {
        let mut query = Vec::new();
        if !tenant.is_empty() {
            query.push(format!("tenant={}", encode(tenant)));
        }
        if from > 0 {
            query.push(format!("from={from}"));
        }
        format!("/?{}", query.join("&"))
    }
}

/// The document.
pub(super) fn whole(room: &Room, view: &View) -> String {
    let profile = &room.provider.profile().profile;
    let note = view.note.and_then(|number| room.notes().take(number));
    let (rows, last, tally) = {
        let rows = room.rows();
        (rows.after(view.after), rows.last(), rows.tally())
    };
    let wanted = view.find.to_lowercase();
    let shown: Vec<_> =
        rows.iter().filter(|row| row.find.contains(&wanted) && (row.found || !view.found)).collect();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (profile.title) " · scim serve" }
                link rel="icon" type="image/svg+xml" href="/desk.svg";
                link rel="stylesheet" href="/desk.css";
                script src="/desk.js" defer {}
            }
            body data-last={ (room.run) "-" (last) } data-tenant=(view.tenant) data-most=(MOST_ROWS) {
                a.skip href="#requests" { "Skip to the requests" }
                (header(room, view, tally))
                p #said.said.done[note.as_ref().is_some_and(|note| note.done)]
                    .failed[note.as_ref().is_some_and(|note| !note.done)] {
                    @if let Some(note) = &note { (requests::outcome(note.done, &note.text)) }
                }
                p #heard.unseen role="status" {}
                main {
                    section #requests aria-labelledby="requests-title" {
                        (toolbar(view, last))
                        (empty(room, rows.is_empty() && view.after == 0))
                        div.heads aria-hidden="true" hidden[rows.is_empty()] {
                            span { "#" } span { "Time (UTC)" } span { "Request" } span { "Status" }
                            span.right { "Latency" } span { "Client" } span { "Findings" }
                        }
                        ol #rows reversed {
                            @for row in &shown { (PreEscaped(&row.html)) }
                        }
                        p #none.quiet hidden[rows.is_empty() || !shown.is_empty()] { "No request matches the filter." }
                        p.quiet #kept hidden[rows.len() < MOST_ROWS] { "The newest " (MOST_ROWS) " are shown." }
                    }
                    div.side {
                        div #people { (people(room, view)) }
                        (controls::controls(room, view))
                    }
                }
                footer {
                    p {
                        "This page and "  a href="/control" { "/control" } " are for this machine. "
                        "Give a tunnel the port of the SCIM endpoint, never this one."
                    }
                }
            }
        }
    };
    page.into_string()
}

fn header(room: &Room, view: &View, tally: Tally) -> Markup {
    let profile = &room.provider.profile().profile;
    let base = base(room, view);
    let tenants = room.provider.tenant_names();
    html! {
        header {
            div.brand {
                h1 { span.logo aria-hidden="true" { "scim" } span { (profile.title) } }
                p.base {
                    span.unseen { "Base URL: " }
                    code #base { (base) }
                    button type="button" data-copy="base" hidden { "Copy" span.unseen { " the base URL" } }
                }
                @if !tenants.is_empty() {
                    nav.tenants aria-label="Tenant" {
                        @for name in std::iter::once("").chain(tenants.iter().map(String::as_str)) {
                            a href=(view.link(name, view.after))
                                aria-current=[(name == view.tenant).then_some("true")] {
                                @if name.is_empty() { "default" } @else { (name) }
                            }
                        }
                    }
                }
            }
            div #tally { (self::tally(tally)) }
            p.live {
                span #live.state.off { "not live" }
                noscript { " " a href="" { "Refresh" } }
            }
        }
    }
}

/// The counts in the header.
pub(super) fn tally(tally: Tally) -> Markup {
    let [errors, warnings, notes] = tally.found;
    html! {
        dl.tally {
            div { dt { "Requests" } dd { (tally.requests) } }
            div { dt { "Refused" } dd { (tally.refused) } }
            div.error[errors > 0] { dt { "With errors" } dd { (errors) } }
            div.warning[warnings > 0] { dt { "With warnings" } dd { (warnings) } }
            div { dt { "With notes" } dd { (notes) } }
        }
    }
}

fn toolbar(view: &View, last: u64) -> Markup {
    html! {
        div.bar {
            h2 #requests-title { "Requests" }
            form #filter method="get" action="/" role="search" {
                @if !view.tenant.is_empty() { input type="hidden" name="tenant" value=(view.tenant); }
                @if view.after > 0 { input type="hidden" name="from" value=(view.after); }
                label.unseen for="find" { "Filter requests" }
                input #find type="search" name="find" value=(view.find) placeholder="Filter: path, status, client…"
                    autocomplete="off" spellcheck="false";
                label.check {
                    input #found type="checkbox" name="findings" value="1" checked[view.found];
                    " only with findings"
                }
                noscript { button { "Filter" } }
            }
            div.tools {
                button #pause type="button" aria-pressed="false" hidden { "Pause" }
                a.button #clear href=(view.link(&view.tenant, last)) { "Clear" }
                @if view.after > 0 { a.button href=(view.link(&view.tenant, 0)) { "Show all" } }
            }
        }
    }
}

/// What to do while nothing has come.
fn empty(room: &Room, nothing: bool) -> Markup {
    let base = room.provider.base_url();
    let access = &room.options.access;
    let port = base.trim_end_matches(BASE_PATH).rsplit(':').next().unwrap_or_default();
    html! {
        div #empty.panel hidden[!nothing] {
            h3 { span.pulse aria-hidden="true" {} "Waiting for the first request" }
            @if access.is_empty() {
                p { "No credential is asked for. Where a form wants a token, any text will do." }
            } @else {
                p { "The credential is " (access) "." }
            }
            ol.steps {
                li {
                    "Give the endpoint a public https address, for instance with "
                    code { "cloudflared tunnel --url " (base.trim_end_matches(BASE_PATH)) } " or "
                    code { "ngrok http " (port) } ". Its base URL is that address and " code { (BASE_PATH) } "."
                }
                li {
                    strong { "Okta" } ": in the app, General, allow SCIM provisioning; then Provisioning, Integration. "
                    "SCIM connector base URL: "
                    code { "https://…" (BASE_PATH) } ". Unique identifier field for users: " code { "userName" }
                    ". Authentication mode: HTTP Header, with the token."
                }
                li {
                    strong { "Entra ID" } ": in the enterprise application, Provisioning, Admin credentials. "
                    "Tenant URL: "
                    code { "https://…" (BASE_PATH) "?aadOptscim062020" }
                    ". Secret token: the token. Then Provision on demand."
                }
                li {
                    "Or try it from here:"
                    pre tabindex="0" #try { code {
                        "curl " (base) "/Users \\\n"
                        @if !access.is_empty() { "  -H 'Authorization: Bearer '\"$SCIM_TOKEN\" \\\n" }
                        "  -H 'Content-Type: application/scim+json' \\\n"
                        "  -d '{\"schemas\": [\"urn:ietf:params:scim:schemas:core:2.0:User\"],\n"
                        "       \"userName\": \"ada@example.com\"}'"
                    } }
                    button type="button" data-copy="try" hidden { "Copy" span.unseen { " the command" } }
                }
            }
        }
    }
}

fn base(room: &Room, view: &View) -> String {
    room.provider.tenant_url(&view.tenant).unwrap_or_else(|| room.provider.base_url())
}
