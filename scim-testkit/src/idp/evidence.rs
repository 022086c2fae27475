//! What is known of each provider's requests, and from where: `fixtures/<dialect>/*`, built into the crate.
//!
//! A fixture (`<scene>.http`) says in its head where its requests are known from: `# source:`, `# date:`, `# grade:`
//! and `# note:`. Then come the exchanges: `## grade:` if the request is known better or worse than the scene as a
//! whole; the request as it goes out under the base path `/scim/v2`, less `Host`, `Authorization` and
//! `Content-Length`; `<<<` and the status of the scripted answer; its body; `---` before the next. What a provider
//! does not send at all is in `silent.toml`, with grade and source as well.
//!
//! The simulators are tested against these files, and `scim idps` prints them.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

use super::{Change, Dialect, Grade};

/// Something that happens in a company, in a state of provider and endpoint that is fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scene {
    /// Name of the scene and of its fixtures.
    pub name: &'static str,
    /// The scene in one line.
    pub title: &'static str,
    /// Whether every dialect has it: as a fixture, through its base, or as a silence. Other scenes exist for the
    /// dialects that have a fixture of them.
    pub everywhere: bool,
}

/// What one dialect sends in one scene, with the answers that it is sent in response to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixture {
    /// The dialect in whose folder it is: the one that was asked for, or the base of it.
    pub dialect: Dialect,
    /// Name of the scene.
    pub scene: &'static str,
    /// Where the requests are known from.
    pub source: String,
    /// Date of the source.
    pub date: String,
    /// How well the sequence as a whole is known.
    pub grade: Grade,
    /// What was concluded, and what to know besides.
    pub notes: Vec<String>,
    /// Requests and answers, in order.
    pub exchanges: Vec<Exchange>,
}

/// A request of a fixture, and the answer that is scripted for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// How well the request is known.
    pub grade: Grade,
    /// Request line, under the base path `/scim/v2`.
    pub request: String,
    /// Headers, each as one line.
    pub headers: Vec<String>,
    /// Body of the request.
    pub body: Option<String>,
    /// Status of the answer.
    pub status: u16,
    /// Body of the answer.
    pub answer: String,
}

/// A scene in which a dialect sends nothing, or in which nobody knows what it sends.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Silence {
    /// Where that is known from.
    pub source: String,
    /// How well it is known.
    #[serde(deserialize_with = "grade_of")]
    pub grade: Grade,
    /// Why nothing is sent.
    pub note: String,
}

/// What a dialect sends in a scene: its own fixture, or that of the nearest base that has one.
#[must_use]
pub fn of(dialect: Dialect, scene: &str) -> Option<&'static Fixture> {
    match known(dialect, scene)? {
        Known::Fixture(fixture) => Some(fixture),
        Known::Silence(_) => None,
    }
}

/// Why a dialect sends nothing in a scene, if that is known of it or of a base.
#[must_use]
pub fn silence(dialect: Dialect, scene: &str) -> Option<&'static Silence> {
    match known(dialect, scene)? {
        Known::Fixture(_) => None,
        Known::Silence(silence) => Some(silence),
    }
}

/// The scene that shows what is sent for such a change.
///
/// An update does not say what changed, so it is that of an ordinary attribute.
#[must_use]
pub fn scene(change: &Change) -> &'static str {
    match change {
        Change::Connect => "connect",
        Change::Hire { .. } => "hire",
        Change::ImportSchema => "import-schema",
        Change::Update { .. } => "mover",
        Change::SetPassword { .. } => "set-password",
        Change::Leave { .. } => "leave",
        Change::Return { .. } => "return",
        Change::Purge { .. } => "purge",
        Change::PushGroup { .. } => "push-group",
        Change::Join { .. } => "add-members",
        Change::Part { .. } => "remove-members",
        Change::RenameGroup { .. } => "rename-group",
        Change::PushNow { .. } => "push-now",
        Change::UnlinkGroup { .. } => "unlink-group",
        Change::DeleteGroup { .. } => "delete-group",
        Change::ImportUsers => "import-users",
        Change::ImportGroups => "import-groups",
    }
}

/// Every scene, in the order of a person's and a group's life.
pub const SCENES: &[Scene] = &[
    every("connect", "the connection is tested"),
    every("import-schema", "the endpoint's schemas are read"),
    every("hire", "somebody new is assigned"),
    every("hire-enterprise", "somebody new with title, department, number and manager is assigned"),
    every("link", "somebody is assigned who has an account"),
    every("link-inactive", "somebody is assigned whose account is inactive"),
    every("mover", "title and department change"),
    every("clear-title", "the title goes away"),
    every("rename-user", "user name and e-mail change"),
    some("manager-set", "somebody gets a manager"),
    some("manager-change", "somebody gets another manager"),
    some("manager-clear", "somebody has no manager any more"),
    every("set-password", "a password is synchronized"),
    every("leave", "somebody is unassigned"),
    every("return", "somebody is assigned again"),
    every("purge", "somebody is deleted for good"),
    every("push-group", "a group is pushed"),
    every("push-empty", "a group without members is pushed"),
    every("link-group", "a group is pushed that the endpoint has"),
    every("add-members", "people join a group"),
    every("remove-members", "people leave a group"),
    every("rename-group", "a group gets another name"),
    every("push-now", "the whole membership is pushed"),
    some("push-now-empty", "the whole membership is pushed, and it is empty"),
    every("unlink-group", "a group is unlinked and left where it is"),
    every("delete-group", "a group is deleted"),
    every("import-users", "the endpoint's users are read"),
    every("import-groups", "the endpoint's groups are read"),
    some("leave-add", "somebody is unassigned whose account shows no status"),
    some("missing-email", "the endpoint lost the e-mail address"),
    some("hire-complete", "somebody new with telephone numbers, address and language is assigned"),
    some("update-complete", "somebody gets telephone numbers, address and language"),
    some("hire-with-role", "somebody new with a role is assigned"),
    some("grant-role", "somebody gets a role"),
    some("change-role", "somebody gets another role"),
    some("group-external-id", "a group is provisioned whose externalId the endpoint has otherwise"),
    some("return-gone", "somebody is assigned again whose account cannot be found"),
];

/// What the crate holds of one dialect.
struct Folder {
    id: &'static str,
    silent: &'static str,
    fixtures: &'static [(&'static str, &'static str)],
}

macro_rules! folder {
    ($id:literal: $($scene:literal)*) => {
        Folder {
            id: $id,
            silent: include_str!(concat!("../../fixtures/", $id, "/silent.toml")),
            fixtures: &[$(($scene, include_str!(concat!("../../fixtures/", $id, "/", $scene, ".http")))),*],
        }
    };
}

/// Every file of `fixtures`; a test compares.
const FOLDERS: &[Folder] = &[
    folder!("okta": "add-members" "clear-title" "connect" "delete-group" "hire" "hire-complete"
        "hire-enterprise" "import-groups" "import-users" "leave" "link" "link-group" "link-inactive" "mover"
        "push-empty" "push-group" "push-now" "push-now-empty" "remove-members" "rename-group" "rename-user"
        "return" "return-gone" "set-password" "update-complete"),
    folder!("okta-aiw": "add-members" "clear-title" "connect" "delete-group" "hire" "hire-complete"
        "hire-enterprise" "import-groups" "import-users" "leave" "link" "link-group" "link-inactive" "mover"
        "push-empty" "push-group" "push-now" "push-now-empty" "remove-members" "rename-group" "rename-user"
        "return" "return-gone" "set-password" "update-complete"),
    folder!("entra": "add-members" "clear-title" "connect" "delete-group" "group-external-id" "hire"
        "hire-complete" "hire-enterprise" "leave" "leave-add" "link" "link-group" "link-inactive"
        "manager-change" "manager-clear" "manager-set" "missing-email" "mover" "purge" "push-empty"
        "push-group" "remove-members" "rename-group" "rename-user" "return" "update-complete"),
    folder!("entra-062020": "add-members" "clear-title" "group-external-id" "hire-enterprise" "leave"
        "leave-add" "link" "link-group" "link-inactive" "manager-change" "manager-clear" "manager-set"
        "missing-email" "mover" "push-group" "remove-members" "rename-group" "rename-user" "return"
        "update-complete"),
    folder!("okta-oig": "change-role" "grant-role" "hire-with-role" "import-schema"),
    folder!("entra-match-external-id": "connect" "hire" "hire-complete" "hire-enterprise" "link"
        "link-inactive"),
    folder!("entra-match-email": "connect" "hire" "hire-complete" "hire-enterprise" "link" "link-inactive"),
    folder!("entra-role-single": "change-role" "grant-role" "hire-with-role"),
    folder!("entra-roles-complex": "change-role" "grant-role" "hire-with-role"),
    folder!("entra-roles-assertive": "change-role" "grant-role" "hire-with-role"),
    folder!("entra-on-demand": "add-members" "clear-title" "group-external-id" "hire" "hire-complete"
        "hire-enterprise" "leave" "leave-add" "link" "link-group" "link-inactive" "manager-change"
        "manager-clear" "manager-set" "missing-email" "mover" "push-empty" "push-group" "remove-members"
        "rename-group" "rename-user" "return" "update-complete"),
    folder!("onelogin": "add-members" "clear-title" "hire" "hire-enterprise" "link" "link-group"
        "link-inactive" "mover" "purge" "push-empty" "push-group" "rename-user"),
    folder!("google": "connect" "hire" "hire-enterprise" "link" "link-inactive"),
    folder!("jumpcloud": "add-members" "delete-group" "hire" "hire-enterprise" "link" "link-group"
        "link-inactive" "purge" "push-empty" "push-group" "remove-members"),
    folder!("ping": "add-members" "clear-title" "delete-group" "hire" "hire-enterprise" "leave" "link"
        "link-group" "link-inactive" "mover" "purge" "push-empty" "push-group" "remove-members" "rename-group"
        "return"),
    folder!("cyberark": "add-members" "clear-title" "connect" "hire" "hire-enterprise" "import-schema" "leave"
        "link" "link-group" "link-inactive" "mover" "push-empty" "push-group" "remove-members" "rename-group"
        "rename-user" "return"),
    folder!("authentik": "add-members" "clear-title" "connect" "delete-group" "hire" "hire-enterprise"
        "import-groups" "import-users" "leave" "link" "link-group" "link-inactive" "mover" "purge"
        "push-empty" "push-group" "push-now" "remove-members" "rename-group" "rename-user" "return"),
    folder!("authentik-no-config": "add-members" "connect" "link" "link-group" "link-inactive" "push-group"
        "push-now" "remove-members" "rename-group"),
    folder!("authentik-aws": "add-members" "link-group" "push-group" "push-now" "remove-members"
        "rename-group"),
    folder!("keycloak": "add-members" "clear-title" "delete-group" "hire" "hire-enterprise" "import-groups"
        "import-users" "leave" "link" "link-group" "link-inactive" "mover" "purge" "push-empty" "push-group"
        "push-now" "remove-members" "rename-group" "rename-user" "return"),
    folder!("keycloak-patch": "add-members" "clear-title" "leave" "link" "link-inactive" "mover" "push-now"
        "push-now-empty" "remove-members" "rename-group" "rename-user" "return"),
];

impl Fixture {
    /// The worst grade among the requests.
    ///
    /// That is what a report can rely on: a request that is documented is not less certain because the order of two
    /// documented requests is concluded, while one guessed request makes a scene a guess. The grade of the order is
    /// [`grade`](Self::grade).
    #[must_use]
    pub fn thinnest(&self) -> Grade {
        self.exchanges.iter().map(|exchange| exchange.grade).max().unwrap_or(self.grade)
    }

    /// Reads a fixture.
    ///
    /// # Errors
    /// The line that is wrong, or what is missing.
    pub fn parse(dialect: Dialect, scene: &'static str, text: &str) -> Result<Self, String> {
        let mut head: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut rest = text;
        while let Some((line, after)) = rest.split_once('\n')
            && let Some(field) = line.strip_prefix("# ")
        {
            let (name, value) = field.split_once(": ").ok_or_else(|| format!("no field: {line}"))?;
            head.entry(name).or_default().push(value);
            rest = after;
        }
        let mut take = |name: &str| head.remove(name).ok_or_else(|| format!("no `# {name}:`"));
        let (source, date, notes) = (take("source")?.join("; "), take("date")?.join("; "), take("note")?);
        let grade = grade(&take("grade")?.concat())?;
        if let Some(name) = head.keys().next() {
            return Err(format!("unknown field `# {name}:`"));
        }
        let lines: Vec<&str> = rest.lines().collect();
        let exchanges = lines.split(|line| *line == "---").map(|lines| Exchange::parse(lines, grade));
        Ok(Self {
            dialect,
            scene,
            source,
            date,
            grade,
            notes: notes.into_iter().map(str::to_owned).collect(),
            exchanges: exchanges.collect::<Result<_, _>>()?,
        })
    }
}

impl Exchange {
    fn parse(lines: &[&str], grade_of_scene: Grade) -> Result<Self, String> {
        let mut lines = lines.iter().copied().skip_while(|line| line.is_empty()).peekable();
        let own = lines.next_if(|line| line.starts_with("## "));
        let grade = match own {
            Some(line) => {
                grade(line.strip_prefix("## grade: ").ok_or_else(|| format!("unknown field: {line}"))?)?
            }
            None => grade_of_scene,
        };
        let request = lines.next().ok_or("an exchange without a request")?.to_owned();
        let headers = lines.by_ref().take_while(|line| !line.is_empty()).map(str::to_owned).collect();
        let mut body = None;
        let mut status = None;
        for line in lines.by_ref() {
            if let Some(code) = line.strip_prefix("<<< ") {
                status = Some(code.parse().map_err(|_| format!("{request}: no status: {line}"))?);
                break;
            }
            if body.replace(line.to_owned()).is_some() {
                return Err(format!("{request}: a body of two lines"));
            }
        }
        let status = status.ok_or_else(|| format!("{request}: no scripted answer"))?;
        Ok(Self { grade, request, headers, body, status, answer: lines.collect::<Vec<_>>().join("\n") })
    }
}

enum Known {
    Fixture(Fixture),
    Silence(Silence),
}

fn known(dialect: Dialect, scene: &str) -> Option<&'static Known> {
    dialect.lineage().find_map(|dialect| KNOWN.get(&(dialect, scene.to_owned())))
}

static KNOWN: LazyLock<BTreeMap<(Dialect, String), Known>> = LazyLock::new(|| {
    let mut known = BTreeMap::new();
    for folder in FOLDERS {
        let Some(dialect) = Dialect::from_id(folder.id) else { continue };
        for (scene, silence) in silences(folder.silent).expect("tested: every silence can be read") {
            known.insert((dialect, scene), Known::Silence(silence));
        }
        for (scene, text) in folder.fixtures {
            let fixture =
                Fixture::parse(dialect, scene, text).expect("tested: every fixture in the crate can be read");
            known.insert((dialect, (*scene).to_owned()), Known::Fixture(fixture));
        }
    }
    known
});

fn silences(text: &str) -> Result<BTreeMap<String, Silence>, String> {
    toml::from_str(text).map_err(|error| error.to_string())
}

fn grade(text: &str) -> Result<Grade, String> {
    Grade::ALL
        .into_iter()
        .find(|grade| grade.as_str() == text)
        .ok_or_else(|| format!("no such grade: {text}"))
}

fn grade_of<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Grade, D::Error> {
    grade(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

const fn every(name: &'static str, title: &'static str) -> Scene {
    Scene { name, title, everywhere: true }
}

const fn some(name: &'static str, title: &'static str) -> Scene {
    Scene { name, title, everywhere: false }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::PathBuf};

    use super::{Dialect, FOLDERS, Fixture, Grade, SCENES, silences};

    #[test]
    fn every_file_can_be_read_and_is_in_the_crate() {
        let root: PathBuf = [env!("CARGO_MANIFEST_DIR"), "fixtures"].iter().collect();
        let listed: BTreeSet<&str> = FOLDERS.iter().map(|folder| folder.id).collect();
        let folders: BTreeSet<String> = names(&root);
        assert_eq!(folders, listed.iter().map(|id| (*id).to_owned()).collect());
        for folder in FOLDERS {
            let id = folder.id;
            let dialect = Dialect::from_id(id).unwrap_or_else(|| panic!("fixtures of no dialect: {id}"));
            assert_eq!(dialect.id(), id);
            let mut files: BTreeSet<String> =
                folder.fixtures.iter().map(|(scene, _)| format!("{scene}.http")).collect();
            files.insert("silent.toml".to_owned());
            assert_eq!(names(&root.join(id)), files, "{id}");
            let known = |scene: &str| SCENES.iter().any(|known| known.name == scene);
            for (scene, text) in folder.fixtures {
                assert!(known(scene), "{id}/{scene}: no such scene");
                Fixture::parse(dialect, scene, text).unwrap_or_else(|error| panic!("{id}/{scene}: {error}"));
            }
            for (scene, silence) in silences(folder.silent).unwrap_or_else(|error| panic!("{id}: {error}")) {
                assert!(known(&scene), "{id}/silent.toml: no scene {scene}");
                assert!(!silence.note.is_empty() && !silence.source.is_empty(), "{id}: {scene}");
                assert!(folder.fixtures.iter().all(|(sent, _)| *sent != scene), "{id}: {scene} is both");
            }
        }
        for dialect in Dialect::ALL {
            assert!(listed.contains(dialect.id()), "{dialect} has no folder in FOLDERS");
        }
    }

    #[test]
    fn a_base_stands_before_its_variant() {
        for dialect in Dialect::ALL {
            assert!(dialect.base().is_none_or(|base| base < dialect), "{dialect}");
            assert_eq!(Dialect::from_id(dialect.id()), Some(dialect));
        }
        assert_eq!(Dialect::from_id("okta-oin"), Some(Dialect::Okta));
        assert!(Dialect::DEFAULT.into_iter().all(Dialect::is_default));
    }

    #[test]
    fn one_guess_makes_the_grade_and_the_order_does_not() {
        const HEAD: &str = "# source: s\n# date: d\n# grade: inferred\n# note: n\n\n";
        const SAY: &str = "GET /Users HTTP/1.1\n\n<<< 200\n";
        let read = |text: &str| Fixture::parse(Dialect::Okta, "hire", text);
        let documented = read(&format!("{HEAD}## grade: documented\n{SAY}")).unwrap();
        assert_eq!((documented.grade, documented.thinnest()), (Grade::Inferred, Grade::Documented));
        let mixed = read(&format!("{HEAD}## grade: documented\n{SAY}---\n{SAY}")).unwrap();
        assert_eq!(mixed.thinnest(), Grade::Inferred);
        assert_eq!(mixed.exchanges.len(), 2);

        for (text, error) in [
            ("# source: s\nGET / HTTP/1.1\n", "no `# date:`"),
            ("# source: s\n# date: d\n# note: n\n# grade: rumor\n", "no such grade: rumor"),
            ("# source\n", "no field: # source"),
            (&format!("# x: y\n{HEAD}"), "unknown field `# x:`"),
            (HEAD, "an exchange without a request"),
            (&format!("{HEAD}GET / HTTP/1.1\n\n"), "GET / HTTP/1.1: no scripted answer"),
            (&format!("{HEAD}GET / HTTP/1.1\n\na\nb\n<<< 200\n"), "GET / HTTP/1.1: a body of two lines"),
            (&format!("{HEAD}GET / HTTP/1.1\n\n<<< ok\n"), "GET / HTTP/1.1: no status: <<< ok"),
            (&format!("{HEAD}## x: y\n{SAY}"), "unknown field: ## x: y"),
        ] {
            assert_eq!(read(text).unwrap_err(), error);
        }
    }

    fn names(folder: &PathBuf) -> BTreeSet<String> {
        let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}
