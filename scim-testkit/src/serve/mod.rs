//! The mock provider behind a standard interface: a tower service in memory, or a socket (feature `server`), with TLS
//! if wanted (feature `tls`).
//!
//! A socket obeys every fault. In memory nothing waits, since there is no clock to wait by; a closed connection is the
//! service's error, and a torn body is a short one.
//!
//! Not supported: HTTP/2, client certificates.

#[cfg(feature = "server")]
mod heard;
#[cfg(feature = "server")]
mod http;
#[cfg(feature = "server")]
#[cfg(test)]
mod tests;
#[cfg(feature = "tls")]
mod tls;
mod tower;
#[cfg(feature = "wiremock")]
mod wiremock;

#[cfg(feature = "tls")]
pub use self::http::serve_tls;
#[cfg(feature = "server")]
pub use self::http::{Server, serve};
#[cfg(feature = "tls")]
pub use self::tls::{Tls, TlsError};
pub use self::tower::{Disconnected, ProviderService};
