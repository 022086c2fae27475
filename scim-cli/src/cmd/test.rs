//! `scim test`: plays the identity providers' stories against an endpoint and reports.

use std::{
    env,
    fs::{File, OpenOptions},
    io::{IsTerminal, Write, stdout},
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use scim_core::vendor::Profile;
use scim_testkit::{
    check::{Level, Selection, catalog},
    idp::{Dialect, WireRequest},
    provider::{Provider, World},
    report::{Report, Verdict, baseline::Baseline, github, human, junit, markdown},
    run::{Cancel, Credentials, Event, Published, Reach, Run, Suite, Target},
    serve::{ProviderService, Server},
    story::Story,
};
use secrecy::SecretString;
use url::Url;

use super::{
    note, print, read_text,
    serve::{profile, runtime, with_defects},
    signals::Signals,
};
use crate::{
    args::{FailOn, Format, SuiteName, TestArgs},
    exit::{Exit, Stop},
    target,
};

/// `scim test`.
pub(crate) fn run(args: &TestArgs) -> Result<Exit, Stop> {
    let order = Order::read(args)?;
    let mut sink = Sink::open(args.output.as_deref())?;
    if args.list {
        sink.write(&order.list(args)?)?;
        return Ok(Exit::Success);
    }
    if args.dry_run {
        let requests = runtime()?.block_on(order.dry_run(args))?;
        sink.write(&requests)?;
        return Ok(Exit::Success);
    }
    let mut report = runtime()?.block_on(order.play(args))?;
    report.fail_on = args.fail_on.level().as_str();
    if let Some(baseline) = &order.baseline {
        let gone = report.accept(baseline);
        if !gone.is_empty() && report.error.is_none() {
            note(&format!("in the baseline, and not found any more: {}", gone.join(", ")));
        }
    }
    sink.report(&report, args.format)?;
    // A human report on standard output says it already.
    let said = matches!(sink, Sink::Stdout) && args.format == Format::Human && !nothing_known(&report);
    if let Some(error) = report.error.as_ref().filter(|_| !said) {
        note(&format!("error: {error}"));
    }
    Ok(match report.verdict() {
        Verdict::Conforms => Exit::Success,
        Verdict::Findings => Exit::Findings,
        Verdict::CouldNotAsk => Exit::CouldNotAsk,
    })
}

/// Everything that the arguments name, read and checked before the first request.
struct Order {
    url: Option<Url>,
    dialects: Vec<Dialect>,
    published: Vec<Published>,
    stories: Vec<Story>,
    /// Expectations, if a vendor was named.
    vendor: Option<Profile>,
    selection: Selection,
    baseline: Option<Baseline>,
    /// The token of another tenant.
    foreign: Option<SecretString>,
}

impl Order {
    fn read(args: &TestArgs) -> Result<Self, Stop> {
        Ok(Self {
            url: args.url.as_deref().map(target::base_url).transpose()?,
            dialects: dialects(&args.idp),
            published: published(&args.idp),
            stories: stories(&args.story)?,
            vendor: args.vendor.as_deref().map(target::vendor).transpose()?,
            selection: Selection::new(&args.only, &args.skip).map_err(Stop::usage)?,
            baseline: args.baseline.as_deref().map(baseline).transpose()?,
            foreign: target::foreign_token(args)?,
        })
    }

    /// The run, short of what the endpoint decides.
    fn run(&self, target: Target, args: &TestArgs) -> Result<Run, Stop> {
        let mut run = Run::new(target)
            .dialects(self.dialects.clone())
            .published(self.published.clone())
            .stories(self.stories.clone())
            .selection(self.selection.clone())
            .suites(suites(&args.suite, !args.idp.is_empty()))
            .reach(reach(args))
            .large(args.large)
            .keep(args.keep);
        if let Some(vendor) = &self.vendor {
            run = run.vendor(vendor.clone());
        }
        if let Some(token) = &self.foreign {
            run = run.foreign_credentials(Credentials::Bearer(token.clone()));
        }
        if let Some(domain) = &args.domain {
            run = run.domain(mail_domain(domain)?);
        }
        if let Some(seed) = args.seed {
            run = run.seed(seed);
        }
        Ok(run)
    }

    /// The embedded mock. The same seed makes the same ids.
    fn mock(&self, args: &TestArgs) -> Result<Provider, Stop> {
        let world = if args.seed.is_some() { World::deterministic() } else { World::system() };
        with_defects(Provider::new(profile(args.vendor.as_deref(), args.profile)?, world), &args.defect)
    }

    async fn play(&self, args: &TestArgs) -> Result<Report, Stop> {
        let mut embedded = None;
        let target = match &self.url {
            Some(url) => target::over_network(url, &args.access)?,
            None => {
                let token = SecretString::from(World::system().secret());
                let mock = Arc::new(self.mock(args)?.with_token(Some(token.clone())));
                let server = Server::start(mock, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await;
                let server = server.map_err(|error| {
                    Stop::new(Exit::CouldNotAsk, format!("cannot start the mock: {error}"))
                })?;
                let transport = Arc::new(target::transport(&args.access)?);
                let target =
                    Target::new(server.url(), transport).with_credentials(Credentials::Bearer(token));
                embedded = Some(server);
                target
            }
        };
        let cancel = Cancel::default();
        let mut signals = Signals::listen()?;
        let progress = Progress::start();
        let run = self.run(target, args)?.cancel(cancel.clone()).on_event(progress.listener());
        let interrupt = tokio::spawn(async move {
            signals.next().await;
            note("stopping, and deleting what the run created; Ctrl-C again exits at once");
            cancel.cancel();
            signals.exit_at_next().await;
        });
        let report = run.run().await;
        interrupt.abort();
        progress.clear();
        drop(embedded);
        Ok(report)
    }

    /// What would be played, and every check that may report.
    fn list(&self, args: &TestArgs) -> Result<String, Stop> {
        let run = self.run(self.in_memory(args)?, args)?;
        let mut out = String::new();
        let mut idp = "";
        for planned in run.plan() {
            if planned.idp != idp {
                idp = planned.idp;
                let title = Dialect::from_id(idp).map(Dialect::title);
                let title = title.or_else(|| Published::from_id(idp).map(Published::title)).unwrap_or(idp);
                out.push_str(&format!("{idp}: {title}\n"));
            }
            out.push_str(&format!("  {:<22} {}\n", planned.story, planned.title));
            if let Some(reason) = planned.skip {
                out.push_str(&format!("  {:<22} skipped: {reason}\n", ""));
            }
        }
        out.push_str("\nchecks\n");
        for check in catalog::ALL.iter().filter(|check| self.selection.includes(check.id)) {
            out.push_str(&format!("  {:<34} {:<10}  {}\n", check.id, check.level.as_str(), check.title));
        }
        Ok(out)
    }

    /// The requests of the identity providers, answered by the mock in memory.
    async fn dry_run(&self, args: &TestArgs) -> Result<String, Stop> {
        let base = self.url.as_ref().map_or(IN_MEMORY, Url::as_str);
        let base = base.trim_end_matches('/').to_owned();
        let shown = Arc::new(Mutex::new(String::from(
            "# Nothing is sent. What the requests build on, such as ids, is answered by the embedded mock.\n\
             # Left out: Host, Content-Length, Authorization, and the requests that read back and clean up.\n\n",
        )));
        let append = |shown: &Mutex<String>, text: &str| {
            if let Ok(mut shown) = shown.lock() {
                shown.push_str(text);
            }
        };
        let (events, requests) = (Arc::clone(&shown), Arc::clone(&shown));
        let run = self
            .run(self.in_memory(args)?, args)?
            .on_event(Arc::new(move |event| {
                if let Event::Story { idp, story, .. } = event {
                    append(&events, &format!("# {idp}: {story}\n\n"));
                }
            }))
            .tap(Arc::new(move |request| {
                if !is_judge(request) {
                    append(&requests, &written(&base, request));
                }
            }));
        run.run().await;
        let text = shown.lock().map(|shown| shown.trim_end().to_owned()).unwrap_or_default();
        Ok(text)
    }

    fn in_memory(&self, args: &TestArgs) -> Result<Target, Stop> {
        let mut mock = self.mock(args)?;
        if let Some(url) = &self.url {
            mock = mock.with_base_url(url.as_str());
        }
        Ok(Target::service(IN_MEMORY, ProviderService(Arc::new(mock))))
    }
}

/// Where the mock believes to live when there is no socket.
const IN_MEMORY: &str = "http://localhost/scim/v2";

fn dialects(ids: &[String]) -> Vec<Dialect> {
    if ids.is_empty() {
        return Dialect::DEFAULT.to_vec();
    }
    let all = ids.iter().any(|id| id == "all");
    let named: Vec<Dialect> = ids.iter().filter_map(|id| Dialect::from_id(id)).collect();
    Dialect::ALL.into_iter().filter(|dialect| all || named.contains(dialect)).collect()
}

fn published(ids: &[String]) -> Vec<Published> {
    let named = |id: &str| ids.iter().any(|named| named == id);
    Published::ALL.into_iter().filter(|suite| named("all") || named(suite.id())).collect()
}

fn stories(names: &[String]) -> Result<Vec<Story>, Stop> {
    let builtin = Story::builtin();
    if names.is_empty() {
        return Ok(builtin);
    }
    let mut stories: Vec<Story> = Vec::new();
    for name in names {
        let story = match builtin.iter().find(|story| story.name == *name) {
            Some(story) => story.clone(),
            None if target::is_file(name) => Story::parse(&target::data_file(name)?, name)
                .map_err(|error| Stop::new(Exit::BadFile, error.to_string()))?,
            None => {
                let known: Vec<&str> = builtin.iter().map(|story| story.name.as_str()).collect();
                return Err(target::unknown("story", name, &known));
            }
        };
        if !stories.iter().any(|known| known.name == story.name) {
            stories.push(story);
        }
    }
    Ok(stories)
}

/// A provider that is named is played, whatever else is.
fn suites(names: &[SuiteName], provider: bool) -> Vec<Suite> {
    let all =
        [(SuiteName::Idp, Suite::Idp), (SuiteName::Rfc, Suite::Rfc), (SuiteName::Security, Suite::Security)];
    let usual = [SuiteName::Idp, SuiteName::Rfc];
    let chosen = if names.is_empty() { usual.as_slice() } else { names };
    let wanted = |name| {
        chosen.contains(&name) || chosen.contains(&SuiteName::All) || provider && name == SuiteName::Idp
    };
    all.into_iter().filter(|(name, _)| wanted(*name)).map(|(_, suite)| suite).collect()
}

fn reach(args: &TestArgs) -> Reach {
    match (args.probe_only, args.safe) {
        (true, _) => Reach::Probe,
        (false, true) => Reach::Safe,
        (false, false) => Reach::Full,
    }
}

fn baseline(path: &Path) -> Result<Baseline, Stop> {
    let wrong = |reason: String| Stop::usage(format!("--baseline {}: {reason}", path.display()));
    Baseline::parse(&read_text(path)?).map_err(|error| wrong(error.to_string()))
}

impl FailOn {
    fn level(self) -> Level {
        match self {
            Self::BreaksIdp => Level::BreaksIdp,
            Self::Must => Level::Must,
            Self::Should => Level::Should,
            Self::Warning => Level::Warning,
        }
    }
}

fn mail_domain(text: &str) -> Result<&str, Stop> {
    let plausible = !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'));
    plausible.then_some(text).ok_or_else(|| Stop::usage(format!("--domain: {text:?} is not a domain name")))
}

/// The run's own questions bear its name; identity providers' requests do not.
fn is_judge(request: &WireRequest) -> bool {
    request.headers.iter().any(|(name, value)| *name == "User-Agent" && value.starts_with("scim-testkit/"))
}

fn written(base: &str, request: &WireRequest) -> String {
    let mut out = format!("{} {base}{}\n", request.method, request.target);
    for (name, value) in &request.headers {
        out.push_str(&format!("{name}: {value}\n"));
    }
    out.push('\n');
    if let Some(body) = &request.body {
        out.push_str(body);
        out.push_str("\n\n");
    }
    out
}

/// Where the report goes. A file is opened before the run starts, and emptied when there is something to write.
enum Sink {
    Stdout,
    File { file: File, path: PathBuf },
}

impl Sink {
    fn open(path: Option<&Path>) -> Result<Self, Stop> {
        let Some(path) = path else { return Ok(Self::Stdout) };
        match OpenOptions::new().write(true).create(true).truncate(false).open(path) {
            Ok(file) => Ok(Self::File { file, path: path.to_owned() }),
            Err(error) => Err(Stop::usage(format!("cannot write {}: {error}", path.display()))),
        }
    }

    fn report(&mut self, report: &Report, format: Format) -> Result<(), Stop> {
        match format {
            Format::Json => self.write(&report.to_json()),
            Format::Junit => self.write(&junit::render(report)),
            Format::Markdown => self.write(&markdown::render(report)),
            Format::Github => self.write(&github::render(report)),
            // Where nothing could be asked there is nothing to report but the reason.
            Format::Human if nothing_known(report) => Ok(()),
            Format::Human => {
                let (color, width) = self.look();
                self.write(&human::render(report, color, width))
            }
        }
    }

    fn write(&mut self, text: &str) -> Result<(), Stop> {
        match self {
            Self::Stdout => print(text),
            Self::File { file, path } => {
                let newline = if text.ends_with('\n') { "" } else { "\n" };
                file.set_len(0)
                    .and_then(|()| file.write_all(text.as_bytes()))
                    .and_then(|()| file.write_all(newline.as_bytes()))
                    .map_err(|error| {
                        Stop::new(Exit::CouldNotAsk, format!("cannot write {}: {error}", path.display()))
                    })
            }
        }
    }

    /// Whether to use colors, and how many columns there are.
    fn look(&self) -> (bool, usize) {
        if !matches!(self, Self::Stdout) || !stdout().is_terminal() {
            return (false, WIDTH);
        }
        let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        let color = !set("NO_COLOR") && env::var_os("TERM").is_none_or(|term| term != "dumb");
        let width = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        (color, width.unwrap_or(WIDTH).clamp(40, 200))
    }
}

/// Columns of a report that is not for a terminal, or for one of unknown width.
const WIDTH: usize = 100;

fn nothing_known(report: &Report) -> bool {
    let summary = &report.summary;
    report.error.is_some()
        && summary.passed + summary.failed == 0
        && report.findings.is_empty()
        && report.leftovers.is_empty()
}

/// One line on standard error, if that is a terminal.
struct Progress(ProgressBar);

impl Progress {
    fn start() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{spinner} {pos}/{len} {wide_msg} {elapsed}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message("asking the endpoint");
        Self(bar)
    }

    fn listener(&self) -> Arc<dyn Fn(&Event) + Send + Sync> {
        let bar = self.0.clone();
        Arc::new(move |event| match event {
            Event::Started { stories } => bar.set_length(u64::try_from(*stories).unwrap_or(u64::MAX)),
            Event::Story { idp, story, index } => {
                bar.set_position(u64::try_from(*index).unwrap_or(u64::MAX));
                bar.set_message(format!("{idp}: {story}"));
            }
            Event::CleaningUp => bar.set_message("cleaning up"),
            _ => {}
        })
    }

    fn clear(&self) {
        self.0.finish_and_clear();
    }
}
