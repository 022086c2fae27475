//! Where the simulators give up, and what they say then.

use std::{collections::VecDeque, future::ready};

use bytes::Bytes;
use futures_util::FutureExt;
use http::{HeaderMap, Method};

use super::{
    Answer, BoxFuture, Change, Dialect, IdentityProvider, Sent, Step, Stop, Wire, WireError, WireErrorKind,
    WireRequest, golden::company,
};

use Dialect::{Entra, Entra062020, Okta, OktaAiw};

const EMPTY: &str = r#"{"totalResults":0,"Resources":[]}"#;
const ADA: &str = r#"{"id":"1","userName":"ada@example.com","active":true}"#;
const ADA_OFF: &str = r#"{"id":"1","userName":"ada@example.com","active":false}"#;
const FOUND: &str = r#"{"totalResults":1,"Resources":[{"id":"1","active":true}]}"#;
const FOUND_OFF: &str = r#"{"totalResults":1,"Resources":[{"id":"1","active":false}]}"#;

#[test]
fn okta_gives_up() {
    let cases: [Case<'_>; 17] = [
        Case(
            Okta,
            Change::Connect,
            &[(401, r#"{"detail":"bad token","status":"401"}"#)],
            Step::Connect,
            "cannot verify the credentials: 401 Unauthorized (the endpoint reports: bad token)",
        ),
        Case(
            Okta,
            Change::Connect,
            &[(200, "<html>")],
            Step::Connect,
            "cannot verify the credentials: the answer is not JSON",
        ),
        Case(
            Okta,
            Change::Connect,
            &[(200, "[]")],
            Step::Connect,
            "cannot verify the credentials: the answer is not a JSON object",
        ),
        Case(
            Okta,
            hire(),
            &[(502, "<html>")],
            Step::FindUser,
            "cannot verify whether ada@example.com exists: 502 Bad Gateway (the endpoint's report is not JSON, so its \
             cause stays hidden)",
        ),
        Case(
            Okta,
            hire(),
            &[(200, r#"{"totalResults":0,"startIndex":"1","Resources":[]}"#)],
            Step::FindUser,
            "cannot verify whether ada@example.com exists: startIndex is not a JSON integer",
        ),
        Case(
            Okta,
            hire(),
            &[(200, r#"{"totalResults":"0","Resources":[]}"#)],
            Step::FindUser,
            "cannot verify whether ada@example.com exists: totalResults is not a JSON integer",
        ),
        Case(
            Okta,
            hire(),
            &[(200, r#"{"Resources":[]}"#)],
            Step::FindUser,
            "cannot verify whether ada@example.com exists: the list has no totalResults",
        ),
        Case(
            Okta,
            hire(),
            &[(200, r#"{"totalResults":1}"#)],
            Step::FindUser,
            "cannot verify whether ada@example.com exists: the list has no Resources array",
        ),
        Case(
            Okta,
            hire(),
            &[(200, r#"{"totalResults":1,"Resources":[{"id":7}]}"#)],
            Step::FindUser,
            "cannot verify whether ada@example.com exists: the resource has no id that is a non-empty string",
        ),
        Case(
            Okta,
            hire(),
            &[(404, ""), (409, "")],
            Step::CreateUser,
            "cannot create ada@example.com: 409 Conflict",
        ),
        Case(
            OktaAiw,
            hire(),
            &[(200, EMPTY), (201, "")],
            Step::CreateUser,
            "cannot create ada@example.com: the answer is empty",
        ),
        Case(
            Okta,
            hire(),
            &[(200, FOUND), (200, ADA), (204, "")],
            Step::UpdateUser,
            "cannot push the profile of ada@example.com: 204 No Content",
        ),
        Case(
            Okta,
            hire(),
            &[(200, FOUND_OFF), (204, ""), (200, ADA_OFF)],
            Step::Reactivate,
            "cannot reactivate ada@example.com: the account still reads as not active after it was activated; Okta puts \
             the job off",
        ),
        Case(
            OktaAiw,
            back(),
            &[(200, FOUND_OFF), (200, ADA_OFF), (200, ADA_OFF)],
            Step::Reactivate,
            "cannot reactivate ada@example.com: the account still reads as not active after it was activated; Okta puts \
             the job off",
        ),
        Case(
            Okta,
            back(),
            &[(200, FOUND_OFF), (501, r#"{"detail":7}"#)],
            Step::Reactivate,
            "cannot reactivate ada@example.com: 501 Not Implemented",
        ),
        Case(
            OktaAiw,
            hire(),
            &[(200, FOUND), (404, "")],
            Step::ReadUser,
            "cannot read ada@example.com: 404 Not Found",
        ),
        Case(
            Okta,
            push(),
            &[(200, EMPTY), (409, r#"{"detail":"name is taken"}"#)],
            Step::CreateGroup,
            "cannot create the group Analysts: 409 Conflict (the endpoint reports: name is taken)",
        ),
    ];
    check(cases);
}

#[test]
fn entra_gives_up() {
    let cases: [Case<'_>; 13] = [
        Case(
            Entra,
            Change::Connect,
            &[(404, "")],
            Step::Connect,
            "the connection test failed and provisioning goes into quarantine: 404 Not Found",
        ),
        Case(
            Entra,
            Change::Connect,
            &[(200, EMPTY), (403, "<html>")],
            Step::Connect,
            "the connection test failed and provisioning goes into quarantine: 403 Forbidden (the endpoint's report is not \
             JSON, so its cause stays hidden)",
        ),
        Case(
            Entra,
            Change::Connect,
            &[(200, r#"{"totalResults":2}"#)],
            Step::Connect,
            "the connection test failed and provisioning goes into quarantine: the answer is not a list of resources",
        ),
        Case(
            Entra,
            hire(),
            &[(404, r#"{"detail":"nobody"}"#)],
            Step::FindUser,
            "cannot match ada@example.com: 404 Not Found (the endpoint reports: nobody)",
        ),
        Case(
            Entra,
            hire(),
            &[(200, r#"{"totalResults":2,"Resources":[{"id":"1"},{"id":"2"}]}"#)],
            Step::FindUser,
            "cannot match ada@example.com: DuplicateTargetEntries: 2 resources match where one may",
        ),
        Case(
            Entra,
            hire(),
            &[(200, r#"{"totalResults":1,"Resources":[{"id":"1","emails":["a@example.com"]}]}"#)],
            Step::FindUser,
            "cannot match ada@example.com: SystemForCrossDomainIdentityManagementServiceIncompatible: emails holds \
             something else than objects",
        ),
        Case(
            Entra062020,
            hire(),
            &[(
                200,
                r#"{"totalResults":1,"Resources":[{"id":"1","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":"2"}}]}"#,
            )],
            Step::FindUser,
            "cannot match ada@example.com: SystemForCrossDomainIdentityManagementServiceIncompatible: manager is not an \
             object with a value",
        ),
        Case(
            Entra,
            hire(),
            &[(200, EMPTY), (409, "")],
            Step::CreateUser,
            "cannot create ada@example.com: EntryConflict: it exists, but the match did not find it",
        ),
        Case(
            Entra,
            hire(),
            &[(200, EMPTY), (201, r#"{"id":""}"#)],
            Step::CreateUser,
            "cannot create ada@example.com: the resource has no id that is a non-empty string",
        ),
        Case(
            Entra,
            hire(),
            &[(200, FOUND), (400, r#"{"detail":"noTarget"}"#)],
            Step::UpdateUser,
            "cannot update ada@example.com: 400 Bad Request (the endpoint reports: noTarget)",
        ),
        Case(
            Entra062020,
            back(),
            &[(200, FOUND), (400, "")],
            Step::Reactivate,
            "cannot enable ada@example.com: 400 Bad Request",
        ),
        Case(
            Entra,
            push(),
            &[(200, r#"{"totalResults":2,"Resources":[{"id":"1"},{"id":"2"}]}"#)],
            Step::FindGroup,
            "cannot match the group Analysts: DuplicateTargetEntries: 2 resources match where one may",
        ),
        Case(
            Entra,
            push(),
            &[(200, EMPTY), (429, "")],
            Step::CreateGroup,
            "cannot create the group Analysts: 429 Too Many Requests",
        ),
    ];
    check(cases);
}

#[test]
fn a_cached_id_that_is_gone_is_an_invalid_anchor() {
    for dialect in [Entra, Entra062020] {
        let mut provider = dialect.simulator();
        let directory = company(dialect);
        play(&mut *provider, &hire(), &[(200, EMPTY), (201, ADA)]).0.unwrap();
        assert_eq!(provider.user_id("ada"), Some("1"));
        let update = Change::Update { before: Box::new(directory.people[0].clone()) };
        let (stop, _) = play(&mut *provider, &update, &[(404, "")]);
        let Err(Stop::Gave(gave)) = stop else { panic!("{stop:?}") };
        assert_eq!((gave.at, gave.status), (Step::ReadUser, Some(404)));
        assert_eq!(
            gave.says,
            "cannot read ada@example.com: InvalidAnchor: the endpoint no longer knows the cached id"
        );
        // What is gone already need not be deleted, and is forgotten.
        let purge = Change::Purge { person: "ada".to_owned() };
        assert_eq!(play(&mut *provider, &purge, &[(404, "")]).0.unwrap(), Sent::Done);
        assert_eq!(provider.user_id("ada"), None);
    }
}

#[test]
fn entra_has_nothing_to_send_about_an_account_as_it_should_be() {
    let mut provider = Entra.simulator();
    play(&mut *provider, &hire(), &[(200, EMPTY), (201, ADA)]).0.unwrap();
    let shown = r#"{"id":"1","externalId":"0a21f0f2-1815-4f8e-bf98-7363c4aed4ef","userName":"ada@example.com",
        "active":"True","displayName":"Ada Lovelace","title":"Engineer",
        "emails":[{"type":"Work","value":"ada@example.com"}],
        "name":{"formatted":"Ada Lovelace","givenName":"Ada","familyName":"Lovelace"},
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Research","employeeNumber":"1815"}}"#;
    let update = Change::Update { before: Box::new(company(Entra).people[0].clone()) };
    let (sent, requests) = play(&mut *provider, &update, &[(200, shown)]);
    assert_eq!(sent.unwrap(), Sent::Done);
    assert_eq!(requests.len(), 1);
}

#[test]
fn okta_takes_the_first_of_several_and_reads_lists_in_any_case() {
    let mut provider = Okta.simulator();
    let list = r#"{"totalresults":2,"resources":[{"id":"a b/c","active":true},{"id":"2"}]}"#;
    let (sent, requests) = play(&mut *provider, &hire(), &[(200, list), (200, ADA), (200, ADA)]);
    assert_eq!(sent.unwrap(), Sent::Done);
    assert_eq!(provider.user_id("ada"), Some("a b/c"));
    assert_eq!(requests[2].target, "/Users/a%20b%2Fc");
}

#[test]
fn an_import_of_the_schema_asks_only_for_what_is_described() {
    let oig = Dialect::OktaOig;
    let (sent, requests) = play(&mut *oig.simulator(), &Change::ImportSchema, &[(404, "")]);
    assert!(matches!(sent, Ok(Sent::Nothing(_))), "{sent:?}");
    assert_eq!(requests.len(), 1);

    let types = r#"{"totalResults":2,"Resources":[{"schema":"urn:okta:scim:schemas:core:1.0:Role",
        "endpoint":"/Roles"},{"schema":"urn:okta:scim:schemas:core:1.0:Role","endpoint":"https://example.org/"}]}"#;
    let answers = [(200, types), (404, ""), (200, EMPTY)];
    let (sent, requests) = play(&mut *oig.simulator(), &Change::ImportSchema, &answers);
    assert_eq!(sent.unwrap(), Sent::Done);
    let targets: Vec<&str> = requests.iter().map(|request| request.target.as_str()).collect();
    assert_eq!(targets, ["/ResourceTypes", "/Schemas", "/Roles?startIndex=1&count=100"]);

    let (stop, _) = play(&mut *oig.simulator(), &Change::ImportSchema, &[(500, "")]);
    let Err(Stop::Gave(gave)) = stop else { panic!("{stop:?}") };
    assert_eq!(gave.says, "cannot read the resource types: 500 Internal Server Error");
    assert_eq!(gave.at, Step::ImportSchema);
}

#[test]
fn a_password_goes_out_only_if_there_is_one() {
    for dialect in [Okta, OktaAiw] {
        let mut provider = dialect.simulator();
        provider.link_user("ada", "1");
        let change = Change::SetPassword { person: "ada".to_owned() };
        let (sent, requests) = play(&mut *provider, &change, &[]);
        assert!(matches!(sent, Ok(Sent::Nothing(_))), "{sent:?}");
        assert_eq!(requests, []);
    }
}

#[test]
fn on_demand_every_activity_begins_with_the_connection_test() {
    let mut provider = Dialect::EntraOnDemand.simulator();
    let gone = [(404, "")];
    let (stop, _) = play(&mut *provider, &hire(), &gone);
    let Err(Stop::Gave(gave)) = stop else { panic!("{stop:?}") };
    assert_eq!((gave.at, gave.status), (Step::Connect, Some(404)));
    // Nothing to do, nothing to test.
    let (sent, requests) = play(&mut *provider, &Change::Leave { person: "ada".to_owned() }, &[]);
    assert!(matches!(sent, Ok(Sent::Nothing(_))), "{sent:?}");
    assert_eq!(requests, []);
}

#[test]
fn on_demand_members_go_by_five() {
    let mut provider = Dialect::EntraOnDemand.simulator();
    let mut directory = company(Dialect::EntraOnDemand);
    let ada = directory.people[0].clone();
    let people: Vec<String> = (0..11).map(|number| format!("p{number}")).collect();
    for key in &people {
        directory.people.push(super::Person { key: key.clone(), ..ada.clone() });
        provider.link_user(key, key);
    }
    provider.link_group("analysts", "g");
    let mut answers = VecDeque::from(vec![(200, EMPTY.to_owned()); 2]);
    answers.push_back((200, r#"{"id":"g"}"#.to_owned()));
    answers.extend(vec![(204, String::new()); 3]);
    let mut script = Script { answers, requests: Vec::new() };
    let change = Change::Join { team: "analysts".to_owned(), people };
    provider.apply(&change, &directory, &mut script).now_or_never().expect("no waiting").unwrap();
    let sizes: Vec<usize> = script.requests[3..]
        .iter()
        .map(|request| request.body.as_deref().unwrap_or_default().matches("$ref").count())
        .collect();
    assert_eq!(sizes, [5, 5, 1]);
}

#[test]
fn entra_matches_by_what_the_administrator_chose() {
    for (dialect, filter) in [
        (Entra, "userName+eq+%22ada%40example.com%22"),
        (Dialect::EntraMatchExternalId, "externalId+eq+%220a21f0f2-1815-4f8e-bf98-7363c4aed4ef%22"),
        (Dialect::EntraMatchEmail, "emails%5Btype+eq+%22work%22%5D.value+eq+%22ada%40example.com%22"),
    ] {
        let (stop, requests) = play(&mut *dialect.simulator(), &hire(), &[(200, EMPTY), (409, "")]);
        assert_eq!(requests[0].target, format!("/Users?filter={filter}"));
        let Err(Stop::Gave(gave)) = stop else { panic!("{stop:?}") };
        assert_eq!(
            gave.says,
            "cannot create ada@example.com: EntryConflict: it exists, but the match did not find it"
        );
    }
}

#[test]
fn okta_reads_pages_until_the_bound() {
    let endless = r#"{"totalResults":1000000,"Resources":[{"id":"1"}]}"#;
    let (sent, requests) = play(&mut *Okta.simulator(), &Change::ImportUsers, &vec![(200, endless); 201]);
    assert_eq!(sent.unwrap(), Sent::Imported(vec!["1".to_owned(); 200]));
    assert_eq!(requests[199].target, "/Users?startIndex=19901&count=100");
}

#[test]
fn okta_adds_members_by_the_hundred() {
    let mut provider = super::Okta::new(super::Flavor::Oin);
    let mut directory = company(Okta);
    let ada = directory.people[0].clone();
    let people: Vec<String> = (0..101).map(|number| format!("p{number}")).collect();
    for key in &people {
        directory.people.push(super::Person { key: key.clone(), ..ada.clone() });
        provider.users.insert(key.clone(), key.clone());
    }
    provider.groups.insert("analysts".to_owned(), "g".to_owned());
    for change in [
        Change::Join { team: "analysts".to_owned(), people: people.clone() },
        Change::Part { team: "analysts".to_owned(), people },
    ] {
        let mut script =
            Script { answers: VecDeque::from(vec![(204, String::new()); 3]), requests: Vec::new() };
        provider.apply(&change, &directory, &mut script).now_or_never().expect("no waiting").unwrap();
        assert_eq!(script.requests.len(), 3, "two batches and the name");
        assert!(script.requests.iter().all(|request| request.method == Method::PATCH));
    }
}

#[test]
fn no_answer_is_not_giving_up() {
    for dialect in Dialect::ALL {
        let silent = super::evidence::silence(dialect, "connect").is_some();
        let change = if silent { hire() } else { Change::Connect };
        let (stop, _) = play(&mut *dialect.simulator(), &change, &[]);
        assert!(matches!(stop, Err(Stop::Wire(_))), "{stop:?}");
    }
}

pub(super) fn check<const N: usize>(cases: [Case<'_>; N]) {
    for Case(dialect, change, answers, at, says) in cases {
        let (stop, requests) = play(&mut *dialect.simulator(), &change, answers);
        let Err(Stop::Gave(gave)) = stop else { panic!("{dialect} {change:?} {answers:?}: {stop:?}") };
        assert_eq!(gave.says, says);
        assert_eq!(gave.at, at, "{says}");
        assert_eq!(requests.len(), answers.len(), "{says}");
        assert_eq!(gave.status, answers.last().map(|(status, _)| *status), "{says}");
    }
}

/// Who is told of what, the scripted answers, where it gives up and what it says.
pub(super) struct Case<'a>(
    pub(super) Dialect,
    pub(super) Change,
    pub(super) &'a [(u16, &'a str)],
    pub(super) Step,
    pub(super) &'a str,
);

pub(super) fn hire() -> Change {
    Change::Hire { person: "ada".to_owned() }
}

fn back() -> Change {
    Change::Return { person: "ada".to_owned() }
}

pub(super) fn push() -> Change {
    Change::PushGroup { team: "analysts".to_owned() }
}

pub(super) fn play(
    provider: &mut dyn IdentityProvider,
    change: &Change,
    answers: &[(u16, &str)],
) -> (Result<Sent, Stop>, Vec<WireRequest>) {
    let answers = answers.iter().map(|(status, body)| (*status, (*body).to_owned())).collect();
    let mut script = Script { answers, requests: Vec::new() };
    let directory = company(provider.dialect());
    let sent = provider.apply(change, &directory, &mut script).now_or_never().expect("no waiting");
    (sent, script.requests)
}

struct Script {
    answers: VecDeque<(u16, String)>,
    requests: Vec<WireRequest>,
}

impl Wire for Script {
    fn send<'a>(&'a mut self, request: WireRequest) -> BoxFuture<'a, Result<Answer, WireError>> {
        self.requests.push(request);
        Box::pin(ready(match self.answers.pop_front() {
            Some((status, body)) => Ok(Answer::new(status, HeaderMap::new(), Bytes::from(body))),
            None => Err(WireError { kind: WireErrorKind::Timeout, message: "no answer".to_owned() }),
        }))
    }
}
