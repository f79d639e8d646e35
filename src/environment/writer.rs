//! Makes an environment file out of facts: aside first, then in place of the old one in one step.
//!
//! In: facts and records in any order. Out: a file that is whole and on disk, or none: until the
//! end the old one stays as it was, byte for byte. Where the facts come from is up to the caller.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use rusqlite::Connection;
use rusqlite::Params;
use tempfile::NamedTempFile;
use uuid::Uuid;

use crate::environment::EnvironmentError;
use crate::environment::KeyWords;
use crate::environment::open;
use crate::environment::people;
use crate::environment::schema;
use crate::model::{Cascade, Entity, Fact, Ownership, Principal, RecordId, Role, Team, record_key};

/// The ending of the file that is being made.
const ASIDE: &str = ".making";

/// Memory for pages that are not written yet, in KiB as `SQLite` counts it.
const CACHE_KIB: i64 = 131_072;

/// An environment file in the making; dropped before [`Writer::finish`], nothing of it stays.
#[derive(Debug)]
pub struct Writer {
    connection: Connection,
    aside: NamedTempFile,
    path: PathBuf,
    entities: BTreeMap<String, i64>,
}

impl Writer {
    /// Begins a file that will stand at `path`, in a folder that exists.
    ///
    /// A file that stands there and is no environment file is refused, so that nothing else is
    /// lost.
    pub fn create(path: &Path) -> Result<Self, EnvironmentError> {
        refuse_foreign(path)?;
        let aside = make_aside(path).map_err(|source| EnvironmentError::File {
            path: path.to_path_buf(),
            action: "write beside",
            source,
        })?;
        let connection =
            begin(aside.path()).map_err(|error| EnvironmentError::of(aside.path(), error))?;
        Ok(Self {
            connection,
            aside,
            path: path.to_path_buf(),
            entities: BTreeMap::new(),
        })
    }

    /// Adds one fact. A link that is there already changes nothing.
    pub fn add(&mut self, fact: &Fact) -> Result<(), EnvironmentError> {
        match fact {
            Fact::Unit(unit) => self.run(
                "INSERT INTO business_unit (id, name, parent) VALUES (?1, ?2, ?3)",
                (
                    blob(unit.id.0),
                    &unit.name,
                    unit.parent.map(|id| blob(id.0)),
                ),
            ),
            Fact::User(user) => people::add_user(self, user),
            Fact::Role(role) => self.add_role(role),
            Fact::RolePrivilege(held) => self.run(
                "INSERT OR IGNORE INTO role_privilege (role, privilege, depth) VALUES (?1, ?2, ?3)",
                (blob(held.role.0), &held.privilege, held.depth.code()),
            ),
            Fact::UserRole { user, role } => self.run(
                "INSERT OR IGNORE INTO user_role (user, role) VALUES (?1, ?2)",
                (blob(user.0), blob(role.0)),
            ),
            Fact::Team(team) => self.add_team(team),
            Fact::TeamMember { team, user } => self.run(
                "INSERT OR IGNORE INTO team_member (team, user) VALUES (?1, ?2)",
                (blob(team.0), blob(user.0)),
            ),
            Fact::TeamRole { team, role } => self.run(
                "INSERT OR IGNORE INTO team_role (team, role) VALUES (?1, ?2)",
                (blob(team.0), blob(role.0)),
            ),
            Fact::Entity(entity) => self.add_entity(entity),
            Fact::Cascade(cascade) => self.add_cascade(cascade),
            Fact::Setting { name, value } => self.run(
                "INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)",
                (name, value),
            ),
            Fact::Licence(licence) => self.run(
                "INSERT INTO licence (product, seats, used, provisions) VALUES (?1, ?2, ?3, ?4)",
                (
                    &licence.product,
                    licence.seats,
                    licence.used,
                    licence.provisions,
                ),
            ),
            Fact::UserLicence(held) => self.run(
                "INSERT OR IGNORE INTO user_licence (user, product) VALUES (?1, ?2)",
                (blob(held.user.0), &held.product),
            ),
            Fact::Person(person) => people::add_person(self, person),
            Fact::GroupMember(member) => self.run(
                "INSERT OR IGNORE INTO directory_group (name, member, via) VALUES (?1, ?2, ?3)",
                (
                    &member.group,
                    &member.member,
                    member.via.as_deref().unwrap_or_default(),
                ),
            ),
            Fact::Loaded(what) => self.run(
                "INSERT OR IGNORE INTO loaded (name) VALUES (?1)",
                [what.name()],
            ),
            Fact::LoadedField(field) => people::add_loaded_field(self, *field),
        }
    }

    /// Adds a record; false where its table has one of that id already. The table need not be
    /// known.
    pub fn add_record(
        &mut self,
        entity: &str,
        record: RecordId,
        owner: Principal,
    ) -> Result<bool, EnvironmentError> {
        let mut new = true;
        self.add_records(entity, [(record, owner)], &mut |_| new = false)?;
        Ok(new)
    }

    /// Adds records of one table; quickest in order of id. Those whose id the table has already are
    /// left out, and `repeated` is told their place in `records`, from 0.
    pub fn add_records(
        &mut self,
        entity: &str,
        records: impl IntoIterator<Item = (RecordId, Principal)>,
        repeated: &mut dyn FnMut(usize),
    ) -> Result<(), EnvironmentError> {
        let number = self.entity_number(entity)?;
        let insert = || {
            let mut statement = self.connection.prepare_cached(
                "INSERT OR IGNORE INTO record (entity, id, owner_type, owner) \
                 VALUES (?1, ?2, ?3, ?4)",
            )?;
            for (place, (record, owner)) in records.into_iter().enumerate() {
                let (id, owner_id) = (blob(record.0), blob(owner.uuid()));
                if statement.execute((number, id, owner.type_code(), owner_id))? == 0 {
                    repeated(place);
                }
            }
            Ok(())
        };
        insert().map_err(|error| self.trouble(error))
    }

    /// Adds a key of a record: what its `field` holds. A blank key is none.
    pub fn add_key(
        &mut self,
        entity: &str,
        field: &str,
        key: &str,
        record: RecordId,
    ) -> Result<(), EnvironmentError> {
        let key = record_key(key);
        let some = (!key.is_empty()).then_some((field, key.as_str(), record));
        self.add_keys(entity, some)
    }

    /// Adds keys of one table, each field, key by [`record_key`], record; quickest in that order.
    pub fn add_keys<'a>(
        &mut self,
        entity: &str,
        keys: impl IntoIterator<Item = (&'a str, &'a str, RecordId)>,
    ) -> Result<(), EnvironmentError> {
        let number = self.entity_number(entity)?;
        let insert = || {
            let mut statement = self.connection.prepare_cached(
                "INSERT OR IGNORE INTO record_key (entity, field, key, id) VALUES (?1, ?2, ?3, ?4)",
            )?;
            for (field, key, record) in keys {
                statement.execute((number, field, key, blob(record.0)))?;
            }
            Ok(())
        };
        insert().map_err(|error| self.trouble(error))
    }

    /// Adds how the keys of one field are written.
    pub fn add_key_words(
        &mut self,
        entity: &str,
        field: &str,
        words: &KeyWords,
    ) -> Result<(), EnvironmentError> {
        let number = self.entity_number(entity)?;
        let insert = || {
            let mut statement = self.connection.prepare_cached(
                "INSERT OR IGNORE INTO key_word (entity, field, key, word) VALUES (?1, ?2, ?3, ?4)",
            )?;
            for (key, word) in words.iter() {
                statement.execute((number, field, key, word))?;
            }
            Ok(())
        };
        insert().map_err(|error| self.trouble(error))
    }

    /// Says that `name` was loaded, from which file, of which BLAKE3, with how many rows.
    pub fn loaded(
        &mut self,
        name: &str,
        file: &str,
        hash: &str,
        rows: u64,
    ) -> Result<(), EnvironmentError> {
        self.run(
            "INSERT OR REPLACE INTO loaded (name, file, hash, rows) VALUES (?1, ?2, ?3, ?4)",
            (name, file, hash, i64::try_from(rows).unwrap_or(i64::MAX)),
        )
    }

    /// Keeps a value about the file itself: `as_of`, `fingerprint`, the pull it comes of.
    pub fn meta(&mut self, name: &str, value: &str) -> Result<(), EnvironmentError> {
        self.run(
            "INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)",
            (name, value),
        )
    }

    /// Puts the file in its place: written, on disk, renamed.
    pub fn finish(self) -> Result<(), EnvironmentError> {
        let Self {
            connection,
            aside,
            path,
            ..
        } = self;
        end(connection).map_err(|error| EnvironmentError::of(aside.path(), error))?;
        settle_old(&path)?;
        replace(aside, &path).map_err(|source| EnvironmentError::File {
            path,
            action: "replace",
            source,
        })
    }

    /// Runs one statement on the tables that no fact of the model fills.
    pub(super) fn run(&self, statement: &str, values: impl Params) -> Result<(), EnvironmentError> {
        self.connection
            .prepare_cached(statement)
            .and_then(|mut statement| statement.execute(values))
            .map(|_| ())
            .map_err(|error| self.trouble(error))
    }

    fn trouble(&self, error: rusqlite::Error) -> EnvironmentError {
        EnvironmentError::of(self.aside.path(), error)
    }

    fn add_role(&self, role: &Role) -> Result<(), EnvironmentError> {
        self.run(
            "INSERT INTO role (id, name, business_unit, root, template, inheritance) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (
                blob(role.id.0),
                &role.name,
                blob(role.business_unit.0),
                blob(role.root.0),
                role.template.map(blob),
                role.inheritance.code(),
            ),
        )
    }

    fn add_team(&self, team: &Team) -> Result<(), EnvironmentError> {
        self.run(
            "INSERT INTO team (id, name, business_unit, kind) VALUES (?1, ?2, ?3, ?4)",
            (
                blob(team.id.0),
                &team.name,
                blob(team.business_unit.0),
                team.kind.code(),
            ),
        )
    }

    fn add_cascade(&self, cascade: &Cascade) -> Result<(), EnvironmentError> {
        self.run(
            "INSERT OR IGNORE INTO cascade (parent, child, assign) VALUES (?1, ?2, ?3)",
            (&cascade.parent, &cascade.child, cascade.assign.code()),
        )
    }

    fn add_entity(&mut self, entity: &Entity) -> Result<(), EnvironmentError> {
        let number = i64::try_from(self.entities.len()).unwrap_or(i64::MAX) + 1;
        self.run(
            "INSERT INTO entity (number, name, ownership, records_loaded) VALUES (?1, ?2, ?3, ?4)",
            (
                number,
                &entity.name,
                entity.ownership.map(Ownership::code),
                entity.records_loaded,
            ),
        )?;
        self.entities.insert(entity.name.clone(), number);
        Ok(())
    }

    fn entity_number(&mut self, name: &str) -> Result<i64, EnvironmentError> {
        if !self.entities.contains_key(name) {
            self.add_entity(&Entity {
                name: name.to_owned(),
                ownership: None,
                records_loaded: true,
            })?;
        }
        Ok(self.entities[name])
    }
}

fn blob(id: Uuid) -> [u8; 16] {
    id.into_bytes()
}

fn refuse_foreign(path: &Path) -> Result<(), EnvironmentError> {
    match open::look(path) {
        Err(error @ EnvironmentError::Foreign { .. }) => Err(error),
        // A newer, locked or damaged one is still an environment file: `load` is its cure.
        _ => Ok(()),
    }
}

/// Makes the file aside. Its name is fixed, so that what a killed run left is taken away by the
/// next.
fn make_aside(path: &Path) -> io::Result<NamedTempFile> {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(ASIDE);
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    match std::fs::remove_file(folder.join(&name)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    tempfile::Builder::new()
        .prefix(&name)
        .rand_bytes(0)
        .tempfile_in(folder)
}

/// One transaction without a journal on disk: the file counts for nothing until it is renamed.
fn begin(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update_and_check(None, "journal_mode", "MEMORY", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    schema::migrate(&connection, 0)?;
    connection.execute_batch("BEGIN; PRAGMA defer_foreign_keys = ON")?;
    Ok(connection)
}

fn end(connection: Connection) -> rusqlite::Result<()> {
    connection.execute_batch("COMMIT")?;
    connection.close().map_err(|(_, error)| error)
}

/// Ends the logs of the file that will be replaced: left behind, they would be taken for the new
/// one's.
fn settle_old(path: &Path) -> Result<(), EnvironmentError> {
    let helpers = ["-wal", "-shm", "-journal"].map(|ending| open::beside(path, ending));
    if !helpers.iter().any(|helper| helper.exists()) {
        return Ok(());
    }
    if path.is_file() {
        let old = open::any(path).map_err(|error| EnvironmentError::of(path, error))?;
        open::settle(&old).map_err(|error| EnvironmentError::of(path, error))?;
    }
    for helper in helpers {
        match std::fs::remove_file(&helper) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(EnvironmentError::File {
                    path: helper,
                    action: "remove",
                    source,
                });
            }
            _ => {}
        }
    }
    Ok(())
}

fn replace(aside: NamedTempFile, path: &Path) -> io::Result<()> {
    aside.as_file().sync_all()?;
    aside.persist(path).map_err(|error| error.error)?;
    if let Some(Ok(folder)) = path.parent().map(File::open) {
        // Not every system can sync a folder; the rename is then as durable as that system makes
        // it.
        let _ = folder.sync_all();
    }
    Ok(())
}
