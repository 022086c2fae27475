//! The laboratory: one feature of a request at a time, on scratch resources, beside a control in plain RFC form.
//!
//! A probe fails only if its control works: what the endpoint cannot do in any form is not the feature's fault.

use std::collections::HashMap;

use http::Method;
use scim_core::{call::encode, json as obj, urn};
use serde_json::{Map, Value, json};

use super::{Exchange, recorder::Recorder};
use crate::{
    check::{Check, catalog, exchange::described},
    idp::WireError,
};

/// Something that a provider's PATCH relies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Feature {
    OpCase,
    BooleanString,
    Pathless,
    PathlessActive,
    DottedKeys,
    UrnKeys,
    Replace,
    ReplaceAbsent,
    ReplaceActive,
    AddActive,
    AddSingle,
    Remove,
    SubAttribute,
    ValuePath,
    ValuePathCreate,
    UrnPath,
    UrnPathAdd,
    ManagerString,
    ManagerClear,
    Multiple,
    GroupOpCase,
    GroupPathless,
    GroupIdInValue,
    GroupRename,
    GroupExternalId,
    GroupMultiple,
    MembersAdd,
    MembersAddAgain,
    MembersOpCase,
    MembersRefNull,
    MembersRemovePath,
    MembersRemoveValue,
    MembersReplace,
    MembersReplaceEmpty,
}

/// What became of a probe.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// The feature works.
    Works,
    /// The feature does not work, and its control does.
    Fails(Vec<Failure>),
    /// Nothing can be said: the control does not work either, or could not be set up.
    Unknown,
}

/// A cause.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) check: &'static Check,
    pub(super) expected: String,
    pub(super) got: String,
    pub(super) exchange: Option<Exchange>,
}

/// Makes scratch resources and remembers what was tried.
#[derive(Default)]
pub(super) struct Lab {
    prefix: String,
    domain: String,
    count: usize,
    known: HashMap<Feature, Outcome>,
    /// The attribute for which the plainest PATCH works.
    plain: Option<&'static str>,
    pub(super) shows_members: Option<bool>,
}

/// A scratch user or group and what it looked like when it was made.
pub(super) struct Scratch {
    pub(super) path: String,
    pub(super) id: String,
    body: Map<String, Value>,
}

impl Lab {
    pub(super) fn new(prefix: String, domain: String) -> Self {
        Self { prefix, domain, ..Self::default() }
    }

    /// Text that nothing else in any run has.
    pub(super) fn unique(&mut self, what: &str) -> String {
        self.count += 1;
        format!("{}-lab{:03}-{what}", self.prefix, self.count)
    }

    /// A user in the plainest form that real endpoints take.
    pub(super) fn person_body(&mut self) -> Value {
        let name = self.unique("user");
        let address = format!("{name}@{}", self.domain);
        json!({
            "schemas": [urn::USER],
            "userName": address,
            "name": {"givenName": "Scratch", "familyName": "User"},
            "displayName": name,
            "emails": [{"value": address, "type": "work", "primary": true}],
            "active": true,
        })
    }

    /// Tries a feature, once for each run.
    pub(super) async fn probe(
        &mut self,
        feature: Feature,
        wire: &mut Recorder,
    ) -> Result<Outcome, WireError> {
        if let Some(known) = self.known.get(&feature) {
            return Ok(known.clone());
        }
        let outcome = self.run(feature, wire).await?;
        self.known.insert(feature, outcome.clone());
        Ok(outcome)
    }

    async fn run(&mut self, feature: Feature, wire: &mut Recorder) -> Result<Outcome, WireError> {
        match feature {
            Feature::OpCase => {
                self.plain_pair(
                    wire,
                    &catalog::PATCH_OP_CASE,
                    |path, new| json!([{"op": "Replace", "path": path, "value": new}]),
                )
                .await
            }
            Feature::Pathless => {
                self.plain_pair(wire, &catalog::PATCH_PATHLESS, |path, new| match path.split_once('.') {
                    Some((name, sub)) => json!([{"op": "replace", "value": {name: {sub: new}}}]),
                    None => json!([{"op": "replace", "value": {path: new}}]),
                })
                .await
            }
            Feature::DottedKeys | Feature::UrnKeys
                if !matches!(Box::pin(self.probe(Feature::Pathless, wire)).await?, Outcome::Works) =>
            {
                Box::pin(self.probe(Feature::Pathless, wire)).await
            }
            Feature::DottedKeys => {
                self.pair(wire, &catalog::PATCH_DOTTED_KEYS, "name.givenName", |new| {
                    (
                        json!([{"op": "replace", "path": "name.givenName", "value": new}]),
                        json!([{"op": "replace", "value": {"name.givenName": new}}]),
                    )
                })
                .await
            }
            Feature::UrnKeys => {
                let department = format!("{}:department", urn::ENTERPRISE_USER);
                self.pair(wire, &catalog::PATCH_URN_KEYS, "enterprise.department", |new| {
                    (
                        json!([{"op": "replace", "path": department, "value": new}]),
                        json!([{"op": "replace", "value": {department.clone(): new}}]),
                    )
                })
                .await
            }
            Feature::AddSingle => {
                self.plain_pair(
                    wire,
                    &catalog::PATCH_ADD_SINGLE,
                    |path, new| json!([{"op": "add", "path": path, "value": new}]),
                )
                .await
            }
            Feature::Replace => self.plainest(wire).await,
            Feature::SubAttribute => {
                self.single(
                    wire,
                    &catalog::PATCH_SUB_ATTRIBUTE,
                    "name.givenName",
                    |new| json!([{"op": "replace", "path": "name.givenName", "value": new}]),
                )
                .await
            }
            Feature::UrnPath | Feature::UrnPathAdd => {
                let path = format!("{}:department", urn::ENTERPRISE_USER);
                let op = if feature == Feature::UrnPath { "replace" } else { "add" };
                self.single(
                    wire,
                    &catalog::PATCH_URN_PATH,
                    "enterprise.department",
                    |new| json!([{"op": op, "path": path, "value": new}]),
                )
                .await
            }
            Feature::Multiple => self.multiple(wire).await,
            Feature::Remove => self.remove(wire).await,
            Feature::ValuePath => self.value_path(wire).await,
            Feature::ValuePathCreate => self.value_path_create(wire).await,
            Feature::ManagerString => self.manager_string(wire).await,
            Feature::ManagerClear => self.manager_clear(wire).await,
            Feature::BooleanString => {
                let test = json!([{"op": "replace", "path": "active", "value": "False"}]);
                self.deactivation(wire, &catalog::PATCH_BOOLEAN_STRING, test).await
            }
            Feature::PathlessActive => {
                let test = json!([{"op": "replace", "value": {"active": false}}]);
                self.deactivation(wire, &catalog::PATCH_PATHLESS, test).await
            }
            Feature::AddActive => {
                let test = json!([{"op": "add", "path": "active", "value": false}]);
                self.deactivation(wire, &catalog::PATCH_ADD_SINGLE, test).await
            }
            Feature::ReplaceAbsent => self.replace_absent(wire).await,
            Feature::ReplaceActive => self.replace_active(wire).await,
            group => self.run_group(group, wire).await,
        }
    }

    /// A feature beside its control, both setting one attribute of a fresh user.
    async fn pair(
        &mut self,
        wire: &mut Recorder,
        check: &'static Check,
        attribute: &str,
        requests: impl Fn(&str) -> (Value, Value),
    ) -> Result<Outcome, WireError> {
        let Some(user) = self.user(wire, true).await? else { return Ok(Outcome::Unknown) };
        let first = self.unique("first");
        self.patch(&user, requests(&first).0, wire).await?;
        if !same(self.read(&user, attribute, wire).await?.as_deref(), &first) {
            // The control fails. If even the plainest PATCH does, that is the cause.
            let plainest = self.plainest(wire).await?;
            return Ok(if matches!(plainest, Outcome::Works) { Outcome::Unknown } else { plainest });
        }
        let second = self.unique("second");
        self.attempt(&user, requests(&second).1, attribute, &second, check, wire).await
    }

    /// A feature that is the RFC's own form, so that it needs no control but a working PATCH.
    async fn single(
        &mut self,
        wire: &mut Recorder,
        check: &'static Check,
        attribute: &str,
        request: impl Fn(&str) -> Value,
    ) -> Result<Outcome, WireError> {
        let Some(user) = self.user(wire, true).await? else { return Ok(Outcome::Unknown) };
        if self.stored(&user, attribute, wire).await?.is_none() {
            return Ok(Outcome::Unknown);
        }
        let new = self.unique("value");
        self.attempt(&user, request(&new), attribute, &new, check, wire).await
    }

    /// The plainest PATCH: `replace` of one attribute. An endpoint may make up `displayName`, so others are tried too.
    async fn plainest(&mut self, wire: &mut Recorder) -> Result<Outcome, WireError> {
        if let Some(known) = self.known.get(&Feature::Replace) {
            return Ok(known.clone());
        }
        let Some(user) = self.user(wire, true).await? else { return Ok(Outcome::Unknown) };
        for attribute in ["displayName", "name.familyName", "title"] {
            let new = self.unique("value");
            let request = json!([{"op": "replace", "path": attribute, "value": new}]);
            self.patch(&user, request, wire).await?;
            if same(self.read(&user, attribute, wire).await?.as_deref(), &new) {
                self.plain = Some(attribute);
                self.known.insert(Feature::Replace, Outcome::Works);
                return Ok(Outcome::Works);
            }
        }
        let new = self.unique("value");
        let request = json!([{"op": "replace", "path": "displayName", "value": new}]);
        let outcome = self.attempt(&user, request, "displayName", &new, &catalog::PATCH_BASIC, wire).await?;
        self.known.insert(Feature::Replace, outcome.clone());
        Ok(outcome)
    }

    /// A feature on whichever attribute the plainest PATCH works for.
    async fn plain_pair(
        &mut self,
        wire: &mut Recorder,
        check: &'static Check,
        request: impl Fn(&str, &str) -> Value,
    ) -> Result<Outcome, WireError> {
        let control = self.plainest(wire).await?;
        let (Outcome::Works, Some(attribute)) = (&control, self.plain) else { return Ok(control) };
        let Some(user) = self.user(wire, true).await? else { return Ok(Outcome::Unknown) };
        let new = self.unique("value");
        self.attempt(&user, request(attribute, &new), attribute, &new, check, wire).await
    }

    async fn attempt(
        &mut self,
        user: &Scratch,
        operations: Value,
        attribute: &str,
        wanted: &str,
        check: &'static Check,
        wire: &mut Recorder,
    ) -> Result<Outcome, WireError> {
        let exchange = self.patch(user, operations, wire).await?;
        let got = self.read(user, attribute, wire).await?;
        if same(got.as_deref(), wanted) {
            return Ok(Outcome::Works);
        }
        let got = told(
            exchange.as_ref(),
            &format!(
                "{attribute} {}",
                got.map_or_else(|| "without value".to_owned(), |got| format!("{got:?}"))
            ),
        );
        Ok(fails(check, format!("{attribute} {wanted:?}"), got, exchange))
    }

    async fn multiple(&mut self, wire: &mut Recorder) -> Result<Outcome, WireError> {
        let Some(user) = self.user(wire, true).await? else { return Ok(Outcome::Unknown) };
        let (family, given) = (self.unique("family"), self.unique("given"));
        let one = |name: &str, value: &str| json!({"op": "replace", "path": format!("name.{name}"), "value": value});
        for name in ["familyName", "givenName"] {
            let control = self.unique("control");
            self.patch(&user, json!([one(name, &control)]), wire).await?;
            if self.read(&user, &format!("name.{name}"), wire).await?.as_deref() != Some(control.as_str()) {
                return Ok(Outcome::Unknown);
            }
        }
        let exchange =
            self.patch(&user, json!([one("familyName", &family), one("givenName", &given)]), wire).await?;
        let got = (
            self.read(&user, "name.familyName", wire).await?,
            self.read(&user, "name.givenName", wire).await?,
        );
        if got == (Some(family), Some(given)) {
            return Ok(Outcome::Works);
        }
        let got = told(exchange.as_ref(), "not both attributes changed");
        Ok(fails(&catalog::PATCH_MULTIPLE, "both operations are applied".to_owned(), got, exchange))
    }

    async fn remove(&mut self, wire: &mut Recorder) -> Result<Outcome, WireError> {
        let Some(user) = self.user(wire, true).await? else { return Ok(Outcome::Unknown) };
        if self.stored(&user, "title", wire).await?.is_none() {
            return Ok(Outcome::Unknown);
        }
        let exchange = self.patch(&user, json!([{"op": "remove", "path": "title"}]), wire).await?;
        match self.read(&user, "title", wire).await? {
            // A server may put a default, or an empty text, in its place.
            None => Ok(Outcome::Works),
            Some(left) if left != "Scratch" => Ok(Outcome::Works),
            Some(left) => {
                let got = told(exchange.as_ref(), &format!("title {left:?}"));
                Ok(fails(&catalog::PATCH_REMOVE_ATTRIBUTE, "no title".to_owned(), got, exchange))
            }
        }
    }

    async fn value_path(&mut self, wire: &mut Recorder) -> Result<Outcome, WireError> {
        let Some(user) = self.user(wire, true).await? else { return Ok(Outcome::Unknown) };
        if self.stored(&user, "emails.work", wire).await?.is_none() {
            return Ok(Outcome::Unknown);
        }
        let new = format!("{}@{}", self.unique("mail"), self.domain);
        let request = json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": new}]);
        self.attempt(&user, request, "emails.work", &new, &catalog::PATCH_VALUE_PATH, wire).await
    }

    async fn value_path_create(&mut self, wire: &mut Recorder) -> Result<Outcome, WireError> {
        // A server that cannot do value paths at all fails that probe, not this one.
        if !matches!(self.value_path(wire).await?, Outcome::Works) {
            return self.value_path(wire).await;
        }
        let Some(user) = self.user(wire, false).await? else { return Ok(Outcome::Unknown) };
        if self.stored(&user, "emails.work", wire).await?.is_some() {
            return Ok(Outcome::Unknown);
        }
        let new = format!("{}@{}", self.unique("mail"), self.domain);
        let request = json!([{"op": "add", "path": "emails[type eq \"work\"].value", "value": new}]);
        self.attempt(&user, request, "emails.work", &new, &catalog::PATCH_VALUE_PATH_CREATE, wire).await
    }

    /// `replace` of an attribute that has no value adds it (RFC 7644 §3.5.2.3).
    async fn replace_absent(&mut self, wire: &mut Recorder) -> Result<Outcome, WireError> {
        let Some(user) = self.user(wire, true).await? else { return Ok(Outcome::Unknown) };
        let title = |new: &str| json!([{"op": "replace", "path": "title", "value": new}]);
        let control = self.unique("control");
        self.patch(&user, title(&control), wire).await?;
        if !same(self.read(&user, "title", wire).await?.as_deref(), &control) {
            return Ok(Outcome::Unknown);
        }
        let plain = self.person_body();
        let Some(user) = self.create("Users", &plain, wire).await? else { return Ok(Outcome::Unknown) };
        if self.stored(&user, "title", wire).await?.is_some() {
            return Ok(Outcome::Unknown);
        }
        let new = self.unique("value");
        self.attempt(&user, title(&new), "title", &new, &catalog::PATCH_REPLACE_ABSENT, wire).await
    }

    async fn manager_string(&mut self, wire: &mut Recorder) -> Result<Outcome, WireError> {
        let (Some(user), Some(boss)) = (self.user(wire, true).await?, self.user(wire, true).await?) else {
            return Ok(Outcome::Unknown);
        };
        let path = format!("{}:manager", urn::ENTERPRISE_USER);
        let control = json!([{"op": "replace", "path": path, "value": {"value": user.id}}]);
        self.patch(&user, control, wire).await?;
        if !same(self.read(&user, "enterprise.manager", wire).await?.as_deref(), &user.id) {
            return Ok(Outcome::Unknown);
        }
        let request = json!([{"op": "replace", "path": path, "value": boss.id}]);
        self.attempt(&user, request, "enterprise.manager", &boss.id, &catalog::PATCH_MANAGER_STRING, wire)
            .await
    }

    /// An empty text in place of the manager's id: the manager is gone.
    async fn manager_clear(&mut self, wire: &mut Recorder) -> Result<Outcome, WireError> {
        let control = Box::pin(self.probe(Feature::ManagerString, wire)).await?;
        if !matches!(control, Outcome::Works) {
            return Ok(control);
        }
        let (Some(user), Some(boss)) = (self.user(wire, true).await?, self.user(wire, true).await?) else {
            return Ok(Outcome::Unknown);
        };
        let path = format!("{}:manager", urn::ENTERPRISE_USER);
        let set = json!([{"op": "replace", "path": path, "value": boss.id}]);
        self.patch(&user, set, wire).await?;
        let exchange = self.patch(&user, json!([{"op": "replace", "path": path, "value": ""}]), wire).await?;
        match self.read(&user, "enterprise.manager", wire).await?.filter(|id| !id.is_empty()) {
            None => Ok(Outcome::Works),
            Some(id) => {
                let got = told(exchange.as_ref(), &format!("manager {id:?}"));
                Ok(fails(&catalog::PATCH_MANAGER_REMOVE, "no manager".to_owned(), got, exchange))
            }
        }
    }

    async fn deactivation(
        &mut self,
        wire: &mut Recorder,
        check: &'static Check,
        test: Value,
    ) -> Result<Outcome, WireError> {
        if !matches!(self.replace_active(wire).await?, Outcome::Works) {
            return self.replace_active(wire).await;
        }
        let Some(user) = self.user(wire, true).await? else { return Ok(Outcome::Unknown) };
        self.deactivate(&user, test, check, wire).await
    }

    /// The plainest deactivation.
    async fn replace_active(&mut self, wire: &mut Recorder) -> Result<Outcome, WireError> {
        if let Some(known) = self.known.get(&Feature::ReplaceActive) {
            return Ok(known.clone());
        }
        let Some(user) = self.user(wire, true).await? else { return Ok(Outcome::Unknown) };
        let plain = json!([{"op": "replace", "path": "active", "value": false}]);
        let outcome = self.deactivate(&user, plain, &catalog::DEACTIVATE_NO_EFFECT, wire).await?;
        let outcome = match outcome {
            // Refused and ignored are two findings.
            Outcome::Fails(mut failures) => {
                for failure in &mut failures {
                    let refused =
                        failure.exchange.as_ref().is_some_and(|exchange| !exchange.answer.is_success());
                    if refused {
                        failure.check = &catalog::DEACTIVATE_REFUSED;
                    }
                }
                Outcome::Fails(failures)
            }
            other => other,
        };
        self.known.insert(Feature::ReplaceActive, outcome.clone());
        Ok(outcome)
    }

    async fn deactivate(
        &mut self,
        user: &Scratch,
        operations: Value,
        check: &'static Check,
        wire: &mut Recorder,
    ) -> Result<Outcome, WireError> {
        let exchange = self.patch(user, operations, wire).await?;
        let answer = wire.ask(Method::GET, user.path.clone(), None).await?;
        // Some endpoints delete on deactivation; that is another finding.
        if matches!(answer.status, 404 | 410) && exchange.as_ref().is_some_and(|it| it.answer.is_success()) {
            return Ok(Outcome::Works);
        }
        let active = answer
            .json
            .as_ref()
            .and_then(Value::as_object)
            .and_then(|user| obj::get(user, "active"))
            .cloned();
        if active == Some(Value::Bool(false)) {
            return Ok(Outcome::Works);
        }
        let got = told(exchange.as_ref(), &format!("active {}", active.unwrap_or_default()));
        Ok(fails(check, "active false".to_owned(), got, exchange))
    }

    /// A fresh user with everything that a probe may need; without e-mail if so asked.
    async fn user(&mut self, wire: &mut Recorder, with_email: bool) -> Result<Option<Scratch>, WireError> {
        let mut body = self.person_body();
        body["title"] = "Scratch".into();
        body["schemas"] = json!([urn::USER, urn::ENTERPRISE_USER]);
        body[urn::ENTERPRISE_USER] = json!({"department": "Scratch"});
        if !with_email && let Some(body) = body.as_object_mut() {
            body.shift_remove("emails");
        }
        let made = self.create("Users", &body, wire).await?;
        if made.is_some() || !with_email {
            return Ok(made);
        }
        let plain = self.person_body();
        self.create("Users", &plain, wire).await
    }

    pub(super) async fn create(
        &mut self,
        collection: &str,
        body: &Value,
        wire: &mut Recorder,
    ) -> Result<Option<Scratch>, WireError> {
        let answer = wire.ask(Method::POST, format!("/{collection}"), Some(body.clone())).await?;
        let made = answer.json.as_ref().and_then(Value::as_object).filter(|_| answer.is_success());
        Ok(made.and_then(|made| {
            let id = obj::get(made, "id")?.as_str()?.to_owned();
            Some(Scratch { path: format!("/{collection}/{}", encode(&id)), id, body: made.clone() })
        }))
    }

    pub(super) async fn patch(
        &mut self,
        on: &Scratch,
        operations: Value,
        wire: &mut Recorder,
    ) -> Result<Option<Exchange>, WireError> {
        let body = json!({"schemas": [urn::PATCH_OP], "Operations": operations});
        wire.ask(Method::PATCH, on.path.clone(), Some(body)).await?;
        Ok(wire.last().cloned())
    }

    pub(super) async fn read(
        &mut self,
        of: &Scratch,
        attribute: &str,
        wire: &mut Recorder,
    ) -> Result<Option<String>, WireError> {
        let answer = wire.ask(Method::GET, of.path.clone(), None).await?;
        Ok(answer.json.as_ref().and_then(Value::as_object).and_then(|object| lookup(object, attribute)))
    }

    /// What the endpoint stored of an attribute on create.
    async fn stored(
        &mut self,
        of: &Scratch,
        attribute: &str,
        wire: &mut Recorder,
    ) -> Result<Option<String>, WireError> {
        match lookup(&of.body, attribute) {
            Some(value) => Ok(Some(value)),
            None => self.read(of, attribute, wire).await,
        }
    }
}

fn lookup(object: &Map<String, Value>, attribute: &str) -> Option<String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match attribute.split_once('.') {
        Some(("enterprise", "manager")) => {
            let manager = obj::get(obj::get(object, urn::ENTERPRISE_USER)?.as_object()?, "manager")?;
            manager.get("value").and_then(text)
        }
        Some(("enterprise", name)) => {
            obj::get(obj::get(object, urn::ENTERPRISE_USER)?.as_object()?, name).and_then(text)
        }
        Some(("emails", kind)) => obj::get(object, "emails")?
            .as_array()?
            .iter()
            .find(|email| {
                email.get("type").and_then(Value::as_str).is_some_and(|it| it.eq_ignore_ascii_case(kind))
            })
            .and_then(|email| email.get("value"))
            .and_then(text),
        Some((name, sub)) => obj::get(obj::get(object, name)?.as_object()?, sub).and_then(text),
        None => obj::get(object, attribute).and_then(text),
    }
}

/// Equal but for letter case, which is the server's to choose (RFC 7643 §7).
pub(super) fn same(got: Option<&str>, wanted: &str) -> bool {
    got.is_some_and(|got| got.to_lowercase() == wanted.to_lowercase())
}

/// What the endpoint answered, and what came of it.
pub(super) fn told(exchange: Option<&Exchange>, state: &str) -> String {
    match exchange {
        Some(exchange) if exchange.answer.is_success() => {
            format!("{} and, read back, {state}", exchange.answer.status)
        }
        Some(exchange) => described(exchange),
        None => state.to_owned(),
    }
}

pub(super) fn fails(
    check: &'static Check,
    expected: String,
    got: String,
    exchange: Option<Exchange>,
) -> Outcome {
    Outcome::Fails(vec![Failure { check, expected, got, exchange }])
}
