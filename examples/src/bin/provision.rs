//! Creates thousands of users and their groups, many at once, and tells what became of each record. Can be run again:
//! what is there already is adopted.

use std::{collections::BTreeMap, env, error::Error};

use futures_util::{StreamExt, stream};
use scim_client::{Client, Creation, MemberChanges, RateLimits, RetryPolicy};
use scim_core::resource::{Group, User};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let users: usize = env::var("USER_COUNT").map_or(Ok(10_000), |text| text.parse())?;
    let groups: usize = env::var("GROUP_COUNT").map_or(Ok(200), |text| text.parse())?;
    let client = Client::builder(env::var("SCIM_URL")?)
        .bearer(env::var("SCIM_TOKEN")?)
        .rate_limits(RateLimits { in_flight: 50, ..RateLimits::default() })
        .retry(RetryPolicy { max_attempts: 10, ..RetryPolicy::default() })
        .build()?;

    let client = &client;
    let outcomes: Vec<(usize, Result<Creation<User>, scim_client::Error>)> = stream::iter(0..users)
        .map(|n| async move {
            let mut user = User::new(format!("user{n}@example.com")).with_name("User", n.to_string());
            user.external_id = Some(format!("emp-{n}"));
            (n, client.users().create_or_adopt(&user).await)
        })
        .buffer_unordered(50)
        .collect()
        .await;

    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut members: Vec<Vec<String>> = vec![Vec::new(); groups];
    for (n, outcome) in outcomes {
        let (label, user) = match outcome {
            Ok(Creation::Created(user)) => ("created", Some(user)),
            Ok(Creation::Adopted(user)) => ("adopted", Some(user)),
            Ok(Creation::Conflict(error)) => {
                println!("user{n}: conflict: {error}");
                ("conflict", None)
            }
            Err(error) => {
                println!("user{n}: failed: {error}");
                ("failed", None)
            }
        };
        *counts.entry(label).or_default() += 1;
        if let (Some(id), false) = (user.and_then(|user| user.id), groups == 0) {
            members[n % groups].push(id);
        }
    }
    println!("users: {counts:?}");

    let done: Vec<Result<(), scim_client::Error>> = stream::iter(members.into_iter().enumerate())
        .map(|(n, ids)| async move {
            let group =
                client.groups().create_or_adopt(&Group::new(format!("group{n}"))).await?.resource()?;
            let changes = MemberChanges::new().adding(ids).verify();
            make_sure(client, group.id.as_deref().unwrap_or_default(), &changes).await
        })
        .buffer_unordered(50)
        .collect()
        .await;
    let failed: Vec<_> = done.into_iter().filter_map(Result::err).collect();
    failed.iter().for_each(|error| println!("group: {error}"));
    println!("groups: {} of {groups} complete", groups - failed.len());
    Ok(())
}

/// Adding a member twice is adding it once, so whatever went wrong is simply asked for again.
async fn make_sure(client: &Client, id: &str, changes: &MemberChanges) -> Result<(), scim_client::Error> {
    let mut last = client.groups().change_members(id, changes).await;
    for _ in 0..5 {
        if last.is_ok() {
            break;
        }
        last = client.groups().change_members(id, changes).await;
    }
    last
}
