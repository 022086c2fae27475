//! Everything that crosses crates: the binary, real sockets, the client against the mock.

mod cases;
mod cli;
mod client;
mod client_bulk;
mod client_more;
mod client_promises;
mod client_roads;
mod client_server;
mod coverage;
mod doors;
mod everyday;
mod kill;
mod library;
mod looking;
mod retry;
mod roads;
mod serve;
mod transport;
mod vendors;
