//! The provider on a socket, plain or with TLS.
//!
//! It is hyper without a framework on top, because a fault needs what frameworks keep to themselves: to close a
//! connection without an answer, or in the middle of one.

use std::{
    error::Error,
    future::Future,
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::oneshot,
    task::JoinHandle,
};

#[cfg(feature = "tls")]
use super::Tls;
use super::{
    Disconnected,
    heard::{Heard, Listening},
};
use crate::provider::{Answer, BASE_PATH, Cut, Provider};

/// Serves until `shutdown` is ready, then finishes the requests that are under way; for three seconds at most.
///
/// # Errors
/// The socket failed.
pub async fn serve(
    listener: TcpListener,
    provider: Arc<Provider>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    listen(listener, provider, Security::None, shutdown).await
}

/// As [`serve`], with TLS.
///
/// # Errors
/// The socket failed.
#[cfg(feature = "tls")]
pub async fn serve_tls(
    listener: TcpListener,
    provider: Arc<Provider>,
    tls: &Tls,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    listen(listener, provider, Security::Tls(tls.acceptor()), shutdown).await
}

/// A provider that is being served on a socket.
///
/// Dropping it stops the server without waiting; [`Server::stop`] waits.
#[derive(Debug)]
pub struct Server {
    provider: Arc<Provider>,
    origin: String,
    shutdown: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    /// Starts to serve; port 0 takes any free port.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub async fn start(provider: Arc<Provider>, address: SocketAddr) -> io::Result<Self> {
        Self::open(provider, address, Security::None).await
    }

    /// As [`Server::start`], with TLS.
    ///
    /// # Errors
    /// The address cannot be listened on.
    #[cfg(feature = "tls")]
    pub async fn start_tls(provider: Arc<Provider>, address: SocketAddr, tls: &Tls) -> io::Result<Self> {
        Self::open(provider, address, Security::Tls(tls.acceptor())).await
    }

    async fn open(provider: Arc<Provider>, address: SocketAddr, security: Security) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let origin = security.origin(listener.local_addr()?);
        // Whoever asks for the address may do so before the task below has run.
        provider.bind(&origin);
        let (shutdown, asked) = oneshot::channel();
        let stop = async {
            // A dropped sender means the same as a sent message.
            let _ = asked.await;
        };
        let task = tokio::spawn(listen(listener, Arc::clone(&provider), security, stop));
        Ok(Self { provider, origin, shutdown, task })
    }

    /// Base URL, such as `http://127.0.0.1:49152/scim/v2`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}{BASE_PATH}", self.origin)
    }

    /// The provider, to look into.
    #[must_use]
    pub fn provider(&self) -> &Arc<Provider> {
        &self.provider
    }

    /// Stops and waits for requests that are under way.
    ///
    /// # Errors
    /// The socket failed while serving.
    pub async fn stop(self) -> io::Result<()> {
        drop(self.shutdown);
        self.task.await.map_err(io::Error::other)?
    }
}

/// What protects the connections.
enum Security {
    None,
    #[cfg(feature = "tls")]
    Tls(tokio_rustls::TlsAcceptor),
}

impl Security {
    fn origin(&self, address: SocketAddr) -> String {
        match self {
            Self::None => format!("http://{address}"),
            #[cfg(feature = "tls")]
            Self::Tls(_) => format!("https://{address}"),
        }
    }
}

async fn listen(
    listener: TcpListener,
    provider: Arc<Provider>,
    security: Security,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    provider.bind(&security.origin(listener.local_addr()?));
    let graceful = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        let Ok((stream, _)) = accepted else {
            // A client that gave up while it waited; or too many open files, which pass.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        // Small answers must not wait for more to send; without it they are only slower.
        let _ = stream.set_nodelay(true);
        let (provider, watcher) = (Arc::clone(&provider), graceful.watcher());
        match &security {
            Security::None => drop(tokio::spawn(converse(stream, provider, watcher))),
            #[cfg(feature = "tls")]
            Security::Tls(acceptor) => {
                let shaking = acceptor.accept(stream);
                tokio::spawn(async move {
                    if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, shaking).await {
                        converse(stream, provider, watcher).await;
                    }
                });
            }
        }
    }
    drop(listener);
    // A client that sent half a request, or reads no answer, is not waited for.
    let _ = tokio::time::timeout(GOODBYE, graceful.shutdown()).await;
    Ok(())
}

/// One connection, to its end.
async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    provider: Arc<Provider>,
    watcher: Watcher,
) {
    let heard = Heard::default();
    let (asked, words) = (Arc::clone(&provider), heard.clone());
    let service = service_fn(move |request| {
        let (asked, words) = (Arc::clone(&asked), words.clone());
        async move {
            let answered = answer(asked, request).await;
            words.clear();
            answered
        }
    });
    let stream = Listening { stream, heard: heard.clone() };
    let connection =
        http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
    // What goes wrong on a connection is the client's to see, and a request that is none is the developer's.
    if let Err(error) = watcher.watch(connection).await
        && error.is_parse()
    {
        provider.note_unreadable(&heard.first_line());
    }
}

async fn answer(
    provider: Arc<Provider>,
    request: Request<Incoming>,
) -> Result<Response<Carried>, Disconnected> {
    let (parts, body) = request.into_parts();
    let Answer { response, delay, cut } = match Limited::new(body, provider.most_body()).collect().await {
        Ok(body) => provider.answer(&Request::from_parts(parts, body.to_bytes())),
        Err(error) if is_too_long(&*error) => {
            provider.handle_oversized(&Request::from_parts(parts, Bytes::new()))
        }
        Err(_) => return Err(Disconnected),
    };
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let (parts, bytes) = response.into_parts();
    let whole = bytes.len() as u64;
    let body = match cut {
        None => Carried { bytes, whole, breaks: None },
        Some(Cut::Head) => return Err(Disconnected),
        Some(Cut::Body(at)) => {
            let bytes = bytes.slice(..at.min(bytes.len()));
            Carried { bytes, whole, breaks: Some(Break::NotYet) }
        }
    };
    Ok(Response::from_parts(parts, body))
}

fn is_too_long(error: &(dyn Error + 'static)) -> bool {
    error.is::<LengthLimitError>()
}

/// A body that may break off.
struct Carried {
    bytes: Bytes,
    /// Length that is promised and not yet delivered.
    whole: u64,
    breaks: Option<Break>,
}

enum Break {
    NotYet,
    /// What was sent so far is on its way.
    Now,
}

impl Body for Carried {
    type Data = Bytes;
    type Error = Disconnected;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Disconnected>>> {
        if !self.bytes.is_empty() {
            let bytes = std::mem::take(&mut self.bytes);
            self.whole -= bytes.len() as u64;
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match self.breaks {
            None => Poll::Ready(None),
            Some(Break::NotYet) => {
                // A pause lets hyper write what it has before it learns of the end.
                self.breaks = Some(Break::Now);
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Break::Now) => Poll::Ready(Some(Err(Disconnected))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_empty() && self.breaks.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.whole)
    }
}

/// How long requests that are under way may take once the server is to stop.
const GOODBYE: Duration = Duration::from_secs(3);
#[cfg(feature = "tls")]
const HANDSHAKE: Duration = Duration::from_secs(10);
