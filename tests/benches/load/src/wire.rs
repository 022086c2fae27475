//! Just enough HTTP/1.1 to keep a server busy: a connection that is kept, one request at a time.

use std::sync::Arc;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Where to ask.
pub(crate) struct Target {
    /// `127.0.0.1:8080`.
    address: String,
    /// `/scim/v2`.
    path: String,
    /// The header lines that every request has.
    headers: String,
}

impl Target {
    pub(crate) fn new(url: &str, token: Option<&str>) -> Result<Self, String> {
        let rest = url.strip_prefix("http://").ok_or_else(|| format!("{url}: expected http://"))?;
        let (address, path) = rest.split_once('/').unwrap_or((rest, ""));
        let path = format!("/{}", path.trim_end_matches('/'));
        let credentials =
            token.map_or_else(String::new, |token| format!("Authorization: Bearer {token}\r\n"));
        let headers = format!("Host: {address}\r\nAccept: application/scim+json\r\n{credentials}");
        Ok(Self { address: address.to_owned(), path: path.trim_end_matches('/').to_owned(), headers })
    }
}

/// What was said.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
}

impl Answer<'_> {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(self.body).into_owned()
    }
}

pub(crate) struct Connection {
    target: Arc<Target>,
    stream: Option<TcpStream>,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Connection {
    pub(crate) fn new(target: &Arc<Target>) -> Self {
        Self { target: Arc::clone(target), stream: None, request: Vec::new(), answer: Vec::new() }
    }

    /// Sends one request, and reads the answer to its end; connects anew if the server ended the last connection.
    pub(crate) async fn send(&mut self, method: &str, path: &str, body: &str) -> Result<Answer<'_>, String> {
        let Target { address, path: base, headers } = &*self.target;
        self.request.clear();
        for part in [method, " ", base, path, " HTTP/1.1\r\n", headers] {
            self.request.extend_from_slice(part.as_bytes());
        }
        if !body.is_empty() {
            let length = format!("Content-Type: application/scim+json\r\nContent-Length: {}\r\n", body.len());
            self.request.extend_from_slice(length.as_bytes());
        }
        self.request.extend_from_slice(b"\r\n");
        self.request.extend_from_slice(body.as_bytes());
        let failed = |error| format!("{method} {path}: {error}");
        let stream = match &mut self.stream {
            Some(stream) => stream,
            none => {
                let stream = TcpStream::connect(address).await.map_err(failed)?;
                stream.set_nodelay(true).map_err(failed)?;
                none.insert(stream)
            }
        };
        stream.write_all(&self.request).await.map_err(failed)?;
        self.answer.clear();
        let head = loop {
            let read = stream.read_buf(&mut self.answer).await.map_err(failed)?;
            if let Some(head) =
                Head::parse(&self.answer).map_err(|error| format!("{method} {path}: {error}"))?
            {
                break head;
            }
            if read == 0 {
                return Err(format!("{method} {path}: the connection ended before the answer"));
            }
        };
        let mut closed = head.closes;
        let end = loop {
            let body = &self.answer[head.length..];
            match head.body {
                Extent::Bytes(count) if body.len() >= count => break head.length + count,
                Extent::Chunks => {
                    if let Some(whole) = joined(body).map_err(|error| format!("{method} {path}: {error}"))? {
                        self.answer.truncate(head.length);
                        self.answer.extend(whole);
                        break self.answer.len();
                    }
                }
                Extent::Bytes(_) | Extent::Connection => {}
            }
            if stream.read_buf(&mut self.answer).await.map_err(failed)? == 0 {
                if head.body != Extent::Connection {
                    return Err(format!("{method} {path}: the connection ended amid the answer"));
                }
                closed = true;
                break self.answer.len();
            }
        };
        if closed {
            self.stream = None;
        }
        Ok(Answer { status: head.status, body: &self.answer[head.length..end] })
    }
}

struct Head {
    status: u16,
    /// Bytes of the head.
    length: usize,
    body: Extent,
    closes: bool,
}

/// How the end of a body is known.
#[derive(PartialEq)]
enum Extent {
    Bytes(usize),
    Chunks,
    /// It ends with the connection.
    Connection,
}

impl Head {
    fn parse(bytes: &[u8]) -> Result<Option<Self>, String> {
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut response = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(length) = response.parse(bytes).map_err(|error| error.to_string())?
        else {
            return Ok(None);
        };
        let status = response.code.unwrap_or_default();
        let mut body = if status == 204 { Extent::Bytes(0) } else { Extent::Connection };
        let mut closes = response.version == Some(0);
        for header in response.headers {
            let value = header.value.trim_ascii();
            if header.name.eq_ignore_ascii_case("content-length") {
                let count = str::from_utf8(value).ok().and_then(|text| text.parse().ok());
                body = Extent::Bytes(count.ok_or("the answer's length is no number")?);
            } else if header.name.eq_ignore_ascii_case("connection") {
                closes = value.eq_ignore_ascii_case(b"close");
            } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
                body = Extent::Chunks;
            }
        }
        if body == Extent::Connection && !closes {
            return Err("the answer has no length".to_owned());
        }
        Ok(Some(Self { status, length, body, closes }))
    }
}

/// A body from its chunks; `None` if some are missing.
fn joined(mut chunks: &[u8]) -> Result<Option<Vec<u8>>, String> {
    let mut whole = Vec::new();
    loop {
        let size = httparse::parse_chunk_size(chunks).map_err(|_| "a chunk's size is no number")?;
        let httparse::Status::Complete((start, size)) = size else { return Ok(None) };
        // Each chunk ends with a line break, the last with an empty line.
        let size = usize::try_from(size).map_err(|error| error.to_string())?;
        let Some(chunk) = chunks[start..].get(..size.saturating_add(2)) else { return Ok(None) };
        if size == 0 {
            return Ok(Some(whole));
        }
        whole.extend_from_slice(&chunk[..size]);
        chunks = &chunks[start + size + 2..];
    }
}
