//! Attribute paths (`name.familyName`) and PATCH paths (`emails[type eq "work"].value`), RFC 7644 §3.10 and §3.5.2.
//!
//! An attribute path may carry a schema URI; it ends at the last colon, so versions and dots inside it are safe:
//! `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName`. A path names at most one
//! sub-attribute, because sub-attributes are never complex (RFC 7643 §2.3.8).
//!
//! Not supported: URIs with parentheses, brackets or quotes, and paths that are a URI alone when its last segment does
//! not look like an attribute name (`urn:example:ext:2.0`).

use std::{borrow::Cow, fmt, str::FromStr};

use crate::filter::{Filter, Limits, ParseError, parse};

/// The name of an attribute or sub-attribute, optionally with its schema URI (RFC 7644 §3.10).
///
/// Spelling is kept as written. `==` compares spelling; `ResourceType::resolve` compares as SCIM does.
///
/// ```
/// use scim_core::path::AttrPath;
///
/// let path: AttrPath = "urn:example:ext:2.0:User:name.familyName".parse()?;
/// assert_eq!(path.urn(), Some("urn:example:ext:2.0:User"));
/// assert_eq!((path.name(), path.sub()), ("name", Some("familyName")));
/// # Ok::<(), scim_core::filter::ParseError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AttrPath {
    /// The whole path, as written. What the RFCs name is in the program already and takes no memory of its own.
    text: Cow<'static, str>,
    /// Where the name begins: behind the URI and its colon; 0 without one.
    name: u32,
    /// Where the sub-attribute begins: behind its point; 0 without one.
    sub: u32,
}

impl AttrPath {
    /// A path of one name. The text is not checked; parse text that comes from outside.
    pub fn new(name: impl Into<String>) -> Self {
        Self { text: Cow::Owned(name.into()), name: 0, sub: 0 }
    }

    /// The same path, down to a sub-attribute.
    #[must_use]
    pub fn with_sub(self, sub: impl Into<String>) -> Self {
        Self::join(self.urn(), self.name(), Some(&sub.into()))
    }

    /// The same path, in a schema.
    #[must_use]
    pub fn with_urn(self, urn: impl Into<String>) -> Self {
        Self::join(Some(&urn.into()), self.name(), self.sub())
    }

    fn join(urn: Option<&str>, name: &str, sub: Option<&str>) -> Self {
        let length = |part: Option<&str>| part.map_or(0, |part| part.len() + 1);
        let (name_at, sub_at) = (length(urn), length(urn) + name.len() + 1);
        let mut text = String::with_capacity(sub_at + length(sub));
        if let Some(urn) = urn {
            text.push_str(urn);
            text.push(':');
        }
        text.push_str(name);
        if let Some(sub) = sub {
            text.push('.');
            text.push_str(sub);
        }
        Self::at(Cow::Owned(text), name_at, if sub.is_some() { sub_at } else { 0 })
    }

    /// A text of more than four gigabytes is one name, which no schema has.
    fn at(text: Cow<'static, str>, name: usize, sub: usize) -> Self {
        let (name, sub) = u32::try_from(text.len()).map_or((0, 0), |_| (name as u32, sub as u32));
        Self { text, name, sub }
    }

    /// The schema URI, as written.
    #[must_use]
    pub fn urn(&self) -> Option<&str> {
        self.name.checked_sub(1).map(|colon| &self.text[..colon as usize])
    }

    /// The attribute name, as written.
    #[must_use]
    pub fn name(&self) -> &str {
        let end = self.sub.checked_sub(1).map_or(self.text.len(), |point| point as usize);
        &self.text[self.name as usize..end]
    }

    /// The sub-attribute name, as written.
    #[must_use]
    pub fn sub(&self) -> Option<&str> {
        (self.sub > 0).then(|| &self.text[self.sub as usize..])
    }

    /// The whole text read as one schema URI; `None` without a colon.
    ///
    /// `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User` parses as the attribute `User` of a schema that
    /// ends in `2.0`. Only a schema list can tell that it names a whole extension.
    #[must_use]
    pub fn as_urn(&self) -> Option<String> {
        self.urn().map(|_| self.to_string())
    }
}

impl From<&str> for AttrPath {
    /// For paths in source code. What is no path becomes a name that no schema has; parse text that comes from outside.
    fn from(text: &str) -> Self {
        text.parse().unwrap_or_else(|_| Self::new(text))
    }
}

impl fmt::Debug for AttrPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = (self.urn(), self.name(), self.sub());
        f.debug_struct("AttrPath")
            .field("urn", &parts.0)
            .field("name", &parts.1)
            .field("sub", &parts.2)
            .finish()
    }
}

impl fmt::Display for AttrPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for AttrPath {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        parse::attr_path(text, &Limits::default())
    }
}

/// The target of a PATCH operation (RFC 7644 §3.5.2, with erratum 7122).
///
/// ```
/// use scim_core::path::Path;
///
/// let path: Path = r#"emails[type eq "work"].value"#.parse()?;
/// assert_eq!(path.attr.name(), "emails");
/// assert!(path.filter.is_some());
/// assert_eq!(path.sub.as_deref(), Some("value"));
/// # Ok::<(), scim_core::filter::ParseError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// The attribute; without a value filter it also holds the sub-attribute.
    pub attr: AttrPath,
    /// Which values of a multi-valued attribute.
    pub filter: Option<Filter>,
    /// The sub-attribute after a value filter.
    pub sub: Option<String>,
}

impl Path {
    /// The values of a multi-valued attribute that match: `attr[filter]`.
    pub fn values(attr: impl Into<AttrPath>, filter: Filter) -> Self {
        Self { attr: attr.into(), filter: Some(filter), sub: None }
    }

    /// The same path, down to a sub-attribute.
    #[must_use]
    pub fn with_sub(self, sub: impl Into<String>) -> Self {
        match self.filter {
            Some(_) => Self { sub: Some(sub.into()), ..self },
            None => self.attr.with_sub(sub).into(),
        }
    }
}

impl From<&str> for Path {
    /// For paths in source code. What is no path becomes a name that no schema has; parse text that comes from outside.
    fn from(text: &str) -> Self {
        text.parse().unwrap_or_else(|_| AttrPath::new(text).into())
    }
}

impl From<AttrPath> for Path {
    fn from(attr: AttrPath) -> Self {
        Self { attr, filter: None, sub: None }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.attr)?;
        if let Some(filter) = &self.filter {
            write!(f, "[{filter}]")?;
        }
        match &self.sub {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Path {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        parse::patch_path(text, &Limits::default())
    }
}

/// Splits `[URI ":"] ATTRNAME ["." ATTRNAME]`; the error says what is wrong with which part of `word`.
#[inline]
pub(crate) fn split(word: &str) -> Result<AttrPath, (&'static str, &'static str)> {
    match known(word) {
        Some(known) => Ok(known),
        None => split_unknown(word),
    }
}

fn split_unknown(word: &str) -> Result<AttrPath, (&'static str, &'static str)> {
    let (urn, rest) = match word.rsplit_once(':') {
        Some((urn, rest)) => (Some(urn), rest),
        None => (None, word),
    };
    if urn.is_some_and(|urn| !is_uri(urn)) {
        return Err(("has no schema URI before the last colon", "write it as urn:…:attribute"));
    }
    let (name, sub) = match rest.split_once('.') {
        Some((name, sub)) => (name, Some(sub)),
        None => (rest, None),
    };
    if sub.is_some_and(|sub| sub.contains('.')) {
        return Err(("has more than one sub-attribute", "sub-attributes have no sub-attributes"));
    }
    if !is_attribute_name(name) || sub.is_some_and(|sub| !is_attribute_name(sub)) {
        return Err((
            "is not an attribute name",
            "an attribute name starts with a letter and holds letters, digits, `-`, `_` and `$`",
        ));
    }
    let sub_at = sub.map_or(0, |sub| word.len() - sub.len());
    Ok(AttrPath::at(Cow::Owned(word.to_owned()), word.len() - rest.len(), sub_at))
}

/// The path, if it is one of [`KNOWN`].
#[inline]
fn known(word: &str) -> Option<AttrPath> {
    let mut slot = hash(word.as_bytes());
    loop {
        let (text, sub) = SLOTS[slot];
        if text.is_empty() {
            return None;
        }
        if text == word {
            return Some(AttrPath { text: Cow::Borrowed(text), name: 0, sub: u32::from(sub) });
        }
        slot = (slot + 1) % SLOTS.len();
    }
}

const fn hash(word: &[u8]) -> usize {
    match word {
        [] => 0,
        [first, .., last] => {
            let middle = word[word.len() / 2] as usize;
            (word.len() * 36 + middle + *last as usize * 3 + *first as usize * 7) % 256
        }
        [only] => *only as usize,
    }
}

/// `ATTRNAME` of RFC 7643 §2.1; erratum 8924 lets it start with `$`, as `$ref` does.
fn is_attribute_name(name: &str) -> bool {
    let mut bytes = name.strip_prefix('$').unwrap_or(name).bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'$' | b'-' | b'_'))
}

/// `scheme ":" anything`, in the characters that RFC 3986 allows outside of brackets and parentheses.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        // "https" of "https://example.com" has lost its colon; a URI alone is no attribute path.
        return false;
    };
    let mut scheme = scheme.bytes();
    scheme.next().is_some_and(|first| first.is_ascii_alphabetic())
        && scheme.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
        && !rest.is_empty()
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'*+,;=%".contains(&byte))
}

/// Each of [`KNOWN`] at its hash, or in the next place that was free, and where its sub-attribute begins.
static SLOTS: [(&str, u8); 256] = {
    let mut slots = [("", 0); 256];
    let mut index = 0;
    while index < KNOWN.len() {
        let text = KNOWN[index];
        let mut slot = hash(text.as_bytes());
        while !slots[slot].0.is_empty() {
            slot = (slot + 1) % slots.len();
        }
        let mut sub = text.len();
        while sub > 0 && text.as_bytes()[sub - 1] != b'.' {
            sub -= 1;
        }
        slots[slot] = (text, sub as u8);
        index += 1;
    }
    slots
};

/// The names of RFC 7643 that filters and PATCH paths are full of, in its spelling.
const KNOWN: [&str; 78] = [
    "id",
    "externalId",
    "userName",
    "displayName",
    "nickName",
    "title",
    "userType",
    "active",
    "emails",
    "phoneNumbers",
    "ims",
    "photos",
    "addresses",
    "groups",
    "roles",
    "entitlements",
    "x509Certificates",
    "members",
    "name",
    "meta",
    "schemas",
    "password",
    "locale",
    "timezone",
    "preferredLanguage",
    "profileUrl",
    "value",
    "type",
    "primary",
    "display",
    "$ref",
    "familyName",
    "givenName",
    "formatted",
    "middleName",
    "honorificPrefix",
    "honorificSuffix",
    "streetAddress",
    "locality",
    "region",
    "postalCode",
    "country",
    "created",
    "lastModified",
    "resourceType",
    "location",
    "version",
    "department",
    "employeeNumber",
    "costCenter",
    "organization",
    "division",
    "manager",
    "name.familyName",
    "name.givenName",
    "name.formatted",
    "name.middleName",
    "emails.value",
    "emails.type",
    "emails.primary",
    "phoneNumbers.value",
    "phoneNumbers.type",
    "addresses.country",
    "addresses.locality",
    "addresses.type",
    "groups.value",
    "groups.display",
    "roles.value",
    "entitlements.value",
    "members.value",
    "members.type",
    "members.display",
    "meta.created",
    "meta.lastModified",
    "meta.resourceType",
    "meta.version",
    "meta.location",
    "manager.value",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_at_the_last_colon() {
        for (text, urn, name, sub) in [
            ("userName", None, "userName", None),
            ("members.$ref", None, "members", Some("$ref")),
            ("$ref", None, "$ref", None),
            (
                "urn:a:ext:2.0:User:manager.displayName",
                Some("urn:a:ext:2.0:User"),
                "manager",
                Some("displayName"),
            ),
            (
                "https://example.com/ext/2.0:costCenter",
                Some("https://example.com/ext/2.0"),
                "costCenter",
                None,
            ),
            ("urn:okta:myapp_1:1.0:user:custom:d_c", Some("urn:okta:myapp_1:1.0:user:custom"), "d_c", None),
        ] {
            let path: AttrPath = text.parse().unwrap();
            assert_eq!((path.urn(), path.name(), path.sub()), (urn, name, sub), "{text}");
            assert_eq!(path.to_string(), text);
        }
    }

    #[test]
    fn known_names_are_as_others() {
        for (index, text) in KNOWN.into_iter().enumerate() {
            assert!(known(text).is_some());
            assert!(!KNOWN[..index].contains(&text), "{text} twice");
            let path: AttrPath = text.parse().unwrap();
            let (name, sub) = text.split_once('.').map_or((text, None), |(name, sub)| (name, Some(sub)));
            let built = match sub {
                Some(sub) => AttrPath::new(name).with_sub(sub),
                None => AttrPath::new(name),
            };
            assert_eq!(path, built);
            assert_eq!((path.urn(), path.name(), path.sub()), (None, name, sub));
        }
        assert_eq!((known("username"), known("x")), (None, None));
    }

    #[test]
    fn parts_are_put_together() {
        let path = AttrPath::new("a").with_sub("b").with_urn("urn:x:1.0").with_sub("c");
        assert_eq!((path.urn(), path.name(), path.sub()), (Some("urn:x:1.0"), "a", Some("c")));
        assert_eq!(path.to_string(), "urn:x:1.0:a.c");
        let odd = AttrPath::new("").with_sub("").with_urn("");
        assert_eq!((odd.urn(), odd.name(), odd.sub()), (Some(""), "", Some("")));
        assert_eq!(format!("{:?}", AttrPath::new("a")), r#"AttrPath { urn: None, name: "a", sub: None }"#);
    }

    #[test]
    fn as_urn_is_the_whole_text() {
        let text = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        assert_eq!(text.parse::<AttrPath>().unwrap().as_urn().as_deref(), Some(text));
        assert_eq!(AttrPath::new("userName").as_urn(), None);
    }

    #[test]
    fn refuses_what_is_no_attribute_path() {
        for text in [
            "",
            " ",
            "a.b.c",
            "1abc",
            "_abc",
            "$",
            "$$ref",
            "a.",
            ".a",
            "a b",
            "foo:bar",
            ":a",
            "urn::a",
            "urn:a:",
            "https://example.com/ext/2.0",
            "emails[type pr]",
            "na\u{ef}ve",
            "a\tb",
            "/emails",
            "a(b)",
        ] {
            assert!(text.parse::<AttrPath>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn patch_paths_round_trip() {
        for text in [
            "members",
            "name.familyName",
            r#"members[value eq "2819c223"]"#,
            r#"emails[type eq "work" and not (primary eq true)].value"#,
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            r#"urn:ietf:params:scim:schemas:core:2.0:User:emails[type eq "work"].value"#,
            "members[value pr].$ref",
        ] {
            let path: Path = text.parse().unwrap();
            assert_eq!(path.to_string(), text);
        }
        assert_eq!(
            "name.familyName".parse::<Path>().unwrap(),
            AttrPath::new("name").with_sub("familyName").into()
        );
    }

    #[test]
    fn refuses_what_is_no_patch_path() {
        for (text, message) in [
            ("", "expected an attribute path, found nothing"),
            ("emails[", "expected an attribute name, found the end"),
            ("emails[]", "expected an attribute name, found `]`"),
            ("emails[0]", "`0` is not an attribute name"),
            ("emails[type pr", "the value filter is not closed"),
            ("emails[type pr].", "expected a sub-attribute name, found the end"),
            ("emails[type pr].value.x", "`value.x` is not a sub-attribute name"),
            ("emails[type pr] eq", "unexpected `eq` after the path"),
            (
                "emails.type[value pr]",
                "a value filter selects values of an attribute, not of a sub-attribute",
            ),
            ("emails[type eq \"work\"].value eq \"x\"", "unexpected `eq` after the path"),
            ("emails [type pr]", "unexpected `[` after the path"),
            ("emails[a[b pr]]", "a value filter cannot hold another value filter"),
        ] {
            assert_eq!(text.parse::<Path>().unwrap_err().message(), message, "{text}");
        }
    }
}
