//! The people and groups of a story, under names that no other story of any run uses.

use super::play::Player;
use crate::{
    idp::{Address, Dialect, Directory, Person, Team},
    story::{Changes, PersonSpec, Story},
};

impl Player<'_> {
    /// The people and groups of a story, under names that no other story of any run uses.
    pub(super) fn cast(&self, dialect: Dialect, story: &Story) -> Directory {
        let people = story.people.iter().flat_map(|spec| match spec.count {
            Some(count) => (1..=count).map(|number| self.one_of_many(dialect, spec, number)).collect(),
            None => vec![self.person(dialect, spec)],
        });
        let people = people.collect();
        let teams = story
            .teams
            .iter()
            .map(|spec| Team {
                key: spec.key.clone(),
                local_id: self.local_id(dialect, &spec.key, true),
                display_name: self.group_name(&spec.name),
                members: everyone(story, &spec.members),
            })
            .collect();
        Directory { people, teams }
    }

    pub(super) fn person(&self, dialect: Dialect, spec: &PersonSpec) -> Person {
        let mut person = Person {
            key: spec.key.clone(),
            local_id: self.local_id(dialect, &spec.key, false),
            title: spec.title.as_deref().map(|title| self.role_name(title)),
            department: spec.department.clone(),
            employee_number: spec.employee_number.clone(),
            manager: spec.manager.clone(),
            phone: spec.phone.clone(),
            mobile: spec.mobile.clone(),
            address: spec.address.as_ref().map(|address| Address {
                street: address.street.clone(),
                locality: address.locality.clone(),
                region: address.region.clone(),
                postal_code: address.postal_code.clone(),
                country: address.country.clone(),
            }),
            locale: spec.locale.clone(),
            preferred_language: spec.preferred_language.clone(),
            roles: spec.roles.clone(),
            active: true,
            ..Person::default()
        };
        let names = || format!("{}.{}", spec.given_name, spec.family_name);
        let address = spec.user_name.clone().unwrap_or_else(names);
        self.apply_changes(
            &mut person,
            &Changes {
                given_name: Some(spec.given_name.clone()),
                family_name: Some(spec.family_name.clone()),
                user_name: Some(address.clone()),
                email: Some(address.to_lowercase()),
                ..Changes::default()
            },
        );
        person
    }

    /// One of the people of a crowd. They are the same for all providers and stories of a run, so that each account is
    /// made once.
    fn one_of_many(&self, dialect: Dialect, spec: &PersonSpec, number: usize) -> Person {
        let mut person = self.person(dialect, spec);
        person.key = one_of(&spec.key, number);
        person.local_id = self.local_id(dialect, &person.key, false);
        person.family_name = format!("{} {number}", spec.family_name);
        person.display_name = format!("{} {}", person.given_name, person.family_name);
        person.user_name = format!("{}-crowd-{number:04}@{}", self.run.prefix(), self.run.mail_domain());
        person.email.clone_from(&person.user_name);
        person
    }

    pub(super) fn apply_changes(&self, person: &mut Person, set: &Changes) {
        let address = |local: &String| {
            format!("{}-{:03}.{local}@{}", self.run.prefix(), self.plays, self.run.mail_domain())
        };
        let optional = |value: &String| Some(value.clone()).filter(|value| !value.is_empty());
        if let Some(name) = &set.given_name {
            person.given_name.clone_from(name);
        }
        if let Some(name) = &set.family_name {
            person.family_name.clone_from(name);
        }
        if set.given_name.is_some() || set.family_name.is_some() {
            person.display_name = format!("{} {}", person.given_name, person.family_name);
        }
        if let Some(local) = &set.user_name {
            person.user_name = address(local);
        }
        if let Some(local) = &set.email {
            person.email = address(local);
        }
        if let Some(title) = &set.title {
            person.title = optional(title);
        }
        if let Some(department) = &set.department {
            person.department = optional(department);
        }
        if let Some(manager) = &set.manager {
            person.manager = optional(manager);
        }
        if let Some(phone) = &set.phone {
            person.phone = optional(phone);
        }
        if let Some(language) = &set.preferred_language {
            person.preferred_language = optional(language);
        }
        if let Some(roles) = &set.roles {
            person.roles.clone_from(roles);
        }
    }

    pub(super) fn with_roles(&self, mut set: Changes) -> Changes {
        set.title = set.title.as_deref().map(|title| self.role_name(title));
        set
    }

    /// `{role.1}`, `{role.2}`: the tenant's roles other than the minimal one, from the last.
    pub(super) fn role_name(&self, title: &str) -> String {
        let Some(vendor) = &self.run.vendor else { return title.to_owned() };
        let minimal: Vec<&String> = vendor.grants.iter().filter_map(|grant| grant.minimal.as_ref()).collect();
        let roles: Vec<&String> = vendor.tenant.roles.iter().filter(|role| !minimal.contains(role)).collect();
        let place = match title {
            "{role.1}" => 0,
            "{role.2}" => 1,
            _ => return title.to_owned(),
        };
        roles.get(place).or_else(|| roles.first()).map_or_else(|| title.to_owned(), |role| (*role).clone())
    }

    pub(super) fn group_name(&self, name: &str) -> String {
        format!("{}-{:03} {name}", self.run.prefix(), self.plays)
    }

    /// The provider's own id: `00u…` at Okta, a GUID at Entra ID.
    pub(super) fn local_id(&self, dialect: Dialect, key: &str, group: bool) -> String {
        let hash = |salt: &str| {
            // FNV-1a: stable over platforms and versions, which the standard hasher is not.
            let text = format!("{:x}/{}/{}/{key}/{group}/{salt}", self.run.seed, self.plays, dialect.id());
            text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            })
        };
        let (high, low) = (hash("high"), hash("low"));
        if dialect.is_okta() {
            return format!(
                "00{}{:017x}",
                if group { 'g' } else { 'u' },
                (u128::from(high) * 16) & 0xf_ffff_ffff_ffff_ffff
            );
        }
        format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            low >> 52,
            low & 0xffff_ffff_ffff
        )
    }
}

/// The keys with those that stand for many people replaced by the keys of each.
pub(super) fn everyone(story: &Story, keys: &[String]) -> Vec<String> {
    let crowd = |key: &String| story.people.iter().find(|spec| spec.key == *key)?.count;
    keys.iter()
        .flat_map(|key| match crowd(key) {
            Some(count) => (1..=count).map(|number| one_of(key, number)).collect(),
            None => vec![key.clone()],
        })
        .collect()
}

fn one_of(key: &str, number: usize) -> String {
    format!("{key}-{number:04}")
}
