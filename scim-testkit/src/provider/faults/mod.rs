//! Faults on purpose: what networks, proxies and overloaded servers do to a client, by chance or by script.
//!
//! A fault is one line of text: `[METHOD[,METHOD…]] [PATH] [WHEN] WHAT[, WHAT…]`.
//!
//! | part | forms |
//! |---|---|
//! | `METHOD` | `GET` `POST` `PUT` `PATCH` `DELETE`; any if left out |
//! | `PATH` | below the base URL, `*` is any text: `/Users`, `/Users/*`, `*/.search`; any if left out |
//! | `WHEN` | `5%` by chance, `once`, `#3` the third such request, `#3-5`, `every 10`; always if left out |
//! | `WHAT` | see [`Effect`]; several make a script: the first such request gets the first, after the last all is well |
//!
//! ```
//! use scim_testkit::provider::faults::Fault;
//!
//! for line in ["5% 429", "2% drop", "POST /Users 1% 500", "GET wait 100ms..2s", "PATCH 429 retry-after 1, 503, ok, drop"] {
//!     let fault: Fault = line.parse().expect("it is a fault");
//!     assert_eq!(fault.to_string(), line);
//! }
//! let error = "2% dorp".parse::<Fault>().expect_err("there is a typing error");
//! assert_eq!(error.to_string(), "what is `dorp`? did you mean `drop`?\n  2% dorp\n     ^^^^");
//! ```
//!
//! Chance is a seeded generator: the same seed and the same requests give the same faults. Faults are asked in the order
//! in which they were added; the first that strikes decides, but each `wait` adds its time.

mod parse;
#[cfg(test)]
mod tests;

use std::{fmt, time::Duration};

use http::Method;

pub use self::parse::FaultError;
use super::world::SplitMix;

/// One fault: which requests it strikes, how often, and what it does to them. Read it with `parse`.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    text: String,
    methods: Vec<Method>,
    path: Option<String>,
    when: When,
    effects: Vec<Effect>,
}

/// What a fault does to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// `ok`: nothing; a pause in a script.
    Ok,
    /// `429`, `503 retry-after 5`: the request is not carried out; the answer is a SCIM error with that status.
    Status {
        /// 400 to 599.
        status: u16,
        /// Seconds for the `Retry-After` header.
        retry_after: Option<u32>,
    },
    /// `wait 200ms`, `wait 100ms..2s`: the answer comes late, at an even chance between the two.
    Wait {
        /// At least.
        least: Duration,
        /// At most.
        most: Duration,
    },
    /// `drop`: the connection is closed and the request is not carried out.
    Drop,
    /// `drop-after`: the request is carried out, and the connection is closed instead of an answer.
    DropAfter,
    /// `cut`: the request is carried out, and the connection is closed in the middle of the answer's body.
    Cut,
    /// `html`, `html 200`: the request is not carried out; the answer is a page of HTML, with 502 if no status is named.
    Html {
        /// Its status.
        status: u16,
    },
    /// `stale`: a read is answered as it would have been before the latest write.
    Stale,
    /// `lost`: a write is answered as ever, and is forgotten.
    Lost,
}

/// How often.
#[derive(Clone, Copy, Debug, PartialEq)]
enum When {
    Always,
    /// 0 to 1.
    Chance(f64),
    /// From this one to that one, counted from 1.
    Turns(u64, u64),
    Every(u64),
}

/// The faults of one provider, and how far each has come.
#[derive(Debug)]
pub(super) struct Faults {
    list: Vec<(Fault, u64)>,
    random: SplitMix,
}

/// What happens to one request.
#[derive(Debug, Default)]
pub(super) struct Strike {
    pub(super) delay: Duration,
    pub(super) effect: Option<Effect>,
    /// The fault's text.
    pub(super) name: Option<String>,
}

impl Fault {
    /// Whether it shows reads what is no longer so.
    pub(super) fn is_stale(&self) -> bool {
        self.effects.contains(&Effect::Stale)
    }

    fn meets(&self, method: &Method, path: &str) -> bool {
        let reads = method == Method::GET || path.ends_with("/.search");
        let able = self.effects.iter().any(|effect| match effect {
            Effect::Stale => reads,
            Effect::Lost => !reads,
            _ => true,
        });
        able && (self.methods.is_empty() || self.methods.contains(method))
            && self.path.as_ref().is_none_or(|pattern| matches(pattern, path))
    }

    /// What it does to the request that is its `turn`-th.
    fn effect(&self, turn: u64, random: &mut SplitMix) -> Option<&Effect> {
        if self.effects.len() > 1 {
            return self.effects.get(usize::try_from(turn - 1).ok()?);
        }
        let strikes = match self.when {
            When::Always => true,
            When::Chance(chance) => random.fraction() < chance,
            When::Turns(from, to) => (from..=to).contains(&turn),
            When::Every(n) => turn.is_multiple_of(n),
        };
        self.effects.first().filter(|_| strikes)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Faults {
    pub(super) fn new(list: Vec<Fault>, seed: u64) -> Self {
        Self { list: list.into_iter().map(|fault| (fault, 0)).collect(), random: SplitMix::new(seed) }
    }

    /// What happens to this request; `path` is below the base URL.
    pub(super) fn strike(&mut self, method: &Method, path: &str) -> Strike {
        let mut strike = Strike::default();
        for (fault, turns) in &mut self.list {
            if !fault.meets(method, path) {
                continue;
            }
            *turns += 1;
            match fault.effect(*turns, &mut self.random) {
                None | Some(Effect::Ok) => continue,
                Some(Effect::Wait { least, most }) => {
                    strike.delay += *least + (*most - *least).mul_f64(self.random.fraction());
                }
                Some(_) if strike.effect.is_some() => continue,
                Some(effect) => strike.effect = Some(effect.clone()),
            }
            strike.name.get_or_insert_with(|| fault.text.clone());
        }
        strike
    }
}

/// Whether text fits a pattern in which `*` is any text. Takes time in proportion to both lengths at worst.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            star = Some((p, t));
            p += 1;
        } else if pattern.get(p) == Some(&text[t]) {
            (p, t) = (p + 1, t + 1);
        } else if let Some((at, from)) = star {
            star = Some((at, from + 1));
            (p, t) = (at + 1, from + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}
