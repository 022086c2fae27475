//! Lists every active user, page by page, in constant memory.

use std::{env, error::Error};

use futures_util::TryStreamExt;
use scim_client::{Client, List};
use scim_core::filter::attr::active;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::builder(env::var("SCIM_URL")?).bearer(env::var("SCIM_TOKEN")?).build()?;
    let mut users = client.users().list(List::new().filter(active().eq(true)).page_size(50));
    let mut count = 0;
    while let Some(user) = users.try_next().await? {
        count += 1;
        println!("{}\t{}", user.id.unwrap_or_default(), user.user_name.unwrap_or_default());
    }
    println!("{count} users");
    for warning in users.warnings() {
        eprintln!("the server's list is odd: {warning:?}");
    }
    Ok(())
}
