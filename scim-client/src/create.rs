//! Making a resource without making it twice.

use scim_core::{json, resource::Resource};

use crate::{
    error::{AnswerError, Error, ErrorKind},
    read,
    resources::Resources,
};

/// What [`Resources::create_or_adopt`] did.
#[derive(Debug)]
pub enum Creation<T> {
    /// It was made.
    Created(T),
    /// It was there already, from an earlier attempt or by somebody else; this is it, unchanged.
    Adopted(T),
    /// Something is in the way that is not it: it has another `externalId`, cannot be found, or there are several.
    Conflict(Box<Error>),
}

impl<T> Creation<T> {
    /// The resource, made or found.
    ///
    /// # Errors
    /// The refusal, when there was a conflict.
    pub fn resource(self) -> Result<T, Error> {
        match self {
            Self::Created(resource) | Self::Adopted(resource) => Ok(resource),
            Self::Conflict(error) => Err(*error),
        }
    }
}

impl<T: Resource> Resources<'_, T> {
    /// Makes a resource, or finds the one that is there already.
    ///
    /// When the server refuses it as a duplicate, or when nobody knows whether a create happened (the connection broke
    /// after it was sent), the client looks for it: by `externalId`, then by `userName`, or `displayName` of a group.
    /// Only when it is not there is it created again, a few times at most.
    ///
    /// # Errors
    /// The call failed for another reason, or the server could not be asked what became of it.
    pub async fn create_or_adopt(&self, resource: &T) -> Result<Creation<T>, Error> {
        let body = read::value(resource)?;
        let mut round = 1;
        loop {
            let error = match self.create(resource).await {
                Ok(created) => return Ok(Creation::Created(created)),
                Err(error) => error,
            };
            let taken = error.is_uniqueness();
            if !taken && !error.may_have_been_applied() {
                return Err(error);
            }
            let found = match self.look_up_patiently(&body).await {
                Ok(found) => found,
                // The one that says that nobody knows is the one to act upon.
                Err(_) if error.may_have_been_applied() => return Err(error),
                Err(lookup) => return Err(lookup),
            };
            match found {
                Found::One(found) => return Ok(Creation::Adopted(found)),
                Found::Other => return Ok(Creation::Conflict(Box::new(error))),
                // A user that no filter shows, and that is in the way all the same.
                Found::None if taken => return Ok(Creation::Conflict(Box::new(error))),
                Found::None if round == MOST_ROUNDS => return Err(error),
                Found::None => {
                    round += 1;
                    // It may have been on its way.
                    self.pause(round).await;
                }
            }
        }
    }

    /// Much hangs on the answer, so a server that stumbles is asked again, also where the policy would not.
    async fn look_up_patiently(&self, body: &serde_json::Value) -> Result<Found<T>, Error> {
        let mut round = 1;
        loop {
            match self.look_up(body).await {
                Err(error) if round < MOST_ROUNDS && error.status().is_none_or(|status| status >= 500) => {
                    round += 1;
                    self.pause(round).await;
                }
                done => return done,
            }
        }
    }

    async fn pause(&self, round: u32) {
        let inner = &self.client.inner;
        let policy = self.options.retry.as_ref().unwrap_or(&inner.policy);
        inner.clock.sleep(policy.base.saturating_mul(round).min(policy.cap)).await;
    }

    async fn look_up(&self, body: &serde_json::Value) -> Result<Found<T>, Error> {
        let text = |name: &str| json::get(body.as_object()?, name)?.as_str().map(str::to_owned);
        let name = if self.endpoint.eq_ignore_ascii_case("Groups") { "displayName" } else { "userName" };
        let external = text("externalId");
        for key in ["externalId", name] {
            let Some(value) = text(key) else { continue };
            match self.find_by(key, &value).await {
                Ok(Some(found)) => {
                    let other = found.external_id().is_some_and(|theirs| {
                        !theirs.is_empty() && external.as_deref().is_some_and(|ours| ours != theirs)
                    });
                    return Ok(if other { Found::Other } else { Found::One(found) });
                }
                Ok(None) => {}
                Err(error) if matches!(error.kind(), ErrorKind::Decode(AnswerError::Several { .. })) => {
                    return Ok(Found::Other);
                }
                // The server cannot filter by that attribute; the next one may do.
                Err(error) if matches!(error.status(), Some(400 | 403 | 404 | 501)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Found::None)
    }
}

enum Found<T> {
    None,
    One(T),
    /// Several, or one that belongs to another identity.
    Other,
}

const MOST_ROUNDS: u32 = 3;
