//! The reports of a plan: files beside what is sealed, made of it alone.
//!
//! In: a sealed plan that is not yet in its place. Out: the report files in its folder, readable by their owner only,
//! and a word on where they are. What they say is `report/`'s; they are no part of the seal. Those without people bear
//! other names, so that nobody mails the wrong ones.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::plan::{Document, PlanError, SealedPlan};
use crate::report::{
    AnonymousKey, PAGE_FILE, ReportError, Sheets, WORKBOOK_FILE, WorkbookOf, shell_word,
    write_html, write_xlsx,
};
use crate::run::{Console, Failure};

/// Every report, in the order in which they are named.
const REPORTS: [&str; 2] = [PAGE_FILE, WORKBOOK_FILE];

/// Writes all reports, with tokens in place of people where there is a key for them; hands back what `plan.json` says
/// as it is to be told.
pub(super) fn write(plan: &SealedPlan, key: Option<&AnonymousKey>) -> Result<Document, Failure> {
    let sheets = match key {
        Some(key) => Sheets::anonymous(plan, key)?,
        None => Sheets::of(plan)?,
    };
    let page = || {
        write_report(plan, PAGE_FILE, key, |file| {
            let mut out = BufWriter::new(file);
            write_html(&mut out, &sheets)?;
            Ok(out.flush()?)
        })
    };
    let workbook = || {
        write_report(plan, WORKBOOK_FILE, key, |file| {
            write_xlsx(file, &sheets, WorkbookOf::Beginnings, plan.folder())
        })
    };
    let (page, workbook) = rayon::join(page, workbook);
    page?;
    workbook?;
    Ok(sheets.document().clone())
}

fn write_report(
    plan: &SealedPlan,
    name: &str,
    key: Option<&AnonymousKey>,
    content: impl FnOnce(&mut File) -> Result<(), ReportError>,
) -> Result<(), Failure> {
    let name = named(name, key.is_some());
    let path = plan.folder().join(&name);
    let unwritable = |source| PlanError::Write {
        path: path.clone(),
        source,
    };
    let mut file = plan.file_beside(&name)?;
    match content(&mut file) {
        Err(ReportError::Output(source)) => return Err(unwritable(source).into()),
        // The library has no other words for a disk that takes no more.
        Err(ReportError::Workbook(words)) => {
            return Err(unwritable(io::Error::other(words)).into());
        }
        written => written?,
    }
    Ok(file.sync_all().map_err(unwritable)?)
}

/// What a report is called: `report-anonymous.html` without people.
fn named(report: &str, is_anonymous: bool) -> String {
    match report.split_once('.') {
        Some((name, ending)) if is_anonymous => format!("{name}-anonymous.{ending}"),
        _ => report.to_owned(),
    }
}

/// Says where they are.
pub(super) fn name(plan: &Path, console: &mut Console<'_>) -> Result<(), Failure> {
    writeln!(console.out, "To hand over:")?;
    for report in REPORTS {
        let path = plan.join(named(report, console.anonymise));
        writeln!(console.out, "  {}", shell_word(&path.display().to_string()))?;
    }
    Ok(())
}
