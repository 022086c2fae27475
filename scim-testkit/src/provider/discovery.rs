//! What the provider says about itself (RFC 7644 §4, RFC 7643 §5 to §7).

use std::sync::Arc;

use scim_core::{error::ScimError, list::ListResponse, reply::Reply, schema::Schema, urn, vendor::Operation};
use serde_json::{Value, json};

use super::{Liberty, service::Service};

impl Service<'_> {
    pub(super) fn service_provider_config(&self) -> Value {
        let quirks = &self.provider.quirks;
        let page = &self.profile.page;
        let bulk = &self.profile.bulk;
        let (default, most) = self.page_sizes();
        let told = match self.profile.service.told_max_results {
            0 => most,
            told => told,
        };
        let patch = self.kinds().iter().any(|kind| self.ops(*kind).contains(&Operation::Patch));
        let mut config = json!({
            "schemas": [urn::SERVICE_PROVIDER_CONFIG],
            "patch": { "supported": patch },
            "bulk": {
                "supported": bulk.supported,
                "maxOperations": if bulk.supported { bulk.max_operations } else { 0 },
                "maxPayloadSize": if bulk.supported { bulk.max_payload } else { 0 },
            },
            "filter": { "supported": true, "maxResults": told },
            "changePassword": { "supported": true },
            "sort": { "supported": !quirks.takes(Liberty::NoSort) },
            "etag": { "supported": true },
            "authenticationSchemes": self.provider.access.schemes(),
            "meta": {
                "resourceType": "ServiceProviderConfig",
                "location": format!("{}/ServiceProviderConfig", self.base),
            },
        });
        if page.cursor {
            // RFC 9865 §4.
            config["pagination"] = json!({
                "cursor": true,
                "index": true,
                "defaultPaginationMethod": "index",
                "defaultPageSize": default,
                "maxPageSize": most,
                "cursorTimeout": page.cursor_timeout,
            });
        }
        config
    }

    pub(super) fn resource_types(&self, name: Option<&str>) -> Result<Reply, ScimError> {
        let all = self.kinds().into_iter().map(|kind| self.resource_type(kind).to_json(self.base));
        answer(all.collect(), name, "name")
    }

    pub(super) fn schemas(&self, id: Option<&str>) -> Result<Reply, ScimError> {
        let mut schemas: Vec<Arc<Schema>> = Vec::new();
        for kind in self.kinds() {
            let resource_type = self.resource_type(kind);
            let extensions = resource_type.extensions.iter().map(|extension| &extension.schema);
            for schema in std::iter::once(&resource_type.schema).chain(extensions) {
                // Several types may share one.
                if !schemas.iter().any(|known| known.id == schema.id) {
                    schemas.push(Arc::clone(schema));
                }
            }
        }
        let all = schemas.iter().map(|schema| {
            let mut document = schema.to_json();
            document["meta"]["location"] = format!("{}/Schemas/{}", self.base, schema.id).into();
            document
        });
        answer(all.collect(), id, "id")
    }
}

/// All documents as a list, or the one that has `name` as its `member`.
fn answer(all: Vec<Value>, name: Option<&str>, member: &str) -> Result<Reply, ScimError> {
    let Some(name) = name else {
        let list = ListResponse::page(all.len(), 1, all);
        return Ok(Reply::json(200, list.to_json()));
    };
    let same =
        |document: &Value| document[member].as_str().is_some_and(|known| known.eq_ignore_ascii_case(name));
    let found = all.into_iter().find(same);
    found
        .map(|document| Reply::json(200, document))
        .ok_or_else(|| ScimError::plain(404, format!("there is no {name}")))
}
