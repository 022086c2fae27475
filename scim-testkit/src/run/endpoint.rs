//! Getting to know an endpoint before the first story: does it answer, what does it offer.

use http::Method;
use scim_core::{json as obj, urn};
use serde_json::{Map, Value};

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
    /// What it says in all; empty when it cannot be read.
    pub(super) config: Map<String, Value>,
    /// Whether `/Schemas` says that clients cannot write `displayName`.
    pub(super) own_display_name: bool,
    /// Whether `/Schemas` says that `members` of a group are returned on request alone.
    pub(super) members_on_request: bool,
}

impl Endpoint {
    /// What `/ServiceProviderConfig` says of a feature.
    pub(super) fn supports(&self, feature: &str) -> Option<bool> {
        self.says(feature, "supported")?.as_bool()
    }

    /// A detail of a feature: `filter`, `maxResults`.
    pub(super) fn says(&self, feature: &str, detail: &str) -> Option<&Value> {
        obj::get(obj::get(&self.config, feature)?.as_object()?, detail)
    }
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
    // An endpoint may serve lookups and not the whole list: to be told apart from a wrong address or a wrong token.
    if matches!(answer.status, 403..=405 | 410) && looks_up(recorder).await {
        return Ok(());
    }
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
        // A bare array is a wrong list of a SCIM endpoint; what else is not an object comes from something else.
        _ if answer.is_success()
            && !answer.json.as_ref().is_some_and(|json| json.is_object() || json.is_array()) =>
        {
            Err(format!("this is not a SCIM endpoint: GET {url} answered {} with {quoted}", answer.status))
        }
        _ => Ok(()),
    }
}

/// Whether the endpoint answers an identity provider's lookup of a user.
async fn looks_up(recorder: &mut Recorder) -> bool {
    let path = "/Users?filter=userName%20eq%20%22scim-testkit%22";
    let answer = recorder.ask(Method::GET, path, None).await;
    answer.is_ok_and(|answer| {
        let page = answer.json.as_ref().and_then(Value::as_object);
        answer.is_success() && page.is_some_and(|page| obj::get(page, "totalResults").is_some())
    })
}

/// Reads the discovery documents. What is missing or wrong there never stops a run.
pub(super) async fn discover(recorder: &mut Recorder) -> Result<(Endpoint, Vec<Seen>), WireError> {
    let mut endpoint = Endpoint::default();
    let mut seen = Vec::new();
    let config = recorder.ask(Method::GET, "/ServiceProviderConfig", None).await?;
    match config.json.as_ref().and_then(Value::as_object).filter(|_| config.status == 200) {
        Some(object) => {
            endpoint.config = object.clone();
            endpoint.patch = endpoint.supports("patch");
            endpoint.bulk = endpoint.supports("bulk");
            endpoint.sort = endpoint.supports("sort");
            endpoint.etag = endpoint.supports("etag");
            let missing = missing(&endpoint);
            if !missing.is_empty() {
                seen.push(Seen {
                    check: &catalog::DISCOVERY_FIELDS,
                    expected: "schemas; patch, bulk, filter, changePassword, sort, etag (each with `supported`); the limits of bulk and filter; authenticationSchemes, each with type, name, description",
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
        let says = |schema, name, characteristic, value: &str| {
            schemas.json.as_ref().is_some_and(|it| declares(it, (schema, name), characteristic, value))
        };
        endpoint.own_display_name = says(urn::USER, "displayName", "mutability", "readOnly");
        endpoint.members_on_request = says(urn::GROUP, "members", "returned", "request");
    }
    let groups = recorder.ask(Method::GET, "/Groups?startIndex=1&count=1", None).await?;
    if matches!(groups.status, 404 | 405 | 501) {
        endpoint.no_groups =
            Some(format!("the endpoint has no Groups: GET /Groups answered {}", groups.status));
    }
    Ok((endpoint, seen))
}

/// The attributes of `/ServiceProviderConfig` that RFC 7643 §5 requires and that are not there.
fn missing(endpoint: &Endpoint) -> Vec<String> {
    let mut missing: Vec<String> = Vec::new();
    let mut need = |there: bool, name: &str| {
        if !there {
            missing.push(name.to_owned());
        }
    };
    need(obj::get(&endpoint.config, "schemas").is_some_and(Value::is_array), "schemas");
    for feature in ["patch", "bulk", "filter", "changePassword", "sort", "etag"] {
        need(endpoint.supports(feature).is_some(), feature);
    }
    // A limit of what is not supported means nothing.
    for (feature, limit) in [("bulk", "maxOperations"), ("bulk", "maxPayloadSize"), ("filter", "maxResults")]
    {
        if endpoint.supports(feature) == Some(true) {
            need(endpoint.says(feature, limit).is_some_and(Value::is_number), &format!("{feature}.{limit}"));
        }
    }
    let schemes = obj::get(&endpoint.config, "authenticationSchemes");
    need(schemes.is_some(), "authenticationSchemes");
    for scheme in schemes.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object) {
        for name in ["type", "name", "description"] {
            need(
                obj::get(scheme, name).is_some_and(Value::is_string),
                &format!("authenticationSchemes.{name}"),
            );
        }
    }
    missing.dedup();
    missing
}

/// Whether the schema's attribute has the value for a characteristic (RFC 7643 §7).
fn declares(document: &Value, (schema, name): (&str, &str), characteristic: &str, value: &str) -> bool {
    let list = document.get("Resources").and_then(Value::as_array).into_iter().flatten();
    list.filter(|it| it.get("id").and_then(Value::as_str) == Some(schema))
        .flat_map(|it| it.get("attributes").and_then(Value::as_array).into_iter().flatten())
        .filter(|attribute| attribute.get("name").and_then(Value::as_str) == Some(name))
        .any(|attribute| attribute.get(characteristic).and_then(Value::as_str) == Some(value))
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
