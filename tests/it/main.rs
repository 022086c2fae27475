//! Everything that crosses crates: the binary, real sockets, the client against the mock.

mod cli;
mod client;
mod client_bulk;
mod client_roads;
mod client_server;
mod retry;
mod roads;
