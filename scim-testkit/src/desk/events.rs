//! The stream that keeps a page up to date: server-sent events, each with pieces of the page as it now is.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde_json::json;
use tokio::sync::mpsc;

use super::{
    Room,
    body::Out,
    end,
    page::{self, View},
    server::{asked, label, plain},
};

impl Room {
    /// What the page does not have yet, and then what comes. `Last-Event-ID`, or else `after`, says what it has.
    pub(super) fn events(self: &Arc<Self>, request: &Request<Bytes>) -> Response<Out> {
        let Ok(permit) = Arc::clone(&self.streams).try_acquire_owned() else {
            return plain(StatusCode::SERVICE_UNAVAILABLE, "too many pages are open");
        };
        let sent = request.headers().get("last-event-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
        let (mut has, fresh) = self.known(sent.or_else(|| asked(request, "after")).as_deref());
        let view = View::of(self, request);
        let (out, stream) = mpsc::channel(4);
        let room = Arc::clone(self);
        tokio::spawn(async move {
            let _permit = permit;
            let mut ready = room.ready.subscribe();
            let mut closed = room.closed.clone();
            let (mut first, mut shown) = (Some(fresh), String::new());
            loop {
                let last = *ready.borrow_and_update();
                if last > has || first.is_some() {
                    let (event, last) = room.news(&view, has, first.take().unwrap_or_default(), &mut shown);
                    has = last;
                    if out.send(event).await.is_err() {
                        return;
                    }
                }
                tokio::select! {
                    biased;
                    () = end(&mut closed) => return,
                    () = out.closed() => return,
                    changed = ready.changed() => if changed.is_err() { return },
                    () = tokio::time::sleep(HEARTBEAT) => {
                        if out.send(Bytes::from_static(b": still here\n\n")).await.is_err() {
                            return;
                        }
                    }
                }
            }
        });
        let mut response = Response::new(Out::Stream(stream));
        label(response.headers_mut(), "text/event-stream; charset=utf-8");
        response
    }

    /// Up to which entry a page is, and whether it must begin anew, since it is of another server.
    fn known(&self, id: Option<&str>) -> (u64, bool) {
        let number = id.and_then(|id| {
            let (run, number) = id.split_once('-')?;
            number.parse().ok().filter(|number| run == self.run && *number <= self.rows().last())
        });
        (number.unwrap_or_default(), number.is_none())
    }

    /// What follows an entry, as an event, and the number of the latest entry in it. People are told only if they are
    /// others than were `shown`: there may be many.
    fn news(&self, view: &View, after: u64, fresh: bool, shown: &mut String) -> (Bytes, u64) {
        let (rows, last, oldest, tally) = {
            let rows = self.rows();
            (rows.after(after), rows.last(), rows.oldest(), rows.tally())
        };
        let found = rows.iter().filter(|row| row.found).count();
        let people = page::people(self, view).into_string();
        let changed = people != *shown;
        let news = json!({
            "fresh": fresh,
            "oldest": oldest,
            "rows": rows.iter().map(|row| row.html.as_str()).collect::<String>(),
            "tally": page::tally(tally).into_string(),
            "people": changed.then_some(people.as_str()),
            "say": said(rows.len(), found),
        });
        let event =
            Bytes::from(format!("retry: 1000\nid: {}-{last}\nevent: news\ndata: {news}\n\n", self.run));
        *shown = people;
        (event, last)
    }
}

/// The news in one sentence, for who does not see the rows.
fn said(rows: usize, found: usize) -> String {
    let many = |number: usize, thing: &str| format!("{number} {thing}{}", if number == 1 { "" } else { "s" });
    match (rows, found) {
        (0, _) => String::new(),
        (rows, 0) => many(rows, "new request"),
        (rows, found) => format!("{}, {found} with findings", many(rows, "new request")),
    }
}

/// Proxies close what is silent for longer.
const HEARTBEAT: Duration = Duration::from_secs(15);
