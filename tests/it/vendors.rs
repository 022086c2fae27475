//! The vendor profiles: what each vendor does, that a run which expects it is content, and `docs/matrix.md`, which is
//! made from those runs: `UPDATE=1 cargo test -p scim-tests --test it vendors` writes it.

#![expect(clippy::unwrap_used, reason = "this file is a test, helpers and all")]

use std::{collections::BTreeMap, env, fmt::Write as _, fs, path::PathBuf, sync::Arc, thread};

use axum::body::Bytes;
use http::Request;
use scim_core::vendor::Profile;
use scim_testkit::{
    Run, Target,
    provider::{EditError, Provider, World},
    report::{Report, Status, StoryReport},
    serve::ProviderService,
};
use serde_json::{Value, json};

struct Vendor(Provider);

impl Vendor {
    fn new(name: &str) -> Self {
        Self(Provider::new(Profile::builtin(name).unwrap(), World::deterministic()))
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let request = Request::builder().method(method).uri(format!("/scim/v2{path}")).body(body).unwrap();
        let response = self.0.handle(&request);
        (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap_or_default())
    }

    fn create(&self, mut user: Value) -> (u16, Value) {
        user["schemas"] = json!(["urn:ietf:params:scim:schemas:core:2.0:User"]);
        self.ask("POST", "/Users", &user)
    }

    fn set(&self, id: &str, path: &str, value: impl Into<Value>) -> (u16, Value) {
        let operation = json!({"op": "replace", "path": path, "value": value.into()});
        let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
        self.ask("PATCH", &format!("/Users/{id}"), &json!({"schemas": [schema], "Operations": [operation]}))
    }

    fn get(&self, id: &str) -> (u16, Value) {
        self.ask("GET", &format!("/Users/{id}"), &Value::Null)
    }
}

fn id(user: &(u16, Value)) -> String {
    assert!(user.0 < 300, "{user:?}");
    user.1["id"].as_str().unwrap().to_owned()
}

fn role(user: &(u16, Value)) -> &str {
    user.1["roles"][0]["value"].as_str().unwrap_or("none")
}

#[test]
fn hubspot_gives_the_role_that_the_title_names() {
    let hubspot = Vendor::new("hubspot");
    let ada = hubspot.create(json!({"userName": "ada@example.com", "title": "Sales Rep"}));
    assert_eq!(role(&ada), "Sales Rep");
    assert_eq!(role(&hubspot.set(&id(&ada), "title", "Marketing Manager")), "Marketing Manager");
    assert_eq!(role(&hubspot.set(&id(&ada), "title", "marketing manager")), "View Only");
    assert_eq!(role(&hubspot.set(&id(&ada), "title", "Astronaut")), "View Only");

    let newer = Vendor::new("hubspot@roles");
    let user =
        json!({"userName": "ada@example.com", "title": "Sales Rep", "roles": [{"value": "Super Admin"}]});
    assert_eq!(role(&newer.create(user)), "Super Admin");
    assert_eq!(
        role(&newer.create(json!({"userName": "bob@example.com", "title": "Sales Rep"}))),
        "View Only"
    );
}

#[test]
fn hubspot_deletes_whom_it_deactivates_and_makes_a_new_account_later() {
    let hubspot = Vendor::new("hubspot");
    let ada = hubspot.create(json!({"userName": "ada@example.com"}));
    assert_eq!(hubspot.set(&id(&ada), "active", false).0, 200);
    assert_eq!(hubspot.get(&id(&ada)).0, 404);
    let again = hubspot.create(json!({"userName": "ada@example.com"}));
    assert_eq!(again.0, 201);
    assert_ne!(id(&again), id(&ada));
}

#[test]
fn hubspot_wants_a_verified_domain_converts_whom_it_knows_and_locks_its_screens() {
    let hubspot = Vendor::new("hubspot");
    assert_eq!(hubspot.create(json!({"userName": "ada@elsewhere.example"})).0, 400);
    let known = hubspot.0.add_unmanaged_user("ada@example.com");
    assert_eq!(hubspot.get(&known).0, 404);
    let ada = hubspot.create(json!({"userName": "ada@example.com"}));
    assert_eq!((ada.0, id(&ada)), (201, known.clone()));
    assert_eq!(hubspot.create(json!({"userName": "ada@example.com"})).0, 409);
    let edited = hubspot.0.edit_elsewhere(&known, "title", json!("Boss"));
    assert!(matches!(edited, Err(EditError::Locked(_))));
}

#[test]
fn heap_has_teams_and_removes_whom_it_deactivates() {
    let heap = Vendor::new("heap");
    assert_eq!(heap.create(json!({"userName": "ada"})).0, 400);
    let ada = heap.create(json!({"userName": "ada@example.com", "roles": [{"value": "Admin"}]}));
    let schema = "urn:ietf:params:scim:schemas:core:2.0:Group";
    let team = json!({"schemas": [schema], "displayName": "Growth", "members": [{"value": id(&ada)}]});
    assert_eq!(heap.ask("POST", "/Groups", &team).0, 201);
    assert!(matches!(heap.0.edit_elsewhere(&id(&ada), "title", json!("x")), Err(EditError::Locked(_))));
    assert_eq!(heap.set(&id(&ada), "active", false).0, 200);
    assert_eq!(heap.get(&id(&ada)).0, 404);
}

#[test]
fn fullstory_reads_the_role_from_an_attribute_and_never_deletes() {
    let fullstory = Vendor::new("fullstory");
    let ada = fullstory.create(json!({"userName": "ada@example.com", "roles": [{"value": "Architect"}]}));
    assert_eq!(role(&ada), "Architect");
    assert_eq!(role(&fullstory.create(json!({"userName": "bob@example.com"}))), "Standard");
    assert_eq!(fullstory.set(&id(&ada), "active", false).1["active"], false);
    assert_eq!(fullstory.get(&id(&ada)).1["active"], false);
    assert_eq!(fullstory.set(&id(&ada), "active", true).1["active"], true);
    assert_eq!(fullstory.ask("DELETE", &format!("/Users/{}", id(&ada)), &Value::Null).0, 204);
    let left = fullstory.get(&id(&ada));
    assert_eq!((left.0, &left.1["active"]), (200, &false.into()));
    assert_eq!(fullstory.ask("GET", "/Groups", &Value::Null).0, 404);
}

#[test]
fn hotjar_suspends_and_brings_back_as_far_as_anybody_knows() {
    let hotjar = Vendor::new("hotjar");
    let ada = hotjar.create(json!({"userName": "ada@example.com"}));
    assert_eq!(hotjar.set(&id(&ada), "active", false).1["active"], false);
    assert_eq!(hotjar.set(&id(&ada), "active", true).1["active"], true);
    let profile = hotjar.0.profile();
    assert_eq!(profile.firm_share().0, 0);
    assert!(profile.profile.note.starts_with("unproven"));
}

#[test]
fn qualtrics_has_nothing_to_test_and_the_run_says_so() {
    let report = run("qualtrics");
    report.assert_clean();
    assert_eq!((report.summary.requests, report.summary.passed), (0, 0));
    for story in &report.stories {
        let reason = story.reason.as_deref().unwrap();
        assert!(
            reason.starts_with("Qualtrics has no SCIM, so there is nothing to test on the wire"),
            "{reason}"
        );
        assert!(reason.contains("nothing tells the vendor that somebody left"), "{reason}");
    }
}

#[test]
fn bitwarden_answers_success_to_what_it_does_not_do() {
    let bitwarden = Vendor::new("bitwarden");
    let mail = json!([{"value": "ada@example.com", "primary": true}]);
    let ada = bitwarden.create(json!({"userName": "ada@example.com", "title": "Chief", "emails": mail}));
    assert_eq!(bitwarden.set(&id(&ada), "title", "Boss").0, 204);
    assert_eq!(bitwarden.get(&id(&ada)).1["title"], "Chief");
    assert_eq!(
        bitwarden.ask("GET", "/Users?filter=title%20eq%20%22Chief%22", &Value::Null).1["totalResults"],
        0
    );
    assert_eq!(bitwarden.ask("GET", "/Schemas", &Value::Null).0, 404);
}

fn run(vendor: &str) -> Report {
    let profile = Profile::builtin(vendor).unwrap();
    let mock = Arc::new(Provider::new(profile.clone(), World::deterministic()));
    let target = Target::service("http://localhost/scim/v2", ProviderService(mock));
    let run = Run::new(target).seed(1).vendor(profile).run();
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run)
}

/// A run that expects what the profile says finds nothing wrong with a mock that obeys it; and what it saw is the table.
#[test]
fn every_vendor_is_as_its_profile_says_and_the_matrix_is_current() {
    let names: Vec<&str> = Profile::names().filter(|name| !["rfc", "interop"].contains(name)).collect();
    let half = names.len() / 2;
    let (left, right) = thread::scope(|scope| {
        let right = scope.spawn(|| names[half..].iter().map(|name| run(name)).collect::<Vec<_>>());
        let left: Vec<Report> = names[..half].iter().map(|name| run(name)).collect();
        (left, right.join().unwrap())
    });
    let mut page = HEAD.to_owned();
    for (name, report) in names.iter().zip(left.iter().chain(&right)) {
        assert!(report.error.is_none(), "{name}: {:?}", report.error);
        report.assert_clean();
        for story in &report.stories {
            let fine = !matches!(story.status, Status::Failed | Status::Error);
            assert!(fine, "{name}: {}/{}: {:?}", story.idp, story.story, story.reason);
        }
        section(&mut page, &Profile::builtin(name).unwrap(), report);
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/matrix.md");
    if env::var_os("UPDATE").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == page,
        "docs/matrix.md is out of date: run UPDATE=1 cargo test -p scim-tests --test it vendors"
    );
}

const HEAD: &str = "\
# What works between identity providers and vendors

What happens at a vendor when an identity provider does something: simulated providers told a mock of each vendor, and
the table says what they saw. A mock is as right as its profile: each sentence below says how far to trust it, and
`scim vendors show NAME` names the sources. `documented` and `observed` were read or seen, `briefed` and `inferred` were
not. The page is made by a test.

- **works**: the provider does what it always does, and the vendor has what it was told.
- **differs**: the provider goes on, and the vendor does something else; the note says what.
- **impossible**: the provider cannot do it there; the note says why.
- –: the provider sends nothing for it.
";

const IDPS: [(&str, &str); 4] = [
    ("okta", "Okta"),
    ("okta-aiw", "Okta (wizard)"),
    ("entra", "Entra ID"),
    ("entra-062020", "Entra ID (2020)"),
];

/// Tables of the profile that a reader of the matrix cares for; the others are about the form of answers.
const TELLING: [&str; 8] = ["life.", "group.", "patch.", "put.", "attr.", "grant.", "domain.", "conflict."];

fn section(page: &mut String, profile: &Profile, report: &Report) {
    let identity = &profile.profile;
    let _ = writeln!(page, "\n## {}\n\nAs of {}.", identity.title, identity.as_of);
    if !identity.note.is_empty() {
        let _ = writeln!(page, "Note: {}.", identity.note);
    }
    page.push('\n');
    for it in profile.oddities() {
        let told = TELLING.iter().any(|table| it.key.starts_with(table)) || it.key.starts_with("profile.");
        if told && !it.key.starts_with("patch.tolerances") {
            let _ = writeln!(page, "- {} ({})", it.text, it.grade.as_str());
        }
    }
    if !profile.has_wire() {
        return;
    }
    let mut notes: Vec<String> = Vec::new();
    let mut rows: BTreeMap<&str, (String, Vec<String>)> = BTreeMap::new();
    for (column, (idp, _)) in IDPS.iter().enumerate() {
        for story in report.stories.iter().filter(|story| story.idp == *idp) {
            let cell = cell(profile, story, &mut notes);
            let row = rows
                .entry(&story.story)
                .or_insert_with(|| (story.title.clone(), vec!["–".to_owned(); IDPS.len()]));
            row.1[column] = cell;
        }
    }
    let plain = |cells: &[String]| cells.iter().all(|cell| cell == "works" || cell == "–");
    let (same, odd): (Vec<_>, Vec<_>) = rows.values().partition(|(_, cells)| plain(cells));
    if !odd.is_empty() {
        let heads: Vec<&str> = IDPS.iter().map(|(_, title)| *title).collect();
        let _ = writeln!(page, "\n| when | {} |\n| --- |{}", heads.join(" | "), " --- |".repeat(heads.len()));
    }
    for (title, cells) in odd {
        let _ = writeln!(page, "| {title} | {} |", cells.join(" | "));
    }
    page.push('\n');
    for (index, note) in notes.iter().enumerate() {
        let _ = writeln!(page, "{}. {note}", index + 1);
    }
    let works: Vec<String> = same
        .iter()
        .filter(|(_, cells)| cells.iter().any(|cell| cell == "works"))
        .map(|(title, _)| title.clone())
        .collect();
    if !works.is_empty() {
        let _ = writeln!(page, "\nWorks with every provider that does it: {}.", works.join("; "));
    }
}

fn cell(profile: &Profile, story: &StoryReport, notes: &mut Vec<String>) -> String {
    let mut number = |note: String| {
        let index = notes.iter().position(|known| *known == note).unwrap_or_else(|| {
            notes.push(note);
            notes.len() - 1
        });
        format!("[{}]", index + 1)
    };
    let title = &profile.profile.title;
    match (story.status, &story.reason) {
        (Status::Passed, _) => {
            let gone = |line: &String| line.starts_with("vendor.deactivate:");
            let mut marks = String::new();
            if story.confirmed.iter().any(gone) {
                let grade = profile.grade("life.deactivate").as_str();
                marks +=
                    &number(format!("{} ({grade})", profile.sentence("life.deactivate").unwrap_or_default()));
            }
            for line in
                story.confirmed.iter().filter(|line| TELLING.iter().any(|table| line.starts_with(table)))
            {
                marks += &number(line.split_once(": ").map_or(line.as_str(), |(_, rest)| rest).to_owned());
            }
            if marks.is_empty() { "works".to_owned() } else { format!("differs {marks}") }
        }
        (_, Some(reason)) if reason.starts_with(title.as_str()) => {
            let why = reason.split(" (cannot ").next().unwrap_or(reason).split(" (vendor profile").next();
            let why = why.unwrap_or(reason).trim_start_matches(title.as_str()).trim_start_matches([':', ' ']);
            format!("impossible {}", number(why.split("; 1 later").next().unwrap_or(why).to_owned()))
        }
        _ => "–".to_owned(),
    }
}
