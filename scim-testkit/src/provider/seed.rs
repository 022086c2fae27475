//! Generated users and groups.

use scim_core::{error::ScimError, json, project::Projection, reply::Body, urn};
use serde_json::{Value, json};

use super::{
    control::ControlError,
    service::Service,
    store::{Kind, Record},
};

/// How many users and groups to generate.
///
/// User 7 is the same in every mock: `bjorn.perez7@example.com`, external id `seed-7`. Every twentieth user is inactive. A
/// group has every tenth user, and `Team 1` another tenth than `Team 2`. Whoever is there already is left alone, so
/// that to ask twice for a hundred users leaves a hundred.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seed {
    /// Users, numbered from 1; a million at most.
    pub users: usize,
    /// Groups, numbered from 1; ten thousand at most.
    pub groups: usize,
}

/// What [`super::Control::seed`] made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seeded {
    /// New users.
    pub users: usize,
    /// New groups.
    pub groups: usize,
}

impl Service<'_> {
    pub(super) fn seed(&mut self, seed: Seed) -> Result<Seeded, ControlError> {
        if seed.users > MOST_USERS || seed.groups > MOST_GROUPS {
            let text = format!("at most {MOST_USERS} users and {MOST_GROUPS} groups");
            return Err(ControlError::Invalid(ScimError::invalid_value(text)));
        }
        if seed.groups > 0 && self.ops(Kind::Group).is_empty() {
            let text = format!("{} has no groups", self.provider.profile.profile.title);
            return Err(ControlError::NotOffered(text));
        }
        let mut made = Seeded::default();
        let mut ids = Vec::with_capacity(seed.users.min(MOST_USERS));
        let domain = self.domain();
        for number in 1..=seed.users {
            let (id, new) = self.seed_one(Kind::User, "userName", user(number, &domain))?;
            made.users += usize::from(new);
            ids.push(id);
        }
        let tenth = ids.len().div_ceil(10);
        for number in 1..=seed.groups {
            let members = ids.iter().skip((number - 1) % 10).step_by(10).take(tenth.min(self.most_members()));
            let members: Vec<Value> = members.map(|id| json!({ "value": id })).collect();
            let (_, new) = self.seed_one(Kind::Group, "displayName", group(number, members))?;
            made.groups += usize::from(new);
        }
        Ok(made)
    }

    /// The id of the resource, and whether it is new.
    fn seed_one(&mut self, kind: Kind, name: &str, data: Value) -> Result<(String, bool), ControlError> {
        let text = data[name].as_str().unwrap_or_default();
        let known = self.store.with_text(kind, name, text).and_then(|mut found| found.next());
        if let Some(id) = known.map(|record: &Record| record.id.clone()) {
            return Ok((id, false));
        }
        let called = text.to_owned();
        let inactive = data.get("active") == Some(&false.into());
        let refused = |error: ScimError| {
            let detail = format!("{called}: {}", error.detail);
            ControlError::Invalid(ScimError { detail, ..error })
        };
        let reply = match self.create(kind, data.clone(), Projection::default()) {
            // Where nobody can be created inactive, everybody is active.
            Err(_) if inactive => {
                let mut data = data;
                data["active"] = true.into();
                self.create(kind, data, Projection::default())
            }
            reply => reply,
        };
        let reply = reply.map_err(refused)?;
        let by_body = match &reply.body {
            Body::Json(Value::Object(body)) => {
                json::get(body, "id").and_then(Value::as_str).map(str::to_owned)
            }
            _ => None,
        };
        let stored = self.store.with_text(kind, name, &called).and_then(|mut found| found.next());
        Ok((stored.map(|record| record.id.clone()).or(by_body).unwrap_or_default(), true))
    }

    /// One that new users may have.
    fn domain(&self) -> String {
        let verified = self.provider.profile.tenant.verified_domains.first();
        verified.map_or_else(|| "example.com".to_owned(), Clone::clone)
    }

    fn most_members(&self) -> usize {
        match self.provider.profile.group.members_max {
            0 => usize::MAX,
            most => most,
        }
    }
}

fn user(number: usize, domain: &str) -> Value {
    let (given, plain_given) = GIVEN[(number * 7) % GIVEN.len()];
    let (family, plain_family) = FAMILY[(number * 5 + number / FAMILY.len()) % FAMILY.len()];
    let user_name = format!("{plain_given}.{plain_family}{number}@{domain}");
    json!({
        "schemas": [urn::USER, urn::ENTERPRISE_USER],
        "externalId": format!("seed-{number}"),
        "userName": user_name,
        "name": {"givenName": given, "familyName": family, "formatted": format!("{given} {family}")},
        "displayName": format!("{given} {family}"),
        "emails": [{"value": user_name, "type": "work", "primary": true}],
        "title": TITLES[number % TITLES.len()],
        "active": !number.is_multiple_of(20),
        urn::ENTERPRISE_USER: {
            "employeeNumber": format!("{number:06}"),
            "department": DEPARTMENTS[(number / 3) % DEPARTMENTS.len()],
        },
    })
}

fn group(number: usize, members: Vec<Value>) -> Value {
    json!({
        "schemas": [urn::GROUP],
        "externalId": format!("seed-group-{number}"),
        "displayName": format!("Team {number}"),
        "members": members,
    })
}

const MOST_USERS: usize = 1_000_000;
const MOST_GROUPS: usize = 10_000;

/// As people write their names, and as addresses have them.
const GIVEN: [(&str, &str); 16] = [
    ("Ada", "ada"),
    ("Björn", "bjorn"),
    ("Chidi", "chidi"),
    ("Dolores", "dolores"),
    ("Élodie", "elodie"),
    ("Farid", "farid"),
    ("Grace", "grace"),
    ("Hồng", "hong"),
    ("İpek", "ipek"),
    ("Jürgen", "juergen"),
    ("Keiko", "keiko"),
    ("Łucja", "lucja"),
    ("Malia", "malia"),
    ("Nils", "nils"),
    ("Óscar", "oscar"),
    ("Priya", "priya"),
];
const FAMILY: [(&str, &str); 15] = [
    ("Lovelace", "lovelace"),
    ("Müller", "mueller"),
    ("Nguyễn", "nguyen"),
    ("O'Brien", "obrien"),
    ("Okafor", "okafor"),
    ("Pérez", "perez"),
    ("Quinn", "quinn"),
    ("Rossi", "rossi"),
    ("Sørensen", "sorensen"),
    ("Tanaka", "tanaka"),
    ("Umarov", "umarov"),
    ("de Vries", "devries"),
    ("Wójcik", "wojcik"),
    ("Yılmaz", "yilmaz"),
    ("Zhang", "zhang"),
];
const TITLES: [&str; 6] =
    ["Engineer", "Designer", "Sales Rep", "Marketing Manager", "Accountant", "Team Lead"];
const DEPARTMENTS: [&str; 5] = ["Engineering", "Design", "Sales", "Marketing", "Finance"];
