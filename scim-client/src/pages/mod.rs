//! Lists as streams of resources, page by page.
//!
//! Each answer says where the next page is: a `nextCursor` wins, asked for or not (RFC 9865); otherwise the next index
//! is the last one plus the number of resources *received*. A list ends with an empty page, or with a page by cursor
//! that has no next one; never because a page is short or a total is reached. A list that contradicts itself ends in
//! an error, after what came before it; see [`PageFault`].

mod rules;

use std::{
    collections::{BTreeMap, VecDeque},
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_util::{
    Stream,
    future::{BoxFuture, ready as ready_future},
};
use scim_core::{call::Call, query::ListQuery, resource::Resource};
use serde_json::value::RawValue;

pub(crate) use self::rules::{Next, Page, Walk};
pub use self::rules::{PageFault, PageWarning};
use crate::{
    client::{Answer, Client},
    error::{AnswerError, Error, ErrorKind},
    options::{CallOptions, List, Paging},
    read,
};

/// The resources of a list, as a stream. A resource that cannot be read is an error in its place, and the list goes on;
/// any other error is the end.
///
/// ```
/// # async fn show(client: scim_client::Client) -> Result<(), scim_client::Error> {
/// use futures_util::TryStreamExt;
/// use scim_client::List;
///
/// let mut users = client.users().list(List::new());
/// while let Some(user) = users.try_next().await? {
///     println!("{:?}", user.user_name);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "streams do nothing unless polled"]
pub struct Pages<'a, T> {
    client: &'a Client,
    endpoint: String,
    list: List,
    options: CallOptions,
    walk: Walk,
    next: Next,
    fetch: Option<BoxFuture<'a, Result<Answer, Error>>>,
    ready: VecDeque<Result<T, Error>>,
    given: u64,
    warnings: Vec<PageWarning>,
    of: PhantomData<fn() -> T>,
}

impl<T> Pages<'_, T> {
    /// What was odd so far.
    #[must_use]
    pub fn warnings(&self) -> &[PageWarning] {
        &self.warnings
    }

    /// How many resources there are, as the server last said.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        self.walk.total()
    }
}

impl<'a, T: Resource> Pages<'a, T> {
    pub(crate) fn new(client: &'a Client, endpoint: String, list: List, options: CallOptions) -> Self {
        let start = list.start_index.unwrap_or(1).max(1);
        let by_cursor = list.paging == Paging::Cursor;
        Self {
            walk: Walk::new(start, by_cursor, list.totals),
            next: if by_cursor { Next::Cursor(String::new()) } else { Next::Index(start) },
            client,
            endpoint,
            list,
            options,
            fetch: None,
            ready: VecDeque::new(),
            given: 0,
            warnings: Vec::new(),
            of: PhantomData,
        }
    }

    fn request(&self) -> BoxFuture<'a, Result<Answer, Error>> {
        let list = &self.list;
        if let Some(config) = self.client.inner.discovered.known() {
            let lacks = |asked: bool, has: Option<bool>| asked && has == Some(false);
            let missing = match () {
                () if lacks(
                    list.filter.is_some() || list.raw_filter.is_some(),
                    config.filter_supported(),
                ) =>
                {
                    Some("filters")
                }
                () if lacks(list.sort_by.is_some(), config.sort_supported()) => Some("sorting"),
                () => None,
            };
            if let Some(missing) = missing {
                let error = Error::build(format!("the server says that it does not support {missing}"));
                return Box::pin(ready_future(Err(error)));
            }
        }
        let filter = list.filter.clone().filter(|_| list.raw_filter.is_none());
        let mut query = ListQuery { filter, ..ListQuery::default() };
        query.count = Some(i64::from(self.client.page_size(list.page_size)));
        query.sort_by.clone_from(&list.sort_by);
        query.descending = list.descending;
        query.projection = if list.projection == Default::default() {
            self.options.projection.clone()
        } else {
            list.projection.clone()
        };
        let mut cursor = None;
        match &self.next {
            Next::Cursor(text) => cursor = Some(text.clone()),
            // The first page is left to the server, which may prefer cursors.
            Next::Index(1) if list.paging == Paging::Auto => {}
            Next::Index(index) => query.start_index = i64::try_from(*index).ok(),
            Next::End => {}
        }
        let (client, options, raw) = (self.client, self.options.clone(), list.raw_filter.clone());
        if list.by_post {
            query.cursor = cursor;
            let mut body = query.to_search_body();
            if let Some(raw) = raw {
                body["filter"] = raw.into();
            }
            let call = Call::Search { endpoint: Some(self.endpoint.clone()), query };
            return Box::pin(
                async move { client.call_with_body(&call, body.to_string().into(), &options).await },
            );
        }
        let call = Call::list(self.endpoint.clone(), query);
        Box::pin(async move {
            let parameters = [("filter", &raw), ("cursor", &cursor)];
            let parameters: Vec<(&str, &str)> =
                parameters.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))).collect();
            client.call_with_parameters(&call, &parameters, &options).await
        })
    }

    fn arrived(&mut self, answer: Result<Answer, Error>) {
        let outcome = answer.and_then(|answer| self.read(&answer));
        if let Err(error) = outcome {
            let refused = error
                .status()
                .filter(|status| (400..405).contains(status) && *status != 401 && *status != 403);
            self.next = Next::End;
            match refused.filter(|_| self.given > 0 && self.walk.is_complete()) {
                Some(status) => self.warnings.push(PageWarning::EndRefused { status }),
                None => self.ready.push_back(Err(error)),
            }
        }
    }

    fn read(&mut self, answer: &Answer) -> Result<(), Error> {
        let message = Message::read(answer)?;
        let items: Vec<Result<T, Error>> = message.typed(answer);
        // Without an id, the whole resource tells it from others.
        let first = items
            .first()
            .zip(message.resources.first())
            .map(|(item, raw)| item.as_ref().ok().and_then(Resource::id).unwrap_or_else(|| raw.get()));
        let page = Page {
            items: items.len() as u64,
            first,
            next_cursor: message.next_cursor.as_deref(),
            total: message.total,
        };
        let (next, warning) = self
            .walk
            .step(page)
            .map_err(|fault| answer.error(ErrorKind::Decode(AnswerError::Paging(fault))))?;
        self.next = next;
        let old = warning == Some(PageWarning::StartIndexIgnored);
        self.warnings.extend(warning);
        if !old {
            self.ready.extend(items);
        }
        Ok(())
    }
}

/// A list response (RFC 7644 §3.4.2), read tolerantly; resources stay text until their type is known.
struct Message<'a> {
    resources: Vec<&'a RawValue>,
    next_cursor: Option<String>,
    total: Option<u64>,
}

impl<'a> Message<'a> {
    fn read(answer: &'a Answer) -> Result<Self, Error> {
        let members: BTreeMap<String, &'a RawValue> =
            serde_json::from_slice(&answer.body).map_err(|error| answer.body_error(error))?;
        let member = |name: &str| {
            members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.get())
        };
        let listed = member("Resources");
        let resources = match listed {
            None | Some("null") => Vec::new(),
            Some(text) => serde_json::from_str(text).map_err(|error| answer.body_error(error))?,
        };
        let next_cursor: Option<String> =
            member("nextCursor").and_then(|text| serde_json::from_str(text).ok());
        let total = member("totalResults").and_then(|text| text.trim_matches('"').parse().ok());
        // A server without matches may leave `Resources` out, but then it says at least how many there are.
        if listed.is_none() && total.is_none() && next_cursor.is_none() {
            return Err(answer.body_error("it is no ListResponse"));
        }
        Ok(Self { resources, next_cursor, total })
    }

    fn typed<T: Resource>(&self, answer: &Answer) -> Vec<Result<T, Error>> {
        let read = |raw: &&RawValue| read::text(raw.get()).map_err(|error| answer.body_error(error));
        self.resources.iter().map(read).collect()
    }
}

impl<T: Resource> Stream for Pages<'_, T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if this.list.limit.is_some_and(|limit| this.given >= limit) {
                return Poll::Ready(None);
            }
            if let Some(item) = this.ready.pop_front() {
                this.given += 1;
                return Poll::Ready(Some(item));
            }
            if this.next == Next::End {
                return Poll::Ready(None);
            }
            if this.fetch.is_none() {
                this.fetch = Some(this.request());
            }
            let Some(fetch) = &mut this.fetch else { return Poll::Ready(None) };
            let answer = ready!(fetch.as_mut().poll(context));
            this.fetch = None;
            this.arrived(answer);
        }
    }
}

/// The resources of one page, whatever comes after it.
pub(crate) fn resources<T: Resource>(answer: &Answer) -> Result<Vec<Result<T, Error>>, Error> {
    Ok(Message::read(answer)?.typed(answer))
}

impl<T> Unpin for Pages<'_, T> {}

impl<T> std::fmt::Debug for Pages<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pages")
            .field("endpoint", &self.endpoint)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}
