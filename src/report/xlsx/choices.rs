//! What the cells of a ruling offer: a list to choose from, where anything else may be typed as well.
//!
//! In: the rows of the owners sheet, one after the other, with who fits or resembles each. Out: lists for runs of rows,
//! with nothing in them that would be refused.

use rust_xlsxwriter::{DataValidation, DataValidationErrorStyle, Worksheet, XlsxError};

use crate::model::Code;

/// Words that a ruling can be.
const STUB: &str = "stub";
const FALLBACK: &str = "fallback";
const LEAVE: &str = "leave";

/// What of the rulings may hold in a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offered<'a> {
    /// The cell that lists who fits.
    pub(super) candidates: &'a str,
    /// The cell that lists who resembles it.
    pub(super) near_misses: &'a str,
    /// The code of the rule that stopped it, if one did.
    pub(super) by: &'a str,
}

/// More letters than this no list may have, the commas between included.
const LIST_LETTERS_MAX: usize = 255;

/// Rows with a list of their own; a spreadsheet bears only so many lists. Those behind offer the words alone.
const OWN_LISTS_MAX: usize = 5_000;

const TITLE: &str = "Who gets these rows?";
const MESSAGE: &str = "The UPN, mail, id or team name of somebody who is in the new system; or stub (a stub user is \
                       made), fallback (the fallback owner) or leave (nothing changes). Blank: no ruling.";
const MESSAGE_WITHOUT_FALLBACK: &str = "The UPN, mail, id or team name of somebody who is in the new system; or stub \
                                        (a stub user is made) or leave (nothing changes). Blank: no ruling.";

/// The lists of a column.
pub(super) struct Choices {
    /// Whether the manifest names a fallback owner.
    has_fallback: bool,
    runs: Vec<Run>,
    own: usize,
}

struct Run {
    first: u32,
    last: u32,
    list: Vec<String>,
}

impl Choices {
    pub(super) fn new(has_fallback: bool) -> Self {
        Self {
            has_fallback,
            runs: Vec::new(),
            own: 0,
        }
    }

    /// Takes note of a row.
    pub(super) fn see(&mut self, row: u32, offered: Offered<'_>) {
        let words = self.words(offered.by);
        let list = if self.own < OWN_LISTS_MAX {
            list(offered, &words)
        } else {
            words.iter().map(|word| (*word).to_owned()).collect()
        };
        match self.runs.last_mut() {
            Some(run) if run.list == list => run.last = row,
            _ => {
                self.own += usize::from(list.len() > words.len());
                self.runs.push(Run {
                    first: row,
                    last: row,
                    list,
                });
            }
        }
    }

    /// The words that may hold. A stub user of whom too little is known cannot be made, and of somebody whom roles
    /// files alone name nobody takes the place.
    fn words(&self, by: &str) -> Vec<&'static str> {
        let words = [STUB, FALLBACK, LEAVE].into_iter();
        let may_hold = |word: &&str| match *word {
            STUB => by != Code::Stb002.as_str() && by != Code::Rol005.as_str(),
            FALLBACK => self.has_fallback && by != Code::Rol005.as_str(),
            _ => true,
        };
        words.filter(may_hold).collect()
    }

    /// Puts the lists on the cells.
    pub(super) fn put(self, worksheet: &mut Worksheet, column: u16) -> Result<(), XlsxError> {
        let message = if self.has_fallback {
            MESSAGE
        } else {
            MESSAGE_WITHOUT_FALLBACK
        };
        for run in self.runs {
            let choice = DataValidation::new()
                .allow_list_strings(&run.list)?
                .set_input_title(TITLE)?
                .set_input_message(message)?
                .set_error_style(DataValidationErrorStyle::Information)
                .show_error_message(false);
            worksheet.add_data_validation(run.first, column, run.last, column, &choice)?;
        }
        Ok(())
    }
}

/// The words, and before them the UPN or id of each candidate, then of each near miss, as far as a list has room. One
/// with a comma would be two in a list.
fn list(offered: Offered<'_>, words: &[&str]) -> Vec<String> {
    let mut room = LIST_LETTERS_MAX - words.join(",").encode_utf16().count();
    let near = offered.near_misses.split("; ").map(without_likeness);
    let names = offered.candidates.split("; ").chain(near).map(ruling_for);
    let mut list: Vec<String> = Vec::new();
    for name in names.filter(|name| !name.is_empty() && !name.contains([',', '"'])) {
        let letters = name.encode_utf16().count() + 1;
        if letters > room {
            break;
        }
        // One may be near by several identifiers.
        if !list.iter().any(|one| one == name) {
            room -= letters;
            list.push(name.to_owned());
        }
    }
    list.extend(words.iter().map(|word| (*word).to_owned()));
    list
}

/// Who is near, without what is near of them: `Ana Costa <ana@contoso.com> (UPN ...)`.
fn without_likeness(near: &str) -> &str {
    near.find("> (").map_or(near, |end| &near[..=end])
}

/// What a ruling names a candidate by: what stands in `<>` behind the name, or all before a remark where nobody knows a
/// name.
fn ruling_for(candidate: &str) -> &str {
    let inner = candidate
        .rsplit_once('<')
        .and_then(|(_, rest)| rest.split_once('>'));
    let bare = || {
        candidate
            .split_once(" (")
            .map_or(candidate, |(bare, _)| bare)
    };
    inner.map_or_else(bare, |(inner, _)| inner).trim()
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
        check(
            "nobody knows a name",
            "bo@contoso.com (disabled)",
            "bo@contoso.com ",
        );
        check("a comma", "Ana <a,b>; Bo <bo>", "bo ");
        check("no room", &long, "");
        check("room for the first", &format!("Bo <bo>; {long}"), "bo ");
    }

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn near_misses_come_after_candidates() {
        let list = |candidates, near_misses| list(Offered { candidates, near_misses, by: "" }, &[LEAVE]).join(" ");
        let ana = "Ana Costa <ana@contoso.com> (UPN `<x> (y`)";
        assert_eq!(list("", ana), "ana@contoso.com leave");
        assert_eq!(list("Bo <bo>", ana), "bo ana@contoso.com leave");
        assert_eq!(list("", "bo@contoso.com (UPN `bob@contoso.com`)"), "bo@contoso.com leave");
        assert_eq!(list("Bo <bo>", "Bo <bo> (mail `b`); team Sales <1-2> (team name `Sals`)"), "bo 1-2 leave");
    }

    #[test]
    fn words_that_will_not_hold_are_not_offered() {
        let words = |has_fallback, by| Choices::new(has_fallback).words(by).join(" ");
        assert_eq!(words(true, "OWN002"), "stub fallback leave");
        assert_eq!(words(false, ""), "stub leave");
        assert_eq!(words(true, "STB002"), "fallback leave");
        assert_eq!(words(true, "ROL005"), "leave");
    }

    #[track_caller]
    fn check(case: &str, candidates: &str, expected: &str) {
        let offered = Offered {
            candidates,
            near_misses: "",
            by: "OWN002",
        };
        let words = list(offered, &[STUB, FALLBACK, LEAVE]).join(" ");
        assert_eq!(
            words,
            format!("{expected}stub fallback leave"),
            "case: {case}"
        );
    }

    #[test]
    fn rows_that_offer_the_same_share_a_list() {
        let see = |choices: &mut Choices, row, candidates: &str| {
            let offered = Offered {
                candidates,
                near_misses: "",
                by: "",
            };
            choices.see(row, offered);
        };
        let mut choices = Choices::new(true);
        for (row, candidates) in ["", "", "A <a>", "A <a>", "B <b>", ""].iter().enumerate() {
            see(&mut choices, u32::try_from(row).unwrap(), candidates);
        }
        let runs: Vec<(u32, u32)> = choices
            .runs
            .iter()
            .map(|run| (run.first, run.last))
            .collect();
        assert_eq!(runs, [(0, 1), (2, 3), (4, 4), (5, 5)]);
        for row in 6..20_000 {
            see(&mut choices, row, &format!("A <{row}>"));
        }
        assert!(choices.runs.len() < OWN_LISTS_MAX + 10);
    }
}
