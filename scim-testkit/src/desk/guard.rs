//! Who may ask. The browser of whoever runs the mock also shows pages of strangers, so a request is refused
//!
//! * under a name that is not this machine's: a stranger's name can be made to point here (DNS rebinding);
//! * if it changes something, and a browser says that another page sent it (request forgery).

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header, uri::Authority};

use super::Room;

/// Why a request is refused: status and text.
pub(super) type Refused = (StatusCode, &'static str);

impl Room {
    pub(super) fn admit<B>(&self, request: &Request<B>) -> Result<(), Refused> {
        let headers = request.headers();
        let host = host(request).ok_or((StatusCode::BAD_REQUEST, "the request must name one host"))?;
        if !self.is_own_name(host.host()) {
            let text = "this page answers to localhost and to the address it listens on; with --ui-host to that name too";
            return Err((StatusCode::MISDIRECTED_REQUEST, text));
        }
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            return Ok(());
        }
        let foreign = (StatusCode::FORBIDDEN, "changes are taken from this server's own page only");
        if headers.get_all(header::ORIGIN).iter().any(|origin| !is_same(origin, &host)) {
            return Err(foreign);
        }
        let site = headers.get_all(HeaderName::from_static("sec-fetch-site"));
        if site.iter().any(|site| site != "same-origin" && site != "none") {
            return Err(foreign);
        }
        Ok(())
    }

    fn is_own_name(&self, name: &str) -> bool {
        if let Ok(address) = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            // Only a name can be made to point elsewhere; an address is what was connected to.
            return address.is_loopback() || address == self.bound.ip() || self.bound.ip().is_unspecified();
        }
        name.eq_ignore_ascii_case("localhost")
            || self.options.names.iter().any(|known| known.eq_ignore_ascii_case(name))
    }
}

/// The one host that a request is for.
fn host<B>(request: &Request<B>) -> Option<Authority> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let (first, more) = (hosts.next()?, hosts.next());
    let host: Authority = first.to_str().ok()?.parse().ok()?;
    // An address with a host in it has the say (RFC 9112 §3.2.2), so the two must not differ.
    let agrees = request.uri().authority().is_none_or(|named| *named == host);
    (more.is_none() && agrees && !host.as_str().contains('@')).then_some(host)
}

/// Whether an `Origin` is the page that the host serves.
fn is_same(origin: &HeaderValue, host: &Authority) -> bool {
    let named = origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://"));
    named.is_some_and(|named| named.eq_ignore_ascii_case(host.as_str()))
}

/// What every answer tells a browser: nothing from elsewhere, nothing in a frame, nothing kept.
pub(super) fn protect(headers: &mut HeaderMap) {
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                  form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        // Not `no-referrer`: browsers would then send the page's own forms with `Origin: null`.
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
