//! Lists, creates, changes and deletes on any server, and leaves it as it was.

use std::{env, error::Error};

use futures_util::TryStreamExt;
use scim_client::{Client, List, MemberChanges};
use scim_core::{
    patch::PatchOp,
    resource::{Group, User},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut builder = Client::builder(env::var("SCIM_URL")?);
    if let Ok(token) = env::var("SCIM_TOKEN") {
        builder = builder.bearer(token);
    }
    let client = builder.build()?;
    let (users, groups) = (client.users(), client.groups());
    let before: Vec<User> = users.list(List::new().page_size(2)).try_collect().await?;

    let mut made = Vec::new();
    for name in ["tour-1@example.com", "tour-2@example.com", "tour-3@example.com"] {
        let user = User::new(name).with_name("Tour", name).with_email(name);
        let user = users.create_or_adopt(&user).await?.resource()?;
        made.push(user.id.ok_or("the server gave no id")?);
    }
    let all: Vec<User> = users.list(List::new().page_size(2)).try_collect().await?;
    println!("list: {} more", all.len() - before.len());

    let found = users.find_by("userName", "tour-2@example.com").await?.ok_or("nobody has that name")?;
    println!("find: {}", found.id.as_deref() == Some(made[1].as_str()));

    let patch = PatchOp::new().replace("active", false).replace("name.familyName", "Changed");
    users.patch(&made[0], &patch).await?;
    let changed = users.get(&made[0]).await?;
    let family = changed.name.as_ref().and_then(|name| name.family_name.as_deref());
    println!("patch: active {:?}, family name {family:?}", changed.active);

    let group = groups.create(&Group::new("Tour")).await?;
    let group = group.id.ok_or("the server gave no id")?;
    groups.change_members(&group, &MemberChanges::new().adding(&made).verify()).await?;
    groups.change_members(&group, &MemberChanges::new().removing(&made[..1]).verify()).await?;
    println!("members: {}", groups.get(&group).await?.members.len());

    groups.delete(&group).await?;
    for id in &made {
        users.delete(id).await?;
    }
    let gone = users.get(&made[0]).await.is_err_and(|error| error.is_not_found());
    let after: Vec<User> = users.list(List::new()).try_collect().await?;
    println!("delete: gone {gone}, {} left over", after.len() - before.len());
    Ok(())
}
