//! Text of requests, made fit to be shown: not too much of it, and JSON with lines.

use maud::{Markup, html};
use serde_json::Value;

/// The text, or its beginning, and how many characters that left out.
pub(super) fn clip(text: &str, most: usize) -> (&str, usize) {
    match text.char_indices().nth(most) {
        None => (text, 0),
        Some((end, _)) => (&text[..end], text[end..].chars().count()),
    }
}

/// The text or its beginning.
pub(super) fn short(text: &str, most: usize) -> Markup {
    let (text, more) = clip(text, most);
    html! { (text) @if more > 0 { "…" } }
}

/// A body with line breaks, if it is JSON.
pub(super) fn pretty(body: &str) -> String {
    serde_json::from_str::<Value>(body).map_or_else(|_| body.to_owned(), |value| format!("{value:#}"))
}

/// A text in which code is between backticks.
pub(super) fn prose(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}
