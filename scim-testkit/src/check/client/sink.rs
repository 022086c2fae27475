//! Where observations are gathered, and how text from a request is made fit to be shown.

use super::{ClientCheck, ClientObservation};

/// The longest `seen`, in characters, before the count of further places.
const LONGEST: usize = 240;

/// One entry for each check, so a message of a thousand operations says the same thing once.
#[derive(Default)]
pub(super) struct Sink {
    found: Vec<Found>,
    /// Where in the message the next observations are, such as `Operations[2].data: `.
    pub(super) within: String,
}

struct Found {
    check: &'static ClientCheck,
    seen: String,
    more: usize,
}

impl Sink {
    /// `seen` is only asked the first time.
    pub(super) fn add(&mut self, check: &'static ClientCheck, seen: impl FnOnce() -> String) {
        if let Some(found) = self.found.iter_mut().find(|found| found.check == check) {
            found.more += 1;
            return;
        }
        let seen = clip(&format!("{}{}", self.within, seen()), LONGEST);
        self.found.push(Found { check, seen, more: 0 });
    }

    /// Whether the check has fired; what costs time need not be found again.
    pub(super) fn knows(&self, check: &'static ClientCheck) -> bool {
        self.found.iter().any(|found| found.check == check)
    }

    /// The worst first; in the order of the request otherwise.
    pub(super) fn into_observations(mut self) -> Vec<ClientObservation> {
        self.found.sort_by_key(|found| found.check.level);
        self.found
            .into_iter()
            .map(|found| {
                let seen = match found.more {
                    0 => found.seen,
                    more => format!("{} (and {more} more)", found.seen),
                };
                ClientObservation { check: found.check, seen }
            })
            .collect()
    }
}

/// The text in one line, control characters as pictures, no longer than `most` characters.
pub(super) fn clip(text: &str, most: usize) -> String {
    let mut out: String = text.chars().take(most).map(visible).collect();
    if text.chars().nth(most).is_some() {
        out.push('…');
    }
    out
}

/// The text quoted, unless it names a secret: a filter on `password` has one in it.
pub(super) fn quoted(text: &str) -> String {
    if names_a_secret(text) {
        "a text that names a secret (not shown)".to_owned()
    } else {
        format!("`{}`", clip(text, 120))
    }
}

/// Whether text from a request may have a secret in it.
pub(super) fn names_a_secret(text: &str) -> bool {
    const WORDS: [&str; 7] = ["password", "passwd", "secret", "token", "credential", "apikey", "api_key"];
    let text = text.to_ascii_lowercase();
    WORDS.iter().any(|word| text.contains(word))
}

fn visible(letter: char) -> char {
    match letter {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(letter)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        // What could make a terminal or a page show something else than was sent.
        '\u{80}'..='\u{9f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => '\u{fffd}',
        other => other,
    }
}
