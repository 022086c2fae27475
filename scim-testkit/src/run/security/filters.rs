//! Text that a filter looks for, or that an attribute has, is text and nothing else.

use scim_core::call::encode;
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

pub(super) const ROW: (&str, &str) = ("injection", "Text in a request is text and nothing else");

pub(super) async fn check(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = start(player, ROW);
    let Some(user) = bench.user().await? else { return Ok(bench.nobody()) };
    let nobody = bench.player.lab.unique("nobody");
    let controls = (
        bench.select("Users", &eq("userName", &user.name())).await?,
        bench.select("Users", &eq("userName", &nobody)).await?,
    );
    if controls == (Some(vec![user.id.clone()]), Some(Vec::new())) {
        for (what, text) in INJECTIONS {
            seen(&mut bench, what, &format!("{nobody}{text}")).await?;
        }
        seen(&mut bench, "a query in JSON", r#"{"$gt":""}"#).await?;
        wildcards(&mut bench, &user).await?;
        for template in TEMPLATES {
            bench
                .get(format!("/Users?filter={}", encode(&eq("userName", &format!("{nobody}{template}")))))
                .await?;
            evaluated(&mut bench, template);
        }
    } else {
        bench.skip("`userName eq` does not work");
    }
    stored(&mut bench, &user).await?;
    Ok(finish(bench))
}

/// Whether a filter for a name that nobody has finds anyone, twice.
async fn seen(bench: &mut Bench<'_, '_>, what: &'static str, name: &str) -> Result<(), WireError> {
    for round in 0..2 {
        let Some(found) =
            bench.select("Users", &eq("userName", name)).await?.filter(|found| !found.is_empty())
        else {
            return Ok(());
        };
        if round == 1 {
            let got = format!("{} user(s), none of whom has that name", found.len());
            bench.found(&catalog::SECURITY_FILTER_INJECTION, Some(what), "no user", got);
        }
    }
    Ok(())
}

/// What finds the run's own user and is not its name.
async fn wildcards(bench: &mut Bench<'_, '_>, user: &Made) -> Result<(), WireError> {
    let name = user.name();
    let start: String = name.chars().take(name.chars().count() / 2).collect();
    let rest: String = name.chars().skip(1).collect();
    for (what, text) in [
        ("%", format!("{start}%")),
        ("*", format!("{start}*")),
        ("_", format!("_{rest}")),
        (".", format!("^{start}.*")),
    ] {
        let filter = eq("userName", &text);
        if bench.select("Users", &filter).await?.is_some_and(|found| found.contains(&user.id)) {
            let got = format!("`{what}` in the text stands for anything");
            bench.found(&catalog::SECURITY_FILTER_INJECTION, Some("a wildcard"), "no user", got);
        }
    }
    Ok(())
}

/// Attributes that hold such text, on the run's own user.
async fn stored(bench: &mut Bench<'_, '_>, user: &Made) -> Result<(), WireError> {
    for text in TEMPLATES.iter().copied().chain(["Robert'); --", "\\", "\" or \"\"=\""]) {
        let change = json!([{"op": "replace", "path": "displayName", "value": text}]);
        bench.patch(user.path.clone(), change).await?;
        evaluated(bench, text);
        bench.get(user.path.clone()).await?;
        evaluated(bench, text);
    }
    // A path is no less text.
    for path in ["displayName; --", "displayName[", "__proto__.x", "../displayName", "displayName eq \"x\"'"]
    {
        let change = json!([{"op": "replace", "path": path, "value": "scimtest"}]);
        bench.patch(user.path.clone(), change).await?;
    }
    let change = json!([{"op": Value::Null, "path": ["displayName"], "value": "scimtest"}]);
    bench.patch(user.path.clone(), change).await?;
    Ok(())
}

/// Whether the last answer has the result in place of the expression.
fn evaluated(bench: &mut Bench<'_, '_>, template: &str) {
    let product = bench
        .player
        .recorder
        .last()
        .is_some_and(|exchange| String::from_utf8_lossy(&exchange.answer.body).contains(PRODUCT));
    if product && TEMPLATES.contains(&template) {
        let expected = format!("{template} as it is, or nothing of it");
        let got = format!("{PRODUCT}, which is what it comes to");
        bench.found(&catalog::SECURITY_TEMPLATE_INJECTION, None, expected, got);
    }
}

/// Appended to a name that nobody has.
const INJECTIONS: &[(&str, &str)] = &[
    ("a condition in SQL", "' or '1'='1"),
    ("a condition in SQL", "' or 1=1--"),
    ("a condition in SQL", "\\' or 1=1--"),
    ("a condition in SCIM", "\" or userName pr or userName eq \""),
    ("a condition in LDAP", "*)(uid=*))(|(uid=*"),
    ("a condition in XPath", "' or ''='"),
    ("a condition in JavaScript", "' || '1'=='1"),
];

/// Expressions of some template and expression languages; all come to [`PRODUCT`].
const TEMPLATES: &[&str] =
    &["${91373*91381}", "{{91373*91381}}", "#{91373*91381}", "<%= 91373*91381 %>", "*{91373*91381}"];
const PRODUCT: &str = "8349756113";
