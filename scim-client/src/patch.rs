//! PATCH (RFC 7644 §3.5.2), and what takes its place where there is none.

use scim_core::{
    call::Call,
    json,
    patch::{self, PatchOp, Tolerances},
    resource::Resource,
};
use serde_json::{Map, Value};

use crate::{client::Answer, error::Error, options::Precondition, read, resources::Resources};

impl<T: Resource> Resources<'_, T> {
    /// Changes a resource. `None` when the server does not show the result, as with 204.
    ///
    /// Where the server has no PATCH (it says so, or answers 405 or 501), the client reads the resource, makes the
    /// changes itself, and replaces it if nobody else changed it meanwhile; that is remembered for the endpoint. The
    /// schema, for other resources than users and groups, is what `/ResourceTypes` and `/Schemas` say.
    ///
    /// # Errors
    /// The call failed. A PATCH that may have been applied is not repeated: see [`Error::may_have_been_applied`].
    pub async fn patch(&self, id: &str, patch: &PatchOp) -> Result<Option<T>, Error> {
        if patch.is_empty() {
            return Err(Error::build("the PATCH has no operations"));
        }
        let answer = self.patch_json(id, &patch.to_json()).await?;
        if read::is_blank(&answer.body) { Ok(None) } else { read::resource(&answer).map(Some) }
    }

    pub(crate) async fn patch_json(&self, id: &str, patch: &Value) -> Result<Answer, Error> {
        self.check_id(id)?;
        if self.client.has_patch(&self.endpoint) {
            let mut call = Call::patch(self.endpoint.clone(), id, patch.clone());
            if let Call::Patch { projection, if_match, .. } = &mut call {
                projection.clone_from(&self.options.projection);
                *if_match = self.stated_version();
            }
            match self.client.call(&call, &self.options).await {
                Err(error) if error.is_unsupported() => {
                    tracing::info!(endpoint = self.endpoint, "no PATCH here: using GET and PUT from now on");
                    self.client.remember_no_patch(&self.endpoint);
                }
                done => return done,
            }
        }
        self.patch_by_put(id, patch).await
    }

    /// GET, change, PUT; once more when somebody else was faster.
    async fn patch_by_put(&self, id: &str, patch: &Value) -> Result<Answer, Error> {
        let resource_type = self.client.resource_type_of(&self.endpoint).await?;
        let mut lost = 0;
        loop {
            // Everything, so that the PUT takes nothing away.
            let get = Call::get(self.endpoint.clone(), id);
            let before = self.client.call(&get, &self.options).await?;
            let resource: Map<String, Value> =
                serde_json::from_slice(&before.body).map_err(|error| before.body_error(error))?;
            let version = json::get(&resource, "meta")
                .and_then(|meta| json::get(meta.as_object()?, "version")?.as_str())
                .map(str::to_owned)
                .or_else(|| before.etag.clone());
            let after = patch::apply(&resource, patch, &resource_type, &Tolerances::idp())
                .map_err(|error| Error::build(format!("the change cannot be made: {error}")))?;
            if !after.changed {
                return Ok(before);
            }
            let mut call = Call::replace(self.endpoint.clone(), id, Value::Object(after.resource));
            if let Call::Replace { projection, if_match, .. } = &mut call {
                projection.clone_from(&self.options.projection);
                *if_match = match &self.options.precondition {
                    Precondition::Known => version,
                    Precondition::IfMatch(version) => Some(version.clone()),
                    Precondition::None => None,
                };
            }
            match self.client.call(&call, &self.options).await {
                Err(error)
                    if error.is_precondition_failed()
                        && lost < MOST_LOST
                        && self.options.precondition == Precondition::Known =>
                {
                    lost += 1;
                }
                done => return done,
            }
        }
    }
}

const MOST_LOST: u32 = 3;
