//! Failures without people: what a command says that cannot go on, mostly before there is a plan.
//!
//! In: the words of a failure or of a remark. Out: the same with tokens for addresses and for people of the plan, if
//! there is one, and for cells of a file where the words are about one. Files, rows, columns, headers, settings and
//! commands stay, since without them nobody could mend anything. Nobody has to know what was told before: an address
//! that is a token already stays one.

use crate::report::ReportError;
use crate::report::anonymise::allowed::Allowed;
use crate::report::anonymise::known::Known;
use crate::report::anonymise::{Anonymiser, AnonymousKey, Tokens};

/// From here on a message says what should be there, which is nobody's.
const EXPECTED: &str = "expected ";

/// Behind this stands a cell, wherever a message is about many.
const EXAMPLE: &str = "such as ";

impl Anonymiser {
    /// For a project without a plan: nobody is known.
    pub fn without_plan(key: &AnonymousKey) -> Result<Self, ReportError> {
        Ok(Self {
            tokens: Tokens(key.clone()),
            known: Known::nobody()?,
            allowed: Allowed::words(),
        })
    }

    /// The words of a failure or of a remark.
    pub fn failure(&self, text: &str) -> String {
        let lines = text.split('\n').map(|line| match excerpt(line) {
            Some((margin, line)) => format!("{margin}{}", self.line_of_manifest(line)),
            None => self.quotes(line, &|before| {
                before.ends_with(EXAMPLE) && !before.contains(EXPECTED)
            }),
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The words of a fault in the manifest, where values are people's as soon as something is misplaced.
    pub fn fault_of_manifest(&self, text: &str) -> String {
        let lines = text.split('\n').map(|line| {
            if let Some((margin, line)) = excerpt(line) {
                return format!("{margin}{}", self.line_of_manifest(line));
            }
            let (found, expected) = match line.find(EXPECTED) {
                Some(place) => line.split_at(place),
                None => (line, ""),
            };
            let told = self.quotes(&self.texts(found), &|before| {
                VALUE_BEHIND.iter().any(|words| before.ends_with(words))
            });
            format!("{told}{expected}")
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Words with tokens for texts as the manifest writes them, which may be broken off.
    fn texts(&self, text: &str) -> String {
        let pieces = text.split('"').enumerate().map(|(place, piece)| {
            if place % 2 == 0 || is_path(piece) {
                piece.to_owned()
            } else {
                self.cell(piece)
            }
        });
        pieces.collect::<Vec<_>>().join("\"")
    }

    /// Words about a cell of a file: what they quote before they say what was expected.
    pub fn about_cell(&self, text: &str) -> String {
        self.quotes(text, &|before| !before.contains(EXPECTED))
    }

    /// Words with tokens for what is quoted behind words that say so.
    fn quotes(&self, text: &str, is_cell_behind: &dyn Fn(&str) -> bool) -> String {
        let mut out = String::with_capacity(text.len());
        // What the product said so far, without what it quoted.
        let mut before = String::new();
        let mut pieces = text.split('`').enumerate().peekable();
        while let Some((place, piece)) = pieces.next() {
            if place > 0 {
                out.push('`');
            }
            let behind = pieces.peek().map_or("", |(_, piece)| piece);
            let is_file = before.ends_with(" in ") && behind.starts_with(", row ");
            if place % 2 == 1 && is_cell_behind(&before) && !is_file {
                out.push_str(&self.cell(piece));
            } else {
                self.people(piece, &mut out);
            }
            if place % 2 == 0 {
                before.push_str(piece);
            }
        }
        out
    }

    /// A line that an error shows of the manifest. Its key stays; what comes behind it may be anybody's, in whatever
    /// quotes, in none, or in a remark.
    fn line_of_manifest(&self, line: &str) -> String {
        let (key, value) = match line.find('=') {
            Some(place) => line.split_at(place + 1),
            None if line.trim_start().starts_with('[') => match line.find(']') {
                Some(place) => line.split_at(place + 1),
                None => ("", line),
            },
            None => ("", line),
        };
        let mut told = key.to_owned();
        for piece in value.split_inclusive(SIGNS_OF_VALUES) {
            let text = piece.trim_end_matches(SIGNS_OF_VALUES);
            let word = text.trim();
            let is_word = matches!(word, "true" | "false") || is_path(word);
            if is_word || !word.contains(char::is_alphabetic) {
                told.push_str(text);
            } else {
                let blank = text.len() - text.trim_start().len();
                told.push_str(&text[..blank]);
                told.push_str(&self.cell(word));
            }
            told.push_str(&piece[text.len()..]);
        }
        told
    }
}

/// What texts of the manifest stand between.
const SIGNS_OF_VALUES: [char; 7] = ['"', '\'', '#', '[', ']', '{', '}'];

/// Behind these words of a fault stands what was found.
const VALUE_BEHIND: [&str; 4] = [" is ", "variant ", "value ", EXAMPLE];

/// Whether a text is a path, which is nobody's.
fn is_path(text: &str) -> bool {
    text.contains('/') && !text.contains('@')
}

/// The margin and the rest of a line such as `3 | fallback = "ana@contoso.com"`.
fn excerpt(line: &str) -> Option<(&str, &str)> {
    let bar = line.find('|')?;
    let is_margin = line[..bar]
        .bytes()
        .all(|sign| sign == b' ' || sign.is_ascii_digit());
    is_margin.then(|| line.split_at(bar + 1))
}
