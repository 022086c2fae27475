//! What Okta reads of an endpoint's own description, with entitlements or Import User Schema.

use serde_json::Value;

use super::{
    super::{Sent, Step, Stop, task::Task},
    client::Client,
};

/// Reads the resource types, the schemas, then every role and entitlement.
pub(super) async fn read(client: &mut Client<'_>) -> Result<Sent, Stop> {
    let task = Task::new(Step::ImportSchema, "cannot read the resource types");
    let Some(types) = client.described("/ResourceTypes", &task).await? else {
        return Ok(Sent::Nothing("the endpoint has no /ResourceTypes, so there is nothing to import"));
    };
    // The schemas that it lists say which attributes an administrator may map. One that is missing is none to map.
    let task = Task::new(Step::ImportSchema, "cannot import the user schema");
    client.described("/Schemas", &task).await?;
    for resource_type in types.iter().take(MOST_TYPES) {
        if let Some(endpoint) = granted(resource_type) {
            client.import(&endpoint, Step::ImportSchema, "cannot import entitlements").await?;
        }
    }
    Ok(Sent::Done)
}

/// Path of a resource type's endpoint, if its resources are roles or entitlements to Okta.
fn granted(resource_type: &Value) -> Option<String> {
    let schema = resource_type.get("schema")?.as_str()?;
    if !GRANTS.iter().any(|urn| schema.eq_ignore_ascii_case(urn)) {
        return None;
    }
    let endpoint = resource_type.get("endpoint")?.as_str()?;
    let path = endpoint.strip_prefix('/').unwrap_or(endpoint);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~' | '/');
    // An address elsewhere is not the endpoint's; where Okta would go with it is not known.
    (!path.is_empty() && path.chars().all(plain)).then(|| format!("/{path}"))
}

/// Our bound, not Okta's: an endpoint must not keep us for ever.
const MOST_TYPES: usize = 50;
const GRANTS: [&str; 2] =
    ["urn:okta:scim:schemas:core:1.0:Role", "urn:okta:scim:schemas:core:1.0:Entitlement"];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::granted;

    #[test]
    fn only_okta_s_schemas_are_imported_and_only_from_the_endpoint_itself() {
        let role = |endpoint: &str| granted(&json!({ "schema": super::GRANTS[0], "endpoint": endpoint }));
        assert_eq!(role("/Roles").as_deref(), Some("/Roles"));
        assert_eq!(role("Roles").as_deref(), Some("/Roles"));
        for elsewhere in ["https://example.org/Roles", "/Roles?x", "", "/", "/a b"] {
            assert_eq!(role(elsewhere), None, "{elsewhere}");
        }
        assert_eq!(granted(&json!({ "schema": "urn:example:Role", "endpoint": "/Roles" })), None);
    }
}
