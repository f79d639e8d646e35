//! All plans of a project, in order: the story of several dry runs.
//!
//! In: the document of each, or why it cannot be read, and what stands of it in its target. Out: a table as text, CSV
//! and JSON.

use std::io::{self, Write};

use crate::plan::Document;
use crate::report::ReportError;
use crate::report::grid::Grid;
use crate::report::listing::{Csv, JsonList, Row};
use crate::report::page::Page;
use crate::report::sheets::{SheetCell, SheetColumn, SheetKind, column};

/// What stands of a plan in its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PastState {
    /// Nothing was written.
    NotApplied,
    /// Part of it.
    InPart,
    /// All of it.
    Applied,
    /// Its undo has begun.
    Undoing,
    /// It was taken back.
    Undone,
    /// Its journal cannot be read.
    NotKnown,
}

impl PastState {
    fn word(self) -> &'static str {
        match self {
            Self::NotApplied => "no",
            Self::InPart => "in part",
            Self::Applied => "yes",
            Self::Undoing => "undone in part",
            Self::Undone => "undone",
            Self::NotKnown => "not known",
        }
    }
}

/// One plan of a project.
#[derive(Clone, Debug)]
pub struct PastPlan {
    /// The name of its folder, by which it can be asked for.
    pub folder: String,
    /// What it says, or why nobody can tell.
    pub document: Result<Box<Document>, String>,
    /// What stands of it.
    pub state: PastState,
}

const COLUMNS: &[SheetColumn] = &[
    column("plan", "Plan", SheetKind::Text, 24),
    column("seal", "Seal", SheetKind::Code, 8),
    column("as_of", "As of", SheetKind::Code, 10),
    column("approved", "Approved", SheetKind::Answer, 8),
    column("errors", "Errors", SheetKind::Number, 8),
    column("warnings", "Warnings", SheetKind::Number, 8),
    column("changes", "Changes", SheetKind::Number, 10),
    column("ready", "Ready", SheetKind::Number, 8),
    column("not_ready", "Not ready", SheetKind::Number, 8),
    column("applied", "Applied", SheetKind::Text, 14),
    column("unreadable", "Cannot be read", SheetKind::Prose, 60),
];

/// Columns that go first where a terminal has no room for all.
const EXPENDABLE: &[&str] = &["not_ready", "warnings", "seal", "approved"];

impl PastPlan {
    fn cells(&self) -> Vec<SheetCell> {
        let applied = SheetCell::text(self.state.word());
        let document = match &self.document {
            Ok(document) => document,
            Err(why) => {
                let mut cells = vec![SheetCell::text(&self.folder)];
                cells.resize(COLUMNS.len() - 2, SheetCell::Blank);
                cells.extend([applied, SheetCell::text(why)]);
                return cells;
            }
        };
        let (totals, readiness) = (&document.totals, &document.readiness.after_hand_over);
        let seal = document.seal.get(..8).unwrap_or(&document.seal);
        vec![
            SheetCell::text(&self.folder),
            SheetCell::text(seal),
            SheetCell::text(&document.environment.as_of),
            SheetCell::text(if document.approved { "yes" } else { "no" }),
            SheetCell::Number(totals.errors),
            SheetCell::Number(totals.warnings),
            SheetCell::Number(totals.changes.values().sum()),
            SheetCell::Number(readiness.yes),
            SheetCell::Number(readiness.no),
            applied,
            SheetCell::Blank,
        ]
    }
}

/// Writes all plans as a table, the oldest first; why one cannot be read stands below.
pub fn past_text(page: &mut Page<'_>, plans: &[PastPlan]) -> io::Result<()> {
    let unreadable = COLUMNS.len() - 1;
    let mut grid = Grid::new(page, &COLUMNS[..unreadable], EXPENDABLE);
    for plan in plans {
        grid.row(&plan.cells()[..unreadable])?;
    }
    grid.end()?;
    for plan in plans {
        if let Err(why) = &plan.document {
            page.paragraph(2, &format!("{}: ", plan.folder), why)?;
        }
    }
    page.faint(
        2,
        "ready: users who can work once the plan is applied and the hand-over lists are done",
    )
}

/// Writes all plans as CSV.
pub fn past_csv(out: &mut dyn Write, plans: &[PastPlan]) -> Result<(), ReportError> {
    let mut table = Csv::begin(out, COLUMNS, (0..COLUMNS.len()).collect())?;
    for plan in plans {
        table.row(&plan.cells())?;
    }
    table.end()
}

/// Writes all plans as JSON.
pub fn past_json(out: &mut dyn Write, plans: &[PastPlan]) -> io::Result<()> {
    let mut list = JsonList::begin(&mut *out)?;
    for plan in plans {
        let cells = plan.cells();
        let row = Row {
            columns: COLUMNS,
            cells: &cells,
        };
        list.item(&row)?;
    }
    list.end()?;
    writeln!(out)
}
