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

    /// A line that an error shows of the manifest: its texts may be anybody's.
    fn line_of_manifest(&self, line: &str) -> String {
        let pieces = line.split('"').enumerate().map(|(place, piece)| {
            let is_path = piece.contains('/') && !piece.contains('@');
            if place % 2 == 1 && !is_path {
                self.cell(piece)
            } else {
                let mut out = String::new();
                self.people(piece, &mut out);
                out
            }
        });
        pieces.collect::<Vec<_>>().join("\"")
    }
}

/// The margin and the rest of a line such as `3 | fallback = "ana@contoso.com"`.
fn excerpt(line: &str) -> Option<(&str, &str)> {
    let bar = line.find('|')?;
    let is_margin = line[..bar]
        .bytes()
        .all(|sign| sign == b' ' || sign.is_ascii_digit());
    is_margin.then(|| line.split_at(bar + 1))
}
