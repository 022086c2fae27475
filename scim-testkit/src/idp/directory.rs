//! The company's own directory: who works there and which groups they are in. The model that the endpoint must match.

/// A person, as the identity provider knows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Name within the story, such as `ada`.
    pub key: String,
    /// The provider's own id: `00u…` at Okta, a GUID at Entra ID. Sent as `externalId`.
    pub local_id: String,
    /// Sent as `userName`.
    pub user_name: String,
    /// Sent as `name.givenName`.
    pub given_name: String,
    /// Sent as `name.familyName`.
    pub family_name: String,
    /// Sent as `displayName`.
    pub display_name: String,
    /// Sent as the work e-mail.
    pub email: String,
    /// Sent as `title`, when present.
    pub title: Option<String>,
    /// Sent as the enterprise extension's `department`, when present.
    pub department: Option<String>,
    /// Sent as the enterprise extension's `employeeNumber`, when present.
    pub employee_number: Option<String>,
    /// Key of the manager, when there is one.
    pub manager: Option<String>,
    /// Sent as the work telephone number by a provider that is known to map it, when present.
    pub phone: Option<String>,
    /// Sent as the mobile telephone number by a provider that is known to map it, when present.
    pub mobile: Option<String>,
    /// Sent as the work address by a provider that is known to map it, when present.
    pub address: Option<Address>,
    /// Sent as `locale` by a provider that maps it, when present.
    pub locale: Option<String>,
    /// Sent as `preferredLanguage` by a provider that maps it, when present.
    pub preferred_language: Option<String>,
    /// The password that [`Change::SetPassword`] synchronizes. Providers that send a placeholder with every create make
    /// their own.
    pub password: Option<String>,
    /// Values of the roles that the person has in the application, for a provider that grants roles.
    pub roles: Vec<String>,
    /// Whether the person may use the application.
    pub active: bool,
}

/// A postal address; an empty part has no value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// `streetAddress`.
    pub street: String,
    /// `locality`.
    pub locality: String,
    /// `region`.
    pub region: String,
    /// `postalCode`.
    pub postal_code: String,
    /// `country`.
    pub country: String,
}

/// A group, as the identity provider knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Team {
    /// Name within the story, such as `engineering`.
    pub key: String,
    /// The provider's own id. Entra ID sends it as `externalId`; Okta sends none.
    pub local_id: String,
    /// Sent as `displayName`.
    pub display_name: String,
    /// Keys of the members, in the order in which they joined.
    pub members: Vec<String>,
}

/// All people and groups of a story.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// The people.
    pub people: Vec<Person>,
    /// The groups.
    pub teams: Vec<Team>,
}

impl Directory {
    /// The person with that key.
    #[must_use]
    pub fn person(&self, key: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.key == key)
    }

    /// The person with that key, to change.
    pub fn person_mut(&mut self, key: &str) -> Option<&mut Person> {
        self.people.iter_mut().find(|person| person.key == key)
    }

    /// The group with that key.
    #[must_use]
    pub fn team(&self, key: &str) -> Option<&Team> {
        self.teams.iter().find(|team| team.key == key)
    }

    /// The group with that key, to change.
    pub fn team_mut(&mut self, key: &str) -> Option<&mut Team> {
        self.teams.iter_mut().find(|team| team.key == key)
    }
}

/// Something that happened in the company. The directory already shows the state after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// An administrator enters the endpoint's address and presses "test connection".
    Connect,
    /// A person is assigned to the application: found and linked, or created.
    Hire {
        /// Who.
        person: String,
    },
    /// The provider reads which attributes the endpoint has: `/Schemas`, `/ResourceTypes`, `/ServiceProviderConfig`.
    ImportSchema,
    /// Attributes of a person changed.
    Update {
        /// The person before the change.
        before: Box<Person>,
    },
    /// A person's password is synchronized; the directory's [`Person::password`] is the new one.
    SetPassword {
        /// Who.
        person: String,
    },
    /// A person is unassigned.
    Leave {
        /// Who.
        person: String,
    },
    /// A person who left is assigned again.
    Return {
        /// Who.
        person: String,
    },
    /// A person is deleted for good.
    Purge {
        /// Who.
        person: String,
    },
    /// A group is pushed for the first time, with the members that it has.
    PushGroup {
        /// Which group.
        team: String,
    },
    /// People join a pushed group.
    Join {
        /// Which group.
        team: String,
        /// Who.
        people: Vec<String>,
    },
    /// People leave a pushed group.
    Part {
        /// Which group.
        team: String,
        /// Who.
        people: Vec<String>,
    },
    /// A pushed group has a new name.
    RenameGroup {
        /// Which group.
        team: String,
    },
    /// An administrator presses "push now": the whole membership is sent again.
    PushNow {
        /// Which group.
        team: String,
    },
    /// A pushed group is unlinked and left at the endpoint. The provider forgets it; whatever it is told next of the
    /// group, it looks it up again.
    UnlinkGroup {
        /// Which group.
        team: String,
    },
    /// A group is deleted.
    DeleteGroup {
        /// Which group.
        team: String,
    },
    /// The provider reads all users of the endpoint.
    ImportUsers,
    /// The provider reads all groups of the endpoint.
    ImportGroups,
}
