//! Runs twice without harm: the second time, the users are there already and are adopted.

use std::{env, error::Error};

use scim_client::{Client, Creation};
use scim_core::resource::User;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::builder(env::var("SCIM_URL")?).bearer(env::var("SCIM_TOKEN")?).build()?;
    for round in ["first", "second"] {
        let mut user = User::new("grace@example.com");
        user.external_id = Some("emp-1906".into());
        match client.users().create_or_adopt(&user).await? {
            Creation::Created(user) => println!("{round}: made {}", user.id.unwrap_or_default()),
            Creation::Adopted(user) => println!("{round}: was there {}", user.id.unwrap_or_default()),
            Creation::Conflict(error) => println!("{round}: somebody else is in the way: {error}"),
        }
    }
    let mut other = User::new("grace@example.com");
    other.external_id = Some("emp-2042".into());
    if let Creation::Conflict(error) = client.users().create_or_adopt(&other).await? {
        println!("another person of that name is not taken over: {:?}", error.status());
    }
    Ok(())
}
