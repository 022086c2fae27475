//! One request as a row that opens.

use std::fmt::Write as _;

use http::StatusCode;
use jiff::Timestamp;
use maud::{Markup, html};
use scim_core::query::pairs;
use serde_json::Value;

use super::text::{clip, pretty, prose, short};
use crate::{
    check::client::{ClientLevel, ClientObservation},
    desk::{Exchange, rows::Row},
    provider::{BASE_PATH, By, Change, Entry},
};

/// The row of a request.
pub(in crate::desk) fn row(exchange: &Exchange) -> Row {
    let entry = &exchange.entry;
    let find = find(exchange);
    let found = !exchange.observations.is_empty();
    let html = html! {
        li.row id={ "r" (entry.number) } data-number=(entry.number) data-find=(find) data-found=[found.then_some("1")] {
            details {
                summary {
                    span.number { (entry.number) }
                    time datetime=(instant(entry).to_string()) { (instant(entry).strftime("%H:%M:%S")) }
                    span.what {
                        span.line { b.method { (entry.method) } " " span.path { (short(&inside(entry), 160)) } }
                        @if let Some(told) = told(entry) { span.told { (told) } }
                        @if let Some(tenant) = &entry.tenant { span.tag { "tenant " (tenant) } }
                        @if let Some(fault) = &entry.fault { span.tag.warning { "⚡ fault: " (short(fault, 60)) } }
                    }
                    (status(entry.status))
                    span.took { (took(entry)) }
                    span.client.quiet[exchange.guess.is_none()] title=[exchange.guess.map(|guess| guess.because)] {
                        (exchange.client())
                        @if exchange.guess.is_some_and(|guess| !guess.sure) {
                            span.unseen { " perhaps" } span aria-hidden="true" { " ?" }
                        }
                    }
                    span.found { (levels(exchange)) }
                }
                div.detail { (detail(exchange)) }
            }
        }
    };
    Row { number: entry.number, html: html.into_string(), find, found }
}

/// What came of an act: a sign and a text.
pub(super) fn outcome(done: bool, text: &str) -> Markup {
    html! { span aria-hidden="true" { @if done { "✓ " } @else { "✕ " } } (text) }
}

fn instant(entry: &Entry) -> Timestamp {
    Timestamp::try_from(entry.at).unwrap_or_default()
}

/// The address as short as it is clear: without the base, long ids cut, the query decoded. The detail has it as sent.
fn inside(entry: &Entry) -> String {
    let target = match entry.inside() {
        Some(_) => entry.target.split_once(BASE_PATH).map_or(&*entry.target, |(_, inside)| inside),
        None => &entry.target,
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut out = if path.is_empty() { "/".to_owned() } else { String::new() };
    for (index, segment) in path.split('/').enumerate() {
        let (shown, more) = clip(segment, if segment.len() > LONG_ID { SHORT_ID } else { LONG_ID });
        out.push_str(if index > 0 { "/" } else { "" });
        out.push_str(shown);
        out.push_str(if more > 0 { "…" } else { "" });
    }
    for (index, (name, value)) in pairs(query).take(20).enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(out, "{}{name}={value}", if index == 0 { "?" } else { "&" });
    }
    out.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

fn took(entry: &Entry) -> String {
    let milliseconds = entry.took.as_secs_f64() * 1000.0;
    if milliseconds < 10.0 { format!("{milliseconds:.1} ms") } else { format!("{milliseconds:.0} ms") }
}

fn status(status: u16) -> Markup {
    let reason =
        StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default();
    let kind = match status {
        0 | 500.. => "error",
        400.. => "warning",
        _ => "ok",
    };
    html! {
        span class={ "status " (kind) } title=(reason) {
            span.unseen { "status " }
            @if status == 0 { b { "✕" } " no answer" } @else { b { (status) } " " span.reason { (reason) } }
        }
    }
}

/// How many findings there are of each level.
fn levels(exchange: &Exchange) -> Markup {
    let counts = [ClientLevel::Error, ClientLevel::Warning, ClientLevel::Note]
        .map(|level| (level, exchange.count(level)));
    html! {
        @for (level, count) in counts {
            @if count > 0 {
                span class={ "chip " (level.as_str()) } title={ (count) " " (level.as_str()) @if count > 1 { "s" } } {
                    span aria-hidden="true" { (sign(level)) " " } (count)
                    span.unseen { " " (level.as_str()) @if count > 1 { "s" } " " }
                }
            }
        }
        @if exchange.observations.is_empty() {
            span.quiet {
                @if exchange.entry.by == By::Control || exchange.entry.inside().is_none() { "–" } @else { "none" }
            }
        }
    }
}

fn sign(level: ClientLevel) -> &'static str {
    match level {
        ClientLevel::Error => "✕",
        ClientLevel::Warning => "▲",
        ClientLevel::Note => "ℹ",
    }
}

/// What was changed, in a few words.
fn told(entry: &Entry) -> Option<String> {
    let first = entry.changes.first()?;
    let mut out = format!("{} {} {}", verb(first).1, first.resource_type, clip(&first.name, 60).0);
    if entry.changes.len() > 1 {
        // Writing to a string cannot fail.
        let _ = write!(out, " and {} more", entry.changes.len() - 1);
    }
    Some(out)
}

/// A sign and a word.
fn verb(change: &Change) -> (&'static str, &'static str) {
    match (change.before(), change.after()) {
        (None, _) => ("+", "created"),
        (_, None) => ("−", "deleted"),
        _ => ("~", "changed"),
    }
}

fn find(exchange: &Exchange) -> String {
    let entry = &exchange.entry;
    let mut text =
        format!("{} {} {} {}", entry.method, clip(&entry.target, 600).0, entry.status, exchange.client());
    let more = [entry.tenant.as_deref(), entry.fault.as_deref()].into_iter().flatten().map(str::to_owned);
    let changes = entry
        .changes
        .iter()
        .take(20)
        .map(|change| format!("{} {}", change.resource_type, clip(&change.name, 60).0));
    let findings = exchange.observations.iter().map(|seen| format!("{} {}", seen.check.level, seen.check.id));
    for part in more.chain(changes).chain(findings) {
        text.push(' ');
        text.push_str(&part);
    }
    text.to_lowercase()
}

fn detail(exchange: &Exchange) -> Markup {
    let entry = &exchange.entry;
    let query: Vec<(String, String)> =
        entry.target.split_once('?').map(|(_, query)| pairs(query).collect()).unwrap_or_default();
    html! {
        @if let Some(guess) = &exchange.guess {
            p.quiet {
                @if guess.sure { "Looks like " } @else { "Resembles " } strong { (guess.name) } ": "
                (prose(guess.because))
            }
        }
        @if !exchange.observations.is_empty() {
            h3 { "Findings about the client" }
            ul.findings { @for seen in &exchange.observations { (finding(seen)) } }
        }
        @if !entry.changes.is_empty() {
            h3 { "What it changed" }
            @for change in entry.changes.iter().take(MOST_CHANGES) { (diff(change)) }
            @if entry.changes.len() > MOST_CHANGES {
                p.quiet { "and " (entry.changes.len() - MOST_CHANGES) " more resources" }
            }
        }
        div.sides {
            section {
                h3 { "Request" }
                p.address { b { (entry.method) } " " (short(&entry.target, 2000)) }
                @if !query.is_empty() {
                    dl.pairs {
                        @for (name, value) in query.iter().take(30) {
                            dt { (short(name, 60)) } dd { (short(value, 600)) }
                        }
                    }
                }
                @if !entry.headers.is_empty() {
                    dl.pairs.headers {
                        @for (name, value) in entry.headers.iter().take(60) {
                            dt { (name) } dd { (short(&String::from_utf8_lossy(value.as_bytes()), 600)) }
                        }
                    }
                }
                (body(entry.number, "request", &entry.request_body()))
            }
            section {
                h3 { "Answer" }
                p.answered.quiet {
                    (status(entry.status)) "after " (took(entry))
                    @if entry.status == 0 { ": the connection was closed" }
                }
                (body(entry.number, "answer", &entry.answer_body()))
            }
        }
    }
}

fn finding(seen: &ClientObservation) -> Markup {
    let check = seen.check;
    html! {
        li class={ "finding " (check.level.as_str()) } {
            p {
                span class={ "chip " (check.level.as_str()) } {
                    span aria-hidden="true" { (sign(check.level)) " " } (check.level.as_str())
                }
                " " strong { (prose(check.title)) }
            }
            dl.pairs {
                dt { "Seen" } dd { (prose(&seen.seen)) }
                dt { "Do" } dd { (prose(check.fix)) }
                dt { "Rule" } dd { (prose(check.citation)) }
                dt { "Check" } dd { code { (check.id) } }
            }
        }
    }
}

fn diff(change: &Change) -> Markup {
    let (sign, verb) = verb(change);
    let differences = change.differences();
    html! {
        div.diff {
            p {
                b class={ "sign " (verb) } aria-hidden="true" { (sign) } " " (verb) " " (change.resource_type) " "
                strong { (short(&change.name, 120)) } " " code.quiet { (short(&change.id, 80)) }
            }
            @if !differences.is_empty() {
                ul {
                    @for difference in differences.iter().take(MOST_DIFFERENCES) {
                        li {
                            code.at { (short(&difference.path, 160)) }
                            span.values {
                                @if let Some(value) = &difference.before {
                                    del { span.unseen { "was " } span aria-hidden="true" { "− " } (line(value)) }
                                }
                                @if let Some(value) = &difference.after {
                                    ins { span.unseen { "is now " } span aria-hidden="true" { "+ " } (line(value)) }
                                }
                            }
                        }
                    }
                }
            }
            @if differences.len() > MOST_DIFFERENCES {
                p.quiet { "and " (differences.len() - MOST_DIFFERENCES) " more attributes" }
            }
        }
    }
}

/// A value in a line.
fn line(value: &Value) -> Markup {
    short(&value.to_string(), 400)
}

fn body(number: u64, side: &str, text: &str) -> Markup {
    if text.is_empty() {
        return html! { p.quiet { "No body." } };
    }
    let whole = pretty(text);
    let (shown, more) = clip(&whole, MOST_BODY);
    html! {
        pre tabindex="0" aria-label={ "Body of the " (side) } { code { (shown) } }
        @if more > 0 {
            p.quiet {
                "and " (more) " more characters: "
                a href={ "/requests/" (number) "/" (side) } { "the whole body of the " (side) }
            }
        }
    }
}

/// Ids with more characters are cut in a row.
const LONG_ID: usize = 24;
const SHORT_ID: usize = 8;
const MOST_CHANGES: usize = 20;
const MOST_DIFFERENCES: usize = 40;
/// Characters of a body in the page.
const MOST_BODY: usize = 6000;
