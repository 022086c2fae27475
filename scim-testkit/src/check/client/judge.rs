//! One request from the outside in: credentials, address, headers, body.

use bytes::Bytes;
use http::{HeaderName, Method, Request, header};
use percent_encoding::percent_decode_str;
use scim_core::{call::MEDIA_TYPE, schema::ResourceType};
use serde_json::Value;

use super::{
    ClientObservation, address, body, bulk, catalog, message, patch,
    sink::{Sink, clip, quoted},
};

/// What in a request departs from RFC 7643 and RFC 7644, the worst first; each check at most once.
///
/// `inside` is the path below the base address, as it was sent, such as `/Users/1`; `status` is what the request got;
/// `types` are the resource types that the endpoint has.
#[must_use]
pub fn judge(
    request: &Request<Bytes>,
    inside: &str,
    status: u16,
    types: &[ResourceType],
) -> Vec<ClientObservation> {
    let mut sink = Sink::default();
    let place = Place::of(inside, types);
    credentials(&mut sink, request, status);
    address::address(&mut sink, request, inside);
    endpoint(&mut sink, request.method(), inside, &place, types);
    if request.method() == Method::GET {
        address::query(&mut sink, request, &place);
    } else {
        address::parameters(&mut sink, request);
    }
    headers(&mut sink, request);
    // What was too large to be read is not there to be judged.
    if status != 413 {
        content(&mut sink, request, &place, types);
    }
    sink.into_observations()
}

/// What is wrong with something that is no HTTP, by the address in its first line; `GET /Users?filter=userName eq "x"` is
/// the usual case.
#[must_use]
pub fn judge_unreadable(target: &str) -> Vec<ClientObservation> {
    let mut sink = Sink::default();
    address::characters(&mut sink, target);
    if !sink.knows(&catalog::URL_CHARACTERS) {
        sink.add(&catalog::NOT_HTTP, || quoted(target));
    }
    sink.into_observations()
}

/// What an address below the base is.
pub(super) enum Place<'a> {
    /// The base address itself.
    Root,
    /// `/Users`
    Type(&'a ResourceType),
    /// `/Users/1`
    Resource(&'a ResourceType, String),
    /// `/.search`, `/Users/.search`
    Search(Option<&'a ResourceType>),
    /// `/Bulk`
    Bulk,
    /// `/Me`
    Me,
    /// `/Schemas` and its like.
    Discovery,
    /// None of them.
    Other,
}

impl<'a> Place<'a> {
    /// Slashes too many are passed over, and letter case as well: there are checks on them.
    pub(super) fn of(inside: &str, types: &'a [ResourceType]) -> Self {
        let mut segments = inside.split('/').filter(|segment| !segment.is_empty());
        let decoded = |segment: &str| percent_decode_str(segment).decode_utf8_lossy().into_owned();
        let (first, second, third) =
            (segments.next().map(decoded), segments.next().map(decoded), segments.next());
        let Some(first) = first else { return Self::Root };
        let is = |name: &str| first.eq_ignore_ascii_case(name);
        let known = types.iter().find(|known| is(known.endpoint.trim_matches('/')));
        match (known, second, third) {
            (_, _, Some(_)) => Self::Other,
            (Some(known), None, _) => Self::Type(known),
            (Some(known), Some(id), _) if id == ".search" => Self::Search(Some(known)),
            (Some(known), Some(id), _) => Self::Resource(known, id),
            (None, None, _) if first == ".search" => Self::Search(None),
            (None, None, _) if is("Bulk") => Self::Bulk,
            (None, None, _) if is("Me") => Self::Me,
            (None, _, _) if is("ServiceProviderConfig") || is("ResourceTypes") || is("Schemas") => {
                Self::Discovery
            }
            _ => Self::Other,
        }
    }

    pub(super) fn resource_type(&self) -> Option<&'a ResourceType> {
        match self {
            Self::Type(known) | Self::Resource(known, _) | Self::Search(Some(known)) => Some(known),
            _ => None,
        }
    }

    /// What may be asked of such an address; `None` where nobody knows.
    fn methods(&self) -> Option<&'static [Method]> {
        const GET: &[Method] = &[Method::GET];
        const POST: &[Method] = &[Method::POST];
        const LIST: &[Method] = &[Method::GET, Method::POST];
        const ONE: &[Method] = &[Method::GET, Method::PUT, Method::PATCH, Method::DELETE];
        const ME: &[Method] = &[Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
        match self {
            Self::Root | Self::Discovery => Some(GET),
            Self::Type(_) => Some(LIST),
            Self::Resource(..) => Some(ONE),
            Self::Search(_) | Self::Bulk => Some(POST),
            Self::Me => Some(ME),
            Self::Other => None,
        }
    }
}

/// Whether the endpoint has such an address, and the address such a method.
fn endpoint(sink: &mut Sink, method: &Method, inside: &str, place: &Place<'_>, types: &[ResourceType]) {
    let first = inside.split('/').find(|segment| !segment.is_empty()).unwrap_or_default();
    let first = percent_decode_str(first).decode_utf8_lossy();
    if first == "ServiceProviderConfigs" {
        return sink.add(&catalog::SCIM_1, || "`/ServiceProviderConfigs`".to_owned());
    }
    let fixed = match place {
        Place::Bulk => vec!["Bulk"],
        Place::Me => vec!["Me"],
        Place::Discovery => vec!["ServiceProviderConfig", "ResourceTypes", "Schemas"],
        other => other.resource_type().map(|known| known.endpoint.trim_matches('/')).into_iter().collect(),
    };
    if !fixed.is_empty() && !fixed.contains(&&*first) {
        sink.add(&catalog::PATH_CASE, || {
            let right = fixed.iter().find(|right| right.eq_ignore_ascii_case(&first)).unwrap_or(&fixed[0]);
            format!("{} instead of `/{right}`", quoted(&format!("/{first}")))
        });
    }
    let safe = matches!(*method, Method::HEAD | Method::OPTIONS);
    match place.methods() {
        // Nothing can be said of an endpoint whose resource types nobody gave.
        None if types.is_empty() || safe => {}
        None => sink.add(&catalog::PATH_UNKNOWN, || quoted(inside)),
        Some(methods) if safe || methods.contains(method) => {}
        Some(methods) => sink.add(&catalog::METHOD, || {
            let known: Vec<&str> = methods.iter().map(Method::as_str).collect();
            format!("{} {}, which has {}", clip(method.as_str(), 20), quoted(inside), known.join(", "))
        }),
    }
}

fn credentials(sink: &mut Sink, request: &Request<Bytes>, status: u16) {
    let Some(value) = request.headers().get(header::AUTHORIZATION) else {
        if status == 401 {
            let other = request.headers().contains_key(header::COOKIE);
            sink.add(&catalog::AUTHORIZATION_MISSING, || {
                let beside = if other { ", but a cookie" } else { "" };
                format!("401, and no `Authorization`{beside}")
            });
        }
        return;
    };
    // How many words there are is said, and no letter of them.
    let Ok(text) = value.to_str() else {
        return sink
            .add(&catalog::AUTHORIZATION_SCHEME, || "a value that is not ASCII text (not shown)".to_owned());
    };
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let scheme = |word: &&str| ["bearer", "basic"].iter().any(|known| word.eq_ignore_ascii_case(known));
    match words.as_slice() {
        [] => sink.add(&catalog::AUTHORIZATION_SCHEME, || "an empty value".to_owned()),
        [first, second, ..] if scheme(first) && scheme(second) => {
            sink.add(&catalog::AUTHORIZATION_SCHEME, || {
                "the scheme twice, then the credential (not shown)".to_owned()
            });
        }
        [only] if scheme(only) => {
            sink.add(&catalog::AUTHORIZATION_SCHEME, || "a scheme without credential".to_owned());
        }
        [first, _, _, ..] if scheme(first) => sink.add(&catalog::AUTHORIZATION_SCHEME, || {
            format!("a scheme and {} words (not shown), where one is expected", words.len() - 1)
        }),
        // A server may have asked for a bare key; one that answers 401 has not.
        [only] if status == 401 => sink.add(&catalog::AUTHORIZATION_SCHEME, || {
            format!("one word of {} characters (not shown), no scheme in front", only.chars().count())
        }),
        _ => {}
    }
}

fn headers(sink: &mut Sink, request: &Request<Bytes>) {
    let text = |name: &HeaderName| -> Option<String> {
        let values = request.headers().get_all(name);
        let values: Vec<_> = values.iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        (!values.is_empty()).then(|| values.join(", "))
    };
    match text(&header::USER_AGENT) {
        None => sink.add(&catalog::USER_AGENT, || "no `User-Agent`".to_owned()),
        Some(agent) if agent.trim().is_empty() => {
            sink.add(&catalog::USER_AGENT, || "an empty `User-Agent`".to_owned());
        }
        Some(_) => {}
    }
    if let Some(accept) = text(&header::ACCEPT)
        && !accept.trim().is_empty()
        && !accept.split(',').any(welcomes_json)
    {
        sink.add(&catalog::ACCEPT, || quoted(&accept));
    }
    for name in [header::IF_MATCH, header::IF_NONE_MATCH] {
        if let Some(tags) = text(&name)
            && !are_tags(&tags)
        {
            sink.add(&catalog::ETAG_SYNTAX, || format!("{name}: {}", quoted(&tags)));
        }
    }
}

fn welcomes_json(range: &str) -> bool {
    let mut parts = range.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default().to_ascii_lowercase();
    let refused = parts.any(|part| {
        let weight = part.strip_prefix("q=").or_else(|| part.strip_prefix("Q="));
        weight.and_then(|weight| weight.trim().parse::<f32>().ok()) == Some(0.0)
    });
    !refused && matches!(&*media, "*/*" | "application/*" | "application/json" | MEDIA_TYPE)
}

/// `*`, or tags with commas between; a comma may be part of a tag.
fn are_tags(text: &str) -> bool {
    let mut rest = text.trim();
    if rest == "*" {
        return true;
    }
    let mut tags = 0;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return tags > 0;
        }
        let Some(opaque) = rest.strip_prefix("W/").unwrap_or(rest).strip_prefix('"') else { return false };
        let Some((tag, after)) = opaque.split_once('"') else { return false };
        let after = after.trim_start_matches([' ', '\t']);
        if tag.contains(|letter: char| letter <= ' ' || letter == '\u{7f}')
            || !(after.is_empty() || after.starts_with(','))
        {
            return false;
        }
        tags += 1;
        rest = after;
    }
}

fn content(sink: &mut Sink, request: &Request<Bytes>, place: &Place<'_>, types: &[ResourceType]) {
    let body = request.body();
    let empty = body.iter().all(u8::is_ascii_whitespace);
    if !matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH) {
        if !empty && matches!(*request.method(), Method::GET | Method::DELETE | Method::HEAD) {
            sink.add(&catalog::BODY_UNEXPECTED, || format!("{} with {} bytes", request.method(), body.len()));
        }
        return;
    }
    let Some(methods) = place.methods() else { return };
    if empty {
        if methods.contains(request.method()) {
            sink.add(&catalog::BODY_MISSING, || format!("{} with no body", request.method()));
        }
        return;
    }
    let labeled = content_type(sink, request);
    let encoded = request.headers().get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity");
    if labeled == Label::Unreadable || encoded {
        return;
    }
    let value = match serde_json::from_slice::<Value>(body) {
        Ok(value) => value,
        // A form is not JSON, and it has been said.
        Err(_) if labeled == Label::Wrong => return,
        Err(error) => {
            let mark = body.starts_with(b"\xef\xbb\xbf");
            return sink.add(&catalog::BODY_NOT_JSON, || {
                if mark { "a byte order mark in front".to_owned() } else { clip(&error.to_string(), 120) }
            });
        }
    };
    let Value::Object(object) = &value else {
        return sink.add(&catalog::BODY_NOT_OBJECT, || kind_name(&value).to_owned());
    };
    match (place, request.method()) {
        (Place::Search(known), &Method::POST) => message::search(sink, object, *known),
        (Place::Bulk, &Method::POST) => bulk::bulk(sink, object, types),
        (Place::Type(known), &Method::POST) => body::create(sink, &value, known),
        (Place::Resource(known, id), &Method::PUT) => body::replace(sink, &value, known, Some(id)),
        (Place::Resource(known, id), &Method::PATCH) => patch::message(sink, object, known, Some(id)),
        (Place::Me, method) => {
            // Whoever asks is a user, unless the endpoint has no users.
            let Some(known) = types.iter().find(|known| known.name.eq_ignore_ascii_case("User")) else {
                return;
            };
            match *method {
                Method::POST => body::create(sink, &value, known),
                Method::PUT => body::replace(sink, &value, known, None),
                _ => patch::message(sink, object, known, None),
            }
        }
        _ => {}
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Label {
    Json,
    Wrong,
    /// In an encoding of text that is not UTF-8, which §3.8 permits.
    Unreadable,
}

fn content_type(sink: &mut Sink, request: &Request<Bytes>) -> Label {
    let Some(label) = request.headers().get(header::CONTENT_TYPE) else {
        sink.add(&catalog::CONTENT_TYPE_MISSING, || "no `Content-Type`".to_owned());
        return Label::Json;
    };
    let label = String::from_utf8_lossy(label.as_bytes());
    let mut parts = label.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    if media.eq_ignore_ascii_case("application/json") {
        sink.add(&catalog::CONTENT_TYPE_JSON, || "`application/json`".to_owned());
    } else if !media.eq_ignore_ascii_case(MEDIA_TYPE) {
        sink.add(&catalog::CONTENT_TYPE, || quoted(&label));
        return Label::Wrong;
    }
    let charset = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    });
    match charset {
        Some(charset)
            if !["utf-8", "utf8", "us-ascii"].iter().any(|known| charset.eq_ignore_ascii_case(known)) =>
        {
            Label::Unreadable
        }
        _ => Label::Json,
    }
}

/// What kind of JSON value it is, with its article.
pub(super) fn kind_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
