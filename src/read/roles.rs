//! Roles exports: who has, gets or loses which role.
//!
//! In: rows of users and roles. Out: [`RoleRow`]s in file order, user texts as references. Whether
//! user and role exist is not known here.

use std::ops::ControlFlow;

use crate::model::{
    Code, Findings, Input, OwnerCell, Progress, ReferenceId, References, RoleAction, RoleColumns,
    RoleRow,
};
use crate::read::begin::Digested;
use crate::read::cell::is_total;
use crate::read::encoding::Undecodable;
use crate::read::faults::Faults;
use crate::read::header::{Header, column_number, missing};
use crate::read::names::{ROLE_ACTION, ROLE_BUSINESS_UNIT, ROLE_NAME, ROLE_USER};
use crate::read::open::Export;
use crate::read::owners::Owners;
use crate::read::source::{Chunk, Row};
use crate::read::{FileSpec, ReadError};

/// A roles export, opened, its columns found, not yet read.
pub struct RolesExport {
    export: Export,
    columns: Columns,
}

/// Columns, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Columns {
    user: usize,
    role: usize,
    business_unit: Option<usize>,
    action: Option<usize>,
}

impl Columns {
    fn used(&self) -> impl Iterator<Item = usize> + use<> {
        let more = [self.business_unit, self.action];
        let more = more.into_iter().flatten();
        [self.user, self.role].into_iter().chain(more)
    }

    fn used_max(&self) -> usize {
        self.used().fold(0, usize::max)
    }

    fn numbers(&self) -> RoleColumns {
        let optional = |column: Option<usize>| column.map_or(0, column_number);
        RoleColumns {
            user: column_number(self.user),
            role: column_number(self.role),
            business_unit: optional(self.business_unit),
            action: optional(self.action),
        }
    }
}

pub(super) fn open(spec: &FileSpec, findings: &mut Findings) -> Result<RolesExport, ReadError> {
    let fits = |header: &Header<'_>, _| {
        header.find(&ROLE_USER, "").is_some() && header.find(&ROLE_NAME, "").is_some()
    };
    let mut export = Export::open(spec, Digested::AtOpen, fits, findings)?;
    let header = export.header();
    let find = |wanted| {
        let cure = "rename the header that is meant to one of these";
        let found = header.find(wanted, "");
        found.ok_or_else(|| missing(&export.input, wanted, "", cure))
    };
    let columns = Columns {
        user: find(&ROLE_USER)?,
        role: find(&ROLE_NAME)?,
        business_unit: header.find(&ROLE_BUSINESS_UNIT, ""),
        action: header.find(&ROLE_ACTION, ""),
    };
    export.check_rows()?;
    export.uses(columns.used());
    Ok(RolesExport { export, columns })
}

impl RolesExport {
    /// What was opened, and how.
    pub fn input(&self) -> &Input {
        &self.export.input
    }

    /// Reads all rows, in file order; user texts are numbered in `references` in that order.
    pub fn read(
        &self,
        references: &mut References,
        findings: &mut Findings,
        progress: &dyn Progress,
    ) -> Result<Vec<RoleRow>, ReadError> {
        let file = self.export.input.file;
        let mut all = Vec::new();
        let map = |chunk: &Chunk| self.part(chunk);
        self.export.scan(progress, map, |part| {
            let users = part.users.met();
            let users: Vec<ReferenceId> = users
                .map(|(met, rows)| references.intern(&met.text, file, rows))
                .collect();
            all.extend(part.rows.into_iter().map(|mut row| {
                if let OwnerCell::Reference(local) = &mut row.user {
                    *local = users[local.0 as usize];
                }
                row
            }));
            findings.merge(part.findings);
            ControlFlow::Continue(())
        })?;
        Ok(all)
    }

    fn part(&self, chunk: &Chunk) -> Part {
        let mut decoder = Decoder {
            columns: self.columns,
            faults: self.export.faults(),
            users: Owners::default(),
        };
        let mut rows = Vec::new();
        self.export
            .rows_below(chunk, |row| rows.push(decoder.row(row)));
        Part {
            rows,
            users: decoder.users,
            findings: decoder.faults.findings,
        }
    }
}

/// What one chunk became; numbers of users count within it.
struct Part {
    rows: Vec<RoleRow>,
    users: Owners,
    findings: Findings,
}

struct Decoder<'a> {
    columns: Columns,
    faults: Faults<'a>,
    users: Owners,
}

impl Decoder<'_> {
    fn row(&mut self, row: &Row<'_>) -> RoleRow {
        let mut made = RoleRow {
            file: self.faults.file(),
            row: row.number,
            line: row.line,
            user: OwnerCell::Blank,
            role: None,
            business_unit: None,
            action: Ok(RoleAction::Give),
            unusable: self.unusable(row),
            columns: self.columns.numbers(),
        };
        if made.unusable.is_some() {
            return made;
        }
        match self.cells(row, &mut made) {
            Ok(()) => made.user = self.users.cell(row, self.columns.user, &mut self.faults),
            Err(code) => made.unusable = Some(code),
        }
        made
    }

    fn unusable(&mut self, row: &Row<'_>) -> Option<Code> {
        let user = row.text(self.columns.user);
        let role = row.text(self.columns.role);
        let class = match (user.as_deref(), role.as_deref()) {
            (Ok(user), Ok("")) if is_total(user) => "lines of totals among the rows",
            (Ok(""), Ok(role)) if is_total(role) => "lines of totals among the rows",
            (Ok(""), Ok("")) => "rows without user and role",
            _ => return self.faults.broken(row, self.columns.used_max()),
        };
        let cure = "take the rows out of the export, or fill what is missing";
        self.faults.row_finding(Code::Fil006, row, class, cure);
        Some(Code::Fil006)
    }

    fn cells(&mut self, row: &Row<'_>, made: &mut RoleRow) -> Result<(), Code> {
        made.role = self.text(row, Some(self.columns.role))?;
        made.business_unit = self.text(row, self.columns.business_unit)?;
        made.action = self
            .text(row, self.columns.action)?
            .map_or(Ok(RoleAction::Give), action);
        Ok(())
    }

    fn text(&mut self, row: &Row<'_>, column: Option<usize>) -> Result<Option<String>, Code> {
        let Some(column) = column else {
            return Ok(None);
        };
        match row.text(column) {
            Ok(text) => {
                self.faults.strange(row, column, &text, false);
                Ok((!text.is_empty()).then(|| text.into_owned()))
            }
            Err(Undecodable) => Err(self.faults.undecodable(row, column)),
        }
    }
}

/// Give or remove, by the words that people use; the text itself where it is neither.
fn action(text: String) -> Result<RoleAction, String> {
    match text.to_ascii_lowercase().as_str() {
        "give" | "add" | "assign" | "grant" => Ok(RoleAction::Give),
        "remove" | "revoke" | "delete" | "unassign" => Ok(RoleAction::Remove),
        _ => Err(text),
    }
}
