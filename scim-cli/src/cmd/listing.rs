//! `list` and `search`: page after page, in the memory of one.

use std::io;

use futures_util::{FutureExt, StreamExt};
use scim_client::{List, Pages, pages::PageWarning};
use scim_core::{filter::Filter, path::AttrPath, project::Projection};

use super::{
    endpoint::Endpoint,
    note,
    resource::Kind,
    show::{Column, Listing, Raw, finish, usual_columns},
};
use crate::{
    everyday::{ProjectionArgs, QueryArgs, SortOrder},
    exit::{Exit, Stop},
};

/// What to list, checked before anything is sent.
pub(crate) struct Question<'a> {
    list: List,
    args: &'a QueryArgs,
}

impl<'a> Question<'a> {
    pub(crate) fn read(filter: Option<&str>, args: &'a QueryArgs) -> Result<Self, Stop> {
        let mut list = List::new();
        if let Some(text) = filter {
            let filter = Filter::parse(text).map_err(|error| {
                let way = "help: --raw-filter sends a filter as it is";
                Stop::usage(format!("not a filter\n{}{way}", error.render()))
            })?;
            list = list.filter(filter);
        }
        if let Some(text) = &args.raw_filter {
            list = list.raw_filter(text);
        }
        if let Some(path) = &args.sort_by {
            list = list.sort_by(self::path(path, "--sort-by")?);
        }
        list.descending = args.sort_order == SortOrder::Descending;
        list.limit = args.limit;
        // No need for a page of a hundred when one resource is wanted.
        let wanted =
            args.limit.and_then(|limit| u32::try_from(limit).ok()).filter(|limit| *limit < USUAL_PAGE);
        list.page_size = args.count.or(wanted);
        list.projection = projection(&args.projection)?;
        Ok(Self { list, args })
    }

    pub(crate) fn by_post(self) -> Self {
        Self { list: self.list.by_post(), ..self }
    }

    /// Asks, and prints what comes.
    pub(crate) async fn ask(self, endpoint: &Endpoint, kind: &Kind) -> Result<Exit, Stop> {
        let filter = self.list.filter.clone();
        let mut pages = endpoint.client.resource_at::<Raw>(&kind.endpoint).list(self.list.clone());
        let mut listing = Listing::new(self.args.format, self.columns(kind));
        let outcome = match print(endpoint, &mut pages, &mut listing).await {
            Ok(outcome) => outcome,
            Err(error) => return finish(&error),
        };
        for warning in pages.warnings() {
            note(&format!("warning: {}", warned(warning)));
        }
        if let Some(filter) = filter.filter(|_| listing.printed() == 0) {
            kind.hint(&filter);
        }
        outcome.map_or(Ok(Exit::Success), Err)
    }

    fn columns(&self, kind: &Kind) -> Option<Vec<Column>> {
        let asked = &self.list.projection.attributes;
        if asked.is_empty() {
            let excluded = &self.list.projection.excluded;
            let mut columns = usual_columns(&kind.endpoint)?;
            columns.retain(|column| !excluded.iter().any(|path| *column == Column::at(path.clone())));
            return Some(columns);
        }
        let mut columns = vec![Column::at(AttrPath::new("id"))];
        columns.extend(asked.iter().filter(|path| path.to_string() != "id").cloned().map(Column::at));
        Some(columns)
    }
}

/// Prints to the end; the first failure, if any. A resource that cannot be read is one, and the list goes on.
async fn print(
    endpoint: &Endpoint,
    pages: &mut Pages<'_, Raw>,
    listing: &mut Listing,
) -> io::Result<Option<Stop>> {
    let mut failure = None;
    loop {
        // What is there already is the rest of a page; whatever is to be waited for is the next one.
        let next = match pages.next().now_or_never() {
            Some(next) => next,
            None => {
                listing.page_ends()?;
                pages.next().await
            }
        };
        match next {
            Some(Ok(resource)) => listing.push(resource.0)?,
            Some(Err(error)) => {
                let stop = endpoint.stop(&error);
                if let Some(earlier) = failure.replace(stop) {
                    listing.page_ends()?;
                    note(&format!("error: {earlier}"));
                }
            }
            None if failure.is_some() => {
                listing.breaks_off()?;
                return Ok(failure);
            }
            None => {
                listing.ends()?;
                return Ok(None);
            }
        }
    }
}

fn warned(warning: &PageWarning) -> String {
    match warning {
        PageWarning::EndRefused { status } => {
            format!(
                "the endpoint refuses the page behind the last one with {status}, instead of an empty page"
            )
        }
        PageWarning::StartIndexIgnored => {
            "the endpoint ignores startIndex; all resources are in its one page".to_owned()
        }
        PageWarning::TotalTooLow { received, total } => {
            format!("totalResults is {total}, and more resources came ({received} so far)")
        }
        PageWarning::Truncated { received, total } => {
            format!("the list ended after {received} resources, and totalResults is {total}")
        }
        other => format!("the list is odd: {other:?}"),
    }
}

/// Which attributes come back.
pub(crate) fn projection(args: &ProjectionArgs) -> Result<Projection, Stop> {
    let paths = |texts: &[String], origin: &str| -> Result<Vec<AttrPath>, Stop> {
        let texts = texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
        texts.map(|text| path(text, origin)).collect()
    };
    Ok(Projection {
        attributes: paths(&args.attributes, "--attributes")?,
        excluded: paths(&args.excluded_attributes, "--excluded-attributes")?,
    })
}

fn path(text: &str, origin: &str) -> Result<AttrPath, Stop> {
    text.parse().map_err(|error: scim_core::filter::ParseError| {
        Stop::usage(format!("{origin}: not an attribute path\n{}", error.render()))
    })
}

/// What the client asks for in one page.
const USUAL_PAGE: u32 = 100;
