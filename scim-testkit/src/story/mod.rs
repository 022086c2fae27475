//! Stories: what happens in a company, told without any identity provider in it.
//!
//! A story is a TOML file: the people and groups it is about, then the steps. Every provider plays every story in its
//! own way. The built-in ones are in `stories/`; [`Story::parse`] reads your own.
//!
//! ```
//! use scim_testkit::story::Story;
//!
//! let story = Story::parse(r#"
//! name = "promotion"
//! title = "A person gets a new title"
//!
//! [[people]]
//! key = "ada"
//! given_name = "Ada"
//! family_name = "Lovelace"
//! title = "Engineer"
//!
//! [[steps]]
//! do = "hire"
//! person = "ada"
//!
//! [[steps]]
//! do = "update"
//! person = "ada"
//! set = { title = "Architect" }
//! "#, "promotion.toml")?;
//! assert_eq!(story.steps.len(), 2);
//! # Ok::<(), scim_testkit::story::StoryError>(())
//! ```

mod load;

pub use load::StoryError;
use serde::Deserialize;

/// A sequence of directory changes.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Story {
    /// Short name, used on the command line and in reports.
    pub name: String,
    /// One line for a person.
    pub title: String,
    /// What the endpoint must have for this story to make sense.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// Who is in it.
    #[serde(default)]
    pub people: Vec<PersonSpec>,
    /// Which groups are in it.
    #[serde(default)]
    pub teams: Vec<TeamSpec>,
    /// What happens, in order.
    pub steps: Vec<StepSpec>,
}

/// What a story needs of the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// `/Groups`.
    Groups,
    /// A vendor profile that maps an attribute to a role.
    Grants,
}

/// A person of a story. `userName` and e-mail are made from the names and the run's prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonSpec {
    /// Name within the story.
    pub key: String,
    /// `name.givenName`.
    pub given_name: String,
    /// `name.familyName`.
    pub family_name: String,
    /// `title`. `{role.1}` and `{role.2}` stand for the first and second role of the vendor profile's tenant.
    pub title: Option<String>,
    /// Enterprise extension's `department`.
    pub department: Option<String>,
    /// Enterprise extension's `employeeNumber`.
    pub employee_number: Option<String>,
    /// Key of the manager.
    pub manager: Option<String>,
}

/// A group of a story. `displayName` is the name with the run's prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeamSpec {
    /// Name within the story.
    pub key: String,
    /// `displayName`.
    pub name: String,
    /// Keys of the first members.
    #[serde(default)]
    pub members: Vec<String>,
}

/// One step. Which of the keys a step needs depends on `do`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepSpec {
    /// What happens.
    #[serde(rename = "do")]
    pub verb: Verb,
    /// Who it happens to.
    pub person: Option<String>,
    /// Several people, for `join` and `part`.
    #[serde(default)]
    pub people: Vec<String>,
    /// The group it happens to.
    pub team: Option<String>,
    /// New values, for `update` and `rename-group`.
    pub set: Option<Changes>,
    /// Whether the account of `exists` is active; default true.
    pub active: Option<bool>,
    /// Whether the account of `exists` has a user name and nothing else; default false.
    pub bare: Option<bool>,
}

/// New values. An empty text clears an attribute.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Changes {
    /// New local part of `userName`.
    pub user_name: Option<String>,
    /// New `name.givenName`; `displayName` follows.
    pub given_name: Option<String>,
    /// New `name.familyName`; `displayName` follows.
    pub family_name: Option<String>,
    /// New local part of the e-mail address.
    pub email: Option<String>,
    /// New `title`.
    pub title: Option<String>,
    /// New `department`.
    pub department: Option<String>,
    /// New manager, by key.
    pub manager: Option<String>,
    /// New name of a group.
    pub name: Option<String>,
}

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// The connection test.
    Connect,
    /// An account that the endpoint already has, made without the provider.
    Exists,
    /// A person is assigned.
    Hire,
    /// A person's attributes change.
    Update,
    /// A person is unassigned.
    Leave,
    /// A person comes back.
    Return,
    /// A person is deleted.
    Purge,
    /// A group is pushed.
    PushGroup,
    /// People join a group.
    Join,
    /// People leave a group.
    Part,
    /// A group gets a new name.
    RenameGroup,
    /// The whole membership is sent again.
    PushNow,
    /// A group is deleted.
    DeleteGroup,
    /// The provider reads all users.
    ImportUsers,
    /// The provider reads all groups.
    ImportGroups,
}

impl Story {
    /// The built-in stories, in the order in which a run plays them.
    #[must_use]
    pub fn builtin() -> Vec<Self> {
        load::BUILTIN
            .iter()
            .map(|(file, text)| Self::parse(text, file).expect("the built-in stories are tested"))
            .collect()
    }
}
