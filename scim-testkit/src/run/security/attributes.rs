//! What is the server's to write, and whose an account is.

use http::Method;
use serde_json::{Map, Value, json};

use super::{finish, start};
use crate::{
    check::catalog,
    idp::WireError,
    report::StoryReport,
    run::{
        Exchange,
        play::Player,
        standing::bench::{Bench, Made, text},
    },
};

pub(super) const READ_ONLY: (&str, &str) = ("read-only", "Clients cannot write what is read-only");
pub(super) const ADOPTED: (&str, &str) = ("adopted-account", "A create takes no other account over");

pub(super) async fn read_only(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = start(player, READ_ONLY);
    let group = if bench.groups() { bench.group(&[]).await? } else { None };
    let forge = |body: &mut Value| {
        if let Some(group) = &group {
            body["groups"] = json!([{"value": group.id}]);
        }
        body["meta"] = json!({"resourceType": "User", "created": LONG_AGO, "lastModified": LONG_AGO});
    };
    let mut body = bench.player.lab.person_body();
    forge(&mut body);
    let created = bench.make("Users", body).await?;
    let exchange = bench.last();
    if let Some(user) = &created {
        judge(&mut bench, "POST", user, group.as_ref(), exchange).await?;
    }
    let Some(user) = bench.user().await? else { return Ok(bench.nobody()) };
    let mut body = user.sent.clone();
    forge(&mut body);
    bench.send(Method::PUT, user.path.clone(), body).await?;
    let exchange = bench.last();
    judge(&mut bench, "PUT", &user, group.as_ref(), exchange).await?;
    let mut operations = vec![
        json!({"op": "replace", "path": "meta.created", "value": LONG_AGO}),
        json!({"op": "replace", "value": {"meta": {"created": LONG_AGO}}}),
    ];
    if let Some(group) = &group {
        operations.push(json!({"op": "add", "path": "groups", "value": [{"value": group.id}]}));
        operations.push(json!({"op": "replace", "value": {"groups": [{"value": group.id}]}}));
    }
    for operation in operations {
        bench.patch(user.path.clone(), json!([operation])).await?;
        let exchange = bench.last();
        judge(&mut bench, "PATCH", &user, group.as_ref(), exchange).await?;
    }
    identity(&mut bench, &user).await?;
    Ok(finish(bench))
}

/// Whether the user has got what only the server gives.
async fn judge(
    bench: &mut Bench<'_, '_>,
    method: &str,
    user: &Made,
    group: Option<&Made>,
    exchange: Option<Exchange>,
) -> Result<(), WireError> {
    let Some(now) = bench.read(user).await? else { return Ok(()) };
    if text(&now, "meta.created").is_some_and(|created| created.starts_with(&LONG_AGO[..10])) {
        let told = ("the moment when it was created".to_owned(), format!("what {method} sent: {LONG_AGO}"));
        bench.found_in(&catalog::SECURITY_READ_ONLY, Some("meta.created"), told, exchange.as_ref());
    }
    let Some(group) = group else { return Ok(()) };
    let member = bench.read(group).await?.is_some_and(|group| refers(&group, "members", &user.id));
    if member || refers(&now, "groups", &group.id) {
        let got = match member {
            true => format!("{method} of a user made it a member of a group"),
            false => format!("the user shows the group that {method} sent"),
        };
        let told = ("`groups` ignored, or refused".to_owned(), got);
        bench.found_in(&catalog::SECURITY_READ_ONLY, Some("groups"), told, exchange.as_ref());
        let path = format!("members[value eq \"{}\"]", user.id);
        bench.patch(group.path.clone(), json!([{"op": "remove", "path": path}])).await?;
    }
    Ok(())
}

fn refers(resource: &Map<String, Value>, attribute: &str, id: &str) -> bool {
    let listed = resource.get(attribute).and_then(Value::as_array);
    listed.is_some_and(|listed| listed.iter().any(|one| one["value"] == id))
}

/// The id stays, whatever a PATCH says.
async fn identity(bench: &mut Bench<'_, '_>, user: &Made) -> Result<(), WireError> {
    let other = bench.player.lab.unique("id");
    let answer =
        bench.patch(user.path.clone(), json!([{"op": "replace", "path": "id", "value": other}])).await?;
    let exchange = bench.last();
    if answer.is_success() && bench.get(user.path.clone()).await?.status == 404 {
        bench.player.recorder.ledger.adopt("Users", &other, &user.name());
        let told = (format!("id {:?}", user.id), "it is not there any more".to_owned());
        bench.found_in(&catalog::SECURITY_READ_ONLY, Some("id"), told, exchange.as_ref());
    }
    Ok(())
}

/// Two people with one e-mail address are two accounts, or the second is refused.
pub(super) async fn adopted(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = start(player, ADOPTED);
    let Some(first) = bench.user().await? else { return Ok(bench.nobody()) };
    let mut body = bench.player.lab.person_body();
    body["emails"] = first.sent["emails"].clone();
    body["externalId"] = bench.player.lab.unique("stranger").into();
    let second = bench.make("Users", body.clone()).await?;
    let exchange = bench.last();
    let Some(now) = bench.read(&first).await? else { return Ok(finish(bench)) };
    let same = second.is_some_and(|second| second.id == first.id);
    let renamed = text(&now, "userName")
        .is_some_and(|name| body["userName"].as_str().is_some_and(|sent| name.eq_ignore_ascii_case(sent)));
    if same || renamed {
        let told = (
            "another account, or 409".to_owned(),
            format!("the account with id {:?} is what was \"created\"", first.id),
        );
        bench.found_in(&catalog::SECURITY_ADOPTED, None, told, exchange.as_ref());
    }
    Ok(finish(bench))
}

const LONG_AGO: &str = "1999-12-31T00:00:00Z";
