//! The socket, and what is at which path.

use std::{convert::Infallible, pin::pin, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use scim_core::query::pairs;
use tokio::net::TcpListener;

use super::{Room, acts, body::Out, end, guard, page};
use crate::provider::{CONTROL_PATH, MAX_BODY};

/// Serves until the room is closed, then ends the streams and finishes what is under way.
pub(super) async fn listen(listener: TcpListener, room: Arc<Room>) {
    let graceful = GracefulShutdown::new();
    let mut closed = room.closed.clone();
    let keeper = Arc::clone(&room);
    let keeping = tokio::spawn(async move { keeper.keep_up().await });
    {
        let mut closed = pin!(end(&mut closed));
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = &mut closed => break,
            };
            let Ok((stream, _)) = accepted else {
                // A client that gave up while it waited; or too many open files, which pass.
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            };
            let _ = stream.set_nodelay(true);
            let room = Arc::clone(&room);
            let service = service_fn(move |request| answer(Arc::clone(&room), request));
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service);
            let connection = graceful.watch(connection);
            tokio::spawn(async move {
                // What goes wrong on a connection is the browser's to see.
                let _ = connection.await;
            });
        }
    }
    drop(listener);
    // A browser that stopped reading must not keep the mock from stopping.
    let _ = tokio::time::timeout(PATIENCE, graceful.shutdown()).await;
    // It ends by itself.
    let _ = keeping.await;
}

async fn answer(room: Arc<Room>, request: Request<Incoming>) -> Result<Response<Out>, Infallible> {
    let mut response = match room.admit(&request) {
        Err((status, text)) => plain(status, text),
        Ok(()) => match whole(request).await {
            Ok(request) => route(room, request).await,
            Err(response) => response,
        },
    };
    guard::protect(response.headers_mut());
    Ok(response)
}

/// The request with its body.
async fn whole(request: Request<Incoming>) -> Result<Request<Bytes>, Response<Out>> {
    let (parts, body) = request.into_parts();
    match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => Ok(Request::from_parts(parts, body.to_bytes())),
        Err(_) => Err(plain(StatusCode::PAYLOAD_TOO_LARGE, "the body has more than 1 MiB, or broke off")),
    }
}

async fn route(room: Arc<Room>, request: Request<Bytes>) -> Response<Out> {
    let path = request.uri().path().to_owned();
    if path == CONTROL_PATH || path.starts_with(&format!("{CONTROL_PATH}/")) {
        return off_the_way(move || room.provider.answer_control(&request).map(Out::Whole)).await;
    }
    if !room.options.page {
        return plain(
            StatusCode::NOT_FOUND,
            "the control API is at /control; scim serve --ui has a page here",
        );
    }
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    match (is_read, segments.as_slice()) {
        (true, [""]) => {
            off_the_way(move || html(StatusCode::OK, page::whole(&room, &page::View::of(&room, &request))))
                .await
        }
        (true, ["desk.css"]) => file("text/css; charset=utf-8", page::CSS),
        (true, ["desk.js"]) => file("text/javascript; charset=utf-8", page::JS),
        (true, ["desk.svg"]) => file("image/svg+xml", page::ICON),
        (true, ["events"]) => room.events(&request),
        (true, ["requests", number, side]) => body_of(&room, number, side)
            .unwrap_or_else(|| plain(StatusCode::NOT_FOUND, "there is no such body any more")),
        (false, ["act", _]) if *request.method() == Method::POST => {
            off_the_way(move || acts::answer(&room, &request)).await
        }
        (_, ["" | "desk.css" | "desk.js" | "desk.svg" | "events"] | ["act", _] | ["requests", ..]) => {
            let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "not with this method");
            let allow = if segments.first() == Some(&"act") { "POST" } else { "GET, HEAD" };
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allow));
            response
        }
        _ => plain(StatusCode::NOT_FOUND, "there is nothing here; the page is at /"),
    }
}

/// Does what may take a while where no connection waits for it.
async fn off_the_way(work: impl FnOnce() -> Response<Out> + Send + 'static) -> Response<Out> {
    let failed = |_| plain(StatusCode::INTERNAL_SERVER_ERROR, "that went wrong; standard error may say why");
    tokio::task::spawn_blocking(work).await.unwrap_or_else(failed)
}

/// A body of the journal as it was sent, less its secrets.
fn body_of(room: &Room, number: &str, side: &str) -> Option<Response<Out>> {
    let number: u64 = number.parse().ok()?;
    let entries = room.provider.journal_after(number.checked_sub(1)?);
    let entry = entries.first().filter(|entry| entry.number == number)?;
    let text = match side {
        "request" => entry.request_body(),
        "answer" => entry.answer_body(),
        _ => return None,
    };
    Some(plain(StatusCode::OK, text))
}

/// The value of a parameter.
pub(super) fn asked<B>(request: &Request<B>, name: &str) -> Option<String> {
    let query = request.uri().query().unwrap_or_default();
    pairs(query).find(|(known, _)| known == name).map(|(_, value)| value).filter(|value| !value.is_empty())
}

pub(super) fn plain(status: StatusCode, text: impl Into<Bytes>) -> Response<Out> {
    typed(status, "text/plain; charset=utf-8", text)
}

pub(super) fn html(status: StatusCode, text: impl Into<Bytes>) -> Response<Out> {
    typed(status, "text/html; charset=utf-8", text)
}

pub(super) fn typed(status: StatusCode, kind: &'static str, text: impl Into<Bytes>) -> Response<Out> {
    let mut response = Response::new(Out::Whole(text.into()));
    *response.status_mut() = status;
    label(response.headers_mut(), kind);
    response
}

pub(super) fn label(headers: &mut HeaderMap, kind: &'static str) {
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
}

fn file(kind: &'static str, text: &'static str) -> Response<Out> {
    typed(StatusCode::OK, kind, Bytes::from_static(text.as_bytes()))
}

/// How long connections may take to end.
const PATIENCE: Duration = Duration::from_secs(2);
