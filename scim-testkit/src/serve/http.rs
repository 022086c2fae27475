//! The provider on a socket.

use std::{future::Future, io, net::SocketAddr, sync::Arc};

use axum::{Router, body::Body, extract::State};
use bytes::Bytes;
use http::{Request, Response};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::provider::{BASE_PATH, MAX_BODY, Provider};

/// Serves until `shutdown` is ready, then finishes the requests that are under way.
///
/// # Errors
/// The socket failed.
pub async fn serve(
    listener: TcpListener,
    provider: Arc<Provider>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    provider.bind(listener.local_addr()?);
    let router = Router::new().fallback(answer).with_state(provider);
    axum::serve(listener, router).with_graceful_shutdown(shutdown).await
}

/// A provider that is being served on a socket.
///
/// Dropping it stops the server without waiting; [`Server::stop`] waits.
#[derive(Debug)]
pub struct Server {
    provider: Arc<Provider>,
    address: SocketAddr,
    shutdown: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    /// Starts to serve; port 0 takes any free port.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub async fn start(provider: Arc<Provider>, address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (shutdown, asked) = oneshot::channel();
        let stop = async {
            // A dropped sender means the same as a sent message.
            let _ = asked.await;
        };
        let task = tokio::spawn(serve(listener, Arc::clone(&provider), stop));
        Ok(Self { provider, address, shutdown, task })
    }

    /// Base URL, such as `http://127.0.0.1:49152/scim/v2`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}{BASE_PATH}", self.address)
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

async fn answer(State(provider): State<Arc<Provider>>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let response = match axum::body::to_bytes(body, MAX_BODY).await {
        Ok(body) => provider.handle(&Request::from_parts(parts, body)),
        Err(_) => provider.handle_oversized(&Request::from_parts(parts, Bytes::new())),
    };
    response.map(Body::from)
}
