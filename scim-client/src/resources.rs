//! The typed handle of one resource type.

use std::{fmt, marker::PhantomData};

use scim_core::{
    call::Call,
    filter::{CompareOp, Filter, Literal},
    path::AttrPath,
    query::ListQuery,
    resource::Resource,
};
use serde_json::Value;

use crate::{
    client::{Answer, Client},
    error::{AnswerError, Error, ErrorKind},
    options::{CallOptions, List, Precondition},
    pages::Pages,
    read,
};

/// Resources of one type: `client.users()`, `client.groups()`, `client.resource::<Badge>()`.
///
/// Options given with [`Resources::with`] hold for every call of the handle.
pub struct Resources<'a, T> {
    pub(crate) client: &'a Client,
    pub(crate) endpoint: String,
    pub(crate) options: CallOptions,
    of: PhantomData<fn() -> T>,
}

/// What [`Resources::get_fresh`] found.
#[derive(Clone, Debug, PartialEq)]
pub enum Fresh<T> {
    /// It is still the same version.
    Unchanged,
    /// It is another version, this one.
    Changed(T),
}

impl<'a, T: Resource> Resources<'a, T> {
    pub(crate) fn new(client: &'a Client, endpoint: String) -> Self {
        let endpoint = endpoint.trim_matches('/').to_owned();
        Self { client, endpoint, options: CallOptions::default(), of: PhantomData }
    }

    /// The same handle with other options.
    #[must_use]
    pub fn with(self, options: CallOptions) -> Self {
        Self { options, ..self }
    }

    /// Makes a resource, and gives it back as the server stored it. A conflict is an error, see
    /// [`Error::is_uniqueness`]; [`Resources::create_or_adopt`] looks for the one that is there already.
    ///
    /// # Errors
    /// The call failed. A create that may have happened is not repeated: see [`Error::may_have_been_applied`].
    pub async fn create(&self, resource: &T) -> Result<T, Error> {
        let mut call = Call::create(self.endpoint.clone(), Value::Null);
        if let Call::Create { projection, .. } = &mut call {
            projection.clone_from(&self.options.projection);
        }
        let answer = self.client.call_with_body(&call, read::bytes(resource)?, &self.options).await?;
        if !read::is_blank(&answer.body) {
            return read::resource(&answer);
        }
        // No body: the server at least says where the resource is.
        let id = answer.location.as_deref().and_then(|location| id_in(location, &self.endpoint));
        let Some(id) = id else { return Err(answer.body_error("it has neither a body nor a Location")) };
        self.get(&id)
            .await
            .map_err(|error| answer.body_error(format!("it was made as {id}, and cannot be read: {error}")))
    }

    /// Reads a resource.
    ///
    /// # Errors
    /// The call failed; [`Error::is_not_found`] tells that there is no such resource.
    pub async fn get(&self, id: &str) -> Result<T, Error> {
        read::resource(&self.get_answer(id, None).await?)
    }

    /// Reads a resource again, if it is another version than the one at hand (`If-None-Match`).
    ///
    /// # Errors
    /// The call failed, or the resource at hand has no `id`.
    pub async fn get_fresh(&self, known: &T) -> Result<Fresh<T>, Error> {
        let answer = self.get_answer(id_of(known)?, known.version().map(str::to_owned)).await?;
        if answer.status == 304 {
            return Ok(Fresh::Unchanged);
        }
        let read: T = read::resource(&answer)?;
        let same = read.version().is_some() && read.version() == known.version();
        Ok(if same { Fresh::Unchanged } else { Fresh::Changed(read) })
    }

    /// The one resource that matches, if any.
    ///
    /// # Errors
    /// The call failed, or several resources match ([`AnswerError::Several`]).
    pub async fn find(&self, filter: Filter) -> Result<Option<T>, Error> {
        let mut found = self.matches(filter).await?;
        match found.1.len() {
            0 | 1 => Ok(found.1.pop()),
            matches => Err(found.0.error(ErrorKind::Decode(AnswerError::Several { matches }))),
        }
    }

    /// The one resource that has this value, if any: `users.find_by("userName", "ada")`. The value is escaped, and
    /// what the server returns is compared with it, since some servers ignore filters that they do not support.
    ///
    /// # Errors
    /// The call failed, several resources match, or `attribute` is no attribute path.
    pub async fn find_by(&self, attribute: &str, value: &str) -> Result<Option<T>, Error> {
        let path: AttrPath = attribute
            .parse()
            .map_err(|error| Error::build(format!("{attribute} is no attribute path: {error}")))?;
        let filter = Filter::Compare { path: path.clone(), op: CompareOp::Eq, value: Literal::from(value) };
        let (answer, found) = self.matches(filter).await?;
        let mut found: Vec<T> =
            found.into_iter().filter(|resource| has_value(resource, &path, value)).collect();
        match found.len() {
            0 | 1 => Ok(found.pop()),
            matches => Err(answer.error(ErrorKind::Decode(AnswerError::Several { matches }))),
        }
    }

    /// Lists resources, page by page, as a stream.
    pub fn list(&self, list: List) -> Pages<'a, T> {
        Pages::new(self.client, self.endpoint.clone(), list, self.options.clone())
    }

    /// Replaces a resource, if nobody else changed it meanwhile: its version is sent as `If-Match` when it has one.
    ///
    /// # Errors
    /// The call failed; [`Error::is_precondition_failed`] tells that somebody else was faster.
    pub async fn replace(&self, resource: &T) -> Result<T, Error> {
        let id = id_of(resource)?;
        self.check_id(id)?;
        let mut call = Call::replace(self.endpoint.clone(), id, Value::Null);
        if let Call::Replace { projection, if_match, .. } = &mut call {
            projection.clone_from(&self.options.projection);
            *if_match = match &self.options.precondition {
                Precondition::Known => resource.version().map(str::to_owned),
                _ => self.stated_version(),
            };
        }
        let answer = self.client.call_with_body(&call, read::bytes(resource)?, &self.options).await?;
        if read::is_blank(&answer.body) { self.get(id).await } else { read::resource(&answer) }
    }

    /// Deletes a resource. When an earlier attempt of the same call may have done it, "not found" is success.
    ///
    /// # Errors
    /// The call failed; [`Error::is_not_found`] tells that there is no such resource.
    pub async fn delete(&self, id: &str) -> Result<(), Error> {
        self.check_id(id)?;
        let mut call = Call::delete(self.endpoint.clone(), id);
        if let Call::Delete { if_match, .. } = &mut call {
            *if_match = self.stated_version();
        }
        match self.client.call(&call, &self.options).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_not_found() && error.may_have_been_applied() => Ok(()),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn get_answer(&self, id: &str, version: Option<String>) -> Result<Answer, Error> {
        self.check_id(id)?;
        let mut call = Call::get(self.endpoint.clone(), id);
        if let Call::Get { projection, if_none_match, .. } = &mut call {
            projection.clone_from(&self.options.projection);
            *if_none_match = version;
        }
        self.client.call(&call, &self.options).await
    }

    /// Up to as many resources as tell one match from several.
    async fn matches(&self, filter: Filter) -> Result<(Answer, Vec<T>), Error> {
        if self.client.inner.discovered.known().and_then(|config| config.filter_supported()) == Some(false) {
            return Err(Error::build("the server says that it does not support filters"));
        }
        let projection = self.options.projection.clone();
        let query = ListQuery { filter: Some(filter), projection, ..ListQuery::default() };
        let answer = self.client.call(&Call::list(self.endpoint.clone(), query), &self.options).await?;
        let found = crate::pages::resources(&answer)?.into_iter().collect::<Result<_, _>>()?;
        Ok((answer, found))
    }

    pub(crate) fn stated_version(&self) -> Option<String> {
        match &self.options.precondition {
            Precondition::IfMatch(version) => Some(version.clone()),
            Precondition::Known | Precondition::None => None,
        }
    }

    /// An empty id would be the address of all resources, and `.` or `..` another address: no encoding saves them.
    pub(crate) fn check_id(&self, id: &str) -> Result<(), Error> {
        match id {
            "" => Err(Error::build("the id is empty")),
            "." | ".." => Err(Error::build("the id is a relative path")),
            _ => Ok(()),
        }
    }
}

impl<T> fmt::Debug for Resources<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resources").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

pub(crate) fn id_of<T: Resource>(resource: &T) -> Result<&str, Error> {
    resource.id().ok_or_else(|| Error::build("the resource has no id"))
}

/// The id at the end of an address such as `https://example.com/scim/v2/Users/2819c223`.
pub(crate) fn id_in(location: &str, endpoint: &str) -> Option<String> {
    let path = location.split(['?', '#']).next()?.trim_end_matches('/');
    let (before, id) = path.rsplit_once('/')?;
    let fits = before.rsplit('/').next()?.eq_ignore_ascii_case(endpoint);
    (fits && !id.is_empty())
        .then(|| percent_encoding::percent_decode_str(id).decode_utf8_lossy().into_owned())
}

/// Whether the attribute has that value, in whatever letter case.
fn has_value<T: Resource>(resource: &T, path: &AttrPath, value: &str) -> bool {
    let Ok(json) = read::value(resource) else { return false };
    let root = match path.urn() {
        Some(urn) => json.as_object().and_then(|root| scim_core::json::get(root, urn)).unwrap_or(&json),
        None => &json,
    };
    let Some(found) = root.as_object().and_then(|object| scim_core::json::get(object, path.name())) else {
        return false;
    };
    let same = |one: &Value| {
        let one = match path.sub() {
            Some(sub) => one.as_object().and_then(|object| scim_core::json::get(object, sub)),
            None => Some(one),
        };
        one.and_then(Value::as_str).is_some_and(|text| text.to_lowercase() == value.to_lowercase())
    };
    match found {
        Value::Array(values) => values.iter().any(same),
        one => same(one),
    }
}
