//! Signs in with OAuth 2.0 client credentials; the token is renewed by itself.

use std::{env, error::Error, time::Duration};

use futures_util::TryStreamExt;
use scim_client::{Client, List, OAuth, RateLimits, RetryPolicy, rate::Window};
use scim_core::resource::User;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let oauth =
        OAuth::new(env::var("TOKEN_URL")?, env::var("CLIENT_ID")?, env::var("CLIENT_SECRET")?).scope("scim");
    // What the vendor allows: 600 writes and 1000 reads a minute.
    let minute = Duration::from_secs(60);
    let windows = vec![Window::writes(600, minute), Window::reads(1000, minute)];
    let client = Client::builder(env::var("SCIM_URL")?)
        .oauth(oauth)
        .rate_limits(RateLimits { windows, in_flight: 8 })
        .retry(RetryPolicy { max_attempts: 8, ..RetryPolicy::default() })
        .build()?;
    let config = client.discovery().capabilities().await?;
    println!("PATCH: {:?}, bulk: {:?}", config.patch_supported(), config.bulk_supported());
    let first: Vec<User> = client.users().list(List::new().limit(3)).try_collect().await?;
    println!("{} users seen", first.len());
    Ok(())
}
