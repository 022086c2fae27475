//! The mock provider behind a standard interface: a tower service in memory, or a socket (feature `server`).
//!
//! Not supported yet: TLS.

#[cfg(feature = "server")]
mod http;
#[cfg(feature = "server")]
#[cfg(test)]
mod tests;
mod tower;

#[cfg(feature = "server")]
pub use self::http::{Server, serve};
pub use self::tower::ProviderService;
