//! The tables of an environment file, and how older files become current ones.
//!
//! In: a connection to a file that is new, or one of ours. Out: the same with every table of this
//! version. GUIDs are 16-byte blobs; kinds and depths are the codes of the model's enums.
//! Opening files, and telling people what is wrong with one, is `file.rs`.

use rusqlite::Connection;
use rusqlite::Transaction;
use rusqlite::TransactionBehavior;

/// `CUTV`: marks a `SQLite` file as an environment file.
pub(super) const APPLICATION_ID: i32 = 0x4355_5456;

/// The version that this program writes.
pub(super) const VERSION: i32 = 3;

/// Brings the file from each version, from 0, to the next. Released steps are never changed.
const MIGRATIONS: [&str; VERSION as usize] = [FIRST, SECOND, THIRD];

/// The marks by which a file is known: `application_id` and `user_version`.
pub(super) fn marks(connection: &Connection) -> rusqlite::Result<(i32, i32)> {
    let mark = |name: &str| connection.pragma_query_value(None, name, |row| row.get(0));
    Ok((mark("application_id")?, mark("user_version")?))
}

/// Runs the steps that a file of `version` lacks, all or none of them.
pub(super) fn migrate(connection: &Connection, version: i32) -> rusqlite::Result<()> {
    run_steps(connection, version, &MIGRATIONS)
}

/// Makes the tables of an older version in a new file.
#[cfg(test)]
pub(super) fn make_old(connection: &Connection, version: usize) -> rusqlite::Result<()> {
    run_steps(connection, 0, &MIGRATIONS[..version])
}

fn run_steps(connection: &Connection, version: i32, steps: &[&str]) -> rusqlite::Result<()> {
    let done = |version: i32| usize::try_from(version).unwrap_or(0);
    if done(version) >= steps.len() {
        return Ok(());
    }
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    // Another program may have run them since the file was looked at.
    let done = done(marks(&transaction)?.1).min(steps.len());
    for step in &steps[done..] {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(
        None,
        "user_version",
        i64::try_from(steps.len()).unwrap_or(i64::MAX),
    )?;
    transaction.commit()
}

/// Version 3: how keys are written that people read, such as a status. An older file shows them as they are compared.
const THIRD: &str = "
CREATE TABLE key_word (
    entity INTEGER NOT NULL REFERENCES entity (number),
    field TEXT NOT NULL,
    key TEXT NOT NULL,
    word TEXT NOT NULL,
    PRIMARY KEY (entity, field, key)
) STRICT, WITHOUT ROWID;
";

/// Version 2: what rules about people ask for. What an older file does not say is unknown: of its
/// people only those with a licence or a role are known to have been looked at.
const SECOND: &str = "
ALTER TABLE user ADD COLUMN title TEXT;
ALTER TABLE user ADD COLUMN main_phone TEXT;
ALTER TABLE user ADD COLUMN mobile_phone TEXT;
ALTER TABLE user ADD COLUMN fax TEXT;
ALTER TABLE user ADD COLUMN home_phone TEXT;
ALTER TABLE user ADD COLUMN street TEXT;
ALTER TABLE user ADD COLUMN city TEXT;
ALTER TABLE user ADD COLUMN state TEXT;
ALTER TABLE user ADD COLUMN country TEXT;
ALTER TABLE user ADD COLUMN synchronised INTEGER CHECK (synchronised IN (0, 1));
ALTER TABLE user ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1));
ALTER TABLE user ADD COLUMN invitation INTEGER;
ALTER TABLE user ADD COLUMN invited_on TEXT;

ALTER TABLE directory_person ADD COLUMN title TEXT;
ALTER TABLE directory_person ADD COLUMN main_phone TEXT;
ALTER TABLE directory_person ADD COLUMN mobile_phone TEXT;
ALTER TABLE directory_person ADD COLUMN fax TEXT;
ALTER TABLE directory_person ADD COLUMN home_phone TEXT;
ALTER TABLE directory_person ADD COLUMN street TEXT;
ALTER TABLE directory_person ADD COLUMN city TEXT;
ALTER TABLE directory_person ADD COLUMN state TEXT;
ALTER TABLE directory_person ADD COLUMN country TEXT;
ALTER TABLE directory_person ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0
    CHECK (deleted IN (0, 1));
ALTER TABLE directory_person ADD COLUMN guest INTEGER NOT NULL DEFAULT 0 CHECK (guest IN (0, 1));
ALTER TABLE directory_person ADD COLUMN licences_told INTEGER NOT NULL DEFAULT 0
    CHECK (licences_told IN (0, 1));
ALTER TABLE directory_person ADD COLUMN roles_told INTEGER NOT NULL DEFAULT 0
    CHECK (roles_told IN (0, 1));
UPDATE directory_person SET
    guest = instr(upper(upn), '#EXT#') > 0,
    licences_told = EXISTS (SELECT 1 FROM directory_licence WHERE person = upn),
    roles_told = EXISTS (SELECT 1 FROM directory_role WHERE person = upn);
";

/// Version 1. References up the tree and to the root copy are deferred: rows come in order of id.
const FIRST: &str = "
CREATE TABLE business_unit (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL,
    parent BLOB REFERENCES business_unit (id) DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

CREATE TABLE role (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL,
    business_unit BLOB NOT NULL REFERENCES business_unit (id),
    root BLOB NOT NULL REFERENCES role (id) DEFERRABLE INITIALLY DEFERRED,
    template BLOB CHECK (length(template) = 16),
    inheritance INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX role_copy ON role (root, business_unit);

CREATE TABLE role_privilege (
    role BLOB NOT NULL REFERENCES role (id),
    privilege TEXT NOT NULL,
    depth INTEGER NOT NULL,
    PRIMARY KEY (role, privilege)
) STRICT, WITHOUT ROWID;

CREATE TABLE user (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    upn TEXT NOT NULL,
    mail TEXT,
    mail2 TEXT,
    mobile_alert_mail TEXT,
    first_name TEXT,
    last_name TEXT,
    full_name TEXT,
    employee_id TEXT,
    business_unit BLOB NOT NULL REFERENCES business_unit (id),
    access_mode INTEGER NOT NULL,
    disabled INTEGER NOT NULL CHECK (disabled IN (0, 1)),
    licensed INTEGER CHECK (licensed IN (0, 1)),
    application_id BLOB CHECK (length(application_id) = 16),
    directory_id BLOB CHECK (length(directory_id) = 16),
    stub INTEGER NOT NULL CHECK (stub IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE user_role (
    user BLOB NOT NULL REFERENCES user (id),
    role BLOB NOT NULL REFERENCES role (id),
    PRIMARY KEY (user, role)
) STRICT, WITHOUT ROWID;

CREATE TABLE team (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL,
    business_unit BLOB NOT NULL REFERENCES business_unit (id),
    kind INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE team_member (
    team BLOB NOT NULL REFERENCES team (id),
    user BLOB NOT NULL REFERENCES user (id),
    PRIMARY KEY (team, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX team_member_user ON team_member (user);

CREATE TABLE team_role (
    team BLOB NOT NULL REFERENCES team (id),
    role BLOB NOT NULL REFERENCES role (id),
    PRIMARY KEY (team, role)
) STRICT, WITHOUT ROWID;

CREATE TABLE entity (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    ownership INTEGER,
    records_loaded INTEGER NOT NULL CHECK (records_loaded IN (0, 1))
) STRICT;

CREATE TABLE cascade (
    parent TEXT NOT NULL,
    child TEXT NOT NULL,
    assign INTEGER NOT NULL,
    PRIMARY KEY (parent, child, assign)
) STRICT, WITHOUT ROWID;

CREATE TABLE record (
    entity INTEGER NOT NULL REFERENCES entity (number),
    id BLOB NOT NULL CHECK (length(id) = 16),
    owner_type INTEGER NOT NULL CHECK (owner_type IN (8, 9)),
    owner BLOB NOT NULL CHECK (length(owner) = 16),
    PRIMARY KEY (entity, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE record_key (
    entity INTEGER NOT NULL REFERENCES entity (number),
    field TEXT NOT NULL,
    key TEXT NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    PRIMARY KEY (entity, field, key, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE licence (
    product TEXT NOT NULL PRIMARY KEY,
    seats INTEGER,
    used INTEGER,
    provisions INTEGER CHECK (provisions IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE user_licence (
    user BLOB NOT NULL REFERENCES user (id),
    product TEXT NOT NULL,
    PRIMARY KEY (user, product)
) STRICT, WITHOUT ROWID;

CREATE TABLE directory_person (
    upn TEXT NOT NULL PRIMARY KEY,
    id BLOB UNIQUE CHECK (length(id) = 16),
    display_name TEXT,
    first_name TEXT,
    last_name TEXT,
    mail TEXT,
    enabled INTEGER CHECK (enabled IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE directory_licence (
    person TEXT NOT NULL REFERENCES directory_person (upn),
    product TEXT NOT NULL,
    PRIMARY KEY (person, product)
) STRICT, WITHOUT ROWID;

CREATE TABLE directory_role (
    person TEXT NOT NULL REFERENCES directory_person (upn),
    role TEXT NOT NULL,
    PRIMARY KEY (person, role)
) STRICT, WITHOUT ROWID;

CREATE TABLE directory_group (
    name TEXT NOT NULL,
    member TEXT NOT NULL,
    via TEXT NOT NULL,
    PRIMARY KEY (name, member, via)
) STRICT, WITHOUT ROWID;

CREATE TABLE loaded (
    name TEXT NOT NULL PRIMARY KEY,
    file TEXT,
    hash TEXT,
    rows INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_gets_every_table_and_both_marks() {
        let connection = Connection::open_in_memory().unwrap();
        migrate(&connection, 0).unwrap();
        assert_eq!(marks(&connection).unwrap(), (APPLICATION_ID, VERSION));
        let tables: u32 = connection
            .query_row(
                "SELECT count(*) FROM sqlite_schema WHERE type = 'table'",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(tables, 22);
        migrate(&connection, VERSION).unwrap();
    }

    #[test]
    fn only_the_missing_steps_run_and_a_broken_one_leaves_nothing() {
        let connection = Connection::open_in_memory().unwrap();
        let steps = ["CREATE TABLE one (a)", "CREATE TABLE two (a)"];
        run_steps(&connection, 0, &steps[..1]).unwrap();
        run_steps(&connection, 1, &steps).unwrap();
        assert_eq!(marks(&connection).unwrap().1, 2);
        run_steps(&connection, 1, &steps).expect("another program was quicker");
        let broken = ["", "", "CREATE TABLE three (a)", "CREATE TABLE one (a)"];
        run_steps(&connection, 2, &broken).unwrap_err();
        assert_eq!(marks(&connection).unwrap().1, 2);
        connection.prepare("SELECT * FROM three").unwrap_err();
    }
}
