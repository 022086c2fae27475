//! What each filter operator selects, on two users of whom everything is known.
//!
//! An endpoint may refuse an operator (400 `invalidFilter`, 501); what it may not do is answer with the wrong users.

use http::Method;
use scim_core::{call::encode, json as obj, urn};
use serde_json::{Value, json};

use super::{Outcome, judge, see};
use crate::{
    check::{catalog, exchange::described},
    idp::WireError,
    report::StoryReport,
    run::{Exchange, play::Player},
};

/// A filter over `{a}` (the first user's name), `{A}` (the same in capitals), `{b}`, `{start}` (what both names begin
/// with), and whether it selects each of the two.
struct Case {
    what: &'static str,
    filter: &'static str,
    first: bool,
    second: bool,
}

const CASES: &[Case] = &[
    case("and", r#"userName eq "{a}" and active eq true"#, true, false),
    case(
        "and with a false side",
        r#"userName eq "{a}" and displayName eq "nobody has this name""#,
        false,
        false,
    ),
    case("or", r#"userName eq "{a}" or userName eq "{b}""#, true, true),
    case(
        "and before or",
        r#"userName eq "{b}" or userName eq "{a}" and displayName eq "nobody has this name""#,
        false,
        true,
    ),
    case(
        "parentheses",
        r#"(userName eq "{b}" or userName eq "{a}") and displayName eq "nobody has this name""#,
        false,
        false,
    ),
    case("not", r#"userName sw "{start}" and not (userName eq "{a}")"#, false, true),
    case("ne", r#"userName sw "{start}" and userName ne "{a}""#, false, true),
    case("sw", r#"userName sw "{start}""#, true, true),
    case("co", r#"userName co "{a}""#, true, false),
    case("ew", r#"userName sw "{start}" and userName ew "nothing-ends-like-this""#, false, false),
    case("pr", r#"userName eq "{a}" and name.familyName pr"#, true, false),
    case("operator in capitals", r#"userName EQ "{a}""#, true, false),
    case("attribute in another case", r#"USERNAME eq "{a}""#, true, false),
    case(
        "schema URN before the attribute",
        r#"urn:ietf:params:scim:schemas:core:2.0:User:userName eq "{a}""#,
        true,
        false,
    ),
    case("value path", r#"userName eq "{a}" and emails[type eq "work"]"#, true, false),
    case("value path that selects nothing", r#"userName eq "{a}" and emails[type eq "fax"]"#, false, false),
    case("sub-attribute of a multi-valued attribute", r#"emails.value eq "{a}""#, true, false),
    case("the whole value, not its beginning", r#"userName eq "{start}""#, false, false),
    case(
        "an attribute that does not exist",
        r#"noSuchAttribute eq "x" and userName sw "{start}""#,
        false,
        false,
    ),
    case("an apostrophe in the value", r#"userName eq "o'{start}""#, false, false),
    case("a quote in the value", r#"userName eq "o\"{start}""#, false, false),
    case("boolean", r#"userName eq "{a}" and active eq false"#, false, false),
];

const fn case(what: &'static str, filter: &'static str, first: bool, second: bool) -> Case {
    Case { what, filter, first, second }
}

pub(super) async fn operators(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let (story, title) = ("filter-operators", "Each filter operator selects the right users, or is refused");
    let mut outcome = Outcome::new();
    let start = player.lab.unique("op");
    let mut users = Vec::new();
    for which in ["one", "two"] {
        let name = format!("{start}-{which}@{}", player.run.mail_domain());
        let body = json!({
            "schemas": [urn::USER],
            "userName": name,
            "name": {"givenName": "Filter", "familyName": which},
            "displayName": format!("Filter {which}"),
            "emails": [{"value": name, "type": "work", "primary": true}],
            "active": true,
        });
        let answer = player.recorder.ask(Method::POST, "/Users", Some(body)).await?;
        let made = answer.json.filter(|_| (200..300).contains(&answer.status));
        let id = made.as_ref().and_then(|user| user.get("id")).and_then(Value::as_str).map(str::to_owned);
        let (Some(made), Some(id)) = (made, id) else {
            outcome.skipped = Some("no user could be created".to_owned());
            return Ok(outcome.report(story, title));
        };
        users.push((name, id, made));
    }
    let plain = format!(r#"userName eq "{}""#, users[0].0);
    match select(player, &plain).await? {
        Some(ids) if ids == [users[0].1.clone()] => {}
        Some(ids) if ids.contains(&users[0].1) => {
            outcome.skipped = Some("the filter is ignored (filter.ignored)".to_owned());
            return Ok(outcome.report(story, title));
        }
        _ => {
            outcome.skipped = Some("the filter does not find a user by name at all".to_owned());
            return Ok(outcome.report(story, title));
        }
    }
    let mut refused = 0;
    let mark = player.recorder.log.len();
    for case in CASES {
        if !applies(case.filter, &users[0].2) {
            continue;
        }
        let filter =
            case.filter.replace("{a}", &users[0].0).replace("{b}", &users[1].0).replace("{start}", &start);
        let Some(ids) = select(player, &filter).await? else {
            // Nobody needs an endpoint to take an attribute that does not exist.
            refused += usize::from(!case.filter.contains("noSuchAttribute"));
            continue;
        };
        let exchange = player.recorder.last().cloned();
        let got = (ids.contains(&users[0].1), ids.contains(&users[1].1));
        // A page may be shorter than the result; then only who should not be in it can be wrong.
        let short = exchange.as_ref().is_some_and(|exchange| is_short(exchange, ids.len()));
        let wrong = if short {
            (got.0 && !case.first) || (got.1 && !case.second)
        } else {
            got != (case.first, case.second)
        };
        if wrong {
            let expected = format!("{filter}: {}", which(case.first, case.second));
            let answered = exchange.as_ref().map(described).unwrap_or_default();
            let seen = (&catalog::FILTER_RESULT, expected, format!("{} ({answered})", which(got.0, got.1)));
            super::see_about(player, &mut outcome, Some(case.what), seen, exchange.as_ref(), story);
        }
    }
    if let Some(ids) = select(player, &format!("userName eq \"{start}")).await?.filter(|ids| !ids.is_empty())
    {
        let exchange = player.recorder.last().cloned();
        let seen = (&catalog::FILTER_RESULT, "400 invalidFilter".to_owned(), format!("{} users", ids.len()));
        super::see_about(player, &mut outcome, Some("a malformed filter"), seen, exchange.as_ref(), story);
    }
    judge(player, &mut outcome, mark, story);
    if refused > 0 && outcome.failed.is_empty() {
        let seen = (
            &catalog::FILTER_UNSUPPORTED,
            "the operators of RFC 7644 §3.4.2.2".to_owned(),
            format!("{refused} of {} forms refused", CASES.len()),
        );
        see(player, &mut outcome, seen, None, story);
    }
    Ok(outcome.report(story, title))
}

/// The ids that a filter selects; `None` when the endpoint refuses the filter.
async fn select(player: &mut Player<'_>, filter: &str) -> Result<Option<Vec<String>>, WireError> {
    let answer = player.recorder.ask(Method::GET, format!("/Users?filter={}", encode(filter)), None).await?;
    if !answer.is_success() {
        return Ok(None);
    }
    let page = answer.json.as_ref().and_then(Value::as_object);
    let found = page.and_then(|page| obj::get(page, "Resources")).and_then(Value::as_array);
    let ids = found.into_iter().flatten().filter_map(|user| user.get("id").and_then(Value::as_str));
    Ok(Some(ids.map(str::to_owned).collect()))
}

fn is_short(exchange: &Exchange, here: usize) -> bool {
    let page = exchange.answer.json.as_ref().and_then(Value::as_object);
    let total = page.and_then(|page| obj::get(page, "totalResults")).and_then(Value::as_u64).unwrap_or(0);
    let cursor = page.is_some_and(|page| obj::get(page, "nextCursor").is_some());
    cursor || total > here as u64
}

/// Whether the user, as stored, has what the filter is about: an endpoint need not store e-mails or family names.
fn applies(filter: &str, stored: &Value) -> bool {
    let Some(user) = stored.as_object() else { return false };
    let work = || {
        obj::get(user, "emails").and_then(Value::as_array).is_some_and(|emails| {
            emails.iter().any(|email| email.get("type").and_then(Value::as_str) == Some("work"))
        })
    };
    let named = || obj::get(user, "name").and_then(|name| name.get("familyName")).is_some();
    (!filter.contains("emails") || work()) && (!filter.contains("familyName") || named())
}

fn which(first: bool, second: bool) -> &'static str {
    match (first, second) {
        (true, true) => "both users",
        (true, false) => "the first of two users",
        (false, true) => "the second of two users",
        (false, false) => "neither of two users",
    }
}
