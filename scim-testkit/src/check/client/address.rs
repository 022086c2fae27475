//! The address: its characters, its slashes, and the parameters of its query.

use bytes::Bytes;
use http::Request;
use percent_encoding::percent_decode_str;
use scim_core::path::AttrPath;

use super::{
    catalog, filter,
    judge::Place,
    sink::{Sink, clip, quoted},
};

/// What holds for every address.
pub(super) fn address(sink: &mut Sink, request: &Request<Bytes>, inside: &str) {
    let whole = request.uri().path_and_query().map_or("", |address| address.as_str());
    characters(sink, whole);
    if inside.contains("//") || (inside.len() > 1 && inside.ends_with('/')) {
        sink.add(&catalog::PATH_SLASHES, || quoted(inside));
    }
}

/// What holds for an address as it was sent, be it one or not.
pub(super) fn characters(sink: &mut Sink, whole: &str) {
    if let Some(letter) =
        whole.chars().find(|letter| matches!(letter, '"' | '<' | '>' | '\0'..=' ' | '\u{7f}'..))
    {
        sink.add(&catalog::URL_CHARACTERS, || format!("`{}` as it is", clip(&letter.to_string(), 1)));
    }
    if let Some(letter) = whole.chars().find(|letter| "[]{}|\\^`".contains(*letter)) {
        sink.add(&catalog::URL_BRACKETS, || format!("`{letter}` as it is"));
    }
    if let Some(broken) = broken_percent(whole) {
        sink.add(&catalog::URL_PERCENT, || quoted(&broken));
    } else if percent_decode_str(whole).decode_utf8().is_err() {
        sink.add(&catalog::URL_PERCENT, || "bytes that are not UTF-8".to_owned());
    }
}

/// `%` and what follows it, where that is not two hexadecimal digits.
fn broken_percent(text: &str) -> Option<String> {
    text.match_indices('%').map(|(at, _)| &text[at + 1..]).find_map(|after| {
        let digits: String = after.chars().take(2).collect();
        let whole = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        (!whole).then(|| format!("%{digits}"))
    })
}

/// The parameters of RFC 7644 §3.4.2 and RFC 9865.
const KNOWN: [&str; 8] =
    ["filter", "startIndex", "count", "cursor", "sortBy", "sortOrder", "attributes", "excludedAttributes"];

/// Flags that Entra ID's tenant address carries; shown by name.
pub(super) const FLAGS: [&str; 2] = ["aadOptscim062020", "AzureAdScimPatch2017"];

/// Names under which people put secrets into addresses, less `_` and `-`.
const SECRETS: [&str; 13] = [
    "accesstoken",
    "apikey",
    "apitoken",
    "authorization",
    "authtoken",
    "bearer",
    "bearertoken",
    "clientsecret",
    "jwt",
    "password",
    "scimtoken",
    "secret",
    "token",
];

struct Parameter<'a> {
    name: String,
    /// As it was sent.
    raw: &'a str,
    value: String,
    has_value: bool,
}

/// What holds for the parameters of any method.
pub(super) fn parameters(sink: &mut Sink, request: &Request<Bytes>) {
    let parameters = read(request);
    names(sink, &parameters);
    projection(
        sink,
        value(&parameters, "attributes").as_deref(),
        value(&parameters, "excludedAttributes").as_deref(),
    );
}

/// The parameters of a GET.
pub(super) fn query(sink: &mut Sink, request: &Request<Bytes>, place: &Place<'_>) {
    parameters(sink, request);
    let parameters = read(request);
    if let Some(found) = find(&parameters, "filter") {
        if matches!(place, Place::Discovery) {
            sink.add(&catalog::DISCOVERY_FILTER, || format!("filter {}", quoted(&found.value)));
        }
        plus_signs(sink, found.raw);
        filter::text(sink, &found.value, place.resource_type());
    }
    let number = |name: &'static str| find(&parameters, name).map(|found| (name, found.value.as_str()));
    for (name, text) in [number("startIndex"), number("count")].into_iter().flatten() {
        match text.parse::<i64>() {
            Ok(value) => range(sink, name, value),
            Err(_) if is_huge(text) => {}
            Err(_) => sink.add(&catalog::PAGE_NUMBER, || format!("{name} {}", quoted(text))),
        }
    }
    paging(sink, find(&parameters, "cursor").is_some(), find(&parameters, "startIndex").is_some());
    let given = |name: &str| value(&parameters, name).filter(|value| !value.is_empty());
    sorting(sink, given("sortBy").as_deref(), given("sortOrder").as_deref());
}

/// `startIndex` and `count` below what they mean.
pub(super) fn range(sink: &mut Sink, name: &str, value: i64) {
    if value < i64::from(name == "startIndex") {
        sink.add(&catalog::PAGE_RANGE, || format!("{name} {value}"));
    }
}

pub(super) fn paging(sink: &mut Sink, cursor: bool, index: bool) {
    if cursor && index {
        sink.add(&catalog::PAGE_CURSOR, || "`cursor` and `startIndex`".to_owned());
    }
}

pub(super) fn sorting(sink: &mut Sink, by: Option<&str>, order: Option<&str>) {
    if let Some(by) = by
        && let Err(error) = by.parse::<AttrPath>()
    {
        sink.add(&catalog::SORT, || format!("sortBy {}: {}", quoted(by), clip(error.message(), 80)));
    }
    if let Some(order) = order
        && !["ascending", "descending"].iter().any(|known| order.eq_ignore_ascii_case(known))
    {
        sink.add(&catalog::SORT, || format!("sortOrder {}", quoted(order)));
    }
}

/// Both texts are lists with commas.
pub(super) fn projection(sink: &mut Sink, attributes: Option<&str>, excluded: Option<&str>) {
    let names = |list: &str| list.split(',').any(|name| !name.trim().is_empty());
    if attributes.is_some_and(names) && excluded.is_some_and(names) {
        sink.add(&catalog::PROJECTION, || "`attributes` and `excludedAttributes` together".to_owned());
    }
    for list in [attributes, excluded].into_iter().flatten() {
        for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            if name.parse::<AttrPath>().is_err() {
                sink.add(&catalog::PROJECTION, || format!("{} is no attribute name", quoted(name)));
            }
        }
    }
}

fn names(sink: &mut Sink, parameters: &[Parameter<'_>]) {
    for (index, parameter) in parameters.iter().enumerate() {
        let name = parameter.name.as_str();
        let bare: String = name.chars().filter(|letter| !"_-".contains(*letter)).collect();
        let looks_secret =
            parameter.value.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("Bearer "));
        if KNOWN.contains(&name) {
            // The lists of names may be sent in parts, as lists in queries are.
            let list = matches!(name, "attributes" | "excludedAttributes");
            let first = parameters.iter().position(|earlier| earlier.name == name);
            if !list && first.is_some_and(|first| first < index) {
                sink.add(&catalog::PARAMETER_REPEATED, || format!("`{name}`"));
            }
        } else if let Some(right) = KNOWN.iter().find(|known| known.eq_ignore_ascii_case(name)) {
            sink.add(&catalog::PARAMETER_CASE, || format!("`{name}` instead of `{right}`"));
        } else if looks_secret
            || (!parameter.value.is_empty() && SECRETS.iter().any(|known| known.eq_ignore_ascii_case(&bare)))
        {
            sink.add(&catalog::TOKEN_IN_QUERY, || {
                let name =
                    if name.chars().count() <= 24 { quoted_name(name) } else { "a parameter".to_owned() };
                format!("{name} with {} characters (not shown)", parameter.value.chars().count())
            });
        } else {
            sink.add(&catalog::PARAMETER_UNKNOWN, || {
                // What has no `=` may be a value that somebody pasted.
                if parameter.has_value || FLAGS.iter().any(|flag| flag.eq_ignore_ascii_case(name)) {
                    quoted_name(name)
                } else {
                    format!("a name of {} characters without value", name.chars().count())
                }
            });
        }
    }
}

fn quoted_name(name: &str) -> String {
    format!("`{}`", clip(name, 40))
}

fn read(request: &Request<Bytes>) -> Vec<Parameter<'_>> {
    let query = request.uri().query().unwrap_or_default();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        // More are no query that somebody meant.
        .take(200)
        .map(|pair| {
            let (name, raw) = pair.split_once('=').unwrap_or((pair, ""));
            Parameter { name: decode(name), raw, value: decode(raw), has_value: pair.contains('=') }
        })
        .collect()
}

fn find<'a, 'r>(parameters: &'a [Parameter<'r>], name: &str) -> Option<&'a Parameter<'r>> {
    parameters.iter().find(|parameter| parameter.name.eq_ignore_ascii_case(name))
}

fn value(parameters: &[Parameter<'_>], name: &str) -> Option<String> {
    find(parameters, name).map(|found| found.value.clone())
}

fn decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// A whole number that no server needs to hold.
fn is_huge(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Tells a `+` that stands for a space from one that stands for itself: a client that writes `+` between the words of a
/// filter encodes as HTML forms do, and would have written `%2B`.
fn plus_signs(sink: &mut Sink, raw: &str) {
    let (mut between, mut inside, mut quoted) = (0, 0, false);
    let mut rest = raw;
    while let Some(letter) = rest.chars().next() {
        let encoded = |code: &str| rest.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(code));
        let skip = if encoded("%5C") || letter == '\\' {
            // What a backslash stands before is text.
            let slash = if letter == '\\' { 1 } else { 3 };
            match rest[slash..].chars().next() {
                Some('%') => slash + 3,
                Some(next) => slash + next.len_utf8(),
                None => slash,
            }
        } else if encoded("%22") {
            quoted = !quoted;
            3
        } else {
            match letter {
                '"' => quoted = !quoted,
                '+' if quoted => inside += 1,
                '+' => between += 1,
                _ => {}
            }
            letter.len_utf8()
        };
        rest = rest.get(skip..).unwrap_or_default();
    }
    if between > 0 {
        sink.add(&catalog::FILTER_PLUS_SPACE, || format!("{} of them", between + inside));
    } else if inside > 0 {
        sink.add(&catalog::FILTER_PLUS_LITERAL, || format!("{inside} in a quoted value"));
    }
}
