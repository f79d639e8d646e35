//! The page that text is written on: where to, how wide, and what the consultant calls the project.
//!
//! In: sentences. Out: lines that break between words, indented.

use std::io::{self, Write};

use anstyle::Style;

use crate::report::table::{FAINT, styled};

/// A page of text.
pub struct Page<'a> {
    /// Where it goes.
    pub out: &'a mut dyn Write,
    /// Columns of the terminal, or what a file reads well at.
    pub width: usize,
    /// The project's folder as typed, for commands to type next.
    pub folder: &'a str,
}

/// Narrower than this no text reads well; the terminal may break such lines itself.
const WIDTH_MIN: usize = 60;

impl Page<'_> {
    /// Columns that text takes here.
    pub(super) fn columns(&self) -> usize {
        self.width.max(WIDTH_MIN)
    }

    /// Writes a sentence that matters less, indented.
    pub(super) fn faint(&mut self, indent: usize, text: &str) -> io::Result<()> {
        write!(self.out, "{FAINT}")?;
        self.paragraph(indent, "", text)?;
        write!(self.out, "{FAINT:#}")
    }

    /// Writes words that bear colours of their own, indented; they are known to hold no signs that move a cursor.
    pub(super) fn lines(&mut self, indent: usize, text: &str) -> io::Result<()> {
        let first = " ".repeat(indent);
        let further = " ".repeat(indent + 4);
        let options = textwrap::Options::new(self.columns())
            .initial_indent(&first)
            .subsequent_indent(&further)
            .break_words(false)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        writeln!(self.out, "{}", textwrap::fill(text, options))
    }

    /// Writes a sentence after a word, its beginning in a style.
    pub(super) fn coloured(
        &mut self,
        indent: usize,
        word: &str,
        (beginning, text): (&str, &str),
        style: Style,
    ) -> io::Result<()> {
        let mut lines = Vec::new();
        let mut page = Page {
            out: &mut lines,
            width: self.width,
            folder: self.folder,
        };
        page.paragraph(indent, word, text)?;
        let lines = String::from_utf8_lossy(&lines);
        let (first, rest) = lines.split_at(indent + word.len());
        let rest = rest.replacen(beginning, &styled(style, beginning), 1);
        write!(self.out, "{first}{rest}")
    }

    /// Writes a sentence after a word, its further lines under its first letter.
    pub(super) fn paragraph(&mut self, indent: usize, word: &str, text: &str) -> io::Result<()> {
        let first = format!("{}{word}", " ".repeat(indent));
        let further = " ".repeat(indent + word.len());
        let options = textwrap::Options::new(self.columns())
            .initial_indent(&first)
            .subsequent_indent(&further)
            .break_words(false)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        writeln!(self.out, "{}", textwrap::fill(&visible(text), options))
    }
}

/// A word as a shell takes it: in quotes where it holds a blank or a sign with a meaning, in single ones where double
/// ones would leave it that meaning.
pub fn shell_word(word: &str) -> String {
    let harmless = |letter: char| letter.is_alphanumeric() || "/\\._-:~+@,".contains(letter);
    if !word.is_empty() && word.chars().all(harmless) {
        word.to_owned()
    } else if word.contains(['$', '`', '"', '!']) {
        format!("'{}'", word.replace('\'', r"'\''"))
    } else {
        format!("\"{word}\"")
    }
}

/// Commands on a project, as messages quote them that do not know which project it is.
const ON_A_PROJECT: [&str; 9] = [
    "load", "pull", "plan", "show", "apply", "verify", "undo", "rehearse", "init",
];

/// What messages tell to show.
const SHOWN: [&str; 6] = [
    "findings",
    "changes",
    "owners",
    "readiness",
    "records",
    "outcome",
];

/// A text whose commands name the folder too, where they stand in backticks without one. `folder` is what was typed; the
/// current one needs no name.
pub fn with_folder(text: &str, folder: &str) -> String {
    const BEGIN: &str = "`cutover ";
    if matches!(folder, "" | ".") {
        return text.to_owned();
    }
    let mut parts = text.split(BEGIN);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(['`', ' ']).unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        let is_without = match name {
            "show" => rest.starts_with('`') || is_of_show(rest),
            _ => rest.starts_with('`') || rest.starts_with(" --"),
        };
        out += BEGIN;
        out += name;
        if is_without && ON_A_PROJECT.contains(&name) {
            out.push(' ');
            out += &shell_word(folder);
        }
        out += rest;
    }
    out
}

/// Whether what follows `show` is a list to show, and no folder.
fn is_of_show(rest: &str) -> bool {
    let word = rest.split('`').next().unwrap_or_default().trim_start();
    SHOWN.contains(&word)
}

/// A text without what would move a terminal's cursor, or turn round what stands beside it: the letters of a
/// right-to-left name stay, the signs that order a terminal to write on from the right do not.
pub(super) fn visible(text: &str) -> String {
    let shown = |letter: char| match letter {
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            None
        }
        '\u{2028}' | '\u{2029}' => Some(' '),
        letter if letter.is_control() => Some(' '),
        letter => Some(letter),
    };
    text.trim().chars().filter_map(shown).collect()
}

/// A sentence of a rule as it reads after a colon: a small letter first, no full stop.
pub(super) fn clause(text: &str) -> String {
    let text = text.trim().trim_end_matches('.');
    let mut letters = text.chars();
    let (first, second) = (letters.next(), letters.clone().next());
    match first {
        // `CSV` and `API` keep their capitals.
        Some(first) if second.is_none_or(|second| !second.is_uppercase()) => {
            first.to_lowercase().chain(letters).collect()
        }
        Some(first) => std::iter::once(first).chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_look_alike() {
        assert_eq!(clause("Fill in the owner."), "fill in the owner");
        assert_eq!(clause("`Karl` fits two"), "`Karl` fits two");
        assert_eq!(clause("CSV only"), "CSV only");
        assert_eq!(clause("A row"), "a row");
        assert_eq!(visible("bell\u{7} "), "bell ");
        assert_eq!(
            visible("a\u{202e}b\u{2069}\u{9b}31m\tc\u{2028}d"),
            "ab 31m c d"
        );
        assert_eq!(visible("\u{5d3}\u{5df}"), "\u{5d3}\u{5df}");
    }

    #[test]
    fn commands_can_be_typed() {
        assert_eq!(shell_word("samples/contoso"), "samples/contoso");
        assert_eq!(shell_word("Meine Übernahme"), "\"Meine Übernahme\"");
        assert_eq!(shell_word("Übernahme"), "Übernahme");
        assert_eq!(shell_word(""), "\"\"");
        assert_eq!(shell_word("A $HOME"), "'A $HOME'");
        assert_eq!(shell_word("it's `now`!"), r"'it'\''s `now`!'");
    }

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn commands_name_the_folder() {
        let check = |text: &str, folder: &str, expected: &str| {
            assert_eq!(with_folder(text, folder), expected);
        };
        check("plan anew with `cutover plan`",  "my p", "plan anew with `cutover plan \"my p\"`");
        check("`cutover show findings` lists",  "p",    "`cutover show p findings` lists");
        check("`cutover load --replace`, then `cutover plan`", "p", "`cutover load p --replace`, then `cutover plan p`");
        check("`cutover show p findings`",      "p",    "`cutover show p findings`");
        check("`cutover pull /a/b`",            "p",    "`cutover pull /a/b`");
        check("`cutover explain`",              "p",    "`cutover explain`");
        check("`cutover plan`",                 ".",    "`cutover plan`");
        check("`cutover` alone",                "p",    "`cutover` alone");
        check("`cutover show DIR findings`",    "p",    "`cutover show DIR findings`");
    }

    #[test]
    fn lines_break_between_words() {
        let mut out = Vec::new();
        let text = "put the right UPN or id in column `ruling` of owners.csv, row for `Karl Meier`";
        Page {
            out: &mut out,
            width: 60,
            folder: ".",
        }
        .paragraph(6, "cure: ", text)
        .unwrap();
        let lines = String::from_utf8(out).unwrap();
        assert!(
            lines.lines().all(|line| line.chars().count() <= 60),
            "{lines}"
        );
        assert!(lines.starts_with("      cure: put"), "{lines}");
        assert!(
            lines.lines().nth(1).unwrap().starts_with("            "),
            "{lines}"
        );
    }
}
