//! Reads the tables of an environment folder, and turns cells into values or problems.
//!
//! In: a file and its known columns. Out: rows whose cells are asked for by the design's names;
//! what a cell cannot be is told as a problem at that cell. The only file here that names `read/`.

use std::ops::ControlFlow;
use std::path::Path;

use uuid::Uuid;

use crate::environment::EnvironmentError;
use crate::environment::load::headers::Header;
use crate::environment::load::problems::Collector;
use crate::environment::load::problems::Problem;
use crate::environment::load::strays::remark;
use crate::environment::load::strays::strays;
use crate::environment::load::words;
use crate::environment::load::words::Word;
use crate::environment::load::world::Found;
use crate::model::{FileId, Findings, InputKind, Progress, parse_guid, quoted};
use crate::read::FileSpec;
use crate::read::ReadError;
use crate::read::Table;
use crate::read::TableRow;
use crate::read::open_table;

/// An open file of the folder.
pub(super) struct Sheet {
    shown: String,
    table: Table,
    columns: Vec<(&'static str, Column)>,
}

/// A column of a sheet; one that the file does not have holds blank cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Column(Option<usize>);

impl Column {
    /// The column at this index, from 0.
    pub(super) fn at(index: usize) -> Self {
        Self(Some(index))
    }

    /// Whether the file has it.
    pub(super) fn is_there(self) -> bool {
        self.0.is_some()
    }
}

/// The place of a row, for problems that are known later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// The row, from 1.
    pub(super) row: u64,
    /// Its physical line.
    pub(super) line: u64,
}

impl Sheet {
    /// Opens a file and finds its columns; `None` where it cannot be used, which is told.
    ///
    /// What is worth knowing of how it was read goes to `remarks`.
    pub(super) fn open(
        path: &Path,
        shown: &str,
        headers: &[Header],
        problems: &mut Collector,
        remarks: &mut Vec<String>,
    ) -> Option<Self> {
        let mut findings = Findings::default();
        let opened = open_table(&spec(path, shown), &mut findings);
        remarks.extend(findings.iter().map(|finding| finding.message.clone()));
        let table = match opened {
            Ok(table) => table,
            Err(error) => {
                tell_unreadable(shown, &error, problems);
                return None;
            }
        };
        let mut sheet = Self {
            shown: shown.to_owned(),
            table,
            columns: Vec::new(),
        };
        let mut usable = true;
        for header in headers {
            let column = sheet.find(header);
            if header.needed && column == Column(None) {
                sheet.tell_missing(header.name, headers, problems);
                usable = false;
            }
            sheet.columns.push((header.name, column));
        }
        usable.then_some(sheet)
    }

    /// Tells the columns that nobody reads: a misspelt one is a problem, the others are a remark.
    /// `unread` are names of columns that are right as they are, and not read.
    pub(super) fn tell_strays(
        &self,
        headers: &[Header],
        unread: &[&'static str],
        problems: &mut Collector,
        remarks: &mut Vec<String>,
    ) {
        let read: Vec<usize> = self
            .columns
            .iter()
            .filter_map(|(_, column)| column.0)
            .collect();
        let lacking: Vec<&Header> = headers
            .iter()
            .filter(|header| self.column(header.name) == Column(None))
            .collect();
        let known = headers.iter().flat_map(Header::names);
        let known: Vec<&str> = known.chain(unread.iter().copied()).collect();
        let strays = strays(self.headers(), &read, &lacking, &known);
        for (index, message) in &strays.misspelt {
            let top = Spot { row: 1, line: 1 };
            self.problem_at(problems, top, Column::at(*index), message);
        }
        if !strays.unread.is_empty() {
            remarks.push(remark(&self.shown, &strays.unread));
        }
    }

    fn find(&self, header: &Header) -> Column {
        let mut names = vec![header.name];
        names.extend(header.also);
        Column(self.table.column(&names))
    }

    /// Tells that the file has no column for the name, which is one of `headers`.
    pub(super) fn tell_missing(&self, name: &str, headers: &[Header], problems: &mut Collector) {
        let Some(header) = headers.iter().find(|header| header.name == name) else {
            return;
        };
        let names = header.names();
        let message = format!(
            "there is no column {}; found {}; name it by one of {}",
            quoted(&header.name),
            words::listed(self.headers().iter().map(String::as_str)),
            words::listed(names)
        );
        problems.of_file(&self.shown, message);
    }

    /// The column of the design's name.
    pub(super) fn column(&self, name: &str) -> Column {
        let found = self.columns.iter().find(|(known, _)| *known == name);
        debug_assert!(found.is_some(), "{name} is no column of {}", self.shown);
        found.map_or(Column(None), |(_, column)| *column)
    }

    /// The column under this header, whatever the design says of it.
    pub(super) fn named(&self, name: &str) -> Option<Column> {
        self.table.column(&[name]).map(Column::at)
    }

    /// The file's name for messages.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// The header cells as written.
    pub(super) fn headers(&self) -> &[String] {
        &self.table.input().headers
    }

    /// BLAKE3 of the file, in hexadecimal.
    pub(super) fn hash(&self) -> &str {
        &self.table.input().hash
    }

    /// Hands each row to `sink` and counts them; a row that cannot be read is told and left out.
    pub(super) fn rows(
        &self,
        progress: &dyn Progress,
        problems: &mut Collector,
        sink: &mut dyn FnMut(&mut Cells<'_>) -> Result<(), EnvironmentError>,
    ) -> Result<u64, EnvironmentError> {
        let mut count = 0;
        let mut failed = Ok(());
        let read = self.table.rows(progress, &mut |row| {
            count += 1;
            let mut cells = Cells {
                row,
                sheet: self,
                problems: &mut *problems,
            };
            if let Some(defect) = cells.row.defect().map(str::to_owned) {
                cells.problem(Column(None), &format!("{defect}; correct the row"));
                return ControlFlow::Continue(());
            }
            if cells.tell_strange() {
                return ControlFlow::Continue(());
            }
            failed = sink(&mut cells);
            if failed.is_ok() {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
        if let Err(error) = read {
            tell_unreadable(&self.shown, &error, problems);
        }
        failed.map(|()| count)
    }

    /// Tells a problem of the file as a whole.
    pub(super) fn problem(&self, problems: &mut Collector, message: &str) {
        problems.of_file(&self.shown, message.to_owned());
    }

    /// Tells a problem of a row that was read before.
    pub(super) fn problem_at(
        &self,
        problems: &mut Collector,
        spot: Spot,
        column: Column,
        message: &str,
    ) {
        let message = message.to_owned();
        problems.add(Problem {
            message,
            ..self.place(spot, column)
        });
    }

    /// A problem at a cell, without its message.
    fn place(&self, spot: Spot, column: Column) -> Problem {
        let header = column.0.and_then(|index| self.headers().get(index));
        Problem {
            file: self.shown.clone(),
            row: spot.row,
            line: spot.line,
            column: column.0.and_then(|index| u16::try_from(index + 1).ok()),
            header: header.cloned(),
            message: String::new(),
        }
    }
}

fn spec(path: &Path, shown: &str) -> FileSpec {
    FileSpec {
        file: FileId::default(),
        kind: InputKind::Environment,
        name: shown.to_owned(),
        path: path.to_path_buf(),
        sheet: None,
        encoding: None,
        delimiter: None,
    }
}

/// Tells why a file as a whole cannot be read; its name is said once.
fn tell_unreadable(shown: &str, error: &ReadError, problems: &mut Collector) {
    let whole = error.with_causes();
    let named = format!("{shown} ", shown = quoted(&shown));
    let message = whole.strip_prefix(&named).unwrap_or(&whole).to_owned();
    problems.of_file(shown, message);
}

/// The cells of one row.
pub(super) struct Cells<'a> {
    row: TableRow<'a>,
    sheet: &'a Sheet,
    problems: &'a mut Collector,
}

impl Cells<'_> {
    /// Where the row is.
    pub(super) fn spot(&self) -> Spot {
        Spot {
            row: self.row.row(),
            line: self.row.line(),
        }
    }

    /// A problem at a cell whose message is known later.
    pub(super) fn place(&self, column: Column) -> Problem {
        self.sheet.place(self.spot(), column)
    }

    /// Tells a problem at a cell, or of the row where the column is none.
    pub(super) fn problem(&mut self, column: Column, message: &str) {
        let spot = self.spot();
        self.sheet.problem_at(self.problems, spot, column, message);
    }

    /// Tells that what must be there once is in an earlier row too.
    pub(super) fn repeated(&mut self, column: Column, what: &str) {
        let text = self.cell(column);
        let message = format!(
            "{text}: this {what} stands in an earlier row too, expected each once; remove one row",
            text = quoted(&text)
        );
        self.problem(column, &message);
    }

    /// Tells cells of known columns that a spreadsheet mangled: equal, they would be one thing.
    /// Says whether there were any.
    fn tell_strange(&mut self) -> bool {
        let columns = self.sheet.columns.iter().map(|(_, column)| *column);
        let strange: Vec<Column> = columns.filter(|column| self.is_strange(*column)).collect();
        for column in &strange {
            let message = format!(
                "{}: a formula's error or a mangled number; export the column again, as text",
                quoted(&self.cell(*column))
            );
            self.problem(*column, &message);
        }
        !strange.is_empty()
    }

    /// Whether the cell holds a formula's error or a number that lost digits.
    pub(super) fn is_strange(&self, column: Column) -> bool {
        column.0.is_some_and(|index| self.row.is_strange(index))
    }

    /// The cell, trimmed; empty where there is none.
    pub(super) fn cell(&self, column: Column) -> &str {
        column.0.map_or("", |index| self.row.cell(index))
    }

    /// The text of a cell that may be blank.
    pub(super) fn optional(&self, column: Column) -> Option<String> {
        let text = self.cell(column);
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The text of a cell that must not be blank.
    pub(super) fn text(&mut self, column: Column, what: &str) -> Option<String> {
        let text = self.optional(column);
        if text.is_none() {
            self.problem(column, &format!("blank, expected {what}; fill it in"));
        }
        text
    }

    /// The GUID of a cell that must hold one.
    pub(super) fn guid(&mut self, column: Column) -> Option<Uuid> {
        if self.cell(column).is_empty() {
            self.problem(column, "blank, expected a GUID; fill it in");
            return None;
        }
        self.optional_guid(column).ok().flatten()
    }

    /// The GUID of a cell that may be blank. The error is told.
    pub(super) fn optional_guid(&mut self, column: Column) -> Result<Option<Uuid>, Told> {
        self.parsed(column, "a GUID", parse_guid)
    }

    /// The kind whose word is in a cell that may be blank. The error is told.
    pub(super) fn word<T: Word>(&mut self, column: Column) -> Result<Option<T>, Told> {
        let expected = format!("one of {}", T::suggested());
        self.parsed(column, &expected, T::of)
    }

    /// Yes or no of a cell that may be blank. The error is told.
    pub(super) fn yes_no(&mut self, column: Column) -> Result<Option<bool>, Told> {
        self.parsed(column, "`yes` or `no`", |text| {
            words::yes_no(text, "yes", "no")
        })
    }

    /// The value of a cell that may be blank, if `parse` knows it. The error is told.
    pub(super) fn parsed<T>(
        &mut self,
        column: Column,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Told> {
        let text = self.cell(column);
        if text.is_empty() {
            return Ok(None);
        }
        if let Some(value) = parse(text) {
            return Ok(Some(value));
        }
        let message = format!(
            "{text}, expected {expected}; correct the cell",
            text = quoted(&text)
        );
        self.problem(column, &message);
        Err(Told)
    }

    /// What a cell refers to; `what` says which kind, `expected` how it may be named.
    pub(super) fn reference<T>(
        &mut self,
        column: Column,
        what: &str,
        expected: &str,
        find: impl FnOnce(&str) -> Found<T>,
    ) -> Option<T> {
        let text = self.text(column, expected)?;
        let message = match find(&text) {
            Found::One(found) => return Some(found),
            Found::Unknowable => return None,
            Found::Nothing => {
                format!(
                    "{text} is no {what}, expected {expected}; correct the cell or add the {what}",
                    text = quoted(&text)
                )
            }
            Found::Several(count) => format!(
                "{text} names {count} of the kind {what}, expected one; name it by its id",
                text = quoted(&text)
            ),
        };
        self.problem(column, &message);
        None
    }
}

/// A cell could not be used, and the problem is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Told;
