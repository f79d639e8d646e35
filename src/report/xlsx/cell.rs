//! Texts as cells of a workbook: inert, within what a cell may hold, and the same again when read back.
//!
//! In: any text. Out: the text of a string cell. What begins like a formula is guarded as in every file that a
//! spreadsheet may open, because a person who edits such a cell would make it one.

use std::borrow::Cow;

use rust_xlsxwriter::{Format, Worksheet, XlsxError};

use crate::model::guard_cell;
use crate::report::sheets::SheetCell;

/// As many as a cell holds, counted as spreadsheets count: in UTF-16.
const LETTERS_MAX: usize = 32_767;

/// Writes a cell that looks as its column does. To name a look again for each cell takes longer than to write it.
pub(super) fn put_plain(
    worksheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &SheetCell,
) -> Result<(), XlsxError> {
    match cell {
        SheetCell::Blank => {}
        SheetCell::Text(text) => {
            worksheet.write_string(row, column, cell_text(text))?;
        }
        // Beyond 2^53 a spreadsheet rounds; no count of rows or bytes comes near.
        #[expect(clippy::cast_precision_loss, reason = "as spreadsheets keep numbers")]
        SheetCell::Number(number) => {
            worksheet.write_number(row, column, *number as f64)?;
        }
    }
    Ok(())
}

/// Writes a cell: texts as texts, numbers as numbers, nothing as a blank of that look.
pub(super) fn put(
    worksheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &SheetCell,
    look: &Format,
) -> Result<(), XlsxError> {
    match cell {
        SheetCell::Blank => worksheet.write_blank(row, column, look)?,
        SheetCell::Text(text) => {
            worksheet.write_string_with_format(row, column, cell_text(text), look)?
        }
        // Beyond 2^53 a spreadsheet rounds; no count of rows or bytes comes near.
        #[expect(clippy::cast_precision_loss, reason = "as spreadsheets keep numbers")]
        SheetCell::Number(number) => {
            worksheet.write_number_with_format(row, column, *number as f64, look)?
        }
    };
    Ok(())
}

/// A text as a cell holds it.
pub(super) fn cell_text(text: &str) -> Cow<'_, str> {
    let guarded = guard_cell(text);
    let is_plain = |letter: char| !matches!(letter, '\u{fffe}' | '\u{ffff}');
    let guarded = if guarded.chars().all(is_plain) {
        guarded
    } else {
        // No XML may hold these two, in whatever form.
        Cow::Owned(guarded.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}"))
    };
    if guarded.len() <= LETTERS_MAX || guarded.encode_utf16().count() <= LETTERS_MAX {
        return guarded;
    }
    let mut room = LETTERS_MAX - 1;
    let kept = guarded.chars().take_while(|letter| {
        let fits = letter.len_utf16() <= room;
        room = room.saturating_sub(letter.len_utf16());
        fits
    });
    Cow::Owned(kept.chain(['…']).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_as_cells() {
        let long = "a".repeat(LETTERS_MAX);
        let pairs = "😀".repeat(LETTERS_MAX);
        let halves = format!("{}…", "😀".repeat((LETTERS_MAX - 1) / 2));
        let cut = format!("'={}…", "a".repeat(LETTERS_MAX - 3));
        check("plain", "Ana", "Ana");
        check("a formula", "=1+1", "'=1+1");
        check("a quote", "'Ana", "''Ana");
        check("no letter", "a\u{fffe}b\u{ffff}", "a\u{fffd}b\u{fffd}");
        check("as long as may be", &long, &long);
        check("too long", &format!("={long}"), &cut);
        check("pairs", &pairs, &halves);
    }

    #[track_caller]
    fn check(case: &str, text: &str, expected: &str) {
        assert_eq!(cell_text(text), expected, "case: {case}");
    }
}
