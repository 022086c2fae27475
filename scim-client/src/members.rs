//! Who is in a group: changes in portions that the server can bear.

use std::collections::HashSet;

use scim_core::{
    filter::attr::text,
    patch::{PatchOp, RemoveForm},
    path::Path,
    resource::Group,
};
use serde_json::{Value, json};

use crate::{
    error::{AnswerError, Error, ErrorKind},
    read,
    resources::Resources,
};

/// Members to add to a group and to remove from it.
///
/// ```
/// use scim_client::MemberChanges;
///
/// let changes = MemberChanges::new().adding(["1", "2"]).removing(["3"]).verify();
/// assert_eq!(changes.add.len(), 2);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemberChanges {
    /// `id`s to add.
    pub add: Vec<String>,
    /// `id`s to remove.
    pub remove: Vec<String>,
    /// Whether to read the group afterwards and compare.
    pub verify: bool,
}

impl MemberChanges {
    /// No change.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds members.
    #[must_use]
    pub fn adding<I: Into<String>>(mut self, ids: impl IntoIterator<Item = I>) -> Self {
        self.add.extend(ids.into_iter().map(Into::into));
        self
    }

    /// Removes members.
    #[must_use]
    pub fn removing<I: Into<String>>(mut self, ids: impl IntoIterator<Item = I>) -> Self {
        self.remove.extend(ids.into_iter().map(Into::into));
        self
    }

    /// Reads the group afterwards: some servers confirm changes that they do not make. Of no use where groups do not
    /// show their members.
    #[must_use]
    pub fn verify(self) -> Self {
        Self { verify: true, ..self }
    }

    /// The requests, each with at most so many changes. Removals come first, so that a full group has room.
    fn plan(&self, portion: usize, form: RemoveForm) -> Vec<PatchOp> {
        let portion = portion.max(1);
        let removals = self.remove.chunks(portion).map(|ids| match form {
            RemoveForm::ValuePath => ids.iter().fold(PatchOp::new(), |patch, id| {
                patch.remove(Path::values("members", text("value").eq(id.as_str())))
            }),
            RemoveForm::ValueList => PatchOp::new().remove_listed("members", values(ids)),
        });
        let additions =
            self.add.chunks(portion).map(|ids| PatchOp::new().add("members", Value::Array(values(ids))));
        removals.chain(additions).collect()
    }
}

impl Resources<'_, Group> {
    /// Changes who is in a group. Members that are not named stay as they are.
    ///
    /// Adding a member that is in already, and removing one that is not, change nothing (RFC 7644 §3.5.2), so after an
    /// error the same changes can be made again.
    ///
    /// # Errors
    /// A call failed; the portions before it are done. With [`MemberChanges::verify`] also when the group is not as it
    /// should be ([`AnswerError::NotApplied`]).
    pub async fn change_members(&self, id: &str, changes: &MemberChanges) -> Result<(), Error> {
        let limits = &self.client.inner.limits;
        for patch in changes.plan(limits.member_changes, limits.remove_form) {
            self.patch_json(id, &patch.to_json()).await?;
        }
        if !changes.verify {
            return Ok(());
        }
        let answer = self.get_answer(id, None).await?;
        let group: Group = read::resource(&answer)?;
        let members: HashSet<&str> =
            group.members.iter().filter_map(|member| member.value.as_deref()).collect();
        let missing = changes.add.iter().filter(|id| !members.contains(id.as_str())).count();
        let left = changes.remove.iter().filter(|id| members.contains(id.as_str())).count();
        if missing + left == 0 {
            return Ok(());
        }
        let message = format!("{missing} added members are missing, {left} removed members are still there");
        Err(answer.error(ErrorKind::Decode(AnswerError::NotApplied(message))))
    }
}

fn values(ids: &[String]) -> Vec<Value> {
    ids.iter().map(|id| json!({ "value": id })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portions_have_the_form_that_the_server_knows() {
        let changes = MemberChanges::new().adding(["1", "2", "3"]).removing(["a\"b"]);
        let sent = |form| {
            let plan = changes.plan(2, form);
            plan.iter().map(|patch| patch.to_json()["Operations"].clone()).collect::<Vec<_>>()
        };
        let additions = [
            json!([{"op": "add", "path": "members", "value": [{"value": "1"}, {"value": "2"}]}]),
            json!([{"op": "add", "path": "members", "value": [{"value": "3"}]}]),
        ];
        let paths = sent(RemoveForm::ValuePath);
        assert_eq!(paths[0], json!([{"op": "remove", "path": "members[value eq \"a\\\"b\"]"}]));
        assert_eq!(paths[1..], additions);
        let lists = sent(RemoveForm::ValueList);
        assert_eq!(lists[0], json!([{"op": "remove", "path": "members", "value": [{"value": "a\"b"}]}]));
    }
}
