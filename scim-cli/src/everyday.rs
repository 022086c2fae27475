//! The arguments of the everyday commands: users, groups, other resources, schemas, capabilities, configuration.

use std::path::PathBuf;

use clap::{
    Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches, Subcommand, ValueEnum,
    builder::{RangedU64ValueParser, Resettable},
};
use clap_complete::Shell;
use scim_core::patch::Op;

use crate::args::AccessArgs;

/// Which endpoint, and how to get there.
#[derive(Args)]
#[command(mut_args(without_url))]
pub(crate) struct EndpointArgs {
    // Not a doc comment: rustdoc would want the address to be a link.
    #[arg(
        long,
        value_name = "URL",
        conflicts_with = "at",
        help_heading = "Endpoint",
        help = "Base URL, such as https://example.com/scim/v2 [env: SCIM_URL]"
    )]
    pub(crate) url: Option<String>,

    /// The endpoint of that name in the configuration file; see `scim config --help`
    #[arg(long, value_name = "NAME", help_heading = "Endpoint")]
    pub(crate) at: Option<String>,

    #[command(flatten)]
    pub(crate) access: AccessArgs,
}

/// The access arguments demand `--url`; here the address may come from elsewhere too.
fn without_url(arg: Arg) -> Arg {
    if arg.get_help_heading() == Some("Access") { arg.requires(Resettable::Reset) } else { arg }
}

#[derive(Subcommand)]
pub(crate) enum ResourceCommand {
    /// List them, page by page
    #[command(after_help = LIST_HELP)]
    List(ListArgs),
    /// Show one
    #[command(after_help = GET_HELP)]
    Get(GetArgs),
    /// Create one
    #[command(after_help = CREATE_HELP)]
    Create(CreateArgs),
    /// Replace one as a whole (PUT)
    #[command(after_help = REPLACE_HELP)]
    Replace(ReplaceArgs),
    /// Change one (PATCH; GET and PUT where there is none)
    #[command(after_help = PATCH_HELP)]
    Patch(PatchArgs),
    /// Delete some
    #[command(after_help = DELETE_HELP)]
    Delete(DeleteArgs),
    /// List them with POST, which keeps the filter out of addresses and logs
    #[command(after_help = SEARCH_HELP)]
    Search(SearchArgs),
}

impl ResourceCommand {
    pub(crate) fn endpoint(&self) -> &EndpointArgs {
        match self {
            Self::List(args) => &args.endpoint,
            Self::Get(args) => &args.endpoint,
            Self::Create(args) => &args.endpoint,
            Self::Replace(args) => &args.endpoint,
            Self::Patch(args) => &args.endpoint,
            Self::Delete(args) => &args.endpoint,
            Self::Search(args) => &args.endpoint,
        }
    }
}

#[derive(Args)]
pub(crate) struct AnyResourceArgs {
    /// Resource type: its name, endpoint or schema, as in /ResourceTypes
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,

    /// Path of the resource type, such as /Devices; /ResourceTypes is not asked
    #[arg(long, value_name = "PATH", conflicts_with = "name")]
    pub(crate) endpoint: Option<String>,

    #[command(subcommand)]
    pub(crate) command: ResourceCommand,
}

#[derive(Args)]
pub(crate) struct ListArgs {
    /// Only what matches, such as 'userName sw "a"'; checked here before it is sent
    #[arg(long, value_name = "EXPR")]
    pub(crate) filter: Option<String>,

    #[command(flatten)]
    pub(crate) query: QueryArgs,

    #[command(flatten)]
    pub(crate) endpoint: EndpointArgs,
}

#[derive(Args)]
pub(crate) struct SearchArgs {
    /// Only what matches, such as 'userName sw "a"'; checked here before it is sent
    #[arg(value_name = "FILTER")]
    pub(crate) filter: Option<String>,

    #[command(flatten)]
    pub(crate) query: QueryArgs,

    #[command(flatten)]
    pub(crate) endpoint: EndpointArgs,
}

#[derive(Args)]
pub(crate) struct QueryArgs {
    /// A filter that is sent as it is, for servers that know more than the RFC
    #[arg(long, value_name = "TEXT", conflicts_with = "filter")]
    pub(crate) raw_filter: Option<String>,

    #[command(flatten)]
    pub(crate) projection: ProjectionArgs,

    /// Sort by this attribute
    #[arg(long, value_name = "PATH")]
    pub(crate) sort_by: Option<String>,

    /// Smallest or largest first
    #[arg(long, value_enum, default_value = "ascending", requires = "sort_by")]
    pub(crate) sort_order: SortOrder,

    /// Resources to ask for in one page; default 100, or fewer if the endpoint says so
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<u32>::new().range(1..=1_000_000))]
    pub(crate) count: Option<u32>,

    /// End after so many resources; default all
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<u64>::new().range(1..=1_000_000_000))]
    pub(crate) limit: Option<u64>,

    /// Form of the output
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: OutputFormat,
}

#[derive(Args)]
pub(crate) struct ProjectionArgs {
    /// Only these attributes, with commas between; they are the columns of a table
    #[arg(long, value_name = "PATHS", value_delimiter = ',', conflicts_with = "excluded_attributes")]
    pub(crate) attributes: Vec<String>,

    /// Without these attributes, with commas between
    #[arg(long, value_name = "PATHS", value_delimiter = ',')]
    pub(crate) excluded_attributes: Vec<String>,
}

#[derive(Args)]
pub(crate) struct GetArgs {
    /// The resource's id
    #[arg(value_name = "ID", conflicts_with_all = ["user_name", "external_id", "display_name"])]
    pub(crate) id: Option<String>,

    /// The one with this userName
    #[arg(long, value_name = "NAME", conflicts_with_all = ["external_id", "display_name"])]
    pub(crate) user_name: Option<String>,

    /// The one with this externalId
    #[arg(long, value_name = "ID", conflicts_with = "display_name")]
    pub(crate) external_id: Option<String>,

    /// The one with this displayName
    #[arg(long, value_name = "NAME")]
    pub(crate) display_name: Option<String>,

    #[command(flatten)]
    pub(crate) projection: ProjectionArgs,

    /// Form of the output
    #[arg(long, value_enum, default_value = "json")]
    pub(crate) format: OutputFormat,

    #[command(flatten)]
    pub(crate) endpoint: EndpointArgs,
}

#[derive(Args)]
pub(crate) struct CreateArgs {
    /// JSON file with the resource; - is standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,

    /// Attribute to set, repeatable, such as name.givenName=Ada; on top of FILE
    #[arg(long, value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,

    /// Form of the output
    #[arg(long, value_enum, default_value = "json")]
    pub(crate) format: OutputFormat,

    #[command(flatten)]
    pub(crate) endpoint: EndpointArgs,
}

#[derive(Args)]
pub(crate) struct ReplaceArgs {
    /// The resource's id
    #[arg(value_name = "ID")]
    pub(crate) id: String,

    /// JSON file with the whole resource; - is standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Only if this is still its version; default the meta.version in FILE, if any
    #[arg(long, value_name = "VERSION")]
    pub(crate) if_match: Option<String>,

    /// Form of the output
    #[arg(long, value_enum, default_value = "json")]
    pub(crate) format: OutputFormat,

    #[command(flatten)]
    pub(crate) endpoint: EndpointArgs,
}

#[derive(Args)]
pub(crate) struct PatchArgs {
    /// The resource's id
    #[arg(value_name = "ID")]
    pub(crate) id: String,

    /// JSON file with a PatchOp message; - is standard input
    #[arg(value_name = "FILE", conflicts_with_all = ["add", "replace", "remove"])]
    pub(crate) file: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) operations: Operations,

    /// Only if this is still its version
    #[arg(long, value_name = "VERSION")]
    pub(crate) if_match: Option<String>,

    /// Form of the output
    #[arg(long, value_enum, default_value = "json")]
    pub(crate) format: OutputFormat,

    #[command(flatten)]
    pub(crate) endpoint: EndpointArgs,
}

#[derive(Args)]
pub(crate) struct DeleteArgs {
    /// The resources' ids
    #[arg(value_name = "ID", required = true)]
    pub(crate) ids: Vec<String>,

    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,

    /// Only if this is still its version
    #[arg(long, value_name = "VERSION")]
    pub(crate) if_match: Option<String>,

    #[command(flatten)]
    pub(crate) endpoint: EndpointArgs,
}

/// `--add`, `--replace` and `--remove`, in the order in which they were given: it matters.
pub(crate) struct Operations(pub(crate) Vec<(Op, String)>);

const OPERATIONS: [(Op, &str, &str, &str); 3] = [
    (Op::Add, "add", "PATH=VALUE", "Add a value, such as members=ID; repeatable, carried out in order"),
    (Op::Replace, "replace", "PATH=VALUE", "Replace a value, such as active=false; repeatable"),
    (Op::Remove, "remove", "PATH", "Remove values, such as 'members[value eq \"ID\"]'; repeatable"),
];

impl Args for Operations {
    fn augment_args(command: Command) -> Command {
        OPERATIONS.into_iter().fold(command, |command, (op, id, value, help)| {
            let arg = Arg::new(id).long(id).value_name(value).action(ArgAction::Append).help(help);
            command.arg(if op == Op::Replace { arg.visible_alias("set") } else { arg })
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Operations {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut found = Vec::new();
        for (op, id, ..) in OPERATIONS {
            let texts = matches.get_many::<String>(id).into_iter().flatten();
            let places = matches.indices_of(id).into_iter().flatten();
            found.extend(places.zip(texts).map(|(place, text)| (place, op, text.clone())));
        }
        found.sort_by_key(|(place, ..)| *place);
        Ok(Self(found.into_iter().map(|(_, op, text)| (op, text)).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct SchemasArgs {
    #[command(subcommand)]
    pub(crate) command: Option<SchemasCommand>,

    #[command(flatten)]
    pub(crate) list: SchemaListArgs,
}

#[derive(Subcommand)]
pub(crate) enum SchemasCommand {
    /// List them
    List(SchemaListArgs),
    /// Show the attributes of one
    Show(SchemaShowArgs),
}

#[derive(Args)]
pub(crate) struct SchemaListArgs {
    /// Form of the output
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: OutputFormat,

    #[command(flatten)]
    pub(crate) endpoint: EndpointArgs,
}

#[derive(Args)]
pub(crate) struct SchemaShowArgs {
    /// The schema: its URN, or its name
    #[arg(value_name = "URN|NAME")]
    pub(crate) name: String,

    #[command(flatten)]
    pub(crate) list: SchemaListArgs,
}

#[derive(Args)]
pub(crate) struct CapabilitiesArgs {
    /// Form of the output
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: OutputFormat,

    #[command(flatten)]
    pub(crate) endpoint: EndpointArgs,
}

#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// List the endpoints in the configuration file; secrets are never read
    List,
    /// Print where the configuration file is looked for
    Path,
}

#[derive(Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// Columns for a person
    Table,
    /// Columns with tabs between, never cut
    Tsv,
    /// JSON, indented; several resources are an array
    Json,
    /// JSON, one resource in a line
    Jsonl,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SortOrder {
    /// Smallest first
    Ascending,
    /// Largest first
    Descending,
}

macro_rules! exits {
    ($($line:literal)*) => {
        concat!(
            $($line, "\n",)*
            "\nExit codes:\n",
            "  0  done\n",
            "  1  the endpoint answered: it refused, or its answer cannot be right\n",
            "  2  usage: wrong arguments, a file or the configuration; nothing was changed\n",
            "  3  the endpoint could not be asked"
        )
    };
}

const LIST_HELP: &str = exits! {
    "Examples:"
    "  scim users list                                    at SCIM_URL, with the token in SCIM_TOKEN"
    "  scim users list --at prod --filter 'active eq false' --attributes userName,meta.lastModified"
    "  scim users list --format jsonl | jq -r .userName   a million users need no more memory than a page"
    ""
    "Pages are printed as they come; the first one decides how wide the columns are. A server that"
    "contradicts itself, such as one that ignores startIndex, is reported on standard error."
};

const SEARCH_HELP: &str = exits! {
    "Examples:"
    "  scim users search 'userName eq \"ada@example.com\"'"
    ""
    "As list, with POST to /.search below the resource type; few servers have it."
};

const GET_HELP: &str = exits! {
    "Examples:"
    "  scim users get 2819c223-7f76-453a-919d-413861904646"
    "  scim users get --user-name ada@example.com --format table"
    "  scim groups get --display-name Engineers --excluded-attributes members"
};

const CREATE_HELP: &str = exits! {
    "Examples:"
    "  scim users create user.json"
    "  jq .user hr.json | scim users create -"
    "  scim users create --set userName=ada --set name.givenName=Ada --set emails=ada@example.com"
    ""
    "A VALUE is what the schema says: text, or true and false, a number. Of a multi-valued attribute"
    "such as emails it is one value; anything more is JSON:"
    "  --set 'emails=[{\"value\": \"ada@example.com\", \"type\": \"work\"}]'"
};

const REPLACE_HELP: &str = exits! {
    "Examples:"
    "  scim users get ID > user.json; $EDITOR user.json; scim users replace ID user.json"
    ""
    "If somebody else changed it in the meantime, and the endpoint has versions, nothing is replaced."
};

const PATCH_HELP: &str = exits! {
    "Examples:"
    "  scim users patch ID --replace active=false --remove title"
    "  scim groups patch ID --add members=USER-ID --remove 'members[value eq \"OTHER-ID\"]'"
    "  scim users patch ID patch.json"
    ""
    "A VALUE is what the schema says, as in create. Where the endpoint has no PATCH, the resource is"
    "read, changed here, and replaced if nobody else changed it."
};

const DELETE_HELP: &str = exits! {
    "Examples:"
    "  scim users delete ID"
    "  scim users list --filter 'active eq false' --format tsv --attributes id |"
    "    tail -n +2 | xargs scim users delete --yes"
    ""
    "On a terminal it asks first. Without one it needs --yes."
};

pub(crate) const USERS_HELP: &str = exits! {
    "Examples:"
    "  export SCIM_URL=https://example.com/scim/v2 SCIM_TOKEN=..."
    "  scim users list --filter 'userName sw \"a\"'"
    "  scim users create --set userName=ada --set name.givenName=Ada"
    "  scim groups patch GROUP-ID --add members=USER-ID"
    ""
    "Several endpoints: scim config --help. Every command has examples in its own --help."
};

pub(crate) const SCHEMAS_HELP: &str = exits! {
    "Examples:"
    "  scim schemas --at prod"
    "  scim schemas show User"
    "  scim schemas show urn:ietf:params:scim:schemas:extension:enterprise:2.0:User --format json"
};

pub(crate) const RESOURCE_HELP: &str = exits! {
    "Examples:"
    "  scim resource Device list"
    "  scim resource --endpoint /Devices get ID"
};

pub(crate) const CAPABILITIES_HELP: &str = exits! {
    "What /ServiceProviderConfig and /ResourceTypes say; nothing is tried. `scim test` finds out what"
    "is true."
};

pub(crate) const COMPLETIONS_HELP: &str = "\
Examples:
  scim completions bash > ~/.local/share/bash-completion/completions/scim
  scim completions zsh > ~/.zfunc/_scim
  scim completions fish > ~/.config/fish/completions/scim.fish";

pub(crate) const CONFIG_HELP: &str = "\
The file is the one that SCIM_CONFIG names, else ~/.config/scim/config.toml
(%APPDATA%\\scim\\config.toml on Windows). It names endpoints, and says where their secrets are:

  default = \"prod\"                       # used without --url, --at and SCIM_URL

  [endpoint.prod]
  url = \"https://example.com/scim/v2\"
  token-env = \"PROD_TOKEN\"               # environment variable that holds the bearer token
  vendor = \"hubspot\"                     # known limits: a built-in name or a profile file

  [endpoint.staging]
  url = \"https://staging.example.com/scim/v2\"
  token-file = \"staging.token\"           # seen from the folder of this file; ~/ is your home
  ca-cert = \"staging.pem\"

  [endpoint.old]
  url = \"https://old.example.com/scim\"
  basic-env = \"OLD_LOGIN\"                # holds user:password
  header-env = { x-api-key = \"OLD_KEY\" } # more headers

  [endpoint.cloud]
  url = \"https://cloud.example.com/scim\"
  [endpoint.cloud.oauth]                 # client credentials
  token-url = \"https://id.example.com/token\"
  client-id = \"scim\"
  client-secret-env = \"CLOUD_SECRET\"
  scope = \"scim\"                       # optional; so is secret-in-body = true

The everyday commands use an endpoint with --at NAME. (--profile is something else: the strictness of
the mock in scim serve and scim test.) A token written into the file is refused unless
allow-inline-token = true stands beside it. An endpoint gets its own credentials or those on the
command line, never those in SCIM_TOKEN or SCIM_BASIC.

Exit codes:
  0  done
  2  the file cannot be used";
