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
    /// A run that may create a thousand users and more: [`crate::run::Run::large`].
    Large,
    /// A provider that grants roles of the application.
    Roles,
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
    /// Local part of `userName` and of the e-mail address, in the letter case in which `userName` is to have it; by
    /// default made from the names.
    pub user_name: Option<String>,
    /// Work telephone number.
    pub phone: Option<String>,
    /// Mobile telephone number.
    pub mobile: Option<String>,
    /// Work address.
    pub address: Option<AddressSpec>,
    /// `locale`.
    pub locale: Option<String>,
    /// `preferredLanguage`.
    pub preferred_language: Option<String>,
    /// Values of the roles that the person has in the application.
    #[serde(default)]
    pub roles: Vec<String>,
    /// So many people instead of one; the key then stands for all of them. Only `exists`, `join`, `part` and the
    /// members of a group take them.
    pub count: Option<usize>,
}

/// A postal address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddressSpec {
    /// `streetAddress`.
    pub street: String,
    /// `locality`.
    pub locality: String,
    /// `region`.
    #[serde(default)]
    pub region: String,
    /// `postalCode`.
    pub postal_code: String,
    /// `country`.
    pub country: String,
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
    /// Several people, for `join`, `join-at-once` and `part`.
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
    /// Whether the name of the account or group of `exists` is in capitals; default false.
    pub capitals: Option<bool>,
    /// Whether the provider knows the account of `exists`, as from an earlier time; default false.
    pub linked: Option<bool>,
    /// Whether the endpoint may refuse this step; default false.
    pub refusable: Option<bool>,
    /// Whether somebody new appears at the endpoint while the provider pages through `import-users`; default false.
    pub meanwhile: Option<bool>,
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
    /// New work telephone number.
    pub phone: Option<String>,
    /// New `preferredLanguage`.
    pub preferred_language: Option<String>,
    /// New roles.
    pub roles: Option<Vec<String>>,
    /// New name of a group.
    pub name: Option<String>,
}

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// The connection test.
    Connect,
    /// The provider reads which attributes the endpoint has.
    ImportSchema,
    /// An account or group that the endpoint already has, made without the provider.
    Exists,
    /// An account is deleted at the endpoint, and the provider does not know.
    Vanish,
    /// A person is assigned.
    Hire,
    /// The create of a person is sent once more, as after an answer that got lost.
    HireRetried,
    /// A person's attributes change.
    Update,
    /// A person's password is synchronized.
    SetPassword,
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
    /// People join a group, each by a request of their own, all in flight at once.
    JoinAtOnce,
    /// People leave a group.
    Part,
    /// A group gets a new name.
    RenameGroup,
    /// The whole membership is sent again.
    PushNow,
    /// A pushed group is unlinked and left at the endpoint.
    UnlinkGroup,
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

    /// The built-in stories without a crowd in them.
    #[cfg(test)]
    pub(crate) fn small() -> Vec<Self> {
        let crowded = |story: &Self| story.people.iter().any(|person| person.count.is_some());
        Self::builtin().into_iter().filter(|story| !crowded(story)).collect()
    }
}
