//! What the smaller providers do on the answers that are not the happy ones.

use http::Method;

use super::{
    Change, Dialect, Sent, Step, Stop,
    branches::{Case, check, hire, play, push},
    golden::company,
};
use Dialect::{
    Authentik, AuthentikAws, AuthentikNoConfig, Cyberark, Google, Jumpcloud, Keycloak, KeycloakPatch,
    Onelogin, Ping,
};

const EMPTY: &str = r#"{"totalResults":0,"Resources":[]}"#;
const ADA: &str = r#"{"id":"1","userName":"ada@example.com","active":true}"#;
const TWO: &str = r#"{"totalResults":2,"Resources":[{"id":"1","userName":"ada@example.com"},{"id":"2"}]}"#;
const CONFIG: &str = r#"{"patch":{"supported":true},"bulk":{"supported":false,"maxOperations":1},
    "filter":{"supported":true},"changePassword":{"supported":false},"sort":{"supported":false},
    "authenticationSchemes":[]}"#;
const GROUP: &str = r#"{"id":"g","displayName":"Analysts"}"#;

#[test]
fn they_give_up() {
    check([
        Case(
            Onelogin,
            hire(),
            &[(500, "")],
            Step::FindUser,
            "cannot look up ada@example.com: 500 Internal Server Error",
        ),
        Case(
            Onelogin,
            hire(),
            &[(200, EMPTY), (400, r#"{"detail":"unknown schema"}"#)],
            Step::CreateUser,
            "cannot create ada@example.com: 400 Bad Request (the endpoint reports: unknown schema)",
        ),
        Case(
            Onelogin,
            hire(),
            &[(200, TWO), (404, "")],
            Step::UpdateUser,
            "cannot update ada@example.com: 404 Not Found",
        ),
        Case(
            Google,
            hire(),
            &[(200, r#"{"totalResults":1}"#)],
            Step::FindUser,
            "cannot look up ada@example.com: the list has no Resources array",
        ),
        Case(Google, Change::Connect, &[(404, "")], Step::Connect, "cannot read the users: 404 Not Found"),
        Case(
            Jumpcloud,
            hire(),
            &[(200, EMPTY), (201, r#"{"id":7}"#)],
            Step::CreateUser,
            "cannot create ada@example.com: the resource has no id that is a non-empty string",
        ),
        Case(
            Ping,
            push(),
            &[(200, EMPTY), (409, "")],
            Step::CreateGroup,
            "cannot create the group Analysts: 409 Conflict",
        ),
        Case(
            Cyberark,
            Change::ImportSchema,
            &[(200, "{}"), (404, "")],
            Step::Connect,
            "cannot read the attributes: 404 Not Found",
        ),
        Case(
            Authentik,
            hire(),
            &[(404, ""), (409, "")],
            Step::CreateUser,
            "cannot create ada@example.com: 409, and /ServiceProviderConfig, as far as it can be used, offers no filter to find the account with",
        ),
        Case(
            Authentik,
            push(),
            &[(200, r#"{"patch":{"supported":true}}"#), (409, "")],
            Step::CreateGroup,
            "cannot create the group Analysts: 409, and /ServiceProviderConfig, as far as it can be used, offers no filter to find the group with",
        ),
        Case(
            Authentik,
            hire(),
            &[(200, CONFIG), (409, ""), (200, EMPTY)],
            Step::FindUser,
            "cannot look up ada@example.com: it exists, and the lookup does not find it",
        ),
        Case(
            Authentik,
            Change::ImportUsers,
            &[(200, r#"{"Resources":[]}"#)],
            Step::ListUsers,
            "cannot discover what is in /Users: the list has no totalResults that is a number",
        ),
        Case(
            Keycloak,
            hire(),
            &[(400, "")],
            Step::CreateUser,
            "cannot create ada@example.com: 400 Bad Request",
        ),
    ]);
}

#[test]
fn the_first_of_several_is_taken() {
    for (dialect, answers) in [
        (Onelogin, vec![(200, TWO), (200, ADA)]),
        (Google, vec![(200, TWO)]),
        (Jumpcloud, vec![(200, TWO)]),
        (Ping, vec![(200, TWO), (200, ADA)]),
        (Cyberark, vec![(200, TWO), (200, ADA)]),
        (Authentik, vec![(200, CONFIG), (409, ""), (200, TWO), (200, ADA)]),
        (
            AuthentikAws,
            vec![(200, CONFIG), (409, ""), (200, &TWO.replace("Resources", "resources")), (200, ADA)],
        ),
        (Keycloak, vec![(409, ""), (200, TWO), (200, ADA)]),
        (KeycloakPatch, vec![(409, ""), (200, TWO), (204, "")]),
    ] {
        let mut provider = dialect.simulator();
        let (sent, requests) = play(&mut *provider, &hire(), &answers);
        assert!(sent.is_ok(), "{dialect}: {sent:?}");
        assert_eq!(provider.user_id("ada"), Some("1"), "{dialect}");
        assert_eq!(requests.len(), answers.len(), "{dialect}");
    }
}

#[test]
fn what_is_gone_is_deleted() {
    for dialect in [Onelogin, Jumpcloud, Ping, Authentik, Keycloak] {
        let mut provider = dialect.simulator();
        provider.link_user("ada", "1");
        let config = matches!(dialect, Authentik).then_some((200, CONFIG));
        let answers: Vec<_> = config.into_iter().chain([(404, "")]).collect();
        let (sent, requests) = play(&mut *provider, &Change::Purge { person: "ada".to_owned() }, &answers);
        assert_eq!(sent.unwrap(), Sent::Done, "{dialect}");
        assert_eq!(requests.last().unwrap().method, Method::DELETE);
        assert_eq!(provider.user_id("ada"), None, "{dialect}");
    }
}

#[test]
fn authentik_creates_again_what_is_gone() {
    let mut provider = Authentik.simulator();
    provider.link_user("ada", "old");
    let leave = Change::Leave { person: "ada".to_owned() };
    let (sent, requests) = play(&mut *provider, &leave, &[(200, CONFIG), (404, ""), (201, ADA)]);
    assert_eq!(sent.unwrap(), Sent::Done);
    assert_eq!(requests[2].method, Method::POST);
    assert_eq!(provider.user_id("ada"), Some("1"));

    let mut provider = AuthentikAws.simulator();
    provider.link_group("analysts", "old");
    let rename = Change::RenameGroup { team: "analysts".to_owned() };
    let (sent, requests) = play(&mut *provider, &rename, &[(200, CONFIG), (404, ""), (201, GROUP)]);
    assert_eq!(sent.unwrap(), Sent::Done);
    assert_eq!(requests[2].target, "/Groups");
    assert_eq!(provider.group_id("analysts"), Some("g"));
}

#[test]
fn authentik_sends_no_news_once() {
    let mut provider = Authentik.simulator();
    let user = r#"{"id":"1","userName":"ada@example.com","displayName":"Ada Lovelace","active":true,
        "name":{"formatted":"Ada Lovelace","familyName":"Lovelace","givenName":"Ada"},
        "emails":[{"value":"x"},{"value":"ada@example.com","type":"other","primary":true}],
        "schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],
        "externalId":"0a21f0f2-1815-4f8e-bf98-7363c4aed4ef","meta":{}}"#;
    play(&mut *provider, &hire(), &[(200, CONFIG), (201, user)]).0.unwrap();
    let update = Change::Update { before: Box::new(company(Authentik).people[0].clone()) };
    let (sent, requests) = play(&mut *provider, &update, &[]);
    assert!(matches!(sent, Ok(Sent::Nothing(_))), "{sent:?}");
    assert!(requests.is_empty());
}

#[test]
fn authentik_divides_a_patch_by_the_operations_of_bulk() {
    let mut provider = Authentik.simulator();
    provider.link_user("ada", "1");
    provider.link_user("grace", "2");
    let (sent, requests) =
        play(&mut *provider, &push(), &[(200, CONFIG), (201, GROUP), (204, ""), (204, "")]);
    assert_eq!(sent.unwrap(), Sent::Done);
    assert!(requests[2].body.as_ref().unwrap().contains(r#""value": "1""#));
    assert!(requests[3].body.as_ref().unwrap().contains(r#""value": "2""#));
}

#[test]
fn authentik_reads_members_strictly() {
    for (members, says) in [
        (r#""ada""#, "members is not an array"),
        (r#"[{"value":7}]"#, "a member has no value that is a string"),
    ] {
        let mut provider = Authentik.simulator();
        provider.link_group("analysts", "g");
        let shown = format!(r#"{{"id":"g","members":{members}}}"#);
        let now = Change::PushNow { team: "analysts".to_owned() };
        let (stop, _) = play(&mut *provider, &now, &[(200, CONFIG), (204, ""), (200, &shown)]);
        let Err(Stop::Gave(gave)) = stop else { panic!("{stop:?}") };
        assert_eq!(
            (gave.at, gave.says),
            (Step::ReadGroup, format!("cannot read the group Analysts: {says}"))
        );
    }
}

#[test]
fn authentik_needs_no_patch_where_none_is_offered() {
    // The create had the members already.
    let mut provider = AuthentikNoConfig.simulator();
    provider.link_user("ada", "1");
    let (sent, _) = play(&mut *provider, &push(), &[(200, CONFIG), (201, GROUP), (501, "")]);
    assert_eq!(sent.unwrap(), Sent::Done);
    assert_eq!(provider.group_id("analysts"), Some("g"));
    // Members that only a PATCH could remove are not the endpoint's fault.
    let shown = r#"{"id":"g","members":[{"value":"1"},{"value":"9"}]}"#;
    let now = Change::PushNow { team: "analysts".to_owned() };
    let (sent, requests) = play(&mut *provider, &now, &[(200, GROUP), (200, shown), (501, "")]);
    assert!(matches!(sent, Ok(Sent::Nothing(_))), "{sent:?}");
    assert_eq!(requests[0].method, Method::PUT);
    // A conflict is final, and that is the missing configuration's doing.
    let (sent, _) = play(&mut *AuthentikNoConfig.simulator(), &hire(), &[(404, ""), (409, "")]);
    assert!(matches!(sent, Ok(Sent::Nothing(_))), "{sent:?}");
}

#[test]
fn imports_end() {
    let endless = r#"{"totalResults":1000000,"Resources":[{"id":"1"}]}"#;
    let (sent, requests) =
        play(&mut *Authentik.simulator(), &Change::ImportUsers, &vec![(200, endless); 201]);
    assert_eq!(sent.unwrap(), Sent::Imported(vec!["1".to_owned(); 200]));
    assert_eq!(requests[199].target, "/Users?startIndex=200");
    let nothing = r#"{"totalResults":5,"Resources":[]}"#;
    let (sent, requests) = play(&mut *Authentik.simulator(), &Change::ImportGroups, &[(200, nothing)]);
    assert_eq!((sent.unwrap(), requests.len()), (Sent::Imported(Vec::new()), 1));
    // The extension for Keycloak reads one page; that there are more is not the endpoint's fault.
    let (sent, requests) = play(&mut *Keycloak.simulator(), &Change::ImportUsers, &[(200, endless)]);
    assert!(matches!(sent, Ok(Sent::Nothing(_))), "{sent:?}");
    assert_eq!(requests.len(), 1);
    let (sent, _) = play(&mut *Keycloak.simulator(), &hire(), &[(409, ""), (200, nothing)]);
    assert!(matches!(sent, Ok(Sent::Nothing(_))), "{sent:?}");
}
