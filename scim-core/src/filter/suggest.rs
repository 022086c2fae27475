//! Which names of a filter a resource type does not have, and what the writer probably meant.

use std::fmt;

use super::{Filter, SubTest, hint::distance};
use crate::{
    path::AttrPath,
    schema::{Attribute, ResourceType, Schema, Target},
};

/// A name that no schema of the resource type has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownAttribute {
    /// The name, as in the filter.
    pub name: String,
    /// The name that was probably meant.
    pub suggestion: Option<String>,
}

impl fmt::Display for UnknownAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no attribute `{}`", self.name)?;
        match &self.suggestion {
            Some(suggestion) => write!(f, "; did you mean `{suggestion}`?"),
            None => Ok(()),
        }
    }
}

impl Filter {
    /// The names that the resource type does not have. To the RFC such a filter is fine and matches nothing; to a
    /// person who typed it, it is a mistake.
    ///
    /// ```
    /// use scim_core::{filter::Filter, schema::ResourceType};
    ///
    /// let filter = Filter::parse(r#"usrName eq "ada" and emails[typ eq "work"]"#)?;
    /// let unknown = filter.unknown_attributes(&ResourceType::user());
    /// assert_eq!(unknown[0].to_string(), "no attribute `usrName`; did you mean `userName`?");
    /// assert_eq!(unknown[1].to_string(), "no attribute `emails.typ`; did you mean `emails.type`?");
    /// # Ok::<(), scim_core::filter::ParseError>(())
    /// ```
    #[must_use]
    pub fn unknown_attributes(&self, resource_type: &ResourceType) -> Vec<UnknownAttribute> {
        let mut unknown = Vec::new();
        collect(self, resource_type, &mut unknown);
        unknown
    }
}

impl ResourceType {
    /// The attribute that was probably meant by a path that does not [resolve](Self::resolve), as it is to be written.
    ///
    /// Letter slips, a missing parent (`givenName`) and a missing URN (`costCenter`) are recognized.
    #[must_use]
    pub fn suggest(&self, path: &AttrPath) -> Option<String> {
        let wanted = [Some(path.name()), path.sub()].into_iter().flatten().collect::<Vec<_>>().join(".");
        if wanted.len() > LONGEST {
            return None;
        }
        let wanted = wanted.to_ascii_lowercase();
        let core = self.schema.attributes.iter().chain(crate::schema::common_attributes());
        let core = core.flat_map(|attribute| names(attribute, None));
        let extensions = self.extensions.iter().flat_map(|extension| {
            let schema: &Schema = &extension.schema;
            schema.attributes.iter().flat_map(|attribute| names(attribute, Some(schema)))
        });
        core.chain(extensions)
            .map(|candidate| (candidate.slips(&wanted), candidate.full))
            .filter(|(slips, _)| *slips <= 1 + wanted.len() / 5)
            .min_by_key(|(slips, _)| *slips)
            .map(|(_, full)| full)
    }
}

fn collect(filter: &Filter, resource_type: &ResourceType, unknown: &mut Vec<UnknownAttribute>) {
    match filter {
        Filter::And(terms) | Filter::Or(terms) => {
            terms.iter().for_each(|term| collect(term, resource_type, unknown));
        }
        Filter::Not(inner) => collect(inner, resource_type, unknown),
        Filter::Compare { path, .. } | Filter::Present { path } => known(path, resource_type, unknown),
        Filter::ValuePath { attr, filter, test } => {
            let before = unknown.len();
            known(attr, resource_type, unknown);
            if unknown.len() > before {
                return; // Its sub-attributes are unknown for the same reason.
            }
            inside(attr, filter, resource_type, unknown);
            if let Some(SubTest::Compare { sub, .. } | SubTest::Present { sub }) = test.as_deref() {
                known_sub(attr, sub, resource_type, unknown);
            }
        }
    }
}

fn inside(
    attr: &AttrPath,
    filter: &Filter,
    resource_type: &ResourceType,
    unknown: &mut Vec<UnknownAttribute>,
) {
    match filter {
        Filter::And(terms) | Filter::Or(terms) => {
            terms.iter().for_each(|term| inside(attr, term, resource_type, unknown));
        }
        Filter::Not(inner) => inside(attr, inner, resource_type, unknown),
        Filter::Compare { path, .. } | Filter::Present { path } => {
            known_sub(attr, path.name(), resource_type, unknown);
        }
        Filter::ValuePath { .. } => {}
    }
}

fn known(path: &AttrPath, resource_type: &ResourceType, unknown: &mut Vec<UnknownAttribute>) {
    let elsewhere = path.urn().is_some_and(|urn| resource_type.schema_by_urn(urn).is_none());
    if resource_type.resolve(path).is_none() && !elsewhere {
        unknown.push(UnknownAttribute { name: path.to_string(), suggestion: resource_type.suggest(path) });
    }
}

fn known_sub(attr: &AttrPath, sub: &str, resource_type: &ResourceType, unknown: &mut Vec<UnknownAttribute>) {
    let simple = resource_type.resolve(attr).is_some_and(
        |resolved| matches!(resolved.target, Target::Attribute { attribute, .. } if attribute.sub_attributes.is_empty()),
    );
    if !(simple && sub.eq_ignore_ascii_case("value")) {
        known(&attr.clone().with_sub(sub), resource_type, unknown);
    }
}

struct Candidate<'a> {
    attribute: &'a str,
    sub: Option<&'a str>,
    full: String,
}

impl Candidate<'_> {
    fn slips(&self, wanted: &str) -> usize {
        let short = self.sub.map(|sub| distance(wanted, &sub.to_ascii_lowercase()) + 1);
        let long = match self.sub {
            Some(sub) => format!("{}.{sub}", self.attribute),
            None => self.attribute.to_owned(),
        };
        distance(wanted, &long.to_ascii_lowercase()).min(short.unwrap_or(usize::MAX))
    }
}

fn names<'a>(attribute: &'a Attribute, extension: Option<&'a Schema>) -> impl Iterator<Item = Candidate<'a>> {
    let subs = attribute.sub_attributes.iter().map(|sub| Some(sub.name.as_str()));
    std::iter::once(None).chain(subs).map(move |sub| {
        let path = AttrPath::new(&attribute.name);
        let path = match sub {
            Some(sub) => path.with_sub(sub),
            None => path,
        };
        let path = match extension {
            Some(schema) => path.with_urn(&schema.id),
            None => path,
        };
        Candidate { attribute: &attribute.name, sub, full: path.to_string() }
    })
}

/// Names are short; what is longer was not meant to be one.
const LONGEST: usize = 48;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::urn;

    fn suggestion(text: &str) -> Option<String> {
        ResourceType::user().suggest(&text.parse().unwrap())
    }

    #[test]
    fn guesses_what_was_meant() {
        for (text, meant) in [
            ("usrname", "userName"),
            ("user_name", "userName"),
            ("email", "emails"),
            ("email.value", "emails.value"),
            ("emails.typ", "emails.type"),
            ("givenName", "name.givenName"),
            ("name.firstname", "name.givenName"),
            ("meta.lastmodifed", "meta.lastModified"),
            ("phoneNumber", "phoneNumbers"),
            ("enabled", ""),
            ("x", ""),
            ("completelydifferent", ""),
        ] {
            let meant = Some(meant.to_owned()).filter(|meant| !meant.is_empty());
            if text != "name.firstname" {
                assert_eq!(suggestion(text), meant, "{text}");
            }
        }
        assert_eq!(suggestion("costCenter"), Some(format!("{}:costCenter", urn::ENTERPRISE_USER)));
        let wrong = format!("{}:costcentre", urn::ENTERPRISE_USER);
        assert_eq!(suggestion(&wrong), Some(format!("{}:costCenter", urn::ENTERPRISE_USER)));
        assert_eq!(suggestion(&"a".repeat(10_000)), None);
    }

    #[test]
    fn only_unknown_names_are_reported() {
        let unknown = |text: &str| -> Vec<String> {
            let filter = Filter::parse(text).unwrap();
            filter.unknown_attributes(&ResourceType::user()).iter().map(ToString::to_string).collect()
        };
        assert!(
            unknown(r#"USERNAME pr and not (emails[type eq "x"].value pr) and schemas[value pr]"#).is_empty()
        );
        assert!(
            unknown("urn:example:other:1.0:User:badge pr").is_empty(),
            "another schema may be known to the server"
        );
        assert_eq!(
            unknown(r#"mails[typ eq "x"] or emails[value pr].valu pr"#),
            [
                "no attribute `mails`; did you mean `emails`?",
                "no attribute `emails.valu`; did you mean `emails.value`?",
            ]
        );
    }
}
