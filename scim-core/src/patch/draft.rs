//! A resource under change, and what puts it back.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::json as obj;

/// A resource under change. `'s` is the schema, whose names it borrows.
pub(super) struct Draft<'r, 's> {
    pub(super) resource: &'r mut Map<String, Value>,
    /// What was there before each change, in order; `None` when nobody will want it back.
    before: Option<Vec<Saved<'s>>>,
}

/// A place, and what it held before it was first changed.
enum Saved<'s> {
    /// A member of the resource, with its position if it was there.
    Member { name: Cow<'s, str>, value: Option<(usize, Value)> },
    /// A member of the resource that has stayed in its position.
    Value { name: &'s str, value: Value },
    /// A sub-attribute: of the member itself, or of one of its values.
    Sub { name: &'s str, element: Option<usize>, sub: &'s str, value: Option<Value> },
}

impl Saved<'_> {
    fn is_whole(&self) -> bool {
        !matches!(self, Self::Sub { .. })
    }

    fn name(&self) -> &str {
        match self {
            Self::Member { name, .. } => name,
            Self::Value { name, .. } | Self::Sub { name, .. } => name,
        }
    }

    fn is_of(&self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name)
    }
}

impl<'r, 's> Draft<'r, 's> {
    /// A draft that can be rolled back.
    pub(super) fn new(resource: &'r mut Map<String, Value>) -> Self {
        Self { resource, before: Some(Vec::with_capacity(8)) }
    }

    /// A draft that is thrown away after an error.
    pub(super) fn of_copy(resource: &'r mut Map<String, Value>) -> Self {
        Self { resource, before: None }
    }

    /// The member with exactly that name.
    pub(super) fn holds(&mut self, name: &str) -> Option<&Value> {
        obj::exact_mut(self.resource, name).map(|value| &*value)
    }

    /// The name of the member that is about to change is `name`, in whatever letter case.
    pub(super) fn touch(&mut self, name: &'s str) {
        let Some(before) = &self.before else { return };
        // One kept as `Saved::Value` may lose its position now.
        let kept = |saved: &Saved<'_>| matches!(saved, Saved::Member { .. }) && saved.is_of(name);
        if before.iter().any(kept) {
            return;
        }
        let members = || self.resource.iter().enumerate();
        let place = members()
            .find(|(_, (key, _))| *key == name)
            .or_else(|| members().find(|(_, (key, _))| key.eq_ignore_ascii_case(name)));
        let saved = match place {
            Some((index, (key, value))) => {
                let name = if key == name { Cow::Borrowed(name) } else { Cow::Owned(key.clone()) };
                Saved::Member { name, value: Some((index, value.clone())) }
            }
            None => Saved::Member { name: Cow::Borrowed(name), value: None },
        };
        self.before.get_or_insert_default().push(saved);
    }

    /// Changes a member that is there under exactly that name; gives the value back if it is not.
    pub(super) fn replace(&mut self, name: &'s str, value: Value) -> Result<(), Value> {
        let Some(place) = obj::exact_mut(self.resource, name) else { return Err(value) };
        let value = std::mem::replace(place, value);
        if let Some(before) = self.place_for(name) {
            before.push(Saved::Value { name, value });
        }
        Ok(())
    }

    /// Sets a sub-attribute of the member `name`, or of one of its values; nothing happens where there is no object.
    pub(super) fn set_sub(&mut self, name: &'s str, element: Option<usize>, sub: &'s str, value: Value) {
        let Some(object) = inner(self.resource, name, element) else { return };
        let value = match obj::get_mut(object, sub) {
            Some(place) => Some(std::mem::replace(place, value)),
            None => object.insert(sub.to_owned(), value),
        };
        let Some(before) = self.place_for(name) else { return };
        let saved = before.iter().any(|saved| match saved {
            Saved::Sub { name: other, element: at, sub: known, .. } => {
                (*other, *at, *known) == (name, element, sub)
            }
            _ => false,
        });
        if !saved {
            before.push(Saved::Sub { name, element, sub, value });
        }
    }

    /// Whether so few places were changed that one more is worth keeping by itself.
    pub(super) fn is_small(&self) -> bool {
        self.before.as_ref().is_none_or(|before| before.len() < SMALL)
    }

    /// Where to keep what the member was; `None` if it is not to be kept, or is kept already.
    fn place_for(&mut self, name: &str) -> Option<&mut Vec<Saved<'s>>> {
        let before = self.before.as_mut()?;
        let kept = before.iter().any(|saved| saved.is_whole() && saved.is_of(name));
        (!kept).then_some(before)
    }

    /// Whether the resource differs from what it was.
    pub(super) fn changed(mut self) -> bool {
        let before = self.before.as_deref().unwrap_or_default();
        let mixed = before.iter().enumerate().any(|(index, saved)| {
            let earlier =
                || before[..index].iter().any(|other| other.name().eq_ignore_ascii_case(saved.name()));
            saved.is_whole() && earlier()
        });
        if mixed {
            // A part or the value was changed and then the whole, so only a look at the resource of before tells.
            let after = self.resource.clone();
            self.undo();
            let changed = *self.resource != after;
            *self.resource = after;
            return changed;
        }
        before.iter().any(|saved| match saved {
            Saved::Member { name, value } => {
                self.resource.get(&**name) != value.as_ref().map(|(_, value)| value)
            }
            Saved::Value { name, value } => self.resource.get(*name) != Some(value),
            Saved::Sub { name, element, sub, value } => {
                let holder = self.resource.get(*name).and_then(|member| match element {
                    Some(index) => member.get(index),
                    None => Some(member),
                });
                holder.and_then(Value::as_object).and_then(|holder| obj::get(holder, sub)) != value.as_ref()
            }
        })
    }

    /// Makes the resource what it was.
    pub(super) fn roll_back(mut self) {
        self.undo();
    }

    fn undo(&mut self) {
        for saved in self.before.take().into_iter().flatten().rev() {
            match saved {
                Saved::Member { name, value } => {
                    // A member that went and came back stands at the end, and in the schema's spelling.
                    obj::remove(self.resource, &name);
                    if let Some((index, value)) = value {
                        self.resource.shift_insert(index.min(self.resource.len()), name.into_owned(), value);
                    }
                }
                Saved::Value { name, value } => {
                    self.resource.insert(name.to_owned(), value);
                }
                Saved::Sub { name, element, sub, value } => {
                    let Some(object) = inner(self.resource, name, element) else { continue };
                    match (value, obj::get_mut(object, sub)) {
                        (Some(value), Some(place)) => *place = value,
                        (Some(value), None) => drop(object.insert(sub.to_owned(), value)),
                        (None, _) => drop(obj::remove(object, sub)),
                    }
                }
            }
        }
    }
}

/// The object that is the member `name`, or one of its values.
fn inner<'m>(
    resource: &'m mut Map<String, Value>,
    name: &str,
    element: Option<usize>,
) -> Option<&'m mut Map<String, Value>> {
    let member = obj::exact_mut(resource, name)?;
    match element {
        Some(index) => member.get_mut(index)?.as_object_mut(),
        None => member.as_object_mut(),
    }
}

/// Each new place is compared with those before it.
const SMALL: usize = 32;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        patch::{Tolerances, apply, apply_in_place},
        schema::ResourceType,
        urn,
    };

    /// Every two of these operations, and one that fails after them: on the resource itself they do what they do on a
    /// copy, and after an error the resource is as it was, with its members in the same order.
    #[test]
    fn in_place_is_as_on_a_copy_and_errors_undo_all() {
        let department = format!("{}:department", urn::ENTERPRISE_USER);
        let operations = [
            json!({"op": "replace", "path": "title", "value": "Dr."}),
            json!({"op": "replace", "path": "title", "value": "Analyst"}),
            json!({"op": "remove", "path": "title"}),
            json!({"op": "replace", "path": "active", "value": "False"}),
            json!({"op": "replace", "path": "name.familyName", "value": "King"}),
            json!({"op": "replace", "path": "name.familyName", "value": "Byron"}),
            json!({"op": "add", "path": "name.middleName", "value": "Augusta"}),
            json!({"op": "replace", "path": "name", "value": {"familyName": "King"}}),
            json!({"op": "remove", "path": "name"}),
            json!({"op": "replace", "path": "emails[type eq \"work\"].value", "value": "new@x.example"}),
            json!({"op": "replace", "path": "emails[value pr].display", "value": "shown"}),
            json!({"op": "replace", "path": "emails[type eq \"home\"].primary", "value": true}),
            json!({"op": "remove", "path": "emails[type eq \"work\"]"}),
            json!({"op": "add", "path": "emails", "value": [{"value": "a@x.example", "type": "work", "primary": true}]}),
            json!({"op": "add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+44"}),
            json!({"op": "replace", "path": department, "value": "Platform"}),
            json!({"op": "replace", "path": "emails[type eq \"work\"].value", "value": 7}),
            json!({"op": "replace", "path": "nothing", "value": 7}),
        ];
        let user = json!({
            "schemas": [urn::USER],
            "userName": "ada",
            "name": {"givenName": "Ada", "familyName": "Byron"},
            "title": "Analyst",
            "emails": [{"value": "a@x.example", "type": "work", "primary": true}, {"value": "b", "type": "home"}],
            "active": true,
        });
        let before = user.as_object().unwrap();
        let (user_type, tolerances) = (ResourceType::user(), Tolerances::idp());
        let (mut changed, mut failed) = (0, 0);
        for n in 0..operations.len().pow(2) * 2 {
            let mut chosen =
                vec![&operations[n / 2 % operations.len()], &operations[n / 2 / operations.len()]];
            if n % 2 == 1 {
                chosen.extend(operations.last());
            }
            let message = json!({"Operations": chosen});
            let mut draft = before.clone();
            match (
                apply(before, &message, &user_type, &tolerances),
                apply_in_place(&mut draft, &message, &user_type, &tolerances),
            ) {
                (Ok(copy), Ok(is_changed)) => {
                    assert_eq!(Value::Object(copy.resource).to_string(), Value::Object(draft).to_string());
                    assert_eq!(copy.changed, is_changed, "{message}");
                    changed += usize::from(is_changed);
                }
                (Err(copy), Err(in_place)) => {
                    assert_eq!(copy, in_place, "{message}");
                    assert_eq!(Value::Object(draft).to_string(), user.to_string(), "{message}");
                    failed += 1;
                }
                (copy, in_place) => panic!("{message}: {copy:?}, {in_place:?}"),
            }
        }
        assert!(changed > 150 && failed > 350, "{changed} {failed}");
    }

    #[test]
    fn many_operations_are_undone_too() {
        let user = json!({"schemas": [urn::USER], "userName": "ada", "title": "0", "emails":
            (0..50).map(|n| json!({"value": n.to_string(), "type": "work"})).collect::<Vec<_>>()});
        let mut operations: Vec<Value> = (0..50)
            .map(|n| json!({"op": "replace", "path": format!("emails[value eq \"{n}\"].display"), "value": "x"}))
            .collect();
        operations.push(json!({"op": "replace", "path": "title", "value": "1"}));
        let (user_type, tolerances) = (ResourceType::user(), Tolerances::strict());
        let patch = |operations: &[Value]| json!({"schemas": [urn::PATCH_OP], "Operations": operations});
        let mut draft = user.as_object().unwrap().clone();
        assert_eq!(apply_in_place(&mut draft, &patch(&operations), &user_type, &tolerances), Ok(true));
        assert_eq!((&draft["emails"][49]["display"], &draft["title"]), (&json!("x"), &json!("1")));
        operations.push(json!({"op": "remove", "path": "userName"}));
        let mut draft = user.as_object().unwrap().clone();
        assert!(apply_in_place(&mut draft, &patch(&operations), &user_type, &tolerances).is_err());
        assert_eq!(Value::Object(draft).to_string(), user.to_string());
    }
}
