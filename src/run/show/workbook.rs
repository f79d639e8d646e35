//! A plan, or one sheet of it, as a workbook on standard output.
//!
//! In: a plan's sheets. Out: the bytes of an `.xlsx`.

use std::io::Seek;

use crate::report::{SheetName, Sheets, WorkbookOf, write_xlsx};
use crate::run::{Console, Failure};

/// What of the workbook the words ask for; `None` where it has no such sheet.
pub(super) fn of(word: Option<&str>) -> Option<WorkbookOf> {
    match word {
        None | Some("plan") => Some(WorkbookOf::Everything),
        Some(word) => {
            let key = if word == "stubs" { "stub-users" } else { word };
            let sheet = SheetName::ALL.into_iter().find(|name| name.key() == key);
            sheet.map(WorkbookOf::Sheet)
        }
    }
}

/// Why there is no such sheet.
pub(super) fn no_sheet(word: &str) -> String {
    let sheets = SheetName::ALL.map(SheetName::key).join(", ");
    format!(
        "`{word}` is no sheet of the workbook; expected one of {sheets}, or nothing for all of them"
    )
}

/// Makes the workbook beside, since it is not written from its beginning to its end, then copies it.
pub(super) fn show(
    sheets: &Sheets<'_>,
    of: WorkbookOf,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let mut file = tempfile::tempfile()?;
    write_xlsx(&mut file, sheets, of, &std::env::temp_dir())?;
    file.rewind()?;
    std::io::copy(&mut file, &mut *console.out)?;
    Ok(())
}
