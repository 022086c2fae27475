//! Filters written in Rust: every attribute of RFC 7643 as a function that knows which comparisons it has.
//!
//! Values are quoted and escaped, names are spelled as the schema does, and a comparison that an attribute does not
//! have does not compile.
//!
//! ```
//! use scim_core::filter::attr::{emails, last_modified, text, user_name};
//!
//! assert_eq!(user_name().eq("o\"brien").to_string(), r#"userName eq "o\"brien""#);
//! let work = emails().matching(text("type").eq("work").and(text("value").co("@example.com")));
//! let since = last_modified().ge("2026-01-01T00:00:00Z".parse::<jiff::Timestamp>()?);
//! assert_eq!(
//!     work.or(since).to_string(),
//!     r#"emails[type eq "work" and value co "@example.com"] or meta.lastModified ge "2026-01-01T00:00:00Z""#
//! );
//! # Ok::<(), jiff::Error>(())
//! ```
//!
//! ```compile_fail
//! use scim_core::filter::attr::active;
//!
//! active().gt(true); // RFC 7644 §3.4.2.2: no order on booleans.
//! ```

use std::marker::PhantomData;

use super::{CompareOp, Filter, Literal};
use crate::{path::AttrPath, urn};

/// An attribute in a filter; `K` says which comparisons it has.
#[derive(Clone, Debug)]
pub struct Attr<K> {
    path: AttrPath,
    kind: PhantomData<K>,
}

/// Comparisons of text: all.
#[derive(Clone, Copy, Debug)]
pub enum Text {}
/// Comparisons of a boolean: `eq` and `ne`.
#[derive(Clone, Copy, Debug)]
pub enum Flag {}
/// Comparisons of a number: equality and order.
#[derive(Clone, Copy, Debug)]
pub enum Number {}
/// Comparisons of a dateTime: equality and order.
#[derive(Clone, Copy, Debug)]
pub enum Instant {}
/// A multi-valued complex attribute: whether a value matches a filter.
#[derive(Clone, Copy, Debug)]
pub enum Many {}

/// A text attribute of your own, or a sub-attribute inside of [`Attr::matching`].
pub fn text(path: impl Into<AttrPath>) -> Attr<Text> {
    Attr::new(path.into())
}

/// A boolean attribute of your own, or a sub-attribute inside of [`Attr::matching`].
pub fn flag(path: impl Into<AttrPath>) -> Attr<Flag> {
    Attr::new(path.into())
}

/// A number attribute of your own.
pub fn number(path: impl Into<AttrPath>) -> Attr<Number> {
    Attr::new(path.into())
}

/// A dateTime attribute of your own.
pub fn instant(path: impl Into<AttrPath>) -> Attr<Instant> {
    Attr::new(path.into())
}

/// A multi-valued complex attribute of your own.
pub fn many(path: impl Into<AttrPath>) -> Attr<Many> {
    Attr::new(path.into())
}

impl<K> Attr<K> {
    fn new(path: AttrPath) -> Self {
        Self { path, kind: PhantomData }
    }

    /// There is a value.
    #[must_use]
    pub fn present(self) -> Filter {
        Filter::Present { path: self.path }
    }

    /// There is no value: `not (… pr)`.
    #[must_use]
    pub fn absent(self) -> Filter {
        !self.present()
    }

    fn compare(self, op: CompareOp, value: impl Into<Literal>) -> Filter {
        Filter::Compare { path: self.path, op, value: value.into() }
    }
}

/// Comparisons with values of one Rust type.
macro_rules! comparisons {
    ($kind:ty, $value:ty as $literal:ty: $($method:ident $op:ident $doc:literal)*) => {
        impl Attr<$kind> {
            $(
                #[doc = $doc]
                #[must_use]
                pub fn $method(self, value: $value) -> Filter {
                    let value: $literal = value.into();
                    self.compare(CompareOp::$op, value)
                }
            )*
        }
    };
}

comparisons! { Text, impl Into<String> as String:
    eq Eq "Equal."
    ne Ne "Not equal; true without a value."
    co Co "Contains."
    sw Sw "Starts with."
    ew Ew "Ends with."
    gt Gt "Greater."
    ge Ge "Greater or equal."
    lt Lt "Less."
    le Le "Less or equal."
}
comparisons! { Flag, impl Into<bool> as bool:
    eq Eq "Equal."
    ne Ne "Not equal; true without a value."
}
comparisons! { Number, impl Into<i64> as i64:
    eq Eq "Equal."
    ne Ne "Not equal; true without a value."
    gt Gt "Greater."
    ge Ge "Greater or equal."
    lt Lt "Less."
    le Le "Less or equal."
}
comparisons! { Instant, impl Into<jiff::Timestamp> as jiff::Timestamp:
    eq Eq "At that time."
    ne Ne "Not at that time; true without a value."
    gt Gt "After."
    ge Ge "Not before."
    lt Lt "Before."
    le Le "Not after."
}

impl Attr<Many> {
    /// Some value matches the filter, whose names are those of sub-attributes. It holds no `matching` itself.
    #[must_use]
    pub fn matching(self, filter: Filter) -> Filter {
        Filter::ValuePath { attr: self.path, filter: Box::new(filter), test: None }
    }

    /// The `value` of any value.
    #[must_use]
    pub fn value(self) -> Attr<Text> {
        Attr::new(self.path.with_sub("value"))
    }

    /// The `type` of any value.
    #[must_use]
    pub fn kind(self) -> Attr<Text> {
        Attr::new(self.path.with_sub("type"))
    }
}

/// The attributes of RFC 7643 by name.
macro_rules! attributes {
    ($($(#[$doc:meta])* $function:ident: $kind:ty = $($part:expr),+;)*) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $function() -> Attr<$kind> {
            Attr::new(path(&[$($part),+]))
        })*
    };
}

attributes! {
    /// `id`
    id: Text = "id";
    /// `externalId`
    external_id: Text = "externalId";
    /// `meta.created`
    created: Instant = "meta", "created";
    /// `meta.lastModified`
    last_modified: Instant = "meta", "lastModified";
    /// `userName`
    user_name: Text = "userName";
    /// `name.formatted`
    formatted_name: Text = "name", "formatted";
    /// `name.familyName`
    family_name: Text = "name", "familyName";
    /// `name.givenName`
    given_name: Text = "name", "givenName";
    /// `displayName`, of a user and of a group
    display_name: Text = "displayName";
    /// `nickName`
    nick_name: Text = "nickName";
    /// `profileUrl`
    profile_url: Text = "profileUrl";
    /// `title`
    title: Text = "title";
    /// `userType`
    user_type: Text = "userType";
    /// `preferredLanguage`
    preferred_language: Text = "preferredLanguage";
    /// `locale`
    locale: Text = "locale";
    /// `timezone`
    timezone: Text = "timezone";
    /// `active`
    active: Flag = "active";
    /// `emails`
    emails: Many = "emails";
    /// `phoneNumbers`
    phone_numbers: Many = "phoneNumbers";
    /// `ims`
    ims: Many = "ims";
    /// `addresses`
    addresses: Many = "addresses";
    /// `groups`
    groups: Many = "groups";
    /// `entitlements`
    entitlements: Many = "entitlements";
    /// `roles`
    roles: Many = "roles";
    /// `members`
    members: Many = "members";
}

/// Attributes of the enterprise extension, with its URN (RFC 7643 §4.3).
pub mod enterprise {
    use super::{Attr, Text, extension};

    /// `employeeNumber`
    #[must_use]
    pub fn employee_number() -> Attr<Text> {
        extension("employeeNumber")
    }

    /// `costCenter`
    #[must_use]
    pub fn cost_center() -> Attr<Text> {
        extension("costCenter")
    }

    /// `organization`
    #[must_use]
    pub fn organization() -> Attr<Text> {
        extension("organization")
    }

    /// `division`
    #[must_use]
    pub fn division() -> Attr<Text> {
        extension("division")
    }

    /// `department`
    #[must_use]
    pub fn department() -> Attr<Text> {
        extension("department")
    }

    /// `manager`, by the `id` of the manager's user resource
    #[must_use]
    pub fn manager() -> Attr<Text> {
        let manager: Attr<Text> = extension("manager");
        Attr::new(manager.path.with_sub("value"))
    }
}

fn extension<K>(name: &str) -> Attr<K> {
    Attr::new(AttrPath::new(name).with_urn(urn::ENTERPRISE_USER))
}

fn path(parts: &[&str]) -> AttrPath {
    match parts {
        [name, sub, ..] => AttrPath::new(*name).with_sub(*sub),
        _ => AttrPath::new(parts.concat()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::ResourceType;

    #[test]
    fn every_attribute_is_one_of_the_schemas() {
        let (user, group) = (ResourceType::user(), ResourceType::group());
        for filter in [
            id().present(),
            external_id().present(),
            created().present(),
            last_modified().present(),
            user_name().present(),
            formatted_name().present(),
            family_name().present(),
            given_name().present(),
            display_name().present(),
            nick_name().present(),
            profile_url().present(),
            title().present(),
            user_type().present(),
            preferred_language().present(),
            locale().present(),
            timezone().present(),
            active().present(),
            emails().value().present(),
            phone_numbers().kind().present(),
            ims().present(),
            addresses().present(),
            groups().present(),
            entitlements().present(),
            roles().present(),
            enterprise::employee_number().present(),
            enterprise::cost_center().present(),
            enterprise::organization().present(),
            enterprise::division().present(),
            enterprise::department().present(),
            enterprise::manager().present(),
        ] {
            assert_eq!(filter.unknown_attributes(&user), [], "{filter}");
            assert_eq!(Filter::parse(&filter.to_string()).as_ref(), Ok(&filter));
        }
        assert_eq!(members().present().unknown_attributes(&group), []);
    }

    #[test]
    fn values_are_escaped() {
        let filter = user_name().eq("a\"b\\c\n").and(number("size").lt(-3)).and(flag("x").ne(true));
        assert_eq!(filter.to_string(), r#"userName eq "a\"b\\c\n" and size lt -3 and x ne true"#);
        assert_eq!(Filter::parse(&filter.to_string()), Ok(filter));
        let filter = enterprise::manager().eq("26118915");
        assert_eq!(filter.to_string(), format!("{}:manager.value eq \"26118915\"", urn::ENTERPRISE_USER));
    }
}
