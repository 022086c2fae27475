//! The discovery documents (RFC 7644 §4), and whether they are true.
//!
//! None of them need be there; what is there must be right.

use scim_core::{json as obj, schema::ResourceType, urn};
use serde_json::{Map, Value, json};

use super::{
    bench::{Bench, Made, object, resources, text, total},
    names::eq,
    writes::below,
};
use crate::{
    check::{Check, catalog},
    idp::WireError,
    report::StoryReport,
    run::{Exchange, play::Player},
};

pub(super) async fn check(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "discovery", "The discovery documents are true");
    config(&mut bench).await?;
    bench.judge_for(broken);
    let mut body = bench.player.lab.person_body();
    body["schemas"] = json!([urn::USER, urn::ENTERPRISE_USER]);
    body[urn::ENTERPRISE_USER] = json!({"department": "Discovery"});
    let user = bench.make("Users", body).await?;
    // What a create answers is judged elsewhere, beside its control.
    bench.pass_over();
    if let Some(user) = &user {
        promises(&mut bench, user).await?;
        bench.pass_over();
    }
    schemas(&mut bench, user.as_ref()).await?;
    types(&mut bench).await?;
    bench.judge_for(broken);
    Ok(bench.finish())
}

/// What the documents tell without a user to try them on.
pub(in crate::run) async fn documents_alone(player: &mut Player<'_>) -> Result<StoryReport, WireError> {
    let mut bench = Bench::new(player, "discovery", "The discovery documents are true");
    config(&mut bench).await?;
    schemas(&mut bench, None).await?;
    types(&mut bench).await?;
    bench.judge_for(broken);
    Ok(bench.finish())
}

/// What is wrong with a document whatever it says. A missing one may be answered by whatever serves the address.
fn broken(_: &Exchange, check: &Check) -> bool {
    [&catalog::HTTP_SERVER_ERROR, &catalog::HTTP_NOT_JSON, &catalog::HTTP_CONTENT_TYPE].contains(&check)
}

async fn config(bench: &mut Bench<'_, '_>) -> Result<(), WireError> {
    let answer = bench.get("/ServiceProviderConfig").await?;
    let Some(config) = object(&answer) else { return Ok(()) };
    // As it came: the judge reads names without regard to case.
    let spelled = String::from_utf8_lossy(&answer.body).contains("\"specUri\"");
    let schemes = obj::get(&config, "authenticationSchemes").and_then(Value::as_array);
    let named = schemes
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .any(|one| obj::get(one, "specUri").is_some());
    if named && !spelled {
        bench.found(&catalog::DISCOVERY_SPEC_URI, None, "`specUri`", "the name in another letter case");
    }
    let most =
        obj::get(&config, "filter").and_then(|filter| filter.get("maxResults")).and_then(Value::as_i64);
    if bench.player.endpoint.supports("filter") == Some(true) && most.is_some_and(|most| most < 1) {
        let got = format!("filter.maxResults {}", most.unwrap_or_default());
        bench.found(&catalog::DISCOVERY_MAX_RESULTS, None, "the number of results that can be had", got);
    }
    Ok(())
}

async fn promises(bench: &mut Bench<'_, '_>, user: &Made) -> Result<(), WireError> {
    if bench.player.endpoint.supports("filter") != Some(true) {
        return Ok(());
    }
    let found = bench.select("Users", &eq("userName", &user.name())).await?;
    if found.is_none() && bench.last().is_some_and(|exchange| exchange.answer.status < 500) {
        let got = bench.got();
        bench.found(&catalog::DISCOVERY_PROMISE, Some("filter"), "the user", got);
    }
    Ok(())
}

/// The documents of a list, or nothing when there is none.
async fn documents(bench: &mut Bench<'_, '_>, path: &str) -> Result<Vec<Map<String, Value>>, WireError> {
    let answer = bench.get(path).await?;
    let Some(json) = answer.json.as_ref().filter(|_| answer.status == 200) else { return Ok(Vec::new()) };
    let page = json.as_object().filter(|page| obj::get(page, "Resources").is_some_and(Value::is_array));
    let Some(page) = page else {
        let got = bench.got();
        bench.found(&catalog::DISCOVERY_LIST, Some(path), "a ListResponse", got);
        return Ok(Vec::new());
    };
    let listed = resources(page);
    if let Some(total) =
        total(page).filter(|total| i64::try_from(listed.len()).is_ok_and(|here| here != *total))
    {
        let got = format!("totalResults {total}, and {} came", listed.len());
        bench.found(&catalog::LIST_TOTAL, Some(path), listed.len().to_string(), got);
    }
    Ok(listed)
}

async fn schemas(bench: &mut Bench<'_, '_>, user: Option<&Made>) -> Result<(), WireError> {
    let listed = documents(bench, "/Schemas").await?;
    if listed.is_empty() {
        return Ok(());
    }
    let by_id = |id: &str| {
        let same =
            |one: &&Map<String, Value>| text(one, "id").is_some_and(|known| known.eq_ignore_ascii_case(id));
        listed.iter().find(same)
    };
    let extended = user.is_some_and(|user| {
        let data = obj::get(&user.stored, urn::ENTERPRISE_USER).and_then(Value::as_object);
        data.is_some_and(|data| data.values().any(|value| !obj::is_unassigned(value)))
    });
    let used = [(urn::USER, true), (urn::GROUP, bench.groups()), (urn::ENTERPRISE_USER, extended)];
    for (urn, _) in used.iter().filter(|(urn, used)| *used && by_id(urn).is_none()) {
        let got = listed.iter().filter_map(|one| text(one, "id")).collect::<Vec<_>>().join(", ");
        bench.found(&catalog::DISCOVERY_SCHEMA_MISSING, Some(urn), *urn, got);
    }
    for (urn, kind) in [(urn::USER, ResourceType::user()), (urn::GROUP, ResourceType::group())] {
        if let Some(schema) = by_id(urn) {
            definitions(bench, schema, &kind);
        }
    }
    if let Some(schema) = by_id(urn::USER) {
        follow(bench, schema, &format!("/Schemas/{}", urn::USER)).await?;
    }
    Ok(())
}

/// Whether the core attributes are what the RFC says. More may be left out or added than a judge can know; what is
/// complex in the RFC is complex everywhere.
fn definitions(bench: &mut Bench<'_, '_>, schema: &Map<String, Value>, kind: &ResourceType) {
    let listed = obj::get(schema, "attributes").and_then(Value::as_array);
    for attribute in listed.into_iter().flatten().filter_map(Value::as_object) {
        let Some(name) = text(attribute, "name") else { continue };
        let is = text(attribute, "type").unwrap_or_else(|| "string".to_owned());
        let Some(core) = kind.attribute(&name) else { continue };
        let wanted = core.kind.keyword();
        let complex = |keyword: &str| keyword.eq_ignore_ascii_case("complex");
        if complex(wanted) != complex(&is) {
            let got = format!("type {is}");
            bench.found(&catalog::DISCOVERY_SCHEMA, Some(&name), format!("type {wanted}"), got);
        } else if name.eq_ignore_ascii_case("groups")
            && let Some(is) = text(attribute, "mutability").filter(|is| !is.eq_ignore_ascii_case("readOnly"))
        {
            let got = format!("mutability {is}");
            bench.found(&catalog::DISCOVERY_SCHEMA, Some(&name), "mutability readOnly", got);
        }
    }
}

async fn types(bench: &mut Bench<'_, '_>) -> Result<(), WireError> {
    let listed = documents(bench, "/ResourceTypes").await?;
    if listed.is_empty() {
        return Ok(());
    }
    let list = bench.last();
    for (urn, collection) in [(urn::USER, "Users"), (urn::GROUP, "Groups")] {
        if collection == "Groups" && !bench.groups() {
            continue;
        }
        let same = |one: &&Map<String, Value>| {
            text(one, "schema").is_some_and(|known| known.eq_ignore_ascii_case(urn))
        };
        let Some(one) = listed.iter().find(same) else {
            let got = listed.iter().filter_map(|one| text(one, "schema")).collect::<Vec<_>>().join(", ");
            let told = (format!("the type of /{collection}, with schema {urn}"), got);
            bench.found_in(&catalog::DISCOVERY_TYPE_MISSING, Some(collection), told, list.as_ref());
            continue;
        };
        endpoint(bench, one, collection).await?;
        let name = text(one, "id").or_else(|| text(one, "name")).unwrap_or_default();
        follow(bench, one, &format!("/ResourceTypes/{}", scim_core::call::encode(&name))).await?;
    }
    Ok(())
}

/// Whether the resources are where the resource type says.
async fn endpoint(
    bench: &mut Bench<'_, '_>,
    one: &Map<String, Value>,
    collection: &str,
) -> Result<(), WireError> {
    let base = bench.player.recorder.target().base().to_owned();
    let Some(named) = text(one, "endpoint") else {
        let got = Value::Object(one.clone()).to_string();
        bench.found(&catalog::DISCOVERY_ENDPOINT, Some(collection), "an `endpoint`", got);
        return Ok(());
    };
    let path = below(&base, &named).unwrap_or_else(|| format!("/{}", named.trim_matches('/')));
    // An absolute address outside of the base, as behind a proxy, cannot be asked.
    if path.trim_matches('/') == collection
        || named.contains("://") && named.ends_with(&format!("/{collection}"))
    {
        return Ok(());
    }
    let answer = bench.get(format!("{}?startIndex=1&count=1", path.trim_end_matches('/'))).await?;
    bench.pass_over();
    if !answer.is_success() {
        let got = bench.got();
        bench.found(&catalog::DISCOVERY_ENDPOINT, Some(collection), format!("{collection} at {named}"), got);
    }
    Ok(())
}

/// A document is read by its id, and its `meta.location` leads to it.
async fn follow(bench: &mut Bench<'_, '_>, one: &Map<String, Value>, path: &str) -> Result<(), WireError> {
    let collection = path.split('/').nth(1).unwrap_or_default();
    if matches!(bench.get(path).await?.status, 400 | 404 | 405 | 501) {
        let got = bench.got();
        bench.found(&catalog::DISCOVERY_BY_ID, Some(collection), format!("200 to GET {path}"), got);
    }
    let Some(location) = text(one, "meta.location") else { return Ok(()) };
    let base = bench.player.recorder.target().base().to_owned();
    match below(&base, &location) {
        Some(target) if target == path => {}
        Some(target) => {
            if matches!(bench.get(target).await?.status, 404 | 410) {
                let got = bench.got();
                bench.found(
                    &catalog::DISCOVERY_LOCATION,
                    Some(collection),
                    format!("the document at {location}"),
                    got,
                );
            }
        }
        // Behind a proxy the address may begin otherwise; it still names the document.
        None if !location.contains(&format!("/{collection}/")) => {
            let expected = format!("an address that ends in {path}");
            bench.found(&catalog::DISCOVERY_LOCATION, Some(collection), expected, location);
        }
        None => {}
    }
    Ok(())
}
