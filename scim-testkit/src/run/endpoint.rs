//! Getting to know an endpoint before the first story: does it answer, what does it offer.

use http::Method;
use scim_core::{json as obj, urn};
use serde_json::Value;

use super::{Exchange, cut, recorder::Recorder};
use crate::{
    check::{catalog, exchange::first_bytes},
    idp::WireError,
};

/// What is known of the endpoint.
#[derive(Clone, Debug, Default)]
pub(super) struct Endpoint {
    /// Why there are no groups; `None` when there are.
    pub(super) no_groups: Option<String>,
    /// What `/ServiceProviderConfig` says of PATCH.
    pub(super) patch: Option<bool>,
    /// What it says of bulk requests.
    pub(super) bulk: Option<bool>,
    /// What it says of sorting.
    pub(super) sort: Option<bool>,
    /// What it says of entity tags.
    pub(super) etag: Option<bool>,
    /// Attribute paths of the user schemas, lower case, when `/Schemas` can be read.
    pub(super) attributes: Option<Vec<String>>,
    /// Whether `/Schemas` says that clients cannot write `displayName`.
    pub(super) own_display_name: bool,
}

/// Something seen in discovery.
pub(super) struct Seen {
    pub(super) check: &'static crate::check::Check,
    pub(super) expected: &'static str,
    pub(super) got: String,
    pub(super) exchange: Option<Exchange>,
}

/// One question, to see that the endpoint answers and accepts the credentials.
///
/// # Errors
/// One line for the person who started the run.
pub(super) async fn preflight(recorder: &mut Recorder) -> Result<(), String> {
    let answer = match recorder.ask(Method::GET, "/Users?startIndex=1&count=1", None).await {
        Ok(answer) => answer,
        Err(error) => return Err(explain(&error)),
    };
    let Some(exchange) = recorder.last() else { return Ok(()) };
    let url = recorder.target().redactor().text(&exchange.url);
    let quoted = recorder.target().redactor().text(&first_bytes(exchange));
    match answer.status {
        401 => Err(format!("the endpoint refuses the credentials: GET {url} answered 401")),
        403 => Err(format!(
            "the endpoint forbids access with these credentials: GET {url} answered 403 ({quoted})"
        )),
        300..=399 if answer.status != 304 => {
            let to = answer
                .headers
                .get(http::header::LOCATION)
                .and_then(|to| to.to_str().ok())
                .unwrap_or("nowhere");
            Err(format!(
                "GET {url} redirects ({}) to {}; give the address where the endpoint really is",
                answer.status,
                recorder.target().redactor().text(to)
            ))
        }
        404 | 405 | 410 => Err(format!(
            "there is no SCIM endpoint at this address: GET {url} answered {} ({quoted}); the base URL is the part before /Users",
            answer.status
        )),
        _ if answer.is_success() && !answer.json.as_ref().is_some_and(Value::is_object) => {
            Err(format!("this is not a SCIM endpoint: GET {url} answered {} with {quoted}", answer.status))
        }
        _ => Ok(()),
    }
}

/// Reads the discovery documents. What is missing or wrong there never stops a run.
pub(super) async fn discover(recorder: &mut Recorder) -> Result<(Endpoint, Vec<Seen>), WireError> {
    let mut endpoint = Endpoint::default();
    let mut seen = Vec::new();
    let config = recorder.ask(Method::GET, "/ServiceProviderConfig", None).await?;
    match config.json.as_ref().and_then(Value::as_object).filter(|_| config.status == 200) {
        Some(object) => {
            let supported =
                |name: &str| obj::get(object, name).and_then(|feature| feature.get("supported")).cloned();
            endpoint.patch = supported("patch").and_then(|value| value.as_bool());
            endpoint.bulk = supported("bulk").and_then(|value| value.as_bool());
            endpoint.sort = supported("sort").and_then(|value| value.as_bool());
            endpoint.etag = supported("etag").and_then(|value| value.as_bool());
            let missing: Vec<&str> = ["patch", "bulk", "filter", "changePassword", "sort", "etag"]
                .into_iter()
                .filter(|name| !supported(name).is_some_and(|value| value.is_boolean()))
                .chain(["authenticationSchemes"].into_iter().filter(|name| obj::get(object, name).is_none()))
                .collect();
            if !missing.is_empty() {
                seen.push(Seen {
                    check: &catalog::DISCOVERY_FIELDS,
                    expected: "patch, bulk, filter, changePassword, sort, etag (each with `supported`), authenticationSchemes",
                    got: format!("without {}", missing.join(", ")),
                    exchange: recorder.last().cloned(),
                });
            }
        }
        None => seen.push(Seen {
            check: &catalog::DISCOVERY_MISSING,
            expected: "the service provider's configuration",
            got: format!("{} {}", config.status, cut(&String::from_utf8_lossy(&config.body), 120)),
            exchange: recorder.last().cloned(),
        }),
    }
    let schemas = recorder.ask(Method::GET, "/Schemas", None).await?;
    if schemas.status == 200 {
        endpoint.attributes = schemas.json.as_ref().and_then(user_attributes);
        endpoint.own_display_name = schemas.json.as_ref().is_some_and(own_display_name);
    }
    let groups = recorder.ask(Method::GET, "/Groups?startIndex=1&count=1", None).await?;
    if matches!(groups.status, 404 | 405 | 501) {
        endpoint.no_groups =
            Some(format!("the endpoint has no Groups: GET /Groups answered {}", groups.status));
    }
    Ok((endpoint, seen))
}

fn own_display_name(document: &Value) -> bool {
    let list = document.get("Resources").and_then(Value::as_array).into_iter().flatten();
    list.filter(|schema| schema.get("id").and_then(Value::as_str) == Some(urn::USER))
        .flat_map(|schema| schema.get("attributes").and_then(Value::as_array).into_iter().flatten())
        .filter(|attribute| attribute.get("name").and_then(Value::as_str) == Some("displayName"))
        .any(|attribute| attribute.get("mutability").and_then(Value::as_str) == Some("readOnly"))
}

fn user_attributes(document: &Value) -> Option<Vec<String>> {
    let resources = document.as_object().and_then(|page| obj::get(page, "Resources"));
    let list = resources.and_then(Value::as_array).or_else(|| document.as_array())?;
    let mut paths = Vec::new();
    let mut core = false;
    for schema in list {
        let id = schema.get("id").and_then(Value::as_str).unwrap_or_default();
        let prefix = if id.eq_ignore_ascii_case(urn::USER) {
            core = true;
            ""
        } else if id.eq_ignore_ascii_case(urn::ENTERPRISE_USER) {
            "enterprise."
        } else {
            continue;
        };
        for attribute in schema.get("attributes").and_then(Value::as_array).into_iter().flatten() {
            let Some(name) = attribute.get("name").and_then(Value::as_str) else { continue };
            paths.push(format!("{prefix}{name}").to_ascii_lowercase());
            for sub in attribute.get("subAttributes").and_then(Value::as_array).into_iter().flatten() {
                if let Some(sub) = sub.get("name").and_then(Value::as_str) {
                    paths.push(format!("{prefix}{name}.{sub}").to_ascii_lowercase());
                }
            }
        }
    }
    core.then_some(paths)
}

/// The error in words that say what to do.
fn explain(error: &WireError) -> String {
    format!("the endpoint cannot be reached: {error}")
}
