//! The file for the service's own import wizard, where the import cannot be driven from here.
//!
//! In: stub users. Out: a CSV under the display names that the wizard maps to columns of users by itself. Where it is
//! written, and how the users are waited for, is others' business.

use crate::model::{StubUser, guard_cell};
use crate::target::dataverse::import::rows::{COLUMNS, WIDTH, csv_text};

/// A file for the wizard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WizardFile {
    /// Its text.
    pub text: String,
    /// Cells that got a `'` so that no spreadsheet takes them for a formula: the wizard imports it with them.
    pub guarded: usize,
}

/// Writes the file.
pub fn wizard_file(stubs: &[StubUser]) -> Result<WizardFile, String> {
    let cells = |stub| COLUMNS.map(|column| guard_cell((column.cell)(stub)).into_owned());
    let rows: Vec<[String; WIDTH]> = stubs.iter().map(cells).collect();
    let guarded = rows.iter().flatten().filter(|cell| cell.starts_with('\''));
    let guarded = guarded.count();
    let text = csv_text(rows.into_iter())?;
    Ok(WizardFile { text, guarded })
}
