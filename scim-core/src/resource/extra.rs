//! What a typed value has no field for.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::json as obj;

/// Members of a JSON object that the struct around it has no field for, so that reading and writing loses nothing.
///
/// It also keeps a known attribute that came as `null` or as `[]`: the field is then empty, as RFC 7643 §2.5 says of
/// both, and the way in which the other side said so is still here. On writing, a field that has a value wins over a
/// member of the same name.
///
/// ```
/// use scim_core::resource::User;
///
/// let user: User = serde_json::from_str(r#"{"userName": "ada", "title": null, "badge": {"color": "red"}}"#)?;
/// assert_eq!(user.title, None);
/// assert!(user.extra.is_null("title"), "null and absent are two states");
/// assert_eq!(user.extra.get("BADGE").expect("names are found in any case")["color"], "red");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extra {
    /// Nearly always empty, so it costs a pointer and not a map.
    members: Option<Box<Map<String, Value>>>,
}

impl Extra {
    /// Adds or replaces a member. One with the same name in another letter case is replaced.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value>) -> Option<Value> {
        let name = name.into();
        let members = self.members.get_or_insert_default();
        match obj::key_of(members, &name) {
            Some(known) => members.insert(known, value.into()),
            None => members.insert(name, value.into()),
        }
    }

    /// Removes a member, whatever its letter case.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let removed = obj::remove(self.members.as_mut()?, name);
        // Nothing left is the same as nothing there.
        self.members = self.members.take().filter(|members| !members.is_empty());
        removed
    }

    /// The member to change in place, whatever its letter case.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        obj::get_mut(self.members.as_mut()?, name)
    }

    /// The value of a member, whatever its letter case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        obj::get(self.as_map(), name)
    }

    /// Whether the member is there and says that there is no value: `null`.
    #[must_use]
    pub fn is_null(&self, name: &str) -> bool {
        self.get(name).is_some_and(Value::is_null)
    }

    /// Whether there are no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.as_map().is_empty()
    }

    /// All members, in the order in which they came.
    #[must_use]
    pub fn as_map(&self) -> &Map<String, Value> {
        self.members.as_deref().unwrap_or(&EMPTY)
    }

    /// Keeps a member as it came; two spellings of an unknown name are two members.
    pub(super) fn keep(&mut self, name: String, value: Value) {
        self.members.get_or_insert_default().insert(name, value);
    }
}

impl From<Map<String, Value>> for Extra {
    fn from(members: Map<String, Value>) -> Self {
        Self { members: (!members.is_empty()).then(|| Box::new(members)) }
    }
}

impl<'a> IntoIterator for &'a Extra {
    type Item = (&'a String, &'a Value);
    type IntoIter = serde_json::map::Iter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.as_map().iter()
    }
}

static EMPTY: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
