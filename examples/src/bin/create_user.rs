//! Creates a user, changes it, and shows what the server kept.
//!
//! `SCIM_URL=https://example.com/scim/v2 SCIM_TOKEN=… cargo run -p scim-examples --bin create_user`

use std::{env, error::Error};

use scim_client::Client;
use scim_core::{
    patch::PatchOp,
    resource::{EnterpriseUser, User},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::builder(env::var("SCIM_URL")?).bearer(env::var("SCIM_TOKEN")?).build()?;
    let ada = User::new("ada@example.com")
        .with_name("Ada", "Lovelace")
        .with_email("ada@example.com")
        .with_active(true)
        .with_extension(&EnterpriseUser {
            department: Some("Engines".into()),
            ..EnterpriseUser::default()
        })?;

    let made = client.users().create(&ada).await?;
    let id = made.id.clone().ok_or("the server gave no id")?;
    println!("made {id}");

    // A 204 shows no user; reading it does.
    client.users().patch(&id, &PatchOp::new().replace("title", "Countess")).await?;
    let mut now = client.users().get(&id).await?;
    println!("title is {:?}", now.title);

    // The version that was read goes along, so nobody else's change is lost.
    now.nick_name = Some("Ada".into());
    match client.users().replace(&now).await {
        Ok(replaced) => println!("nickname is {:?}", replaced.nick_name),
        Err(error) if error.is_precondition_failed() => println!("somebody else was faster: read it again"),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
