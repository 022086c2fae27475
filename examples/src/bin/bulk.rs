//! Users and a group in one go; the group refers to users that do not exist yet.

use std::{env, error::Error};

use scim_client::Client;
use scim_core::resource::{Group, Member, User};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::builder(env::var("SCIM_URL")?).bearer(env::var("SCIM_TOKEN")?).build()?;
    let mut group = Group::new("Bletchley");
    let mut bulk = client.bulk();
    for name in ["alan", "joan", "dilly"] {
        bulk = bulk.create(name, &User::new(format!("{name}@example.com")))?;
        group = group.with_member(Member::new(format!("bulkId:{name}")));
    }
    // Order does not matter: the plan puts the group last, and splits by what the server can take.
    let report = bulk.create("group", &group)?.run().await?;
    for item in &report.items {
        println!("{}: {}", item.bulk_id.as_deref().unwrap_or("-"), item.outcome);
    }
    println!("{} not done", report.open().count());
    Ok(())
}
