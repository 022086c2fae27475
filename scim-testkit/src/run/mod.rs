//! Plays stories against an endpoint as each identity provider would, reads back what the endpoint stored, and ends
//! in a [`Report`].
//!
//! The order of a run: one question to see that the endpoint answers at all; discovery; then for each provider and
//! story the simulator's requests, each checked by [`crate::check::exchange`], with a read-back of the stored state
//! after every change. When a provider's request fails or has no effect, a probe finds the cause: it repeats the
//! one unusual feature of the request on a scratch resource beside a control request in plain RFC form. Then the
//! state is put right, so that a later step is judged by itself. At the end everything that was created is deleted.
//!
//! A write's own answer proves nothing here: the stored state is what counts.

mod cancel;
mod cast;
mod cleanup;
mod diagnose;
mod endpoint;
mod event;
mod exchange;
mod findings;
#[cfg(test)]
mod freedoms;
#[cfg(feature = "http")]
mod http;
mod mend;
mod oracle;
mod play;
mod probe;
mod probe_groups;
mod readback;
mod recorder;
mod standing;
mod target;
#[cfg(test)]
mod tests;

use std::{
    collections::hash_map::RandomState,
    fmt,
    hash::{BuildHasher, Hasher},
    sync::Arc,
    time::Instant,
};

use scim_core::vendor::{Deactivate, Profile};

#[cfg(feature = "http")]
pub use self::http::{HttpOptions, HttpTransport};
pub use self::{
    cancel::Cancel,
    cleanup::Leftover,
    event::Event,
    exchange::{CurlAuth, Exchange, Redactor, Shown, ShownRequest, ShownResponse, cut},
    recorder::Tap,
    target::{Credentials, Target, Transport},
};
use crate::{
    check::Selection,
    idp::Dialect,
    report::{Report, StoryReport},
    story::{Need, Story, Verb},
};

/// A run to be: the endpoint and what to play.
///
/// ```
/// # use std::sync::Arc;
/// use scim_core::vendor::Profile;
/// use scim_testkit::{
///     provider::{Provider, World},
///     run::{Run, Target},
///     serve::ProviderService,
/// };
///
/// # futures_util::future::FutureExt::now_or_never(async {
/// let profile = Profile::builtin("interop").expect("built in");
/// let mock = Arc::new(Provider::new(profile, World::deterministic()));
/// let report = Run::new(Target::service("http://localhost/scim/v2", ProviderService(mock))).seed(1).run().await;
/// assert_eq!(report.findings.len(), 0);
/// # }).expect("the mock answers at once");
/// ```
#[derive(Clone)]
pub struct Run {
    target: Target,
    dialects: Vec<Dialect>,
    stories: Vec<Story>,
    vendor: Option<Profile>,
    selection: Selection,
    keep: bool,
    domain: Option<String>,
    seed: u64,
    cancel: Cancel,
    listener: Option<Listener>,
    tap: Option<Tap>,
}

impl Run {
    /// A run of all dialects and all built-in stories.
    #[must_use]
    pub fn new(target: Target) -> Self {
        Self {
            target,
            dialects: Dialect::ALL.to_vec(),
            stories: Story::builtin(),
            vendor: None,
            selection: Selection::default(),
            keep: false,
            domain: None,
            seed: RandomState::new().build_hasher().finish(),
            cancel: Cancel::default(),
            listener: None,
            tap: None,
        }
    }

    /// Plays these dialects only.
    #[must_use]
    pub fn dialects(mut self, dialects: Vec<Dialect>) -> Self {
        self.dialects = dialects;
        self
    }

    /// Plays these stories only.
    #[must_use]
    pub fn stories(mut self, stories: Vec<Story>) -> Self {
        self.stories = stories;
        self
    }

    /// Expects what this vendor's profile says.
    #[must_use]
    pub fn vendor(mut self, vendor: Profile) -> Self {
        self.vendor = Some(vendor);
        self
    }

    /// Reports these checks only.
    #[must_use]
    pub fn selection(mut self, selection: Selection) -> Self {
        self.selection = selection;
        self
    }

    /// Leaves what the run creates on the endpoint.
    #[must_use]
    pub fn keep(mut self, keep: bool) -> Self {
        self.keep = keep;
        self
    }

    /// E-mail domain of the people in the stories; default `example.com`, or the vendor profile's verified domain.
    #[must_use]
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// Makes names and ids reproducible; default random.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// A switch to stop the run; it still cleans up.
    #[must_use]
    pub fn cancel(mut self, cancel: Cancel) -> Self {
        self.cancel = cancel;
        self
    }

    /// Is told what happens, as it happens.
    #[must_use]
    pub fn on_event(mut self, listener: Listener) -> Self {
        self.listener = Some(listener);
        self
    }

    /// Is shown each request before it is sent.
    #[must_use]
    pub fn tap(mut self, tap: Tap) -> Self {
        self.tap = Some(tap);
        self
    }

    /// What would be played, with the reason for each story that the vendor profile rules out.
    #[must_use]
    pub fn plan(&self) -> Vec<Planned> {
        let mut plan = Vec::new();
        for dialect in &self.dialects {
            for story in &self.stories {
                if story.needs.contains(&Need::Grants)
                    && self.vendor.as_ref().is_none_or(|v| v.grants.is_empty())
                {
                    continue;
                }
                plan.push(Planned {
                    idp: dialect.id(),
                    story: story.name.clone(),
                    title: story.title.clone(),
                    skip: self.ruled_out(*dialect, story),
                });
            }
        }
        plan
    }

    /// Plays everything and cleans up.
    pub async fn run(self) -> Report {
        let started = Instant::now();
        let mut report = play::Player::new(&self).play().await;
        report.summary.seconds = started.elapsed().as_secs_f64();
        report
    }

    fn ruled_out(&self, dialect: Dialect, story: &Story) -> Option<String> {
        let vendor = self.vendor.as_ref()?;
        let title = &vendor.profile.title;
        if story.needs_groups() && vendor.group.ops.is_empty() {
            return Some(format!("{title} has no groups (vendor profile)"));
        }
        let returns = story.steps.iter().any(|step| step.verb == Verb::Return);
        if deletes(vendor) && returns && !dialect.is_okta() {
            return Some(format!(
                "{title} deletes on deactivation; Entra ID then makes a new account in a later cycle, which is not simulated"
            ));
        }
        let inactive = story.steps.iter().any(|step| step.active == Some(false));
        if deletes(vendor) && inactive {
            return Some(format!("{title} has no inactive accounts (vendor profile)"));
        }
        None
    }

    fn emit(&self, event: &Event) {
        if let Some(listener) = &self.listener {
            listener(event);
        }
    }

    /// Marks everything that this run creates.
    fn prefix(&self) -> String {
        format!("scimtest-{:06x}", self.seed & 0xff_ffff)
    }

    fn mail_domain(&self) -> &str {
        let verified = self.vendor.as_ref().and_then(|vendor| vendor.tenant.verified_domains.first());
        self.domain.as_deref().or_else(|| verified.map(String::as_str)).unwrap_or("example.com")
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("target", &self.target)
            .field("dialects", &self.dialects)
            .finish_non_exhaustive()
    }
}

/// Is called with every event of a run.
pub type Listener = Arc<dyn Fn(&Event) + Send + Sync>;

/// One story of one provider, as planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The dialect's id.
    pub idp: &'static str,
    /// The story's name.
    pub story: String,
    /// The story in one line.
    pub title: String,
    /// Why it will not be played.
    pub skip: Option<String>,
}

impl Planned {
    fn skipped(&self, reason: &str) -> StoryReport {
        StoryReport::skipped(self.idp, &self.story, &self.title, reason)
    }
}

/// Whether a deactivated account is gone at this vendor.
fn deletes(vendor: &Profile) -> bool {
    vendor.life.deactivate == Deactivate::Delete
}
