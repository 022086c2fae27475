//! Creates thousands of users and their groups, many at once, tells what became of each record, and counts in the end
//! what the server has. Can be run again: what is there already is adopted.
//!
//! Try it on a mock on which much goes wrong:
//!
//! ```console
//! $ scim serve --port 8080 --token t --fault '5% 429' --fault '1% drop' --fault '1% drop-after' --fault '1% 500' &
//! $ SCIM_URL=http://127.0.0.1:8080/scim/v2 SCIM_TOKEN=t cargo run --release -p scim-examples --bin provision
//! ```

use std::{
    collections::{BTreeMap, HashSet},
    env,
    error::Error,
    time::Instant,
};

use futures_util::{StreamExt, TryStreamExt, stream};
use scim_client::{Client, Creation, List, MemberChanges, Pages, RateLimits, RetryPolicy};
use scim_core::resource::{Group, Resource, User};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let users: usize = env::var("USER_COUNT").map_or(Ok(10_000), |text| text.parse())?;
    let groups: usize = env::var("GROUP_COUNT").map_or(Ok(200), |text| text.parse())?;
    let client = Client::builder(env::var("SCIM_URL")?)
        .bearer(env::var("SCIM_TOKEN")?)
        .rate_limits(RateLimits { in_flight: 50, ..RateLimits::default() })
        .retry(RetryPolicy { max_attempts: 10, ..RetryPolicy::default() })
        .build()?;

    let (client, start) = (&client, Instant::now());
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
    println!("{:.1} s", start.elapsed().as_secs_f64());

    let stored: Vec<User> = everything(|| client.users().list(List::new().page_size(1000))).await?;
    let names: HashSet<_> = stored.iter().filter_map(|user| user.user_name.as_deref()).collect();
    let listed: Vec<Group> = everything(|| client.groups().list(List::new().page_size(1000))).await?;
    let members: Vec<&str> =
        listed.iter().flat_map(|group| &group.members).filter_map(|member| member.value.as_deref()).collect();
    let distinct: HashSet<_> = members.iter().collect();
    println!("there are {} users with {} names", stored.len(), names.len());
    println!(
        "there are {} groups with {} members, {} of them distinct",
        listed.len(),
        members.len(),
        distinct.len()
    );
    Ok(())
}

/// Reads a whole list; a server that stumbles in the middle is asked again from the start.
async fn everything<'a, T: Resource>(list: impl Fn() -> Pages<'a, T>) -> Result<Vec<T>, scim_client::Error> {
    let mut last = list().try_collect().await;
    for _ in 0..5 {
        if last.is_ok() {
            break;
        }
        last = list().try_collect().await;
    }
    last
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
