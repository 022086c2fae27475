//! `/Me`: the user that the credentials stand for (RFC 7644 §3.11).

use scim_core::{call::Call, resource::User};

use crate::{
    client::Client,
    error::Error,
    options::CallOptions,
    patch::Patch,
    read,
};

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
        // A list of `Me` and a resource `Me` have the same address.
        let call = Call::list("Me", Default::default());
        read::resource(&self.client.call(&call, &CallOptions::default()).await?)
    }

    /// Changes it. `None` when the server does not show the result.
    ///
    /// # Errors
    /// The call failed.
    pub async fn patch(&self, patch: &Patch) -> Result<Option<User>, Error> {
        self.client.write_me(http::Method::PATCH, &patch.to_json()).await
    }

    /// Replaces it. `None` when the server does not show the result.
    ///
    /// # Errors
    /// The call failed.
    pub async fn replace(&self, user: &User) -> Result<Option<User>, Error> {
        self.client.write_me(http::Method::PUT, &read::value(user)?).await
    }
}

impl Client {
    async fn write_me(&self, method: http::Method, body: &serde_json::Value) -> Result<Option<User>, Error> {
        let intent = crate::retry::Intent::of(&method, false);
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{}/Me", self.inner.base))
            .header(http::header::ACCEPT, scim_core::call::MEDIA_TYPE)
            .header(http::header::CONTENT_TYPE, scim_core::call::MEDIA_TYPE)
            .body(bytes::Bytes::from(body.to_string()))
            .map_err(|error| Error::build(error.to_string()))?;
        let answer = self.send(request, intent, 1, &CallOptions::default()).await?;
        if read::is_blank(&answer.body) { Ok(None) } else { read::resource(&answer).map(Some) }
    }
}
