//! Every request of every simulator, against its [evidence](super::evidence).

use std::{collections::VecDeque, future::ready};

use bytes::Bytes;
use http::HeaderMap;

use super::{
    Address, Answer, BoxFuture, Change, Dialect, Directory, IdentityProvider, Person, Sent, Stop, Team, Wire,
    WireError, WireRequest,
    evidence::{self, Exchange, SCENES},
};

#[tokio::test]
async fn requests_are_those_of_the_fixtures() {
    for dialect in Dialect::ALL {
        for scene in SCENES {
            let name = scene.name;
            let exchanges = match (evidence::of(dialect, name), evidence::silence(dialect, name)) {
                (Some(fixture), _) => fixture.exchanges.clone(),
                (None, Some(_)) => Vec::new(),
                (None, None) if scene.everywhere => {
                    panic!("{dialect}/{name}: no fixture, no base that has one, and no word in silent.toml")
                }
                (None, None) => continue,
            };
            let silent = exchanges.is_empty();
            let (mut provider, directory, change) = stage(dialect, name);
            let mut script = Script { scene: format!("{dialect}/{name}"), left: exchanges.into() };
            let sent = provider.apply(&change, &directory, &mut script).await;
            match (&sent, name) {
                (Ok(Sent::Nothing(_)), _) if silent => {}
                (Ok(Sent::Imported(ids)), "import-users") => assert_eq!(ids, &["u-1", "u-2", "u-3", "u-4"]),
                (Ok(Sent::Imported(ids)), "import-groups") => assert_eq!(ids, &[TEAM_ID]),
                (Ok(Sent::Done), _) if !silent => {}
                // A lookup that finds somebody, after which nobody knows what is sent.
                (Ok(Sent::Nothing(_)), "link" | "link-inactive" | "link-group") => {}
                _ => panic!("{dialect}/{name} ended in {sent:?}"),
            }
            assert!(script.left.is_empty(), "{dialect}/{name}: {} requests were not sent", script.left.len());
        }
    }
}

#[test]
fn every_kind_of_change_is_a_scene_of_its_name() {
    for scene in SCENES {
        let (_, _, change) = stage(Dialect::Okta, scene.name);
        let kind = evidence::scene(&change);
        assert!(SCENES.iter().any(|known| known.name == kind && known.everywhere), "{kind}");
    }
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
        "hire-complete" => {
            complete(directory.person_mut("ada").unwrap());
            new_person = Some("ada");
            Change::Hire { person: person("ada") }
        }
        "update-complete" => update(&mut directory, complete),
        "hire-with-role" => {
            directory.person_mut("alan").unwrap().roles = people(&["Admin"]);
            new_person = Some("alan");
            Change::Hire { person: person("alan") }
        }
        "grant-role" => update(&mut directory, |ada| ada.roles = vec!["Admin".to_owned()]),
        "change-role" => {
            directory.person_mut("ada").unwrap().roles = people(&["User"]);
            Change::Update { before: Box::new(Person { roles: people(&["Admin"]), ..ada }) }
        }
        "group-external-id" => Change::RenameGroup { team },
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
        "set-password" => {
            directory.person_mut("ada").unwrap().password = Some("Lstar99&".to_owned());
            Change::SetPassword { person: person("ada") }
        }
        "import-schema" => Change::ImportSchema,
        "unlink-group" => Change::UnlinkGroup { team },
        "import-users" => Change::ImportUsers,
        "import-groups" => Change::ImportGroups,
        _ => panic!("no scene {scene}"),
    };
    let mut provider = dialect.simulator();
    assert_eq!(provider.dialect(), dialect);
    for (key, id) in IDS.iter().filter(|(key, _)| new_person != Some(*key)) {
        provider.link_user(key, id);
    }
    if !new_group {
        provider.link_group("analysts", TEAM_ID);
    }
    (provider, directory, change)
}

fn complete(person: &mut Person) {
    person.phone = Some("+44 20 7946 0182".to_owned());
    person.mobile = Some("+44 7700 900461".to_owned());
    person.address = Some(Address {
        street: "12 St James's Square".to_owned(),
        locality: "London".to_owned(),
        postal_code: "SW1Y 4JH".to_owned(),
        country: "GB".to_owned(),
        ..Address::default()
    });
    person.locale = Some("fr-FR".to_owned());
    person.preferred_language = Some("fr-FR".to_owned());
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
        assert_eq!(head, next.request, "{}", self.scene);
        let headers: Vec<String> =
            request.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        assert_eq!(headers, next.headers, "{}, {head}", self.scene);
        assert_eq!(request.body, next.body, "{}, {head}", self.scene);
        Box::pin(ready(Ok(Answer::new(next.status, HeaderMap::new(), Bytes::from(next.answer)))))
    }
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
