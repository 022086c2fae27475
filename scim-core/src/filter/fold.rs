//! Text that is compared without regard to letter case, without a copy of the text that it is compared with.

use std::{borrow::Cow, cmp::Ordering};

use super::CompareOp;

/// The text of a filter, in lower case.
#[derive(Clone, Debug)]
pub(super) struct Folded<'a> {
    text: Cow<'a, str>,
    /// For `co` with a long text.
    search: Option<Search>,
}

impl<'a> Folded<'a> {
    pub(super) fn new(op: CompareOp, text: &'a str) -> Self {
        let is_folded = text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
        let text = if is_folded { Cow::Borrowed(text) } else { Cow::Owned(fold(text).collect()) };
        let search = (op == CompareOp::Co && text.len() > SHORT).then(|| Search::new(&text));
        Self { text, search }
    }

    pub(super) fn equals(&self, text: &str) -> bool {
        match text.is_ascii() {
            true => text.eq_ignore_ascii_case(&self.text),
            false => self.order(text).is_eq(),
        }
    }

    /// How `text` stands to this one.
    pub(super) fn order(&self, text: &str) -> Ordering {
        fold(text).cmp(self.text.chars())
    }

    pub(super) fn is_start_of(&self, text: &str) -> bool {
        if text.is_ascii() {
            let start = text.as_bytes().get(..self.text.len());
            return start.is_some_and(|start| start.eq_ignore_ascii_case(self.text.as_bytes()));
        }
        begins(fold(text), self.text.chars())
    }

    pub(super) fn is_end_of(&self, text: &str) -> bool {
        if text.is_ascii() {
            let start = text.len().checked_sub(self.text.len());
            return start
                .is_some_and(|start| text.as_bytes()[start..].eq_ignore_ascii_case(self.text.as_bytes()));
        }
        let backwards = text.chars().rev().flat_map(|c| c.to_lowercase().rev());
        begins(backwards, self.text.chars().rev())
    }

    pub(super) fn is_in(&self, text: &str) -> bool {
        if let Some(search) = &self.search {
            return search.is_in(fold(text));
        }
        if text.is_ascii() {
            return is_in_ascii(self.text.as_bytes(), text.as_bytes());
        }
        let mut rest = fold(text);
        loop {
            if begins(rest.clone(), self.text.chars()) {
                return true;
            }
            if rest.next().is_none() {
                return false;
            }
        }
    }
}

fn is_in_ascii(wanted: &[u8], text: &[u8]) -> bool {
    let Some((first, others)) = wanted.split_first() else { return true };
    let Some(last) = text.len().checked_sub(wanted.len()) else { return false };
    (0..=last).any(|start| {
        text[start].to_ascii_lowercase() == *first
            && text[start + 1..start + wanted.len()].eq_ignore_ascii_case(others)
    })
}

fn begins(mut text: impl Iterator<Item = char>, mut wanted: impl Iterator<Item = char>) -> bool {
    wanted.all(|c| text.next() == Some(c))
}

/// Letter case removed, character by character so that a part of a text folds as it does in the whole.
fn fold(text: &str) -> impl Iterator<Item = char> + Clone {
    text.chars().flat_map(char::to_lowercase)
}

/// The search of Knuth, Morris and Pratt: linear for whatever text, where trying every place would be quadratic.
#[derive(Clone, Debug)]
struct Search {
    wanted: Vec<char>,
    /// For each length of a start of `wanted`, less one: the longest shorter start that it ends with.
    back: Vec<usize>,
}

impl Search {
    fn new(wanted: &str) -> Self {
        let wanted: Vec<char> = wanted.chars().collect();
        let mut back = vec![0; wanted.len()];
        let mut matched = 0;
        for index in 1..wanted.len() {
            matched = step(&wanted, &back, matched, wanted[index]);
            back[index] = matched;
        }
        Self { wanted, back }
    }

    fn is_in(&self, text: impl Iterator<Item = char>) -> bool {
        let mut matched = 0;
        for c in text {
            matched = step(&self.wanted, &self.back, matched, c);
            if matched == self.wanted.len() {
                return true;
            }
        }
        false
    }
}

/// How much of `wanted` is matched after one more character.
fn step(wanted: &[char], back: &[usize], mut matched: usize, c: char) -> usize {
    while matched > 0 && wanted[matched] != c {
        matched = back[matched - 1];
    }
    matched + usize::from(wanted[matched] == c)
}

/// Length of a text that is looked for at every place.
const SHORT: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    /// What the comparisons mean: those of the texts in lower case.
    fn check(wanted: &str, text: &str) {
        let lower = |text: &str| fold(text).collect::<String>();
        let (low, of) = (lower(wanted), lower(text));
        let folded = Folded::new(CompareOp::Co, wanted);
        assert_eq!(folded.equals(text), of == low, "{wanted:?} eq {text:?}");
        assert_eq!(folded.order(text), of.cmp(&low), "{wanted:?} {text:?}");
        assert_eq!(folded.is_start_of(text), of.starts_with(&low), "{wanted:?} sw {text:?}");
        assert_eq!(folded.is_end_of(text), of.ends_with(&low), "{wanted:?} ew {text:?}");
        assert_eq!(folded.is_in(text), of.contains(&low), "{wanted:?} co {text:?}");
    }

    #[test]
    fn all_comparisons_are_those_of_lower_case() {
        let texts = [
            "", "a", "A", "ab", "BA", "aab", "abaABab", "é", "É", "ÉA", "aéÉ", "İ", "i̇", "xİy", "ΑΣ",
            "straße",
        ];
        for wanted in texts {
            for text in texts {
                check(wanted, text);
            }
        }
    }

    #[test]
    fn long_texts_are_found() {
        let long = "ab".repeat(40) + "Ac";
        for text in
            [long.clone(), format!("abab{long}x"), format!("É{long}"), "ab".repeat(60), "ac".to_owned()]
        {
            check(&long, &text);
        }
        check(&"É".repeat(50), &"é".repeat(49));
        check(&"É".repeat(50), &"é".repeat(60));
    }
}
