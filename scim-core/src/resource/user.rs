//! `User` (RFC 7643 §4.1) and its complex attributes.

use super::{Password, object, resource};
use crate::urn;

resource! {
    /// A user account (RFC 7643 §4.1).
    ///
    /// ```
    /// use scim_core::resource::User;
    ///
    /// let user: User = serde_json::from_str(r#"{"USERNAME": "ada", "emails": [{"value": "a@b.c", "x": 1}]}"#)?;
    /// assert_eq!(user.user_name.as_deref(), Some("ada"));
    /// assert_eq!(
    ///     serde_json::to_string(&user)?,
    ///     r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada","emails":[{"value":"a@b.c","x":1}]}"#
    /// );
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub struct User in urn::USER, at "Users" {
        /// Name to sign in with, unique at the service provider.
        user_name: Option<String> = "userName",
        /// Parts of the person's name.
        name: Option<Name> = "name",
        /// Name to show to other people.
        display_name: Option<String> = "displayName",
        /// Informal name.
        nick_name: Option<String> = "nickName",
        /// URI of the person's profile page.
        profile_url: Option<String> = "profileUrl",
        /// Job title.
        title: Option<String> = "title",
        /// Relation to the organization, such as `Contractor`.
        user_type: Option<String> = "userType",
        /// Preferred languages, in the form of an `Accept-Language` value.
        preferred_language: Option<String> = "preferredLanguage",
        /// Locale for formats of dates and numbers.
        locale: Option<String> = "locale",
        /// Name of a time zone in the IANA database.
        timezone: Option<String> = "timezone",
        /// Whether the account may be used.
        active: Option<bool> = "active",
        /// Password to set; never part of an answer.
        password: Option<Password> = "password",
        /// E-mail addresses.
        emails: Vec<MultiValue> = "emails",
        /// Telephone numbers.
        phone_numbers: Vec<MultiValue> = "phoneNumbers",
        /// Instant messaging addresses.
        ims: Vec<MultiValue> = "ims",
        /// URIs of pictures.
        photos: Vec<MultiValue> = "photos",
        /// Postal addresses.
        addresses: Vec<Address> = "addresses",
        /// Groups the user is in; read-only.
        groups: Vec<Membership> = "groups",
        /// What the user is entitled to.
        entitlements: Vec<MultiValue> = "entitlements",
        /// Roles of the user.
        roles: Vec<MultiValue> = "roles",
        /// Certificates, DER in base64.
        x509_certificates: Vec<MultiValue> = "x509Certificates",
    }
}

impl User {
    /// A user of that name, without anything else.
    pub fn new(user_name: impl Into<String>) -> Self {
        Self { user_name: Some(user_name.into()), ..Self::default() }
    }

    /// Given name and family name.
    #[must_use]
    pub fn with_name(self, given: impl Into<String>, family: impl Into<String>) -> Self {
        let name = Name {
            given_name: Some(given.into()),
            family_name: Some(family.into()),
            ..self.name.unwrap_or_default()
        };
        Self { name: Some(name), ..self }
    }

    /// The name to show to other people.
    #[must_use]
    pub fn with_display_name(self, name: impl Into<String>) -> Self {
        Self { display_name: Some(name.into()), ..self }
    }

    /// Whether the account may be used.
    #[must_use]
    pub fn with_active(self, active: bool) -> Self {
        Self { active: Some(active), ..self }
    }

    /// The job title.
    #[must_use]
    pub fn with_title(self, title: impl Into<String>) -> Self {
        Self { title: Some(title.into()), ..self }
    }

    /// A password to set.
    #[must_use]
    pub fn with_password(self, password: impl Into<Password>) -> Self {
        Self { password: Some(password.into()), ..self }
    }

    /// One more work e-mail address; the first one becomes the primary one.
    #[must_use]
    pub fn with_email(mut self, address: impl Into<String>) -> Self {
        self.emails.push(MultiValue::work(address, self.emails.is_empty()));
        self
    }

    /// One more work telephone number; the first one becomes the primary one.
    #[must_use]
    pub fn with_phone(mut self, number: impl Into<String>) -> Self {
        self.phone_numbers.push(MultiValue::work(number, self.phone_numbers.is_empty()));
        self
    }

    /// The e-mail address that is marked primary, else the first one.
    #[must_use]
    pub fn primary_email(&self) -> Option<&str> {
        MultiValue::primary(&self.emails)?.value.as_deref()
    }

    /// The telephone number that is marked primary, else the first one.
    #[must_use]
    pub fn primary_phone(&self) -> Option<&str> {
        MultiValue::primary(&self.phone_numbers)?.value.as_deref()
    }
}

object! {
    /// Parts of a person's name (RFC 7643 §4.1.1, `name`).
    #[derive(Default)]
    pub struct Name {
        /// Whole name as it is to be shown.
        formatted: Option<String> = "formatted",
        /// Family name.
        family_name: Option<String> = "familyName",
        /// Given name.
        given_name: Option<String> = "givenName",
        /// Middle names.
        middle_name: Option<String> = "middleName",
        /// Title before the name, such as `Dr.`.
        honorific_prefix: Option<String> = "honorificPrefix",
        /// Suffix after the name, such as `III`.
        honorific_suffix: Option<String> = "honorificSuffix",
    }
}

object! {
    /// One value of a multi-valued attribute, with the sub-attributes of RFC 7643 §2.4.
    #[derive(Default)]
    pub struct MultiValue {
        /// The value itself: address, number, URI, role.
        value: Option<String> = "value",
        /// Text to show for it.
        display: Option<String> = "display",
        /// What it is for, such as `work` (`type`).
        kind: Option<String> = "type",
        /// Whether it is the preferred value; true at most once.
        primary: Option<bool> = "primary",
        /// URI of what the value stands for (`$ref`).
        reference: Option<String> = "$ref",
    }
}

impl MultiValue {
    /// A value without a type.
    pub fn new(value: impl Into<String>) -> Self {
        Self { value: Some(value.into()), ..Self::default() }
    }

    /// What the value is for, such as `home`.
    #[must_use]
    pub fn with_kind(self, kind: impl Into<String>) -> Self {
        Self { kind: Some(kind.into()), ..self }
    }

    /// Whether it is the preferred value.
    #[must_use]
    pub fn with_primary(self, primary: bool) -> Self {
        Self { primary: Some(primary), ..self }
    }

    /// The value that is marked primary, else the first one.
    #[must_use]
    pub fn primary(values: &[Self]) -> Option<&Self> {
        values.iter().find(|value| value.primary == Some(true)).or_else(|| values.first())
    }

    fn work(value: impl Into<String>, primary: bool) -> Self {
        Self { primary: primary.then_some(true), ..Self::new(value).with_kind("work") }
    }
}

object! {
    /// A postal address (RFC 7643 §4.1.2, `addresses`).
    #[derive(Default)]
    pub struct Address {
        /// Whole address as on a label; may have line breaks.
        formatted: Option<String> = "formatted",
        /// Street and house number.
        street_address: Option<String> = "streetAddress",
        /// City.
        locality: Option<String> = "locality",
        /// State or region.
        region: Option<String> = "region",
        /// Postal code.
        postal_code: Option<String> = "postalCode",
        /// Country, in two letters of ISO 3166-1.
        country: Option<String> = "country",
        /// What it is for, such as `work` (`type`).
        kind: Option<String> = "type",
        /// Whether it is the preferred address.
        primary: Option<bool> = "primary",
    }
}

object! {
    /// A group that a user is in (RFC 7643 §4.1.2, `groups`).
    #[derive(Default)]
    pub struct Membership {
        /// `id` of the group.
        value: Option<String> = "value",
        /// URI of the group (`$ref`).
        reference: Option<String> = "$ref",
        /// Name of the group.
        display: Option<String> = "display",
        /// `direct` or `indirect` (`type`).
        kind: Option<String> = "type",
    }
}
