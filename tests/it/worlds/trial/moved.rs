//! Others write to the environment file between plan and apply, which makes the plan stale; what they write
//! during apply is `meanwhile.rs`.
//!
//! Each on a copy of the project, by raw SQL over a connection of its own.

use std::fs;
use std::path::{Path, PathBuf};

use cutover::apply::JOURNAL;
use cutover::model::{Principal, UserId, Write};
use cutover::run::{ApplyRequest, Consent, Exit};
use rusqlite::{Connection, params};

use crate::support::{copy, run};
use crate::worlds::chance::Chance;
use crate::worlds::tally::Kind;
use crate::worlds::trial::frame::rows;
use crate::worlds::trial::{Trial, meanwhile};

/// What somebody does between plan and apply to what planning looked at.
struct Move {
    name: &'static str,
    /// `?1` is a user whom the plan is about, `?2` the root unit; one that changes nothing does not
    /// count.
    sql: &'static str,
    /// What the refusal must name.
    names: &'static str,
}

const fn by(name: &'static str, names: &'static str, sql: &'static str) -> Move {
    Move { name, sql, names }
}

#[rustfmt::skip] // keeps the columns of the table
const BEFORE: &[Move] = &[
    by("before: user disabled or enabled", "disabled",
       "UPDATE user SET disabled = 1 - disabled WHERE id = ?1 AND ?2 IS NOT NULL"),
    by("before: UPN changed", "UPN",
       "UPDATE user SET upn = 'x' || upn WHERE id = ?1 AND ?2 IS NOT NULL"),
    by("before: mail changed", "mail",
       "UPDATE user SET mail = 'x' || mail WHERE id = ?1 AND ?2 IS NOT NULL"),
    by("before: name changed", "full name",
       "UPDATE user SET full_name = 'x' || full_name WHERE id = ?1 AND ?2 IS NOT NULL"),
    by("before: employee id changed", "employee id",
       "UPDATE user SET employee_id = 'x' || employee_id WHERE id = ?1 AND ?2 IS NOT NULL"),
    by("before: access mode changed", "access mode",
       "UPDATE user SET access_mode = 2 - access_mode WHERE id = ?1 AND access_mode IN (0, 2) AND ?2 IS NOT NULL"),
    by("before: user moved to the root unit", "business unit",
       "UPDATE user SET business_unit = ?2 WHERE id = ?1 AND business_unit <> ?2"),
    by("before: title changed", "title",
       "UPDATE user SET title = 'x' || coalesce(title, '') WHERE id = ?1 AND ?2 IS NOT NULL"),
    by("before: user deleted", "exists",
       "DELETE FROM user WHERE id = ?1 AND ?2 IS NOT NULL"),
    by("before: somebody new", "exists",
       "INSERT INTO user (id, upn, business_unit, access_mode, disabled, stub)
        SELECT randomblob(16), 'new@contoso.com', ?2, 0, 0, 0 WHERE ?1 IS NOT NULL"),
    by("before: role taken", "role ",
       "DELETE FROM user_role WHERE user = ?1 AND ?2 IS NOT NULL
        AND role = (SELECT min(role) FROM user_role WHERE user = ?1)"),
    by("before: role given", "role ",
       "INSERT OR IGNORE INTO user_role (user, role)
        SELECT ?1, max(id) FROM role WHERE ?2 IS NOT NULL"),
    by("before: role renamed", "name",
       "UPDATE role SET name = 'x' || name WHERE ?1 IS NOT NULL AND ?2 IS NOT NULL"),
    by("before: privilege taken from every role", "privilege prvReadAccount",
       "DELETE FROM role_privilege WHERE privilege = 'prvReadAccount' AND ?1 IS NOT NULL AND ?2 IS NOT NULL"),
    by("before: privilege less deep", "privilege prvReadAccount",
       "UPDATE role_privilege SET depth = 1 WHERE privilege = 'prvReadAccount' AND depth <> 1
        AND ?1 IS NOT NULL AND ?2 IS NOT NULL"),
    by("before: role reaches members otherwise", "inheritance",
       "UPDATE role SET inheritance = 1 - inheritance WHERE ?1 IS NOT NULL AND ?2 IS NOT NULL"),
    by("before: member taken out of a team", "member ",
       "DELETE FROM team_member WHERE user = ?1 AND ?2 IS NOT NULL"),
    by("before: team made an access team", "type",
       "UPDATE team SET kind = 1 WHERE kind <> 1 AND ?1 IS NOT NULL AND ?2 IS NOT NULL"),
    by("before: role taken from every team", "role ",
       "DELETE FROM team_role WHERE ?1 IS NOT NULL AND ?2 IS NOT NULL"),
    by("before: unit renamed", "name",
       "UPDATE business_unit SET name = 'x' || name WHERE id = ?2 AND ?1 IS NOT NULL"),
    by("before: cascade gone", "cascade ",
       "DELETE FROM cascade WHERE ?1 IS NOT NULL AND ?2 IS NOT NULL"),
    by("before: setting switched", "EnableOwnershipAcrossBusinessUnits",
       "INSERT INTO setting (name, value) VALUES ('EnableOwnershipAcrossBusinessUnits',
        iif(?1 IS NOT NULL AND ?2 IS NOT NULL, 'switched', ''))
        ON CONFLICT DO UPDATE SET value = 'switched'"),
    by("before: keeping of roles switched", "DoNotRemoveRolesOnChangeBusinessUnit",
       "INSERT INTO setting (name, value) VALUES ('DoNotRemoveRolesOnChangeBusinessUnit',
        iif(?1 IS NOT NULL AND ?2 IS NOT NULL, 'switched', ''))
        ON CONFLICT DO UPDATE SET value = 'switched'"),
];

/// Files of a project that somebody edits between plan and apply, what is written at their end, and
/// what the refusal must name.
const EDITED: &[(&str, &str, &str, &str)] = &[
    (
        "before: export edited",
        "exports/roles.csv",
        "user0@contoso.com,Visitor,,give\n",
        "exports/roles.csv",
    ),
    (
        "before: policy edited",
        "cutover.toml",
        "[[roles]]\nfile = \"exports/roles.csv\"\n",
        "of the manifest",
    ),
];

impl Trial<'_> {
    /// Every kind of writing by others, one of each, in a copy of the project.
    pub(super) fn others_write(&mut self) {
        let mut chance = Chance::of(self.world.moves);
        let users: Vec<UserId> = self.writes().filter_map(|write| user_of(&write)).collect();
        if let Some(user) = chance.pick(&users) {
            self.before_apply(&BEFORE[chance.below(BEFORE.len())], user);
        }
        self.edited(EDITED[chance.below(EDITED.len())]);
        self.others_write_meanwhile(&mut chance);
    }

    pub(super) fn copy(&self, name: &str) -> PathBuf {
        let to = self.folder.join(name);
        for part in ["exports", "plan"] {
            copy(&self.folder.join(part), &to.join(part));
        }
        for file in ["cutover.toml", "owners.csv", "environment.sqlite"] {
            let _ = fs::copy(self.folder.join(file), to.join(file));
        }
        to
    }

    /// Whoever the plan is about has moved: nothing is written, and what moved is named.
    fn before_apply(&mut self, by: &Move, user: UserId) {
        let folder = self.copy("stale");
        let environment = folder.join("environment.sqlite");
        let file = Connection::open(&environment).expect("an environment file");
        file.pragma_update(None, "foreign_keys", false)
            .expect("a switch");
        let root = self.world.units[0].id;
        let values = params![user.0.as_bytes(), root.as_bytes()];
        let moved = file.execute(by.sql, values).expect("a statement");
        drop(file);
        if moved > 0 {
            self.is_refused(&folder, by.name, by.names);
        }
    }

    /// An export or the manifest is another.
    fn edited(&mut self, (name, file, more, names): (&'static str, &str, &str, &str)) {
        let folder = self.copy("edited");
        let path = folder.join(file);
        let text = fs::read_to_string(&path).expect("a file of text") + more;
        fs::write(&path, text).expect("written");
        self.is_refused(&folder, name, names);
    }

    fn is_refused(&mut self, folder: &Path, name: &'static str, names: &str) {
        *self.report.moved.entry(name).or_default() += 1;
        let environment = folder.join("environment.sqlite");
        let before = rows(&environment);
        let request = ApplyRequest {
            folder,
            consent: Consent::Yes,
            limit: None,
        };
        let ended = run(|console| cutover::run::apply(&request, console));
        let is_said = ended.err.contains("stale") && ended.err.contains(names);
        if ended.exit != Exit::Refused || !is_said {
            let words = format!("{name}: {:?} {}{}", ended.exit, ended.out, ended.err);
            self.fault(Kind::Stale, words);
        }
        if folder.join("plan").join(JOURNAL).exists() {
            self.fault(Kind::Stale, format!("{name}: a journal was begun"));
        }
        self.same_rows(Kind::Stale, &rows(&environment), &before);
    }
}

/// Everything that others do, by name.
pub(in crate::worlds) fn names_of_moves() -> impl Iterator<Item = &'static str> {
    let before = BEFORE.iter().map(|by| by.name);
    let edited = EDITED.iter().map(|(name, ..)| *name);
    before.chain(edited).chain(meanwhile::names())
}

fn user_of(write: &Write) -> Option<UserId> {
    if let Write::ChangeUser(change) = write {
        return Some(change.user);
    }
    let (Write::GiveRole { principal, .. }
    | Write::AssignRecord {
        after: principal, ..
    }) = write
    else {
        return None;
    };
    match principal {
        Principal::User(user) => Some(*user),
        Principal::Team(_) => None,
    }
}
