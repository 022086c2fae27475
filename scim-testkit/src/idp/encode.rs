//! Query strings, path segments and derived values, as the providers write them.

use serde_json::Value;

/// The core User schema.
pub(super) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The core Group schema.
pub(super) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// The enterprise extension.
pub(super) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// The PATCH message.
pub(super) const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// Percent-encodes all but unreserved characters, space as `%20`. Also right for a path segment.
pub(super) fn percent(text: &str) -> String {
    encode(text, "%20")
}

/// Encodes as HTML forms do: space as `+`.
pub(super) fn form(text: &str) -> String {
    encode(text, "+")
}

/// `attribute eq "value"`, with quotes and backslashes of the value escaped as JSON does (RFC 7644 §3.4.2.2).
pub(super) fn equals(attribute: &str, value: &str) -> String {
    format!(r#"{attribute} eq "{}""#, value.replace('\\', r"\\").replace('"', "\\\""))
}

/// The optional value, if it says anything.
pub(super) fn filled(value: &Option<String>) -> Option<&str> {
    value.as_deref().filter(|text| !text.is_empty())
}

/// A well-mixed number that depends on the text alone: simulators have no randomness of their own.
pub(super) fn scramble(text: &str) -> u64 {
    // FNV-1a spreads the bytes, the finalizer of SplitMix64 spreads the bits.
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

fn encode(text: &str, space: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 2);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            b' ' => out.push_str(space),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// A server's resource with attribute names spelled as the RFC spells them. Names are case-insensitive (RFC 7643 §2.1),
/// so a provider that reads `UserName` knows it as `userName`, and sends it back so.
pub(super) fn spelled(resource: &Value) -> Value {
    match resource {
        Value::Object(object) => Value::Object(
            object
                .iter()
                .map(|(name, value)| {
                    let known = NAMES.iter().find(|known| known.eq_ignore_ascii_case(name));
                    let inside =
                        if name.contains(':') || known.is_some() { spelled(value) } else { value.clone() };
                    (known.map_or_else(|| name.clone(), |known| (*known).to_owned()), inside)
                })
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(spelled).collect()),
        other => other.clone(),
    }
}

/// The attributes that the simulators read or write.
const NAMES: &[&str] = &[
    "schemas",
    "id",
    "externalId",
    "userName",
    "name",
    "formatted",
    "givenName",
    "familyName",
    "displayName",
    "emails",
    "value",
    "type",
    "primary",
    "display",
    "active",
    "groups",
    "meta",
    "members",
    "title",
    "locale",
    "department",
    "employeeNumber",
    "manager",
    "roles",
    "Resources",
    "totalResults",
    "startIndex",
    "itemsPerPage",
    "supported",
    "patch",
    "bulk",
    "filter",
    "changePassword",
    "sort",
    "etag",
    "authenticationSchemes",
    "attributes",
    "mutability",
    "subAttributes",
    "location",
    "resourceType",
    "version",
    "Operations",
    "status",
    "detail",
];

#[cfg(test)]
mod tests {
    use super::{equals, form, percent};

    #[test]
    fn filters_are_encoded_in_each_style() {
        let filter = equals("userName", "o\"neil+x@example.com");
        assert_eq!(filter, r#"userName eq "o\"neil+x@example.com""#);
        assert_eq!(percent(&filter), "userName%20eq%20%22o%5C%22neil%2Bx%40example.com%22");
        assert_eq!(form(&filter), "userName+eq+%22o%5C%22neil%2Bx%40example.com%22");
        assert_eq!(percent("a/b é"), "a%2Fb%20%C3%A9");
    }
}
