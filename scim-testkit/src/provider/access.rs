//! Who may ask: bearer token, user and password, or tokens that the provider gives out itself (RFC 7644 §2,
//! RFC 6749 §4.4).
//!
//! `/oauth/token` takes `grant_type=client_credentials`, with the client's id and secret in the `Authorization` header
//! or in the body. Any scheme that is set up lets a request in. `scope` is ignored, and there are no refresh tokens.

use std::{
    collections::VecDeque,
    time::{Duration, SystemTime},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use scim_core::{query::pairs, vendor::Rotation};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::World;

/// The path where tokens are given out.
pub const TOKEN_PATH: &str = "/oauth/token";

/// A client that gets tokens for its secret (RFC 6749 §4.4).
#[derive(Clone, Debug)]
pub struct OAuthClient {
    /// Its name.
    pub id: String,
    /// Its secret.
    pub secret: SecretString,
    /// How long a token is good, by the provider's clock.
    pub lifetime: Duration,
}

impl OAuthClient {
    /// A client whose tokens are good for an hour.
    pub fn new(id: impl Into<String>, secret: impl Into<SecretString>) -> Self {
        Self { id: id.into(), secret: secret.into(), lifetime: Duration::from_secs(3600) }
    }
}

/// The credentials that the provider takes; none means that it asks for none.
#[derive(Debug, Default)]
pub(super) struct Access {
    pub(super) token: Option<SecretString>,
    /// User and password.
    pub(super) basic: Option<(String, SecretString)>,
    pub(super) oauth: Option<OAuthClient>,
}

/// The tokens that were given out.
#[derive(Default)]
pub(super) struct Tokens {
    by_oauth: VecDeque<(String, SystemTime)>,
    /// What came in the place of [`Access::token`], the oldest first. All are good, unless a new one kills the old.
    rotated: Vec<SecretString>,
    /// Whether [`Access::token`] is no longer good.
    first_is_dead: bool,
}

impl Tokens {
    /// A new bearer token.
    pub(super) fn rotate(&mut self, world: &mut World, rotation: Rotation) -> SecretString {
        let token = SecretString::from(world.secret());
        if rotation == Rotation::KillsOld {
            self.rotated.clear();
            self.first_is_dead = true;
        } else if self.rotated.len() == MOST_TOKENS {
            self.rotated.remove(0);
        }
        self.rotated.push(token.clone());
        token
    }
}

impl Access {
    pub(super) fn is_open(&self) -> bool {
        self.token.is_none() && self.basic.is_none() && self.oauth.is_none()
    }

    /// Whether the request may go on; if not, what to put into `WWW-Authenticate`.
    pub(super) fn refuses(
        &self,
        headers: &HeaderMap,
        tokens: &Tokens,
        world: &mut World,
    ) -> Option<Vec<&'static str>> {
        if self.is_open() {
            return None;
        }
        let bearer = credentials(headers, b"Bearer ");
        let first = self.token.as_ref().filter(|_| !tokens.first_is_dead);
        if let Some(given) = bearer
            && tokens
                .rotated
                .iter()
                .chain(first)
                .any(|token| same_bytes(given, token.expose_secret().as_bytes()))
        {
            return None;
        }
        if let (Some(given), Some((user, password))) = (decoded_basic(headers), &self.basic)
            && same_bytes(&given, format!("{user}:{}", password.expose_secret()).as_bytes())
        {
            return None;
        }
        let mut wrong_token = false;
        if let (Some(given), Some(_)) = (bearer, &self.oauth) {
            let known = tokens.by_oauth.iter().find(|(token, _)| same_bytes(given, token.as_bytes()));
            if known.is_some_and(|(_, until)| world.now() < *until) {
                return None;
            }
            wrong_token = true;
        }
        let mut challenges = Vec::new();
        if wrong_token {
            challenges.push("Bearer error=\"invalid_token\"");
        } else if self.token.is_some() || self.oauth.is_some() {
            challenges.push("Bearer");
        }
        if self.basic.is_some() {
            challenges.push("Basic realm=\"scim\"");
        }
        Some(challenges)
    }

    /// What a refused client is told.
    pub(super) fn refusal(&self) -> &'static str {
        match (self.token.is_some() || self.oauth.is_some(), self.basic.is_some()) {
            (true, false) => "the bearer token is missing or wrong",
            (false, true) => "the user name or the password is missing or wrong",
            _ => "the credentials are missing or wrong",
        }
    }

    /// `authenticationSchemes` of `/ServiceProviderConfig`; the bearer token where nothing is asked for.
    pub(super) fn schemes(&self) -> Value {
        let mut schemes = Vec::new();
        if self.token.is_some() || self.is_open() {
            schemes.push(json!({
                "type": "oauthbearertoken",
                "name": "Bearer token",
                "description": "A token in the Authorization header",
                "specUri": "https://www.rfc-editor.org/rfc/rfc6750",
            }));
        }
        if self.oauth.is_some() {
            schemes.push(json!({
                "type": "oauth2",
                "name": "OAuth 2.0 client credentials",
                "description": format!("A token from {TOKEN_PATH} in the Authorization header"),
                "specUri": "https://www.rfc-editor.org/rfc/rfc6749",
            }));
        }
        if self.basic.is_some() {
            schemes.push(json!({
                "type": "httpbasic",
                "name": "HTTP Basic",
                "description": "User and password in the Authorization header",
                "specUri": "https://www.rfc-editor.org/rfc/rfc7617",
            }));
        }
        if let Some(first) = schemes.first_mut() {
            first["primary"] = true.into();
        }
        schemes.into()
    }

    /// Answers at [`TOKEN_PATH`]; `None` when there is nobody to give tokens to.
    pub(super) fn give_token(
        &self,
        request: &Request<Bytes>,
        tokens: &mut Tokens,
        world: &mut World,
    ) -> Option<Response<Bytes>> {
        let client = self.oauth.as_ref().filter(|_| request.uri().path() == TOKEN_PATH)?;
        if request.method() != Method::POST {
            let mut response = refused(405, "invalid_request", "tokens are given out for POST");
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
            return Some(response);
        }
        let body = String::from_utf8_lossy(request.body());
        let field = |name: &str| pairs(&body).find(|(known, _)| known == name).map(|(_, value)| value);
        let by_header = decoded_basic(request.headers());
        let given = match &by_header {
            Some(given) => given.clone(),
            None => {
                let (id, secret) = (field("client_id"), field("client_secret"));
                format!("{}:{}", id.unwrap_or_default(), secret.unwrap_or_default()).into_bytes()
            }
        };
        if !same_bytes(&given, format!("{}:{}", client.id, client.secret.expose_secret()).as_bytes()) {
            let mut response = refused(401, "invalid_client", "the client's id or secret is wrong");
            let basic = HeaderValue::from_static("Basic realm=\"scim\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, basic);
            return Some(response);
        }
        match field("grant_type").as_deref() {
            Some("client_credentials") => {}
            Some(_) => {
                let text = "the grant type must be client_credentials";
                return Some(refused(400, "unsupported_grant_type", text));
            }
            None => return Some(refused(400, "invalid_request", "grant_type is missing")),
        }
        let token = world.secret();
        let until = world.now() + client.lifetime;
        if tokens.by_oauth.len() == MOST_TOKENS {
            tokens.by_oauth.pop_front();
        }
        tokens.by_oauth.push_back((token.clone(), until));
        let body = json!({
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": client.lifetime.as_secs(),
        });
        Some(json_answer(StatusCode::OK, &body))
    }
}

/// An error of RFC 6749 §5.2.
fn refused(status: u16, error: &str, text: &str) -> Response<Bytes> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    json_answer(status, &json!({ "error": error, "error_description": text }))
}

fn json_answer(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    for (name, value) in [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn credentials<'a>(headers: &'a HeaderMap, scheme: &[u8]) -> Option<&'a [u8]> {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.as_bytes().split_at_checked(scheme.len()))
        .filter(|(given, _)| given.eq_ignore_ascii_case(scheme))
        .map(|(_, rest)| rest.trim_ascii())
}

/// `user:password` of an `Authorization: Basic` header.
fn decoded_basic(headers: &HeaderMap) -> Option<Vec<u8>> {
    STANDARD.decode(credentials(headers, b"Basic ")?).ok()
}

/// Takes the same time wherever the first difference is.
fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

const MOST_TOKENS: usize = 1000;
