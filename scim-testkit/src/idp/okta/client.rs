//! Okta's requests on the wire and what it demands of the answers.

use http::Method;
use serde_json::{Value, json};

use super::super::{
    Answer, Sent, Step, Stop, Wire, WireRequest,
    encode::{PATCH_OP, equals, percent, spelled},
    task::Task,
};

/// Sends requests with Okta's headers.
pub(super) struct Client<'w> {
    pub(super) wire: &'w mut dyn Wire,
}

/// A ListResponse that Okta accepts.
pub(super) struct Page {
    pub(super) total: u64,
    pub(super) resources: Vec<Value>,
}

impl Client<'_> {
    /// Looks for a resource by one attribute. A 404 counts as a miss, as the reference allows.
    pub(super) async fn find(
        &mut self,
        collection: &str,
        (attribute, value): (&str, &str),
        task: &Task,
    ) -> Result<Option<(String, Value)>, Stop> {
        let filter = percent(&equals(attribute, value));
        let target = format!("{collection}?filter={filter}&startIndex=1&count={PAGE}");
        let answer = self.send(Method::GET, target, None).await?;
        if answer.status == 404 {
            return Ok(None);
        }
        let page = Page::read(&answer, task)?;
        match page.resources.into_iter().next() {
            Some(hit) => Ok(Some((task.id(&answer, &hit)?, hit))),
            None => Ok(None),
        }
    }

    /// Reads one page of a collection.
    pub(super) async fn page(
        &mut self,
        collection: &str,
        (start, count): (u64, u64),
        task: &Task,
    ) -> Result<(Page, Answer), Stop> {
        let answer =
            self.send(Method::GET, format!("{collection}?startIndex={start}&count={count}"), None).await?;
        Ok((Page::read(&answer, task)?, answer))
    }

    /// Reads all pages of a collection: the next one starts 100 later, whatever came, until `totalResults`.
    pub(super) async fn import(&mut self, collection: &str, at: Step, failed: &str) -> Result<Sent, Stop> {
        let task = Task::new(at, failed);
        let mut ids = Vec::new();
        for number in 0..MOST_PAGES {
            let start = number * PAGE + 1;
            let (page, answer) = self.page(collection, (start, PAGE), &task).await?;
            for resource in &page.resources {
                ids.push(task.id(&answer, resource)?);
            }
            if start + PAGE > page.total {
                break;
            }
        }
        Ok(Sent::Imported(ids))
    }

    /// Reads what the endpoint says of itself; `None` if it says nothing.
    pub(super) async fn described(
        &mut self,
        collection: &str,
        task: &Task,
    ) -> Result<Option<Vec<Value>>, Stop> {
        let answer = self.send(Method::GET, collection.to_owned(), None).await?;
        if matches!(answer.status, 404 | 405 | 501) {
            return Ok(None);
        }
        Ok(Some(Page::read(&answer, task)?.resources))
    }

    /// Reads one resource.
    pub(super) async fn read(&mut self, target: &str, task: &Task) -> Result<(Value, Answer), Stop> {
        let answer = self.send(Method::GET, target.to_owned(), None).await?;
        if answer.status != 200 {
            return Err(task.refused(&answer));
        }
        Ok((spelled(task.object(&answer)?), answer))
    }

    /// Creates a resource and learns its `id`.
    pub(super) async fn create(
        &mut self,
        collection: &str,
        body: &Value,
        task: &Task,
    ) -> Result<String, Stop> {
        let answer = self.send(Method::POST, collection.to_owned(), Some(body)).await?;
        // The reference says 201; nothing shows that Okta minds a 200.
        if !matches!(answer.status, 200 | 201) {
            return Err(task.refused(&answer));
        }
        let resource = task.object(&answer)?;
        task.id(&answer, resource)
    }

    /// Replaces a resource; the answer must be 200 with the updated one.
    pub(super) async fn put(&mut self, target: &str, body: &Value, task: &Task) -> Result<Answer, Stop> {
        let answer = self.send(Method::PUT, target.to_owned(), Some(body)).await?;
        if answer.status != 200 {
            return Err(task.refused(&answer));
        }
        task.object(&answer)?;
        Ok(answer)
    }

    /// Sends a PATCH; the answer must be 204, or 200 with JSON.
    pub(super) async fn patch(
        &mut self,
        target: &str,
        operations: Vec<Value>,
        task: &Task,
    ) -> Result<(), Stop> {
        let body = json!({ "schemas": [PATCH_OP], "Operations": operations });
        let answer = self.send(Method::PATCH, target.to_owned(), Some(&body)).await?;
        match answer.status {
            204 => Ok(()),
            200 => task.object(&answer).map(|_| ()),
            _ => Err(task.refused(&answer)),
        }
    }

    /// Deletes a resource. The reference says 204; nothing shows that Okta minds another success.
    pub(super) async fn delete(&mut self, target: &str, task: &Task) -> Result<(), Stop> {
        let answer = self.send(Method::DELETE, target.to_owned(), None).await?;
        if answer.is_success() { Ok(()) } else { Err(task.refused(&answer)) }
    }

    async fn send(&mut self, method: Method, target: String, body: Option<&Value>) -> Result<Answer, Stop> {
        let mut headers =
            vec![("Accept", "application/scim+json".to_owned()), ("Accept-Charset", "utf-8".to_owned())];
        // A DELETE carries the media type although it has no body.
        if body.is_some() || method == Method::DELETE {
            headers.push(("Content-Type", "application/scim+json; charset=utf-8".to_owned()));
        }
        headers.push(("User-Agent", "Okta SCIM Client 1.0.0".to_owned()));
        headers.push(("Connection", "Keep-Alive".to_owned()));
        headers.push(("Accept-Encoding", "gzip,deflate".to_owned()));
        let request = WireRequest { method, target, headers, body: body.map(Value::to_string) };
        Ok(self.wire.send(request).await?)
    }
}

impl Page {
    /// Reads a ListResponse as strictly as Okta does: numbers are numbers. Okta's support page asks for `Resources` even
    /// when it is empty; the RFC lets it be left out, and no capture shows Okta failing on that.
    fn read(answer: &Answer, task: &Task) -> Result<Self, Stop> {
        if answer.status != 200 {
            return Err(task.refused(answer));
        }
        let body = task.object(answer)?;
        for name in ["totalResults", "startIndex", "itemsPerPage"] {
            if member(body, name).is_some_and(|value| !value.is_u64()) {
                return Err(task.unusable(answer, &format!("{name} is not a JSON integer")));
            }
        }
        let Some(total) = member(body, "totalResults").and_then(Value::as_u64) else {
            return Err(task.unusable(answer, "the list has no totalResults"));
        };
        let none = Vec::new();
        let empty = member(body, "totalResults").and_then(Value::as_u64) == Some(0);
        let listed = member(body, "Resources").filter(|value| !value.is_null());
        let absent = empty.then_some(&none);
        let Some(resources) = listed.map_or(absent, Value::as_array) else {
            return Err(task.unusable(answer, "the list has no Resources array"));
        };
        Ok(Self { total, resources: resources.iter().map(spelled).collect() })
    }
}

/// A list's member, in whatever case: Okta accepts `resources` as well.
fn member<'a>(body: &'a Value, name: &str) -> Option<&'a Value> {
    let mut members = body.as_object()?.iter();
    members.find(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_null()).map(|(_, value)| value)
}

const PAGE: u64 = 100;
/// Our bound, not Okta's: an endpoint that always promises more must not keep us for ever.
const MOST_PAGES: u64 = 200;
