//! Evaluation: a filter is bound to a schema once, which finds every error, and then asked about any number of values.

use std::{cmp::Ordering, fmt};

use jiff::{Timestamp, civil, tz::TimeZone};
use serde_json::{Number, Value};

use super::{CompareOp, Filter, Literal, NumberLiteral, SubTest, fold::Folded, hint::quote};
use crate::{
    error::ScimError,
    json,
    path::AttrPath,
    schema::{Attribute, Kind, ResourceType, Returned, Target},
};

impl Filter {
    /// Whether a resource matches.
    ///
    /// To ask about many resources, make one [`Matcher`] with [`Self::matcher`].
    ///
    /// # Errors
    /// The filter asks for a comparison that the attribute's type does not have (RFC 7644 §3.4.2.2).
    pub fn matches(&self, resource: &Value, resource_type: &ResourceType) -> Result<bool, EvalError> {
        Ok(self.matcher(resource_type)?.matches(resource))
    }

    /// Whether one value of a multi-valued attribute matches this filter, read as the inside of `[…]`.
    ///
    /// Names are those of sub-attributes; `value` is the value itself if the attribute is not complex.
    ///
    /// # Errors
    /// As [`Self::matches`].
    pub fn matches_element(&self, element: &Value, attribute: &Attribute) -> Result<bool, EvalError> {
        Ok(self.element_matcher(attribute)?.matches(element))
    }

    /// Binds the filter to a resource type.
    ///
    /// # Errors
    /// As [`Self::matches`].
    pub fn matcher<'a>(&'a self, resource_type: &'a ResourceType) -> Result<Matcher<'a>, EvalError> {
        bind(self, Scope::Resource(resource_type)).map(|plan| Matcher { plan })
    }

    /// Binds the filter, read as the inside of `[…]`, to an attribute.
    ///
    /// # Errors
    /// As [`Self::matches`].
    pub fn element_matcher<'a>(&'a self, attribute: &'a Attribute) -> Result<Matcher<'a>, EvalError> {
        bind(self, Scope::Element(attribute)).map(|plan| Matcher { plan })
    }
}

/// A [`Filter`] bound to a schema. Matching cannot fail any more.
///
/// ```
/// use scim_core::{filter::Filter, schema::ResourceType};
/// use serde_json::json;
///
/// let (filter, user) = (Filter::parse(r#"userName sw "a""#)?, ResourceType::user());
/// let matcher = filter.matcher(&user)?;
/// let users = [json!({"userName": "ada"}), json!({"userName": "grace"})];
/// assert_eq!(users.iter().filter(|user| matcher.matches(user)).count(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Matcher<'a> {
    plan: Plan<'a>,
}

impl Matcher<'_> {
    /// Whether the value matches: a resource, or one value of an attribute if made by [`Filter::element_matcher`].
    #[must_use]
    pub fn matches(&self, value: &Value) -> bool {
        self.plan.matches(value)
    }
}

/// A filter that parses but compares what has no comparison; a service provider answers 400 `invalidFilter`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvalError {
    message: String,
}

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for EvalError {}

impl From<EvalError> for ScimError {
    fn from(error: EvalError) -> Self {
        Self::invalid_filter(error.message)
    }
}

// Binding.

/// What names in a filter refer to.
#[derive(Clone, Copy)]
enum Scope<'a> {
    Resource(&'a ResourceType),
    Element(&'a Attribute),
    /// Inside a value filter on something without a schema.
    Untyped,
}

/// A name in a filter.
#[derive(Clone, Copy)]
enum Name<'a> {
    Path(&'a AttrPath),
    /// After a value filter.
    Sub(&'a str),
}

impl<'a> Name<'a> {
    fn parts(self) -> (Option<&'a str>, &'a str, Option<&'a str>) {
        match self {
            Self::Path(path) => (path.urn(), path.name(), path.sub()),
            Self::Sub(sub) => (None, sub, None),
        }
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.fmt(f),
            Self::Sub(sub) => f.write_str(sub),
        }
    }
}

/// What the schema says of a place.
#[derive(Clone, Copy)]
enum Meaning<'a> {
    Typed(&'a Attribute),
    /// A whole extension.
    Extension,
    /// Something under an unknown schema URI.
    Untyped,
    /// Nothing: no such attribute.
    Unknown,
    /// An attribute that is never returned; a filter would tell what it holds.
    Secret,
}

fn bind<'a>(filter: &'a Filter, scope: Scope<'a>) -> Result<Plan<'a>, EvalError> {
    let all = |terms: &'a [Filter]| terms.iter().map(|term| bind(term, scope)).collect::<Result<Vec<_>, _>>();
    Ok(match filter {
        Filter::And(terms) => Plan::And(all(terms)?),
        Filter::Or(terms) => Plan::Or(all(terms)?),
        Filter::Not(filter) => Plan::Not(Box::new(bind(filter, scope)?)),
        Filter::Compare { path, op, value } => bind_term(Name::Path(path), Some((*op, value)), scope)?,
        Filter::Present { path } => bind_term(Name::Path(path), None, scope)?,
        Filter::ValuePath { attr, filter, test } => {
            let (place, meaning) = locate(Name::Path(attr), scope);
            let inner = match meaning {
                Meaning::Typed(attribute) => Scope::Element(attribute),
                Meaning::Extension | Meaning::Untyped | Meaning::Unknown => Scope::Untyped,
                Meaning::Secret => return Ok(Plan::Constant(false)),
            };
            let test = match test.as_deref() {
                Some(SubTest::Compare { sub, op, value }) => {
                    Some(bind_term(Name::Sub(sub), Some((*op, value)), inner)?)
                }
                Some(SubTest::Present { sub }) => Some(bind_term(Name::Sub(sub), None, inner)?),
                None => None,
            };
            match meaning {
                // Nothing is selected, so the test sees a missing attribute.
                Meaning::Unknown => Plan::Constant(test.is_some_and(|test| test.matches(&Value::Null))),
                _ => {
                    Plan::Elements { place, filter: Box::new(bind(filter, inner)?), test: test.map(Box::new) }
                }
            }
        }
    })
}

/// Binds `name op literal`, or `name pr` without a comparison.
fn bind_term<'a>(
    name: Name<'a>,
    comparison: Option<(CompareOp, &'a Literal)>,
    scope: Scope<'a>,
) -> Result<Plan<'a>, EvalError> {
    let (mut place, mut meaning) = locate(name, scope);
    if let (Meaning::Typed(attribute), Some(_)) = (meaning, comparison)
        && attribute.kind == Kind::Complex
        && !matches!(comparison, Some((_, Literal::Null)))
        && let Some(value) = attribute.sub("value")
    {
        place.push(&value.name);
        meaning = if value.returned == Returned::Never { Meaning::Secret } else { Meaning::Typed(value) };
    }
    let test = match comparison {
        None => Test::Present,
        Some((op, literal)) => Test::Compare(op, operand(name, op, literal, meaning)?),
    };
    Ok(match meaning {
        Meaning::Secret => Plan::Constant(false),
        Meaning::Unknown => Plan::Constant(test.accepts(None)),
        Meaning::Typed(_) | Meaning::Extension | Meaning::Untyped => Plan::Term { place, test },
    })
}

fn operand<'a>(
    name: Name<'a>,
    op: CompareOp,
    literal: &'a Literal,
    meaning: Meaning<'a>,
) -> Result<Operand<'a>, EvalError> {
    let Meaning::Typed(attribute) = meaning else {
        return Ok(match (meaning, literal) {
            (_, Literal::Null) => Operand::Null,
            (Meaning::Untyped, Literal::String(text)) => Operand::Folded(Folded::new(op, text)),
            (Meaning::Untyped, Literal::Number(number)) => Operand::number(number),
            (Meaning::Untyped, Literal::Bool(value)) if !op.is_ordering() => Operand::Bool(*value),
            _ => Operand::Nothing,
        });
    };
    let undefined =
        |kind: &str| EvalError { message: format!("{name} is a {kind}, which {op} does not compare") };
    match attribute.kind {
        Kind::Boolean if op.is_ordering() || op.is_substring() => return Err(undefined("Boolean")),
        Kind::Binary if op.is_ordering() => return Err(undefined("Binary")),
        _ => {}
    }
    Ok(match (attribute.kind, literal) {
        (_, Literal::Null) => Operand::Null,
        (Kind::DateTime, Literal::String(text)) if !op.is_substring() => match instant(text) {
            Some(instant) => Operand::Instant(instant),
            None => {
                return Err(EvalError { message: format!("{name} is a dateTime, {} is not", quote(text)) });
            }
        },
        (Kind::DateTime | Kind::Binary, Literal::String(text)) => Operand::Exact(text),
        (Kind::String | Kind::Reference, Literal::String(text)) if attribute.case_exact => {
            Operand::Exact(text)
        }
        (Kind::String | Kind::Reference, Literal::String(text)) => Operand::Folded(Folded::new(op, text)),
        (Kind::Decimal | Kind::Integer, Literal::Number(number)) => Operand::number(number),
        (Kind::Boolean, Literal::Bool(value)) => Operand::Bool(*value),
        _ => Operand::Nothing,
    })
}

fn locate<'a>(name: Name<'a>, scope: Scope<'a>) -> (Place<'a>, Meaning<'a>) {
    match (scope, name) {
        (Scope::Resource(resource_type), Name::Path(path)) => locate_in_resource(path, resource_type),
        (Scope::Element(attribute), _) => locate_in_element(name, attribute),
        (Scope::Resource(_) | Scope::Untyped, _) => match name.parts() {
            (None, name, sub) => (Place::new([Some(name), sub]), Meaning::Untyped),
            _ => (Place::new([]), Meaning::Unknown),
        },
    }
}

fn locate_in_resource<'a>(path: &'a AttrPath, resource_type: &'a ResourceType) -> (Place<'a>, Meaning<'a>) {
    if let Some(resolved) = resource_type.resolve(path) {
        let extension = resolved.extension.map(|schema| schema.id.as_str());
        return match resolved.target {
            Target::Extension => (Place::new([extension]), Meaning::Extension),
            Target::Attribute { attribute, sub } => {
                let place = Place::new([
                    extension,
                    Some(&attribute.name),
                    sub.map(|attribute| attribute.name.as_str()),
                ]);
                let secret =
                    [Some(attribute), sub].into_iter().flatten().any(|a| a.returned == Returned::Never);
                let meaning = if secret { Meaning::Secret } else { Meaning::Typed(sub.unwrap_or(attribute)) };
                (place, meaning)
            }
        };
    }
    match path.urn() {
        Some(urn) if resource_type.schema_by_urn(urn).is_none() => {
            let mut place = Place::new([Some(urn), Some(path.name()), path.sub()]);
            place.whole = path.as_urn();
            (place, Meaning::Untyped)
        }
        _ => (Place::new([]), Meaning::Unknown),
    }
}

fn locate_in_element<'a>(name: Name<'a>, attribute: &'a Attribute) -> (Place<'a>, Meaning<'a>) {
    let nothing = (Place::new([]), Meaning::Unknown);
    let (None, name, None) = name.parts() else { return nothing };
    if attribute.returned == Returned::Never {
        return (Place::new([]), Meaning::Secret);
    }
    match attribute.sub(name) {
        Some(sub) if sub.returned == Returned::Never => (Place::new([]), Meaning::Secret),
        Some(sub) => (Place::new([Some(&sub.name)]), Meaning::Typed(sub)),
        None if attribute.kind != Kind::Complex && name.eq_ignore_ascii_case("value") => {
            (Place::new([]), Meaning::Typed(attribute))
        }
        None => nothing,
    }
}

// Matching.

#[derive(Clone, Debug)]
enum Plan<'a> {
    Constant(bool),
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    Term { place: Place<'a>, test: Test<'a> },
    Elements { place: Place<'a>, filter: Box<Self>, test: Option<Box<Self>> },
}

impl Plan<'_> {
    fn matches(&self, value: &Value) -> bool {
        match self {
            Self::Constant(answer) => *answer,
            Self::And(plans) => plans.iter().all(|plan| plan.matches(value)),
            Self::Or(plans) => plans.iter().any(|plan| plan.matches(value)),
            Self::Not(plan) => !plan.matches(value),
            Self::Term { place, test } => place.any(value, &mut |found| test.accepts(found)),
            Self::Elements { place, filter, test } => {
                let mut selected = false;
                let matched = place.any(value, &mut |found| {
                    let Some(element) = found.filter(|element| filter.matches(element)) else { return false };
                    selected = true;
                    test.as_ref().is_none_or(|test| test.matches(element))
                });
                // Without a selected element the sub-attribute is missing, which `ne` and `eq null` accept.
                matched || (!selected && test.as_ref().is_some_and(|test| test.matches(&Value::Null)))
            }
        }
    }
}

/// Where to look: member names from the outside in.
#[derive(Clone, Debug)]
struct Place<'a> {
    /// The first `depth` of these; extension, attribute, sub-attribute, `value` are the most there are.
    steps: [&'a str; 4],
    depth: usize,
    /// A schema URI that, if the resource has it as a member, is meant as a whole.
    whole: Option<String>,
}

impl<'a> Place<'a> {
    fn new<const N: usize>(steps: [Option<&'a str>; N]) -> Self {
        let mut place = Self { steps: [""; 4], depth: 0, whole: None };
        for step in steps.into_iter().flatten() {
            place.push(step);
        }
        place
    }

    fn push(&mut self, step: &'a str) {
        self.steps[self.depth] = step;
        self.depth += 1;
    }

    /// Whether the test accepts any of the values here; it is asked once with `None` if there is none.
    fn any<'v>(&self, value: &'v Value, test: &mut dyn FnMut(Option<&'v Value>) -> bool) -> bool {
        if let (Some(urn), Some(object)) = (&self.whole, value.as_object())
            && let Some(extension) = json::get(object, urn)
        {
            return any_value(extension, &[], test);
        }
        any_value(value, &self.steps[..self.depth], test)
    }
}

fn any_value<'v>(value: &'v Value, steps: &[&str], test: &mut dyn FnMut(Option<&'v Value>) -> bool) -> bool {
    let Value::Array(elements) = value else { return any_in_element(value, steps, test) };
    let mut assigned = elements.iter().filter(|element| !is_unassigned(element, DEPTH)).peekable();
    if assigned.peek().is_none() {
        return test(None);
    }
    assigned.any(|element| any_in_element(element, steps, test))
}

fn any_in_element<'v>(
    value: &'v Value,
    steps: &[&str],
    test: &mut dyn FnMut(Option<&'v Value>) -> bool,
) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        return test(Some(value).filter(|value| !is_unassigned(value, DEPTH)));
    };
    match value.as_object().and_then(|object| json::get(object, step)) {
        Some(value) => any_value(value, rest, test),
        None => test(None),
    }
}

#[derive(Clone, Debug)]
enum Test<'a> {
    Present,
    Compare(CompareOp, Operand<'a>),
}

impl Test<'_> {
    /// `None` is a missing or unassigned value.
    fn accepts(&self, value: Option<&Value>) -> bool {
        match self {
            Self::Present => value.is_some_and(|value| is_present(value, DEPTH)),
            Self::Compare(CompareOp::Eq, operand) => operand.equals(value),
            Self::Compare(CompareOp::Ne, operand) => !operand.equals(value),
            Self::Compare(op, operand) => value.is_some_and(|value| operand.compares(*op, value)),
        }
    }
}

/// The literal of a comparison, prepared for the attribute's type.
#[derive(Clone, Debug)]
enum Operand<'a> {
    Null,
    Exact(&'a str),
    Folded(Folded<'a>),
    Number {
        integer: Option<i128>,
        float: f64,
    },
    Bool(bool),
    Instant(Timestamp),
    /// Of another type than the attribute: equal to no value.
    Nothing,
}

impl Operand<'_> {
    fn number(literal: &NumberLiteral) -> Self {
        Self::Number { integer: literal.as_i128(), float: literal.as_f64() }
    }

    fn equals(&self, value: Option<&Value>) -> bool {
        match (self, value) {
            (Self::Null, value) => value.is_none(),
            (Self::Bool(wanted), Some(Value::Bool(value))) => value == wanted,
            (Self::Folded(wanted), Some(Value::String(text))) => wanted.equals(text),
            (_, Some(value)) => self.order(value) == Some(Ordering::Equal),
            (_, None) => false,
        }
    }

    fn compares(&self, op: CompareOp, value: &Value) -> bool {
        match op {
            CompareOp::Gt => self.order(value).is_some_and(Ordering::is_gt),
            CompareOp::Ge => self.order(value).is_some_and(Ordering::is_ge),
            CompareOp::Lt => self.order(value).is_some_and(Ordering::is_lt),
            CompareOp::Le => self.order(value).is_some_and(Ordering::is_le),
            CompareOp::Eq => self.equals(Some(value)),
            CompareOp::Ne => !self.equals(Some(value)),
            CompareOp::Co | CompareOp::Sw | CompareOp::Ew => match (op, self, value) {
                (CompareOp::Sw, Self::Exact(wanted), Value::String(text)) => text.starts_with(wanted),
                (CompareOp::Ew, Self::Exact(wanted), Value::String(text)) => text.ends_with(wanted),
                (_, Self::Exact(wanted), Value::String(text)) => text.contains(wanted),
                (CompareOp::Sw, Self::Folded(wanted), Value::String(text)) => wanted.is_start_of(text),
                (CompareOp::Ew, Self::Folded(wanted), Value::String(text)) => wanted.is_end_of(text),
                (_, Self::Folded(wanted), Value::String(text)) => wanted.is_in(text),
                _ => false,
            },
        }
    }

    /// How the value stands to the literal; `None` if their types differ.
    fn order(&self, value: &Value) -> Option<Ordering> {
        match (self, value) {
            (Self::Exact(wanted), Value::String(text)) => Some(text.as_str().cmp(wanted)),
            (Self::Folded(wanted), Value::String(text)) => Some(wanted.order(text)),
            (Self::Number { integer, float }, Value::Number(number)) => match (exact(number), integer) {
                (Some(value), Some(wanted)) => Some(value.cmp(wanted)),
                _ => number.as_f64()?.partial_cmp(float),
            },
            (Self::Instant(wanted), Value::String(text)) => Some(instant(text)?.cmp(wanted)),
            _ => None,
        }
    }
}

fn exact(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

/// An `xsd:dateTime` (RFC 7643 §2.3.5); one without an offset is taken as UTC.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    let without_offset = || {
        // RFC 7643 demands a time; jiff would read a bare date as its midnight.
        text.contains(['T', 't']).then_some(())?;
        text.parse::<civil::DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()
    };
    let has_offset = match text.split_once(['T', 't']) {
        Some((_, time)) => time.contains(['Z', 'z', '+', '-', '[']),
        None => true,
    };
    // An error of jiff takes memory, so what cannot be read is not tried.
    let with_offset = if has_offset { text.parse().ok() } else { None };
    with_offset.or_else(|| without_offset().map(|zoned| zoned.timestamp()))
}

/// Whether the value is no value (RFC 7643 §2.5), or holds none.
fn is_unassigned(value: &Value, depth: usize) -> bool {
    match value {
        _ if depth == 0 => false,
        Value::Null => true,
        Value::Array(elements) => elements.iter().all(|element| is_unassigned(element, depth - 1)),
        Value::Object(members) => members.values().all(|member| is_unassigned(member, depth - 1)),
        _ => false,
    }
}

fn is_present(value: &Value, depth: usize) -> bool {
    match value {
        _ if depth == 0 => true,
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(elements) => elements.iter().any(|element| is_present(element, depth - 1)),
        Value::Object(members) => members.values().any(|member| is_present(member, depth - 1)),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// Resource, extension, attribute, value, sub-attribute, value: SCIM data is no deeper, the rest of a value is opaque.
const DEPTH: usize = 8;
