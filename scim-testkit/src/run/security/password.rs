//! A password goes in, and nothing tells it again.
//!
//! RFC 7643 §7 lets a filter compare with what is never returned, as with a hash; what finds a password by its
//! beginning is another matter.

use http::Method;
use scim_core::{call::encode, urn};
use serde_json::{Value, json};

use super::{finish, start};
use crate::{
    check::catalog,
    idp::WireError,
    report::StoryReport,
    run::{
        play::Player,
        standing::{
            bench::{Bench, Made},
            names::eq,
        },
    },
};

pub(super) const ROW: (&str, &str) = ("password", "Nothing tells a password that was set");

pub(super) async fn check(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = start(player, ROW);
    let secret = format!("Aa1!{}", bench.player.lab.unique("secret"));
    let mut body = bench.player.lab.person_body();
    body["password"] = secret.clone().into();
    let Some(user) = bench.make("Users", body).await? else {
        bench.skip("no user could be created with a password");
        return Ok(finish(bench));
    };
    shown(&mut bench, &user).await?;
    bench.judge_for(|_, check| check == &catalog::RESOURCE_PASSWORD);
    guessed(&mut bench, &user, &secret).await?;
    if bench.player.endpoint.sort == Some(true) {
        sorted(&mut bench).await?;
    }
    Ok(finish(bench))
}

/// Every road on which a user comes back.
async fn shown(bench: &mut Bench<'_, '_>, user: &Made) -> Result<(), WireError> {
    let filter = eq("userName", &user.name());
    bench.get(user.path.clone()).await?;
    bench.get(format!("{}?attributes=userName,password", user.path)).await?;
    bench.get(format!("/Users?filter={}", encode(&filter))).await?;
    bench.get(format!("/Users?attributes=password&filter={}", encode(&filter))).await?;
    let search =
        json!({"schemas": [urn::SEARCH_REQUEST], "filter": filter, "attributes": ["userName", "password"]});
    bench.send(Method::POST, "/Users/.search", search).await?;
    let again = format!("Aa1!{}", bench.player.lab.unique("again"));
    bench.patch(user.path.clone(), json!([{"op": "replace", "path": "password", "value": again}])).await?;
    // Back to what the filters ask for.
    bench.send(Method::PUT, user.path.clone(), user.sent.clone()).await?;
    let secret = &user.sent["password"];
    bench.patch(user.path.clone(), json!([{"op": "replace", "path": "password", "value": secret}])).await?;
    Ok(())
}

/// A filter that finds the user by a part of the password, and does not by a wrong one.
async fn guessed(bench: &mut Bench<'_, '_>, user: &Made, secret: &str) -> Result<(), WireError> {
    let middle = &secret[4..];
    for (operator, right, wrong) in [
        ("sw", &secret[..secret.len() / 2], "Zz9_scimtest"),
        ("co", middle, "Zz9_scimtest"),
        ("eq", secret, "Zz9_scimtest"),
    ] {
        let filter = |part: &str| {
            format!("{} and password {operator} {}", eq("userName", &user.name()), Value::from(part))
        };
        let found = bench.select("Users", &filter(right)).await?;
        if !found.is_some_and(|found| found.contains(&user.id)) {
            continue;
        }
        let exchange = bench.last();
        let missed = bench.select("Users", &filter(wrong)).await?;
        if missed.is_some_and(|found| found.is_empty()) {
            let got =
                format!("`password {operator}` finds the user by the right text, and not by a wrong one");
            let (check, expected) = match operator {
                "eq" => (&catalog::SECURITY_PASSWORD_FILTER, "403, or 400 invalidFilter"),
                _ => (&catalog::SECURITY_PASSWORD_GUESS, "403, or 400 invalidFilter"),
            };
            bench.found_in(check, None, (expected.to_owned(), got), exchange.as_ref());
        }
    }
    Ok(())
}

/// Users in the order of their passwords. Hashes may be in that order by chance, so it is looked at twice, with other
/// passwords.
async fn sorted(bench: &mut Bench<'_, '_>) -> Result<(), WireError> {
    let start = bench.player.lab.unique("pass");
    let domain = bench.player.run.mail_domain().to_owned();
    let mut made: Vec<Made> = Vec::new();
    for rank in FIRST {
        let mut body = bench.player.lab.person_body();
        body["userName"] = format!("{start}-{}@{domain}", made.len()).into();
        body["password"] = password(rank).into();
        let Some(user) = bench.make("Users", body).await? else { return Ok(()) };
        made.push(user);
    }
    if !in_order(bench, &start, &made, FIRST).await? {
        return Ok(());
    }
    for (user, rank) in made.iter().zip(SECOND) {
        let change = json!([{"op": "replace", "path": "password", "value": password(rank)}]);
        if !bench.patch(user.path.clone(), change).await?.is_success() {
            return Ok(());
        }
    }
    if in_order(bench, &start, &made, SECOND).await? {
        let got = "users in the order of their passwords, upwards and downwards";
        bench.found(&catalog::SECURITY_PASSWORD_GUESS, Some("sortBy"), "another order, or 400", got);
    }
    Ok(())
}

async fn in_order(
    bench: &mut Bench<'_, '_>,
    start: &str,
    made: &[Made],
    ranks: [usize; 5],
) -> Result<bool, WireError> {
    let filter = encode(&format!("userName sw \"{start}\"")).to_string();
    for descending in [false, true] {
        let order = if descending { "descending" } else { "ascending" };
        let mut wanted: Vec<(usize, &str)> =
            ranks.into_iter().zip(made.iter().map(|user| user.id.as_str())).collect();
        wanted.sort_unstable();
        if descending {
            wanted.reverse();
        }
        let came = bench.list(format!("/Users?filter={filter}&sortBy=password&sortOrder={order}")).await?;
        let came = came.map(|came| crate::run::standing::bench::ids(&came)).unwrap_or_default();
        if !came.iter().map(String::as_str).eq(wanted.into_iter().map(|(_, id)| id)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A password that comes after those of smaller rank.
fn password(rank: usize) -> String {
    format!("{}a1!scimtest-Secret", ["B", "F", "K", "P", "U"][rank % 5])
}

/// Neither the order of creation nor its reverse.
const FIRST: [usize; 5] = [3, 0, 4, 2, 1];
const SECOND: [usize; 5] = [1, 4, 0, 3, 2];
