//! How the client proves who it is.

mod oauth;

use std::{fmt, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use url::{Origin, Url};

pub use self::oauth::OAuth;
use self::oauth::Tokens;
use crate::{clock::Clock, error::TransportError, exchange::Exchange};

/// Credentials, which `Debug` does not show.
#[derive(Clone, Default)]
pub(crate) enum Auth {
    #[default]
    None,
    /// The `Authorization` header, complete and marked sensitive.
    Fixed(HeaderValue),
    Token(Arc<OAuth>),
}

impl Auth {
    pub(crate) fn bearer(token: &SecretString) -> Option<Self> {
        Self::fixed(&format!("Bearer {}", token.expose_secret()))
    }

    pub(crate) fn basic(user: &str, password: &SecretString) -> Option<Self> {
        let pair = format!("{user}:{}", password.expose_secret());
        Self::fixed(&format!("Basic {}", STANDARD.encode(pair)))
    }

    fn fixed(value: &str) -> Option<Self> {
        let mut value = HeaderValue::from_str(value).ok()?;
        value.set_sensitive(true);
        Some(Self::Fixed(value))
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Fixed(_) => "Fixed(…)",
            Self::Token(_) => "Token(…)",
        })
    }
}

/// More headers of every request to the server, and which server that is.
#[derive(Clone, Debug)]
pub(crate) struct Headers {
    pub(crate) base: Origin,
    pub(crate) headers: HeaderMap,
}

impl Headers {
    fn put(&self, to: &mut HeaderMap) {
        for (name, value) in &self.headers {
            to.insert(name, value.clone());
        }
    }
}

/// The layer that adds the credentials, and gets a new token once when the server refuses the one it had.
#[derive(Debug)]
pub(crate) struct Authorize {
    inner: Exchange,
    headers: Headers,
    source: Source,
}

#[derive(Debug)]
enum Source {
    None,
    Fixed(HeaderValue),
    Tokens(Box<Tokens>),
}

impl Authorize {
    pub(crate) fn new(inner: Exchange, auth: Auth, headers: Headers, clock: Arc<dyn Clock>) -> Self {
        let source = match auth {
            Auth::None => Source::None,
            Auth::Fixed(value) => Source::Fixed(value),
            Auth::Token(oauth) => {
                let near = Url::parse(&oauth.token_url).is_ok_and(|url| url.origin() == headers.base);
                Source::Tokens(Box::new(Tokens::new(oauth, near.then(|| headers.clone()), clock)))
            }
        };
        Self { inner, headers, source }
    }

    pub(crate) async fn call(
        &self,
        request: &Request<Bytes>,
        time: Duration,
    ) -> Result<Response<Bytes>, TransportError> {
        let tokens = match &self.source {
            Source::None => return self.send(request, None, time).await,
            Source::Fixed(value) => return self.send(request, Some(value), time).await,
            Source::Tokens(tokens) => tokens,
        };
        let token = tokens.current(None, &self.inner, time).await?;
        let answer = self.send(request, Some(&token.header), time).await?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        // The server did not act on it, so even a write may be sent again with a new token.
        let token = tokens.current(Some(token.number), &self.inner, time).await?;
        self.send(request, Some(&token.header), time).await
    }

    async fn send(
        &self,
        request: &Request<Bytes>,
        credentials: Option<&HeaderValue>,
        time: Duration,
    ) -> Result<Response<Bytes>, TransportError> {
        let dress = |headers: &mut HeaderMap| {
            if let Some(value) = credentials {
                headers.insert(header::AUTHORIZATION, value.clone());
            }
            self.headers.put(headers);
        };
        self.inner.call(request, dress, time).await
    }
}
