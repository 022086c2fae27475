//! Who a request looks like: a table of marks, each with its source.

use std::cell::OnceCell;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{Method, Request, header};
use scim_core::{json as obj, urn};
use serde_json::Value;

use super::address::FLAGS;
use crate::idp::Grade;

/// Who a request looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guess {
    /// The product, such as `Entra ID`.
    pub name: &'static str,
    /// The mark that speaks for it.
    pub because: &'static str,
    /// Whether only this client has the mark; otherwise it is a resemblance.
    pub sure: bool,
}

/// Something by which a client can be told.
pub struct Mark {
    /// Who has it.
    pub guess: Guess,
    /// How well it is known.
    pub grade: Grade,
    /// Where it is known from.
    pub source: &'static str,
    has: fn(&Looks<'_>) -> bool,
}

/// Who the request looks like; `None` if nothing speaks for anybody.
///
/// `inside` is the path below the base address. What only one client has goes before what it shares with others, and
/// within that, the order of [`MARKS`] decides.
#[must_use]
pub fn guess(request: &Request<Bytes>, inside: &str) -> Option<Guess> {
    let agent = request.headers().get(header::USER_AGENT);
    let looks = Looks {
        request,
        inside,
        agent: agent.map(|agent| String::from_utf8_lossy(agent.as_bytes()).trim().to_owned()),
        query: request.uri().query(),
        body: OnceCell::new(),
    };
    let best = |sure: bool| MARKS.iter().find(|mark| mark.guess.sure == sure && (mark.has)(&looks));
    best(true).or_else(|| best(false)).map(|mark| mark.guess)
}

macro_rules! marks {
    ($($name:literal, $sure:literal, $grade:ident, $because:literal, $source:literal, $has:expr;)*) => {
        &[$(Mark {
            guess: Guess { name: $name, because: $because, sure: $sure },
            grade: Grade::$grade,
            source: $source,
            has: $has,
        }),*]
    };
}

/// Every mark.
pub static MARKS: &[Mark] = marks! {
    "Okta", true, Documented, "`User-Agent: Okta SCIM Client`", "Okta's sample requests; princemaple/mock-scim@fa21d772",
        |looks| looks.agent_starts("Okta SCIM Client");
    "Okta", true, Documented, "`User-Agent: OKTA SCIM Integration`, of Okta's test suite", "Okta-SCIM-20-SPEC-Test.json",
        |looks| looks.agent_starts("OKTA SCIM Integration");
    "Entra ID", true, Observed, "the header `Adscimversion`", "bitwarden/server tells Entra ID by it",
        |looks| looks.request.headers().contains_key("adscimversion");
    "Entra ID", true, Documented, "a flag of Entra ID in the address", "MS-COMPAT: aadOptscim062020, AzureAdScimPatch2017",
        |looks| FLAGS.iter().any(|flag| looks.has_parameter(flag));
    "Entra ID", true, Documented, "a token that Entra ID made", "MS-SCIM: issuer and audience of the token",
        |looks| looks.has_token_of_entra();
    "Entra ID", true, Documented, "a schema URI of Microsoft's", "MS-SCIM: group create",
        |looks| looks.lists(|urn| urn.starts_with("http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/"));
    "Entra ID", true, Documented, "a role of type `WindowsAzureActiveDirectoryRole`", "MS-ATTR: application roles",
        |looks| looks.has_role_of_entra();
    "authentik", true, Documented, "`User-Agent: authentik@…`", "goauthentik/authentik, its HTTP client",
        |looks| looks.agent_starts("authentik@");
    "OneLogin", true, Observed, "an empty `User-Agent`, and an address that ends in `?` or `&`", "goauthentik/authentik#11249",
        |looks| looks.agent.as_deref() == Some("") && looks.query.is_some_and(|query| query.is_empty() || query.ends_with('&'));
    "scim", true, Documented, "`User-Agent: scim/…`, this program", "scim-cli",
        |looks| looks.agent_starts("scim/");
    "scim test", true, Documented, "`User-Agent: scim-testkit/…`, this program", "scim-testkit",
        |looks| looks.agent_starts("scim-testkit");
    "scim-client", true, Documented, "`User-Agent: scim-client/…`, the library of this project", "scim-client",
        |looks| looks.agent_starts("scim-client/");
    "curl", true, Documented, "`User-Agent: curl/…`", "curl(1)", |looks| looks.agent_starts("curl/");
    "Postman", true, Documented, "`User-Agent: PostmanRuntime/…`", "postmanlabs/postman-runtime",
        |looks| looks.agent_starts("PostmanRuntime/");
    "Insomnia", true, Documented, "`User-Agent: insomnia/…`", "Kong/insomnia", |looks| looks.agent_starts("insomnia/");
    "HTTPie", true, Documented, "`User-Agent: HTTPie/…`", "httpie/cli", |looks| looks.agent_starts("HTTPie/");
    "Wget", true, Documented, "`User-Agent: Wget/…`", "wget(1)", |looks| looks.agent_starts("Wget/");
    "a browser", false, Documented, "`User-Agent: Mozilla/…`", "every browser", |looks| looks.agent_starts("Mozilla/");
    "OneLogin", false, Observed, "schemas of a SCIM 2.0 that never was, `urn:scim:schemas:core:2.0`", "goauthentik/authentik#11249",
        |looks| looks.is_nameless() && looks.lists(|urn| urn == "urn:scim:schemas:core:2.0");
    "Google Workspace", false, Observed, "the user schemas of SCIM 1 and 2 in one body", "snipe/snipe-it#12642",
        |looks| {
            looks.is_nameless()
                && looks.lists(|urn| urn == "urn:scim:schemas:core:1.0")
                && looks.lists(|urn| urn == urn::USER)
        };
    "Google Workspace", false, Observed, "a lookup with `startIndex=1` and no `count`", "snipe/snipe-it#12642",
        |looks| {
            looks.is_get("/Users")
                && looks.is_nameless()
                && looks.query.is_some_and(|query| query.starts_with("filter=") && query.ends_with("&startIndex=1"))
        };
    "CyberArk Identity", false, Documented, "`GET /Users?count=1`", "CyberArk, SCIM API requirements",
        |looks| looks.is_get("/Users") && looks.is_nameless() && looks.query == Some("count=1");
    "Keycloak", false, Documented, "`Content-Type` on every request, sent by Apache HttpClient", "mitodl/keycloak-scim and its HTTP library",
        |looks| {
            looks.agent_starts("Apache-HttpClient/")
                && looks.header("content-type").as_deref() == Some("application/scim+json")
                && !looks.request.headers().contains_key(header::ACCEPT)
        };
    "Okta", false, Observed, "`Accept-Charset: utf-8` beside `Accept: application/scim+json`", "Okta's sample requests; princemaple/mock-scim@fa21d772",
        |looks| {
            looks.is_nameless()
                && looks.header("accept-charset").as_deref() == Some("utf-8")
                && looks.header("accept").as_deref() == Some("application/scim+json")
        };
    "Entra ID", false, Observed, "no `User-Agent`, and a lookup with `+` for spaces", "MicrosoftDocs/azure-docs#94189; kortix-ai/suna#7297",
        |looks| {
            looks.agent.is_none()
                && *looks.request.method() == Method::GET
                && looks.query.is_some_and(|query| {
                    query.split('&').any(|pair| pair.starts_with("filter=") && pair.contains("+eq+%22")) && !query.ends_with('&')
                })
        };
    "Entra ID", false, Documented, "no `User-Agent`, and a group read without its members", "MS-SCIM: group requests; kortix-ai/suna#7297",
        |looks| {
            looks.agent.is_none()
                && *looks.request.method() == Method::GET
                && looks.inside.starts_with("/Groups")
                && looks.query.is_some_and(|query| query.split('&').any(|pair| pair == "excludedAttributes=members"))
        };
    "Entra ID", false, Documented, "no `User-Agent`, and a PATCH with `op` in capitals", "MS-COMPAT; kortix-ai/suna#7297",
        |looks| {
            looks.agent.is_none()
                && looks.any_operation(|operation| {
                    let op = obj::get(operation, "op").and_then(Value::as_str);
                    op.is_some_and(|op| matches!(op, "Add" | "Remove" | "Replace"))
                })
        };
    "Entra ID", false, Documented, "no `User-Agent`, and a PATCH of dotted keys without `path`", "MS-COMPAT: aadOptscim062020",
        |looks| {
            looks.agent.is_none()
                && looks.any_operation(|operation| {
                    let members = obj::get(operation, "value").and_then(Value::as_object);
                    !operation.contains_key("path")
                        && members.is_some_and(|members| members.keys().any(|key| key.starts_with("name.")))
                })
        };
    "Entra ID", false, Observed, "no `User-Agent`, and `application/scim+json; charset=utf-8`", "pond/scimitar#123; kortix-ai/suna#7297",
        |looks| {
            looks.agent.is_none()
                && !looks.request.headers().contains_key(header::ACCEPT)
                && looks.header("content-type").as_deref() == Some("application/scim+json; charset=utf-8")
        };
    "a program in Go", false, Documented, "`User-Agent: Go-http-client/…`", "net/http", |looks| looks.agent_starts("Go-http-client/");
    "a program in Python", false, Documented, "the `User-Agent` of requests, httpx, aiohttp or urllib", "their source",
        |looks| ["python-requests/", "python-httpx/", "Python/", "Python-urllib/"].iter().any(|name| looks.agent_starts(name));
    "a program in Java", false, Documented, "the `User-Agent` of a Java library", "their source",
        |looks| ["Apache-HttpClient/", "Java-http-client/", "Java/", "okhttp/"].iter().any(|name| looks.agent_starts(name));
    "a program in JavaScript", false, Documented, "the `User-Agent` of node, axios or undici", "their source",
        |looks| {
            looks.agent.as_deref() == Some("node")
                || ["axios/", "node-fetch", "undici"].iter().any(|name| looks.agent_starts(name))
        };
};

/// What marks look at.
struct Looks<'a> {
    request: &'a Request<Bytes>,
    inside: &'a str,
    agent: Option<String>,
    query: Option<&'a str>,
    body: OnceCell<Option<Value>>,
}

impl Looks<'_> {
    fn agent_starts(&self, name: &str) -> bool {
        self.agent.as_deref().is_some_and(|agent| agent.starts_with(name))
    }

    /// Whether the client does not say who it is.
    fn is_nameless(&self) -> bool {
        self.agent.as_deref().is_none_or(str::is_empty)
    }

    fn is_get(&self, inside: &str) -> bool {
        *self.request.method() == Method::GET && self.inside == inside
    }

    fn header(&self, name: &str) -> Option<String> {
        let value = self.request.headers().get(name)?.to_str().ok()?;
        Some(value.to_ascii_lowercase())
    }

    fn has_parameter(&self, name: &str) -> bool {
        let query = self.query.unwrap_or_default();
        query
            .split('&')
            .any(|pair| pair.split(['=', '?', '/']).next().is_some_and(|is| is.eq_ignore_ascii_case(name)))
    }

    fn body(&self) -> Option<&Value> {
        /// What marks look at is in small messages.
        const LARGEST: usize = 1 << 20;
        let read = || {
            let body = self.request.body();
            (body.len() <= LARGEST).then(|| serde_json::from_slice(body).ok()).flatten()
        };
        self.body.get_or_init(read).as_ref()
    }

    /// Whether one of `schemas` is such.
    fn lists(&self, is: fn(&str) -> bool) -> bool {
        let schemas = self.body().and_then(Value::as_object).and_then(|body| obj::get(body, "schemas"));
        schemas
            .and_then(Value::as_array)
            .is_some_and(|schemas| schemas.iter().filter_map(Value::as_str).any(is))
    }

    fn any_operation(&self, is: fn(&serde_json::Map<String, Value>) -> bool) -> bool {
        if *self.request.method() != Method::PATCH {
            return false;
        }
        let operations = self.body().and_then(Value::as_object).and_then(|body| obj::get(body, "Operations"));
        let operations = operations.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        operations.iter().filter_map(Value::as_object).any(is)
    }

    fn has_role_of_entra(&self) -> bool {
        let is = |roles: &Value| {
            let roles = roles.as_array().map_or(&[][..], Vec::as_slice);
            roles.iter().any(|role| {
                role.get("type").and_then(Value::as_str) == Some("WindowsAzureActiveDirectoryRole")
            })
        };
        let Some(body) = self.body() else { return false };
        let operations = body.get("Operations").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        body.get("roles").is_some_and(is) || operations.iter().filter_map(|each| each.get("value")).any(is)
    }

    /// Looks at issuer and audience of a JSON Web Token, whose signature nobody checks here.
    fn has_token_of_entra(&self) -> bool {
        const LARGEST: usize = 16 << 10;
        const AUDIENCE: &str = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621";
        let value = self.request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let claims = value.filter(|value| value.len() <= LARGEST).and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            let claims = token.trim().split('.').nth(1).filter(|_| scheme.eq_ignore_ascii_case("bearer"))?;
            let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
            serde_json::from_slice::<Value>(&claims).ok()
        });
        claims.is_some_and(|claims| {
            let issuer = claims.get("iss").and_then(Value::as_str).unwrap_or_default();
            issuer.starts_with("https://sts.windows.net/")
                && claims.get("aud").and_then(Value::as_str) == Some(AUDIENCE)
        })
    }
}
