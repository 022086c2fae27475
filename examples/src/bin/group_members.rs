//! Makes a group, changes who is in it, and looks whether the server did it.

use std::{env, error::Error};

use scim_client::{Client, MemberChanges};
use scim_core::resource::{Group, User};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::builder(env::var("SCIM_URL")?).bearer(env::var("SCIM_TOKEN")?).build()?;
    let mut ids = Vec::new();
    for name in ["charles@example.com", "mary@example.com", "george@example.com"] {
        let user = client.users().create_or_adopt(&User::new(name)).await?.resource()?;
        ids.push(user.id.ok_or("the server gave no id")?);
    }
    let group = client.groups().create_or_adopt(&Group::new("Engines")).await?.resource()?;
    let group = group.id.ok_or("the server gave no id")?;

    let all = MemberChanges::new().adding(&ids).verify();
    client.groups().change_members(&group, &all).await?;
    let one_less = MemberChanges::new().removing(&ids[..1]).verify();
    client.groups().change_members(&group, &one_less).await?;

    let now = client.groups().get(&group).await?;
    println!("{} members", now.members.len());
    Ok(())
}
