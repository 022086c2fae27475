//! What is stored, in an SQLite file: a change is in the file before its request is answered.
//!
//! A request, bulk or not, is one transaction; a request that changes nothing writes nothing. The file is written
//! ahead (WAL) and not forced onto the disk with each transaction: what was answered survives the death of the
//! process, however it died; a power cut may take the last moments, and leaves the file whole.

use std::{
    borrow::Cow,
    collections::HashSet,
    fmt::Display,
    path::{self, Path, PathBuf},
    sync::PoisonError,
    time::Duration,
};

use rusqlite::{
    Connection, ErrorCode, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, config::DbConfig,
    params,
};
use scim_core::{
    error::ScimError,
    json,
    schema::{Attribute, ResourceType, Returned},
};
use serde_json::{Map, Value, json};

use super::{
    BuildError, Provider, State, Tenant, Told,
    store::{Change, Kind, Record, Store},
};

/// The file, which is this process's alone while it is open.
pub(super) struct Disk {
    pub(super) connection: Connection,
    path: PathBuf,
    /// Which file that was when it was opened.
    identity: Option<Identity>,
    /// What the file says of the clock; what is not written is taken back to it.
    ahead: Duration,
    /// What the file says of each tenant; the same.
    told: Vec<Told>,
}

/// What tells a file from another one at the same path; device and number where the system has them.
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(path: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;

    std::fs::metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Path) -> Option<Identity> {
    None
}

impl Provider {
    /// How many resources of each type there are, in all tenants together.
    #[must_use]
    pub fn counts(&self) -> Vec<(&ResourceType, usize)> {
        let state = self.lock();
        let count = |kind| -> usize {
            let stores = state.tenants.iter().map(|tenant| &tenant.store);
            stores.map(|store| store.of(kind).filter(|record| !record.ghost).count()).sum()
        };
        self.all_kinds().into_iter().map(|kind| (self.resource_type(kind), count(kind))).collect()
    }

    fn all_kinds(&self) -> Vec<Kind> {
        let custom = (0..).map(Kind::Custom).take(self.custom.len());
        [Kind::User, Kind::Group].into_iter().chain(custom).collect()
    }

    /// Goes on with what a file holds, and keeps everything in it from now on.
    pub(super) fn keep_in(&mut self, path: PathBuf) -> Result<(), BuildError> {
        let kinds: Vec<(String, Kind)> =
            self.all_kinds().into_iter().map(|kind| (self.resource_type(kind).name.clone(), kind)).collect();
        let profile = &self.profile.profile;
        let names: Vec<&str> = [""].into_iter().chain(self.tenants.iter().map(String::as_str)).collect();
        // Nobody else has seen the provider yet.
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        let opened = Disk::open(&path).and_then(|mut disk| {
            disk.claim(&profile.id, &names)?;
            disk.load(&kinds, &names, state)?;
            // A file that was refused is not even tidied up; this one may be.
            disk.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false).map_err(told)?;
            Ok(disk)
        });
        state.disk = Some(opened.map_err(|why| BuildError::Db { path, why })?);
        Ok(())
    }

    /// Writes what a request changed; on failure it is as if the request had never been.
    pub(super) fn save(&self, state: &mut State, tenant: usize, changes: &[Change]) -> Result<(), ScimError> {
        let State { disk: Some(disk), tenants, world, .. } = state else { return Ok(()) };
        let Tenant { store, told, .. } = &mut tenants[tenant];
        let ahead = world.ahead();
        let moved = ahead != disk.ahead;
        // Each act adds to it or clears it, so the numbers tell.
        let known = &disk.told[tenant];
        let learned = (told.domains.len(), told.foreign.len()) != (known.domains.len(), known.foreign.len());
        if changes.is_empty() && !moved && !learned {
            return Ok(());
        }
        let name = tenant.checked_sub(1).map_or("", |index| self.tenants[index].as_str());
        // SQLite would go on writing into a file that nobody finds again.
        let gone = disk.identity.is_some() && identity(&disk.path) != disk.identity;
        let written = if gone { Err("it was removed or replaced".to_owned()) } else { Ok(()) };
        let written = written.and_then(|()| {
            disk.write(|transaction| {
                changes.iter().try_for_each(|change| write(transaction, self, name, change))?;
                if learned {
                    write_told(transaction, name, told)?;
                }
                let mut mock = transaction.prepare("UPDATE mock SET ahead = ?1, ids = ?2")?;
                mock.execute(params![nanoseconds(ahead), whole(world.drawn())?]).map(drop)
            })
            .map_err(|error| error.to_string())
        });
        if let Err(error) = written {
            store.undo(changes);
            *told = disk.told[tenant].clone();
            world.set_ahead(disk.ahead);
            let text = format!("{} cannot be written, so nothing was done: {error}", disk.path.display());
            return Err(ScimError::plain(500, text));
        }
        disk.ahead = ahead;
        if learned {
            disk.told[tenant] = told.clone();
        }
        Ok(())
    }
}

impl Disk {
    /// Opens a file and reads nothing but whose it is; makes it if there is none.
    fn open(path: &Path) -> Result<Self, String> {
        // Also keeps SQLite from seeing more than a path in names such as `:memory:`.
        let full = path::absolute(path).map_err(told)?;
        if full.is_dir() {
            return Err("it is a directory: name a file in it".to_owned());
        }
        if full.parent().is_some_and(|folder| !folder.is_dir()) {
            let folder = path.parent().unwrap_or(path);
            return Err(format!("there is no directory {}: make it first", folder.display()));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(&full, flags).map_err(why)?;
        prepare(&mut connection).map_err(|error| match error {
            Refused::Sqlite(error) => why(error),
            Refused::Told(text) => text,
        })?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            identity: identity(&full),
            ahead: Duration::ZERO,
            told: Vec::new(),
        })
    }

    /// Sees that the file is of this profile and has no other tenants; a new file becomes one.
    fn claim(&mut self, profile: &str, names: &[&str]) -> Result<(), String> {
        let query = "SELECT profile FROM mock";
        let held: Option<String> =
            self.connection.query_row(query, [], |row| row.get(0)).optional().map_err(why)?;
        if let Some(held) = held.as_ref().filter(|held| *held != profile) {
            return Err(format!(
                "it holds a mock of {held}, and this is one of {profile}: start it as {held}, or name another file"
            ));
        }
        let tenants = self.tenants().map_err(why)?;
        let other = |tenant: &&String| !names.contains(&tenant.as_str());
        if let Some(tenant) = tenants.iter().find(other) {
            return Err(format!("it holds a tenant {tenant:?}: add that tenant, or name another file"));
        }
        let claimed = self.write(|transaction| {
            if held.is_none() {
                let mock = "INSERT INTO mock (profile, ahead, ids) VALUES (?1, 0, 0)";
                transaction.execute(mock, [profile])?;
            }
            for name in names.iter().filter(|name| !tenants.iter().any(|known| known == *name)) {
                write_told(transaction, name, &Told::default())?;
            }
            Ok(())
        });
        claimed.map_err(why)
    }

    fn tenants(&self) -> rusqlite::Result<Vec<String>> {
        let mut names = self.connection.prepare("SELECT name FROM tenant ORDER BY name")?;
        names.query_map([], |row| row.get(0))?.collect()
    }

    fn load(&mut self, kinds: &[(String, Kind)], names: &[&str], state: &mut State) -> Result<(), String> {
        let (ahead, ids): (i64, i64) = self
            .connection
            .query_row("SELECT ahead, ids FROM mock", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(why)?;
        state.world.set_ahead(Duration::from_nanos(ahead.try_into().map_err(|_| damaged("ahead"))?));
        state.world.skip(ids.try_into().map_err(|_| damaged("ids"))?);
        self.ahead = state.world.ahead();
        for (tenant, name) in state.tenants.iter_mut().zip(names) {
            let query = "SELECT told FROM tenant WHERE name = ?1";
            let text: String = self.connection.query_row(query, [name], |row| row.get(0)).map_err(why)?;
            tenant.told = read_told(&text).ok_or_else(|| damaged("told"))?;
            self.told.push(tenant.told.clone());
            self.load_store(kinds, name, &mut tenant.store)?;
        }
        Ok(())
    }

    fn load_store(&self, kinds: &[(String, Kind)], name: &str, store: &mut Store) -> Result<(), String> {
        let query = "SELECT type, number, id, data, overlay, created, modified, version, managed, ghost, step \
                     FROM resource WHERE tenant = ?1 ORDER BY type, number";
        let mut resources = self.connection.prepare(query).map_err(why)?;
        let mut rows = resources.query([name]).map_err(why)?;
        while let Some(row) = rows.next().map_err(why)? {
            let text = |index: usize| row.get_ref(index)?.as_str().map_err(rusqlite::Error::from);
            let called = text(0).map_err(why)?;
            let kind =
                kinds.iter().find(|(known, _)| known == called).map(|(_, kind)| *kind).ok_or_else(|| {
                    format!(
                        "it holds resources of the type {called:?}: describe that type, or name another file"
                    )
                })?;
            let id = text(2).map_err(why)?.to_owned();
            let object = |index: usize, column: &str| {
                serde_json::from_str::<Map<String, Value>>(text(index).map_err(why)?)
                    .map_err(|error| damaged(format_args!("{column} of {id}: {error}")))
            };
            let time = |index: usize, column: &str| {
                let text = text(index).map_err(why)?;
                text.parse().map_err(|error| damaged(format_args!("{column} of {id}: {error}")))
            };
            let number = |index: usize, column: &str| {
                let number: i64 = row.get(index).map_err(why)?;
                u64::try_from(number).map_err(|_| damaged(format_args!("{column} of {id}: {number}")))
            };
            let flag = |index: usize| row.get::<_, bool>(index).map_err(why);
            let record = Record {
                kind,
                number: number(1, "number")?,
                data: object(3, "data")?,
                overlay: object(4, "overlay")?,
                created: time(5, "created")?,
                modified: time(6, "modified")?,
                version: number(7, "version")?,
                managed: flag(8)?,
                ghost: flag(9)?,
                step: usize::try_from(number(10, "step")?).unwrap_or(usize::MAX),
                id,
            };
            if store.get(&record.id).is_some() {
                return Err(damaged(format_args!("the id {} is there twice", record.id)));
            }
            store.load(record);
        }
        Ok(())
    }

    /// All of it, or nothing.
    fn write(&mut self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<()>) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        work(&transaction)?;
        transaction.commit()
    }
}

/// Why a file is not taken.
enum Refused {
    Sqlite(rusqlite::Error),
    Told(String),
}

impl From<rusqlite::Error> for Refused {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Takes the file for this process alone, if it is one of ours or empty.
fn prepare(connection: &mut Connection) -> Result<(), Refused> {
    let refuse = |text: &str| Err(Refused::Told(text.to_owned()));
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    let number = |connection: &Connection, name: &str| {
        connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0))
    };
    let (owner, format) = (number(connection, "application_id")?, number(connection, "user_version")?);
    let things: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let new = (owner, format, things) == (0, 0, 0);
    if !new && owner != OWNER {
        return refuse("it is a database of something else: name another file");
    }
    if !new && format != FORMAT {
        return Err(Refused::Told(format!(
            "another version of scim wrote it (format {format}, and this one reads {FORMAT}): name another file"
        )));
    }
    if connection.is_readonly("main")? {
        return refuse("there is no permission to write it");
    }
    if !new {
        let health: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if health != "ok" {
            return Err(Refused::Told(damaged(health)));
        }
    }
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return refuse("it cannot be written ahead there: name a file on another disk");
    }
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "journal_size_limit", LONGEST_LOG)?;
    if new {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "application_id", OWNER)?;
        transaction.pragma_update(None, "user_version", FORMAT)?;
        transaction.commit()?;
    }
    Ok(())
}

fn write(
    transaction: &Transaction<'_>,
    provider: &Provider,
    tenant: &str,
    change: &Change,
) -> rusqlite::Result<()> {
    let Some(record) = &change.after else {
        let Some(before) = &change.before else { return Ok(()) };
        let gone = "DELETE FROM resource WHERE tenant = ?1 AND type = ?2 AND number = ?3";
        let kind = &provider.resource_type(before.kind).name;
        return transaction.prepare(gone)?.execute(params![tenant, kind, whole(before.number)?]).map(drop);
    };
    let resource_type = provider.resource_type(record.kind);
    let written = "REPLACE INTO resource \
                   (tenant, type, number, id, data, overlay, created, modified, version, managed, ghost, step) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    let text = |object: &Map<String, Value>| serde_json::to_string(&*without_secrets(object, resource_type));
    let unwritable = |error: serde_json::Error| rusqlite::Error::ToSqlConversionFailure(error.into());
    let values = params![
        tenant,
        resource_type.name,
        whole(record.number)?,
        record.id,
        text(&record.data).map_err(unwritable)?,
        text(&record.overlay).map_err(unwritable)?,
        record.created.to_string(),
        record.modified.to_string(),
        whole(record.version)?,
        record.managed,
        record.ghost,
        i64::try_from(record.step).unwrap_or(i64::MAX),
    ];
    transaction.prepare(written)?.execute(values).map(drop)
}

fn write_told(transaction: &Transaction<'_>, tenant: &str, told: &Told) -> rusqlite::Result<()> {
    let sorted = |names: &HashSet<String>| {
        let mut names: Vec<&String> = names.iter().collect();
        names.sort_unstable();
        json!(names)
    };
    let text = json!({"domains": sorted(&told.domains), "foreign": sorted(&told.foreign)}).to_string();
    transaction.execute("REPLACE INTO tenant (name, told) VALUES (?1, ?2)", [tenant, &text]).map(drop)
}

fn read_told(text: &str) -> Option<Told> {
    let value: Value = serde_json::from_str(text).ok()?;
    let names = |name: &str| {
        value[name].as_array()?.iter().map(|name| name.as_str().map(str::to_owned)).collect::<Option<_>>()
    };
    Some(Told { domains: names("domains")?, foreign: names("foreign")? })
}

/// The same with a mark in the place of what no answer contains, such as the password: that there is one matters after
/// a restart, what it is does not.
fn without_secrets<'a>(
    object: &'a Map<String, Value>,
    resource_type: &ResourceType,
) -> Cow<'a, Map<String, Value>> {
    let mut out = Cow::Borrowed(object);
    let own = &resource_type.schema.attributes;
    if holds_secrets(object, own) {
        hide(out.to_mut(), own);
    }
    for schema in resource_type.extensions.iter().map(|extension| &extension.schema) {
        let inside = json::get(&out, &schema.id).and_then(Value::as_object);
        if inside.is_some_and(|inside| holds_secrets(inside, &schema.attributes))
            && let Some(Value::Object(inside)) = json::get_mut(out.to_mut(), &schema.id)
        {
            hide(inside, &schema.attributes);
        }
    }
    out
}

fn may_be_secret(attribute: &Attribute) -> bool {
    attribute.returned == Returned::Never || attribute.sub_attributes.iter().any(may_be_secret)
}

fn holds_secrets(object: &Map<String, Value>, attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .any(|attribute| may_be_secret(attribute) && json::get(object, &attribute.name).is_some())
}

fn hide(object: &mut Map<String, Value>, attributes: &[Attribute]) {
    for attribute in attributes.iter().filter(|attribute| may_be_secret(attribute)) {
        let Some(value) = json::get_mut(object, &attribute.name) else { continue };
        let values = match value {
            Value::Array(values) => values.as_mut_slice(),
            value => std::slice::from_mut(value),
        };
        for value in values {
            match value {
                _ if attribute.returned == Returned::Never => *value = HIDDEN.into(),
                Value::Object(inside) => hide(inside, &attribute.sub_attributes),
                _ => {}
            }
        }
    }
}

/// SQLite's numbers end earlier.
fn whole(number: u64) -> rusqlite::Result<i64> {
    i64::try_from(number).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

/// A clock is put forward by a hundred years at most, which fits three times.
fn nanoseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

fn told(error: impl Display) -> String {
    error.to_string()
}

fn damaged(what: impl Display) -> String {
    format!("it is damaged ({what}): put back a copy of it, or name another file")
}

fn why(error: rusqlite::Error) -> String {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => "it is no SQLite database: name another file".to_owned(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "it is in use by another process: stop that, or name another file".to_owned()
        }
        Some(ErrorCode::DatabaseCorrupt) => damaged(error),
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
            format!("it cannot be opened ({error}): see who may write it and its directory")
        }
        None => damaged(error),
        Some(_) => error.to_string(),
    }
}

const TABLES: &str = "
    CREATE TABLE mock (profile TEXT NOT NULL, ahead INTEGER NOT NULL, ids INTEGER NOT NULL) STRICT;
    CREATE TABLE tenant (name TEXT PRIMARY KEY, told TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE resource (
        tenant TEXT NOT NULL,
        type TEXT NOT NULL,
        number INTEGER NOT NULL,
        id TEXT NOT NULL,
        data TEXT NOT NULL,
        overlay TEXT NOT NULL,
        created TEXT NOT NULL,
        modified TEXT NOT NULL,
        version INTEGER NOT NULL,
        managed INTEGER NOT NULL,
        ghost INTEGER NOT NULL,
        step INTEGER NOT NULL,
        PRIMARY KEY (tenant, type, number)
    ) STRICT, WITHOUT ROWID;
";
/// `SCIM`, in the place where SQLite files say whose they are.
const OWNER: i64 = 0x5343_494d;
/// Of the tables.
const FORMAT: i64 = 1;
/// How long to wait for a process that is just ending.
const PATIENCE: Duration = Duration::from_millis(300);
/// Bytes of the log that are kept for later use; a large seed needs more, once.
const LONGEST_LOG: i64 = 16 * 1024 * 1024;
const HIDDEN: &str = "…";
