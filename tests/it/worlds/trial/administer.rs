//! Nobody is locked out: as long as somebody can administer the environment, somebody still can after each
//! stage of what is planned, approved or not.
//!
//! In: an environment file while the plan is being done. Out: a fault where nobody is left. Who can is counted
//! here by SQL alone, after the words of the design, so that a mistake which `check/` and `service/` share is seen.

use rusqlite::Connection;

use crate::worlds::tally::Kind;
use crate::worlds::trial::Trial;

/// Enabled people with System Administrator of their own who may write: read-write or administrative.
const WHO_CAN: &str = "SELECT count(DISTINCT user.id) FROM user
    JOIN user_role ON user_role.user = user.id
    JOIN role ON role.id = user_role.role
    JOIN role AS root ON root.id = role.root
    WHERE '627090ff40a340538790584edc5be201' IN (lower(hex(role.template)), lower(hex(root.template)))
      AND NOT user.disabled AND NOT user.stub AND user.application_id IS NULL
      AND user.access_mode IN (0, 1)";

/// How many can.
pub(super) fn who_can(connection: &Connection) -> u64 {
    let count = connection.query_row(WHO_CAN, [], |row| row.get::<_, u32>(0));
    count.expect("a count").into()
}

impl Trial<'_> {
    /// `before` could before the plan.
    pub(super) fn somebody_is_left(&mut self, connection: &Connection, before: u64, after: &str) {
        if before > 0 && who_can(connection) == 0 {
            let words = format!("{before} could administer, and nobody can after: {after}");
            self.fault(Kind::LockedOut, words);
        }
    }
}
