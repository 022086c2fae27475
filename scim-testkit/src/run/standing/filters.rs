//! What each filter operator selects, on two users of whom everything is known.
//!
//! An endpoint may refuse an operator (400 `invalidFilter`, 501); what it may not do is answer with the wrong users.

use scim_core::{json as obj, urn};
use serde_json::{Value, json};

use super::{
    bench::{Bench, Made, ids, text},
    names::is_short,
};
use crate::{
    check::{catalog, exchange::described},
    idp::WireError,
    report::StoryReport,
    run::play::Player,
};

/// A filter over `{a}` (the first user's name), `{b}`, `{start}` (what both names begin with), and whether it selects
/// each of the two.
struct Case {
    what: &'static str,
    filter: &'static str,
    first: bool,
    second: bool,
    /// The attributes that must be stored for it to mean something.
    needs: &'static [&'static str],
}

const CASES: &[Case] = &[
    case("and", r#"userName eq "{a}" and active eq true"#, true, false, &["active"]),
    case(
        "and with a false side",
        r#"userName eq "{a}" and userName eq "nobody has this name""#,
        false,
        false,
        &[],
    ),
    case("or", r#"userName eq "{a}" or userName eq "{b}""#, true, true, &[]),
    case(
        "and before or",
        r#"userName eq "{b}" or userName eq "{a}" and userName eq "nobody has this name""#,
        false,
        true,
        &[],
    ),
    case(
        "parentheses",
        r#"(userName eq "{b}" or userName eq "{a}") and userName eq "nobody has this name""#,
        false,
        false,
        &[],
    ),
    case("not", r#"userName sw "{start}" and not (userName eq "{a}")"#, false, true, &[]),
    case(
        "not before or",
        r#"not (userName sw "{start}") and userName eq "{b}" or userName eq "{a}""#,
        true,
        false,
        &[],
    ),
    case("ne", r#"userName sw "{start}" and userName ne "{a}""#, false, true, &[]),
    case("sw", r#"userName sw "{start}""#, true, true, &[]),
    case("sw is not co", r#"userName sw "{middle}""#, false, false, &[]),
    case("co", r#"userName co "{a}""#, true, false, &[]),
    case("co in the middle", r#"userName co "{middle}""#, true, true, &[]),
    case("ew", r#"userName sw "{start}" and userName ew "nothing-ends-like-this""#, false, false, &[]),
    case("ew is not co", r#"userName sw "{start}" and userName ew "{middle}""#, false, false, &[]),
    case("ew with the end", r#"userName sw "{start}" and userName ew "{end}""#, true, true, &[]),
    case("pr", r#"userName eq "{a}" and name.familyName pr"#, true, false, &["name.familyName"]),
    case("not pr", r#"userName eq "{a}" and not (userName pr)"#, false, false, &[]),
    case("pr of what is not there", r#"userName eq "{a}" and nickName pr"#, false, false, &[NO_NICK_NAME]),
    case("gt", r#"userName sw "{start}" and userName gt "{a}""#, false, true, &[]),
    case("ge", r#"userName sw "{start}" and userName ge "{b}""#, false, true, &[]),
    case("lt", r#"userName sw "{start}" and userName lt "{b}""#, true, false, &[]),
    case("le", r#"userName sw "{start}" and userName le "{a}""#, true, false, &[]),
    case(
        "gt on a date",
        r#"userName eq "{a}" and meta.lastModified gt "2001-01-01T00:00:00Z""#,
        true,
        false,
        MODIFIED,
    ),
    case(
        "lt on a date",
        r#"userName eq "{a}" and meta.lastModified lt "2001-01-01T00:00:00Z""#,
        false,
        false,
        MODIFIED,
    ),
    case(
        "ge on a date",
        r#"userName eq "{a}" and meta.lastModified ge "2001-01-01T00:00:00Z""#,
        true,
        false,
        MODIFIED,
    ),
    case(
        "le on a date",
        r#"userName eq "{a}" and meta.lastModified le "2001-01-01T00:00:00Z""#,
        false,
        false,
        MODIFIED,
    ),
    case("operator in capitals", r#"userName EQ "{a}""#, true, false, &[]),
    case("`AND` in capitals", r#"userName eq "{a}" AND userName eq "{b}""#, false, false, &[]),
    case("attribute in another case", r#"USERNAME eq "{a}""#, true, false, &[]),
    case(
        "schema URN before the attribute",
        r#"urn:ietf:params:scim:schemas:core:2.0:User:userName eq "{a}""#,
        true,
        false,
        &[],
    ),
    case(
        "an attribute of the enterprise extension",
        r#"userName sw "{start}" and urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "{start}-one""#,
        true,
        false,
        &["department"],
    ),
    case(
        "a sub-attribute",
        r#"userName sw "{start}" and name.familyName eq "one""#,
        true,
        false,
        &["name.familyName"],
    ),
    case("value path", r#"userName eq "{a}" and emails[type eq "work"]"#, true, false, &["emails"]),
    case(
        "value path with two conditions",
        r#"userName sw "{start}" and emails[type eq "work" and value eq "{a}"]"#,
        true,
        false,
        &["emails"],
    ),
    case(
        "value path that selects nothing",
        r#"userName eq "{a}" and emails[type eq "fax"]"#,
        false,
        false,
        &["emails"],
    ),
    case(
        "value path whose conditions no single value meets",
        r#"userName eq "{a}" and emails[type eq "home" and value eq "{a}"]"#,
        false,
        false,
        &["emails", HOME],
    ),
    case("sub-attribute of a multi-valued attribute", r#"emails.value eq "{a}""#, true, false, &["emails"]),
    case(EXACT[0], r#"userName eq "{start}""#, false, false, &[]),
    case(EXACT[1], r#"userName eq "{middle}""#, false, false, &[]),
    case(EXACT[2], r#"userName eq "{start}-one@scimtest.invalid""#, false, false, &[]),
    case(
        "an attribute that does not exist",
        r#"noSuchAttribute eq "x" and userName sw "{start}""#,
        false,
        false,
        &[],
    ),
    case("an apostrophe in the value", r#"userName eq "o'{start}""#, false, false, &[]),
    case("a quote in the value", r#"userName eq "o\"{start}""#, false, false, &[]),
    case("boolean", r#"userName eq "{a}" and active eq false"#, false, false, &["active"]),
    // Alone, as an endpoint may look at the name and leave the rest.
    case("boolean alone", "active eq false", false, false, &["active"]),
    case("id", r#"id eq "{id}""#, true, false, &[]),
    case("date alone", r#"meta.lastModified gt "2999-01-01T00:00:00Z""#, false, false, MODIFIED),
];

/// These fail when `eq` is not exact.
const EXACT: [&str; 3] = [
    "the whole value, not its beginning",
    "the whole value, not its middle",
    "the whole value, with its domain",
];

/// That the user shows no `nickName`.
const NO_NICK_NAME: &str = "no nickName";
/// That the user has a private e-mail address beside the one at work.
const HOME: &str = "emails.home";
const MODIFIED: &[&str] = &["meta.lastModified"];

const fn case(
    what: &'static str,
    filter: &'static str,
    first: bool,
    second: bool,
    needs: &'static [&'static str],
) -> Case {
    Case { what, filter, first, second, needs }
}

pub(super) async fn operators(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench =
        Bench::new(player, "filter-operators", "Each filter operator selects the right users, or is refused");
    let start = bench.player.lab.unique("op");
    let domain = bench.player.run.mail_domain().to_owned();
    let mut users = Vec::new();
    for which in ["one", "two"] {
        let name = format!("{start}-{which}@{domain}");
        let Some(user) = person(&mut bench, &name, &start, which).await? else { return Ok(bench.nobody()) };
        users.push((name, user));
    }
    match bench.select("Users", &format!(r#"userName eq "{}""#, users[0].0)).await? {
        Some(ids) if ids == [users[0].1.id.clone()] => {}
        Some(ids) if ids.contains(&users[0].1.id) => {
            bench.skip("the filter is ignored (filter.ignored)");
            return Ok(bench.finish());
        }
        _ => {
            bench.skip("the filter does not find a user by name at all");
            return Ok(bench.finish());
        }
    }
    // What stands in both names, and not at their beginning: no server keeps less than the letters and digits.
    let middle = &start[start.len() - 4..];
    let end = domain.rsplit('.').next().unwrap_or_default().to_owned();
    let mut refused = 0;
    for case in CASES {
        if !case.needs.iter().all(|needed| has(&users[0].1, needed) && has(&users[1].1, needed)) {
            continue;
        }
        let filter = case
            .filter
            .replace("{a}", &users[0].0)
            .replace("{b}", &users[1].0)
            .replace("{start}", &start)
            .replace("{middle}", middle)
            .replace("{end}", &end)
            .replace("{id}", &users[0].1.id.replace('\\', "\\\\").replace('"', "\\\""));
        let Some(ids) = bench.select("Users", &filter).await? else {
            let exchange = bench.last();
            // A 404 to what selects nobody is another mistake (filter.miss-status).
            if (case.first || case.second)
                && exchange.as_ref().is_some_and(|exchange| exchange.answer.status == 404)
            {
                let got = bench.got();
                bench.found(
                    &catalog::FILTER_REFUSED_STATUS,
                    None,
                    "400 invalidFilter",
                    format!("{filter}: {got}"),
                );
            }
            // Nobody needs an endpoint to take an attribute that does not exist.
            refused += usize::from(!case.filter.contains("noSuchAttribute"));
            continue;
        };
        let got = (ids.contains(&users[0].1.id), ids.contains(&users[1].1.id));
        // A page may be shorter than the result; then only who should not be in it can be wrong.
        let wrong = if is_short(&bench, ids.len()) {
            (got.0 && !case.first) || (got.1 && !case.second)
        } else {
            got != (case.first, case.second)
        };
        if wrong {
            let exchange = bench.last();
            let expected = format!("{filter}: {}", which(case.first, case.second));
            let answered = exchange.as_ref().map(described).unwrap_or_default();
            let got = format!("{} ({answered})", which(got.0, got.1));
            if EXACT.contains(&case.what) {
                bench.found(&catalog::LOOKUP_NOT_EXACT, Some("Users by userName"), expected, got);
            } else {
                bench.found(&catalog::FILTER_RESULT, Some(case.what), expected, got);
            }
        }
    }
    paged(&mut bench, &users[0].0).await?;
    bench.judge();
    if refused > 0 && bench.is_clean() {
        let told = (
            "the operators of RFC 7644 §3.4.2.2".to_owned(),
            format!("{refused} of {} forms refused", CASES.len()),
        );
        bench.found_in(&catalog::FILTER_UNSUPPORTED, None, told, None);
    }
    Ok(bench.finish())
}

/// The pages of a list of one: nothing from the second resource on, and no page too large to ask for.
async fn paged(bench: &mut Bench<'_, '_>, name: &str) -> Result<(), WireError> {
    let filter = scim_core::call::encode(&format!(r#"userName eq "{name}""#));
    let rest = bench.list(format!("/Users?filter={filter}&startIndex=2&count=10")).await?;
    if let Some(rest) = rest
        && !ids(&rest).is_empty()
    {
        let got = bench.got();
        let expected = "no resource at startIndex=2 of a list of one";
        bench.found(&catalog::LIST_START_INDEX, Some("with a filter"), expected, got);
    }
    // A service provider that has a limit serves a smaller page; a failure is seen in the answer.
    bench.list(format!("/Users?filter={filter}&startIndex=1&count=1000")).await?;
    Ok(())
}

async fn person(
    bench: &mut Bench<'_, '_>,
    name: &str,
    start: &str,
    which: &str,
) -> Result<Option<Made>, WireError> {
    let mut body = json!({
        "schemas": [urn::USER, urn::ENTERPRISE_USER],
        "userName": name,
        "name": {"givenName": "Filter", "familyName": which},
        "displayName": format!("Filter {which}"),
        "emails": [
            {"value": name, "type": "work", "primary": true},
            {"value": format!("home-{name}"), "type": "home"},
        ],
        "active": true,
    });
    body[urn::ENTERPRISE_USER] = json!({"department": format!("{start}-{which}")});
    if let Some(user) = bench.make("Users", body.clone()).await? {
        return Ok(Some(user));
    }
    // Not every endpoint takes the extension.
    bench.pass_over();
    body["schemas"] = json!([urn::USER]);
    if let Some(body) = body.as_object_mut() {
        body.shift_remove(urn::ENTERPRISE_USER);
    }
    if let Some(user) = bench.make("Users", body.clone()).await? {
        return Ok(Some(user));
    }
    // Nor more than one address.
    bench.pass_over();
    if let Some(emails) = body["emails"].as_array_mut() {
        emails.truncate(1);
    }
    bench.make("Users", body).await
}

/// What is no filter at all, and must not be answered as one.
pub(super) async fn malformed(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "malformed-filter", "A filter that cannot be understood is refused");
    let Some(user) = bench.user().await? else { return Ok(bench.nobody()) };
    let name = user.name();
    let found = bench.select("Users", &format!("userName eq \"{name}\"")).await?;
    if found != Some(vec![user.id.clone()]) {
        bench.skip("filters do not work");
        return Ok(bench.finish());
    }
    let filters = [
        ("an open quote", format!("userName eq \"{name}")),
        ("an unknown operator", format!("userName zz \"{name}\"")),
        ("an open parenthesis", format!("(userName eq \"{name}\"")),
        ("an operator without a value", "userName eq".to_owned()),
    ];
    for (what, filter) in filters {
        if let Some(found) = bench.select("Users", &filter).await? {
            let got = format!("200 with {} user(s)", found.len());
            bench.found(&catalog::FILTER_MALFORMED, Some(what), format!("{filter}: 400 invalidFilter"), got);
        }
    }
    Ok(bench.finish())
}

/// Whether the user, as stored, has what a filter is about.
fn has(user: &Made, attribute: &str) -> bool {
    match attribute {
        "emails" => super::bench::emails(&user.stored).iter().any(|(kind, value)| {
            kind == "work"
                && Some(value.as_str()) == user.sent["userName"].as_str().map(str::to_lowercase).as_deref()
        }),
        HOME => super::bench::emails(&user.stored).iter().any(|(kind, _)| kind == "home"),
        NO_NICK_NAME => text(&user.stored, "nickName").is_none_or(|stored| stored.is_empty()),
        "active" => obj::get(&user.stored, "active").and_then(Value::as_bool) == Some(true),
        "department" => obj::get(&user.stored, urn::ENTERPRISE_USER)
            .and_then(|data| data.get("department"))
            .and_then(Value::as_str)
            .is_some_and(|stored| user.sent[urn::ENTERPRISE_USER]["department"].as_str() == Some(stored)),
        "name.familyName" => text(&user.stored, attribute).is_some_and(|stored| {
            user.sent["name"]["familyName"].as_str().is_some_and(|sent| sent.eq_ignore_ascii_case(&stored))
        }),
        _ => text(&user.stored, attribute).is_some(),
    }
}

fn which(first: bool, second: bool) -> &'static str {
    match (first, second) {
        (true, true) => "both users",
        (true, false) => "the first of two users",
        (false, true) => "the second of two users",
        (false, false) => "neither of two users",
    }
}
