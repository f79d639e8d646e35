//! The frame: after apply exactly the planned cells differ, and after undo none.
//!
//! In: the environment file before, read by raw SQL, and the plan's changes. Out: what must be there
//! afterwards, worked out here alone, without the service.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cutover::model::{Principal, StubUser, UserChange, Write};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};
use uuid::Uuid;

use crate::support::run;
use crate::worlds::tally::Kind;
use crate::worlds::trial::Trial;
use crate::worlds::world::{Leads, Who};

/// Every row of every table: the table, and the row's cells by column.
pub(super) type Rows = BTreeSet<(String, Row)>;
pub(super) type Row = BTreeMap<String, String>;

/// Differing rows that a fault names.
const SHOWN: usize = 4;

impl Trial<'_> {
    /// Applied, verified and undone: exactly the planned cells differ, and in the end none.
    pub(super) fn there_and_back(&mut self, undisturbed: bool) {
        let path = self.folder.join("environment.sqlite");
        let before = rows(&path);
        let request = self.request();
        let ended = run(|console| cutover::run::apply(&request, console));
        self.ends_well("apply", &ended);
        let ended = run(|console| cutover::run::verify(self.folder, console));
        self.ends_well("verify", &ended);
        let writes: Vec<Write> = self.writes().collect();
        let expected = written(&before, &writes);
        self.same_rows(Kind::Frame, &rows(&path), &expected);
        if undisturbed {
            self.all_is_as_asked(&expected);
        }
        let ended = run(|console| cutover::run::undo(&request, console));
        self.ends_well("undo", &ended);
        self.same_rows(Kind::Undo, &rows(&path), &before);
        let ended = run(|console| cutover::run::verify(self.folder, console));
        self.ends_well("verify after undo", &ended);
    }

    pub(super) fn writes(&self) -> impl Iterator<Item = Write> {
        self.changes.iter().map(|change| change.write.clone())
    }

    pub(super) fn same_rows(&mut self, kind: Kind, found: &Rows, expected: &Rows) {
        self.report.frames += 1;
        let shown = |rows: &mut dyn Iterator<Item = &(String, Row)>| {
            rows.take(SHOWN).cloned().collect::<Vec<_>>()
        };
        let too_much = shown(&mut found.difference(expected));
        let missing = shown(&mut expected.difference(found));
        if !too_much.is_empty() || !missing.is_empty() {
            let words = format!("not expected: {too_much:?}; not there: {missing:?}");
            self.fault(kind, words);
        }
    }

    /// In a valid world every row is written, or was so already.
    fn all_is_as_asked(&mut self, after: &Rows) {
        let mut wrong = Vec::new();
        let records = self.world.record_wants.iter();
        for want in records.filter(|want| want.leads == Leads::ToChange) {
            let record = self.world.tables[want.table].records[want.record].id;
            let owner = cell(self.owner_meant(want).uuid());
            let is_so = after.iter().any(|(table, row)| {
                table == "record" && row["id"] == cell(record) && row["owner"] == owner
            });
            if !is_so {
                wrong.push(format!("not so in the end: {want:?}"));
            }
        }
        for want in &self.world.role_wants {
            let role = self.world.copy_id(self.world.copy_meant(want));
            let held = after.contains(&held(self.principal(want.who), role));
            if held != want.give {
                wrong.push(format!("not so in the end: {want:?}"));
            }
        }
        for want in &self.world.user_wants {
            let row = user_row(after, self.world.id_of(Who::Person(want.person)));
            let unit = want.unit.map(|unit| cell(self.world.units[unit].id));
            let mode = want.mode.map(|mode| number(mode.code().into()));
            let mut wished: Vec<(&str, String)> = Vec::new();
            wished.extend(unit.map(|unit| ("business_unit", unit)));
            wished.extend(mode.map(|mode| ("access_mode", mode)));
            for (field, value) in &want.profile {
                wished.push((field.key(), show(&Value::Text(value.clone()))));
            }
            let lacks = |(name, value)| row.is_none_or(|row| row[name] != value);
            if wished.into_iter().any(lacks) {
                wrong.push(format!("not so in the end: {want:?}"));
            }
        }
        for words in wrong {
            self.fault(Kind::Frame, words);
        }
    }
}

fn user_row(rows: &Rows, user: Uuid) -> Option<&Row> {
    let id = cell(user);
    let mut users = rows.iter().filter(|(table, _)| table == "user");
    let (_, row) = users.find(|(_, row)| row["id"] == id)?;
    Some(row)
}

/// The rows after these writes.
pub(super) fn written(before: &Rows, writes: &[Write]) -> Rows {
    let mut rows = before.clone();
    for write in writes {
        match write {
            Write::CreateStub(stub) => {
                rows.insert(("user".to_owned(), stub_row(stub)));
                rows.insert(held(Principal::User(stub.id), stub.default_role.0));
            }
            Write::ChangeUser(change) => change_user(&mut rows, change),
            Write::GiveRole { principal, role } => {
                rows.insert(held(*principal, role.0));
            }
            Write::RemoveRole { principal, role } => {
                rows.remove(&held(*principal, role.0));
            }
            Write::AssignRecord { record, after, .. } => own(&mut rows, record.0, *after),
            Write::DeleteStub(_) => panic!("a plan deletes nobody"),
        }
    }
    rows
}

/// Puts the values of a user as they shall be.
fn change_user(rows: &mut Rows, change: &UserChange) {
    let (id, after) = (cell(change.user.0), change.after());
    let mut all = rows.iter();
    let found = all.find(|(table, row)| table == "user" && row["id"] == id);
    let found = found.cloned().expect("an existing user");
    let (table, mut row) = rows.take(&found).expect("just found");
    if let Some(unit) = after.business_unit {
        row.insert("business_unit".to_owned(), cell(unit.0));
    }
    if let Some(mode) = after.access_mode {
        row.insert("access_mode".to_owned(), number(mode.code().into()));
    }
    for (field, value) in after.profile {
        let value = value.map_or(Value::Null, Value::Text);
        row.insert(field.key().to_owned(), show(&value));
    }
    rows.insert((table, row));
    if let Some(roles) = after.roles {
        rows.retain(|(table, row)| table != "user_role" || row["user"] != id);
        let principal = Principal::User(change.user);
        rows.extend(roles.iter().map(|role| held(principal, role.0)));
    }
}

/// Gives a record another owner.
fn own(rows: &mut Rows, record: Uuid, owner: Principal) {
    let Some((table, mut row)) = disown(rows, record) else {
        return;
    };
    let kind = match owner {
        Principal::User(_) => 8,
        Principal::Team(_) => 9,
    };
    row.insert("owner".to_owned(), cell(owner.uuid()));
    row.insert("owner_type".to_owned(), number(kind));
    rows.insert((table, row));
}

/// Takes a record out.
fn disown(rows: &mut Rows, record: Uuid) -> Option<(String, Row)> {
    let id = cell(record);
    let mut all = rows.iter();
    let found = all.find(|(table, row)| table == "record" && row["id"] == id);
    let found = found.cloned()?;
    rows.take(&found)
}

fn held(principal: Principal, role: Uuid) -> (String, Row) {
    let holder = match principal {
        Principal::User(_) => "user",
        Principal::Team(_) => "team",
    };
    let cells = [(holder, cell(principal.uuid())), ("role", cell(role))];
    let row = cells.map(|(name, cell)| (name.to_owned(), cell)).into();
    (format!("{holder}_role"), row)
}

/// What nobody knows of a stub user.
const UNTOLD: [&str; 12] = [
    "title",
    "main_phone",
    "mobile_phone",
    "fax",
    "home_phone",
    "street",
    "city",
    "state",
    "country",
    "synchronised",
    "invitation",
    "invited_on",
];

/// A stub user is disabled, Read-Write, and in the root unit; nobody has licensed it.
fn stub_row(stub: &StubUser) -> Row {
    let text = |text: &str| show(&Value::Text(text.to_owned()));
    let maybe = |value: &Option<String>| value.as_deref().map_or_else(|| show(&Value::Null), text);
    let null = show(&Value::Null);
    let cells = [
        ("id", cell(stub.id.0)),
        ("upn", text(&stub.upn)),
        ("mail", text(&stub.mail)),
        ("mail2", null.clone()),
        ("mobile_alert_mail", null.clone()),
        ("first_name", maybe(&stub.first_name)),
        ("last_name", maybe(&stub.last_name)),
        ("full_name", text(&stub.full_name)),
        ("employee_id", maybe(&stub.employee_id)),
        ("business_unit", cell(stub.business_unit.0)),
        ("access_mode", number(0)),
        ("disabled", number(1)),
        ("licensed", null.clone()),
        ("application_id", null.clone()),
        ("directory_id", null.clone()),
        ("stub", number(1)),
        ("deleted", number(0)),
    ];
    let told = cells.map(|(name, cell)| (name.to_owned(), cell));
    let untold = UNTOLD.map(|name| (name.to_owned(), null.clone()));
    told.into_iter().chain(untold).collect()
}

fn cell(id: Uuid) -> String {
    show(&Value::Blob(id.as_bytes().to_vec()))
}

fn number(number: i64) -> String {
    show(&Value::Integer(number))
}

fn show(value: &Value) -> String {
    match value {
        Value::Blob(bytes) => format!("{bytes:02x?}"),
        other => format!("{other:?}"),
    }
}

/// Every row of every table of an environment file.
pub(super) fn rows(path: &Path) -> Rows {
    let file = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY);
    let connection = file.expect("an environment file");
    let mut names = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .expect("a schema");
    let names: Vec<String> = names
        .query_map([], |row| row.get(0))
        .and_then(Iterator::collect)
        .expect("names of tables");
    let rows = names.iter().flat_map(|table| {
        let rows = rows_of(&connection, table).expect("rows");
        rows.into_iter().map(|row| (table.clone(), row))
    });
    rows.collect()
}

/// What an environment file holds of users, and of the roles that they have themselves.
pub(super) fn user_rows(connection: &Connection) -> [Vec<Row>; 2] {
    ["user", "user_role"].map(|table| rows_of(connection, table).expect("rows"))
}

fn rows_of(connection: &Connection, table: &str) -> rusqlite::Result<Vec<Row>> {
    let mut statement = connection.prepare(&format!("SELECT * FROM \"{table}\""))?;
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let rows = statement.query_map([], |row| {
        let cells = columns.iter().enumerate().map(|(index, name)| {
            let value: Value = row.get(index)?;
            Ok((name.clone(), show(&value)))
        });
        cells.collect()
    })?;
    rows.collect()
}
