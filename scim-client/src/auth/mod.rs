//! How the client proves who it is.

mod oauth;

use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use tower_service::Service;

pub use self::oauth::OAuth;
use self::oauth::Tokens;
use crate::{clock::Clock, error::TransportError};

/// Credentials, which `Debug` does not show.
#[derive(Clone, Default)]
pub(crate) enum Auth {
    #[default]
    None,
    /// A header, complete and marked sensitive.
    Fixed(HeaderName, HeaderValue),
    Token(Arc<OAuth>),
}

impl Auth {
    pub(crate) fn bearer(token: &SecretString) -> Option<Self> {
        Self::fixed(header::AUTHORIZATION, &format!("Bearer {}", token.expose_secret()))
    }

    pub(crate) fn basic(user: &str, password: &SecretString) -> Option<Self> {
        let pair = format!("{user}:{}", password.expose_secret());
        Self::fixed(header::AUTHORIZATION, &format!("Basic {}", STANDARD.encode(pair)))
    }

    pub(crate) fn fixed(name: HeaderName, value: &str) -> Option<Self> {
        let mut value = HeaderValue::from_str(value).ok()?;
        value.set_sensitive(true);
        Some(Self::Fixed(name, value))
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Fixed(..) => "Fixed(…)",
            Self::Token(_) => "Token(…)",
        })
    }
}

/// The layer that adds the credentials, and gets a new token once when the server refuses the one it had.
#[derive(Clone, Debug)]
pub(crate) struct Authorize<S> {
    inner: S,
    source: Source<S>,
}

#[derive(Clone, Debug)]
enum Source<S> {
    None,
    Fixed(HeaderName, HeaderValue),
    Tokens(Arc<Tokens<S>>),
}

impl<S: Clone> Authorize<S> {
    pub(crate) fn new(inner: S, auth: Auth, clock: Arc<dyn Clock>) -> Self {
        let source = match auth {
            Auth::None => Source::None,
            Auth::Fixed(name, value) => Source::Fixed(name, value),
            Auth::Token(oauth) => Source::Tokens(Arc::new(Tokens::new(oauth, inner.clone(), clock))),
        };
        Self { inner, source }
    }
}

impl<S> Service<Request<Bytes>> for Authorize<S>
where
    S: Service<Request<Bytes>, Response = Response<Bytes>, Error = TransportError>
        + Clone
        + Send
        + Sync
        + 'static,
    S::Future: Send,
{
    type Response = Response<Bytes>;
    type Error = TransportError;
    type Future = BoxFuture<'static, Result<Response<Bytes>, TransportError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Bytes>) -> Self::Future {
        let Self { mut inner, source } = self.clone();
        match source {
            Source::None => inner.call(request).boxed(),
            Source::Fixed(name, value) => {
                request.headers_mut().insert(name, value);
                inner.call(request).boxed()
            }
            Source::Tokens(tokens) => async move {
                let token = tokens.current(None).await?;
                request.headers_mut().insert(header::AUTHORIZATION, token.header.clone());
                let answer = inner.call(request.clone()).await?;
                if answer.status() != StatusCode::UNAUTHORIZED {
                    return Ok(answer);
                }
                // The server did not act on it, so even a write may be sent again with a new token.
                let token = tokens.current(Some(token.number)).await?;
                request.headers_mut().insert(header::AUTHORIZATION, token.header);
                inner.call(request).await
            }
            .boxed(),
        }
    }
}
