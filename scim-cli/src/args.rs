//! The arguments, as clap reads them and `--help` shows them.

use std::path::PathBuf;

use clap::{
    Args, Parser, Subcommand, ValueEnum,
    builder::{PossibleValue, PossibleValuesParser, RangedU64ValueParser},
};
use scim_testkit::{idp::Dialect, run::Published};
use secrecy::SecretString;

use crate::cmd::idps::{IDPS_HELP, IdpsArgs};
use crate::cmd::vendors::{VENDORS_HELP, VendorsArgs};
use crate::everyday::{
    AnyResourceArgs, CAPABILITIES_HELP, COMPLETIONS_HELP, CONFIG_HELP, CapabilitiesArgs, CompletionsArgs,
    ConfigCommand, RESOURCE_HELP, ResourceCommand, SCHEMAS_HELP, SchemasArgs, USERS_HELP,
};

/// Test a SCIM endpoint as Okta and Entra ID use it; manage users and groups; serve a mock.
#[derive(Parser)]
#[command(name = "scim", version, after_help = EXIT_CODES, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Let Okta and Entra ID loose on a SCIM endpoint and report what breaks
    #[command(after_help = TEST_HELP)]
    Test(Box<TestArgs>),
    /// Tell the whole story of a finding: what is wrong, whom it hurts, what to do
    #[command(after_help = EXPLAIN_HELP)]
    Explain(ExplainArgs),
    /// Serve a mock SCIM service provider
    #[command(after_help = SERVE_HELP)]
    Serve(Box<ServeArgs>),
    /// Parse a filter, or match it against a resource
    #[command(subcommand)]
    Filter(FilterCommand),
    /// Apply a PATCH request to a resource
    #[command(subcommand)]
    Patch(PatchCommand),
    /// List the identity providers that can be played, and show what each sends
    #[command(after_help = IDPS_HELP)]
    Idps(IdpsArgs),
    /// List the vendor profiles, and say what is odd about a vendor
    #[command(after_help = VENDORS_HELP)]
    Vendors(VendorsArgs),
    /// List, show, create, change and delete users
    #[command(subcommand, after_help = USERS_HELP)]
    Users(Box<ResourceCommand>),
    /// List, show, create, change and delete groups
    #[command(subcommand, after_help = USERS_HELP)]
    Groups(Box<ResourceCommand>),
    /// List, show, create, change and delete resources of any type
    #[command(after_help = RESOURCE_HELP, subcommand_precedence_over_arg = true)]
    Resource(Box<AnyResourceArgs>),
    /// List the schemas of an endpoint, or show one as a table
    #[command(after_help = SCHEMAS_HELP)]
    Schemas(Box<SchemasArgs>),
    /// Say what an endpoint offers
    #[command(after_help = CAPABILITIES_HELP)]
    Capabilities(Box<CapabilitiesArgs>),
    /// Look at the configuration file, which names endpoints
    #[command(subcommand, after_help = CONFIG_HELP)]
    Config(ConfigCommand),
    /// Print a completion script for a shell
    #[command(after_help = COMPLETIONS_HELP)]
    Completions(CompletionsArgs),
}

#[derive(Args)]
pub(crate) struct TestArgs {
    // Not a doc comment: rustdoc would want the address to be a link.
    #[arg(
        value_name = "URL",
        help = "Base URL of the endpoint, such as https://example.com/scim/v2",
        long_help = "Base URL of the endpoint, such as https://example.com/scim/v2\n\n\
                     Without it the embedded mock is started on a free port and tested."
    )]
    pub(crate) url: Option<String>,

    #[command(flatten)]
    pub(crate) access: AccessArgs,

    /// Identity provider to play, or a test suite that one publishes; repeatable; default those that `scim idps` marks
    #[arg(
        long,
        value_name = "IDP",
        value_delimiter = ',',
        value_parser = PossibleValuesParser::new(
            idp_names().chain(published_names()).chain([PossibleValue::new("all")]),
        ),
        help_heading = "What to play"
    )]
    pub(crate) idp: Vec<String>,

    /// Expect what this vendor does; without URL the mock behaves like it too
    ///
    /// A built-in name or a profile file.
    #[arg(long, value_name = "NAME|FILE", help_heading = "What to play")]
    pub(crate) vendor: Option<String>,

    /// Strictness of the embedded mock
    #[arg(
        long,
        value_enum,
        default_value = "interop",
        conflicts_with_all = ["url", "vendor"],
        help_heading = "What to play"
    )]
    pub(crate) profile: MockProfile,

    /// Story to play, repeatable; default all built-in ones
    ///
    /// A built-in name (see --list) or a story file.
    #[arg(long, value_name = "NAME|FILE", help_heading = "What to play")]
    pub(crate) story: Vec<String>,

    /// Report these checks only, repeatable; * and ? match any text
    #[arg(long, value_name = "GLOB", help_heading = "What to play")]
    pub(crate) only: Vec<String>,

    /// Do not report these checks, repeatable; * and ? match any text
    #[arg(long, value_name = "GLOB", help_heading = "What to play")]
    pub(crate) skip: Vec<String>,

    /// E-mail domain of the test people; default example.com, or the vendor profile's verified domain
    #[arg(long, value_name = "NAME", help_heading = "What to play")]
    pub(crate) domain: Option<String>,

    /// Make names and ids the same in every run; default random
    #[arg(long, value_name = "N", help_heading = "What to play")]
    pub(crate) seed: Option<u64>,

    /// Leave the test's users and groups on the endpoint
    #[arg(long, help_heading = "What to play")]
    pub(crate) keep: bool,

    /// Show what would run, and all checks, without sending anything
    #[arg(long, conflicts_with_all = ["dry_run", "format"], help_heading = "What to play")]
    pub(crate) list: bool,

    /// Print the identity providers' exact requests without sending anything
    ///
    /// The answers that the requests build on are those of the embedded mock.
    #[arg(long, conflicts_with = "format", help_heading = "What to play")]
    pub(crate) dry_run: bool,

    /// Family of tests, repeatable; default idp and rfc; --idp adds idp
    #[arg(long, value_enum, value_name = "SUITE", value_delimiter = ',', help_heading = "What to play")]
    pub(crate) suite: Vec<SuiteName>,

    /// Play the stories with a thousand users too
    #[arg(long, help_heading = "What to play")]
    pub(crate) large: bool,

    /// Bearer token of another tenant, which must open nothing here; for --suite security [env: SCIM_FOREIGN_TOKEN]
    #[arg(long, value_name = "TOKEN", requires = "url", help_heading = "What to play")]
    pub(crate) foreign_token: Option<SecretString>,

    /// Send nothing that writes: for an endpoint with production data, or a token that may only read
    ///
    /// Stories are not played, for they write. A few users and groups that are there are read; the report shows their
    /// ids, and no other values of theirs.
    #[arg(long, conflicts_with_all = ["dry_run", "keep"], help_heading = "What to play")]
    pub(crate) safe: bool,

    /// Ask only whether the endpoint answers and what it offers
    #[arg(long, conflicts_with_all = ["safe", "dry_run", "keep"], help_heading = "What to play")]
    pub(crate) probe_only: bool,

    /// Form of the report
    #[arg(long, value_enum, default_value = "human", help_heading = "Report")]
    pub(crate) format: Format,

    /// Accept the findings of an earlier report in JSON, and fail only on new ones
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    pub(crate) baseline: Option<PathBuf>,

    /// The mildest finding that makes the exit code 1
    #[arg(long, value_enum, value_name = "LEVEL", default_value = "should", help_heading = "Report")]
    pub(crate) fail_on: FailOn,

    /// Write the report to FILE instead of standard output
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    pub(crate) output: Option<PathBuf>,

    /// Fault of the embedded mock, to see a check fail
    #[arg(long, value_name = "ID", hide = true, conflicts_with = "url")]
    pub(crate) defect: Vec<String>,
}

/// How requests get to the endpoint.
#[derive(Args)]
#[command(next_help_heading = "Access")]
pub(crate) struct AccessArgs {
    /// Bearer token; better in the environment than on the command line [env: SCIM_TOKEN]
    #[arg(long, group = "credentials", requires = "url")]
    pub(crate) token: Option<SecretString>,

    /// File that holds the bearer token; - is standard input
    #[arg(long, value_name = "FILE", group = "credentials", requires = "url")]
    pub(crate) token_file: Option<PathBuf>,

    /// User and password for basic authentication [env: SCIM_BASIC]
    #[arg(long, value_name = "USER:PASSWORD", group = "credentials", requires = "url")]
    pub(crate) basic: Option<SecretString>,

    /// Header to add to every request, repeatable; the value is kept secret
    #[arg(long, value_name = "NAME: VALUE", requires = "url")]
    pub(crate) header: Vec<SecretString>,

    /// Longest time to wait for one answer
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 30,
        value_parser = RangedU64ValueParser::<u64>::new().range(1..=3600)
    )]
    pub(crate) timeout: u64,

    /// Accept any server certificate
    #[arg(long, requires = "url")]
    pub(crate) insecure: bool,

    /// Trust the certificate authorities in this PEM file too
    #[arg(long, value_name = "FILE", requires = "url", conflicts_with = "insecure")]
    pub(crate) ca_cert: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct ServeArgs {
    /// Behave like this vendor: a built-in name or a profile file
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) vendor: Option<String>,

    /// Behave like the RFC (rfc), or like the RFC and what identity providers need (interop)
    #[arg(long, value_enum, default_value = "interop", conflicts_with = "vendor")]
    pub(crate) profile: MockProfile,

    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    pub(crate) host: String,

    /// Port to listen on; 0 takes any free one
    #[arg(long, default_value_t = 8080)]
    pub(crate) port: u16,

    /// Bearer token to ask for; without one every request is answered [env: SCIM_TOKEN]
    #[arg(long)]
    pub(crate) token: Option<SecretString>,

    /// File that holds the bearer token; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "token")]
    pub(crate) token_file: Option<PathBuf>,

    /// User and password to ask for
    #[arg(long, value_name = "USER:PASSWORD")]
    pub(crate) basic: Option<SecretString>,

    /// Client that gets tokens at /oauth/token, good for an hour (client credentials)
    #[arg(long, value_name = "CLIENT:SECRET")]
    pub(crate) oauth: Option<SecretString>,

    /// Serve https with a certificate made for it, and print which authority to trust
    #[arg(long)]
    pub(crate) tls: bool,

    /// Serve https with this certificate and its chain (PEM)
    #[arg(long, value_name = "FILE", conflicts_with = "tls", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,

    /// Key of the certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,

    /// User that /Me stands for; without one it answers 501
    #[arg(long, value_name = "USERNAME")]
    pub(crate) me: Option<String>,

    /// Tenant with data of its own at /tenants/NAME/scim/v2, repeatable
    #[arg(long, value_name = "NAME")]
    pub(crate) tenant: Vec<String>,

    /// Start with so many generated users, the same each time
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(crate) users: usize,

    /// Start with so many generated groups; each has a tenth of the generated users
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(crate) groups: usize,

    /// SQLite file to keep everything in, and to go on with; made if it is not there; default in memory
    #[arg(long, value_name = "FILE")]
    pub(crate) db: Option<PathBuf>,

    /// RFC 7643 schema document, repeatable; it extends User unless a resource type names it
    #[arg(long, value_name = "FILE")]
    pub(crate) schema: Vec<PathBuf>,

    /// RFC 7643 resource type document, repeatable
    #[arg(long, value_name = "FILE")]
    pub(crate) resource_type: Vec<PathBuf>,

    /// Go wrong on purpose, repeatable; see below
    #[arg(long, value_name = "FAULT")]
    pub(crate) fault: Vec<String>,

    /// Decide the chances of faults; the same seed gives the same faults; default random
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,

    /// Show requests as they come on a page, with what each changed and what is wrong with it, and the control API
    #[arg(long, help_heading = "Looking on")]
    pub(crate) ui: bool,

    /// Offer the control API, without the page
    #[arg(long, help_heading = "Looking on")]
    pub(crate) control: bool,

    /// Port of the page and the control API; default the next after --port, or any free one with --port 0
    #[arg(long, value_name = "PORT", help_heading = "Looking on")]
    pub(crate) ui_port: Option<u16>,

    /// Address of the page and the control API, which ask for no credentials
    #[arg(long, value_name = "HOST", default_value = "127.0.0.1", help_heading = "Looking on")]
    pub(crate) ui_host: String,

    /// Tell on standard error what is wrong with the requests that come
    #[arg(long, help_heading = "Looking on")]
    pub(crate) check: bool,

    /// Fault to have on purpose
    #[arg(long, value_name = "ID", hide = true)]
    pub(crate) defect: Vec<String>,
}

#[derive(Subcommand)]
pub(crate) enum FilterCommand {
    /// Print a filter in canonical form
    #[command(after_help = FILTER_PARSE_HELP)]
    Parse(FilterParseArgs),
    /// Say whether a resource matches a filter
    #[command(after_help = FILTER_MATCH_HELP)]
    Match(FilterMatchArgs),
}

#[derive(Args)]
pub(crate) struct FilterParseArgs {
    /// The filter; - reads it from standard input
    #[arg(value_name = "EXPR")]
    pub(crate) filter: String,

    #[command(flatten)]
    pub(crate) types: TypeArgs,
}

#[derive(Args)]
pub(crate) struct FilterMatchArgs {
    /// The filter
    #[arg(value_name = "EXPR")]
    pub(crate) filter: String,

    /// JSON file with the resource, or with a list of them; - is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) types: TypeArgs,
}

#[derive(Subcommand)]
pub(crate) enum PatchCommand {
    /// Print what a resource is after a PATCH request
    #[command(after_help = PATCH_HELP)]
    Apply(PatchApplyArgs),
}

#[derive(Args)]
pub(crate) struct PatchApplyArgs {
    /// JSON file with the resource; - is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) resource: PathBuf,

    /// JSON file with the PatchOp message; - is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) patch: PathBuf,

    /// Accept what Okta and Entra ID send beyond the RFC; strict without it
    #[arg(long)]
    pub(crate) tolerant: bool,

    #[command(flatten)]
    pub(crate) types: TypeArgs,
}

/// What the attributes of a resource mean.
#[derive(Args)]
pub(crate) struct TypeArgs {
    /// Type of the resource; default what its `schemas` say, else User
    #[arg(long, value_enum, value_name = "TYPE", ignore_case = true)]
    pub(crate) resource_type: Option<TypeName>,

    /// RFC 7643 schema document of an extension, repeatable
    #[arg(long, value_name = "FILE")]
    pub(crate) schema: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TypeName {
    #[value(name = "User")]
    User,
    #[value(name = "Group")]
    Group,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MockProfile {
    /// RFC 7644 and the tolerances that identity providers need
    Interop,
    /// RFC 7644 and nothing more
    Rfc,
}

impl MockProfile {
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Interop => "interop",
            Self::Rfc => "rfc",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text for a person
    Human,
    /// JSON for a program (docs/report.md)
    Json,
    /// JUnit XML for a build server; failures and errors apart
    Junit,
    /// Markdown for the comment on a pull request
    Markdown,
    /// Annotations of GitHub Actions
    Github,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SuiteName {
    /// Stories, played by the simulated identity providers
    Idp,
    /// What RFC 7643 and RFC 7644 ask of every endpoint
    Rfc,
    /// What an attacker would try, on the run's own users and groups; not in a default run
    Security,
    /// All of them
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Only what makes an identity provider stumble
    BreaksIdp,
    /// That, and violations of a MUST
    Must,
    /// That, and violations of a SHOULD
    Should,
    /// That, and warnings: a provider might stumble, as far as can be inferred
    Warning,
}

#[derive(Args)]
pub(crate) struct ExplainArgs {
    /// Id of a check, as reports show it; without it, all ids are listed
    #[arg(value_name = "FINDING-ID")]
    pub(crate) id: Option<String>,
}

/// The ids of the test suites that providers publish.
fn published_names() -> impl Iterator<Item = PossibleValue> {
    Published::ALL.into_iter().map(|suite| PossibleValue::new(suite.id()))
}

/// The dialects' ids; their aliases are taken too.
pub(crate) fn idp_names() -> impl Iterator<Item = PossibleValue> {
    Dialect::ALL.into_iter().map(|dialect| PossibleValue::new(dialect.id()).aliases(dialect.aliases()))
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done · the endpoint conforms · the filter matches · the patch applies
  1  findings · no match · the patch is refused · the endpoint refuses
  2  usage: wrong arguments, or a file that cannot be read or written
  3  the endpoint could not be asked
  4  a story or vendor profile file is wrong";

const TEST_HELP: &str = "\
Examples:
  scim test                                          test the embedded mock: no set-up, no network
  scim test https://example.com/scim/v2              with the token in SCIM_TOKEN
  scim test https://example.com/scim/v2 --idp okta --idp entra --story hire
  scim test https://example.com/scim/v2 --format json --output report.json
  scim test https://example.com/scim/v2 --skip 'list.*' --vendor hubspot
  scim test https://example.com/scim/v2 --baseline accepted.json --format junit --output scim.xml
  scim test https://example.com/scim/v2 --safe
  scim test https://example.com/scim/v2 --suite security
  scim test --list

The run creates users and groups whose names begin with scimtest- and deletes them at the end,
also after Ctrl-C; with --safe and --probe-only it creates nothing. A second Ctrl-C exits at once. NO_COLOR switches colors off.

Exit codes:
  0  the endpoint conforms: no findings that --fail-on counts and --baseline does not have
  1  findings
  2  usage: wrong arguments, or a file that cannot be read or written
  3  the endpoint could not be asked, or not to the end
  4  a story or vendor profile file is wrong; nothing was sent";

const EXPLAIN_HELP: &str = "\
Examples:
  scim explain patch.members-remove-empties-group
  scim explain | grep filter

Exit codes:
  0  the story is on standard output
  2  there is no such check";

const SERVE_HELP: &str = "\
Examples:
  scim serve --port 8080 --token t
  scim serve --vendor hubspot --port 8111 --token t
  scim test http://127.0.0.1:8111/scim/v2 --token t --vendor hubspot
  scim serve --schema badge.json --resource-type badges.json --tenant acme --tls
  scim serve --ui --check
  scim serve --users 1000 --groups 20 --db mock.db
  scim serve --seed 7 --fault '5% 429 retry-after 1' --fault 'POST /Users 1% drop-after'

The base URL is printed once the mock listens. Without --db, what it stores is in memory. Ctrl-C
stops it.

With --db every write is in the file before it is answered, so that kill -9 loses none; a power
cut may lose the last moments. The file is for one process at a time, and for the same --vendor or
--profile, --tenant and --resource-type as before. It holds no passwords and no tokens.

Faults: [METHOD[,METHOD]] [PATH] [WHEN] WHAT[, WHAT]
  PATH   /Users   /Users/*   */.search        below the base URL; * is any text; default any
  WHEN   5%   once   #3   #3-5   every 10     by chance, or which such requests; default all
  WHAT   429   503 retry-after 5              answer with that status; nothing is done
         wait 200ms   wait 100ms..2s          answer late
         drop                                 close the connection; nothing is done
         drop-after                           do it, then close the connection without an answer
         cut                                  do it, and close the connection amid the answer
         html   html 200                      answer with a page of HTML; nothing is done
         stale                                answer a read as before the latest write
         lost                                 answer a write as ever, and forget it
  Several WHATs are a script: '429, 503, ok, drop' strikes the first, second and fourth such request.
  The first fault that strikes decides; waits add up.

Exit codes:
  0  stopped by Ctrl-C
  2  usage, or a file that cannot be used
  3  cannot listen there, for instance because the port is in use
  4  the vendor profile file is wrong";

const FILTER_PARSE_HELP: &str = "\
Examples:
  scim filter parse 'title PR AND (userType eq \"Employee\")'
  echo 'emails[type eq \"work\"]' | scim filter parse -

Exit codes:
  0  the filter in canonical form is on standard output
  2  it is no filter; where and why is on standard error";

const FILTER_MATCH_HELP: &str = "\
Examples:
  scim filter match 'userName sw \"b\"' user.json
  curl -s https://example.com/scim/v2/Users | scim filter match 'active eq false'

The file holds one resource, an array of resources, or a SCIM ListResponse. For one resource
`match` or `no match` is printed; for several, the id of each that matches.

Exit codes:
  0  match
  1  no match
  2  it is no filter (the SCIM error is on standard output), or the file cannot be used";

const PATCH_HELP: &str = "\
Examples:
  scim patch apply --resource user.json --patch patch.json
  scim patch apply --resource user.json --patch entra.json --tolerant

Exit codes:
  0  the resource after all operations is on standard output
  1  the patch is refused; the SCIM error is on standard output
  2  a file cannot be used";
