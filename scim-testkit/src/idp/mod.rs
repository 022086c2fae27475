//! Identity providers as they behave on the wire.
//!
//! A simulator is straight-line code: for each [`Change`] in a company's [`Directory`] it sends what the real
//! provider sends, reads the answers as the real one reads them, branches as it branches and gives up where it gives
//! up. Each holds its link table (person -> the endpoint's `id`). What it sends is proven by its [`evidence`].
//!
//! Nothing here judges an endpoint; see [`crate::run`] and [`crate::check`].

mod authentik;
#[cfg(test)]
mod branches;
mod cyberark;
mod dialect;
mod directory;
mod encode;
mod entra;
pub mod evidence;
#[cfg(test)]
mod golden;
mod google;
mod jumpcloud;
mod keycloak;
mod okta;
mod onelogin;
#[cfg(test)]
mod others;
mod ping;
mod plain;
mod rest;
mod retry;
mod task;
mod wire;

pub use authentik::{Authentik, AuthentikMode};
pub use cyberark::Cyberark;
pub use dialect::{Dialect, Family, Grade};
pub use directory::{Address, Change, Directory, Person, Team};
pub use entra::{Entra, Job};
pub use google::Google;
pub use jumpcloud::Jumpcloud;
pub use keycloak::Keycloak;
pub use okta::{Flavor, Okta};
pub use onelogin::Onelogin;
pub use ping::Ping;
pub use retry::{Retries, Retry, Trouble, Wait};
pub use wire::{Answer, BoxFuture, Wire, WireError, WireErrorKind, WireRequest};

/// An identity provider that pushes directory changes to a service provider.
pub trait IdentityProvider: Send {
    /// Which provider and dialect this is.
    fn dialect(&self) -> Dialect;

    /// Tells the service provider of one change. `directory` is the state after the change.
    ///
    /// # Errors
    /// [`Stop::Gave`] when the real provider would give up on this change, [`Stop::Wire`] when no answer came.
    fn apply<'a>(
        &'a mut self,
        change: &'a Change,
        directory: &'a Directory,
        wire: &'a mut dyn Wire,
    ) -> BoxFuture<'a, Result<Sent, Stop>>;

    /// The endpoint's `id` of a person, once linked.
    fn user_id(&self, person: &str) -> Option<&str>;

    /// The endpoint's `id` of a group, once linked.
    fn group_id(&self, team: &str) -> Option<&str>;

    /// Links a person to an account, as an administrator who mends the link by hand.
    fn link_user(&mut self, person: &str, id: &str);

    /// Links a group, as an administrator who mends the link by hand.
    fn link_group(&mut self, team: &str, id: &str);
}

/// What the provider made of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It told the service provider.
    Done,
    /// This provider sends nothing for such a change; the text says why, with its source.
    Nothing(&'static str),
    /// It read the service provider's resources; their `id`s in the order received.
    Imported(Vec<String>),
}

/// Why a provider did not get through with a change.
#[derive(Clone, Debug)]
pub enum Stop {
    /// The provider gives up, as the real one does at this point.
    Gave(GivesUp),
    /// There was no answer to read.
    Wire(WireError),
}

impl From<WireError> for Stop {
    fn from(error: WireError) -> Self {
        Self::Wire(error)
    }
}

/// The point at which a provider gives up, and what its administrator sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivesUp {
    /// What it was doing.
    pub at: Step,
    /// What it makes of the answer, in one sentence.
    pub says: String,
    /// HTTP status of the answer that made it give up.
    pub status: Option<u16>,
}

/// What a provider can be doing when it gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The connection test.
    Connect,
    /// `GET /Users?filter=…` to match a person.
    FindUser,
    /// `GET /Users/{id}`.
    ReadUser,
    /// `POST /Users`.
    CreateUser,
    /// PUT or PATCH of attributes.
    UpdateUser,
    /// PATCH of the manager reference.
    SetManager,
    /// PUT or PATCH of `active` to false.
    Deactivate,
    /// PUT or PATCH of `active` to true.
    Reactivate,
    /// `DELETE /Users/{id}`.
    DeleteUser,
    /// `GET /Groups?filter=…` to match a group.
    FindGroup,
    /// `GET /Groups/{id}`.
    ReadGroup,
    /// `POST /Groups`.
    CreateGroup,
    /// PUT or PATCH of a group's name.
    RenameGroup,
    /// PUT or PATCH that adds members.
    AddMembers,
    /// PUT or PATCH that removes members.
    RemoveMembers,
    /// PUT or PATCH that replaces all members.
    ReplaceMembers,
    /// `DELETE /Groups/{id}`.
    DeleteGroup,
    /// Paging through `GET /Users`.
    ListUsers,
    /// Paging through `GET /Groups`.
    ListGroups,
    /// Reading `/ResourceTypes`, `/Schemas`, and the resources that they name.
    ImportSchema,
}
