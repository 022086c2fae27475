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

mod app;
#[cfg(test)]
mod between;
mod cancel;
mod cast;
mod cleanup;
mod creates;
mod diagnose;
mod endpoint;
mod event;
mod exchange;
mod features;
mod findings;
#[cfg(test)]
mod freedoms;
mod groups;
mod happen;
#[cfg(feature = "http")]
mod http;
mod intent;
mod mend;
mod oracle;
#[cfg(test)]
mod others;
mod play;
mod probe;
mod probe_groups;
mod published;
#[cfg(test)]
mod races;
mod reach;
mod readback;
mod recorder;
mod security;
mod standing;
mod target;
#[cfg(test)]
mod tests;
mod vendor;

use std::{
    collections::hash_map::RandomState,
    fmt,
    hash::{BuildHasher, Hasher},
    sync::Arc,
    time::Instant,
};

use scim_core::vendor::{Permission, Profile, Reactivate};

#[cfg(feature = "http")]
pub use self::http::{HttpOptions, HttpTransport};
pub use self::{
    cancel::Cancel,
    cleanup::Leftover,
    event::Event,
    exchange::{CurlAuth, Exchange, Redactor, Shown, ShownRequest, ShownResponse, cut},
    published::{Published, PublishedStep},
    recorder::Tap,
    target::{Credentials, Target, Transport},
};
use crate::{
    check::Selection,
    idp::{Dialect, Family},
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
    published: Vec<Published>,
    vendor: Option<Profile>,
    selection: Selection,
    keep: bool,
    domain: Option<String>,
    suites: Vec<Suite>,
    reach: Reach,
    foreign: Credentials,
    /// Whether dialects, and whether suites, were chosen one by one.
    chosen: (bool, bool),
    large: bool,
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
            dialects: Dialect::DEFAULT.to_vec(),
            stories: Story::builtin(),
            published: Vec::new(),
            vendor: None,
            selection: Selection::default(),
            keep: false,
            domain: None,
            suites: vec![Suite::Idp, Suite::Rfc],
            reach: Reach::Full,
            foreign: Credentials::None,
            chosen: (false, false),
            large: false,
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

    /// Plays these test suites that providers publish, after everything else; default none, for they ask for more than
    /// the RFCs do.
    #[must_use]
    pub fn published(mut self, published: Vec<Published>) -> Self {
        self.published = published;
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

    /// Plays these families of tests only; default [`Suite::Idp`] and [`Suite::Rfc`].
    #[must_use]
    pub fn suites(mut self, suites: Vec<Suite>) -> Self {
        self.suites = suites;
        self
    }

    /// Plays one more dialect. The first one takes the place of the usual ones.
    ///
    /// ```
    /// use scim_testkit::{Dialect, Run, Suite, Target};
    /// # use scim_testkit::{provider::{Provider, World}, serve::ProviderService};
    ///
    /// # futures_util::future::FutureExt::now_or_never(async {
    /// # let profile = scim_core::vendor::Profile::builtin("interop").expect("built in");
    /// # let app = ProviderService(std::sync::Arc::new(Provider::new(profile, World::deterministic())));
    /// let target = Target::service("http://localhost/scim/v2", app);
    /// Run::new(target).idp(Dialect::Okta).idp(Dialect::Entra).suite(Suite::Rfc).run().await.assert_clean();
    /// # }).expect("the mock answers at once");
    /// ```
    #[must_use]
    pub fn idp(mut self, dialect: Dialect) -> Self {
        if !std::mem::replace(&mut self.chosen.0, true) {
            self.dialects.clear();
        }
        self.dialects.push(dialect);
        self.with_suite(Suite::Idp)
    }

    /// Plays one more family of tests. The first one takes the place of the usual ones.
    #[must_use]
    pub fn suite(self, suite: Suite) -> Self {
        self.with_suite(suite)
    }

    fn with_suite(mut self, suite: Suite) -> Self {
        if !std::mem::replace(&mut self.chosen.1, true) {
            self.suites.clear();
        }
        if !self.suites.contains(&suite) {
            self.suites.push(suite);
        }
        self
    }

    /// How far the run may go on the endpoint; default [`Reach::Full`].
    #[must_use]
    pub fn reach(mut self, reach: Reach) -> Self {
        self.reach = reach;
        self
    }

    /// Valid credentials of another tenant of the same service, for [`Suite::Security`]: they must open nothing here.
    #[must_use]
    pub fn foreign_credentials(mut self, credentials: Credentials) -> Self {
        self.foreign = credentials;
        self
    }

    /// Plays the stories that need a thousand users and more as well; default `false`.
    #[must_use]
    pub fn large(mut self, large: bool) -> Self {
        self.large = large;
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
        if self.reach == Reach::Probe {
            return plan;
        }
        for dialect in self.dialects.iter().filter(|_| self.suites.contains(&Suite::Idp)) {
            for story in &self.stories {
                if story.needs.contains(&Need::Roles) && !dialect.grants_roles() {
                    continue;
                }
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
        for suite in &self.published {
            plan.extend(suite.stories().map(|(story, title)| Planned {
                idp: suite.id(),
                story: story.to_owned(),
                title: title.to_owned(),
                skip: Some(reach::ONLY_READS.to_owned()).filter(|_| self.reach != Reach::Full),
            }));
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
        if self.reach != Reach::Full {
            return Some(reach::ONLY_READS.to_owned());
        }
        if story.needs.contains(&Need::Large) && !self.large {
            return Some("needs a thousand users, and the run was not asked to be large".to_owned());
        }
        if dialect.matches_by().starts_with("emails")
            && story.steps.iter().any(|step| step.bare == Some(true))
        {
            return Some("accounts are matched by their e-mail, and this one has none".to_owned());
        }
        let vendor = self.vendor.as_ref()?;
        let title = &vendor.profile.title;
        if let Some(reason) = vendor::no_wire(vendor) {
            return Some(reason);
        }
        if story.needs_groups() && vendor.group.ops.is_empty() {
            return Some(format!("{title} has no groups (vendor profile)"));
        }
        let returns = story.steps.iter().any(|step| step.verb == Verb::Return);
        if deletes(vendor) && returns && !dialect.creates_again() {
            let then = match dialect.family() {
                Family::Entra => {
                    "Entra ID then makes a new account in a later cycle, which is not simulated".to_owned()
                }
                _ => format!("{} then updates an account that is gone", dialect.title()),
            };
            return Some(format!("{title} deletes on deactivation; {then}"));
        }
        let leaving = story.steps.iter().filter(|step| step.verb == Verb::Leave).count();
        if deletes(vendor) && leaving > 1 {
            return Some(format!(
                "{title} deletes on deactivation, and nobody leaves twice (vendor profile)"
            ));
        }
        let inactive = story.steps.iter().any(|step| step.active == Some(false));
        if deletes(vendor) && inactive {
            return Some(format!("{title} has no inactive accounts (vendor profile)"));
        }
        if vendor.life.create_inactive == Permission::Reject && inactive {
            return Some(format!("{title} lets nobody be created inactive (vendor profile)"));
        }
        if vendor.life.reactivate == Reactivate::Reject && returns {
            return Some(format!("{title} brings nobody back (vendor profile)"));
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

/// A family of tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// Stories, played by the simulated identity providers.
    Idp,
    /// What RFC 7643 and RFC 7644 ask of every service provider.
    Rfc,
    /// What an attacker would try.
    Security,
}

/// How far a run may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Creates, changes and deletes its own users and groups.
    Full,
    /// Reads only: not one request that writes.
    Safe,
    /// Asks whether the endpoint answers, and what it offers.
    Probe,
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
    vendor.life.deactivate.is_gone()
}
