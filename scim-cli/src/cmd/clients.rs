//! `scim serve --check`: what is wrong with the requests that come, on standard error.

use std::{
    collections::BTreeMap,
    env,
    fmt::Write as _,
    io::{IsTerminal, stderr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use scim_core::schema::ResourceType;
use scim_testkit::{
    check::client::{ClientCheck, ClientLevel, ClientObservation, by_id},
    desk::Exchange,
    provider::{By, Provider},
};

use super::note;

/// Tells of clients while a mock is served.
pub(crate) struct Clients(Arc<Mutex<Told>>);

impl Clients {
    /// Tells of each request once it is answered.
    pub(crate) fn watch(provider: &Arc<Provider>) -> Self {
        let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        let color = stderr().is_terminal()
            && !set("NO_COLOR")
            && env::var_os("TERM").is_none_or(|term| term != "dumb");
        let told = Arc::new(Mutex::new(Told { color, ..Told::default() }));
        let types: Vec<ResourceType> = provider.resource_types().into_iter().cloned().collect();
        let (whole, asked) = (Arc::clone(&told), Arc::downgrade(provider));
        provider.watch(move |_| {
            let Some(provider) = asked.upgrade() else { return };
            let mut told = lock(&whole);
            // Requests at the same time may come in either order; the journal knows it.
            for entry in provider.journal_after(told.last) {
                told.last = entry.number;
                if let Some(text) = told.tell(&Exchange::read(entry, &types)) {
                    note(text.trim_end());
                }
            }
        });
        Self(told)
    }

    /// Sums up.
    pub(crate) fn finish(self) {
        note(lock(&self.0).summary().trim_end());
    }
}

fn lock(told: &Mutex<Told>) -> MutexGuard<'_, Told> {
    told.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What has been told.
#[derive(Debug, Default)]
struct Told {
    color: bool,
    /// Number of the latest entry of the journal.
    last: u64,
    requests: usize,
    /// How often, by check and by who it was.
    seen: BTreeMap<(&'static str, String), usize>,
}

impl Told {
    /// The findings about one request: in full what was not told of this client before.
    fn tell(&mut self, exchange: &Exchange) -> Option<String> {
        let entry = &exchange.entry;
        self.requests += usize::from(entry.by == By::Scim);
        if exchange.observations.is_empty() {
            return None;
        }
        let (mut full, mut again) = (Vec::new(), Vec::new());
        for seen in &exchange.observations {
            let count = self.seen.entry((seen.check.id, exchange.client().to_owned())).or_default();
            *count += 1;
            match *count {
                1 => full.push(seen),
                count => again.push(format!("{} ({count})", seen.check.id)),
            }
        }
        let target: String = entry.target.chars().take(LONGEST).collect();
        let cut = if target.len() < entry.target.len() { "…" } else { "" };
        let status = if entry.status == 0 { "no answer".to_owned() } else { entry.status.to_string() };
        let client = match &exchange.guess {
            Some(guess) if guess.sure => guess.name.to_owned(),
            Some(guess) => format!("perhaps {}", guess.name),
            None => "unknown client".to_owned(),
        };
        let mut out = format!("{} {} {target}{cut} → {status}, {client}", exchange.time(), entry.method);
        if full.is_empty() {
            return Some(format!("{out}: again {}", again.join(", ")));
        }
        for seen in full {
            out.push_str(&self.whole(seen));
        }
        if !again.is_empty() {
            // Writing to a string cannot fail.
            let _ = write!(out, "\n  again {}", again.join(", "));
        }
        Some(out)
    }

    fn whole(&self, seen: &ClientObservation) -> String {
        let ClientObservation { check, seen } = seen;
        format!(
            "\n  {} {}: {}\n    seen: {seen}\n    rule: {}\n    do: {}",
            self.painted(check.level),
            check.id,
            check.title,
            check.citation,
            check.fix
        )
    }

    fn painted(&self, level: ClientLevel) -> String {
        let code = match level {
            ClientLevel::Error => "1;31",
            ClientLevel::Warning => "33",
            ClientLevel::Note => "36",
        };
        if self.color { format!("\x1b[{code}m{level}\x1b[0m") } else { level.to_string() }
    }

    /// By check, the worst first.
    fn summary(&self) -> String {
        let requests =
            format!("{} request{} checked", self.requests, if self.requests == 1 { "" } else { "s" });
        let mut checks: BTreeMap<&str, (&ClientCheck, usize, Vec<&str>)> = BTreeMap::new();
        for ((id, client), count) in &self.seen {
            let Some(check) = by_id(id) else { continue };
            let (_, all, clients) = checks.entry(id).or_insert((check, 0, Vec::new()));
            *all += count;
            clients.push(client);
        }
        if checks.is_empty() {
            return format!("{requests}, nothing to say about the client");
        }
        let mut checks: Vec<_> = checks.into_values().collect();
        checks.sort_by_key(|(check, count, _)| (check.level, usize::MAX - count));
        let mut out = format!("{requests}, what was found:");
        let wide = checks.iter().map(|(check, ..)| check.id.len()).max().unwrap_or_default();
        for (check, count, clients) in checks {
            let level =
                format!("{}{}", self.painted(check.level), " ".repeat(8 - check.level.as_str().len()));
            let times = if count == 1 { "once" } else { "times" };
            let count = if count == 1 { String::new() } else { format!("{count} ") };
            let _ = write!(out, "\n  {level}{:wide$}  {count}{times}, {}", check.id, clients.join(", "));
        }
        out
    }
}

/// Characters of an address.
const LONGEST: usize = 160;
