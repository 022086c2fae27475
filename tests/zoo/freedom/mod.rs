//! What a server may do otherwise than the mock does.

mod answers;
mod http;
mod ids;
mod lists;
mod stores;

use crate::wire::Rule;

/// Every rule, by name.
pub(crate) const ALL: &[&[(&str, Rule)]] =
    &[answers::RULES, http::RULES, ids::RULES, lists::RULES, stores::RULES];
