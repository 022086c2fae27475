//! `scim users`, `scim groups`, `scim resource`: the resources of an endpoint, one at a time or all.

use std::{
    io::{IsTerminal, Write, stderr, stdin},
    path::Path,
};

use scim_client::{CallOptions, Precondition, Resources};
use scim_core::{
    error::ScimError,
    filter::Filter,
    json as obj,
    patch::{PatchOp, Tolerances},
    resource::{Resource, ResourceTypeInfo},
    schema::ResourceType,
};
use serde_json::{Map, Value};

use super::{
    change,
    endpoint::Endpoint,
    is_stdin,
    listing::{Question, projection},
    name, note, print, read_json, read_object,
    serve::runtime,
    show::{Raw, one},
};
use crate::{
    everyday::{
        AnyResourceArgs, CreateArgs, DeleteArgs, EndpointArgs, GetArgs, PatchArgs, ReplaceArgs,
        ResourceCommand,
    },
    exit::{Exit, Stop},
    table::plain,
};

/// `scim users`.
pub(crate) fn users(command: &ResourceCommand) -> Result<Exit, Stop> {
    let prepared = Prepared::read(command)?;
    runtime()?.block_on(async {
        let endpoint = Endpoint::open(command.endpoint())?;
        prepared.run(&endpoint, &Kind::known(ResourceType::user())).await
    })
}

/// `scim groups`.
pub(crate) fn groups(command: &ResourceCommand) -> Result<Exit, Stop> {
    let prepared = Prepared::read(command)?;
    runtime()?.block_on(async {
        let endpoint = Endpoint::open(command.endpoint())?;
        prepared.run(&endpoint, &Kind::known(ResourceType::group())).await
    })
}

/// `scim resource`.
pub(crate) fn any(args: &AnyResourceArgs) -> Result<Exit, Stop> {
    let prepared = Prepared::read(&args.command)?;
    let wanted = match (&args.name, &args.endpoint) {
        (_, Some(path)) => Wanted::Path(path),
        (Some(name), None) if name.starts_with('/') => Wanted::Path(name),
        (Some(name), None) => Wanted::Name(name),
        (None, None) => {
            let question = "which resources? give a NAME, as in scim resource Device list, or --endpoint";
            return Err(Stop::usage(question));
        }
    };
    runtime()?.block_on(async {
        let endpoint = Endpoint::open(args.command.endpoint())?;
        let needs_schema = matches!(&args.command, ResourceCommand::Create(args) if !args.set.is_empty())
            || matches!(&args.command, ResourceCommand::Patch(args) if args.file.is_none());
        let kind = wanted.find(&endpoint, needs_schema).await?;
        prepared.run(&endpoint, &kind).await
    })
}

/// Resources of one type, as far as it is known.
pub(crate) struct Kind {
    /// Without a slash: `Users`.
    pub(crate) endpoint: String,
    schema: Option<String>,
    resource_type: Option<ResourceType>,
}

impl Kind {
    fn known(resource_type: ResourceType) -> Self {
        Self {
            endpoint: resource_type.endpoint.trim_matches('/').to_owned(),
            schema: Some(resource_type.schema.id.clone()),
            resource_type: Some(resource_type),
        }
    }

    fn at(path: &str) -> Result<Self, Stop> {
        let endpoint = path.trim_matches('/');
        match endpoint {
            "Users" => Ok(Self::known(ResourceType::user())),
            "Groups" => Ok(Self::known(ResourceType::group())),
            "" => Err(Stop::usage("--endpoint: the path is empty; it is like /Devices")),
            _ if endpoint.contains(['?', '#', ':'])
                || endpoint.split('/').any(|part| part.starts_with('.')) =>
            {
                Err(Stop::usage(format!(
                    "--endpoint: {path:?} is no path below the base URL, such as /Devices"
                )))
            }
            _ => Ok(Self { endpoint: endpoint.to_owned(), schema: None, resource_type: None }),
        }
    }

    /// For the person whose filter found nothing, or was refused.
    pub(crate) fn hint(&self, filter: &Filter) {
        for unknown in self.resource_type.iter().flat_map(|known| filter.unknown_attributes(known)) {
            note(&format!("hint: the RFC has {unknown}"));
        }
    }
}

enum Wanted<'a> {
    Name(&'a str),
    Path(&'a str),
}

impl Wanted<'_> {
    async fn find(&self, endpoint: &Endpoint, needs_schema: bool) -> Result<Kind, Stop> {
        let name = match self {
            Self::Path(path) => return Kind::at(path),
            Self::Name(name) => *name,
        };
        for known in [ResourceType::user(), ResourceType::group()] {
            let plural = known.endpoint.trim_matches('/');
            if known.name.eq_ignore_ascii_case(name) || plural.eq_ignore_ascii_case(name) {
                return Ok(Kind::known(known));
            }
        }
        let discovery = endpoint.client.discovery();
        let types = discovery.resource_types().await.map_err(|error| endpoint.stop(&error))?;
        let is = |text: Option<&String>| {
            text.is_some_and(|text| text.trim_matches('/').eq_ignore_ascii_case(name))
        };
        let found = types.iter().find(|info| is(info.name.as_ref()) || is(info.endpoint.as_ref()));
        let Some(info) = found.or_else(|| types.iter().find(|info| is(info.schema.as_ref()))) else {
            let known: Vec<&str> = types.iter().filter_map(|info| info.name.as_deref()).collect();
            let known = plain(&known.join(", "));
            return Err(Stop::usage(format!("the endpoint names no resource type {name:?}; it has {known}")));
        };
        let path = info.endpoint.as_deref().unwrap_or_default();
        let path = path.strip_prefix(endpoint.client.base_url()).unwrap_or(path);
        let mut kind = Kind::at(path).map_err(|_| {
            Stop::new(
                Exit::Findings,
                endpoint.clean(&format!("/ResourceTypes: {name} has the endpoint {path:?}")),
            )
        })?;
        kind.schema.clone_from(&info.schema);
        if needs_schema {
            kind.resource_type = described(endpoint, info).await;
        }
        Ok(kind)
    }
}

/// The type with its schemas. Without them values are taken as they look.
async fn described(endpoint: &Endpoint, info: &ResourceTypeInfo) -> Option<ResourceType> {
    let schemas = endpoint.client.discovery().schemas().await.ok()?;
    ResourceType::from_discovery(info, &schemas).ok()
}

/// A command whose files and arguments are read: what is wrong with them is said before anything is sent.
enum Prepared<'a> {
    List(Box<Question<'a>>),
    Get(&'a GetArgs),
    Create(&'a CreateArgs, Map<String, Value>),
    Replace(&'a ReplaceArgs, Map<String, Value>),
    Patch(&'a PatchArgs, Option<PatchOp>),
    Delete(&'a DeleteArgs),
}

impl<'a> Prepared<'a> {
    fn read(command: &'a ResourceCommand) -> Result<Self, Stop> {
        let endpoint = command.endpoint();
        Ok(match command {
            ResourceCommand::List(args) => {
                Self::List(Box::new(Question::read(args.filter.as_deref(), &args.query)?))
            }
            ResourceCommand::Search(args) => {
                Self::List(Box::new(Question::read(args.filter.as_deref(), &args.query)?.by_post()))
            }
            ResourceCommand::Get(args) => {
                let ways = [&args.id, &args.user_name, &args.external_id, &args.display_name];
                if ways.iter().all(|way| way.is_none()) {
                    let question = "which one? give its ID, --user-name, --external-id or --display-name";
                    return Err(Stop::usage(question));
                }
                projection(&args.projection)?;
                Self::Get(args)
            }
            ResourceCommand::Create(args) => {
                if args.file.is_none() && args.set.is_empty() {
                    let question = "what to create? give a FILE (- is standard input) or --set PATH=VALUE";
                    return Err(Stop::usage(question));
                }
                let file = args.file.as_deref().map(|path| input(path, endpoint, read_object)).transpose()?;
                Self::Create(args, file.unwrap_or_default())
            }
            ResourceCommand::Replace(args) => {
                let mut resource = input(&args.file, endpoint, read_object)?;
                match obj::get(&resource, "id").cloned() {
                    Some(Value::String(id)) if id != args.id => {
                        let file = name(&args.file);
                        return Err(Stop::usage(format!("{file}: its id is {id:?}, and not {:?}", args.id)));
                    }
                    Some(Value::String(_)) => {}
                    _ => {
                        obj::remove(&mut resource, "id");
                        resource.insert("id".to_owned(), args.id.as_str().into());
                    }
                }
                Self::Replace(args, resource)
            }
            ResourceCommand::Patch(args) => {
                if args.file.is_none() && args.operations.0.is_empty() {
                    return Err(Stop::usage("what to change? give --replace, --add or --remove, or a FILE"));
                }
                let file = args.file.as_deref().map(|path| patch_file(path, endpoint)).transpose()?;
                Self::Patch(args, file)
            }
            ResourceCommand::Delete(args) => Self::Delete(args),
        })
    }

    async fn run(self, endpoint: &Endpoint, kind: &Kind) -> Result<Exit, Stop> {
        let resources = endpoint.client.resource_at::<Raw>(&kind.endpoint);
        let failed = |error: scim_client::Error| endpoint.stop(&error);
        match self {
            Self::List(question) => question.ask(endpoint, kind).await,
            Self::Get(args) => get(args, endpoint, kind).await,
            Self::Create(args, mut resource) => {
                for text in &args.set {
                    change::set(&mut resource, text, kind.resource_type.as_ref())?;
                }
                if let Some(schema) = &kind.schema {
                    change::name_schema(&mut resource, schema);
                }
                endpoint.keep_secret(obj::get(&resource, "password"));
                let created = resources.create(&Raw(resource)).await.map_err(failed)?;
                one(&created.0, args.format)
            }
            Self::Replace(args, mut resource) => {
                if let Some(schema) = &kind.schema {
                    change::name_schema(&mut resource, schema);
                }
                endpoint.keep_secret(obj::get(&resource, "password"));
                let resources = resources.with(only_if(args.if_match.as_deref()));
                let replaced = resources.replace(&Raw(resource)).await.map_err(failed)?;
                one(&replaced.0, args.format)
            }
            Self::Patch(args, file) => {
                let patch = match file {
                    Some(patch) => patch,
                    None => change::patch(&args.operations.0, kind.resource_type.as_ref())?,
                };
                for operation in &patch.operations {
                    let secret = operation.path.as_ref().is_some_and(|path| is_password(path.attr.name()));
                    endpoint.keep_secret(operation.value.as_ref().filter(|_| secret));
                    let inside = operation.value.as_ref().and_then(Value::as_object);
                    endpoint.keep_secret(inside.and_then(|attributes| obj::get(attributes, "password")));
                }
                let resources = resources.with(only_if(args.if_match.as_deref()));
                let shown = match resources.patch(&args.id, &patch).await.map_err(failed)? {
                    Some(resource) => Ok(resource),
                    // The endpoint did it, and does not show what came of it.
                    None => resources.get(&args.id).await,
                };
                match shown {
                    Ok(resource) => one(&resource.0, args.format),
                    Err(error) => {
                        note(&format!(
                            "warning: changed, but it cannot be read back: {}",
                            endpoint.stop(&error)
                        ));
                        Ok(Exit::Success)
                    }
                }
            }
            Self::Delete(args) => delete(args, resources, endpoint, kind).await,
        }
    }
}

async fn get(args: &GetArgs, endpoint: &Endpoint, kind: &Kind) -> Result<Exit, Stop> {
    let resources = endpoint.client.resource_at::<Raw>(&kind.endpoint);
    let options = CallOptions { projection: projection(&args.projection)?, ..CallOptions::default() };
    let failed = |error: scim_client::Error| endpoint.stop(&error);
    let wanted = [
        ("userName", &args.user_name),
        ("externalId", &args.external_id),
        ("displayName", &args.display_name),
    ];
    let asked = wanted.into_iter().find_map(|(attribute, value)| Some((attribute, value.as_deref()?)));
    let id = match (asked, &args.id) {
        (Some((attribute, value)), _) => {
            // Found without the projection: what was asked for is compared with what comes.
            let found = resources.find_by(attribute, value).await.map_err(failed)?;
            let Some(found) = found else {
                let message = format!("no resource at /{} has {attribute} {value:?}", kind.endpoint);
                return Err(Stop::new(Exit::Findings, message));
            };
            if options.projection == Default::default() {
                return one(&found.0, args.format);
            }
            let id = found.id().map(str::to_owned);
            id.ok_or_else(|| Stop::new(Exit::Findings, "what the endpoint found has no id"))?
        }
        (None, id) => id.clone().unwrap_or_default(),
    };
    let resource = resources.with(options).get(&id).await.map_err(failed)?;
    one(&resource.0, args.format)
}

async fn delete(
    args: &DeleteArgs,
    resources: Resources<'_, Raw>,
    endpoint: &Endpoint,
    kind: &Kind,
) -> Result<Exit, Stop> {
    if !args.yes && !confirmed(&args.ids, kind, endpoint)? {
        note("nothing is deleted");
        return Ok(Exit::Success);
    }
    let resources = resources.with(only_if(args.if_match.as_deref()));
    let mut last = None;
    for id in &args.ids {
        match resources.delete(id).await {
            Ok(()) => print(&format!("deleted {}", plain(id)))?,
            Err(error) => {
                let unauthorized = error.is_unauthorized();
                if let Some(earlier) = last.replace(endpoint.stop(&error)) {
                    note(&format!("error: {earlier}"));
                }
                // What stopped this one stops the others too.
                if unauthorized || matches!(&last, Some(stop) if stop.exit == Exit::CouldNotAsk) {
                    break;
                }
            }
        }
    }
    last.map_or(Ok(Exit::Success), Err)
}

/// Asks the person, if there is one.
fn confirmed(ids: &[String], kind: &Kind, endpoint: &Endpoint) -> Result<bool, Stop> {
    if !stdin().is_terminal() {
        return Err(Stop::usage("nobody is there to confirm; --yes deletes without asking"));
    }
    let what = match ids {
        [id] => plain(id),
        ids => format!("{} resources", ids.len()),
    };
    let place = endpoint.client.base_url();
    let _ = write!(stderr(), "delete {what} at {place}/{}? [y/N] ", kind.endpoint);
    let mut answer = String::new();
    stdin()
        .read_line(&mut answer)
        .map_err(|error| Stop::usage(format!("cannot read the answer: {error}; use --yes")))?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

fn is_password(name: &str) -> bool {
    name.eq_ignore_ascii_case("password")
}

fn only_if(version: Option<&str>) -> CallOptions {
    let precondition =
        version.map_or(Precondition::Known, |version| Precondition::IfMatch(version.to_owned()));
    CallOptions { precondition, ..CallOptions::default() }
}

/// Reads a file, unless the token is to come from the same standard input.
fn input<T>(
    path: &Path,
    endpoint: &EndpointArgs,
    read: impl FnOnce(&Path) -> Result<T, Stop>,
) -> Result<T, Stop> {
    if is_stdin(path) && endpoint.access.token_file.as_deref().is_some_and(is_stdin) {
        return Err(Stop::usage("the file and the token cannot both come from standard input"));
    }
    read(path)
}

fn patch_file(path: &Path, endpoint: &EndpointArgs) -> Result<PatchOp, Stop> {
    let message = input(path, endpoint, read_json)?;
    let refused = |error: ScimError| Stop::usage(format!("{}: not a PatchOp: {}", name(path), error.detail));
    PatchOp::from_json(&message, &Tolerances::idp()).map_err(refused)
}
