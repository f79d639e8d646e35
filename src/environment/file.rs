//! The environment file as other rooms see it: facts, owners, keys, and which environment it is.
//!
//! In: a path. Out: typed facts in a fixed order, and connections for the rooms that write. What
//! the facts allow or forbid is worked out by `check/` and `service/`.

use std::path::Path;
use std::path::PathBuf;

use rusqlite::Connection;
use rusqlite::OptionalExtension;
use rusqlite::Row;
use rusqlite::Transaction;
use uuid::Uuid;

use crate::environment::EnvironmentError;
use crate::environment::Keys;
use crate::environment::Owners;
use crate::environment::open;
use crate::environment::people;
use crate::environment::values;
use crate::model::{
    BusinessUnit, Cascade, CascadeAssign, Depth, Entity, Fact, GroupMember, Identity, Inheritance,
    Licence, Loadable, OrganisationId, Ownership, Progress, Role, RoleId, RolePrivilege, Team,
    TeamId, TeamType, UnitId, UserId, UserLicence, parse_guid, setting,
};

/// Under this name space the root business unit's id stands for an organisation whose id is
/// unknown.
const ORGANISATIONS: Uuid = Uuid::from_u128(0x9f1c_66a2_5b0d_4d1e_8a3c_27e4_b96f_1d50);

/// Name in `meta` of the fingerprint of the folder that was loaded.
pub(super) const FINGERPRINT: &str = "fingerprint";

/// An open environment file.
#[derive(Debug)]
pub struct EnvironmentFile {
    path: PathBuf,
    connection: Connection,
    writes: bool,
}

impl EnvironmentFile {
    /// Opens a file for reading.
    pub fn open(path: &Path) -> Result<Self, EnvironmentError> {
        Ok(Self {
            path: path.to_path_buf(),
            connection: open::reading(path)?,
            writes: false,
        })
    }

    /// Opens a file for writing: foreign keys on, write-ahead log, each commit on disk.
    pub fn open_for_writing(path: &Path) -> Result<Self, EnvironmentError> {
        Ok(Self {
            path: path.to_path_buf(),
            connection: open::writing(path)?,
            writes: true,
        })
    }

    /// The connection, for the rooms that work on the tables themselves.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// One more connection to the same file, in the same mode.
    pub fn another(&self) -> Result<Self, EnvironmentError> {
        if self.writes {
            Self::open_for_writing(&self.path)
        } else {
            Self::open(&self.path)
        }
    }

    /// Writes a copy of one moment of the file to a new file.
    pub fn copy_to(&self, path: &Path) -> Result<(), EnvironmentError> {
        let name = path.to_string_lossy();
        let copied = self.connection.execute("VACUUM INTO ?1", [&*name]);
        match copied {
            Ok(_) => Ok(()),
            Err(error) => Err(EnvironmentError::of(path, error)),
        }
    }

    /// Holds the file at one moment: until the guard is dropped, everything read of it is as of the
    /// first reading, whatever other programs write meanwhile. In write-ahead mode they write on; else
    /// they have to wait until then.
    pub fn moment(&self) -> Result<Moment<'_>, EnvironmentError> {
        match self.connection.unchecked_transaction() {
            Ok(transaction) => Ok(Moment {
                _transaction: transaction,
            }),
            Err(error) => Err(EnvironmentError::of(&self.path, error)),
        }
    }

    /// Which environment this is: the setting `organisation_id`, else UUIDv5 of the root unit's id.
    pub fn identity(&self) -> Result<Identity, EnvironmentError> {
        let organisation = match self.setting_guid(setting::ORGANISATION)? {
            Some(id) => id,
            None => Uuid::new_v5(&ORGANISATIONS, self.root_unit()?.as_bytes()),
        };
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        Ok(Identity {
            organisation: OrganisationId(organisation),
            host: name.to_string_lossy().into_owned(),
            caller: self.setting_guid(setting::CALLER)?.map(UserId),
        })
    }

    /// The day that rules about dates go by: the setting `as_of`, else the day of the load.
    pub fn as_of(&self) -> Result<String, EnvironmentError> {
        let day = match self.setting(setting::AS_OF)? {
            Some(day) => Some(day),
            None => self.meta(setting::AS_OF)?,
        };
        day.ok_or_else(|| self.damaged("`meta` holds no `as_of`"))
    }

    /// The fingerprint of the folder it was loaded from; `None` where it was made another way.
    pub fn loaded_from(&self) -> Result<Option<String>, EnvironmentError> {
        self.meta(FINGERPRINT)
    }

    /// Streams every fact but the records, in a fixed order, as of one moment.
    pub fn facts(&self, sink: &mut dyn FnMut(Fact)) -> Result<(), EnvironmentError> {
        self.at_one_moment(|connection| {
            for (query, fact) in FACTS {
                let mut statement = connection.prepare(query)?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    if let Some(fact) = fact(row)? {
                        sink(fact);
                    }
                }
            }
            Ok(())
        })
    }

    /// Who owns which record of a table; `None` where its records were not loaded.
    pub fn owners(
        &self,
        entity: &str,
        progress: &dyn Progress,
    ) -> Result<Option<Owners>, EnvironmentError> {
        self.at_one_moment(|connection| Owners::read(connection, entity, progress))
    }

    /// Which records of a table hold which key in a field; empty where none were loaded.
    pub fn keys(
        &self,
        entity: &str,
        field: &str,
        progress: &dyn Progress,
    ) -> Result<Keys, EnvironmentError> {
        self.at_one_moment(|connection| Keys::read(connection, entity, field, progress))
    }

    /// How many records of a table are loaded.
    pub fn record_count(&self, entity: &str) -> Result<u64, EnvironmentError> {
        const COUNT: &str = "SELECT count(*) FROM record WHERE entity = (SELECT number FROM entity \
                             WHERE name = ?1)";
        self.at_one_moment(|connection| {
            let mut statement = connection.prepare_cached(COUNT)?;
            let count: i64 = statement.query_row([entity], |row| row.get(0))?;
            Ok(u64::try_from(count).unwrap_or_default())
        })
    }

    /// Runs `read` in one read transaction, or in the caller's where there is one.
    fn at_one_moment<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, EnvironmentError> {
        let answer = if self.connection.is_autocommit() {
            self.connection
                .unchecked_transaction()
                .and_then(|transaction| read(&transaction))
        } else {
            read(&self.connection)
        };
        answer.map_err(|error| EnvironmentError::of(&self.path, error))
    }

    fn one_text(&self, query: &str, name: &str) -> Result<Option<String>, EnvironmentError> {
        self.connection
            .query_row(query, [name], |row| row.get(0))
            .optional()
            .map_err(|error| EnvironmentError::of(&self.path, error))
    }

    pub(super) fn meta(&self, name: &str) -> Result<Option<String>, EnvironmentError> {
        self.one_text("SELECT value FROM meta WHERE name = ?1", name)
    }

    /// The value of a setting; its name is written as the service writes it.
    pub fn setting(&self, name: &str) -> Result<Option<String>, EnvironmentError> {
        self.one_text("SELECT value FROM setting WHERE name = ?1", name)
    }

    fn setting_guid(&self, name: &str) -> Result<Option<Uuid>, EnvironmentError> {
        let Some(text) = self.setting(name)? else {
            return Ok(None);
        };
        match parse_guid(&text) {
            Some(id) => Ok(Some(id)),
            None => Err(self.damaged(&format!("setting `{name}` is `{text}`, expected a GUID"))),
        }
    }

    fn root_unit(&self) -> Result<Uuid, EnvironmentError> {
        let query = "SELECT id FROM business_unit WHERE parent IS NULL ORDER BY id";
        self.connection
            .query_row(query, [], |row| values::guid(row, 0))
            .optional()
            .map_err(|error| EnvironmentError::of(&self.path, error))?
            .ok_or_else(|| self.damaged("no business unit is without parent"))
    }

    pub(super) fn damaged(&self, what: &str) -> EnvironmentError {
        EnvironmentError::Damaged {
            path: self.path.clone(),
            what: what.to_owned(),
        }
    }
}

/// A moment at which a file is read, see [`EnvironmentFile::moment`].
#[derive(Debug)]
pub struct Moment<'a> {
    _transaction: Transaction<'a>,
}

impl Drop for EnvironmentFile {
    fn drop(&mut self) {
        if self.writes {
            // Nothing is lost where it cannot be done: the next who opens the file finds the log.
            let _ = open::settle(&self.connection);
        }
    }
}

type Reading = fn(&Row<'_>) -> rusqlite::Result<Option<Fact>>;

/// Where each kind of fact lies, in the order in which they are told.
const FACTS: &[(&str, Reading)] = &[
    (
        "SELECT id, name, parent FROM business_unit ORDER BY id",
        unit,
    ),
    (people::USERS, people::user),
    (
        "SELECT id, name, business_unit, root, template, inheritance FROM role ORDER BY id",
        role,
    ),
    (
        "SELECT role, privilege, depth FROM role_privilege ORDER BY role, privilege",
        role_privilege,
    ),
    (
        "SELECT user, role FROM user_role ORDER BY user, role",
        |row| {
            let user = UserId(values::guid(row, 0)?);
            let role = RoleId(values::guid(row, 1)?);
            Ok(Some(Fact::UserRole { user, role }))
        },
    ),
    (
        "SELECT id, name, business_unit, kind FROM team ORDER BY id",
        team,
    ),
    (
        "SELECT team, user FROM team_member ORDER BY team, user",
        |row| {
            let team = TeamId(values::guid(row, 0)?);
            let user = UserId(values::guid(row, 1)?);
            Ok(Some(Fact::TeamMember { team, user }))
        },
    ),
    (
        "SELECT team, role FROM team_role ORDER BY team, role",
        |row| {
            let team = TeamId(values::guid(row, 0)?);
            let role = RoleId(values::guid(row, 1)?);
            Ok(Some(Fact::TeamRole { team, role }))
        },
    ),
    (
        "SELECT name, ownership, records_loaded FROM entity ORDER BY name",
        entity,
    ),
    (
        "SELECT parent, child, assign FROM cascade ORDER BY parent, child, assign",
        cascade,
    ),
    ("SELECT name, value FROM setting ORDER BY name", |row| {
        let (name, value) = (row.get(0)?, row.get(1)?);
        Ok(Some(Fact::Setting { name, value }))
    }),
    (
        "SELECT product, seats, used, provisions FROM licence ORDER BY product",
        licence,
    ),
    (
        "SELECT user, product FROM user_licence ORDER BY user, product",
        |row| {
            let user = UserId(values::guid(row, 0)?);
            let product = row.get(1)?;
            Ok(Some(Fact::UserLicence(UserLicence { user, product })))
        },
    ),
    (people::PEOPLE, people::person),
    (
        "SELECT name, member, via FROM directory_group ORDER BY name, member, via",
        group_member,
    ),
    ("SELECT name FROM loaded ORDER BY name", |row| {
        let name: String = row.get(0)?;
        let what = Loadable::ALL.into_iter().find(|what| what.name() == name);
        Ok(what
            .map(Fact::Loaded)
            .or_else(|| people::loaded_field(&name)))
    }),
];

fn unit(row: &Row<'_>) -> rusqlite::Result<Option<Fact>> {
    Ok(Some(Fact::Unit(BusinessUnit {
        id: UnitId(values::guid(row, 0)?),
        name: row.get(1)?,
        parent: values::optional_guid(row, 2)?.map(UnitId),
    })))
}

fn role(row: &Row<'_>) -> rusqlite::Result<Option<Fact>> {
    Ok(Some(Fact::Role(Role {
        id: RoleId(values::guid(row, 0)?),
        name: row.get(1)?,
        business_unit: UnitId(values::guid(row, 2)?),
        root: RoleId(values::guid(row, 3)?),
        template: values::optional_guid(row, 4)?,
        inheritance: values::coded(row, 5, Inheritance::from_code)?,
    })))
}

fn role_privilege(row: &Row<'_>) -> rusqlite::Result<Option<Fact>> {
    Ok(Some(Fact::RolePrivilege(RolePrivilege {
        role: RoleId(values::guid(row, 0)?),
        privilege: row.get(1)?,
        depth: values::coded(row, 2, Depth::from_code)?,
    })))
}

fn team(row: &Row<'_>) -> rusqlite::Result<Option<Fact>> {
    Ok(Some(Fact::Team(Team {
        id: TeamId(values::guid(row, 0)?),
        name: row.get(1)?,
        business_unit: UnitId(values::guid(row, 2)?),
        kind: values::coded(row, 3, TeamType::from_code)?,
    })))
}

fn entity(row: &Row<'_>) -> rusqlite::Result<Option<Fact>> {
    Ok(Some(Fact::Entity(Entity {
        name: row.get(0)?,
        ownership: values::optional_coded(row, 1, Ownership::from_code)?,
        records_loaded: row.get(2)?,
    })))
}

fn cascade(row: &Row<'_>) -> rusqlite::Result<Option<Fact>> {
    Ok(Some(Fact::Cascade(Cascade {
        parent: row.get(0)?,
        child: row.get(1)?,
        assign: values::coded(row, 2, CascadeAssign::from_code)?,
    })))
}

fn licence(row: &Row<'_>) -> rusqlite::Result<Option<Fact>> {
    Ok(Some(Fact::Licence(Licence {
        product: row.get(0)?,
        seats: row.get(1)?,
        used: row.get(2)?,
        provisions: row.get(3)?,
    })))
}

fn group_member(row: &Row<'_>) -> rusqlite::Result<Option<Fact>> {
    let via: String = row.get(2)?;
    Ok(Some(Fact::GroupMember(GroupMember {
        group: row.get(0)?,
        member: row.get(1)?,
        via: (!via.is_empty()).then_some(via),
    })))
}
