//! Filters, wherever they are: in a query, in a search request, between the brackets of a PATCH path.

use scim_core::{
    filter::{CompareOp, Filter, Literal, ParseError, SubTest},
    path::AttrPath,
    schema::{Attribute, Kind, ResourceType, Target},
};

use super::{
    catalog,
    sink::{Sink, clip, names_a_secret, quoted},
};

/// A filter as it was sent.
pub(super) fn text(sink: &mut Sink, text: &str, resource_type: Option<&ResourceType>) {
    match text.parse::<Filter>() {
        Ok(filter) => {
            if let Some(known) = resource_type {
                meaning(sink, &filter, known);
            }
            shape(sink, &filter);
        }
        Err(error) if is_large(&error) => {}
        Err(error) => sink.add(&catalog::FILTER_SYNTAX, || broken(text, &error)),
    }
}

/// Whether the text is only larger than this program reads: the RFC sets no limits, so nothing is wrong with it.
pub(super) fn is_large(error: &ParseError) -> bool {
    let message = error.message();
    message.starts_with("the ")
        && ["is longer than", "has more than", "is nested deeper than"]
            .iter()
            .any(|limit| message.contains(limit))
}

/// What a filter or path that does not parse looks like. The hint quotes the text as well.
pub(super) fn broken(text: &str, error: &ParseError) -> String {
    if names_a_secret(text) {
        let before = error.source_text().get(..error.span().start).unwrap_or_default();
        return format!("{}, wrong at column {}", quoted(text), before.chars().count() + 1);
    }
    format!("{}: {}", quoted(text), clip(&error.to_string(), 120))
}

fn shape(sink: &mut Sink, filter: &Filter) {
    match filter {
        Filter::And(terms) | Filter::Or(terms) => terms.iter().for_each(|term| shape(sink, term)),
        Filter::Not(inner) => shape(sink, inner),
        Filter::ValuePath { test: Some(_), .. } => {
            sink.add(&catalog::FILTER_SUB_TEST, || quoted(&filter.to_string()));
        }
        _ => {}
    }
}

/// What a filter says of the attributes of a resource type.
pub(super) fn meaning(sink: &mut Sink, filter: &Filter, resource_type: &ResourceType) {
    /// More, nobody typed.
    const MOST: usize = 100;
    // Each comes with a suggestion, which takes time; a filter may have many terms, and a PATCH very many paths.
    if !sink.knows(&catalog::FILTER_UNKNOWN) && terms(filter) <= MOST {
        for unknown in filter.unknown_attributes(resource_type) {
            sink.add(&catalog::FILTER_UNKNOWN, || clip(&unknown.to_string(), 160));
        }
    }
    compare(sink, filter, resource_type, None);
}

fn terms(filter: &Filter) -> usize {
    match filter {
        Filter::And(all) | Filter::Or(all) => all.iter().map(terms).sum(),
        Filter::Not(inner) | Filter::ValuePath { filter: inner, .. } => terms(inner),
        Filter::Compare { .. } | Filter::Present { .. } => 1,
    }
}

fn compare(sink: &mut Sink, filter: &Filter, resource_type: &ResourceType, parent: Option<&AttrPath>) {
    match filter {
        Filter::And(terms) | Filter::Or(terms) => {
            terms.iter().for_each(|term| compare(sink, term, resource_type, parent));
        }
        Filter::Not(inner) => compare(sink, inner, resource_type, parent),
        Filter::Compare { path, op, value } => {
            let path = parent.map_or_else(|| path.clone(), |parent| parent.clone().with_sub(path.name()));
            one(sink, &path, *op, value, resource_type);
        }
        Filter::Present { .. } => {}
        Filter::ValuePath { attr, filter, test } => {
            compare(sink, filter, resource_type, Some(attr));
            if let Some(SubTest::Compare { sub, op, value }) = test.as_deref() {
                one(sink, &attr.clone().with_sub(sub.as_str()), *op, value, resource_type);
            }
        }
    }
}

fn one(sink: &mut Sink, path: &AttrPath, op: CompareOp, value: &Literal, resource_type: &ResourceType) {
    let Some(Target::Attribute { attribute, sub }) = resource_type.resolve(path).map(|known| known.target)
    else {
        return;
    };
    let kind = compared(attribute, sub);
    let ordered = matches!(op, CompareOp::Gt | CompareOp::Ge | CompareOp::Lt | CompareOp::Le);
    if ordered && matches!(kind, Kind::Boolean | Kind::Binary) {
        sink.add(&catalog::FILTER_ORDER, || format!("{} {}", quoted(&path.to_string()), op.as_str()));
    }
    if kind == Kind::Boolean && matches!(value, Literal::String(_)) {
        sink.add(&catalog::FILTER_BOOLEAN_TEXT, || format!("{} and a text", quoted(&path.to_string())));
    }
}

/// The type of what is compared: a complex attribute by itself is compared by its `value`.
fn compared(attribute: &Attribute, sub: Option<&Attribute>) -> Kind {
    let last = sub.unwrap_or(attribute);
    if last.kind == Kind::Complex {
        last.sub("value").map_or(Kind::Complex, |value| value.kind)
    } else {
        last.kind
    }
}
