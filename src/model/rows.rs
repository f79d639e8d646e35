//! Rows of users and roles exports, decoded: what `read/` makes and every later room works on. Rows of
//! records exports, of which there are millions, are in `records.rs`.
//!
//! In: cells. Out: typed rows in file order, each with its place. A cell that cannot be used says
//! with which finding it was met; the finding itself is already collected by then.

use uuid::Uuid;

use crate::model::{Code, FileId, OwnerCell, Wish};

/// One person of a users export: who a reference meant in the old system.
///
/// A blank cell is `None`; texts are trimmed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// The file.
    pub file: FileId,
    /// The row, from 1, as a spreadsheet numbers it.
    pub row: u64,
    /// The physical line.
    pub line: u64,
    /// The old system's id of the person, whatever it looks like.
    pub id: Option<String>,
    /// UPN or login name.
    pub upn: Option<String>,
    /// Primary e-mail.
    pub mail: Option<String>,
    /// E-mail 2.
    pub mail2: Option<String>,
    /// Mobile alert e-mail.
    pub mobile_alert_mail: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Full name as written.
    pub full_name: Option<String>,
    /// Employee id.
    pub employee_id: Option<String>,
    /// Entra object id.
    pub directory_id: Option<Uuid>,
    /// Whether the old system says that the person is inactive.
    pub inactive: Option<bool>,
    /// What the row wishes for the user that the person is in the target; `None` where the manifest names no
    /// column of the file as a wish.
    pub wishes: Option<Box<[Wish]>>,
}

/// What a roles row asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoleAction {
    /// Give the role; what a row without an action means.
    Give,
    /// Take it away.
    Remove,
}

/// One row of a roles export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleRow {
    /// The file.
    pub file: FileId,
    /// The row, from 1, as a spreadsheet numbers it.
    pub row: u64,
    /// The physical line.
    pub line: u64,
    /// Whose role.
    pub user: OwnerCell,
    /// The role's name, trimmed; `None` where blank.
    pub role: Option<String>,
    /// The business unit named, if any.
    pub business_unit: Option<String>,
    /// Give or remove; the text as written where it is neither.
    pub action: Result<RoleAction, String>,
    /// The row as a whole cannot be used: the finding that says so (FIL003, FIL006).
    pub unusable: Option<Code>,
    /// Columns, from 1, of user, role, business unit and action; 0 where the file has none.
    pub columns: RoleColumns,
}

/// Where a roles export keeps what; columns count from 1, 0 where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoleColumns {
    /// User.
    pub user: u16,
    /// Role.
    pub role: u16,
    /// Business unit.
    pub business_unit: u16,
    /// Action.
    pub action: u16,
}
