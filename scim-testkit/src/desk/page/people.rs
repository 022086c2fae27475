//! Who is there: users and groups, with what can be done to them.

use maud::{Markup, html};

use super::{View, text::short};
use crate::{
    desk::Room,
    provider::{Look, SeenGroup, SeenUser},
};

/// The users and groups of the tenant.
pub(in crate::desk) fn people(room: &Room, view: &View) -> Markup {
    let control = room.provider.control_of(&view.tenant).unwrap_or_else(|| room.provider.control());
    let look = control.look(MOST);
    html! {
        section.panel aria-labelledby="users-title" {
            div.bar { h2 #users-title { "Users" } span.count { (of(look.users.len(), look.all_users)) } }
            @if look.users.is_empty() {
                p.quiet { "Nobody is there yet." }
            } @else {
                div.scroll tabindex="0" role="region" aria-labelledby="users-title" {
                    table role="table" {
                        (heads(["User", "State", "Actions"]))
                        tbody role="rowgroup" { @for user in &look.users { (one_user(user, view)) } }
                    }
                }
            }
        }
        @if look.has_groups || look.all_groups > 0 {
            section.panel aria-labelledby="groups-title" {
                div.bar { h2 #groups-title { "Groups" } span.count { (of(look.groups.len(), look.all_groups)) } }
                @if look.groups.is_empty() {
                    p.quiet { "No group is there yet." }
                } @else {
                    div.scroll tabindex="0" role="region" aria-labelledby="groups-title" {
                        table role="table" {
                            (heads(["Group", "Members", "Actions"]))
                            tbody role="rowgroup" { @for group in &look.groups { (one_group(group, view)) } }
                        }
                    }
                }
            }
        }
        (beside(&look))
    }
}

/// The roles are said, since a narrow window shows rows as cards, which would take them away.
fn heads(titles: [&str; 3]) -> Markup {
    html! {
        thead role="rowgroup" {
            tr role="row" { @for title in titles { th role="columnheader" scope="col" { (title) } } }
        }
    }
}

fn of(shown: usize, all: usize) -> String {
    if shown < all { format!("newest {shown} of {all}") } else { all.to_string() }
}

fn one_user(user: &SeenUser, view: &View) -> Markup {
    let state = match (&user.state, user.active) {
        (Some(state), _) => state,
        (None, true) => "active",
        (None, false) => "inactive",
    };
    let change = if user.active { "deactivate" } else { "activate" };
    html! {
        tr role="row" data-user=(user.id) {
            td role="cell" {
                strong.name { (short(&user.user_name, 120)) }
                @if let Some(name) = user.display_name.as_deref().filter(|name| *name != user.user_name) {
                    span.second { (short(name, 120)) }
                }
                code.id { (short(&user.id, 80)) }
            }
            td role="cell" {
                span.state.on[user.active].off[!user.active] { (state) }
                span.second.whole title="Whether SCIM made or took over the account" {
                    @if user.managed { "managed" } @else { "unmanaged" }
                }
            }
            td role="cell" {
                form.acts method="post" {
                    (about(view, &user.id, &user.user_name))
                    button id={ "toggle-" (user.id) } formaction={ "/act/" (change) } {
                        (change) span.unseen { " " (user.user_name) }
                    }
                    @if user.advances {
                        button id={ "advance-" (user.id) } formaction="/act/advance"
                            title="The next step on the way to a usable account" {
                            "advance" span.unseen { " " (user.user_name) }
                        }
                    }
                    button.danger id={ "delete-" (user.id) } formaction="/act/delete" {
                        "delete" span.unseen { " " (user.user_name) }
                    }
                }
            }
        }
    }
}

fn one_group(group: &SeenGroup, view: &View) -> Markup {
    html! {
        tr role="row" data-group=(group.id) {
            td role="cell" {
                strong.name { (short(&group.name, 120)) }
                code.id { (short(&group.id, 80)) }
                @if !group.managed { span.second { "unmanaged" } }
            }
            td role="cell" {
                b { (group.members) span.narrow { " member" @if group.members != 1 { "s" } } }
                @if group.members > 0 {
                    span.second {
                        @for (index, name) in group.names.iter().enumerate() {
                            @if index > 0 { ", " } (short(name, 60))
                        }
                        @if group.members > group.names.len() {
                            " and " (group.members - group.names.len()) " more"
                        }
                    }
                }
            }
            td role="cell" {
                form.acts method="post" {
                    (about(view, &group.id, &group.name))
                    button.danger id={ "delete-" (group.id) } formaction="/act/delete" {
                        "delete" span.unseen { " " (group.name) }
                    }
                }
            }
        }
    }
}

/// What a form of one resource carries.
fn about(view: &View, id: &str, name: &str) -> Markup {
    html! {
        input type="hidden" name="tenant" value=(view.tenant);
        input type="hidden" name="id" value=(id);
        input type="hidden" name="name" value=(name);
    }
}

/// What else the tenant knows.
fn beside(look: &Look) -> Markup {
    let lists = [("Verified domains", &look.domains), ("Accounts of other organizations", &look.foreign)];
    let others = (look.others > 0).then_some(look.others);
    html! {
        @if others.is_some() || lists.iter().any(|(_, list)| !list.is_empty()) {
            dl.pairs.beside {
                @for (title, list) in lists {
                    @if !list.is_empty() { dt { (title) } dd { (short(&list.join(", "), 600)) } }
                }
                @if let Some(others) = others { dt { "Resources of other types" } dd { (others) } }
            }
        }
    }
}

/// Users, and groups, in the page.
const MOST: usize = 200;
