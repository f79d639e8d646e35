//! The anchoring cases of `tests/cases/service/`: `service/` must answer each as its folder says.
//!
//! In: the folders, whose shape their README describes. Out: one failure that names every case that
//! is answered otherwise. `check/` is held against the same folders elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cutover::environment::{self, EnvironmentFile};
use cutover::model::{
    AccessMode, Changed, Principal, ProfileField, RecordId, RoleId, Silent, StubUser, StubWay,
    TeamId, UnitId, UserChange, UserId, Write, parse_guid,
};
use cutover::service::{self, Performed, REFUSALS, Reason};
use rayon::prelude::*;
use rusqlite::types::{FromSql, Value};
use rusqlite::{Connection, OptionalExtension, Params};
use serde::Deserialize;
use uuid::Uuid;

/// Fewer would mean that folders are not found.
const CASES_MIN: usize = 80;

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Wanted {
    CreateStub {
        way: StubWay,
        id: Uuid,
        upn: String,
        mail: String,
        first_name: Option<String>,
        last_name: Option<String>,
        full_name: String,
        unit: String,
        default_role: RoleName,
    },
    GiveRole {
        user: Option<String>,
        team: Option<String>,
        role: RoleName,
    },
    RemoveRole {
        user: Option<String>,
        team: Option<String>,
        role: RoleName,
    },
    AssignRecord {
        table: String,
        record: Uuid,
        owner: OwnerName,
    },
    ChangeUser {
        user: String,
        unit: Option<String>,
        access_mode: Option<String>,
        /// Fields by key; a blank one is emptied.
        #[serde(default)]
        profile: BTreeMap<String, String>,
        /// All roles that shall be held in the end.
        roles: Option<Vec<RoleName>>,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleName {
    pub(crate) id: Option<Uuid>,
    pub(crate) name: Option<String>,
    pub(crate) unit: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnerName {
    pub(crate) user: Option<String>,
    pub(crate) team: Option<String>,
    pub(crate) id: Option<Uuid>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    pub(crate) answer: String,
    pub(crate) code: Option<String>,
    #[serde(default)]
    after: Vec<After>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct After {
    user: Option<String>,
    team: Option<String>,
    record: Option<RecordName>,
    exists: Option<bool>,
    disabled: Option<bool>,
    stub: Option<bool>,
    unit: Option<String>,
    access_mode: Option<String>,
    /// Fields by key; blank where they hold nothing.
    #[serde(default)]
    profile: BTreeMap<String, String>,
    roles: Option<Vec<String>>,
    owner: Option<OwnerName>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordName {
    table: String,
    id: Uuid,
}

/// What a performed write is, in the words of `expected.toml`.
struct Answer {
    word: &'static str,
    code: Option<String>,
}

#[test]
fn the_service_answers_every_case() {
    let folders = folders();
    let wrong: String = folders
        .par_iter()
        .map(|folder| {
            let mut faults = Vec::new();
            run(folder, &mut faults);
            let name = folder.file_name().unwrap().to_string_lossy();
            let lines = faults.iter().map(|fault| format!("{name}: {fault}\n"));
            lines.collect::<String>()
        })
        .collect();
    println!("{} cases ran", folders.len());
    assert!(folders.len() >= CASES_MIN, "{} cases ran", folders.len());
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn every_refusal_has_a_case() {
    let expected: BTreeSet<String> = folders()
        .iter()
        .filter_map(|folder| read::<Expected>(folder, "expected.toml").code)
        .collect();
    // Only the way back answers so, and a case is a write of the way there.
    let refusals = REFUSALS
        .iter()
        .filter(|rule| rule.reason != Reason::NotAsBefore);
    let known: BTreeSet<String> = refusals.map(|rule| rule.code.to_string()).collect();
    assert_eq!(expected, known);
}

pub(crate) fn folders() -> Vec<PathBuf> {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/service");
    let mut folders: Vec<_> = std::fs::read_dir(cases)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

pub(crate) fn read<T: for<'de> Deserialize<'de>>(folder: &Path, file: &str) -> T {
    let path = folder.join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn run(folder: &Path, faults: &mut Vec<String>) {
    let fact = std::fs::read_to_string(folder.join("fact.md")).unwrap();
    assert!(fact.contains("section") && fact.contains("Certainty"));
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("environment.sqlite");
    let source = folder.join("environment");
    if let Err(error) = environment::load(
        &source,
        "environment",
        &path,
        environment::Given::on("2026-11-24"),
        &Silent,
    ) {
        faults.push(format!("does not load: {error}"));
        return;
    }
    let file = EnvironmentFile::open_for_writing(&path).unwrap();
    let world = World(file.connection());
    let before = world.dump();
    let answer = world.perform(read(folder, "write.toml"));
    let expected: Expected = read(folder, "expected.toml");
    if (answer.word, &answer.code) != (expected.answer.as_str(), &expected.code) {
        faults.push(format!(
            "{} {:?}, expected {} {:?}",
            answer.word, answer.code, expected.answer, expected.code
        ));
    }
    if answer.word != "done" && world.dump() != before {
        faults.push(format!("{}, and yet rows have changed", answer.word));
    }
    for after in &expected.after {
        world.compare(after, faults);
    }
}

/// An environment file in which the names of a case are looked up.
pub(crate) struct World<'c>(pub(crate) &'c Connection);

impl World<'_> {
    fn perform(&self, wanted: Wanted) -> Answer {
        let transaction = self.0.unchecked_transaction().unwrap();
        let performed = service::perform(self.0, &self.write(wanted));
        transaction.commit().unwrap();
        let (word, code) = match performed.unwrap() {
            Performed::Done { actual } => {
                assert_eq!(actual, None, "an environment file keeps the planned id");
                ("done", None)
            }
            Performed::NoChangeNeeded => ("no change needed", None),
            Performed::Refused(refusal) => ("refused", Some(refusal.code.to_string())),
        };
        Answer { word, code }
    }

    pub(crate) fn write(&self, wanted: Wanted) -> Write {
        match wanted {
            Wanted::CreateStub {
                way,
                id,
                upn,
                mail,
                first_name,
                last_name,
                full_name,
                unit,
                default_role,
            } => Write::CreateStub(Box::new(StubUser {
                id: UserId(id),
                upn,
                mail,
                first_name,
                last_name,
                full_name,
                employee_id: None,
                business_unit: self.unit(&unit),
                default_role: self.role(&default_role),
                way,
            })),
            Wanted::GiveRole { user, team, role } => Write::GiveRole {
                principal: self.principal(user.as_deref(), team.as_deref(), None),
                role: self.role(&role),
            },
            Wanted::RemoveRole { user, team, role } => Write::RemoveRole {
                principal: self.principal(user.as_deref(), team.as_deref(), None),
                role: self.role(&role),
            },
            Wanted::AssignRecord {
                table,
                record,
                owner,
            } => Write::AssignRecord {
                before: self
                    .owner(&table, record)
                    .unwrap_or(Principal::User(UserId(Uuid::nil()))),
                entity: Arc::from(table),
                record: RecordId(record),
                after: self.owner_named(&owner),
            },
            Wanted::ChangeUser {
                user,
                unit,
                access_mode,
                profile,
                roles,
            } => Write::ChangeUser(Box::new(self.user_change(
                self.user(&user),
                unit.map(|unit| self.unit(&unit)),
                access_mode.map(|mode| AccessMode::from_word(&mode).expect("an access mode")),
                profile,
                roles.map(|roles| roles.iter().map(|role| self.role(role)).collect()),
            ))),
        }
    }

    /// The change from what is there; who is not there has been nowhere and nothing.
    fn user_change(
        &self,
        user: UserId,
        unit: Option<UnitId>,
        mode: Option<AccessMode>,
        profile: BTreeMap<String, String>,
        roles: Option<BTreeSet<RoleId>>,
    ) -> UserChange {
        let id = user.0.into_bytes();
        let there: Option<([u8; 16], u8)> = self
            .0
            .query_row(
                "SELECT business_unit, access_mode FROM user WHERE id = ?1",
                [id],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()
            .unwrap();
        let (in_unit, code) = there.unwrap_or_default();
        let before = UnitId(Uuid::from_bytes(in_unit));
        let business_unit = unit.map(|after| Changed { before, after });
        let before = AccessMode::from_code(code).unwrap();
        let access_mode = mode.map(|after| Changed { before, after });
        let fields = profile.into_iter().map(|(key, text)| {
            let field = ProfileField::from_key(&key).unwrap_or_else(|| panic!("no field `{key}`"));
            let sql = format!("SELECT {key} FROM user WHERE id = ?1");
            let before = self.one::<Option<String>>(&sql, [id]).flatten();
            let after = (!text.is_empty()).then_some(text);
            (field, Changed { before, after })
        });
        UserChange {
            user,
            business_unit,
            access_mode,
            profile: fields.collect(),
            roles: roles.map(|after| Changed {
                before: self.held(user),
                after,
            }),
        }
    }

    fn held(&self, user: UserId) -> BTreeSet<RoleId> {
        let sql = "SELECT role FROM user_role WHERE user = ?1";
        let mut statement = self.0.prepare(sql).unwrap();
        let roles = statement.query_map([user.0.into_bytes()], |row| row.get(0));
        let roles = roles.unwrap().map(|id| id.map(Uuid::from_bytes));
        roles.map(|id| id.map(RoleId).unwrap()).collect()
    }

    fn compare(&self, after: &After, faults: &mut Vec<String>) {
        if let Some(record) = &after.record {
            let owner = self.owner(&record.table, record.id);
            let expected = after.owner.as_ref().map(|owner| self.owner_named(owner));
            if owner != expected {
                faults.push(format!("belongs to {owner:?}, expected {expected:?}"));
            }
            return;
        }
        let text = after.user.as_ref().or(after.team.as_ref()).unwrap();
        let mut compare = |what: &str, found: String, expected: Option<String>| {
            if expected.as_ref().is_some_and(|expected| *expected != found) {
                faults.push(format!("{text}: {what} {found}, expected {expected:?}"));
            }
        };
        if after.user.is_some() {
            let row: Option<(bool, bool, String, u8)> = self
                .0
                .query_row(
                    "SELECT disabled, stub, business_unit.name, access_mode FROM user
                     JOIN business_unit ON business_unit.id = user.business_unit WHERE upn = ?1",
                    [text],
                    |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
                )
                .optional()
                .unwrap();
            let told = |expected: Option<bool>| expected.map(|flag| flag.to_string());
            compare("exists", row.is_some().to_string(), told(after.exists));
            let Some((disabled, stub, unit, mode)) = row else {
                return;
            };
            compare("disabled", disabled.to_string(), told(after.disabled));
            compare("stub", stub.to_string(), told(after.stub));
            compare("unit", unit, after.unit.clone());
            let mode = AccessMode::from_code(mode).unwrap();
            compare(
                "access mode",
                mode.word().to_owned(),
                after.access_mode.clone(),
            );
            for (field, expected) in &after.profile {
                let sql = format!("SELECT {field} FROM user WHERE upn = ?1");
                let found: Option<String> = self.one::<Option<String>>(&sql, [text]).flatten();
                compare(field, found.unwrap_or_default(), Some(expected.clone()));
            }
        }
        let expected = after.roles.as_ref().map(|roles| roles.join(", "));
        let principal = self.principal(after.user.as_deref(), after.team.as_deref(), None);
        compare("roles", self.roles_of(principal), expected);
    }

    fn roles_of(&self, principal: Principal) -> String {
        let table = match principal {
            Principal::User(_) => "user_role WHERE user",
            Principal::Team(_) => "team_role WHERE team",
        };
        let sql = format!(
            "SELECT coalesce(group_concat(role.name || ' @ ' || business_unit.name, ', '), '')
             FROM role JOIN business_unit ON business_unit.id = role.business_unit
             WHERE role.id IN (SELECT role FROM {table} = ?1)"
        );
        self.one(&sql, [principal.uuid().into_bytes()]).unwrap()
    }

    fn owner(&self, table: &str, record: Uuid) -> Option<Principal> {
        let sql = "SELECT owner_type, owner FROM record JOIN entity ON number = entity
                   WHERE name = ?1 AND id = ?2";
        self.0
            .query_row(sql, (table, record.as_bytes()), |row| {
                Ok((row.get(0)?, Uuid::from_bytes(row.get(1)?)))
            })
            .optional()
            .unwrap()
            .map(|(code, id)| Principal::from_parts(code, id).unwrap())
    }

    fn owner_named(&self, name: &OwnerName) -> Principal {
        self.principal(name.user.as_deref(), name.team.as_deref(), name.id)
    }

    fn principal(&self, user: Option<&str>, team: Option<&str>, id: Option<Uuid>) -> Principal {
        match (user, team, id) {
            (Some(user), None, None) => Principal::User(self.user(user)),
            (None, Some(team), None) => Principal::Team(TeamId(self.id(
                "SELECT id FROM team WHERE name = ?1",
                [team],
                team,
            ))),
            (None, None, Some(id)) => Principal::User(UserId(id)),
            _ => panic!("one of `user`, `team` and `id` names a principal"),
        }
    }

    fn user(&self, text: &str) -> UserId {
        UserId(self.id("SELECT id FROM user WHERE upn = ?1", [text], text))
    }

    fn unit(&self, text: &str) -> UnitId {
        UnitId(self.id("SELECT id FROM business_unit WHERE name = ?1", [text], text))
    }

    fn role(&self, name: &RoleName) -> RoleId {
        let sql = "SELECT role.id FROM role
                   JOIN business_unit ON business_unit.id = role.business_unit
                   WHERE role.name = ?1 AND business_unit.name = ?2";
        match (name.id, &name.name, &name.unit) {
            (Some(id), None, None) => RoleId(id),
            (None, Some(role), Some(unit)) => RoleId(self.id(sql, [role, unit], role)),
            _ => panic!("a role is named by `id`, or by `name` and `unit`"),
        }
    }

    /// The id behind a name; a GUID stands for itself.
    fn id(&self, sql: &str, values: impl Params, text: &str) -> Uuid {
        parse_guid(text).unwrap_or_else(|| {
            let id: Option<[u8; 16]> = self.one(sql, values);
            Uuid::from_bytes(id.unwrap_or_else(|| panic!("`{text}` names nothing")))
        })
    }

    fn one<T: FromSql>(&self, sql: &str, values: impl Params) -> Option<T> {
        let row = self.0.query_row(sql, values, |row| row.get(0));
        row.optional().unwrap()
    }

    /// Every row of every table, to see that nothing has changed.
    fn dump(&self) -> Vec<(String, Vec<Vec<Value>>)> {
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
        let mut statement = self.0.prepare(sql).unwrap();
        let names = statement.query_map([], |row| row.get(0)).unwrap();
        names
            .map(|name: rusqlite::Result<String>| {
                let name = name.unwrap();
                let rows = self.rows(&name);
                (name, rows)
            })
            .collect()
    }

    fn rows(&self, table: &str) -> Vec<Vec<Value>> {
        let sql = format!("SELECT * FROM \"{table}\"");
        let mut statement = self.0.prepare(&sql).unwrap();
        let columns = statement.column_count();
        let rows =
            statement.query_map([], |row| (0..columns).map(|index| row.get(index)).collect());
        rows.unwrap().collect::<Result<_, _>>().unwrap()
    }
}
