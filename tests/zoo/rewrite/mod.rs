//! How real servers were wrong, where the mock has no switch for it.

mod access;
mod creates;
mod discovery;
mod groups;
mod http;
mod life;
mod lists;
mod patches;
mod puts;
mod shapes;

use crate::wire::Rule;

/// Every rule, by name.
pub(crate) const ALL: &[&[(&str, Rule)]] = &[
    access::RULES,
    creates::RULES,
    discovery::RULES,
    groups::RULES,
    http::RULES,
    life::RULES,
    lists::RULES,
    patches::RULES,
    puts::RULES,
    shapes::RULES,
];
