//! A plan as a workbook: what a consultant mails to somebody who has never seen a terminal.
//!
//! In: a plan's sheets, which of them are wanted, and a folder for what is put aside meanwhile. Out: an `.xlsx`. Its
//! rows go to unnamed files on the disk one by one, so memory does not grow with the plan. Same plan, same bytes: the
//! day that the file says it was made on is the plan's own. What stands in a cell is a text or a number, no formula.
//! What the owner sheet's rulings mean when it comes back is found out where rulings are read.

mod cell;
mod choices;
mod look;
mod sheet;
mod summary;

use std::io::{Seek, Write};
use std::path::Path;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, Worksheet, XlsxError};

use crate::model::guarded;
use crate::plan::Document;
use crate::report::ReportError;
use crate::report::sheets::{SheetName, Sheets};
use crate::report::xlsx::look::Look;

/// Name of the workbook within a plan folder.
pub const WORKBOOK_FILE: &str = "report.xlsx";

/// What of a plan a workbook holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkbookOf {
    /// Every sheet, of long ones the beginning.
    Beginnings,
    /// Every sheet, each as far as a sheet has rows.
    Everything,
    /// One sheet, as far as it has rows.
    Sheet(SheetName),
}

/// Writes the workbook; what is put aside meanwhile goes into the folder `scratch`, and is gone afterwards.
pub fn write_xlsx(
    out: &mut (impl Write + Seek + Send),
    sheets: &Sheets<'_>,
    of: WorkbookOf,
    scratch: &Path,
) -> Result<(), ReportError> {
    // The library panics where what it puts aside finds no room on the disk.
    let written = guarded(|| -> Result<(), Fault> {
        let mut workbook = filled(sheets, of, scratch)?;
        Ok(workbook.save_to_writer(out)?)
    });
    match written {
        Ok(Ok(())) => Ok(()),
        Ok(Err(Fault::Report(error))) => Err(error),
        Ok(Err(Fault::Workbook(error))) => Err(ReportError::Workbook(error.to_string())),
        Err(panic) => Err(ReportError::Workbook(panic)),
    }
}

/// Why there is no workbook.
enum Fault {
    Report(ReportError),
    Workbook(XlsxError),
}

impl From<ReportError> for Fault {
    fn from(error: ReportError) -> Self {
        Self::Report(error)
    }
}

impl From<XlsxError> for Fault {
    fn from(error: XlsxError) -> Self {
        Self::Workbook(error)
    }
}

fn filled(sheets: &Sheets<'_>, of: WorkbookOf, scratch: &Path) -> Result<Workbook, Fault> {
    let document = sheets.document();
    let look = Look::new();
    let mut workbook = Workbook::new();
    workbook.set_tempdir(scratch)?;
    workbook.set_properties(&properties(document)?);
    let names = match &of {
        WorkbookOf::Sheet(name) => std::slice::from_ref(name),
        WorkbookOf::Beginnings | WorkbookOf::Everything => {
            let worksheet = workbook.add_worksheet_with_constant_memory()?;
            set_up_page(worksheet, document);
            let is_anonymous = sheets.anonymiser().is_some();
            summary::write(worksheet, document, is_anonymous, &look)?;
            &SheetName::ALL
        }
    };
    for name in names {
        let worksheet = workbook.add_worksheet_with_constant_memory()?;
        set_up_page(worksheet, document);
        sheet::write(worksheet, sheets, *name, of, &look)?;
    }
    Ok(workbook)
}

/// What the file says of itself. Without a day of its own it would say when it was written.
fn properties(document: &Document) -> Result<DocProperties, XlsxError> {
    let day = ExcelDateTime::parse_from_str(&document.environment.as_of)
        .or_else(|_| ExcelDateTime::from_ymd(2000, 1, 1))?;
    Ok(DocProperties::new()
        .set_title(format!("Plan {}", short_seal(document)))
        .set_subject(format!("Plan for {}", document.environment.host))
        .set_author("cutover")
        .set_comment(format!("Seal {}", document.seal))
        .set_creation_datetime(&day))
}

/// Wide pages of A4, each with the seal at its foot: a page that was printed says which plan it is of.
fn set_up_page(worksheet: &mut Worksheet, document: &Document) {
    const A4: u8 = 9;
    // As many letters as a foot holds, with what stands beside the name.
    const NAME_LETTERS_MAX: usize = 80;
    let host = document.environment.host.chars().take(NAME_LETTERS_MAX);
    let host = host.collect::<String>().replace('&', "&&");
    let seal = short_seal(document);
    worksheet
        .set_landscape()
        .set_paper_size(A4)
        .set_print_fit_to_pages(1, 0)
        .set_margins(0.4, 0.4, 0.5, 0.7, 0.3, 0.3)
        .set_footer(format!("&LPlan for {host}&CSeal {seal}&R&A, page &P of &N"));
}

/// The digits of the seal that every report bears.
fn short_seal(document: &Document) -> &str {
    document.seal.get(..8).unwrap_or(&document.seal)
}
