//! Every request of every simulator, against `fixtures/<dialect>/<scene>.http`.
//!
//! A fixture says where its requests are known from (`# source`, `# date`, `# grade`, `# note`; `## grade:` for one
//! exchange), then lists exchanges: the request as it goes out under the base path `/scim/v2`, less `Host`,
//! `Authorization` and `Content-Length`; `<<<` and the status of the scripted answer; its body; `---` before the next.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fs,
    future::ready,
    path::PathBuf,
};

use bytes::Bytes;
use http::HeaderMap;

use super::{
    Answer, BoxFuture, Change, Dialect, Directory, Entra, Flavor, Grade, IdentityProvider, Okta, Person,
    Sent, Stop, Team, Wire, WireError, WireRequest,
};

/// Scenes with a fixture in every dialect.
const EVERYWHERE: [&str; 17] = [
    "add-members",
    "clear-title",
    "connect",
    "delete-group",
    "hire",
    "hire-enterprise",
    "leave",
    "link",
    "link-group",
    "link-inactive",
    "mover",
    "push-empty",
    "push-group",
    "remove-members",
    "rename-group",
    "rename-user",
    "return",
];
/// Scenes that only Okta's dialects send anything for.
const OKTA: [&str; 5] = ["import-groups", "import-users", "push-now", "push-now-empty", "return-gone"];
/// Scenes that only Entra ID's dialects send anything for.
const ENTRA: [&str; 6] =
    ["leave-add", "manager-change", "manager-clear", "manager-set", "missing-email", "purge"];

#[tokio::test]
async fn requests_are_those_of_the_fixtures() {
    for dialect in Dialect::ALL {
        for scene in scenes(dialect) {
            let fixture = Fixture::read(dialect, scene);
            let (mut provider, directory, change) = stage(dialect, scene);
            let mut script = Script { scene: format!("{dialect}/{scene}"), left: fixture.exchanges.into() };
            let sent = provider.apply(&change, &directory, &mut script).await;
            match (&sent, scene) {
                (Ok(Sent::Imported(ids)), "import-users") => assert_eq!(ids, &["u-1", "u-2", "u-3", "u-4"]),
                (Ok(Sent::Imported(ids)), "import-groups") => assert_eq!(ids, &[TEAM_ID]),
                (Ok(Sent::Done), _) => {}
                _ => panic!("{dialect}/{scene} ended in {sent:?}"),
            }
            assert!(
                script.left.is_empty(),
                "{dialect}/{scene}: {} requests were not sent",
                script.left.len()
            );
        }
    }
}

#[tokio::test]
async fn what_a_provider_does_not_tell_sends_nothing() {
    let nothing: [(&[Dialect], Change); 4] = [
        (&[Dialect::Okta, Dialect::OktaAiw], Change::Purge { person: "ada".to_owned() }),
        (&[Dialect::Entra, Dialect::Entra062020], Change::PushNow { team: "analysts".to_owned() }),
        (&[Dialect::Entra, Dialect::Entra062020], Change::ImportUsers),
        (&[Dialect::Entra, Dialect::Entra062020], Change::ImportGroups),
    ];
    for (dialects, change) in nothing {
        for &dialect in dialects {
            let (mut provider, directory, _) = stage(dialect, "mover");
            let mut script = Script { scene: dialect.to_string(), left: VecDeque::new() };
            let sent = provider.apply(&change, &directory, &mut script).await;
            assert!(matches!(sent, Ok(Sent::Nothing(_))), "{dialect} {change:?}: {sent:?}");
        }
    }
}

#[test]
fn every_fixture_has_a_scene_and_every_scene_a_fixture() {
    for dialect in Dialect::ALL {
        let folder = folder(dialect);
        let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let files: BTreeSet<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        let expected: BTreeSet<String> = scenes(dialect).map(|scene| format!("{scene}.http")).collect();
        assert_eq!(files, expected, "{dialect}");
    }
}

#[test]
fn every_kind_of_change_is_played() {
    for dialect in Dialect::ALL {
        let kinds: BTreeSet<_> = scenes(dialect).map(|scene| kind(&stage(dialect, scene).2)).collect();
        let silent: &[usize] = if dialect.is_okta() { &[5] } else { &[10, 12, 13] };
        let expected: BTreeSet<_> = (0..14).filter(|kind| !silent.contains(kind)).collect();
        assert_eq!(kinds, expected, "{dialect}");
    }
}

/// Numbers the kinds of change; a new kind does not compile until it has a number, and then has no fixture.
fn kind(change: &Change) -> usize {
    match change {
        Change::Connect => 0,
        Change::Hire { .. } => 1,
        Change::Update { .. } => 2,
        Change::Leave { .. } => 3,
        Change::Return { .. } => 4,
        Change::Purge { .. } => 5,
        Change::PushGroup { .. } => 6,
        Change::Join { .. } => 7,
        Change::Part { .. } => 8,
        Change::RenameGroup { .. } => 9,
        Change::PushNow { .. } => 10,
        Change::DeleteGroup { .. } => 11,
        Change::ImportUsers => 12,
        Change::ImportGroups => 13,
    }
}

fn scenes(dialect: Dialect) -> impl Iterator<Item = &'static str> {
    let own: &[&'static str] = if dialect.is_okta() { &OKTA } else { &ENTRA };
    EVERYWHERE.iter().chain(own).copied()
}

/// The provider with its links, the directory after the change, and the change.
fn stage(dialect: Dialect, scene: &str) -> (Box<dyn IdentityProvider>, Directory, Change) {
    let mut directory = company(dialect);
    let ada = directory.person("ada").unwrap().clone();
    let update = |directory: &mut Directory, change: fn(&mut Person)| {
        change(directory.person_mut("ada").unwrap());
        Change::Update { before: Box::new(ada.clone()) }
    };
    let person = |key: &str| key.to_owned();
    let team = "analysts".to_owned();
    let people = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
    let mut new_person = None;
    let mut new_group = false;
    let change = match scene {
        "connect" => Change::Connect,
        "hire" => {
            new_person = Some("alan");
            Change::Hire { person: person("alan") }
        }
        "hire-enterprise" => {
            // Okta must not send the manager that the person has.
            directory.person_mut("ada").unwrap().manager = Some("grace".to_owned());
            new_person = Some("ada");
            Change::Hire { person: person("ada") }
        }
        "link" | "link-inactive" => {
            new_person = Some("ada");
            Change::Hire { person: person("ada") }
        }
        "mover" => update(&mut directory, |ada| {
            ada.title = Some("Architect".to_owned());
            ada.department = Some("Platform".to_owned());
        }),
        "clear-title" => update(&mut directory, |ada| {
            ada.title = None;
            ada.given_name = "Augusta".to_owned();
        }),
        "missing-email" => update(&mut directory, |_| {}),
        "rename-user" => update(&mut directory, |ada| {
            ada.user_name = "ada.king@example.com".to_owned();
            ada.email = "ada.king@example.com".to_owned();
            ada.family_name = "King".to_owned();
            ada.display_name = "Ada King".to_owned();
        }),
        "manager-set" => update(&mut directory, |ada| ada.manager = Some("grace".to_owned())),
        "manager-change" => update(&mut directory, |ada| ada.manager = Some("alan".to_owned())),
        "manager-clear" => {
            let before = Person { manager: Some("grace".to_owned()), ..ada };
            Change::Update { before: Box::new(before) }
        }
        "leave" | "leave-add" => {
            directory.person_mut("ada").unwrap().active = false;
            Change::Leave { person: person("ada") }
        }
        "return" | "return-gone" => Change::Return { person: person("ada") },
        "purge" => {
            directory.people.retain(|person| person.key != "ada");
            Change::Purge { person: person("ada") }
        }
        "push-group" | "link-group" => {
            new_group = true;
            Change::PushGroup { team }
        }
        "push-empty" => {
            new_group = true;
            directory.team_mut("analysts").unwrap().members.clear();
            Change::PushGroup { team }
        }
        "add-members" => {
            directory.team_mut("analysts").unwrap().members.push("alan".to_owned());
            Change::Join { team, people: people(&["alan"]) }
        }
        "remove-members" => {
            directory.team_mut("analysts").unwrap().members = people(&["ada"]);
            Change::Part { team, people: people(&["grace", "alan"]) }
        }
        "rename-group" => {
            directory.team_mut("analysts").unwrap().display_name = "Engineers".to_owned();
            Change::RenameGroup { team }
        }
        "push-now" => Change::PushNow { team },
        "push-now-empty" => {
            directory.team_mut("analysts").unwrap().members.clear();
            Change::PushNow { team }
        }
        "delete-group" => {
            directory.teams.clear();
            Change::DeleteGroup { team }
        }
        "import-users" => Change::ImportUsers,
        "import-groups" => Change::ImportGroups,
        _ => panic!("no scene {scene}"),
    };
    let links = IDS.iter().filter(|(key, _)| new_person != Some(*key));
    let users: BTreeMap<String, String> =
        links.map(|(key, id)| ((*key).to_owned(), (*id).to_owned())).collect();
    let mut groups = BTreeMap::new();
    if !new_group {
        groups.insert("analysts".to_owned(), TEAM_ID.to_owned());
    }
    (linked(dialect, users, groups), directory, change)
}

fn linked(
    dialect: Dialect,
    users: BTreeMap<String, String>,
    groups: BTreeMap<String, String>,
) -> Box<dyn IdentityProvider> {
    let provider: Box<dyn IdentityProvider> = match dialect {
        Dialect::Okta => Box::new(Okta { users, groups, ..Okta::new(Flavor::Oin) }),
        Dialect::OktaAiw => Box::new(Okta { users, groups, ..Okta::new(Flavor::Aiw) }),
        Dialect::Entra => Box::new(Entra { users, groups, ..Entra::new(false) }),
        Dialect::Entra062020 => Box::new(Entra { users, groups, ..Entra::new(true) }),
    };
    assert_eq!(provider.dialect(), dialect);
    assert_eq!(dialect.simulator().dialect(), dialect);
    provider
}

pub(super) fn company(dialect: Dialect) -> Directory {
    let someone = |key: &str, names: [&str; 2], local_ids: [&str; 2]| Person {
        key: key.to_owned(),
        local_id: local_ids[usize::from(!dialect.is_okta())].to_owned(),
        user_name: format!("{key}@example.com"),
        given_name: names[0].to_owned(),
        family_name: names[1].to_owned(),
        display_name: names.join(" "),
        email: format!("{key}@example.com"),
        active: true,
        ..Person::default()
    };
    let ada = Person {
        title: Some("Engineer".to_owned()),
        department: Some("Research".to_owned()),
        employee_number: Some("1815".to_owned()),
        ..someone(
            "ada",
            ["Ada", "Lovelace"],
            ["00u1lovelace1815A5d7", "0a21f0f2-1815-4f8e-bf98-7363c4aed4ef"],
        )
    };
    let grace = someone(
        "grace",
        ["Grace", "Hopper"],
        ["00u1hopper1906grB5d7", "0a21f0f2-1906-4f8e-bf98-7363c4aed4ef"],
    );
    let alan =
        someone("alan", ["Alan", "Turing"], ["00u1turing1912alC5d7", "0a21f0f2-1912-4f8e-bf98-7363c4aed4ef"]);
    let analysts = Team {
        key: "analysts".to_owned(),
        local_id: "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159".to_owned(),
        display_name: "Analysts".to_owned(),
        members: vec!["ada".to_owned(), "grace".to_owned()],
    };
    Directory { people: vec![ada, grace, alan], teams: vec![analysts] }
}

const IDS: [(&str, &str); 3] = [
    ("ada", "2819c223-7f76-453a-919d-413861904646"),
    ("alan", "7f4bc1a3-285e-48ae-8202-5accb43efb0e"),
    ("grace", "45619541-95de-4d5e-9872-571b5d2c5577"),
];
const TEAM_ID: &str = "abf4dd94-a4c0-4f67-89c9-76b03340cb9b";

/// Answers in order and compares what is asked.
struct Script {
    scene: String,
    left: VecDeque<Exchange>,
}

impl Wire for Script {
    fn send<'a>(&'a mut self, request: WireRequest) -> BoxFuture<'a, Result<Answer, WireError>> {
        let Some(next) = self.left.pop_front() else {
            panic!("{}: not in the fixture: {} {}", self.scene, request.method, request.target);
        };
        let head = format!("{} /scim/v2{} HTTP/1.1", request.method, request.target);
        assert_eq!(head, next.head, "{}", self.scene);
        let headers: Vec<String> =
            request.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        assert_eq!(headers, next.headers, "{}, {head}", self.scene);
        assert_eq!(request.body, next.body, "{}, {head}", self.scene);
        Box::pin(ready(Ok(Answer::new(next.status, HeaderMap::new(), Bytes::from(next.answer)))))
    }
}

struct Fixture {
    exchanges: Vec<Exchange>,
}

struct Exchange {
    head: String,
    headers: Vec<String>,
    body: Option<String>,
    status: u16,
    answer: String,
}

impl Fixture {
    fn read(dialect: Dialect, scene: &str) -> Self {
        let file = folder(dialect).join(format!("{scene}.http"));
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let (about, rest): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with('#'));
        for field in ["# source: ", "# date: ", "# grade: ", "# note: "] {
            assert!(about.iter().any(|line| line.starts_with(field)), "{}: no {field}", file.display());
        }
        for line in about {
            let known = ["# source: ", "# date: ", "# note: "].iter().any(|field| line.starts_with(field));
            let grade = line.strip_prefix("# grade: ").or_else(|| line.strip_prefix("## grade: "));
            let grades = [Grade::Documented, Grade::Observed, Grade::Inferred].map(|grade| grade.to_string());
            assert!(
                known || grade.is_some_and(|it| grades.contains(&it.to_owned())),
                "{}: {line}",
                file.display()
            );
        }
        let exchanges = rest.split(|line| *line == "---").map(Exchange::read).collect();
        Self { exchanges }
    }
}

impl Exchange {
    fn read(lines: &[&str]) -> Self {
        let mut lines = lines.iter().copied().skip_while(|line| line.is_empty());
        let head = lines.next().expect("a request line").to_owned();
        let headers = lines.by_ref().take_while(|line| !line.is_empty()).map(str::to_owned).collect();
        let mut body = None;
        let mut status = None;
        for line in lines.by_ref() {
            match line.strip_prefix("<<< ") {
                Some(code) => {
                    status = Some(code.parse().expect("a status"));
                    break;
                }
                None => assert!(body.replace(line.to_owned()).is_none(), "{head}: a body of two lines"),
            }
        }
        let answer = lines.collect::<Vec<_>>().join("\n");
        Self { head, headers, body, status: status.expect("a scripted answer"), answer }
    }
}

fn folder(dialect: Dialect) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "fixtures", dialect.id()].iter().collect()
}

#[test]
fn a_missing_link_is_not_the_endpoints_fault() {
    for dialect in Dialect::ALL {
        let directory = company(dialect);
        let ada = Box::new(directory.people[0].clone());
        for change in [
            Change::Update { before: ada },
            Change::Leave { person: "ada".to_owned() },
            Change::Purge { person: "ada".to_owned() },
            Change::Join { team: "analysts".to_owned(), people: vec!["ada".to_owned()] },
            Change::DeleteGroup { team: "analysts".to_owned() },
        ] {
            let mut provider = dialect.simulator();
            let mut script = Script { scene: dialect.to_string(), left: VecDeque::new() };
            let sent: Result<Sent, Stop> =
                futures_util::FutureExt::now_or_never(provider.apply(&change, &directory, &mut script))
                    .expect("nothing to wait for");
            assert!(matches!(sent, Ok(Sent::Nothing(_))), "{dialect} {change:?}: {sent:?}");
        }
    }
}
