//! A resource type of your own, and any type without a Rust struct.

use std::{env, error::Error};

use scim_client::Client;
use scim_core::resource::{GenericResource, Meta, Resource};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Printer {
    schemas: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    display_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<Meta>,
}

impl Resource for Printer {
    const SCHEMA: &'static str = "urn:example:params:scim:schemas:core:2.0:Printer";
    const ENDPOINT: &'static str = "Printers";

    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    fn meta(&self) -> Option<&Meta> {
        self.meta.as_ref()
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::builder(env::var("SCIM_URL")?).bearer(env::var("SCIM_TOKEN")?).build()?;
    let printer = Printer {
        schemas: vec![Printer::SCHEMA.to_owned()],
        id: None,
        display_name: "first floor".to_owned(),
        meta: None,
    };
    match client.resource::<Printer>().create(&printer).await {
        Ok(printer) => println!("made {printer:?}"),
        Err(error) if error.is_not_found() => println!("this server has no printers"),
        Err(error) => return Err(error.into()),
    }

    // Everything that the server says is in `extra`.
    let schema = "urn:ietf:params:scim:schemas:core:2.0:Group";
    let generic = GenericResource::new(schema).with("displayName", "Printers");
    let groups = client.resource_at::<GenericResource>("Groups");
    let made = groups.create(&generic).await?;
    println!("{:?}", made.extra.get("displayName"));
    Ok(())
}
