//! What the cells of a ruling offer: a list to choose from, where anything else may be typed as well.
//!
//! In: the rows of the owners sheet, one after the other, with the candidates of each. Out: lists for runs of rows.

use rust_xlsxwriter::{DataValidation, DataValidationErrorStyle, Worksheet, XlsxError};

/// What every row offers.
const WORDS: [&str; 3] = ["stub", "fallback", "leave"];

/// More letters than this no list may have, the commas between included.
const LIST_LETTERS_MAX: usize = 255;

/// Rows with a list of their own; a spreadsheet bears only so many lists. Those behind offer the words alone.
const OWN_LISTS_MAX: usize = 5_000;

const TITLE: &str = "Who gets these rows?";
const MESSAGE: &str = "The UPN, mail, id or team name of somebody who is in the new system; or stub (a stub user is \
                       made), fallback (the fallback owner) or leave (nothing changes). Blank: no ruling.";

/// The lists of a column.
#[derive(Default)]
pub(super) struct Choices {
    runs: Vec<Run>,
    own: usize,
}

struct Run {
    first: u32,
    last: u32,
    list: Vec<String>,
}

impl Choices {
    /// Takes note of a row; `candidates` is the cell that lists them.
    pub(super) fn see(&mut self, row: u32, candidates: &str) {
        let list = if self.own < OWN_LISTS_MAX {
            list(candidates)
        } else {
            list("")
        };
        match self.runs.last_mut() {
            Some(run) if run.list == list => run.last = row,
            _ => {
                self.own += usize::from(list.len() > WORDS.len());
                self.runs.push(Run {
                    first: row,
                    last: row,
                    list,
                });
            }
        }
    }

    /// Puts the lists on the cells.
    pub(super) fn put(self, worksheet: &mut Worksheet, column: u16) -> Result<(), XlsxError> {
        for run in self.runs {
            let choice = DataValidation::new()
                .allow_list_strings(&run.list)?
                .set_input_title(TITLE)?
                .set_input_message(MESSAGE)?
                .set_error_style(DataValidationErrorStyle::Information)
                .show_error_message(false);
            worksheet.add_data_validation(run.first, column, run.last, column, &choice)?;
        }
        Ok(())
    }
}

/// The words, and before them the UPN or id of each candidate as far as a list has room. One with a comma would
/// be two in a list.
fn list(candidates: &str) -> Vec<String> {
    let mut room = LIST_LETTERS_MAX - WORDS.join(",").encode_utf16().count();
    let names = candidates.split("; ").map(ruling_for);
    let mut list: Vec<String> = Vec::new();
    for name in names.filter(|name| !name.is_empty() && !name.contains([',', '"'])) {
        let letters = name.encode_utf16().count() + 1;
        if letters > room {
            break;
        }
        room -= letters;
        list.push(name.to_owned());
    }
    list.extend(WORDS.map(str::to_owned));
    list
}

/// What a ruling names a candidate by: what stands in `<>` behind the name.
fn ruling_for(candidate: &str) -> &str {
    let inner = candidate
        .rsplit_once('<')
        .and_then(|(_, rest)| rest.split_once('>'));
    inner.map_or(candidate, |(inner, _)| inner).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_come_before_the_words() {
        let long = format!("A <{}>", "a".repeat(300));
        check("none", "", "");
        check("one", "Ana Costa <ana@contoso.com>", "ana@contoso.com ");
        check(
            "a disabled one and a team",
            "Bo <bo@contoso.com> (disabled); team Sales <1-2>",
            "bo@contoso.com 1-2 ",
        );
        check("without brackets", "ana@contoso.com", "ana@contoso.com ");
        check("a comma", "Ana <a,b>; Bo <bo>", "bo ");
        check("no room", &long, "");
        check("room for the first", &format!("Bo <bo>; {long}"), "bo ");
    }

    #[track_caller]
    fn check(case: &str, candidates: &str, expected: &str) {
        let words = list(candidates).join(" ");
        assert_eq!(
            words,
            format!("{expected}stub fallback leave"),
            "case: {case}"
        );
    }

    #[test]
    fn rows_that_offer_the_same_share_a_list() {
        let mut choices = Choices::default();
        for (row, candidates) in ["", "", "A <a>", "A <a>", "B <b>", ""].iter().enumerate() {
            choices.see(u32::try_from(row).unwrap(), candidates);
        }
        let runs: Vec<(u32, u32)> = choices
            .runs
            .iter()
            .map(|run| (run.first, run.last))
            .collect();
        assert_eq!(runs, [(0, 1), (2, 3), (4, 4), (5, 5)]);
        for row in 6..20_000 {
            choices.see(row, &format!("A <{row}>"));
        }
        assert!(choices.runs.len() < OWN_LISTS_MAX + 10);
    }
}
