//! The two zoos: bugs that real servers had, each of which a run must find and name, and freedoms that a server has,
//! of which a run must say nothing worse than information.
//!
//! `cargo test -p scim-tests --test zoo -- bugs [NAME]` and `-- freedoms [NAME]` play one of the two; with a name, the
//! entries whose id contains it, and `--verbose` prints the whole report of each; `--times` says how long each takes.

mod entry;
mod freedom;
mod rewrite;
mod wire;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
    sync::atomic::{AtomicUsize, Ordering},
    sync::{Mutex, PoisonError},
    time::Instant,
};

use scim_testkit::report::{Finding, Report, human};

use entry::{Entry, File, Whose};

/// So many of the bugs must be found, in percent.
const ENOUGH: usize = 95;
/// So many threads play.
const THREADS: usize = 2;

fn main() -> ExitCode {
    let (flags, mut words): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|word| word.starts_with('-'));
    if flags.iter().any(|flag| flag == "--list") {
        return ExitCode::SUCCESS;
    }
    let verbose = flags.iter().any(|flag| flag == "--verbose");
    let which = words.first().filter(|word| ["bugs", "freedoms"].contains(&word.as_str())).cloned();
    if which.is_some() {
        words.remove(0);
    }
    let file = match File::read() {
        Ok(file) => file,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let named = |id: &str| words.is_empty() || words.iter().any(|word| id.contains(word.as_str()));
    let plays = |name: &str| which.as_deref().is_none_or(|which| which == name);
    let started = Instant::now();
    let mut good = true;
    if plays("bugs") {
        let bugs: Vec<Entry> = file.bugs.into_iter().filter(|bug| named(&bug.id)).collect();
        good &= judge_bugs(&bugs, verbose);
    }
    if plays("freedoms") {
        let freedoms: Vec<Entry> = file.freedoms.into_iter().filter(|one| named(&one.id)).collect();
        good &= judge_freedoms(&freedoms, verbose);
    }
    println!("{:.1} s", started.elapsed().as_secs_f64());
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plays the entries on a few threads; the outcomes come in the order of the entries.
fn play_all<T: Sync>(
    entries: &[T],
    play: impl Fn(&T) -> Option<Result<Report, String>> + Sync,
) -> Vec<Option<Result<Report, String>>> {
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::new());
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(entry) = entries.get(index) else { return };
            let since = Instant::now();
            // A rule that panics is the entry's mistake, and not the end of the others.
            let played = catch_unwind(AssertUnwindSafe(|| play(entry)));
            let outcome = played.unwrap_or_else(|_| Some(Err("a panic".to_owned())));
            if std::env::args().any(|word| word == "--times") {
                let told = outcome.as_ref().map(|it| it.as_ref().map_or_else(Clone::clone, told));
                eprintln!("{index} {:.2} s {}", since.elapsed().as_secs_f64(), told.unwrap_or_default());
            }
            outcomes.lock().unwrap_or_else(PoisonError::into_inner).push((index, outcome));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(work);
        }
    });
    let mut outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
    outcomes.sort_by_key(|(index, _)| *index);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

fn judge_bugs(bugs: &[Entry], verbose: bool) -> bool {
    let outcomes = play_all(bugs, |bug| bug.expect.is_some().then(|| bug.play(Whose::Bugs)));
    let (mut found, mut missed, mut outside) = (0_usize, 0_usize, 0_usize);
    println!("{:<38} {:<40} result", "bug", "expected");
    for (bug, outcome) in bugs.iter().zip(outcomes) {
        let expect = bug.expect.as_deref().unwrap_or("-");
        let result = match &outcome {
            None if bug.outside.is_some() => {
                outside += 1;
                format!("outside: {}", bug.outside.as_deref().unwrap_or_default())
            }
            None => {
                missed += 1;
                format!("MISSED: {}", bug.misses.as_deref().unwrap_or_default())
            }
            Some(Err(error)) => {
                missed += 1;
                format!("MISSED: {error}")
            }
            Some(Ok(report)) => match cause(bug, report) {
                Some(finding) => {
                    found += 1;
                    let unseen = bug.idps.iter().filter(|idp| {
                        let played = report.stories.iter().any(|story| story.idp == **idp);
                        played && !finding.idps.contains(&idp.as_str())
                    });
                    let unseen: Vec<&str> = unseen.map(String::as_str).collect();
                    let unseen = if unseen.is_empty() {
                        String::new()
                    } else {
                        format!(" (not {})", unseen.join(", "))
                    };
                    format!("found {} [{}]{unseen}", finding.level, finding.idps.join(", "))
                }
                None => {
                    missed += 1;
                    format!(
                        "MISSED{}: {}",
                        bug.misses.as_ref().map(|it| format!(" ({it})")).unwrap_or_default(),
                        told(report)
                    )
                }
            },
        };
        println!("{:<38} {expect:<40} {result}", bug.id);
        if let Some(Ok(report)) = outcome.filter(|_| verbose) {
            println!(
                "{} ({}; {})\n{}",
                bug.title,
                bug.source,
                bug.refs.join(", "),
                human::render(&report, false, 120)
            );
        }
    }
    let all = found + missed;
    let percent = (found * 100).checked_div(all).unwrap_or(100);
    println!(
        "{found} of {all} bugs found ({percent} %), {missed} missed; {outside} outside of what a run can see"
    );
    percent >= ENOUGH
}

/// The finding that names the bug.
fn cause<'r>(bug: &Entry, report: &'r Report) -> Option<&'r Finding> {
    let about = |finding: &Finding| {
        bug.subject
            .as_deref()
            .is_none_or(|wanted| finding.subject.as_deref().is_some_and(|it| it.contains(wanted)))
    };
    report.findings.iter().find(|finding| Some(finding.id) == bug.expect.as_deref() && about(finding))
}

/// What a run found, in one line.
fn told(report: &Report) -> String {
    let mut found: Vec<String> = report
        .findings
        .iter()
        .map(|finding| match &finding.subject {
            Some(subject) => format!("{}[{subject}]", finding.id),
            None => finding.id.to_owned(),
        })
        .collect();
    found.extend(report.error.iter().map(|error| format!("error: {error}")));
    if found.is_empty() { "nothing found".to_owned() } else { found.join(", ") }
}

fn judge_freedoms(freedoms: &[Entry], verbose: bool) -> bool {
    let outcomes = play_all(freedoms, |one| Some(one.play(Whose::Freedoms)));
    let mut alarms = 0_usize;
    println!("{:<46} result", "freedom");
    for (freedom, outcome) in freedoms.iter().zip(outcomes.into_iter().flatten()) {
        let report = match outcome {
            Ok(report) => report,
            Err(error) => {
                alarms += 1;
                println!("{:<46} FALSE ALARM: {error}", freedom.id);
                continue;
            }
        };
        let worse: Vec<&Finding> = report.findings.iter().filter(|finding| finding.level != "info").collect();
        let result = if worse.is_empty() && report.error.is_none() && report.leftovers.is_empty() {
            let told: Vec<&str> = report.findings.iter().map(|finding| finding.id).collect();
            if told.is_empty() { "nothing".to_owned() } else { format!("info: {}", told.join(", ")) }
        } else {
            alarms += 1;
            let left = report.leftovers.len();
            let left = if left == 0 { String::new() } else { format!("; {left} left") };
            format!("FALSE ALARM: {}{left}", told(&report))
        };
        println!("{:<46} {result}", freedom.id);
        if verbose {
            println!("{} ({})\n{}", freedom.title, freedom.source, human::render(&report, false, 120));
        }
    }
    println!("{} freedoms, {alarms} false alarms", freedoms.len());
    alarms == 0
}
