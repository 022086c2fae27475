//! An entry of the journal, judged.

use bytes::Bytes;
use http::Request;
use scim_core::schema::ResourceType;

use crate::{
    check::client::{ClientLevel, ClientObservation, Guess, guess, judge, judge_unreadable},
    provider::{By, Entry},
};

/// One request and its answer, with what can be said of the client.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Exchange {
    /// What was asked, answered and changed.
    pub entry: Entry,
    /// Who it looks like.
    pub guess: Option<Guess>,
    /// What is wrong with the request, the worst first.
    pub observations: Vec<ClientObservation>,
}

impl Exchange {
    /// Judges a request by the resource types that the endpoint has. Acts of the [control](crate::provider::Control),
    /// and requests for something else than SCIM, are not judged.
    #[must_use]
    pub fn read(entry: Entry, types: &[ResourceType]) -> Self {
        if entry.unreadable {
            let observations = judge_unreadable(&entry.target);
            return Self { entry, guess: None, observations };
        }
        let judged = (entry.by == By::Scim).then(|| entry.inside()).flatten().map(|inside| {
            let request: Request<Bytes> = entry.request();
            (guess(&request, inside), judge(&request, inside, entry.status, types))
        });
        let (guess, observations) = judged.unwrap_or_default();
        Self { entry, guess, observations }
    }

    /// When it came, as hours, minutes and seconds (UTC).
    #[must_use]
    pub fn time(&self) -> String {
        jiff::Timestamp::try_from(self.entry.at).unwrap_or_default().strftime("%H:%M:%S").to_string()
    }

    /// How many observations have that level.
    #[must_use]
    pub fn count(&self, level: ClientLevel) -> usize {
        self.observations.iter().filter(|seen| seen.check.level == level).count()
    }

    /// Name of who it looks like, for people.
    #[must_use]
    pub fn client(&self) -> &str {
        match (&self.guess, self.entry.by) {
            (Some(guess), _) => guess.name,
            (None, By::Control) => "control",
            (None, By::Scim) => "unknown",
        }
    }
}
