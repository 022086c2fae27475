//! That a run which expects a vendor is content with a mock of it; and `docs/matrix.md`, which is made from those runs:
//! `UPDATE=1 cargo test -p scim-tests --test it vendors` writes it.

use std::{collections::BTreeMap, env, fmt::Write as _, fs, path::PathBuf, sync::Arc, thread};

use scim_core::vendor::{
    Deactivate, Delete, Existing, GroupMeaning, Instead, MembersRead, OnCreate, Operation, Profile,
    Reactivate, Rename, UnknownMember,
};
use scim_testkit::{
    Run, Suite, Target,
    idp::Dialect,
    provider::{Provider, World},
    report::{Report, Status, StoryReport},
    serve::ProviderService,
};

/// What the providers of one family do to a mock that takes them for what they are.
pub(super) fn run(vendor: &str, family: &Family) -> Report {
    let profile = Profile::builtin(vendor).unwrap();
    let own = profile.for_client(family.client).clone();
    let mock = Arc::new(Provider::new(own, World::deterministic()));
    let target = Target::service("http://localhost/scim/v2", ProviderService(mock));
    let dialects = family.idps.iter().map(|(id, _)| Dialect::from_id(id).unwrap()).collect();
    // What the RFCs ask of everybody is asked once.
    let suites = if family.client == OKTA.client { vec![Suite::Idp, Suite::Rfc] } else { vec![Suite::Idp] };
    let run = Run::new(target).seed(1).vendor(profile).dialects(dialects).suites(suites).run();
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run)
}

/// Providers that are one company's.
pub(super) struct Family {
    client: &'static str,
    title: &'static str,
    /// Ids, and how one differs from the others of its family.
    idps: [(&'static str, &'static str); 2],
}

pub(super) const OKTA: Family =
    Family { client: "okta", title: "Okta", idps: [("okta", "catalog app"), ("okta-aiw", "app wizard")] };

const ENTRA: Family = Family {
    client: "entra",
    title: "Entra ID",
    idps: [("entra", "today's form"), ("entra-062020", "form of 062020")],
};

/// A vendor, and what the run of each family saw.
type Row = (Profile, [Report; 2]);

/// A run that expects what the profile says finds nothing wrong with a mock that obeys it; and what it saw is the page.
#[test]
fn every_vendor_is_as_its_profile_says_and_the_matrix_is_current() {
    let names: Vec<&str> = Profile::names().filter(|name| !["rfc", "interop"].contains(name)).collect();
    let play = |name: &&str| (Profile::builtin(name).unwrap(), [run(name, &OKTA), run(name, &ENTRA)]);
    let (left, right) = names.split_at(names.len() / 2);
    let rows: Vec<Row> = thread::scope(|scope| {
        let right = scope.spawn(|| right.iter().map(play).collect::<Vec<_>>());
        let mut rows: Vec<Row> = left.iter().map(play).collect();
        rows.extend(right.join().unwrap());
        rows
    });
    let mut wrong = String::new();
    for (profile, reports) in &rows {
        for report in reports {
            let id = &profile.profile.id;
            if let Some(error) = &report.error {
                let _ = writeln!(wrong, "{id}: {error:?}");
            }
            for finding in report.findings.iter().filter(|finding| finding.level != "info") {
                let _ = writeln!(wrong, "{id}: {}: {} ({})", finding.id, finding.got, finding.story);
            }
            for story in &report.stories {
                if matches!(story.status, Status::Failed | Status::Error) {
                    let _ = writeln!(wrong, "{id}: {}/{}: {:?}", story.idp, story.story, story.reason);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");

    let page = page(&rows);
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/matrix.md");
    if env::var_os("UPDATE").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == page,
        "docs/matrix.md is out of date: run UPDATE=1 cargo test -p scim-tests --test it vendors"
    );
    for (table, vendor, question, answer) in [
        ("Entra ID", "Bitwarden", "disables a user", "suspended (revoked)"),
        ("Okta", "HubSpot", "disables a user", "deleted"),
        ("Okta", "Fullstory", "pushes a group", "impossible: no groups?"),
        ("Okta", "GitLab.com", "disables a user", "unlinked"),
        ("Entra ID", "Slack", "deletes a user", "stays, inactive"),
        ("Entra ID", "8x8", "deletes a user", "refused: 405"),
        ("Okta", "Heap", "renames a group", "renamed?"),
        ("Okta", "GitHub Enterprise Managed Users", "brings a user back", "impossible?"),
        ("Entra ID", "Qualtrics", "disables a user", "nothing: the account stays?"),
    ] {
        let cell = look_up(&page, table, vendor, question);
        assert!(cell.starts_with(answer), "{table}, {vendor}, {question}: {cell}");
    }
}

/// The cell that a reader finds.
fn look_up<'a>(page: &'a str, table: &str, vendor: &str, question: &str) -> &'a str {
    let cells = |line: &'a str| line.split('|').map(str::trim).collect::<Vec<_>>();
    let mut lines = page.lines().skip_while(|line| *line != format!("## When {table} …"));
    let head = cells(lines.find(|line| line.starts_with('|')).unwrap());
    let column = head.iter().position(|head| *head == question).unwrap();
    let linked = format!("[{vendor}]");
    let row = lines.map(cells).find(|cells| cells.get(1).is_some_and(|name| name.contains(&linked)));
    row.unwrap()[column]
}

const HEAD: &str = "\
# What happens at a vendor when an identity provider does something

Find the provider's table, the vendor's row and the column of what happens. Simulated providers told a mock of each
vendor, and the tables say what they saw. A mock is as right as its profile: `?` marks what was concluded, or is told
without a source or by a third party only, and `scim vendors show NAME` names the sources. A dash: the provider sends
nothing for it. Below the tables, each vendor has what is odd about it, and the stories in which that shows:
**differs**, where the provider goes on, and **impossible**, where it cannot. What is not named there works. The page
is made by a test.
";

/// What a reader asks, and the story that shows it.
const QUESTIONS: [(&str, &str); 9] = [
    ("hires somebody", "hire"),
    ("gives a new title", "mover"),
    ("disables a user", "leave"),
    ("deletes a user", "purge"),
    ("brings a user back", "return"),
    ("pushes a group", "push-group"),
    ("renames a group", "rename-group"),
    ("adds or removes members", "group-members"),
    ("deletes a group", "delete-group"),
];

fn page(rows: &[Row]) -> String {
    let mut page = HEAD.to_owned();
    for (index, family) in [&OKTA, &ENTRA].into_iter().enumerate() {
        let heads: Vec<&str> = QUESTIONS.iter().map(|(head, _)| *head).collect();
        let _ = writeln!(page, "\n## When {} …\n\n| vendor | {} |", family.title, heads.join(" | "));
        let _ = writeln!(page, "| --- |{}", " --- |".repeat(heads.len()));
        let mut notes = Vec::new();
        for (profile, reports) in rows {
            let cells =
                QUESTIONS.map(|(_, story)| answer(profile, family, &reports[index], story, &mut notes));
            let identity = &profile.profile;
            let _ = writeln!(
                page,
                "| [{}](#{}) | {} |",
                identity.title,
                anchor(&identity.title),
                cells.join(" | ")
            );
        }
        if !notes.is_empty() {
            page.push('\n');
        }
        for (index, note) in notes.iter().enumerate() {
            let _ = writeln!(page, "{}. {note}", index + 1);
        }
    }
    for row in rows {
        section(&mut page, row);
    }
    page.push_str("\n## The stories\n\n");
    let all = rows.iter().flat_map(|(_, reports)| reports).flat_map(|report| &report.stories);
    let played = all.filter(|story| story.idp != "rfc");
    let titles: BTreeMap<&str, &str> =
        played.map(|story| (story.story.as_str(), story.title.as_str())).collect();
    for (name, title) in titles {
        let _ = writeln!(page, "- `{name}`: {title}");
    }
    page
}

fn anchor(title: &str) -> String {
    let kept = title.chars().filter(|c| c.is_alphanumeric() || [' ', '-'].contains(c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// One cell: the answer of each provider of the family, said once where all agree.
fn answer(
    profile: &Profile,
    family: &Family,
    report: &Report,
    story: &str,
    notes: &mut Vec<String>,
) -> String {
    if !profile.has_wire() {
        return without_wire(profile, story);
    }
    let own = profile.for_client(family.client);
    let told: Vec<(String, &str)> = family
        .idps
        .iter()
        .map(|(idp, form)| {
            let played = report.stories.iter().find(|it| it.idp == *idp && it.story == story);
            (played.map_or_else(|| "–".to_owned(), |played| word(own, played, notes)), *form)
        })
        .collect();
    if told.iter().all(|(word, _)| *word == told[0].0) {
        return told[0].0.clone();
    }
    let each: Vec<String> = told.iter().map(|(word, form)| format!("{word} ({form})")).collect();
    each.join("; ")
}

fn without_wire(profile: &Profile, story: &str) -> String {
    let jit = profile.profile.instead == Instead::Jit;
    // That there is no SCIM is a conclusion of its own.
    let unsure = |key: &str| match unsure(profile, "profile.wire") {
        "" => unsure(profile, key),
        mark => mark,
    };
    match story {
        "hire" if jit => format!("account at the first sign-on{}", unsure("jit.supported")),
        "leave" | "purge" if jit => format!("nothing: the account stays{}", unsure("profile.instead")),
        "hire" | "leave" | "purge" => format!("not over SCIM{}", unsure("profile.instead")),
        _ => "–".to_owned(),
    }
}

/// What a story showed, in a word or two.
fn word(profile: &Profile, story: &StoryReport, notes: &mut Vec<String>) -> String {
    if story.status == Status::Passed {
        return happened(profile, story);
    }
    let title = &profile.profile.title;
    let title = title.split(" (").next().unwrap_or(title);
    let Some(reason) = story.reason.as_deref().filter(|reason| reason.starts_with(title)) else {
        return "–".to_owned();
    };
    if story.story == "purge" && profile.life.delete == Delete::Refused {
        return format!("refused: 405{}", unsure(profile, "life.delete"));
    }
    let why = plain_reason(profile, reason);
    match why.as_str() {
        "has no groups" => format!("impossible: no groups{}", unsure(profile, "group.ops")),
        why if why.contains("new account in a later cycle") => "new account, in a later cycle".to_owned(),
        why => {
            let note = why.to_owned();
            let index = notes.iter().position(|known| *known == note).unwrap_or_else(|| {
                notes.push(note);
                notes.len() - 1
            });
            format!("impossible{} [{}]", contradicted(profile, story), index + 1)
        }
    }
}

/// Why something is impossible, without the request that showed it and what only has to do with the form of answers.
fn plain_reason(profile: &Profile, reason: &str) -> String {
    let title = &profile.profile.title;
    let short = title.split(" (").next().unwrap_or(title);
    let why = reason.split(" (cannot ").next().unwrap_or(reason).split(" (vendor profile").next();
    let why = why.unwrap_or(reason).trim_start_matches(title.as_str()).trim_start_matches(short);
    let parts: Vec<&str> = why.trim_start_matches([':', ' ']).split("; ").collect();
    let (mut kept, mut about_form): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    let mut form = false;
    for part in parts {
        // `table.key: sentence`; what has no key goes on with the part before.
        let key =
            part.split_once(": ").map(|(key, _)| key).filter(|key| key.contains('.') && !key.contains(' '));
        if let Some(key) = key {
            form = !TELLING.iter().any(|table| key.starts_with(table));
        }
        if !part.contains(" later step(s) not played") {
            let list = if form { &mut about_form } else { &mut kept };
            list.push(key.map_or(part, |key| part[key.len() + 2..].trim()));
        }
    }
    if kept.is_empty() { about_form.join("; ") } else { kept.join("; ") }
}

/// The mark of what nobody read or saw; what the profile does not set is the RFC's.
fn unsure(profile: &Profile, key: &str) -> &'static str {
    if is_known(profile, key) { "" } else { "?" }
}

fn is_known(profile: &Profile, key: &str) -> bool {
    profile.stated().iter().any(|stated| stated == key) && profile.grade(key).is_firm()
}

/// The mark of what the mock cannot do for a provider and the vendor says that it can.
fn contradicted(profile: &Profile, story: &StoryReport) -> &'static str {
    let restores = profile.life.reactivate == Reactivate::Restore && is_known(profile, "life.reactivate");
    if story.story == "return" && restores { "?" } else { "" }
}

/// The mark of a request about groups that nobody read or saw.
fn unsure_of_groups(profile: &Profile, asked: &[Operation]) -> &'static str {
    let served = asked.iter().any(|op| profile.group.ops.contains(op));
    if served && is_known(profile, "group.ops") { "" } else { "?" }
}

fn happened(profile: &Profile, story: &StoryReport) -> String {
    let confirmed = |key: &str| story.confirmed.iter().any(|line| line.starts_with(key));
    let unsure = |key: &str| unsure(profile, key);
    let (life, group) = (&profile.life, &profile.group);
    match story.story.as_str() {
        "hire" => {
            let born = life.states.first().map_or("account", String::as_str);
            match profile.conflict.existing {
                Existing::AdoptUnmanaged => {
                    format!("{born}, or takes over one{}", unsure("conflict.existing"))
                }
                Existing::Conflict => born.to_owned(),
            }
        }
        "mover" if confirmed("patch.user_paths") => format!("not taken{}", unsure("patch.user_paths")),
        "mover" if confirmed("put.only") => format!("not taken{}", unsure("put.only")),
        "mover" => match profile.grants.first() {
            Some(grant) if grant.from == "title" => format!("title and role{}", unsure("grant.from")),
            Some(grant) if grant.by_setting() => format!("title; role is set there{}", unsure("grant.from")),
            Some(grant) => format!("title; role by `{}`{}", grant.from, unsure("grant.from")),
            None => "title".to_owned(),
        },
        "leave" => {
            let done = match life.deactivate {
                Deactivate::Suspend if life.off_state.is_empty() => "suspended".to_owned(),
                Deactivate::Suspend => format!("suspended ({})", life.off_state),
                Deactivate::Delete => "deleted".to_owned(),
                Deactivate::Unlink => "unlinked".to_owned(),
            };
            let mangled = if life.mangle.is_empty() {
                String::new()
            } else {
                format!(", {} hashed", life.mangle.join(" and "))
            };
            format!("{done}{mangled}{}", unsure("life.deactivate"))
        }
        "purge" if life.deactivate == Deactivate::Delete => {
            format!("deleted when disabled{}", unsure("life.deactivate"))
        }
        "purge" if life.deactivate == Deactivate::Unlink => {
            format!("unlinked when disabled{}", unsure("life.deactivate"))
        }
        "purge" => {
            let done = match life.delete {
                Delete::Hard => "deleted",
                Delete::Soft => "stays, inactive",
                Delete::Unlink => "unlinked",
                Delete::Tombstone => "gone for good",
                Delete::Refused => "refused: 405",
            };
            format!("{done}{}", unsure("life.delete"))
        }
        "return" if life.deactivate.is_gone() => format!("new account{}", unsure("life.deactivate")),
        "return" => format!("restored{}", unsure("life.deactivate")),
        "push-group" => {
            let made = match group.means {
                GroupMeaning::Group => "group".to_owned(),
                GroupMeaning::Team => format!("team{}", unsure("group.means")),
                GroupMeaning::Role => format!("role{}", unsure("group.means")),
                GroupMeaning::PermissionSet => format!("permission set{}", unsure("group.means")),
            };
            if group.members_on_create == OnCreate::Drop { format!("{made}, at first empty") } else { made }
        }
        "rename-group" if group.rename == Rename::Ignore => format!("not taken{}", unsure("group.rename")),
        "rename-group" => {
            let paths = &profile.patch.group_paths;
            let mark = if paths.iter().any(|path| path == "displayName") {
                unsure("patch.group_paths")
            } else {
                "?"
            };
            let by_request = unsure_of_groups(profile, &[Operation::Patch, Operation::Replace]);
            format!("renamed{}", if mark.is_empty() { mark } else { by_request })
        }
        "group-members" if group.members_read == MembersRead::Never => "done, and cannot be read".to_owned(),
        "group-members" if group.unknown_member == UnknownMember::CreateUser => {
            "done; invites strangers".to_owned()
        }
        "group-members" => "done".to_owned(),
        _ => format!("deleted{}", unsure_of_groups(profile, &[Operation::Delete])),
    }
}

/// Tables of the profile that a reader of the matrix cares for; the others are about the form of answers.
const TELLING: [&str; 13] = [
    "life.",
    "group.",
    "patch.",
    "put.",
    "attr.",
    "custom.",
    "grant.",
    "seat.",
    "domain.",
    "conflict.",
    "jit.",
    "auth.",
    "profile.",
];

fn section(page: &mut String, (profile, reports): &Row) {
    let identity = &profile.profile;
    let _ = writeln!(page, "\n## {}\n\nAs of {}.", identity.title, identity.as_of);
    if !identity.note.is_empty() {
        let _ = writeln!(page, "Note: {}.", identity.note);
    }
    page.push('\n');
    let told = |key: &str| TELLING.iter().any(|table| key.starts_with(table)) && key != "patch.tolerances";
    for it in profile.oddities().iter().filter(|it| told(&it.key)) {
        let _ = writeln!(page, "- {} ({})", it.text, it.grade.as_str());
    }
    for variant in &profile.variants {
        let _ = writeln!(page, "- otherwise {} (`{}@{}`)", variant.when.to_text(), identity.id, variant.name);
    }
    if !profile.has_wire() {
        return;
    }
    // Reason, then the stories that it shows in, and with which providers.
    let mut fates: BTreeMap<String, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
    for (family, report) in [&OKTA, &ENTRA].into_iter().zip(reports) {
        for (idp, _) in family.idps {
            for story in report.stories.iter().filter(|story| story.idp == idp) {
                for fate in fates_of(profile, story) {
                    fates.entry(fate).or_default().entry(&story.story).or_default().push(idp);
                }
            }
        }
    }
    if !fates.is_empty() {
        page.push('\n');
    }
    for (fate, stories) in fates {
        let mut by_who: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (story, idps) in stories {
            by_who.entry(who(&idps)).or_default().push(format!("`{story}`"));
        }
        let told = by_who.into_iter().map(|(who, stories)| match who.as_str() {
            "" => stories.join(" "),
            who => format!("with {who} {}", stories.join(" ")),
        });
        let _ = writeln!(page, "- {fate}: {}", told.collect::<Vec<_>>().join("; "));
    }
}

/// The providers by their families' names; empty for all of them.
fn who(idps: &[&str]) -> String {
    let mut told: Vec<String> = Vec::new();
    for family in [&OKTA, &ENTRA] {
        let own = family.idps.iter().filter(|(id, _)| idps.contains(id)).map(|(_, form)| *form);
        match own.collect::<Vec<_>>().as_slice() {
            [] => {}
            [form] => told.push(format!("{} ({form})", family.title)),
            _ => told.push(family.title.to_owned()),
        }
    }
    if idps.len() == 4 { String::new() } else { told.join(" and ") }
}

/// How a story departs from the usual, and why.
fn fates_of(profile: &Profile, story: &StoryReport) -> Vec<String> {
    let title = &profile.profile.title;
    match (story.status, &story.reason) {
        (Status::Passed, _) => {
            let mut why: Vec<String> = Vec::new();
            if story.confirmed.iter().any(|line| line.starts_with("vendor.deactivate:")) {
                let grade = profile.grade("life.deactivate").as_str();
                why.push(format!("{} ({grade})", profile.sentence("life.deactivate").unwrap_or_default()));
            }
            let telling = |line: &&String| TELLING.iter().any(|table| line.starts_with(table));
            let said =
                |line: &String| line.split_once(": ").map_or(line.as_str(), |(_, rest)| rest).to_owned();
            why.extend(story.confirmed.iter().filter(telling).map(said));
            why.sort();
            why.dedup();
            why.into_iter().map(|why| format!("**differs**, {why}")).collect()
        }
        (_, Some(reason)) if reason.starts_with(title.as_str()) => {
            let mark = contradicted(profile, story);
            vec![format!("**impossible{mark}**, {}", plain_reason(profile, reason))]
        }
        _ => Vec::new(),
    }
}
