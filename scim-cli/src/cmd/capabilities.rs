//! `scim capabilities`: what an endpoint says that it can do (RFC 7643 §5, §6).

use scim_core::resource::{Pagination, ResourceTypeInfo, ServiceProviderConfig};
use serde_json::Map;

use super::{
    endpoint::Endpoint,
    note,
    serve::runtime,
    show::{one, rows_of},
};
use crate::{
    everyday::{CapabilitiesArgs, OutputFormat},
    exit::{Exit, Stop},
    table::plain,
};

/// `scim capabilities`.
pub(crate) fn run(args: &CapabilitiesArgs) -> Result<Exit, Stop> {
    let (base, config, types) = runtime()?.block_on(async {
        let endpoint = Endpoint::open(&args.endpoint)?;
        let discovery = endpoint.client.discovery();
        let config = discovery.capabilities().await.map_err(|error| endpoint.stop(&error))?;
        let types = match discovery.resource_types().await {
            Ok(types) => Some(types),
            Err(error) if error.is_not_found() || error.is_unsupported() => None,
            Err(error) => return Err(endpoint.stop(&error)),
        };
        Ok((endpoint.client.base_url().to_owned(), config, types))
    })?;
    if *config == ServiceProviderConfig::default() {
        note("warning: the endpoint has no /ServiceProviderConfig, or there is nothing in it");
    }
    if matches!(args.format, OutputFormat::Json | OutputFormat::Jsonl) {
        let mut all = Map::new();
        all.insert("url".to_owned(), base.into());
        all.insert("serviceProviderConfig".to_owned(), serde_json::to_value(&*config).unwrap_or_default());
        all.insert("resourceTypes".to_owned(), serde_json::to_value(&types).unwrap_or_default());
        return one(&all, args.format);
    }
    let mut rows = vec![vec!["endpoint".to_owned(), base]];
    rows.extend(told(&config).into_iter().map(|(what, text)| vec![what.to_owned(), plain(&text)]));
    rows.extend(
        typed(types.as_deref()).into_iter().map(|text| vec!["resource type".to_owned(), plain(&text)]),
    );
    rows_of(&rows, args.format)
}

fn told(config: &ServiceProviderConfig) -> Vec<(&'static str, String)> {
    let limits = |supported: Option<bool>, limits: Vec<String>| {
        let mut text = yes(supported).to_owned();
        if supported == Some(true) && !limits.is_empty() {
            text.push_str(&format!(", at most {}", limits.join(" and ")));
        }
        text
    };
    let bulk = config.bulk.iter().flat_map(|bulk| {
        let operations = bulk.max_operations.map(|most| format!("{most} operations"));
        operations.into_iter().chain(bulk.max_payload_size.map(|most| format!("{most} bytes")))
    });
    let results = config.filter.as_ref().and_then(|filter| filter.max_results);
    let mut rows = vec![
        ("PATCH", yes(config.patch_supported()).to_owned()),
        ("bulk", limits(config.bulk_supported(), bulk.collect())),
        (
            "filter",
            limits(
                config.filter_supported(),
                results.map(|most| format!("{most} results")).into_iter().collect(),
            ),
        ),
        ("sort", yes(config.sort_supported()).to_owned()),
        ("ETag", yes(config.etag_supported()).to_owned()),
        ("change password", yes(config.change_password_supported()).to_owned()),
        ("pagination", config.pagination.as_ref().map_or_else(|| NOT_SAID.to_owned(), paged)),
    ];
    for scheme in &config.authentication_schemes {
        let mut text = scheme.name.clone().unwrap_or_default();
        if let Some(kind) = &scheme.kind {
            text = if text.is_empty() { kind.clone() } else { format!("{text} ({kind})") };
        }
        if scheme.primary == Some(true) {
            text.push_str(", preferred");
        }
        rows.push(("authentication", text));
    }
    if config.authentication_schemes.is_empty() {
        rows.push(("authentication", NOT_SAID.to_owned()));
    }
    if let Some(uri) = &config.documentation_uri {
        rows.push(("documentation", uri.clone()));
    }
    rows
}

fn paged(pagination: &Pagination) -> String {
    let default = pagination.default_pagination_method.as_deref();
    let method = |name: &'static str, has: Option<bool>| {
        has.unwrap_or_default().then(|| {
            if default.is_some_and(|default| default.eq_ignore_ascii_case(name)) {
                format!("{name} (default)")
            } else {
                name.to_owned()
            }
        })
    };
    let mut parts: Vec<String> = [method("index", pagination.index), method("cursor", pagination.cursor)]
        .into_iter()
        .flatten()
        .collect();
    parts.extend(pagination.default_page_size.map(|size| format!("{size} in a page")));
    parts.extend(pagination.max_page_size.map(|size| format!("at most {size}")));
    if let (Some(seconds), Some(true)) = (pagination.cursor_timeout, pagination.cursor) {
        parts.push(format!("a cursor lives {seconds} s"));
    }
    if parts.is_empty() { NOT_SAID.to_owned() } else { parts.join(", ") }
}

fn typed(types: Option<&[ResourceTypeInfo]>) -> Vec<String> {
    let Some(types) = types.filter(|types| !types.is_empty()) else { return vec![NOT_SAID.to_owned()] };
    let one = |info: &ResourceTypeInfo| {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".to_owned());
        let mut line = format!("{} at {}: {}", text(&info.name), text(&info.endpoint), text(&info.schema));
        for extension in &info.schema_extensions {
            let required = if extension.required == Some(true) { " (required)" } else { "" };
            line.push_str(&format!(" + {}{required}", text(&extension.schema)));
        }
        line
    };
    types.iter().map(one).collect()
}

fn yes(supported: Option<bool>) -> &'static str {
    match supported {
        Some(true) => "yes",
        Some(false) => "no",
        None => NOT_SAID,
    }
}

const NOT_SAID: &str = "not said";
