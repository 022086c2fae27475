//! PATCH (RFC 7644 §3.5.2): the forms that must work, those that must not, and what else changes.

use http::Method;
use scim_core::{json as obj, urn};
use serde_json::{Map, Value, json};

use super::bench::{Bench, Made, emails, object, text};
use crate::{
    check::catalog,
    idp::WireError,
    report::StoryReport,
    run::{
        play::Player,
        probe::{Feature, Outcome},
    },
};

/// The forms of PATCH that the RFC itself demands, whether or not a provider of this run uses them.
pub(super) async fn forms(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "patch-forms", "Every form of PATCH that the RFC defines works");
    if let Outcome::Fails(failures) = bench.player.probe(Feature::Replace).await? {
        let status =
            failures.first().and_then(|failure| failure.exchange.as_ref()).map(|it| it.answer.status);
        if let Some(status @ (404 | 405 | 501)) = status {
            bench.pass_over();
            bench.skip(format!("PATCH is not supported: {status}"));
            return Ok(bench.finish());
        }
    }
    let groups: &[Feature] = if bench.groups() { RFC_GROUP_FORMS } else { &[] };
    for feature in RFC_USER_FORMS.iter().chain(groups) {
        let Outcome::Fails(failures) = bench.player.probe(*feature).await? else { continue };
        for failure in failures {
            let told = (failure.expected, failure.got);
            bench.found_in(failure.check, None, told, failure.exchange.as_ref());
        }
    }
    // What a probe sends is judged by its probe.
    bench.pass_over();
    Ok(bench.finish())
}

const RFC_USER_FORMS: &[Feature] = &[
    Feature::Replace,
    Feature::ReplaceAbsent,
    Feature::Pathless,
    Feature::SubAttribute,
    Feature::AddSingle,
    Feature::Remove,
    Feature::Multiple,
    Feature::ValuePath,
    Feature::UrnPath,
    Feature::ReplaceActive,
    Feature::AddActive,
];

const RFC_GROUP_FORMS: &[Feature] = &[
    Feature::GroupRename,
    Feature::MembersAdd,
    Feature::MembersAddAgain,
    Feature::MembersRemovePath,
    Feature::MembersReplace,
    Feature::MembersReplaceEmpty,
];

/// What PATCH must refuse.
pub(super) async fn refused(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "patch-errors", "A PATCH that means nothing is refused");
    let Some(user) = bench.user().await? else { return Ok(bench.nobody()) };
    let family = bench.player.lab.unique("family");
    let answer = bench
        .patch(user.path.clone(), json!([{"op": "replace", "path": "name.familyName", "value": family}]))
        .await?;
    if !answer.is_success() {
        if matches!(answer.status, 404 | 405 | 501) {
            bench.pass_over();
        }
        bench.skip(format!("PATCH answered {}", answer.status));
        return Ok(bench.finish());
    }
    let cases = [
        ("an unknown operation", json!([{"op": "move", "path": "title", "value": "x"}])),
        ("`remove` without `path`", json!([{"op": "remove"}])),
        ("a path that is none", json!([{"op": "replace", "path": "..", "value": "x"}])),
    ];
    for (what, operations) in cases {
        let answer = bench.patch(user.path.clone(), operations).await?;
        if answer.is_success() {
            let got = bench.got();
            bench.found(&catalog::MALFORMED_ACCEPTED, Some(what), "400", got);
        }
    }
    // Taken as absent or refused, and no reason to fail either.
    let change = json!([{"op": "replace", "path": "name.familyName", "value": family}]);
    let body = json!({"schemas": null, "Operations": change}).to_string();
    bench.player.recorder.ask_raw(Method::PATCH, user.path.clone(), body).await?;
    // A member who is not there is stored or refused, and no reason to fail.
    if bench.groups()
        && let Some(gone) = bench.user().await?
        && let Some(group) = bench.group(&[]).await?
        && bench.delete(gone.path.clone()).await?.status == 204
    {
        let add = json!([{"op": "add", "path": "members", "value": [{"value": gone.id}]}]);
        bench.patch(group.path.clone(), add).await?;
        let name = bench.player.lab.unique("group");
        let body = json!({"schemas": [urn::GROUP], "displayName": name, "members": [{"value": gone.id}]});
        bench.send(Method::POST, "/Groups", body).await?;
    }
    Ok(bench.finish())
}

/// PATCH changes what it names and nothing else, and shows what is stored.
pub(super) async fn precise(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "patch-precision", "PATCH changes what it names, and nothing else");
    let domain = bench.player.run.mail_domain().to_owned();
    let address =
        |what: &str, bench: &mut Bench<'_, '_>| format!("{}@{domain}", bench.player.lab.unique(what));
    let (work, home) = (address("work", &mut bench), address("home", &mut bench));
    let mut body = bench.player.lab.person_body();
    body["emails"] = json!([
        {"value": work, "type": "work", "primary": true},
        {"value": home, "type": "home"},
    ]);
    let Some(user) = bench.make("Users", body).await? else {
        bench.pass_over();
        bench.skip("the endpoint takes no user with two e-mails");
        return Ok(bench.finish());
    };
    let family = bench.player.lab.unique("family");
    let answer = bench
        .patch(user.path.clone(), json!([{"op": "replace", "path": "name.familyName", "value": family}]))
        .await?;
    let exchange = bench.last();
    if !answer.is_success() {
        bench.pass_over();
        bench.skip(format!("PATCH answered {}", answer.status));
        return Ok(bench.finish());
    }
    let said = object(&answer).and_then(|shown| text(&shown, "name.familyName"));
    let Some(stored) = bench.read(&user).await? else { return Ok(bench.finish()) };
    if text(&stored, "name.familyName").as_deref() == Some(family.as_str())
        && said.is_some()
        && said == text(&user.stored, "name.familyName")
    {
        let told =
            (format!("familyName {family:?}, as is stored"), format!("{:?}", said.unwrap_or_default()));
        bench.found_in(&catalog::ANSWER_STALE, Some("PATCH"), told, exchange.as_ref());
    }
    let has = |user: &Map<String, Value>, kind: &str, value: &str| {
        emails(user).contains(&(kind.to_owned(), value.to_lowercase()))
    };
    if !(has(&stored, "work", &work) && has(&stored, "home", &home)) {
        bench.skip("the endpoint does not store two e-mails");
        return Ok(bench.finish());
    }
    let new = address("new", &mut bench);
    let operations = json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": new}]);
    bench.patch(user.path.clone(), operations).await?;
    let exchange = bench.last();
    let Some(stored) = bench.read(&user).await? else { return Ok(bench.finish()) };
    // An endpoint that knows no value paths is told so elsewhere.
    let selects = emails(&stored).iter().any(|(_, value)| *value == new.to_lowercase());
    if selects {
        let wrong = if !has(&stored, "home", &home) {
            Some("the home address is changed too")
        } else if emails(&stored).iter().any(|(_, value)| *value == work.to_lowercase()) {
            Some("the old work address is still there beside the new one")
        } else {
            None
        };
        if let Some(got) = wrong {
            let told = ("the work address changed, and nothing else".to_owned(), got.to_owned());
            bench.found_in(&catalog::PATCH_VALUE_PATH_OTHERS, None, told, exchange.as_ref());
        }
    }
    values(&mut bench, &user, if selects { &new } else { &work }, selects).await?;
    Ok(bench.finish())
}

/// `add`, `remove` and `replace` of one attribute with several values, of which `kept` is one.
async fn values(bench: &mut Bench<'_, '_>, user: &Made, kept: &str, selects: bool) -> Result<(), WireError> {
    let domain = bench.player.run.mail_domain().to_owned();
    let has = |stored: &Map<String, Value>, value: &str| {
        emails(stored).iter().any(|(_, stored)| *stored == value.to_lowercase())
    };
    // The new primary takes it from the old one; two of them are seen in the answer.
    let other = format!("{}@{domain}", bench.player.lab.unique("other"));
    let add = json!([{"op": "add", "path": "emails", "value": [{"value": other, "type": "other", "primary": true}]}]);
    let answer = bench.patch(user.path.clone(), add).await?;
    let exchange = bench.last();
    let Some(stored) = bench.read(user).await?.filter(|_| answer.is_success()) else { return Ok(()) };
    if !has(&stored, &other) {
        return Ok(());
    }
    if !has(&stored, kept) {
        let told = (format!("{kept} beside {other}"), format!("{kept} is gone"));
        bench.found_in(&catalog::PATCH_ADD_REPLACES, Some("emails"), told, exchange.as_ref());
    }
    let remove = json!([{"op": "remove", "path": "emails[type eq \"other\"]"}]);
    let answer = bench.patch(user.path.clone(), remove).await?;
    let exchange = bench.last();
    if selects && answer.is_success() && bench.read(user).await?.is_some_and(|stored| has(&stored, &other)) {
        let told = (format!("no {other}"), format!("{} and, read back, it is there", answer.status));
        bench.found_in(&catalog::PATCH_REMOVE_VALUE_PATH, Some("emails"), told, exchange.as_ref());
    }
    let last = format!("{}@{domain}", bench.player.lab.unique("last"));
    let replace = json!([{"op": "replace", "path": "emails", "value": [{"value": last, "type": "work"}]}]);
    bench.patch(user.path.clone(), replace).await?;
    let exchange = bench.last();
    if let Some(stored) = bench.read(user).await?.filter(|stored| has(stored, &last))
        && (has(&stored, kept) || has(&stored, &other))
    {
        let told = (format!("{last} alone"), "an older address is still there".to_owned());
        bench.found_in(&catalog::PATCH_REPLACE_APPENDS, Some("emails"), told, exchange.as_ref());
    }
    // An empty list is no value at all (RFC 7643 §2.5). A server that wants an address may refuse it.
    let held = bench.read(user).await?.is_some_and(|stored| has(&stored, &last));
    let replace = json!([{"op": "replace", "path": "emails", "value": []}]);
    let answer = bench.patch(user.path.clone(), replace).await?;
    let exchange = bench.last();
    if held && answer.is_success() && bench.read(user).await?.is_some_and(|stored| has(&stored, &last)) {
        let told = ("no e-mail".to_owned(), format!("{last} is still there"));
        bench.found_in(&catalog::PATCH_REPLACE_APPENDS, Some("by an empty list"), told, exchange.as_ref());
    }
    Ok(())
}

/// Attribute names in another letter case (RFC 7643 §2.1).
pub(super) async fn name_case(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench =
        Bench::new(player, "attribute-name-case", "An attribute is known whatever the case of its name");
    let Some(user) = bench.user().await? else { return Ok(bench.nobody()) };
    let mut body = bench.player.lab.person_body();
    if let Some(object) = body.as_object_mut()
        && let Some(name) = object.shift_remove("userName")
    {
        object.insert("UserName".to_owned(), name);
    }
    let answer = bench.send(Method::POST, "/Users", body).await?;
    if (400..500).contains(&answer.status) {
        let got = bench.got();
        bench.found(&catalog::NAME_CASE, Some("`UserName` in POST"), "201", got);
    }
    let change = |path: &str, value: &str| json!([{"op": "replace", "path": path, "value": value}]);
    let (plain, shouted) = (bench.player.lab.unique("plain"), bench.player.lab.unique("shouted"));
    let control = bench.patch(user.path.clone(), change("name.familyName", &plain)).await?;
    let stored = bench.read(&user).await?.and_then(|user| text(&user, "name.familyName"));
    if !control.is_success() || stored.as_deref() != Some(plain.as_str()) {
        bench.pass_over();
        return Ok(bench.finish());
    }
    bench.patch(user.path.clone(), change("NAME.FAMILYNAME", &shouted)).await?;
    let (exchange, got) = (bench.last(), bench.got());
    let stored = bench.read(&user).await?.and_then(|user| text(&user, "name.familyName"));
    if stored.as_deref() == Some(plain.as_str()) {
        let told = (format!("familyName {shouted:?}"), format!("{got}; familyName is unchanged"));
        bench.found_in(&catalog::NAME_CASE, Some("`NAME.FAMILYNAME` in PATCH"), told, exchange.as_ref());
    }
    Ok(bench.finish())
}

/// A PATCH that fails changes nothing.
pub(super) async fn atomic(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "atomic-patch", "A PATCH that fails changes nothing");
    let Some(user) = bench.user().await? else { return Ok(bench.nobody()) };
    let family = bench.player.lab.unique("half");
    let operations = json!([
        {"op": "replace", "path": "name.familyName", "value": family},
        {"op": "replace", "path": "][", "value": "x"},
    ]);
    let answer = bench.patch(user.path.clone(), operations).await?;
    let exchange = bench.last();
    if answer.is_success() || matches!(answer.status, 404 | 405 | 501) {
        bench.pass_over();
        bench.skip(format!("PATCH answered {}", answer.status));
        return Ok(bench.finish());
    }
    let after = bench.read(&user).await?;
    let stored = after.as_ref().and_then(|user| obj::get(user, "name"));
    if stored.and_then(|name| name.get("familyName")).and_then(Value::as_str) == Some(family.as_str()) {
        let told = ("no change".to_owned(), format!("{}, and the first operation is stored", answer.status));
        bench.found_in(&catalog::PATCH_NOT_ATOMIC, None, told, exchange.as_ref());
    }
    Ok(bench.finish())
}

/// Two operations on one attribute: the last one decides.
pub(super) async fn order(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "patch-order", "The operations of a PATCH are applied in their order");
    let Some(user) = bench.user().await? else { return Ok(bench.nobody()) };
    let (first, last) = (bench.player.lab.unique("first"), bench.player.lab.unique("last"));
    let operations = json!([
        {"op": "replace", "path": "name.familyName", "value": first},
        {"op": "replace", "path": "name.familyName", "value": last},
    ]);
    let answer = bench.patch(user.path.clone(), operations).await?;
    let exchange = bench.last();
    if !answer.is_success() {
        bench.pass_over();
        bench.skip(format!("PATCH answered {}", answer.status));
        return Ok(bench.finish());
    }
    let stored = bench.read(&user).await?.and_then(|user| text(&user, "name.familyName"));
    // Where one operation of several is applied, another check says so.
    if stored.as_deref() == Some(first.as_str())
        && matches!(bench.player.probe(Feature::Multiple).await?, Outcome::Works)
    {
        let told = (format!("familyName {last:?}"), format!("familyName {first:?}, of the first operation"));
        bench.found_in(&catalog::PATCH_ORDER, None, told, exchange.as_ref());
    }
    Ok(bench.finish())
}

/// An attribute of the core schema by its full name (RFC 7644 §3.10). That may be refused, and told so by a status; it
/// may not be passed over.
pub(super) async fn full_name(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench =
        Bench::new(player, "patch-full-name", "An attribute of the core schema is known by its full name");
    let Some(user) = bench.user().await? else { return Ok(bench.nobody()) };
    let (plain, full) = (bench.player.lab.unique("plain"), bench.player.lab.unique("full"));
    let change = |path: &str, value: &str| json!([{"op": "replace", "path": path, "value": value}]);
    let control = bench.patch(user.path.clone(), change("name.familyName", &plain)).await?;
    let stored = bench.read(&user).await?.and_then(|user| text(&user, "name.familyName"));
    if !control.is_success() || stored.as_deref() != Some(plain.as_str()) {
        bench.pass_over();
        bench.skip(format!("PATCH answered {}", control.status));
        return Ok(bench.finish());
    }
    let path = format!("{}:name.familyName", urn::USER);
    let answer = bench.patch(user.path.clone(), change(&path, &full)).await?;
    let (exchange, got) = (bench.last(), bench.got());
    let stored = bench.read(&user).await?.and_then(|user| text(&user, "name.familyName"));
    if answer.is_success() && stored.as_deref() == Some(plain.as_str()) {
        let told = (format!("familyName {full:?}, or a refusal"), format!("{got}; familyName is unchanged"));
        bench.found_in(&catalog::PATCH_URN_PATH, Some("core schema"), told, exchange.as_ref());
    }
    Ok(bench.finish())
}
