//! How a vendor's profile changes what is read, stored and answered. Every function leaves what it gets as it is when
//! the profile says nothing.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, Uri, header};
use scim_core::{
    error::{ScimError, ScimType},
    filter::{CompareOp, Filter, Literal},
    json,
    reply::{Body, Reply},
    schema::ResourceType,
    vendor::{
        Change, ConfigPath, Format, GroupNames, MembersRead, Need, OnCreate, OverMax, PerPage, Permission,
        Profile, Removal, Rename, ScimTypes, Shown, StatusForm, UnauthorizedBody, Unhandled, Unsupported,
    },
};
use serde_json::{Map, Value, json};

use super::{
    Defect,
    store::{Kind, Record},
};

/// The keys that are the same as a defect.
pub(super) fn defects(profile: &Profile) -> Vec<Defect> {
    let group = &profile.group;
    let all = [
        (group.members_read == MembersRead::Never, Defect::MembersNeverReturned),
        (group.members_on_create == OnCreate::Drop, Defect::GroupCreateDropsMembers),
        (profile.page.start_ignored, Defect::StartIndexIgnored),
        (profile.page.per_page_echo == PerPage::Requested, Defect::ItemsPerPageRequested),
        (profile.patch.remove_form == Removal::ValueList, Defect::RemoveValuePathIgnored),
    ];
    all.into_iter().filter(|(present, _)| *present).map(|(_, defect)| defect).collect()
}

/// The request with the vendor's paths and parameters under the names that RFC 7644 has for them.
pub(super) fn request(profile: &Profile, request: &Request<Bytes>) -> Option<Request<Bytes>> {
    let (path, query) = (request.uri().path(), request.uri().query());
    let moved = config_path(profile.service.config_path, path);
    let renamed = query.and_then(|query| count_param(&profile.page.count_param, query));
    if moved.is_none() && renamed.is_none() {
        return None;
    }
    let path = moved.as_deref().unwrap_or(path);
    let uri: Uri = match renamed.as_deref().or(query) {
        Some(query) => format!("{path}?{query}").parse().ok()?,
        None => path.parse().ok()?,
    };
    let mut changed = request.clone();
    *changed.uri_mut() = uri;
    Some(changed)
}

fn config_path(at: ConfigPath, path: &str) -> Option<String> {
    let (before, last) = path.trim_end_matches('/').rsplit_once('/')?;
    match (at, last) {
        (ConfigPath::Both | ConfigPath::Plural, "ServiceProviderConfigs") => {
            Some(format!("{before}/ServiceProviderConfig"))
        }
        // Nothing is there.
        (ConfigPath::Plural, "ServiceProviderConfig") => Some(format!("{before}/NoServiceProviderConfig")),
        _ => None,
    }
}

fn count_param(own: &str, query: &str) -> Option<String> {
    if own == "count" {
        return None;
    }
    let renamed: Vec<String> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, value)) if name == own => format!("count={value}"),
            // What the vendor does not know has no effect.
            Some(("count", value)) => format!("unknownCount={value}"),
            _ => pair.to_owned(),
        })
        .collect();
    Some(renamed.join("&"))
}

/// Refuses a request without a header that the vendor asks for.
pub(super) fn check_headers(profile: &Profile, headers: &HeaderMap) -> Result<(), ScimError> {
    match profile.service.need_headers.iter().find(|name| !headers.contains_key(name.as_str())) {
        Some(name) => Err(ScimError::plain(400, format!("the header {name} is required"))),
        None => Ok(()),
    }
}

/// Whether the vendor answers a filter; `Ok(false)`: it finds nothing.
pub(super) fn answers_filter(profile: &Profile, kind: Kind, filter: &Filter) -> Result<bool, ScimError> {
    let known = match kind {
        Kind::User => &profile.filter.user,
        Kind::Group => &profile.filter.group,
        Kind::Custom(_) => return Ok(true),
    };
    if known.is_empty() || compares(filter, known, profile.filter.and) {
        return Ok(true);
    }
    let text = format!("filter: only {} with eq", known.join(", "));
    match profile.filter.unsupported {
        Unsupported::Empty => Ok(false),
        Unsupported::Plain => Err(ScimError::plain(400, text)),
        Unsupported::Invalid => Err(ScimError::invalid_filter(text)),
    }
}

/// The filter with the name of a group in the form in which the vendor stores it.
pub(super) fn stored_filter(profile: &Profile, kind: Kind, filter: &Filter) -> Option<Filter> {
    let Filter::Compare { path, op: CompareOp::Eq, value: Literal::String(text) } = filter else {
        return None;
    };
    let by_name =
        kind == Kind::Group && path.sub().is_none() && path.name().eq_ignore_ascii_case("displayName");
    (by_name && profile.group.names == GroupNames::Slug).then(|| Filter::Compare {
        path: path.clone(),
        op: CompareOp::Eq,
        value: Literal::String(slug(text)),
    })
}

fn compares(filter: &Filter, known: &[String], and: bool) -> bool {
    match filter {
        Filter::And(terms) => and && terms.iter().all(|term| compares(term, known, false)),
        Filter::Compare { path, op: CompareOp::Eq, .. } => {
            let asked = match path.sub() {
                Some(sub) => format!("{}.{sub}", path.name()),
                None => path.name().to_owned(),
            };
            known.iter().any(|name| name.eq_ignore_ascii_case(&asked))
        }
        _ => false,
    }
}

/// Refuses a page that is larger than the vendor gives.
pub(super) fn check_count(profile: &Profile, count: Option<i64>) -> Result<(), ScimError> {
    let most = i64::try_from(profile.page.max).unwrap_or(i64::MAX);
    match count {
        Some(count) if count > most && profile.page.over_max == OverMax::Reject => {
            Err(ScimError::invalid_value(format!("count: at most {most}")))
        }
        _ => Ok(()),
    }
}

/// The rules for single attributes, on data about to be stored; `before` is what was stored, `None` for a create.
pub(super) fn apply_attrs(
    profile: &Profile,
    before: Option<&Map<String, Value>>,
    data: &mut Map<String, Value>,
) -> Result<(), ScimError> {
    for rule in &profile.attrs {
        let path = rule.path.as_str();
        if before.is_none()
            && value(data, path).is_none()
            && let Some(default) = value(data, &rule.default_from).cloned()
        {
            data.insert(path.to_owned(), default);
        }
        if before.is_none() && rule.mutability == Change::ReadOnly {
            remove(data, path);
        }
        match rule.need {
            Need::Required if value(data, path).is_none() => {
                return Err(ScimError::invalid_value(format!("{path} is required")));
            }
            Need::Rejected if value(data, path).is_some() => {
                return Err(ScimError::invalid_value(format!("{path} is not supported")));
            }
            Need::Ignored => remove(data, path),
            _ => {}
        }
        if let Some(before) = before.filter(|_| rule.mutability != Change::ReadWrite) {
            let changed = value(before, path) != value(data, path);
            if changed && rule.mutability == Change::Refused {
                return Err(ScimError::mutability(format!("{path} cannot change")));
            }
            if changed {
                let name = outer(path);
                match json::get(before, name) {
                    Some(old) => data.insert(name.to_owned(), old.clone()),
                    None => data.shift_remove(name),
                };
            }
        }
        let items = value(data, path).and_then(Value::as_array).map_or(0, Vec::len);
        if rule.max_items > 0 && items > rule.max_items {
            return Err(ScimError::invalid_value(format!("{path}: at most {} value(s)", rule.max_items)));
        }
        let Some(text) = value(data, path).and_then(Value::as_str) else { continue };
        let fits = match rule.format {
            Format::Any => true,
            Format::Email => {
                text.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty())
            }
            Format::NoAt => !text.contains('@'),
        };
        if !fits {
            return Err(ScimError::invalid_value(format!("{path}: {text:?} is not allowed")));
        }
        if rule.max_len > 0 && text.chars().count() > rule.max_len {
            return Err(ScimError::invalid_value(format!("{path}: at most {} characters", rule.max_len)));
        }
    }
    Ok(())
}

/// The value at `name`, `name.sub` or `urn:…:name`; what is empty is not there.
pub(super) fn value<'a>(data: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let found = match path.rsplit_once(':').or_else(|| path.split_once('.')) {
        Some((name, sub)) => json::get(json::get(data, name)?.as_object()?, sub)?,
        None => json::get(data, path)?,
    };
    let empty = found.is_null() || found.as_str() == Some("") || found.as_array().is_some_and(Vec::is_empty);
    (!empty).then_some(found)
}

/// The top-level name that a path is in.
fn outer(path: &str) -> &str {
    path.rsplit_once(':').or_else(|| path.split_once('.')).map_or(path, |(outer, _)| outer)
}

/// Takes out what is at a path, and the object around it if that is then empty.
fn remove(data: &mut Map<String, Value>, path: &str) {
    let name = outer(path);
    let inner = path.get(name.len() + 1..).unwrap_or_default();
    if inner.is_empty() {
        json::remove(data, name);
    } else if let Some(Value::Object(holder)) = json::get_mut(data, name) {
        json::remove(holder, inner);
        if holder.is_empty() {
            json::remove(data, name);
        }
    }
}

/// Users as the vendor's own screens edit them: there they can write what SCIM only reads.
pub(super) fn on_screen(profile: &Profile) -> ResourceType {
    let mut open = profile.clone();
    open.attrs.retain(|rule| rule.mutability != Change::ReadOnly);
    open.user_type()
}

/// Takes out of an answer what the vendor does not show.
pub(super) fn hide(profile: &Profile, kind: Kind, shown: &mut Map<String, Value>) {
    if kind == Kind::User {
        for rule in profile.attrs.iter().filter(|rule| rule.shown == Shown::Never) {
            remove(shown, &rule.path);
        }
    }
}

/// Refuses a PUT without what the vendor asks for.
pub(super) fn check_put(profile: &Profile, data: &Map<String, Value>) -> Result<(), ScimError> {
    match profile.put.required.iter().find(|path| value(data, path).is_none()) {
        Some(path) => Err(ScimError::invalid_value(format!("{path} is required in a PUT"))),
        None => Ok(()),
    }
}

/// What a PUT writes at this vendor.
pub(super) fn restrict_put(profile: &Profile, before: &Map<String, Value>, data: &mut Map<String, Value>) {
    let only = &profile.put.only;
    if only.is_empty() {
        return;
    }
    let mut kept = before.clone();
    for name in only {
        match json::get(data, name) {
            Some(new) => kept.insert(name.clone(), new.clone()),
            None => continue,
        };
    }
    *data = kept;
}

/// Takes out of a PATCH what the vendor does not change, or refuses it. `true`: nothing is left.
pub(super) fn restrict_patch(
    profile: &Profile,
    kind: Kind,
    record: &Record,
    message: &mut Value,
) -> Result<bool, ScimError> {
    let object = message.as_object_mut().and_then(|object| json::get_mut(object, "Operations"));
    let Some(Value::Array(operations)) = object else { return Ok(false) };
    if kind == Kind::Group {
        check_members(profile, record, operations)?;
    }
    let known = match kind {
        Kind::User => &profile.patch.user_paths,
        Kind::Group => &profile.patch.group_paths,
        Kind::Custom(_) => return Ok(false),
    };
    if known.is_empty() || operations.is_empty() {
        return Ok(false);
    }
    let handled = |path: &str| {
        let path = path
            .rsplit_once("2.0:User:")
            .filter(|_| !path.contains("extension"))
            .map_or(path, |(_, rest)| rest);
        let name = path.split(['.', '[']).next().unwrap_or(path);
        known.iter().any(|known| match known.strip_suffix('*') {
            Some(start) => path.get(..start.len()).is_some_and(|path| path.eq_ignore_ascii_case(start)),
            None => known.eq_ignore_ascii_case(name) || known.eq_ignore_ascii_case(path),
        })
    };
    let refuse = |path: &str| match profile.patch.unhandled {
        Unhandled::Noop => Ok(()),
        Unhandled::Reject => Err(ScimError::invalid_path(format!("{path} cannot be changed by PATCH"))),
    };
    let mut kept = Vec::with_capacity(operations.len());
    for mut operation in std::mem::take(operations) {
        let Some(object) = operation.as_object_mut() else {
            kept.push(operation);
            continue;
        };
        if let Some(path) = json::get(object, "path").and_then(Value::as_str).map(str::to_owned) {
            if handled(&path) {
                kept.push(operation);
            } else {
                refuse(&path)?;
            }
            continue;
        }
        if let Some(Value::Object(values)) = json::get_mut(object, "value") {
            // A client may repeat what the server keeps by itself.
            let others: Vec<String> =
                values.keys().filter(|key| !handled(key) && !OWN.contains(&key.as_str())).cloned().collect();
            for key in others {
                refuse(&key)?;
                values.shift_remove(&key);
            }
            if values.is_empty() {
                continue;
            }
        }
        kept.push(operation);
    }
    let nothing_left = kept.is_empty();
    *operations = kept;
    Ok(nothing_left)
}

/// How many members a PATCH may touch, and how.
fn check_members(profile: &Profile, record: &Record, operations: &[Value]) -> Result<(), ScimError> {
    let rules = &profile.group;
    let mut changes = 0;
    for operation in operations.iter().filter_map(Value::as_object) {
        let text = |name: &str| json::get(operation, name).and_then(Value::as_str).unwrap_or_default();
        let (op, path, value) =
            (text("op").to_ascii_lowercase(), text("path"), json::get(operation, "value"));
        let members = match path {
            "" => value.and_then(Value::as_object).and_then(|values| json::get(values, "members")),
            path if path.eq_ignore_ascii_case("members") => value,
            path if path.to_ascii_lowercase().starts_with("members[") => {
                changes += 1;
                continue;
            }
            _ => continue,
        };
        if members.is_none() && path.is_empty() {
            continue;
        }
        changes += match (op.as_str(), members) {
            ("replace", _) if rules.replace_members == Permission::Reject => {
                return Err(ScimError::invalid_value("members: replace is not supported"));
            }
            ("remove", None) if rules.remove_all == Permission::Reject => {
                return Err(ScimError::invalid_value("members: to remove all is not supported"));
            }
            ("remove", None) => record.member_ids().count(),
            (_, Some(Value::Array(members))) => members.len(),
            _ => 1,
        };
    }
    if rules.members_max > 0 && changes > rules.members_max {
        let text = format!("members: {changes} changes, at most {} in one request", rules.members_max);
        return Err(ScimError::invalid_value(text));
    }
    Ok(())
}

/// A group as the vendor stores it; `before` is what was stored, `None` for a create.
pub(super) fn settle_group(
    profile: &Profile,
    before: Option<&Map<String, Value>>,
    data: &mut Map<String, Value>,
) {
    if profile.group.names == GroupNames::Slug
        && let Some(Value::String(name)) = json::get_mut(data, "displayName")
    {
        *name = slug(name);
    }
    if profile.group.rename == Rename::Ignore
        && let Some(name) = before.and_then(|before| before.get("displayName"))
    {
        data.insert("displayName".to_owned(), name.clone());
    }
}

/// Small letters and digits, with hyphens between them. A name without any stays as it is.
fn slug(name: &str) -> String {
    let lower = name.to_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
    if words.is_empty() { name.to_owned() } else { words.join("-") }
}

/// An answer as the vendor words its errors.
pub(super) fn dress(profile: &Profile, reply: &mut Reply) {
    let rules = &profile.error;
    let Body::Scim(error) = &reply.body else { return };
    let told = error.detail.clone();
    let body = match rules.unauthorized {
        _ if error.status != 401 => None,
        UnauthorizedBody::Scim => None,
        UnauthorizedBody::Empty => Some(Body::Empty),
        UnauthorizedBody::Detail => Some(Body::Json(json!({ "detail": told }))),
        UnauthorizedBody::Errors => {
            let told = json!({ "description": "invalid_authentication", "code": 401 });
            Some(Body::Json(json!({ "Errors": told })))
        }
    };
    if let Some(body) = body {
        reply.body = body;
        return;
    }
    if rules.status_as == StatusForm::String && rules.scim_type == ScimTypes::Rfc && rules.extra.is_empty() {
        return;
    }
    let mut body = error.to_json();
    if rules.status_as == StatusForm::Int {
        body["status"] = error.status.into();
    }
    if let Some(object) = body.as_object_mut() {
        if rules.scim_type == ScimTypes::Never {
            object.shift_remove("scimType");
        }
        for name in &rules.extra {
            let told = match name.as_str() {
                "Errors" => json!({"description": error.detail, "code": error.status}),
                name => format!("{name} of the mock").into(),
            };
            object.insert(name.clone(), told);
        }
    }
    reply.body = Body::Json(body);
}

/// The media type that the vendor gives to what it says in SCIM.
pub(super) fn label(profile: &Profile, response: &mut Response<Bytes>) {
    let own = &profile.service.media_type;
    let is_scim = |value: &HeaderValue| value.as_bytes().starts_with(b"application/scim+json");
    if let Some(value) = response.headers_mut().get_mut(header::CONTENT_TYPE).filter(|value| is_scim(value))
        && let Ok(own) = HeaderValue::from_str(own)
        && !own.is_empty()
    {
        *value = own;
    }
}

/// The answer to a client that asks too often.
pub(super) fn slow_down(profile: &Profile) -> ScimError {
    match profile.rate.throttle.first() {
        Some(mark) => ScimError::new(mark.status, ScimType::InvalidValue, mark.text.clone()),
        None => ScimError::plain(429, "too many requests"),
    }
}

/// What stands in the place of attributes that a deactivation overwrites.
pub(super) fn mangled(profile: &Profile, record: &Record) -> Vec<(String, Value)> {
    let hash = record.id.bytes().fold(0_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
    let made = |name: &String| match name.as_str() {
        "emails" => (name.clone(), json!([{"value": format!("{hash:08x}@invalid"), "primary": true}])),
        name => (name.to_owned(), format!("{hash:08x}").into()),
    };
    profile.life.mangle.iter().map(made).collect()
}

const OWN: [&str; 4] = ["id", "meta", "schemas", "groups"];
