//! The configuration file: endpoints by name, and where their secrets are.
//!
//! No message here quotes a value from the file that may be a secret in the wrong place.

use std::{
    collections::BTreeMap,
    env, fs,
    io::ErrorKind,
    ops::Range,
    path::{Path, PathBuf},
};

use scim_client::OAuth;
use scim_core::vendor::load::closest;
use scim_testkit::run::Credentials;
use secrecy::SecretString;
use serde::Deserialize;

use crate::{exit::Stop, target};

/// What the file says.
pub(crate) struct Config {
    path: PathBuf,
    file: File,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    default: Option<String>,
    #[serde(default)]
    endpoint: BTreeMap<String, Entry>,
}

/// One endpoint. There is no `Debug`: a token may be in it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Entry {
    pub(crate) url: String,
    /// Of any type, so that reading it never fails with its value in the message.
    token: Option<toml::Value>,
    #[serde(default, alias = "allow_inline_token")]
    allow_inline_token: bool,
    #[serde(alias = "token_env")]
    token_env: Option<String>,
    #[serde(alias = "token_file")]
    token_file: Option<PathBuf>,
    #[serde(alias = "basic_env")]
    basic_env: Option<String>,
    oauth: Option<OAuthEntry>,
    #[serde(default, alias = "header_env")]
    header_env: BTreeMap<String, String>,
    #[serde(alias = "ca_cert")]
    ca_cert: Option<PathBuf>,
    pub(crate) vendor: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct OAuthEntry {
    #[serde(alias = "token_url")]
    token_url: String,
    #[serde(alias = "client_id")]
    client_id: String,
    #[serde(alias = "client_secret_env")]
    client_secret_env: String,
    scope: Option<String>,
    #[serde(default, alias = "secret_in_body")]
    secret_in_body: bool,
}

/// How an endpoint is told who asks.
pub(crate) enum Auth {
    Fixed(Credentials),
    OAuth {
        oauth: OAuth,
        /// To keep it out of messages.
        secret: SecretString,
    },
}

impl Config {
    /// Reads the file. One that nobody named and that is not there is empty.
    pub(crate) fn load() -> Result<Self, Stop> {
        let (path, named) = place()?;
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound && !named => String::new(),
            Err(error) => return Err(Stop::usage(format!("cannot read {}: {error}", path.display()))),
        };
        Self::parse(&text, path)
    }

    fn parse(text: &str, path: PathBuf) -> Result<Self, Stop> {
        match toml::from_str(text) {
            Ok(file) => Ok(Self { path, file }),
            Err(error) => Err(Stop::usage(format!(
                "{}: {}",
                path.display(),
                complaint(text, error.message(), error.span())
            ))),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn default_name(&self) -> Option<&str> {
        self.file.default.as_deref()
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.file.endpoint.iter().map(|(name, entry)| (name.as_str(), entry))
    }

    pub(crate) fn entry(&self, name: &str) -> Result<&Entry, Stop> {
        self.file.endpoint.get(name).ok_or_else(|| {
            let known: Vec<&str> = self.entries().map(|(name, _)| name).collect();
            let advice = match closest(name, known.iter().copied()) {
                Some(meant) => format!("did you mean {meant:?}?"),
                None if known.is_empty() => "it has none; see scim config --help".to_owned(),
                None => format!("it has {}", known.join(", ")),
            };
            Stop::usage(format!("{}: no endpoint is named {name:?}; {advice}", self.path.display()))
        })
    }

    /// A file that the configuration names.
    fn beside(&self, path: &Path) -> PathBuf {
        match (path.strip_prefix("~"), home()) {
            (Ok(rest), Some(home)) => home.join(rest),
            _ => self.path.parent().map_or_else(|| path.to_owned(), |folder| folder.join(path)),
        }
    }

    fn wrong(&self, name: &str, what: &str) -> Stop {
        Stop::usage(format!("{}: endpoint {name}: {what}", self.path.display()))
    }

    /// The value of the environment variable that a key names. The name is quoted only if it looks like one:
    /// people put the secret itself there.
    fn variable(&self, name: &str, key: &str, variable: &str) -> Result<SecretString, Stop> {
        let plain = variable.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
            && variable.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        let shown =
            if plain { format!("{key} names {variable}, which") } else { format!("what {key} names") };
        if variable.is_empty() || variable.contains(['=', '\0']) {
            return Err(self.wrong(name, &format!("{key} is not the name of an environment variable")));
        }
        match target::variable(variable) {
            Ok(Some(value)) => Ok(value),
            Ok(None) => {
                Err(self.wrong(name, &format!("{shown} is not set in the environment; export it first")))
            }
            Err(_) => Err(self.wrong(name, &format!("{shown} is not UTF-8"))),
        }
    }

    /// The credentials that an endpoint is to get.
    pub(crate) fn auth(&self, name: &str, entry: &Entry) -> Result<Auth, Stop> {
        let kinds = entry.kinds();
        if kinds.len() > 1 {
            return Err(self.wrong(name, &format!("{} exclude each other; keep one", kinds.join(" and "))));
        }
        if let Some(token) = &entry.token {
            if !entry.allow_inline_token {
                return Err(self.wrong(
                    name,
                    "a token in this file is refused; put it into an environment variable or a file and name that \
                     with token-env or token-file, or set allow-inline-token = true",
                ));
            }
            let token = token.as_str().ok_or_else(|| self.wrong(name, "token is not text"))?;
            return self.bearer(name, "token", token);
        }
        if let Some(variable) = &entry.token_env {
            use secrecy::ExposeSecret;
            let token = self.variable(name, "token-env", variable)?;
            return self.bearer(name, "token-env", token.expose_secret());
        }
        if let Some(path) = &entry.token_file {
            let token = target::token(None, Some(&self.beside(path)))?;
            return Ok(Auth::Fixed(token.map_or(Credentials::None, Credentials::Bearer)));
        }
        if let Some(variable) = &entry.basic_env {
            let pair = self.variable(name, "basic-env", variable)?;
            let origin = format!("{}: endpoint {name}: basic-env", self.path.display());
            return target::basic(pair, &origin).map(Auth::Fixed);
        }
        if let Some(oauth) = &entry.oauth {
            let secret = self.variable(name, "client-secret-env", &oauth.client_secret_env)?;
            let mut built = OAuth::new(&oauth.token_url, &oauth.client_id, secret.clone());
            if let Some(scope) = &oauth.scope {
                built = built.scope(scope);
            }
            if oauth.secret_in_body {
                built = built.secret_in_body();
            }
            return Ok(Auth::OAuth { oauth: built, secret });
        }
        Ok(Auth::Fixed(Credentials::None))
    }

    fn bearer(&self, name: &str, key: &str, token: &str) -> Result<Auth, Stop> {
        let origin = format!("{}: endpoint {name}: {key}", self.path.display());
        if token.trim().is_empty() {
            return Err(Stop::usage(format!("{origin}: the token is empty")));
        }
        target::sendable(token.trim(), &origin)?;
        Ok(Auth::Fixed(Credentials::Bearer(token.trim().into())))
    }

    /// More headers, as `Name: value`.
    pub(crate) fn headers(&self, name: &str, entry: &Entry) -> Result<Vec<SecretString>, Stop> {
        use secrecy::ExposeSecret;
        let header = |(header, variable): (&String, &String)| {
            let value = self.variable(name, &format!("header-env.{header}"), variable)?;
            Ok(format!("{header}: {}", value.expose_secret()).into())
        };
        entry.header_env.iter().map(header).collect()
    }

    pub(crate) fn ca_cert(&self, entry: &Entry) -> Option<PathBuf> {
        entry.ca_cert.as_deref().map(|path| self.beside(path))
    }

    /// The vendor, with a file as seen from the configuration.
    pub(crate) fn vendor(&self, entry: &Entry) -> Option<String> {
        let vendor = entry.vendor.as_deref()?;
        let file = vendor.ends_with(".toml") || vendor.contains(['/', '\\']);
        Some(if file { self.beside(Path::new(vendor)).display().to_string() } else { vendor.to_owned() })
    }
}

impl Entry {
    /// The keys that say where credentials are.
    pub(crate) fn kinds(&self) -> Vec<&'static str> {
        [
            ("token", self.token.is_some()),
            ("token-env", self.token_env.is_some()),
            ("token-file", self.token_file.is_some()),
            ("basic-env", self.basic_env.is_some()),
            ("oauth", self.oauth.is_some()),
        ]
        .into_iter()
        .filter_map(|(kind, given)| given.then_some(kind))
        .collect()
    }
}

/// Where the file is, and whether `SCIM_CONFIG` says so.
pub(crate) fn place() -> Result<(PathBuf, bool), Stop> {
    if let Some(path) = set("SCIM_CONFIG") {
        return Ok((path, true));
    }
    let folder = if cfg!(windows) {
        set("APPDATA")
    } else {
        // A relative path there is to be ignored, says the XDG specification.
        let xdg = set("XDG_CONFIG_HOME").filter(|path| path.is_absolute());
        xdg.or_else(|| home().map(|home| home.join(".config")))
    };
    let folder = folder.ok_or_else(|| {
        Stop::usage("there is no home folder to look for a configuration in; set SCIM_CONFIG")
    })?;
    Ok((folder.join("scim").join("config.toml"), false))
}

fn home() -> Option<PathBuf> {
    set(if cfg!(windows) { "USERPROFILE" } else { "HOME" })
}

fn set(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Where and what is wrong, without the text of lines that hold secrets, or may.
fn complaint(text: &str, message: &str, span: Option<Range<usize>>) -> String {
    let Some(before) = span.and_then(|span| text.get(..span.start)) else {
        return message.lines().next().unwrap_or_default().to_owned();
    };
    let line = before.matches('\n').count();
    let shown = text.lines().nth(line).unwrap_or_default().to_ascii_lowercase();
    let key = shown.split('=').next().unwrap_or_default();
    let place = format!("line {}", line + 1);
    // A message about an unknown key names keys only; any other may quote a value.
    let secret = ["token", "secret", "basic", "header", "oauth"].iter().any(|word| key.contains(word));
    if secret && !message.starts_with("unknown field") {
        return format!("{place}: {} is not written as it should be; see scim config --help", key.trim());
    }
    format!("{place}: {}", message.lines().next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Result<Config, String> {
        Config::parse(text, PathBuf::from("/c/config.toml")).map_err(|stop| stop.to_string())
    }

    fn refusal(text: &str) -> String {
        match config(text) {
            Err(message) => message,
            Ok(config) => {
                let entry = config.entry("a").map_err(|stop| stop.to_string());
                match entry.and_then(|entry| config.auth("a", entry).map_err(|stop| stop.to_string())) {
                    Err(message) => message,
                    Ok(_) => panic!("{text} is accepted"),
                }
            }
        }
    }

    #[test]
    fn says_what_is_wrong_and_never_the_secret() {
        let url = "[endpoint.a]\nurl = \"https://h\"\n";
        for (rest, expected) in [
            ("token = \"hunter2\"", "endpoint a: a token in this file is refused; "),
            ("token = 4242\nallow-inline-token = true", "endpoint a: token is not text"),
            ("token = hunter2", "line 3: token is not written as it should be"),
            ("token = \"hunter2", "line 3: token is not written as it should be"),
            ("basic-env = 4242", "line 3: basic-env is not written as it should be"),
            ("token-env = \"hunter2\"", "endpoint a: what token-env names is not set in the environment"),
            (
                "token-env = \"SCIM_NO_SUCH_TOKEN\"",
                "endpoint a: token-env names SCIM_NO_SUCH_TOKEN, which is not set in the environment",
            ),
            (
                "token-env = \"A\"\nbasic-env = \"B\"",
                "endpoint a: token-env and basic-env exclude each other",
            ),
            ("tokenenv = \"hunter2\"", "line 3: unknown field `tokenenv`, expected one of "),
            ("vendor = 7", "line 3: invalid type: integer `7`, expected a string"),
        ] {
            let message = refusal(&format!("{url}{rest}\n"));
            assert!(message.starts_with(&format!("/c/config.toml: {expected}")), "{message}");
            assert!(!message.contains("hunter2") && !message.contains("4242"), "{message}");
            assert_eq!(message.lines().count(), 1, "{message}");
        }
    }

    #[test]
    fn a_token_in_the_file_needs_permission() {
        let text = "[endpoint.a]\nurl = \"https://h\"\ntoken = \"hunter2\"\nallow-inline-token = true\n";
        let config = config(text).unwrap();
        let auth = config.auth("a", config.entry("a").unwrap()).unwrap();
        assert!(matches!(auth, Auth::Fixed(Credentials::Bearer(_))));
    }

    #[test]
    fn unknown_names_are_guessed() {
        let config = config("[endpoint.prod]\nurl = \"https://h\"\n").unwrap();
        let message = |name: &str| config.entry(name).err().unwrap().to_string();
        assert_eq!(message("prdo"), "/c/config.toml: no endpoint is named \"prdo\"; did you mean \"prod\"?");
        assert_eq!(message("x"), "/c/config.toml: no endpoint is named \"x\"; it has prod");
    }

    #[test]
    fn files_are_seen_from_the_configuration() {
        let config = config("").unwrap();
        assert_eq!(config.beside(Path::new("t")), Path::new("/c/t"));
        assert_eq!(config.beside(Path::new("/abs")), Path::new("/abs"));
    }
}
