//! Reading and checking story files.

use std::fmt;

use scim_core::vendor::load::parse_toml;

use super::{Need, PersonSpec, StepSpec, Story, Verb};

/// A story file that cannot be played, with the place and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryError {
    message: String,
}

impl fmt::Display for StoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for StoryError {}

impl Story {
    /// Reads a story file. `origin` is the file's name, for the error message.
    ///
    /// # Errors
    /// With line, caret and suggestion for a misspelled key; with the step's number for a step that lacks a key or
    /// names someone who is not in the story.
    pub fn parse(text: &str, origin: &str) -> Result<Self, StoryError> {
        let story: Self =
            parse_toml(text, origin, KEYS).map_err(|error| StoryError { message: error.to_string() })?;
        for (index, step) in story.steps.iter().enumerate() {
            story.lint(step).map_err(|problem| StoryError {
                message: format!("{origin}: steps[{index}] (do = {:?}): {problem}", verb_name(step.verb)),
            })?;
        }
        for team in &story.teams {
            for member in &team.members {
                story.known_person(member).map_err(|problem| StoryError {
                    message: format!("{origin}: team {:?}: {problem}", team.key),
                })?;
            }
        }
        if story.steps.is_empty() {
            return Err(StoryError { message: format!("{origin}: the story has no steps") });
        }
        Ok(story)
    }

    /// Whether the story needs `/Groups`.
    #[must_use]
    pub fn needs_groups(&self) -> bool {
        self.needs.contains(&Need::Groups) || !self.teams.is_empty()
    }

    fn lint(&self, step: &StepSpec) -> Result<(), String> {
        let person = || {
            let key = step.person.as_deref().ok_or("needs a `person`")?;
            self.known_person(key)
        };
        let team = || {
            let key = step.team.as_deref().ok_or("needs a `team`")?;
            if self.teams.iter().any(|team| team.key == key) {
                Ok(())
            } else {
                Err(format!("there is no team {key:?} in this story"))
            }
        };
        match step.verb {
            Verb::Connect | Verb::ImportSchema | Verb::ImportUsers | Verb::ImportGroups => Ok(()),
            Verb::Exists if step.team.is_some() => team(),
            Verb::Exists => person(),
            Verb::Vanish
            | Verb::Hire
            | Verb::HireRetried
            | Verb::SetPassword
            | Verb::Leave
            | Verb::Return
            | Verb::Purge => {
                let key = step.person.as_deref().unwrap_or_default();
                if self.people.iter().any(|person| person.key == key && person.count.is_some()) {
                    return Err(format!("{key:?} stands for many people; this takes one"));
                }
                person()
            }
            Verb::Update => {
                person()?;
                if step.set.is_none() {
                    return Err("needs `set = { … }`".to_owned());
                }
                Ok(())
            }
            Verb::PushGroup | Verb::PushNow | Verb::UnlinkGroup | Verb::DeleteGroup => team(),
            Verb::RenameGroup => {
                team()?;
                match step.set.as_ref().and_then(|set| set.name.as_ref()) {
                    Some(_) => Ok(()),
                    None => Err("needs `set = { name = \"…\" }`".to_owned()),
                }
            }
            Verb::Join | Verb::JoinAtOnce | Verb::Part => {
                team()?;
                if step.people.is_empty() {
                    return Err("needs `people = [\"…\"]`".to_owned());
                }
                step.people.iter().try_for_each(|key| self.known_person(key))
            }
        }
    }

    fn known_person(&self, key: &str) -> Result<(), String> {
        let named = |person: &PersonSpec| match (person.count, key.strip_prefix(&person.key)) {
            (_, Some("")) => true,
            // One of many: `crowd-0007`.
            (Some(count), Some(number)) => number
                .strip_prefix('-')
                .filter(|digits| digits.len() == 4)
                .and_then(|digits| digits.parse::<usize>().ok())
                .is_some_and(|number| (1..=count).contains(&number)),
            _ => false,
        };
        if self.people.iter().any(named) {
            return Ok(());
        }
        let nearest = self
            .people
            .iter()
            .map(|person| (strsim::damerau_levenshtein(&person.key, key), &person.key))
            .min()
            .filter(|(distance, _)| *distance <= 2);
        Err(match nearest {
            Some((_, near)) => format!("there is no person {key:?} in this story; did you mean {near:?}?"),
            None => format!("there is no person {key:?} in this story"),
        })
    }
}

fn verb_name(verb: Verb) -> String {
    let debug = format!("{verb:?}");
    let mut name = String::new();
    for (index, letter) in debug.chars().enumerate() {
        if letter.is_ascii_uppercase() && index > 0 {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

const KEYS: &[&str] = &[
    "name",
    "title",
    "needs",
    "people",
    "teams",
    "steps",
    "key",
    "given_name",
    "family_name",
    "department",
    "employee_number",
    "manager",
    "members",
    "do",
    "person",
    "team",
    "set",
    "active",
    "bare",
    "user_name",
    "email",
    "phone",
    "mobile",
    "address",
    "street",
    "locality",
    "region",
    "postal_code",
    "country",
    "locale",
    "preferred_language",
    "count",
    "capitals",
    "linked",
    "refusable",
    "meanwhile",
];

macro_rules! stories {
    ($($name:literal),* $(,)?) => {
        &[$((concat!($name, ".toml"), include_str!(concat!("../../stories/", $name, ".toml")))),*]
    };
}

pub(super) const BUILTIN: &[(&str, &str)] = stories![
    "connect",
    "import-schema",
    "hire",
    "hire-full",
    "hire-unicode",
    "hire-apostrophe",
    "hire-plus",
    "hire-long",
    "hire-twice",
    "hire-existing",
    "hire-existing-bare",
    "hire-existing-inactive",
    "hire-existing-case",
    "mover",
    "clear-title",
    "manager",
    "rename-user",
    "email-change",
    "password-sync",
    "leave",
    "leave-twice",
    "return",
    "purge",
    "rehire-after-purge",
    "push-group",
    "push-empty-group",
    "push-existing-group",
    "group-members",
    "group-members-again",
    "unknown-member",
    "shared-members",
    "member-changes",
    "join-at-once",
    "push-large-group",
    "push-thousand-members",
    "rename-group",
    "push-now",
    "empty-group",
    "unlink-group",
    "delete-group",
    "import",
    "import-pages",
    "title-to-role",
    "role-change",
    "app-role",
    "title-without-role",
    "leave-ends-account",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_builtin_story_reads() {
        for (file, text) in BUILTIN {
            let story = Story::parse(text, file).unwrap();
            assert_eq!(format!("{}.toml", story.name), *file);
        }
    }

    #[test]
    fn a_step_must_name_someone_in_the_story() {
        let text = "name = \"x\"\ntitle = \"x\"\n[[people]]\nkey = \"ada\"\ngiven_name = \"A\"\nfamily_name = \"L\"\n[[steps]]\ndo = \"hire\"\nperson = \"adda\"\n";
        let error = Story::parse(text, "x.toml").unwrap_err();
        assert_eq!(
            error.to_string(),
            "x.toml: steps[0] (do = \"hire\"): there is no person \"adda\" in this story; did you mean \"ada\"?"
        );
    }

    #[test]
    fn a_misspelled_key_is_shown_with_line_and_suggestion() {
        let text = "name = \"x\"\ntitle = \"x\"\n[[steps]]\ndo = \"connect\"\npersn = \"ada\"\n";
        let message = Story::parse(text, "x.toml").unwrap_err().to_string();
        assert!(message.contains("x.toml:5") && message.contains("person"), "{message}");
    }
}
