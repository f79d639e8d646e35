//! Exports to rows: an adapter per kind of file behind one trait.
//!
//! In: files as the manifest names them. Out: typed rows in file order with their places, and
//! findings; a file that cannot be read as what it is gives a [`ReadError`]. A file is cut into
//! chunks of whole rows, parsed and decoded independently on all cores and put together in file
//! order, so that memory does not grow with the file and the outcome not with the threads.
//! Who is meant by a text, and what a target holds, is for later rooms.

use std::path::PathBuf;

use crate::model::{FileId, Findings, InputKind, WishField};

mod begin;
mod cell;
mod csv;
mod delimiter;
mod encoding;
mod error;
mod faults;
mod guid;
mod header;
mod layers;
mod look;
mod names;
mod open;
mod owners;
mod parts;
mod records;
mod roles;
mod scan;
mod source;
mod split;
mod spool;
mod stretch;
mod table;
mod transcode;
mod unpack;
mod users;
mod wishes;
mod workbook;

pub use error::ReadError;
pub use records::RecordsExport;
pub use roles::RolesExport;
pub use table::{Table, TableRow};
pub use users::{UsersExport, UsersRead};

/// Which file to open and how; `None` is told by the content.
#[derive(Clone, Debug)]
pub struct FileSpec {
    /// Its number in this run.
    pub file: FileId,
    /// What it is about.
    pub kind: InputKind,
    /// As the manifest writes it.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    /// The label of an encoding.
    pub encoding: Option<String>,
    /// Between the cells of a CSV.
    pub delimiter: Option<char>,
}

/// What the manifest says about a records export; columns by their headers.
#[derive(Clone, Debug)]
pub struct RecordsSpec {
    /// Logical name of the table.
    pub entity: String,
    /// The column of the Dataverse id.
    pub id: Option<String>,
    /// Where records are found by the old system's id instead.
    pub key: Option<KeySpec>,
    /// The column of the owner.
    pub owner: Option<String>,
}

/// Where the old system's id of a record is, here and in the target.
#[derive(Clone, Debug)]
pub struct KeySpec {
    /// The export's column.
    pub column: String,
    /// The target's field.
    pub field: String,
}

/// Opens a users export: its rows need an id, a login name, a mail or a full name, and it the columns of
/// what is wished for.
pub fn open_users(
    spec: &FileSpec,
    change: &[WishField],
    findings: &mut Findings,
) -> Result<UsersExport, ReadError> {
    users::open(spec, change, findings)
}

/// Opens a records export: its rows need an id, or the key that `records` names, and an owner.
pub fn open_records(
    spec: &FileSpec,
    records: &RecordsSpec,
    findings: &mut Findings,
) -> Result<RecordsExport, ReadError> {
    records::open(spec, records, findings)
}

/// Opens a roles export: its rows need a user and a role.
pub fn open_roles(spec: &FileSpec, findings: &mut Findings) -> Result<RolesExport, ReadError> {
    roles::open(spec, findings)
}

/// Opens any table whose first row that holds anything is its header.
pub fn open_table(spec: &FileSpec, findings: &mut Findings) -> Result<Table, ReadError> {
    table::open(spec, findings)
}

/// Opens any table by some columns, each known by several names; a row above the header may be anything.
pub fn open_columns(
    spec: &FileSpec,
    wanted: &[&[&str]],
    findings: &mut Findings,
) -> Result<Table, ReadError> {
    table::open_columns(spec, wanted, findings)
}

#[cfg(test)]
mod tests;
