//! What a developer sees of the mock while a real identity provider asks it: a page with the requests as they come, what
//! each changed and what is wrong with it, the users and groups, and buttons for the [control
//! API](crate::provider::Control).
//!
//! It is a server of its own, on a port of its own: the SCIM port may be reached from the internet through a tunnel, this
//! one never should. It listens where it is told to, answers only to the names of this machine (so no foreign page can
//! reach it through a name that it controls), and takes changes only from its own page or from no page at all.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use scim_testkit::{desk::{Desk, DeskOptions}, provider::Provider};
//! use tokio::net::TcpListener;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let provider = Arc::new(Provider::builder().build()?);
//! let listener = TcpListener::bind("127.0.0.1:8081").await?;
//! let desk = Desk::start(listener, provider, DeskOptions { page: true, ..DeskOptions::default() })?;
//! println!("look at {}", desk.url());
//! # desk.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! Not supported: TLS, more than one person's language, and hiding what the mock holds from whoever can reach the port.

mod acts;
mod body;
mod events;
mod exchange;
mod guard;
mod notes;
mod page;
mod rows;
mod server;
#[cfg(test)]
mod tests;

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use scim_core::schema::ResourceType;
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
    task::JoinHandle,
};

pub use self::exchange::Exchange;
use self::{notes::Notes, rows::Rows};
use crate::provider::Provider;

/// What a [`Desk`] offers, and to whom.
#[derive(Clone, Debug, Default)]
pub struct DeskOptions {
    /// Whether there is the page; the control API is always there.
    pub page: bool,
    /// How a client gets in, for the page's advice, such as `the token that was given with --token`; never the secret
    /// itself. Empty if nothing is asked for.
    pub access: String,
    /// Names by which browsers may ask, beside those of this machine and the address that is listened on.
    pub names: Vec<String>,
}

/// The page and the control API on a socket.
///
/// Dropping it stops the server without waiting; [`Desk::stop`] waits.
#[derive(Debug)]
pub struct Desk {
    url: String,
    closing: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Desk {
    /// Starts to serve.
    ///
    /// # Errors
    /// The listener has no address.
    pub fn start(listener: TcpListener, provider: Arc<Provider>, options: DeskOptions) -> io::Result<Self> {
        let bound = listener.local_addr()?;
        let (closing, closed) = watch::channel(false);
        let room = Arc::new(Room::new(provider, options, bound, closed));
        let task = tokio::spawn(server::listen(listener, room));
        Ok(Self { url: format!("http://{bound}"), closing, task })
    }

    /// Where it is, such as `http://127.0.0.1:8081`; the control API is at `/control` there.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends all streams and stops.
    pub async fn stop(self) {
        self.closing.send_replace(true);
        // A panic on the way has been told.
        let _ = self.task.await;
    }
}

/// What all connections share.
struct Room {
    provider: Arc<Provider>,
    types: Vec<ResourceType>,
    options: DeskOptions,
    bound: SocketAddr,
    /// Which server it is: numbers of the journal of another one mean nothing.
    run: String,
    rows: Mutex<Rows>,
    notes: Mutex<Notes>,
    /// Number of the latest entry of the journal.
    latest: watch::Receiver<u64>,
    /// Number of the latest entry that is in `rows`.
    ready: watch::Sender<u64>,
    /// `true`, or without a sender, once the server shall stop.
    closed: watch::Receiver<bool>,
    streams: Arc<Semaphore>,
}

impl Room {
    fn new(
        provider: Arc<Provider>,
        options: DeskOptions,
        bound: SocketAddr,
        closed: watch::Receiver<bool>,
    ) -> Self {
        let (told, latest) = watch::channel(0);
        provider.watch(move |number| {
            told.send_if_modified(|last| {
                let newer = number > *last;
                *last = number.max(*last);
                newer
            });
        });
        Self {
            types: provider.resource_types().into_iter().cloned().collect(),
            run: format!("{:08x}", RandomState::new().build_hasher().finish() as u32),
            rows: Mutex::default(),
            notes: Mutex::default(),
            latest,
            ready: watch::Sender::new(0),
            closed,
            streams: Arc::new(Semaphore::new(MOST_STREAMS)),
            provider,
            options,
            bound,
        }
    }

    /// The rows, up to date.
    fn rows(&self) -> MutexGuard<'_, Rows> {
        // A row is added in one step, so what a panicking thread left is whole.
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.catch_up(&self.provider, &self.types);
        rows
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the rows up to date until the server stops, and tells of it, not more often than a person can see.
    async fn keep_up(&self) {
        let mut latest = self.latest.clone();
        let mut closed = self.closed.clone();
        loop {
            let last = self.rows().last();
            self.ready.send_replace(last);
            tokio::select! {
                biased;
                () = end(&mut closed) => return,
                changed = latest.changed() => if changed.is_err() { return },
            }
            tokio::select! {
                () = end(&mut closed) => return,
                () = tokio::time::sleep(PACE) => {}
            }
        }
    }
}

/// Waits until the server shall stop. Nobody left who could ask for it means the same.
async fn end(closed: &mut watch::Receiver<bool>) {
    let _ = closed.wait_for(|closed| *closed).await;
}

/// Streams of events at a time.
const MOST_STREAMS: usize = 64;
/// Least time between two events on a stream.
const PACE: Duration = Duration::from_millis(100);
