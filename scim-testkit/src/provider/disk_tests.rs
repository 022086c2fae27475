use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use http::Method;
use scim_core::{urn, vendor::Profile};
use serde_json::{Value, json};

use super::{
    store::Record,
    tests::{ENT, add, add_group, get, patch, send, user},
    *,
};

/// A place for a file, which goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("scim-disk-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("mock.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const BADGE: &str = "urn:example:params:scim:schemas:core:2.0:Badge";

fn builder(profile: &str, file: &Path) -> Builder {
    Provider::builder().profile(Profile::builtin(profile).unwrap()).db(file)
}

fn with_badges(builder: Builder) -> Builder {
    let pin = json!({"name": "pin", "returned": "never"});
    let slots = json!({
        "name": "slots",
        "type": "complex",
        "multiValued": true,
        "subAttributes": [{"name": "place"}, {"name": "code", "returned": "never"}],
    });
    let attributes = json!([{"name": "serial"}, pin, slots]);
    let badge = json!({"id": BADGE, "attributes": attributes});
    builder.schema(badge).resource_type(json!({"name": "Badge", "endpoint": "/Badges", "schema": BADGE}))
}

fn open(profile: &str, file: &Path) -> Provider {
    builder(profile, file).build().unwrap()
}

fn refused(builder: Builder) -> String {
    match builder.build().unwrap_err() {
        BuildError::Db { why, .. } => why,
        other => panic!("{other}"),
    }
}

/// Everything there is, secrets as they are in the file.
fn all(provider: &Provider) -> Vec<Vec<Record>> {
    let state = provider.lock();
    state.tenants.iter().map(|tenant| tenant.store.all().cloned().collect()).collect()
}

fn stored(provider: &Provider, id: &str) -> Record {
    provider.lock().tenants[0].store.get(id).unwrap().clone()
}

fn pragma(provider: &Provider, text: &str) {
    provider.lock().disk.as_ref().unwrap().connection.execute_batch(text).unwrap();
}

#[test]
fn everything_survives() {
    let folder = Folder::new("survives");
    let start = || with_badges(builder("interop", &folder.file()).tenant("acme")).build().unwrap();
    let first = start();
    let ada = add(
        &first,
        "Ada\u{0301} 🦀 \"İ\" \u{0} '; DROP TABLE resource; --",
        json!({
            "externalId": "e1", "name": {"familyName": "Łovelace\n"},
            "emails": [{"value": "a@x.example", "primary": true, "type": "work"}, {"value": "b@x.example"}],
            ENT: {"department": "R&D", "manager": {"value": "7"}},
        }),
    );
    let bob = add(&first, "bob", json!({"active": false}));
    let gone = add(&first, "gone", json!({}));
    let group = add_group(&first, "Eng", &[&ada, &bob, &gone]);
    assert_eq!(send(&first, "DELETE", &format!("/Users/{gone}"), Value::Null).status, 204);
    let change = patch(json!([{"op": "replace", "path": "title", "value": "Countess"}]));
    assert_eq!(send(&first, "PATCH", &format!("/Users/{ada}"), change).status, 200);
    let badge = json!({"schemas": [BADGE], "serial": "7"});
    assert_eq!(send(&first, "POST", "/Badges", badge).status, 201);
    let acme = first.control_of("acme").unwrap();
    acme.add_user("eve@acme.example");
    acme.verify_domain("Acme.example");
    acme.add_foreign_user("mallory@acme.example");
    first.control().advance_clock(Duration::new(86_400 * 400, 5));
    {
        // What few profiles and defects do, at once.
        let mut state = first.lock();
        let bob = state.tenants[0].store.get_mut(&bob).unwrap();
        bob.overlay.insert("userName".to_owned(), "x".into());
        (bob.managed, bob.ghost, bob.step, bob.version) = (false, true, 3, 41);
        first.keep(&mut state, 0).unwrap();
    }
    let (before, told) = (all(&first), format!("{:?}", first.lock().tenants[1].told));
    let groups = get(&first, &format!("/Groups/{group}")).body;
    drop(first);

    let again = start();
    assert_eq!(all(&again), before);
    assert_eq!(format!("{:?}", again.lock().tenants[1].told), told);
    assert_eq!(get(&again, &format!("/Groups/{group}")).body, groups);
    assert_eq!(get(&again, &format!("/Users/{ada}")).body["groups"][0]["value"], group);
    assert_eq!(again.lock().world.ahead(), Duration::new(86_400 * 400, 5));
    let counts: Vec<_> = again.counts().into_iter().map(|(kind, n)| (kind.name.as_str(), n)).collect();
    assert_eq!(counts, [("User", 2), ("Group", 1), ("Badge", 1)]);
    // Ids and turns go on.
    let dora = add(&again, "dora", json!({}));
    assert_ne!(dora, gone);
    assert!(before[0].iter().all(|old| old.id != dora && old.number < stored(&again, &dora).number));
    // Nobody may be there twice, so the index is whole.
    assert_eq!(send(&again, "POST", "/Users", user("DORA", json!({}))).status, 409);
}

#[test]
fn reset_and_lost_writes_are_gone_from_the_file() {
    let folder = Folder::new("reset");
    let faulty = builder("interop", &folder.file()).fault("POST #2 lost".parse().unwrap()).build().unwrap();
    add(&faulty, "ada", json!({}));
    let lost = add(&faulty, "bob", json!({}));
    assert_eq!(get(&faulty, &format!("/Users/{lost}")).status, 404);
    faulty.control().verify_domain("example.org");
    drop(faulty);
    let again = open("interop", &folder.file());
    assert_eq!(again.snapshot().len(), 1);
    again.control().reset();
    drop(again);
    let empty = open("interop", &folder.file());
    assert_eq!((empty.snapshot().len(), empty.lock().tenants[0].told.domains.len()), (0, 0));
}

#[test]
fn secrets_stay_out_of_the_file() {
    let folder = Folder::new("secrets");
    let start = || with_badges(builder("interop", &folder.file()).token("t0ps3cret")).build().unwrap();
    let provider = start();
    let sent = |method: &str, path: &str, body: Value| {
        let request = Request::builder().method(method).uri(format!("{BASE_PATH}{path}"));
        let request = request.header("authorization", "Bearer t0ps3cret");
        let response = provider.handle(&request.body(Bytes::from(body.to_string())).unwrap());
        assert!(response.status().is_success(), "{response:?}");
        serde_json::from_slice::<Value>(response.body()).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let ada = sent("POST", "/Users", user("ada", json!({"password": "hunter2"})));
    let slots = json!([{"place": "door", "code": "hunter3"}, {"code": "hunter4"}]);
    sent("POST", "/Badges", json!({"schemas": [BADGE], "serial": "7", "pin": "hunter5", "slots": slots}));
    assert_eq!(stored(&provider, &ada).data["password"], "hunter2", "in memory it is kept");
    provider.control().rotate_token().unwrap();
    drop(provider);
    let bytes: Vec<u8> = fs::read(folder.file()).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("userName") && text.contains("door"), "it is the file");
    assert!(!text.contains("hunter") && !text.contains("t0ps3cret"));
    let again = start();
    assert_eq!(stored(&again, &ada).data["password"], "…");
    let badge = again.lock().tenants[0].store.of(Kind::Custom(0)).next().unwrap().data.clone();
    assert_eq!(badge["slots"], json!([{"place": "door", "code": "…"}, {"code": "…"}]));
}

#[test]
fn what_changes_nothing_writes_nothing() {
    let folder = Folder::new("quiet");
    let provider = open("interop", &folder.file());
    let ada = add(&provider, "ada", json!({"title": "T"}));
    let count = || -> i64 {
        let state = provider.lock();
        let disk = &state.disk.as_ref().unwrap().connection;
        disk.query_row("SELECT total_changes()", [], |row| row.get(0)).unwrap()
    };
    let before = count();
    get(&provider, "/Users");
    assert_eq!(send(&provider, "POST", "/Users", user("ada", json!({}))).status, 409);
    let same = patch(json!([{"op": "replace", "path": "title", "value": "T"}]));
    assert_eq!(send(&provider, "PATCH", &format!("/Users/{ada}"), same).status, 200);
    assert_eq!(count(), before);
    let operations: Vec<Value> = (0..20)
        .map(|n| json!({"method": "POST", "path": "/Users", "bulkId": format!("b{n}"), "data": user(&format!("u{n}"), json!({}))}))
        .collect();
    send(&provider, "POST", "/Bulk", json!({"schemas": [urn::BULK_REQUEST], "Operations": operations}));
    assert_eq!(count(), before + 20 + 1, "a row each, and the one of the mock");
}

/// Memory and file agree, whatever the file refuses.
#[test]
fn a_file_that_refuses_leaves_everything_as_it_was() {
    let folder = Folder::new("refuses");
    let provider = builder("interop", &folder.file()).build().unwrap();
    let ada = add(&provider, "ada", json!({"title": "T"}));
    let group = add_group(&provider, "Eng", &[&ada]);
    provider.control().verify_domain("a.example");
    let before = (all(&provider), format!("{:?}", provider.lock().tenants[0].told));
    pragma(&provider, "PRAGMA query_only = 1");
    let title = patch(json!([{"op": "replace", "path": "title", "value": "U"}]));
    for (method, path, body) in [
        ("POST", "/Users".to_owned(), user("bob", json!({}))),
        ("PATCH", format!("/Users/{ada}"), title),
        ("PUT", format!("/Users/{ada}"), user("ada2", json!({}))),
        ("DELETE", format!("/Users/{ada}"), Value::Null),
        ("DELETE", format!("/Groups/{group}"), Value::Null),
    ] {
        let got = send(&provider, method, &path, body);
        assert_eq!((got.status, &got.body["status"]), (500, &json!("500")), "{method} {path}");
        assert_eq!(got.body["schemas"], json!([urn::ERROR]));
        let detail = got.body["detail"].as_str().unwrap();
        assert!(detail.contains("mock.db cannot be written, so nothing was done: "), "{detail}");
        assert!(provider.journal().last().unwrap().changes.is_empty());
    }
    let control = provider.control();
    control.reset();
    control.verify_domain("b.example");
    control.add_foreign_user("eve");
    control.advance_clock(Duration::from_secs(5));
    assert_eq!(control.add_user("eve"), "");
    let request = Request::builder().method(Method::POST).uri("/control/reset").body(Bytes::new()).unwrap();
    assert_eq!(provider.answer_control(&request).status(), 500);
    assert!(control.delete(&ada).is_err());
    assert_eq!((all(&provider), format!("{:?}", provider.lock().tenants[0].told)), before);
    assert_eq!(provider.lock().world.ahead(), Duration::ZERO);
    assert_eq!(get(&provider, &format!("/Users/{ada}")).body["groups"][0]["value"], group);
    pragma(&provider, "PRAGMA query_only = 0");
    add(&provider, "bob", json!({}));

    // No more room, in the middle of a bulk request.
    let before = all(&provider);
    pragma(&provider, "PRAGMA max_page_count = 12");
    let operations: Vec<Value> = (0..100)
        .map(|n| json!({"method": "POST", "path": "/Users", "bulkId": format!("b{n}"), "data": user(&format!("u{n}"), json!({"title": "t".repeat(900)}))}))
        .collect();
    let bulk = json!({"schemas": [urn::BULK_REQUEST], "Operations": operations});
    let got = send(&provider, "POST", "/Bulk", bulk);
    assert_eq!(got.status, 500, "{}", got.body);
    assert!(got.body["detail"].as_str().unwrap().contains("full"), "{}", got.body);
    assert_eq!(all(&provider), before);
    drop(provider);
    assert_eq!(all(&open("interop", &folder.file())), before);
}

#[test]
fn only_the_same_mock_goes_on() {
    let folder = Folder::new("same");
    let start = |profile: &str| builder(profile, &folder.file());
    let first = with_badges(start("rfc").tenant("acme")).build().unwrap();
    assert_eq!(
        refused(start("rfc").tenant("acme")),
        "it is in use by another process: stop that, or name another file"
    );
    send(&first, "POST", "/Badges", json!({"schemas": [BADGE], "serial": "7"}));
    drop(first);
    let before = fs::read(folder.file()).unwrap();
    assert_eq!(
        refused(with_badges(start("hubspot").tenant("acme"))),
        "it holds a mock of rfc, and this is one of hubspot: start it as rfc, or name another file"
    );
    assert_eq!(
        refused(with_badges(start("rfc"))),
        "it holds a tenant \"acme\": add that tenant, or name another file"
    );
    assert_eq!(fs::read(folder.file()).unwrap(), before);
    assert_eq!(
        refused(start("rfc").tenant("acme")),
        "it holds resources of the type \"Badge\": describe that type, or name another file"
    );
    let more = with_badges(start("rfc").tenant("new").tenant("acme")).build().unwrap();
    assert_eq!(more.snapshot().len(), 1);
    drop(more);
    let other = rusqlite::Connection::open(folder.file()).unwrap();
    other.pragma_update(None, "user_version", 2).unwrap();
    drop(other);
    assert_eq!(
        refused(start("rfc")),
        "another version of scim wrote it (format 2, and this one reads 1): name another file"
    );
}

#[test]
fn what_is_not_a_mocks_file_is_left_alone() {
    let folder = Folder::new("alone");
    let file = folder.file();
    let why = || refused(builder("rfc", &file));
    fs::write(&file, "dear diary, ".repeat(1000)).unwrap();
    assert_eq!(why(), "it is no SQLite database: name another file");
    assert_eq!(fs::read(&file).unwrap(), "dear diary, ".repeat(1000).as_bytes());
    fs::remove_file(&file).unwrap();
    rusqlite::Connection::open(&file).unwrap().execute_batch("CREATE TABLE song (title TEXT)").unwrap();
    let before = fs::read(&file).unwrap();
    assert_eq!(why(), "it is a database of something else: name another file");
    assert_eq!(fs::read(&file).unwrap(), before);
    fs::remove_file(&file).unwrap();

    let provider = open("rfc", &file);
    (0..200).for_each(|n| drop(add(&provider, &format!("u{n}"), json!({"title": "t".repeat(300)}))));
    drop(provider);
    let whole = fs::read(&file).unwrap();
    for (from, to) in [(5 * 4096, 6 * 4096), (whole.len() / 2, whole.len())] {
        let mut torn = whole.clone();
        torn[from..to].fill(0x5a);
        fs::write(&file, &torn).unwrap();
        let why = why();
        assert!(why.starts_with("it is damaged (") && why.ends_with("or name another file"), "{why}");
        assert_eq!(fs::read(&file).unwrap(), torn);
    }
    fs::write(&file, &whole[..whole.len() - 5 * 4096]).unwrap();
    assert!(why().starts_with("it is damaged ("), "{}", why());
    for change in ["data = '{'", "data = '[]'", "created = 'noon'", "version = -1", "id = 'twin'"] {
        fs::write(&file, &whole).unwrap();
        let other = rusqlite::Connection::open(&file).unwrap();
        other.execute_batch(&format!("UPDATE resource SET {change}")).unwrap();
        drop(other);
        let why = why();
        assert!(why.starts_with("it is damaged ("), "{change}: {why}");
    }
    fs::write(&file, &whole).unwrap();
    assert_eq!(open("rfc", &file).snapshot().len(), 200);
    fs::write(&file, "").unwrap();
    assert_eq!(open("rfc", &file).snapshot().len(), 0, "an empty file is a new one");
}

#[test]
fn places_that_cannot_be_written_are_refused() {
    let folder = Folder::new("places");
    let why = |file: &Path| refused(builder("rfc", file));
    assert_eq!(why(&folder.0), "it is a directory: name a file in it");
    let nowhere = why(&folder.0.join("no/mock.db"));
    assert_eq!(nowhere, format!("there is no directory {}: make it first", folder.0.join("no").display()));
    let error = builder("rfc", Path::new("/no/mock.db")).build().unwrap_err();
    assert_eq!(error.to_string(), "/no/mock.db: there is no directory /no: make it first");
    assert!(!why(Path::new("")).is_empty());

    let set = |path: &Path, readonly: bool| {
        let mut permissions = fs::metadata(path).unwrap().permissions();
        permissions.set_readonly(readonly);
        fs::set_permissions(path, permissions).unwrap();
    };
    set(&folder.0, true);
    // Some may write everywhere.
    let refuses = fs::write(folder.0.join("x"), "").is_err();
    if refuses {
        assert!(why(&folder.file()).contains("see who may write it and its directory"));
    }
    set(&folder.0, false);
    drop(open("rfc", &folder.file()));
    set(&folder.file(), true);
    if refuses {
        assert_eq!(why(&folder.file()), "there is no permission to write it");
    }
    set(&folder.file(), false);
}

#[cfg(unix)]
#[test]
fn a_file_that_is_gone_takes_no_more_writes() {
    let folder = Folder::new("gone");
    let provider = open("interop", &folder.file());
    add(&provider, "ada", json!({}));
    fs::remove_file(folder.file()).unwrap();
    let refused = send(&provider, "POST", "/Users", user("bob", json!({})));
    assert_eq!(refused.status, 500, "{}", refused.body);
    let detail = refused.body["detail"].as_str().unwrap();
    assert!(
        detail.ends_with("cannot be written, so nothing was done: it was removed or replaced"),
        "{detail}"
    );
    assert_eq!(provider.snapshot().len(), 1);
    assert_eq!(get(&provider, "/Users").status, 200, "what is read is no harm");
}
