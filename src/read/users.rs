//! Users exports: who the references meant in the old system.
//!
//! In: rows about people. Out: [`Person`]s in file order, with what the row wishes for them where the
//! manifest says so; rows that cannot be used are findings, left out and counted. Who of them exists in the
//! target is not known here.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crate::model::{Code, Findings, Input, Person, Progress, Wish, WishField, parse_guid};
use crate::read::begin::Digested;
use crate::read::cell::is_total;
use crate::read::encoding::Undecodable;
use crate::read::faults::Faults;
use crate::read::header::{Header, column_number, missing_named};
use crate::read::names::{
    DIRECTORY_ID, USER_DISABLED, USER_EMPLOYEE_ID, USER_ENABLED, USER_FIRST_NAME, USER_FULL_NAME,
    USER_ID, USER_LAST_NAME, USER_MAIL, USER_MAIL_2, USER_MOBILE_ALERT_MAIL, USER_UPN, Wanted,
};
use crate::read::open::Export;
use crate::read::source::{Chunk, Row};
use crate::read::wishes::{self, WishColumn};
use crate::read::{FileSpec, ReadError};

/// A users export, opened, its columns found, not yet read.
pub struct UsersExport {
    export: Export,
    columns: Columns,
    /// `None` where the manifest names no column as a wish.
    wishes: Option<Vec<WishColumn>>,
}

/// What a users export holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsersRead {
    /// The people, in file order.
    pub people: Vec<Person>,
    /// Rows that make no person, by the finding that says why.
    pub unusable: BTreeMap<Code, u64>,
}

/// Columns, from 0, of what the file has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Columns {
    id: Option<usize>,
    upn: Option<usize>,
    mail: Option<usize>,
    mail2: Option<usize>,
    mobile_alert_mail: Option<usize>,
    first_name: Option<usize>,
    last_name: Option<usize>,
    full_name: Option<usize>,
    employee_id: Option<usize>,
    directory_id: Option<usize>,
    disabled: Option<usize>,
    enabled: Option<usize>,
}

impl Columns {
    fn of(header: &Header<'_>) -> Self {
        let find = |wanted: &Wanted| header.find(wanted, "systemuser");
        let id = find(&USER_ID);
        let upn = find(&USER_UPN);
        // An Entra export calls the object id `id`; what tells it is the login name written as Entra
        // writes it, and no `systemuserid` beside it.
        let is_entra = header.named("userPrincipalName").is_some()
            && header.named("systemuserid").is_none()
            && id.is_some_and(|id| header.named("id") == Some(id));
        Self {
            id,
            upn,
            mail: find(&USER_MAIL),
            mail2: find(&USER_MAIL_2),
            mobile_alert_mail: find(&USER_MOBILE_ALERT_MAIL),
            first_name: find(&USER_FIRST_NAME),
            last_name: find(&USER_LAST_NAME),
            full_name: find(&USER_FULL_NAME),
            employee_id: find(&USER_EMPLOYEE_ID),
            directory_id: find(&DIRECTORY_ID).or(id.filter(|_| is_entra)),
            disabled: find(&USER_DISABLED),
            enabled: find(&USER_ENABLED),
        }
    }

    /// Whether a row is the header of a users export. One word can be met by chance: below the first
    /// row it takes two columns.
    fn is_header(&self, is_first: bool) -> bool {
        self.identifies() && (is_first || self.used().count() > 1)
    }

    fn identifies(&self) -> bool {
        [self.id, self.upn, self.mail, self.full_name]
            .iter()
            .any(Option::is_some)
    }

    fn used(&self) -> impl Iterator<Item = usize> {
        let used = [
            self.id,
            self.upn,
            self.mail,
            self.mail2,
            self.mobile_alert_mail,
            self.first_name,
            self.last_name,
            self.full_name,
            self.employee_id,
            self.directory_id,
            self.disabled,
            self.enabled,
        ];
        used.into_iter().flatten()
    }
}

pub(super) fn open(
    spec: &FileSpec,
    change: &[WishField],
    findings: &mut Findings,
) -> Result<UsersExport, ReadError> {
    let fits = |header: &Header<'_>, is_first| Columns::of(header).is_header(is_first);
    let mut export = Export::open(spec, Digested::AtOpen, fits, findings)?;
    let columns = Columns::of(&export.header());
    if !columns.identifies() {
        return Err(missing_named(
            &export.input,
            "user",
            "an id (`systemuserid`, `Id`), a login name (`User principal name`, `Username`), a mail \
             (`Primary Email`, `Email`) or a full name (`Full Name`, `Display name`)",
            "rename one of the headers to such a name",
        ));
    }
    let wishes = wishes::columns(&export, &export.header(), change)?;
    export.check_rows()?;
    let more = wishes.iter().map(|(_, column)| *column);
    export.uses(columns.used().chain(more));
    Ok(UsersExport {
        export,
        columns,
        wishes: (!wishes.is_empty()).then_some(wishes),
    })
}

impl UsersExport {
    /// What was opened, and how.
    pub fn input(&self) -> &Input {
        &self.export.input
    }

    /// Whether the manifest lets its rows wish something.
    pub fn wishes(&self) -> bool {
        self.wishes.is_some()
    }

    /// Reads all rows, in file order.
    pub fn read(
        &self,
        findings: &mut Findings,
        progress: &dyn Progress,
    ) -> Result<UsersRead, ReadError> {
        let mut read = UsersRead::default();
        let map = |chunk: &Chunk| self.part(chunk);
        self.export.scan(progress, map, |(part, met)| {
            if read.people.is_empty() {
                read.people = part.people;
            } else {
                read.people.extend(part.people);
            }
            for (code, rows) in part.unusable {
                *read.unusable.entry(code).or_default() += rows;
            }
            findings.merge(met);
            ControlFlow::Continue(())
        })?;
        Ok(read)
    }

    fn part(&self, chunk: &Chunk) -> (UsersRead, Findings) {
        let mut faults = self.export.faults();
        let mut read = UsersRead::default();
        self.export.rows_below(chunk, |row| {
            match person(row, &self.columns, self.wishes.as_deref(), &mut faults) {
                Ok(person) => read.people.push(person),
                Err(code) => *read.unusable.entry(code).or_default() += 1,
            }
        });
        (read, faults.findings)
    }
}

/// The person of a row, or the finding that says why there is none.
fn person(
    row: &Row<'_>,
    columns: &Columns,
    wishes: Option<&[WishColumn]>,
    faults: &mut Faults<'_>,
) -> Result<Person, Code> {
    let more = wishes.iter().copied().flatten().map(|(_, column)| *column);
    let last = columns.used().chain(more).max().unwrap_or(0);
    if let Some(code) = faults.broken(row, last) {
        return Err(code);
    }
    let mut cells = Cells {
        row,
        faults,
        undecodable: None,
    };
    let id = cells.text(columns.id, true);
    let person = Person {
        file: cells.faults.file(),
        row: row.number,
        line: row.line,
        directory_id: cells
            .text(columns.directory_id, true)
            .as_deref()
            .and_then(parse_guid),
        id,
        upn: cells.text(columns.upn, false),
        mail: cells.text(columns.mail, false),
        mail2: cells.text(columns.mail2, false),
        mobile_alert_mail: cells.text(columns.mobile_alert_mail, false),
        first_name: cells.text(columns.first_name, false),
        last_name: cells.text(columns.last_name, false),
        full_name: cells.text(columns.full_name, false),
        employee_id: cells.text(columns.employee_id, true),
        inactive: cells.inactive(columns),
        wishes: wishes.map(|wishes| cells.wishes(wishes)),
    };
    match cells.undecodable {
        Some(code) => Err(code),
        None if is_no_person(&person, row, faults) => Err(Code::Fil006),
        None => Ok(person),
    }
}

/// FIL006 where nothing in the row tells who is meant.
fn is_no_person(person: &Person, row: &Row<'_>, faults: &mut Faults<'_>) -> bool {
    let names_somebody =
        person.upn.is_some() || person.mail.is_some() || person.full_name.is_some();
    let total = person.id.as_deref().is_some_and(is_total) && !names_somebody
        || person.full_name.as_deref().is_some_and(is_total)
            && person.id.is_none()
            && person.upn.is_none()
            && person.mail.is_none();
    let class = if total {
        "lines of totals among the rows"
    } else if person.id.is_none() && !names_somebody {
        "rows without id, login name, mail or full name"
    } else {
        return false;
    };
    let cure = "take the rows out of the export, or fill what is missing";
    faults.row_finding(Code::Fil006, row, class, cure);
    true
}

/// The cells of one row, as a person's facts.
struct Cells<'a, 'r, 'i> {
    row: &'a Row<'r>,
    faults: &'a mut Faults<'i>,
    undecodable: Option<Code>,
}

impl Cells<'_, '_, '_> {
    /// The text of a cell; a strange one (FIL007) is none: all whose formula failed would be the
    /// same person.
    fn text(&mut self, column: Option<usize>, is_id: bool) -> Option<String> {
        let column = column?;
        match self.row.text(column) {
            Ok(text) if text.is_empty() => None,
            Ok(text) => {
                let lost = self.faults.strange(self.row, column, &text, is_id);
                (!lost).then(|| text.into_owned())
            }
            Err(Undecodable) => {
                self.undecodable = Some(self.faults.undecodable(self.row, column));
                None
            }
        }
    }

    /// The wishes of the row; a blank cell wishes nothing.
    fn wishes(&mut self, columns: &[WishColumn]) -> Box<[Wish]> {
        let wish = |(field, column): &WishColumn| {
            Some(Wish {
                field: *field,
                text: self.text(Some(*column), false)?,
                column: column_number(*column),
            })
        };
        columns.iter().filter_map(wish).collect()
    }

    fn inactive(&mut self, columns: &Columns) -> Option<bool> {
        let disabled = self.text(columns.disabled, false);
        let enabled = self.text(columns.enabled, false);
        let told = disabled.as_deref().and_then(|text| says(text, true));
        told.or_else(|| enabled.as_deref().and_then(|text| says(text, false)))
    }
}

/// Whether a cell says that the person is inactive; `if_yes` is what a bare yes means there.
fn says(text: &str, if_yes: bool) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Some(if_yes),
        "false" | "no" | "0" => Some(!if_yes),
        "disabled" | "inactive" | "blocked" | "deactivated" => Some(true),
        "enabled" | "active" | "allowed" => Some(false),
        _ => None,
    }
}
