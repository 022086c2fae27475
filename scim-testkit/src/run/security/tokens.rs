//! Credentials that nobody was given open nothing, on any route, for any method.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::Method;
use scim_core::{call::encode, urn};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{finish, found_openly, openly, start};
use crate::{
    check::catalog,
    idp::{Answer, WireError, WireErrorKind},
    report::StoryReport,
    run::{
        Credentials,
        play::Player,
        standing::{
            access::is_scim,
            bench::{Bench, Made, text},
            names::eq,
        },
    },
};

pub(super) const ROW: (&str, &str) = ("credentials", "Credentials that nobody was given open nothing");

/// One request of the matrix; `body`: `Null` stands for a new user.
struct Route {
    method: Method,
    path: String,
    body: Option<Value>,
}

/// Who asks.
enum Caller {
    /// With this `Authorization`.
    Openly(Option<&'static str>),
    /// With something so close to the real credentials that no report may show it.
    Nearly(Credentials),
}

pub(super) async fn check(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = start(player, ROW);
    if !bench.player.recorder.target().has_credentials() {
        bench.skip("the run has no credentials");
        return Ok(finish(bench));
    }
    let Some(user) = bench.user().await? else { return Ok(bench.nobody()) };
    let group = if bench.groups() { bench.group(&[]).await? } else { None };
    let routes = routes(&user, group.as_ref());
    let mut open: Vec<usize> = Vec::new();
    let mut refused: Vec<String> = Vec::new();
    'all: for (what, caller, most) in callers(bench.player.recorder.target().credentials()) {
        for (index, route) in routes.iter().enumerate().take(most) {
            if open.contains(&index) {
                continue;
            }
            let body = match &route.body {
                Some(Value::Null) => Some(bench.player.lab.person_body()),
                other => other.clone(),
            };
            let place = (route.method.clone(), route.path.clone());
            let answer = match &caller {
                Caller::Openly(value) => openly(&mut bench, *value, place, body.as_ref()).await,
                Caller::Nearly(credentials) => {
                    let (method, path) = place;
                    bench.player.recorder.ask_as(credentials.clone(), method, path, body.clone()).await
                }
            };
            let answer = match answer {
                // Whoever guesses is told to wait, as is right.
                Err(error) if error.kind == WireErrorKind::Timeout => {
                    bench.skip(format!("not asked to the end: {error}"));
                    break 'all;
                }
                other => other?,
            };
            if served(&answer) {
                open.push(index);
                let got = format!("{} {} with {what}: {}", route.method, route.path, answer.status);
                let missing = matches!(caller, Caller::Openly(None | Some(WRONG)));
                let check = if missing { &catalog::AUTH_NOT_ENFORCED } else { &catalog::SECURITY_TOKEN };
                found_openly(&mut bench, check, Some(what).filter(|_| !missing), ("401", got));
            } else if matches!(answer.status, 401 | 403)
                && let Some(name) = body.as_ref().and_then(|body| body["userName"].as_str())
                && route.method == Method::POST
            {
                refused.push(name.to_owned());
            }
        }
    }
    if open.is_empty() {
        untouched(&mut bench, [Some(&user), group.as_ref()], &refused).await?;
    }
    Ok(finish(bench))
}

/// What was refused was not done.
async fn untouched(
    bench: &mut Bench<'_, '_>,
    made: [Option<&Made>; 2],
    refused: &[String],
) -> Result<(), WireError> {
    for made in made.into_iter().flatten() {
        let answer = bench.get(made.path.clone()).await?;
        let now = answer.json.as_ref().and_then(Value::as_object).and_then(|now| text(now, "displayName"));
        if answer.status == 404 || now.as_deref() == Some(MARK) {
            let got = bench.got();
            bench.found(&catalog::SECURITY_REFUSED_DONE, None, "the resource as it was", got);
        }
    }
    for name in refused.iter().take(2) {
        if bench.select("Users", &eq("userName", name)).await?.is_some_and(|found| found.len() == 1) {
            let got = bench.got();
            bench.found(&catalog::SECURITY_REFUSED_DONE, Some("POST"), "no such user", got);
        }
    }
    Ok(())
}

fn routes(user: &Made, group: Option<&Made>) -> Vec<Route> {
    let rename = json!({
        "schemas": [urn::PATCH_OP],
        "Operations": [{"op": "replace", "path": "displayName", "value": MARK}],
    });
    let mut put = user.sent.clone();
    put["displayName"] = MARK.into();
    let search = json!({"schemas": [urn::SEARCH_REQUEST], "startIndex": 1, "count": 1});
    let bulk = json!({
        "schemas": [urn::BULK_REQUEST],
        "Operations": [{"method": "PATCH", "path": user.path, "data": rename}],
    });
    let route =
        |method: Method, path: &str, body: Option<Value>| Route { method, path: path.to_owned(), body };
    // Those that every caller tries come first.
    let mut routes = vec![
        route(Method::GET, "/Users?startIndex=1&count=1", None),
        route(Method::GET, &user.path, None),
        route(Method::PATCH, &user.path, Some(rename.clone())),
        route(Method::POST, "/Users", Some(Value::Null)),
        route(Method::GET, &format!("/Users?filter={}", encode(&eq("userName", &user.name()))), None),
        route(Method::POST, "/Users/.search", Some(search.clone())),
        route(Method::POST, "/.search", Some(search)),
        route(Method::PUT, &user.path, Some(put)),
        route(Method::POST, "/Bulk", Some(bulk)),
        route(Method::GET, "/Me", None),
    ];
    if let Some(group) = group {
        routes.push(route(Method::GET, "/Groups?startIndex=1&count=1", None));
        routes.push(route(Method::GET, &group.path, None));
        routes.push(route(Method::PATCH, &group.path, Some(rename)));
        routes.push(route(
            Method::PUT,
            &group.path,
            Some(json!({"schemas": [urn::GROUP], "displayName": MARK})),
        ));
        routes.push(route(Method::DELETE, &group.path, None));
    }
    // Last, since it may work.
    routes.push(route(Method::DELETE, &user.path, None));
    routes
}

/// Who asks: in words, how, and how many of the routes.
fn callers(ours: &Credentials) -> Vec<(&'static str, Caller, usize)> {
    let mut callers = vec![
        ("no credentials", Caller::Openly(None), usize::MAX),
        ("a wrong token", Caller::Openly(Some(WRONG)), usize::MAX),
        ("an empty token", Caller::Openly(Some("Bearer ")), usize::MAX),
        // scimtest:scimtest
        (
            "a user and password that nobody has",
            Caller::Openly(Some("Basic c2NpbXRlc3Q6c2NpbXRlc3Q=")),
            usize::MAX,
        ),
        ("the token \"undefined\"", Caller::Openly(Some("Bearer undefined")), FEW),
        ("the token \"null\"", Caller::Openly(Some("Bearer null")), FEW),
    ];
    let mut nearly = |what, credentials| callers.push((what, Caller::Nearly(credentials), FEW));
    match ours {
        Credentials::None => {}
        Credentials::Bearer(token) => {
            let token = token.expose_secret();
            if let Some(altered) = altered(token) {
                nearly("a token that is wrong in one letter", Credentials::Bearer(altered.into()));
            }
            if token.len() >= SHORTEST && token.is_ascii() {
                nearly(
                    "the first half of the token",
                    Credentials::Bearer(token[..token.len() / 2].to_owned().into()),
                );
            }
            if let Some(unsigned) = unsigned(token) {
                nearly("a token without a signature", Credentials::Bearer(unsigned.into()));
            }
        }
        Credentials::Basic(pair) => {
            if let Some((user, password)) = pair.expose_secret().split_once(':') {
                if !password.is_empty() {
                    nearly("the user without a password", Credentials::Basic(format!("{user}:").into()));
                }
                nearly("another password", Credentials::Basic(format!("{user}:scimtest-wrong").into()));
            }
        }
    }
    callers
}

/// The token with one letter of its middle changed. At the end of a signature a letter may carry bits that nobody reads.
fn altered(token: &str) -> Option<String> {
    if token.len() < SHORTEST || !token.is_ascii() {
        return None;
    }
    let middle = token.len() / 2;
    let at = middle + token[middle..].find(|c: char| c.is_ascii_alphanumeric())?;
    let other = if &token[at..=at] == "x" { "y" } else { "x" };
    Some(format!("{}{other}{}", &token[..at], &token[at + 1..]))
}

/// A signed token (RFC 7519) with its claims and no signature (RFC 7519 §6).
fn unsigned(token: &str) -> Option<String> {
    let mut parts = token.split('.');
    let (head, claims, signature) = (parts.next()?, parts.next()?, parts.next()?);
    let head: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head).ok()?).ok()?;
    head.get("alg")?;
    if parts.next().is_some() || signature.is_empty() {
        return None;
    }
    Some(format!("{}.{claims}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#)))
}

/// Whether it was done: a resource, a list or nothing came, as opposed to a page that asks to log in.
fn served(answer: &Answer) -> bool {
    answer.is_success() && (answer.body.is_empty() || answer.json.as_ref().is_some_and(is_scim))
}

/// The token in the address (RFC 6750 §2.3).
pub(super) async fn in_address(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = start(player, ("token-in-address", "The token is not taken from the address"));
    let Credentials::Bearer(token) = bench.player.recorder.target().credentials().clone() else {
        bench.skip("the run has no token");
        return Ok(finish(bench));
    };
    // However it is spelled, it must not show.
    bench.player.recorder.hide(token.clone());
    let spelled = encode(token.expose_secret()).to_string();
    bench.player.recorder.hide(spelled.clone().into());
    let list = "/Users?startIndex=1&count=1";
    let openly_served = openly(&mut bench, None, (Method::GET, list.to_owned()), None).await?;
    if served(&openly_served) {
        bench.skip("the endpoint asks for no credentials");
        return Ok(finish(bench));
    }
    let place = (Method::GET, format!("{list}&access_token={spelled}"));
    if served(&openly(&mut bench, None, place, None).await?) {
        let got = "200 to GET /Users?access_token=…".to_owned();
        found_openly(&mut bench, &catalog::SECURITY_TOKEN_IN_QUERY, None, ("401", got));
    }
    Ok(finish(bench))
}

const WRONG: &str = "Bearer scimtest-not-a-token";
const MARK: &str = "scimtest nobody asked who this is";
const FEW: usize = 4;
const SHORTEST: usize = 8;

#[cfg(test)]
mod tests {
    use super::{altered, unsigned};

    #[test]
    fn a_token_is_altered_in_its_middle() {
        assert_eq!(altered("abcdefgh").as_deref(), Some("abcdxfgh"));
        assert_eq!(altered("abcdxfgh").as_deref(), Some("abcdyfgh"));
        assert_eq!(altered("abcd..gh").as_deref(), Some("abcd..xh"));
        assert_eq!((altered("short"), altered("--------"), altered("ünicöde-token")), (None, None, None));
    }

    #[test]
    fn only_a_signed_token_can_lose_its_signature() {
        // {"alg":"HS256"} . {} . x
        assert_eq!(
            unsigned("eyJhbGciOiJIUzI1NiJ9.e30.x").as_deref(),
            Some("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.e30.")
        );
        for opaque in ["", "abc", "a.b.c", "eyJhbGciOiJIUzI1NiJ9.e30.", "eyJhbGciOiJIUzI1NiJ9.e30.x.y"] {
            assert_eq!(unsigned(opaque), None, "{opaque}");
        }
    }
}
