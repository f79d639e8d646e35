//! A plan as sheets: what every report that has rows is made of, whether page, workbook, CSV or terminal.
//!
//! In: a sealed plan. Out: named sheets of typed columns, and their rows one after the other, so that a report
//! takes as many as it has room for and says how many there are. What the columns are is data (`columns.rs`);
//! how a row of the plan becomes cells is `rows.rs`; how they look is each report's own affair.

mod columns;
mod everybody;
mod rows;

use std::ops::ControlFlow;

use crate::model::unguard_cell;
use crate::plan::{Document, HandOverRecord, ReadinessRow, SealedPlan};
use crate::report::ReportError;
use crate::report::anonymise::{Anonymiser, AnonymousKey};
use crate::report::names::Names;

pub(super) use columns::column;
pub use everybody::Known;

/// One sheet of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SheetName {
    /// What became of each owner reference, most rows first.
    Owners,
    /// Stub users to be made.
    StubUsers,
    /// Existing users to be changed.
    Users,
    /// Roles to be given and removed by changes of their own.
    Roles,
    /// Records to be assigned.
    Records,
    /// Every place of every finding.
    Findings,
    /// Who can work on day one.
    Readiness,
    /// Who owns how many records before and after, by table.
    Reconciliation,
    /// The exports that the plan was made from, each row accounted for.
    Inputs,
}

impl SheetName {
    /// Every sheet, in the order of reading.
    pub const ALL: [Self; 9] = [
        Self::Owners,
        Self::StubUsers,
        Self::Users,
        Self::Roles,
        Self::Records,
        Self::Findings,
        Self::Readiness,
        Self::Reconciliation,
        Self::Inputs,
    ];

    /// What people read.
    pub fn title(self) -> &'static str {
        match self {
            Self::Owners => "Owners",
            Self::StubUsers => "Stub users",
            Self::Users => "Users",
            Self::Roles => "Roles",
            Self::Records => "Records",
            Self::Findings => "Findings",
            Self::Readiness => "Readiness",
            Self::Reconciliation => "Reconciliation",
            Self::Inputs => "Inputs",
        }
    }

    /// What programs and addresses call it: `stub-users`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Owners => "owners",
            Self::StubUsers => "stub-users",
            Self::Users => "users",
            Self::Roles => "roles",
            Self::Records => "records",
            Self::Findings => "findings",
            Self::Readiness => "readiness",
            Self::Reconciliation => "reconciliation",
            Self::Inputs => "inputs",
        }
    }

    /// Its columns, in order.
    pub fn columns(self) -> &'static [SheetColumn] {
        columns::of(self)
    }
}

/// What a column holds: how it is aligned, coloured, filtered, and what of it is about a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SheetKind {
    /// A text about nobody: a table, a file, a role.
    Text,
    /// A number.
    Number,
    /// A rule's code.
    Code,
    /// `error`, `warning` or `note`.
    Severity,
    /// `yes`, `no` or `not known`.
    Answer,
    /// An id: a GUID, or two.
    Id,
    /// A person's or a team's name, with or without a UPN in `<>`; several with `; ` between them.
    Person,
    /// A UPN or a mail address.
    Address,
    /// A cell of an export that may name a person.
    Cell,
    /// Values of a user, with `; ` between them, told one by one.
    Values,
    /// A sentence that may name people.
    Prose,
    /// A ruling: what somebody writes, or has written.
    Ruling,
}

impl SheetKind {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::Text,
        Self::Number,
        Self::Code,
        Self::Severity,
        Self::Answer,
        Self::Id,
        Self::Person,
        Self::Address,
        Self::Cell,
        Self::Values,
        Self::Prose,
        Self::Ruling,
    ];

    /// What the page calls it, in its data and in its script.
    pub fn key(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Code => "code",
            Self::Severity => "severity",
            Self::Answer => "answer",
            Self::Id => "id",
            Self::Person => "person",
            Self::Address => "address",
            Self::Cell => "cell",
            Self::Values => "values",
            Self::Prose => "prose",
            Self::Ruling => "ruling",
        }
    }
}

/// A column of a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SheetColumn {
    /// What programs call it: `full_name`.
    pub key: &'static str,
    /// What people read at its head.
    pub title: &'static str,
    /// What it holds.
    pub kind: SheetKind,
    /// How many characters of it are shown before it is cut or wrapped.
    pub width: u16,
}

/// A cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SheetCell {
    /// Nothing, or not known.
    Blank,
    /// A text, never empty.
    Text(String),
    /// A number.
    Number(u64),
}

impl SheetCell {
    /// A text; an empty one is [`SheetCell::Blank`].
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() {
            Self::Blank
        } else {
            Self::Text(text)
        }
    }

    /// A number; `None` is [`SheetCell::Blank`].
    pub fn number(number: impl Into<Option<u64>>) -> Self {
        number.into().map_or(Self::Blank, Self::Number)
    }
}

/// What takes the rows of a sheet, one after the other.
pub type RowSink<'a> = dyn FnMut(Vec<SheetCell>) -> ControlFlow<()> + 'a;

/// The sheets of one plan.
#[derive(Debug)]
pub struct Sheets<'a> {
    plan: &'a SealedPlan,
    names: Names,
    anonymous: Option<Box<Anonymous>>,
}

/// What puts tokens in place of people, and the document after that.
#[derive(Debug)]
struct Anonymous {
    anonymiser: Anonymiser,
    document: Document,
}

impl<'a> Sheets<'a> {
    /// Reads what people call the ids of a plan.
    pub fn of(plan: &'a SealedPlan) -> Result<Self, ReportError> {
        Ok(Self {
            plan,
            names: Names::of(plan)?,
            anonymous: None,
        })
    }

    /// The same without people: tokens in their place, the same in all that is made with this key.
    pub fn anonymous(plan: &'a SealedPlan, key: &AnonymousKey) -> Result<Self, ReportError> {
        let anonymiser = Anonymiser::of(plan, key)?;
        let document = anonymiser.document(plan.document());
        Ok(Self {
            anonymous: Some(Box::new(Anonymous {
                anonymiser,
                document,
            })),
            ..Self::of(plan)?
        })
    }

    /// The same with its people, whatever is asked for: what is looked for among them must not be told.
    pub(super) fn with_people(&self) -> Result<Self, ReportError> {
        Self::of(self.plan)
    }

    /// What puts tokens in place of people, where it is asked for.
    pub fn anonymiser(&self) -> Option<&Anonymiser> {
        self.anonymous
            .as_ref()
            .map(|anonymous| &anonymous.anonymiser)
    }

    /// The plan that they are of, with its people.
    pub(super) fn plan(&self) -> &SealedPlan {
        self.plan
    }

    /// What people call ids.
    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    /// A text of a kind, as it is to be told.
    pub(super) fn tell(&self, kind: SheetKind, text: String) -> String {
        match self.anonymiser() {
            Some(anonymiser) => anonymiser.of_kind(kind, &text),
            None => text,
        }
    }

    /// What something is called, as it is to be told.
    pub(super) fn tell_label(&self, label: String) -> String {
        match self.anonymiser() {
            Some(anonymiser) => anonymiser.label(&label),
            None => label,
        }
    }

    /// Hands out everybody in scope with whether they can work, as they are to be told.
    pub(super) fn readiness(&self, sink: &mut dyn FnMut(ReadinessRow)) -> Result<(), ReportError> {
        self.plan.readiness(&mut |row| {
            sink(ReadinessRow {
                upn: self.tell(SheetKind::Address, row.upn),
                name: self.tell(SheetKind::Person, row.name),
                ..row
            });
        })?;
        Ok(())
    }

    /// What a finding is about, as it is to be told.
    pub(super) fn tell_subject(&self, code: &str, subject: &str) -> String {
        match self.anonymiser() {
            Some(anonymiser) => anonymiser.subject(code, subject),
            None => subject.to_owned(),
        }
    }

    /// What `plan.json` says.
    pub fn document(&self) -> &Document {
        match &self.anonymous {
            Some(anonymous) => &anonymous.document,
            None => self.plan.document(),
        }
    }

    /// The cells of a list for an administrator, its header first.
    pub fn hand_over(&self, list: &HandOverRecord) -> Result<Vec<Vec<String>>, ReportError> {
        let text = self.plan.hand_over(&list.file)?;
        let mut reader = csv::ReaderBuilder::new();
        let reader = reader.has_headers(false).flexible(true);
        let rows = reader.from_reader(text.as_bytes()).into_records();
        let row = |row: csv::Result<csv::StringRecord>| {
            let row = row.map_err(std::io::Error::other)?;
            let cells = row.iter().map(|cell| unguard_cell(cell).to_owned());
            Ok(cells.collect())
        };
        rows.map(row).collect()
    }

    /// How many rows a sheet has.
    pub fn len(&self, sheet: SheetName) -> u64 {
        rows::count(self.document(), sheet)
    }

    /// Hands out the rows of a sheet, each with a cell for every column, until there are no more or nobody
    /// wants one.
    pub fn rows(&self, sheet: SheetName, sink: &mut RowSink<'_>) -> Result<(), ReportError> {
        let Some(anonymiser) = self.anonymiser() else {
            return rows::hand_out(self, sheet, sink);
        };
        rows::hand_out(self, sheet, &mut |row| sink(anonymiser.row(sheet, row)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{SheetKind, SheetName};

    #[test]
    fn each_kind_has_a_name_of_its_own_and_a_column() {
        let keys: BTreeSet<&str> = SheetKind::ALL.map(SheetKind::key).into();
        assert_eq!(keys.len(), SheetKind::ALL.len());
        let columns = SheetName::ALL.into_iter().flat_map(SheetName::columns);
        let used: BTreeSet<SheetKind> = columns.map(|column| column.kind).collect();
        assert_eq!(used, SheetKind::ALL.into());
    }
}
