//! The reports that lie in the plan folder, for people who have nothing to open a plan with.
//!
//! In: a sealed plan that is not in its place yet. Out: files beside its own, readable by their owner only. They are
//! no part of the seal: what they say is in the plan, and the same plan gives the same bytes.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use crate::plan::SealedPlan;
use crate::report::{Sheets, WORKBOOK_FILE, WorkbookOf, write_xlsx};
use crate::run::Failure;

/// Writes the reports of the plan into its folder.
pub(super) fn write(folder: &Path, plan: &SealedPlan) -> Result<(), Failure> {
    let sheets = Sheets::of(plan)?;
    let mut workbook = private(&folder.join(WORKBOOK_FILE))?;
    write_xlsx(&mut workbook, &sheets, WorkbookOf::Beginnings, folder)?;
    Ok(workbook.sync_all()?)
}

/// A new file that only its owner may read.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}
