//! One operation on one attribute: the whole attribute, a sub-attribute, or the values that a filter selects.

use std::{borrow::Cow, collections::HashSet};

use serde_json::{Map, Value};

use super::{Op, apply::Context, draft::Draft};
use crate::{
    error::ScimError,
    filter::{Filter, Literal},
    json as obj,
    path::Path,
    schema::{Attribute, Kind, Mutability},
    validate,
};

/// Where an operation acts: `attribute` (and `sub`) as the path names them, inside the object that holds it.
pub(super) struct Place<'p, 's> {
    pub(super) context: Context<'s>,
    pub(super) op: Op,
    pub(super) path: &'p Path,
    pub(super) attribute: &'s Attribute,
    pub(super) sub: Option<&'s Attribute>,
}

impl<'s> Place<'_, 's> {
    /// Sets a simple value where one is to be replaced, which is what most operations do, so that nothing around it has
    /// to be kept for an error. Whether it could; if not, nothing has changed, and [`Self::run`] knows why.
    pub(super) fn run_in_small(
        &self,
        draft: &mut Draft<'_, 's>,
        value: Option<&Value>,
    ) -> Result<bool, ScimError> {
        let attribute = self.attribute;
        let (Op::Add | Op::Replace, Some(value), true) = (self.op, value, draft.is_small()) else {
            return Ok(false);
        };
        let sub = match &self.path.sub {
            Some(name) => attribute.sub(name),
            None => self.sub,
        };
        let simple = |target: &Attribute| {
            !target.multi_valued
                && target.kind != Kind::Complex
                && matches!(target.mutability, Mutability::ReadWrite | Mutability::WriteOnly)
        };
        match (&self.path.filter, sub) {
            (None, None) if simple(attribute) && draft.holds(&attribute.name).is_some() => {
                let Some(new) = self.coerced(attribute, value)? else { return Ok(false) };
                Ok(draft.replace(&attribute.name, new).is_ok())
            }
            (None, Some(sub)) if simple(sub) && !attribute.multi_valued => {
                let Some(Value::Object(_)) = draft.holds(&attribute.name) else { return Ok(false) };
                let Some(new) = self.coerced(sub, value)? else { return Ok(false) };
                draft.set_sub(&attribute.name, None, &sub.name, new);
                Ok(true)
            }
            // A new `primary` value changes others too.
            (Some(filter), Some(sub))
                if simple(sub)
                    && attribute.multi_valued
                    && attribute.mutability != Mutability::ReadOnly
                    && sub.name != "primary" =>
            {
                let Some(Value::Array(values)) = draft.holds(&attribute.name) else { return Ok(false) };
                let filter = self.literals(filter);
                let matcher = filter.element_matcher(attribute)?;
                let mut chosen = Vec::with_capacity(values.len());
                for element in values {
                    // Objects without members are to go, and what is no object has no sub-attribute.
                    if element.as_object().is_none_or(Map::is_empty) {
                        return Ok(false);
                    }
                    chosen.push(matcher.matches(element));
                }
                if !(1..=FEW).contains(&chosen.iter().filter(|chosen| **chosen).count()) {
                    return Ok(false);
                }
                let Some(new) = self.coerced(sub, value)? else { return Ok(false) };
                for (index, _) in chosen.iter().enumerate().filter(|(_, chosen)| **chosen) {
                    draft.set_sub(&attribute.name, Some(index), &sub.name, new.clone());
                }
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    pub(super) fn run(
        &self,
        holder: &mut Map<String, Value>,
        value: Option<&Value>,
    ) -> Result<(), ScimError> {
        if let Some(filter) = &self.path.filter {
            if !self.attribute.multi_valued {
                return Err(ScimError::invalid_path(format!(
                    "{}: {} has one value, so there is nothing to select",
                    self.path, self.attribute.name
                )));
            }
            let sub = match &self.path.sub {
                Some(name) => Some(self.attribute.sub(name).ok_or_else(|| {
                    ScimError::invalid_path(format!(
                        "{} names no sub-attribute of {}",
                        self.path, self.attribute.name
                    ))
                })?),
                None => None,
            };
            return self.selected(holder, &self.literals(filter), sub, value);
        }
        match self.sub {
            None => self.whole(holder, value),
            Some(sub) if self.attribute.multi_valued => self.sub_of_all(holder, sub, value),
            Some(sub) => self.sub_of_one(holder, sub, value),
        }
    }

    fn whole(&self, holder: &mut Map<String, Value>, value: Option<&Value>) -> Result<(), ScimError> {
        let attribute = self.attribute;
        let current = obj::get(holder, &attribute.name);
        if self.op == Op::Remove {
            if attribute.mutability == Mutability::ReadOnly {
                return Err(self.not_mutable("is read-only"));
            }
            if let (true, Some(Value::Array(current)), Some(listed)) =
                (self.context.tolerances.remove_with_value && attribute.multi_valued, current, value)
            {
                let kept: Vec<Value> = without_listed(current, listed);
                self.store(holder, kept);
                return Ok(());
            }
            if current.is_some() && attribute.mutability == Mutability::Immutable {
                return Err(self.not_mutable("is immutable"));
            }
            if attribute.required {
                return Err(self.not_mutable("is required"));
            }
            obj::remove(holder, &attribute.name);
            return Ok(());
        }
        let value = value.unwrap_or(&Value::Null);
        match attribute.mutability {
            Mutability::ReadOnly if current == Some(value) => return Ok(()),
            Mutability::ReadOnly => return Err(self.not_mutable("is read-only")),
            _ => {}
        }
        let new = self.coerced(attribute, value)?;
        if attribute.mutability == Mutability::Immutable && current.is_some() && current != new.as_ref() {
            return Err(self.not_mutable("is immutable"));
        }
        let Some(new) = new else {
            if self.op == Op::Replace {
                if attribute.required {
                    return Err(ScimError::invalid_value(format!("{} is required", self.path)));
                }
                obj::remove(holder, &attribute.name);
            }
            return Ok(());
        };
        match new {
            Value::Array(new) if attribute.multi_valued => {
                let mut values = if self.op == Op::Add { self.take_values(holder) } else { Vec::new() };
                extend(&mut values, new, attribute);
                self.store(holder, values);
            }
            Value::Object(new) if attribute.kind == Kind::Complex => {
                let mut merged = self.take_object(holder);
                merge(&mut merged, new);
                put(holder, &attribute.name, Value::Object(merged));
            }
            new => {
                put(holder, &attribute.name, new);
            }
        }
        Ok(())
    }

    fn sub_of_one(
        &self,
        holder: &mut Map<String, Value>,
        sub: &Attribute,
        value: Option<&Value>,
    ) -> Result<(), ScimError> {
        let mut object = self.take_object(holder);
        self.set_sub(&mut object, sub, value)?;
        if object.is_empty() {
            if self.attribute.required {
                return Err(self.not_mutable("is required"));
            }
            obj::remove(holder, &self.attribute.name);
        } else {
            put(holder, &self.attribute.name, Value::Object(object));
        }
        Ok(())
    }

    fn sub_of_all(
        &self,
        holder: &mut Map<String, Value>,
        sub: &Attribute,
        value: Option<&Value>,
    ) -> Result<(), ScimError> {
        let mut values = self.take_values(holder);
        if values.is_empty() && self.op != Op::Remove {
            values.push(Value::Object(Map::new())); // §3.5.2.3: what is not there yet is added.
        }
        for element in &mut values {
            if let Value::Object(element) = element {
                self.set_sub(element, sub, value)?;
            }
        }
        self.store(holder, values);
        Ok(())
    }

    fn selected(
        &self,
        holder: &mut Map<String, Value>,
        filter: &Filter,
        sub: Option<&Attribute>,
        value: Option<&Value>,
    ) -> Result<(), ScimError> {
        if self.attribute.mutability == Mutability::ReadOnly {
            return Err(self.not_mutable("is read-only"));
        }
        let mut values = self.take_values(holder);
        let matcher = filter.element_matcher(self.attribute)?;
        let mut chosen = Vec::with_capacity(values.len());
        for element in &values {
            chosen.push(matcher.matches(element));
        }
        if !chosen.contains(&true) {
            if self.op == Op::Remove {
                self.store(holder, values);
                return Ok(());
            }
            let created = self.created(filter, sub, value)?;
            extend(&mut values, [created], self.attribute);
            self.store(holder, values);
            return Ok(());
        }
        if self.op == Op::Remove && sub.is_none() {
            let mut keep = chosen.iter().map(|chosen| !chosen);
            values.retain(|_| keep.next().unwrap_or(true));
            self.store(holder, values);
            return Ok(());
        }
        let mut became_primary = None;
        for (index, element) in values.iter_mut().enumerate().filter(|(index, _)| chosen[*index]) {
            match sub {
                Some(sub) => {
                    let Value::Object(element) = element else { continue };
                    self.set_sub(element, sub, value)?;
                }
                None => self.set_element(element, value.unwrap_or(&Value::Null))?,
            }
            if is_primary(element) && (sub.is_none_or(|sub| sub.name == "primary")) {
                became_primary = Some(index);
            }
        }
        if let Some(index) = became_primary {
            demote_others(&mut values, index);
        }
        self.store(holder, values);
        Ok(())
    }

    /// The element that a value path describes, for a server that creates what is not there.
    fn created(
        &self,
        filter: &Filter,
        sub: Option<&Attribute>,
        value: Option<&Value>,
    ) -> Result<Value, ScimError> {
        let no_target = || ScimError::no_target(format!("{} selects nothing", self.path));
        let terms = filter.required_equalities();
        if !self.context.tolerances.create_on_absent || terms.is_empty() {
            return Err(no_target());
        }
        let mut element = Map::new();
        for (name, literal) in terms {
            let described = self.attribute.sub(name).ok_or_else(no_target)?;
            let described_value = match literal {
                Literal::String(text) => Value::from(text.as_str()),
                Literal::Bool(flag) => Value::from(*flag),
                _ => return Err(no_target()),
            };
            element.insert(described.name.clone(), described_value);
        }
        match sub {
            Some(sub) => self.set_sub(&mut element, sub, value)?,
            None => {
                let mut described = Value::Object(element.clone());
                self.set_element(&mut described, value.unwrap_or(&Value::Null))?;
                if let Value::Object(given) = described {
                    merge(&mut element, given);
                }
            }
        }
        Ok(Value::Object(element))
    }

    fn set_element(&self, element: &mut Value, value: &Value) -> Result<(), ScimError> {
        let Some(Value::Array(mut listed)) =
            self.coerced(self.attribute, &Value::Array(vec![value.clone()]))?
        else {
            return Err(ScimError::invalid_value(format!("{} needs a value", self.path)));
        };
        let Some(new) = listed.pop() else {
            return Err(ScimError::invalid_value(format!("{} needs a value", self.path)));
        };
        match (self.op, element, new) {
            (Op::Add, Value::Object(element), Value::Object(new)) => merge(element, new),
            (_, element, new) => *element = new,
        }
        Ok(())
    }

    fn set_sub(
        &self,
        object: &mut Map<String, Value>,
        sub: &Attribute,
        value: Option<&Value>,
    ) -> Result<(), ScimError> {
        let current = obj::get(object, &sub.name);
        if self.op == Op::Remove {
            if sub.mutability == Mutability::ReadOnly {
                return Err(self.not_mutable("is read-only"));
            }
            if sub.required {
                return Err(self.not_mutable("is required"));
            }
            if sub.mutability == Mutability::Immutable && current.is_some() {
                return Err(self.not_mutable("is immutable"));
            }
            obj::remove(object, &sub.name);
            return Ok(());
        }
        let value = value.unwrap_or(&Value::Null);
        if sub.mutability == Mutability::ReadOnly {
            return if current == Some(value) { Ok(()) } else { Err(self.not_mutable("is read-only")) };
        }
        match self.coerced(sub, value)? {
            Some(new) => {
                if sub.mutability == Mutability::Immutable && current.is_some_and(|current| *current != new) {
                    return Err(self.not_mutable("is immutable"));
                }
                put(object, &sub.name, new);
            }
            None => {
                obj::remove(object, &sub.name);
            }
        }
        Ok(())
    }

    /// The value in the form that the schema gives it; `None` clears.
    fn coerced(&self, attribute: &Attribute, value: &Value) -> Result<Option<Value>, ScimError> {
        let tolerances = self.context.tolerances;
        if value.is_null() && !tolerances.null_clears {
            return Err(ScimError::invalid_value(format!("{}: the value is null", self.path)));
        }
        if tolerances.null_clears && !attribute.required && value.as_str() == Some("") {
            return Ok(None);
        }
        if let (false, Kind::String, Value::String(_)) | (false, Kind::Boolean, Value::Bool(_)) =
            (attribute.multi_valued, attribute.kind, value)
        {
            return Ok(Some(value.clone())); // As below, without writing out the path for an error.
        }
        if let (false, Kind::Boolean, true, Value::String(text)) =
            (attribute.multi_valued, attribute.kind, tolerances.bool_strings, value)
            && let Some((_, flag)) =
                [("true", true), ("false", false)].iter().find(|(word, _)| text.eq_ignore_ascii_case(word))
        {
            return Ok(Some(Value::Bool(*flag)));
        }
        let mut value = Cow::Borrowed(value);
        if attribute.multi_valued && !value.is_array() && !value.is_null() {
            // §3.5.2.1: one new value of a multi-valued attribute.
            value = Cow::Owned(Value::Array(vec![value.into_owned()]));
        }
        if tolerances.json_string_roles && attribute.name == "roles" {
            unpack_roles(value.to_mut());
        }
        let coerced = validate::coerce(&value, attribute, tolerances, &self.path.to_string())?;
        let emptied = tolerances.manager_string
            && !attribute.multi_valued
            && coerced.as_ref().and_then(Value::as_object).is_some_and(|object| {
                object.len() == 1 && obj::get(object, "value") == Some(&Value::from(""))
            });
        Ok(coerced.filter(|_| !emptied))
    }

    /// `primary eq "True"`: a boolean written as text inside the filter.
    fn literals<'f>(&self, filter: &'f Filter) -> Cow<'f, Filter> {
        if !self.context.tolerances.bool_strings || !self.asks_for_boolean(filter) {
            return Cow::Borrowed(filter);
        }
        Cow::Owned(with_boolean_literals(filter, self.attribute))
    }

    /// Whether the filter compares a boolean with text.
    fn asks_for_boolean(&self, filter: &Filter) -> bool {
        match filter {
            Filter::And(terms) | Filter::Or(terms) => terms.iter().any(|term| self.asks_for_boolean(term)),
            Filter::Not(inner) => self.asks_for_boolean(inner),
            Filter::Compare { path, value: Literal::String(_), .. } => {
                self.attribute.sub(path.name()).is_some_and(|sub| sub.kind == Kind::Boolean)
            }
            _ => false,
        }
    }

    /// Takes the values out; [`Self::store`] puts them back. After an error nobody looks at the resource any more.
    fn take_values(&self, holder: &mut Map<String, Value>) -> Vec<Value> {
        match obj::get_mut(holder, &self.attribute.name) {
            Some(Value::Array(values)) => std::mem::take(values),
            _ => Vec::new(),
        }
    }

    fn take_object(&self, holder: &mut Map<String, Value>) -> Map<String, Value> {
        match obj::get_mut(holder, &self.attribute.name) {
            Some(Value::Object(object)) => std::mem::take(object),
            _ => Map::new(),
        }
    }

    fn store(&self, holder: &mut Map<String, Value>, mut values: Vec<Value>) {
        values.retain(|value| !value.as_object().is_some_and(Map::is_empty));
        if values.is_empty() {
            obj::remove(holder, &self.attribute.name);
        } else {
            put(holder, &self.attribute.name, Value::Array(values));
        }
    }

    fn not_mutable(&self, why: &str) -> ScimError {
        ScimError::mutability(format!("{} {why}", self.path))
    }
}

/// As `insert`, without a copy of the name for a member that is there, and under the spelling that it has there.
fn put(holder: &mut Map<String, Value>, name: &str, value: Value) {
    match obj::get_mut(holder, name) {
        Some(place) => *place = value,
        None => {
            holder.insert(name.to_owned(), value);
        }
    }
}

fn merge(into: &mut Map<String, Value>, from: Map<String, Value>) {
    for (key, value) in from {
        put(into, &key, value);
    }
}

/// Adds elements that are not there already (§3.5.2.1); a new primary demotes the old one.
fn extend(
    values: &mut Vec<Value>,
    new: impl IntoIterator<Item = Value, IntoIter: ExactSizeIterator>,
    attribute: &Attribute,
) {
    let new = new.into_iter();
    // A member is the same member whatever `display` or `$ref` say: its `value` cannot change.
    let by_value = attribute.sub("value").is_some_and(|value| value.mutability == Mutability::Immutable);
    let mut seen: Option<HashSet<String>> =
        (new.len() > FEW).then(|| values.iter().map(|value| identity(value, by_value)).collect());
    for element in new {
        let is_new = match &mut seen {
            Some(seen) => seen.insert(identity(&element, by_value)),
            None => !values.iter().any(|known| is_same(known, &element, by_value)),
        };
        if !is_new {
            continue;
        }
        values.push(element);
        let newest = values.len() - 1;
        if is_primary(&values[newest]) {
            demote_others(values, newest);
        }
    }
}

/// Equal for values that are the same value, whatever the order of their members.
pub(super) fn identity(element: &Value, by_value: bool) -> String {
    let Value::Object(object) = element else { return element.to_string() };
    if let Some(value) = obj::get(object, "value").filter(|_| by_value) {
        return value.to_string();
    }
    let mut members: Vec<String> = object.iter().map(|(name, value)| format!("{name}={value}")).collect();
    members.sort_unstable();
    members.join("\n")
}

/// Whether [`identity`] is the same, without writing it out.
fn is_same(a: &Value, b: &Value, by_value: bool) -> bool {
    fn value_of(element: &Value, by_value: bool) -> Option<&Value> {
        element.as_object().filter(|_| by_value).and_then(|object| obj::get(object, "value"))
    }
    match (value_of(a, by_value), value_of(b, by_value)) {
        (Some(a), Some(b)) => a == b,
        (None, None) => a == b,
        _ => false,
    }
}

fn demote_others(values: &mut [Value], chosen: usize) {
    for (index, value) in values.iter_mut().enumerate() {
        if index != chosen
            && is_primary(value)
            && let Some(object) = value.as_object_mut()
        {
            put(object, "primary", Value::Bool(false));
        }
    }
}

fn is_primary(value: &Value) -> bool {
    value.as_object().and_then(|object| obj::get(object, "primary")) == Some(&Value::Bool(true))
}

/// `current` without the values that `listed` names, by `value` where both have one, else by equality.
fn without_listed(current: &[Value], listed: &Value) -> Vec<Value> {
    let identity = |item: &Value| match item {
        Value::Object(object) => obj::get(object, "value").cloned(),
        Value::Null => None,
        other => Some(other.clone()),
    };
    let single = std::slice::from_ref(listed);
    let listed = listed.as_array().map_or(single, Vec::as_slice);
    let named: HashSet<String> = listed.iter().filter_map(identity).map(|value| value.to_string()).collect();
    current
        .iter()
        .filter(|element| match identity(element) {
            Some(value) => !named.contains(&value.to_string()),
            None => !listed.contains(element),
        })
        .cloned()
        .collect()
}

fn with_boolean_literals(filter: &Filter, attribute: &Attribute) -> Filter {
    let each = |filters: &Vec<Filter>| filters.iter().map(|f| with_boolean_literals(f, attribute)).collect();
    match filter {
        Filter::And(filters) => Filter::And(each(filters)),
        Filter::Or(filters) => Filter::Or(each(filters)),
        Filter::Not(inner) => Filter::Not(Box::new(with_boolean_literals(inner, attribute))),
        Filter::Compare { path, op, value: Literal::String(text) }
            if attribute.sub(path.name()).is_some_and(|sub| sub.kind == Kind::Boolean) =>
        {
            let value = match text.to_ascii_lowercase().as_str() {
                "true" => Literal::Bool(true),
                "false" => Literal::Bool(false),
                _ => Literal::String(text.clone()),
            };
            Filter::Compare { path: path.clone(), op: *op, value }
        }
        other => other.clone(),
    }
}

/// Entra ID's app role expressions put `{"id":…,"value":…,"displayName":…}` as text into a role's `value`.
fn unpack_roles(value: &mut Value) {
    let Value::Array(roles) = value else { return };
    for role in roles {
        let Some(text) = role.get("value").and_then(Value::as_str) else { continue };
        let Ok(Value::Object(packed)) = serde_json::from_str::<Value>(text) else { continue };
        let Some(object) = role.as_object_mut() else { continue };
        if let Some(unpacked) = obj::get(&packed, "value").and_then(Value::as_str) {
            object.insert("value".to_owned(), unpacked.into());
        }
        if let Some(display) = obj::get(&packed, "displayName").and_then(Value::as_str) {
            object.insert("display".to_owned(), display.into());
        }
    }
}

/// Up to so many new values are compared with the old ones one by one, so many old ones kept one by one.
const FEW: usize = 8;
