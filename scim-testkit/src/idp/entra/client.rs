//! Entra ID's requests on the wire and what it demands of the answers.

use http::Method;
use serde_json::{Value, json};

use super::super::{
    Answer, Stop, Wire, WireRequest,
    encode::{ENTERPRISE, PATCH_OP, spelled},
    task::Task,
};

/// Sends requests with Entra ID's headers.
pub(super) struct Client<'w> {
    pub(super) wire: &'w mut dyn Wire,
}

impl Client<'_> {
    /// Reads the hits of a query: always 200 with a list, even without hits.
    pub(super) async fn list(&mut self, target: &str, task: &Task) -> Result<(Vec<Value>, Answer), Stop> {
        let answer = self.send(Method::GET, target, None).await?;
        if answer.status != 200 {
            return Err(task.refused(&answer));
        }
        let body = spelled(task.object(&answer)?);
        let hits = match (body.get("Resources"), body.get("totalResults").and_then(Value::as_u64)) {
            (Some(Value::Array(hits)), _) => hits.clone(),
            (None | Some(Value::Null), Some(0)) => Vec::new(),
            _ => return Err(task.unusable(&answer, "the answer is not a list of resources")),
        };
        Ok((hits, answer))
    }

    /// Looks for the one resource that matches.
    pub(super) async fn find(&mut self, target: &str, task: &Task) -> Result<Option<(String, Value)>, Stop> {
        let (mut hits, answer) = self.list(target, task).await?;
        if hits.len() > 1 {
            let many = format!("DuplicateTargetEntries: {} resources match where one may", hits.len());
            return Err(task.unusable(&answer, &many));
        }
        let Some(hit) = hits.pop() else { return Ok(None) };
        legible(&hit, &answer, task)?;
        Ok(Some((task.id(&answer, &hit)?, hit)))
    }

    /// Reads the resource behind a cached id.
    pub(super) async fn read(&mut self, target: &str, task: &Task) -> Result<Value, Stop> {
        let answer = self.send(Method::GET, target, None).await?;
        match answer.status {
            200 => {}
            404 => {
                return Err(
                    task.unusable(&answer, "InvalidAnchor: the endpoint no longer knows the cached id")
                );
            }
            _ => return Err(task.refused(&answer)),
        }
        let resource = spelled(task.object(&answer)?);
        legible(&resource, &answer, task)?;
        Ok(resource)
    }

    /// Creates a resource and learns its `id`.
    pub(super) async fn create(
        &mut self,
        collection: &str,
        body: &Value,
        task: &Task,
    ) -> Result<String, Stop> {
        let answer = self.send(Method::POST, collection, Some(body)).await?;
        match answer.status {
            200 | 201 => {}
            409 => {
                return Err(task.unusable(&answer, "EntryConflict: it exists, but the match did not find it"));
            }
            _ => return Err(task.refused(&answer)),
        }
        let resource = task.object(&answer)?;
        task.id(&answer, resource)
    }

    /// Sends a PATCH; the answer must be 204 or 200.
    pub(super) async fn patch(
        &mut self,
        target: &str,
        operations: &[Value],
        task: &Task,
    ) -> Result<(), Stop> {
        let body = json!({ "schemas": [PATCH_OP], "Operations": operations });
        let answer = self.send(Method::PATCH, target, Some(&body)).await?;
        if matches!(answer.status, 200 | 204) { Ok(()) } else { Err(task.refused(&answer)) }
    }

    /// Deletes a resource; one that is gone already is as good.
    pub(super) async fn delete(&mut self, target: &str, task: &Task) -> Result<(), Stop> {
        let answer = self.send(Method::DELETE, target, None).await?;
        if answer.is_success() || answer.status == 404 { Ok(()) } else { Err(task.refused(&answer)) }
    }

    async fn send(&mut self, method: Method, target: &str, body: Option<&Value>) -> Result<Answer, Stop> {
        // No Accept, no User-Agent; a media type with a body alone.
        let content_type = body.map(|_| ("Content-Type", "application/scim+json; charset=utf-8".to_owned()));
        let request = WireRequest {
            method,
            target: target.to_owned(),
            headers: content_type.into_iter().collect(),
            body: body.map(Value::to_string),
        };
        Ok(self.wire.send(request).await?)
    }
}

/// Whether Entra ID can deserialize a resource: it stops at the two shapes below.
fn legible(resource: &Value, answer: &Answer, task: &Task) -> Result<(), Stop> {
    let emails = resource.get("emails").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if emails.iter().any(|email| !email.is_object()) {
        return Err(
            task.unusable(answer, &format!("{INCOMPATIBLE}: emails holds something else than objects"))
        );
    }
    let manager = resource.get(ENTERPRISE).and_then(|extension| extension.get("manager"));
    if manager.is_some_and(|manager| !manager.is_object() && !manager.is_null()) {
        return Err(task.unusable(answer, &format!("{INCOMPATIBLE}: manager is not an object with a value")));
    }
    Ok(())
}

const INCOMPATIBLE: &str = "SystemForCrossDomainIdentityManagementServiceIncompatible";
