//! What authentik reads in `/ServiceProviderConfig`.

use serde_json::Value;

/// The parts of the configuration that decide what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Config {
    pub(super) patch: bool,
    pub(super) filter: bool,
    /// Operations in one PATCH; 0: all of them.
    pub(super) operations: usize,
}

impl Config {
    /// What is assumed of an endpoint whose configuration is missing or does not validate.
    pub(super) const FALLBACK: Self = Self { patch: false, filter: false, operations: 0 };

    /// Reads the configuration, if all that authentik's model asks for is there. `bulk.maxOperations` is, even where
    /// bulk is not supported (authentik#25056).
    pub(super) fn read(document: &Value) -> Option<Self> {
        let supported = |name: &str| document.get(name)?.get("supported")?.as_bool();
        for name in ["bulk", "changePassword", "sort"] {
            supported(name)?;
        }
        let schemes = document.get("authenticationSchemes")?.as_array()?;
        for scheme in schemes {
            scheme.get("name")?.as_str()?;
            scheme.get("description")?.as_str()?;
        }
        let operations = document.get("bulk")?.get("maxOperations")?.as_i64()?;
        Some(Self {
            patch: supported("patch")?,
            filter: supported("filter")?,
            operations: usize::try_from(operations).unwrap_or(0),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Config;

    #[test]
    fn a_configuration_counts_only_when_it_validates() {
        let whole = json!({
            "patch": { "supported": true },
            "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
            "filter": { "supported": true, "maxResults": 200 },
            "changePassword": { "supported": false },
            "sort": { "supported": false },
            "etag": { "supported": false },
            "authenticationSchemes": [{ "name": "Bearer", "description": "a token", "type": "oauthbearertoken" }],
        });
        assert_eq!(Config::read(&whole), Some(Config { patch: true, filter: true, operations: 0 }));
        for missing in ["patch", "bulk", "filter", "changePassword", "sort", "authenticationSchemes"] {
            let mut document = whole.clone();
            document.as_object_mut().unwrap().remove(missing);
            assert_eq!(Config::read(&document), None, "{missing}");
        }
        let mut document = whole.clone();
        document["bulk"].as_object_mut().unwrap().remove("maxOperations");
        assert_eq!(Config::read(&document), None);
        document = whole;
        document["bulk"]["maxOperations"] = json!(-1);
        assert_eq!(Config::read(&document).map(|config| config.operations), Some(0));
    }
}
