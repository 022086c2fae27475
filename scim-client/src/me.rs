//! `/Me`: the user that the credentials stand for (RFC 7644 §3.11).

use scim_core::{
    call::{Call, Me as MeCall},
    patch::PatchOp,
    resource::User,
};

use crate::{client::Client, error::Error, options::CallOptions, read};

/// `/Me`. A redirect to the user's own address is followed when it stays at the same origin.
#[derive(Clone, Copy, Debug)]
pub struct Me<'a> {
    client: &'a Client,
}

impl<'a> Me<'a> {
    pub(crate) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// Reads it.
    ///
    /// # Errors
    /// The call failed.
    pub async fn get(&self) -> Result<User, Error> {
        let call = MeCall::Get { projection: Default::default(), if_none_match: None };
        read::resource(&self.client.call(&Call::Me(call), &CallOptions::default()).await?)
    }

    /// Changes it. `None` when the server does not show the result.
    ///
    /// # Errors
    /// The call failed.
    pub async fn patch(&self, patch: &PatchOp) -> Result<Option<User>, Error> {
        let (patch, projection) = (patch.to_json(), Default::default());
        self.write(MeCall::Patch { patch, projection, if_match: None }).await
    }

    /// Replaces it. `None` when the server does not show the result.
    ///
    /// # Errors
    /// The call failed.
    pub async fn replace(&self, user: &User) -> Result<Option<User>, Error> {
        let resource = read::value(user)?;
        let if_match = user.meta.as_ref().and_then(|meta| meta.version.clone());
        self.write(MeCall::Replace { resource, projection: Default::default(), if_match }).await
    }

    /// Deletes it.
    ///
    /// # Errors
    /// The call failed.
    pub async fn delete(&self) -> Result<(), Error> {
        let call = Call::Me(MeCall::Delete { if_match: None });
        self.client.call(&call, &CallOptions::default()).await.map(drop)
    }

    async fn write(&self, call: MeCall) -> Result<Option<User>, Error> {
        let answer = self.client.call(&Call::Me(call), &CallOptions::default()).await?;
        if read::is_blank(&answer.body) { Ok(None) } else { read::resource(&answer).map(Some) }
    }
}
