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

/// JSON as Python's `json.dumps` writes it: a space after `,` and `:`, nothing but ASCII.
pub(super) fn python(value: &Value) -> String {
    let mut out = String::new();
    write_python(value, &mut out);
    out
}

fn write_python(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                out.push_str(if place == 0 { "" } else { ", " });
                write_python(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (place, (name, member)) in members.iter().enumerate() {
                out.push_str(if place == 0 { "" } else { ", " });
                write_ascii(name, out);
                out.push_str(": ");
                write_python(member, out);
            }
            out.push('}');
        }
        Value::String(text) => write_ascii(text, out),
        other => out.push_str(&other.to_string()),
    }
}

fn write_ascii(text: &str, out: &mut String) {
    let mut units = [0; 2];
    for character in Value::from(text).to_string().chars() {
        if character.is_ascii() {
            out.push(character);
        } else {
            for unit in character.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
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
    "schema",
    "schemaExtensions",
    "endpoint",
    "phoneNumbers",
    "addresses",
    "streetAddress",
    "locality",
    "region",
    "postalCode",
    "country",
    "preferredLanguage",
    "Operations",
    "status",
    "detail",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{equals, form, percent, python};

    #[test]
    fn python_writes_spaces_and_ascii() {
        let value = json!({ "a": [1, true, null, "é😀\n\""], "b": {}, "c": [] });
        assert_eq!(python(&value), r#"{"a": [1, true, null, "\u00e9\ud83d\ude00\n\""], "b": {}, "c": []}"#);
    }

    #[test]
    fn filters_are_encoded_in_each_style() {
        let filter = equals("userName", "o\"neil+x@example.com");
        assert_eq!(filter, r#"userName eq "o\"neil+x@example.com""#);
        assert_eq!(percent(&filter), "userName%20eq%20%22o%5C%22neil%2Bx%40example.com%22");
        assert_eq!(form(&filter), "userName+eq+%22o%5C%22neil%2Bx%40example.com%22");
        assert_eq!(percent("a/b é"), "a%2Fb%20%C3%A9");
    }
}
