//! Where defects and liberties reach into the provider: before a request is read, before a body is applied, before
//! data is stored, and after the answer is made. Without any, every hook leaves its argument alone.

use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri, header};
use scim_core::{
    call::Call,
    error::{ScimError, ScimType},
    filter::{CompareOp, Filter, Literal},
    json,
    project::Projection,
    query::ListQuery,
    reply::{Body, Reply},
};
use serde_json::{Map, Value, json};

use super::{
    Defect, Liberty,
    store::{Kind, Record, member_id},
};

/// What a provider does wrong, or otherwise than usual.
#[derive(Clone, Debug, Default)]
pub(super) struct Quirks {
    pub(super) defects: Vec<Defect>,
    pub(super) liberties: Vec<Liberty>,
}

/// What an answer depends on that the answer itself does not tell.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked {
    create: bool,
    filtered: bool,
    count: Option<i64>,
}

impl Asked {
    pub(super) fn of(call: &Call) -> Self {
        let (count, filtered) = match call {
            Call::List { query, .. } | Call::Search { query, .. } => (query.count, query.filter.is_some()),
            _ => (None, false),
        };
        Self { create: matches!(call, Call::Create { .. }), filtered, count }
    }
}

/// A PATCH message after the defects had their way with it.
#[derive(Debug, Default)]
pub(super) struct PatchPlan {
    /// Attributes to show as they are, whatever the schema says.
    pub(super) overlay: Map<String, Value>,
    /// Nothing is left to apply: success without effect.
    pub(super) nothing_left: bool,
}

impl Quirks {
    pub(super) fn has(&self, defect: Defect) -> bool {
        self.defects.contains(&defect)
    }

    pub(super) fn is_none(&self) -> bool {
        self.defects.is_empty() && self.liberties.is_empty()
    }

    pub(super) fn takes(&self, liberty: Liberty) -> bool {
        self.liberties.contains(&liberty)
    }

    /// The request as the provider understands it, when that is not what was sent.
    pub(super) fn request(&self, request: &Request<Bytes>) -> Option<Request<Bytes>> {
        let query = request.uri().query().filter(|query| query.contains('+'))?;
        if !self.has(Defect::PlusNotDecoded) {
            return None;
        }
        let uri: Uri = format!("{}?{}", request.uri().path(), query.replace('+', "%2B")).parse().ok()?;
        let mut changed = request.clone();
        *changed.uri_mut() = uri;
        Some(changed)
    }

    pub(super) fn query(&self, query: &mut ListQuery) {
        if self.has(Defect::FilterIgnored) {
            query.filter = None;
        }
        if self.has(Defect::StartIndexIgnored) {
            query.start_index = None;
        }
        if self.takes(Liberty::NoSort) {
            query.sort_by = None;
        }
        self.projection(&mut query.projection);
    }

    pub(super) fn projection(&self, projection: &mut Projection) {
        if self.has(Defect::ExcludedAttributesIgnored) {
            projection.excluded.clear();
        }
    }

    /// Whether a defect hides a resource that the filter found.
    pub(super) fn filter_misses(&self, filter: &Filter, record: &Record) -> bool {
        let Filter::Compare { path, op: CompareOp::Eq, value: Literal::String(text) } = filter else {
            return false;
        };
        let asks = |name: &str| path.name().eq_ignore_ascii_case(name);
        (self.has(Defect::FilterUnknownAttrEmpty) && asks("externalId"))
            || (self.has(Defect::FilterUserNameCaseSensitive)
                && asks("userName")
                && record.text("userName") != Some(text))
    }

    /// The body of a create (`before` is `None`) or of a PUT.
    pub(super) fn resource(
        &self,
        kind: Kind,
        before: Option<&Record>,
        resource: &mut Value,
    ) -> Result<(), ScimError> {
        let Some(object) = resource.as_object_mut() else { return Ok(()) };
        let Some(before) = before else {
            if self.has(Defect::ExtensionDroppedOnCreate) {
                object.retain(|key, _| !is_urn(key));
            }
            if kind == Kind::Group && self.has(Defect::GroupCreateDropsMembers) {
                json::remove(object, "members");
            }
            if kind == Kind::Group && self.has(Defect::GroupExternalIdIgnored) {
                json::remove(object, "externalId");
            }
            return Ok(());
        };
        let read_only = ["id", "meta", "groups"].into_iter().find(|name| json::get(object, name).is_some());
        if let Some(name) = read_only.filter(|_| self.has(Defect::PutRefusesReadOnly)) {
            return Err(ScimError::mutability(format!("{name} is read-only")));
        }
        let keep = |object: &mut Map<String, Value>, name: &str| {
            json::remove(object, name);
            if let Some(value) = before.data.get(name) {
                object.insert(name.to_owned(), value.clone());
            }
        };
        if self.has(Defect::PutDropsExtension) {
            object.retain(|key, _| !is_urn(key));
            before.data.keys().filter(|key| is_urn(key)).for_each(|key| keep(object, key));
        }
        if self.has(Defect::PutIgnoredActive) && kind == Kind::User {
            keep(object, "active");
        }
        if self.has(Defect::GroupsPutIgnoresMembers) && kind == Kind::Group {
            keep(object, "members");
        }
        Ok(())
    }

    /// A PATCH message.
    pub(super) fn patch(
        &self,
        kind: Kind,
        record: &Record,
        message: &mut Value,
    ) -> Result<PatchPlan, ScimError> {
        let mut plan = PatchPlan::default();
        let operations = message
            .as_object_mut()
            .and_then(|m| json::get_mut(m, "Operations"))
            .and_then(Value::as_array_mut);
        let Some(operations) =
            operations.filter(|operations| !operations.is_empty() && !self.defects.is_empty())
        else {
            return Ok(plan);
        };
        if self.has(Defect::OnlyFirstOperation) {
            operations.truncate(1);
        }
        let mut kept = Vec::with_capacity(operations.len());
        for mut operation in std::mem::take(operations) {
            let keep = match operation.as_object_mut() {
                Some(object) => self.operation(kind, record, object, &mut plan.overlay)?,
                None => true,
            };
            if keep {
                kept.push(operation);
            }
        }
        if self.has(Defect::PatchUserNoEffect) && kind == Kind::User {
            kept.clear();
        }
        if self.has(Defect::PatchDropsUnnamed) && kind == Kind::User && !kept.is_empty() {
            let named = Value::from(kept.clone()).to_string();
            for path in ["locale", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"] {
                if !named.contains(path) {
                    kept.push(json!({"op": "remove", "path": path}));
                }
            }
        }
        let speaks_of_members = |operation: &Value| operation.to_string().contains("members");
        if self.has(Defect::MembersDroppedOnRename)
            && kind == Kind::Group
            && !kept.iter().any(speaks_of_members)
        {
            kept.push(json!({"op": "remove", "path": "members"}));
        }
        plan.nothing_left = kept.is_empty();
        *operations = kept;
        Ok(plan)
    }

    /// One operation; `false` drops it.
    fn operation(
        &self,
        kind: Kind,
        record: &Record,
        operation: &mut Map<String, Value>,
        overlay: &mut Map<String, Value>,
    ) -> Result<bool, ScimError> {
        let written = json::get(operation, "op").and_then(Value::as_str).unwrap_or_default().to_owned();
        let op = written.to_ascii_lowercase();
        let path = json::get(operation, "path").and_then(Value::as_str).map(str::to_owned);
        if self.has(Defect::OpCaseRefused) && op != written {
            return Err(ScimError::invalid_syntax(format!("unsupported op {written}")));
        }
        let keep = match &path {
            Some(path) => self.at_path(kind, (&op, path), operation, overlay)?,
            None => self.without_path(kind, &op, operation, overlay)?,
        };
        if kind == Kind::Group && keep {
            self.on_members(record, &op, path.as_deref(), operation)?;
        }
        Ok(keep)
    }

    fn at_path(
        &self,
        kind: Kind,
        (op, path): (&str, &str),
        operation: &mut Map<String, Value>,
        overlay: &mut Map<String, Value>,
    ) -> Result<bool, ScimError> {
        if self.has(Defect::UrnPathRefused) && is_urn(path) {
            return Err(ScimError::invalid_path(format!("{path} is not supported")));
        }
        if path.contains('[') && op != "remove" && self.has(Defect::ValuePathIgnored) {
            return Ok(false);
        }
        if let Some(value) = json::get(operation, "value") {
            self.boolean(path, value, overlay)?;
        }
        if path.eq_ignore_ascii_case("externalId") && kind == Kind::Group {
            if self.has(Defect::GroupExternalIdRefused) {
                return Err(ScimError::invalid_path(format!("unsupported {op} path {path}")));
            }
            if self.has(Defect::GroupExternalIdIgnored) {
                return Ok(false);
            }
        }
        let clears = json::get(operation, "value").is_some_and(|value| value.as_str() == Some(""));
        if clears && path.to_ascii_lowercase().ends_with(":manager") && self.has(Defect::ManagerRemoveIgnored)
        {
            return Ok(false);
        }
        let of_members = path.to_ascii_lowercase().starts_with("members");
        if op == "remove" && of_members && path.contains('[') {
            if self.has(Defect::RemoveValuePathIgnored) {
                return Ok(false);
            }
            if self.has(Defect::RemoveValuePathEmptiesGroup) {
                operation.insert("path".to_owned(), "members".into());
            }
        }
        if op == "remove" && of_members && json::get(operation, "value").is_some() {
            if self.has(Defect::RemoveWithValueRefused) {
                return Err(ScimError::invalid_value("remove takes no value"));
            }
            if self.has(Defect::RemoveWithValueEmptiesGroup) {
                json::remove(operation, "value");
            }
        }
        Ok(true)
    }

    fn without_path(
        &self,
        kind: Kind,
        op: &str,
        operation: &mut Map<String, Value>,
        overlay: &mut Map<String, Value>,
    ) -> Result<bool, ScimError> {
        if op == "replace" && self.has(Defect::PathlessReplaceRefused) {
            return Err(ScimError::invalid_path("path is required"));
        }
        if op == "replace" && self.has(Defect::PathlessReplaceIgnored) {
            return Ok(false);
        }
        let Some(Value::Object(values)) = json::get_mut(operation, "value") else { return Ok(true) };
        if kind == Kind::Group && json::get(values, "externalId").is_some() {
            if self.has(Defect::GroupExternalIdRefused) {
                return Err(ScimError::invalid_path("externalId is not supported"));
            }
            if self.has(Defect::GroupExternalIdIgnored) {
                json::remove(values, "externalId");
                return Ok(!values.is_empty());
            }
        }
        if kind == Kind::Group
            && self.has(Defect::GroupReplaceReadOnlyIdRefused)
            && json::get(values, "id").is_some()
        {
            return Err(ScimError::mutability("id is read-only"));
        }
        for (key, value) in values.iter() {
            self.boolean(key, value, overlay)?;
        }
        if self.has(Defect::DottedKeysIgnored) || self.has(Defect::DottedKeysLiteral) {
            let dotted: Vec<String> = values.keys().filter(|key| is_dotted(key)).cloned().collect();
            for key in dotted {
                let value = values.shift_remove(&key).unwrap_or_default();
                if self.has(Defect::DottedKeysLiteral) {
                    overlay.insert(key, value);
                }
            }
            return Ok(!values.is_empty());
        }
        Ok(true)
    }

    /// Text where the schema wants a boolean.
    fn boolean(&self, path: &str, value: &Value, overlay: &mut Map<String, Value>) -> Result<(), ScimError> {
        let last = path.rsplit(['.', ':']).next().unwrap_or(path);
        let is_boolean = last.eq_ignore_ascii_case("active") || last.eq_ignore_ascii_case("primary");
        let Value::String(text) = value else {
            if last.eq_ignore_ascii_case("active") {
                overlay.insert("active".to_owned(), Value::Null);
            }
            return Ok(());
        };
        if is_boolean && self.has(Defect::BoolStringRefused) {
            return Err(ScimError::invalid_value(format!("{path} must be a boolean")));
        }
        if last.eq_ignore_ascii_case("active") && self.has(Defect::BoolStringStoredAsText) {
            overlay.insert("active".to_owned(), text.as_str().into());
        }
        Ok(())
    }

    fn on_members(
        &self,
        record: &Record,
        op: &str,
        path: Option<&str>,
        operation: &mut Map<String, Value>,
    ) -> Result<(), ScimError> {
        let value = json::get(operation, "value");
        let members = match path {
            Some(path) if path.eq_ignore_ascii_case("members") => value,
            Some(_) => None,
            None => value.and_then(Value::as_object).and_then(|values| json::get(values, "members")),
        };
        let Some(Value::Array(members)) = members else { return Ok(()) };
        if op == "replace" && members.is_empty() && self.has(Defect::ReplaceMembersEmptyRefused) {
            return Err(ScimError::invalid_value("members must not be empty"));
        }
        if op != "add" {
            return Ok(());
        }
        let known =
            |member: &Value| member_id(member).is_some_and(|id| record.member_ids().any(|known| known == id));
        if self.has(Defect::GroupAddExisting409) && members.iter().any(known) {
            return Err(ScimError::new(409, ScimType::Uniqueness, "already a member"));
        }
        if self.has(Defect::GroupAddReplaces) {
            operation.insert("op".to_owned(), "replace".into());
        }
        Ok(())
    }

    /// Data about to be stored; `before` is what was stored, `None` for a create.
    pub(super) fn stored(
        &self,
        kind: Kind,
        before: Option<&Map<String, Value>>,
        data: &mut Map<String, Value>,
    ) {
        if kind != Kind::User {
            if let Some(Value::Array(members)) =
                data.get_mut("members").filter(|_| self.has(Defect::LargeGroupCut))
            {
                members.truncate(100);
            }
            return;
        }
        if self.has(Defect::TitleDropped) {
            data.shift_remove("title");
        }
        match before {
            None => {
                if let Some(Value::String(name)) =
                    data.get_mut("userName").filter(|_| self.has(Defect::CreateLowercasesUserName))
                {
                    *name = name.to_lowercase();
                }
            }
            Some(before) => {
                let deactivated =
                    data.get("active") == Some(&false.into()) && before.get("active") == Some(&true.into());
                // Text that is "not false" leaves the account usable.
                if deactivated && self.has(Defect::DeactivateNoEffect) {
                    data.insert("active".to_owned(), true.into());
                }
            }
        }
    }

    /// One resource as it is about to be shown.
    pub(super) fn shown(&self, record: &Record, resource: &mut Map<String, Value>) {
        if self.has(Defect::PasswordReturned)
            && let Some(password) = record.data.get("password")
        {
            resource.insert("password".to_owned(), password.clone());
        }
        if self.has(Defect::IdNumber)
            && let Some(number) = record.id.parse::<u64>().ok()
        {
            resource.insert("id".to_owned(), number.into());
        }
        let most = match () {
            () if self.has(Defect::MembersShownTwo) => 2,
            () if self.takes(Liberty::MembersShownHundred) => 100,
            () => usize::MAX,
        };
        if let Some(Value::Array(members)) = resource.get_mut("members").filter(|_| most < usize::MAX) {
            members.truncate(most);
        }
        if let Some(Value::String(locale)) =
            resource.get_mut("locale").filter(|_| self.takes(Liberty::CanonicalLocale))
        {
            *locale = locale.replace('-', "_");
        }
        if self.takes(Liberty::ExtraAttributes) {
            resource.insert("shoeSize".to_owned(), 42.into());
        }
    }

    /// The answer.
    pub(super) fn reply(&self, asked: Asked, reply: &mut Reply) {
        let created = asked.create && reply.status == 201;
        if created && self.has(Defect::CreateReturns200) {
            reply.status = 200;
        }
        if created && self.has(Defect::CreateWithoutBody) {
            reply.body = Body::Empty;
        }
        if created && self.has(Defect::CreateWithoutLocation) {
            reply.location = None;
        }
        self.list(asked, reply);
        let Body::Scim(error) = &reply.body else { return };
        if self.has(Defect::HtmlErrors) {
            let page = format!("<!DOCTYPE html><html><body><h1>Error {}</h1></body></html>", error.status);
            reply.body = Body::NotJson(Bytes::from(page));
        } else if self.has(Defect::ErrorStatusNumber) {
            let mut body = error.to_json();
            body["status"] = error.status.into();
            reply.body = Body::Json(body);
        }
    }

    fn list(&self, asked: Asked, reply: &mut Reply) {
        let Body::Json(Value::Object(body)) = &mut reply.body else { return };
        let Some(Value::Array(resources)) = body.get("Resources") else { return };
        let length = resources.len();
        if self.has(Defect::FilterMiss404) && asked.filtered && body.get("totalResults") == Some(&0.into()) {
            *reply = Reply::error(ScimError::plain(404, "nothing matches"));
            return;
        }
        if self.has(Defect::TotalResultsIsPageLength) {
            body.insert("totalResults".to_owned(), length.into());
        }
        if self.has(Defect::ItemsPerPageRequested) {
            body.insert("itemsPerPage".to_owned(), asked.count.unwrap_or(100).into());
        }
        if self.has(Defect::ListStartIndexString) {
            let text = body.get("startIndex").map(ToString::to_string).unwrap_or_default();
            body.insert("startIndex".to_owned(), text.into());
        }
    }

    /// The answer's headers.
    pub(super) fn response(&self, response: &mut Response<Bytes>) {
        if response.body().starts_with(b"<") {
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
        }
        let Some(media) = response.headers_mut().get_mut(header::CONTENT_TYPE) else { return };
        if self.has(Defect::ContentTypeHtml) {
            *media = HeaderValue::from_static("text/html");
        } else if self.takes(Liberty::ApplicationJson) {
            *media = HeaderValue::from_static("application/json");
        }
    }
}

fn is_urn(text: &str) -> bool {
    text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"))
}

/// A key that is a path into an attribute; dots of a URN are its version.
fn is_dotted(key: &str) -> bool {
    !is_urn(key) && key.contains(['.', '['])
}
