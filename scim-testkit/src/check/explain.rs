//! The long story of each check: what happens, whom it hurts, how it was found in the wild.
//!
//! The texts are in `explain.toml`, by id.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{
    Check, catalog,
    harm::{self, Harm},
};

/// The story of a check, for a person: its sentence, what it costs, the long text, the rule, the advice, and how to
/// see it again. `None` if there is no such check.
///
/// ```
/// let story = scim_testkit::check::explain::story("patch.boolean-string").expect("it is a check");
/// assert!(story.contains("False") && story.contains("entra"));
/// assert_eq!(scim_testkit::check::explain::story("patch.nonsense"), None);
/// ```
#[must_use]
pub fn story(id: &str) -> Option<String> {
    let check = catalog::ALL.iter().find(|check| check.id == id)?;
    Some(write(check, texts().get(id).map(String::as_str).unwrap_or_default()))
}

fn write(check: &Check, long: &str) -> String {
    let harm = Harm::of(check, !check.breaks.is_empty());
    let mut text = format!("{}\n{}\n\n", check.id, check.title);
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:<9} {value}");
    };
    line("level", check.level.as_str());
    if harm != Harm::None {
        line("costs", &harm.as_str().replace('-', " "));
    }
    if !check.breaks.is_empty() {
        let breaks: Vec<&str> = check.breaks.iter().map(|dialect| dialect.id()).collect();
        line("breaks", &breaks.join(", "));
    }
    line("rule", check.citation);
    line("fix", check.fix);
    let causes: Vec<&str> = harm::causes(check.id).collect();
    if !causes.is_empty() {
        line("after", &format!("{}: mend these first where they are found too", causes.join(", ")));
    }
    line("try", &format!("scim test URL --only {}", check.id));
    if !long.is_empty() {
        let _ = write!(text, "\n{}\n", long.trim());
    }
    text
}

fn texts() -> BTreeMap<String, String> {
    // A file of the crate's own, which a test reads.
    toml::from_str(include_str!("explain.toml")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_has_a_story_and_every_story_a_check() {
        let texts: BTreeMap<String, String> = toml::from_str(include_str!("explain.toml")).unwrap();
        let known: Vec<&str> = catalog::ALL.iter().map(|check| check.id).collect();
        let unknown: Vec<&String> = texts.keys().filter(|id| !known.contains(&id.as_str())).collect();
        assert!(unknown.is_empty(), "no such check: {unknown:?}");
        let untold: Vec<&&str> =
            known.iter().filter(|id| texts.get(**id).is_none_or(|it| it.len() < 120)).collect();
        assert!(untold.is_empty(), "no story, or a very short one: {untold:?}");
    }
}
