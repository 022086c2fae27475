//! Why a create is refused, and by which filter a stored resource should have been found.

use http::Method;
use scim_core::{json as obj, query::pairs, urn};
use serde_json::{Value, json};

use super::{
    Exchange,
    play::{Player, Scene},
};
use crate::{
    check::{Check, catalog, exchange::described},
    idp::{Person, WireError},
};

impl Player<'_> {
    /// A refused create: which part of the request is it?
    pub(super) async fn explain_create(
        &mut self,
        scene: &mut Scene,
        exchange: &Exchange,
    ) -> Result<bool, WireError> {
        let got = described(exchange);
        if exchange.answer.status == 409 {
            let name =
                exchange.sent_json().and_then(|sent| sent.get("userName")?.as_str().map(str::to_owned));
            let hidden = scene.directory.people.iter().any(|person| {
                Some(&person.user_name) == name.as_ref() && scene.inactive.contains(&person.key)
            });
            let capitals = scene.directory.people.iter().any(|person| {
                Some(&person.user_name) == name.as_ref() && scene.capitals.contains(&person.key)
            });
            let existing =
                scene.directory.people.iter().find(|person| Some(&person.user_name) == name.as_ref());
            let account = existing.and_then(|person| scene.accounts.get(&person.key)).cloned();
            if let Some(id) = account.filter(|_| scene.dialect.matches_by() == "externalId") {
                let path = format!("/Users/{}", scim_core::call::encode(&id));
                let shown = self.recorder.ask(Method::GET, path, None).await?;
                let keeps = shown.json.as_ref().is_some_and(|user| user.get("externalId").is_some());
                let check =
                    if keeps { &catalog::LOOKUP_EXTERNAL_ID } else { &catalog::USER_EXTERNAL_ID_LOST };
                let expected =
                    "the filter before this request finds the account by its externalId".to_owned();
                self.sight(scene, (check, None, expected, got), Some(exchange));
                return Ok(true);
            }
            if capitals {
                let expected = "the filter before this request finds the account, whatever the letter case";
                self.sight(scene, (&catalog::LOOKUP_CASE, None, expected.to_owned(), got), Some(exchange));
                return Ok(true);
            }
            let deleted =
                scene.directory.people.iter().any(|person| {
                    Some(&person.user_name) == name.as_ref() && scene.purged.contains(&person.key)
                });
            if deleted {
                let expected = "201: whoever had this userName is deleted".to_owned();
                self.sight(scene, (&catalog::CREATE_AFTER_DELETE, None, expected, got), Some(exchange));
                return Ok(true);
            }
            if hidden {
                let expected = "the filter before this request finds the inactive account".to_owned();
                self.sight(scene, (&catalog::LOOKUP_INACTIVE, None, expected, got), Some(exchange));
                return Ok(true);
            }
            self.sight(
                scene,
                (&catalog::CREATE_CONFLICT, None, "201: the filter found no such user".to_owned(), got),
                Some(exchange),
            );
            return Ok(true);
        }
        let Some(Value::Object(sent)) = exchange.sent_json() else { return Ok(false) };
        if self.stored_all_the_same(scene, exchange).await? {
            return Ok(true);
        }
        let mut explained = false;
        let mut plain = self.lab.person_body();
        if !self.try_create(&plain).await? {
            return Ok(false);
        }
        let suspects: [(&[&str], &'static Check); 7] = [
            (&["password"], &catalog::CREATE_REFUSED_PASSWORD),
            (&["groups"], &catalog::CREATE_REFUSED_READ_ONLY),
            (&["meta"], &catalog::CREATE_REFUSED_READ_ONLY),
            (&["roles"], &catalog::CREATE_REFUSED_ROLES),
            (&[urn::ENTERPRISE_USER], &catalog::CREATE_REFUSED_EXTENSION),
            (&["externalId"], &catalog::CREATE_REFUSED_ATTRIBUTE),
            (&["locale", "title", "displayName"], &catalog::CREATE_REFUSED_ATTRIBUTE),
        ];
        for (names, check) in suspects {
            for name in names {
                let Some(value) = obj::get(&sent, name) else { continue };
                // Only of an empty list can be said that it is the same as none.
                let empty = value.as_array().is_some_and(Vec::is_empty);
                let check = if check == &catalog::CREATE_REFUSED_ROLES && !empty {
                    &catalog::CREATE_REFUSED_ATTRIBUTE
                } else {
                    check
                };
                plain = self.lab.person_body();
                plain[*name] = value.clone();
                if *name == urn::ENTERPRISE_USER {
                    plain["schemas"] = json!([urn::USER, urn::ENTERPRISE_USER]);
                }
                if *name == "externalId" {
                    plain["externalId"] = self.lab.unique("ext").into();
                }
                if !self.try_create(&plain).await? {
                    let refused = self.recorder.last().cloned();
                    // An endpoint that fails now and then did not mind this attribute.
                    if refused.as_ref().is_some_and(|it| it.answer.status >= 500) {
                        let mut again = self.lab.person_body();
                        again[*name] = plain[*name].clone();
                        again["schemas"] = plain["schemas"].clone();
                        if *name == "externalId" {
                            again["externalId"] = self.lab.unique("ext").into();
                        }
                        if self.try_create(&again).await? {
                            continue;
                        }
                    }
                    explained = true;
                    let got = refused.as_ref().map(described).unwrap_or_default();
                    let subject = (check == &catalog::CREATE_REFUSED_ATTRIBUTE).then(|| (*name).to_owned());
                    self.sight(scene, (check, subject, "201".to_owned(), got), refused.as_ref());
                }
            }
        }
        Ok(explained)
    }

    /// Whether a create that was answered with an error has happened: then the provider would create a second one, or
    /// be refused for ever.
    pub(super) async fn stored_all_the_same(
        &mut self,
        scene: &mut Scene,
        exchange: &Exchange,
    ) -> Result<bool, WireError> {
        if exchange.answer.status < 500 {
            return Ok(false);
        }
        let (collection, attribute) = match exchange.is(&Method::POST, "Groups") {
            true => ("Groups", "displayName"),
            false => ("Users", "userName"),
        };
        let sent = exchange.sent_json().unwrap_or_default();
        let Some(name) = sent.get(attribute).and_then(Value::as_str) else { return Ok(false) };
        let literal = Value::from(name).to_string();
        let filter = scim_core::call::encode(&format!("{attribute} eq {literal}"));
        let answer = self.recorder.ask(Method::GET, format!("/{collection}?filter={filter}"), None).await?;
        let list =
            answer.json.as_ref().and_then(Value::as_object).and_then(|page| obj::get(page, "Resources"));
        let ours = |item: &&Value| {
            let found = item.get(attribute).and_then(Value::as_str).unwrap_or_default();
            found.to_lowercase() == name.to_lowercase()
        };
        let items = list.and_then(Value::as_array).into_iter().flatten();
        let Some(found) = items.filter(|_| answer.is_success()).find(ours) else { return Ok(false) };
        if let Some(id) = found.get("id").and_then(Value::as_str) {
            self.recorder.ledger.adopt(collection, id, name);
        }
        let got = described(exchange);
        self.sight(
            scene,
            (&catalog::CREATE_ERROR_STORED, None, "201, or nothing stored".to_owned(), got),
            Some(exchange),
        );
        Ok(true)
    }

    async fn try_create(&mut self, body: &Value) -> Result<bool, WireError> {
        Ok(self.recorder.ask(Method::POST, "/Users", Some(body.clone())).await?.is_success())
    }

    /// A matching filter that does not work.
    pub(super) async fn explain_filter(
        &mut self,
        scene: &mut Scene,
        exchange: &Exchange,
    ) -> Result<bool, WireError> {
        let status = exchange.answer.status;
        let got = described(exchange);
        let collection = exchange.segments().first().copied().unwrap_or("Users").to_owned();
        let filter = pairs(exchange.query()).find(|(name, _)| name == "filter").map(|(_, value)| value);
        let Some(filter) = filter else { return Ok(false) };
        if status >= 400 {
            // The same question with the spaces encoded otherwise, then without `excludedAttributes`.
            let excluding = exchange.query().contains("excludedAttributes");
            let plain = format!("/{collection}?filter={}", scim_core::call::encode(&filter));
            let encoded =
                if excluding { format!("{plain}&excludedAttributes=members") } else { plain.clone() };
            for (target, check) in [(encoded, &catalog::LOOKUP_PLUS), (plain, &catalog::LOOKUP_EXCLUDED)] {
                if self.recorder.ask(Method::GET, target, None).await?.is_success() {
                    self.sight(scene, (check, None, "200 with a list".to_owned(), got), Some(exchange));
                    return Ok(true);
                }
            }
            if status == 404 {
                self.sight(
                    scene,
                    (&catalog::LOOKUP_MISS_STATUS, None, "200 with an empty list".to_owned(), got),
                    Some(exchange),
                );
                return Ok(true);
            }
            return Ok(false);
        }
        let total = exchange
            .answer
            .json
            .as_ref()
            .and_then(Value::as_object)
            .and_then(|page| obj::get(page, "Resources"))
            .and_then(Value::as_array)
            .map_or(0, Vec::len);
        if total > 1 {
            self.sight(
                scene,
                (
                    &catalog::LOOKUP_TWICE,
                    None,
                    "at most one resource".to_owned(),
                    format!("{total} resources"),
                ),
                Some(exchange),
            );
            return Ok(true);
        }
        Ok(false)
    }

    /// A stored user that the filter does not find.
    pub(super) async fn explain_unfound(
        &mut self,
        scene: &mut Scene,
        person: &Person,
        id: &str,
        exchange: Option<&Exchange>,
    ) -> Result<(), WireError> {
        let got = exchange.map(described).unwrap_or_default();
        let expected = format!("the user with id {id:?}");
        let status = exchange.map_or(0, |exchange| exchange.answer.status);
        if status == 404 {
            self.sight(
                scene,
                (&catalog::LOOKUP_MISS_STATUS, None, "200 with a list".to_owned(), got),
                exchange,
            );
            return Ok(());
        }
        if status >= 400 {
            self.sight(scene, (&catalog::LOOKUP_REFUSED, None, "200 with a list".to_owned(), got), exchange);
            return Ok(());
        }
        if !person.active {
            self.sight(scene, (&catalog::LOOKUP_INACTIVE, None, expected, got), exchange);
            return Ok(());
        }
        // By the value that the endpoint itself returns: is it the case, or the filter as such?
        let path = format!("/Users/{}", scim_core::call::encode(id));
        let answer = self.recorder.ask(Method::GET, path, None).await?;
        let stored = answer
            .json
            .as_ref()
            .and_then(|user| user.get("userName"))
            .and_then(Value::as_str)
            .map(str::to_owned);
        if let Some(stored) = stored.filter(|stored| *stored != person.user_name) {
            let by_stored = self.find_user(&stored).await?;
            if by_stored.iter().any(|user| user.get("id").and_then(Value::as_str) == Some(id)) {
                self.sight(scene, (&catalog::LOOKUP_CASE, None, expected, got), exchange);
                return Ok(());
            }
        }
        self.sight(
            scene,
            (&catalog::LOOKUP_MISSES, Some("Users, userName eq".to_owned()), expected, got),
            exchange,
        );
        Ok(())
    }
}
