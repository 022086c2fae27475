//! stub
use crate::client::Client;
/// Bulk.
#[derive(Clone, Copy, Debug)]
pub struct Bulk<'a> { #[expect(dead_code)] client: &'a Client }
impl<'a> Bulk<'a> { pub(crate) fn new(client: &'a Client) -> Self { Self { client } } }
