//! Columns of a file that nobody reads: told, so that a misspelt header is not passed over.
//!
//! In: the headers of a file, the known ones, and which of them were found. Out: a problem where a
//! header resembles a known one that is missing, because its cells would be lost in silence; a remark
//! on the others, since real exports have many.

use std::collections::BTreeSet;

use crate::environment::load::headers::Header;
use crate::environment::load::words;
use crate::model::{comparison_key, quoted};

/// Letters by which a header may differ from the one that was meant.
const SLIPS_MAX: usize = 2;

/// Shorter names resemble each other by chance.
const LETTERS_MIN: usize = 5;

/// What is to be said of a file's columns.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Strays {
    /// Headers that resemble a known one which the file lacks: index of the column, and the message.
    pub(super) misspelt: Vec<(usize, String)>,
    /// The others, as written.
    pub(super) unread: Vec<String>,
}

/// Looks at the columns that are not among those `read`. `lacking` are the known headers that were
/// not found; a name that is `known` as it is written is no slip of another.
pub(super) fn strays(
    headers: &[String],
    read: &[usize],
    lacking: &[&Header],
    known: &[&str],
) -> Strays {
    let known: BTreeSet<String> = known.iter().map(|name| tight(name)).collect();
    let mut strays = Strays::default();
    for (index, header) in headers.iter().enumerate() {
        if header.trim().is_empty() || read.contains(&index) {
            continue;
        }
        let meant = lacking.iter().find_map(|known| resembled(header, known));
        match meant.filter(|_| !known.contains(&tight(header))) {
            Some(meant) => strays.misspelt.push((
                index,
                format!(
                    "{} is no column of this file; expected {meant}; correct the header",
                    quoted(&header.trim()),
                    meant = quoted(&meant)
                ),
            )),
            None => strays.unread.push(header.trim().to_owned()),
        }
    }
    strays
}

/// The name of a known header that this one resembles.
fn resembled(header: &str, known: &Header) -> Option<&'static str> {
    let header = tight(header);
    known.names().find(|name| {
        let name = tight(name);
        name.len() >= LETTERS_MIN && strsim::damerau_levenshtein(&header, &name) <= SLIPS_MAX
    })
}

fn tight(name: &str) -> String {
    let mut key = comparison_key(name);
    key.retain(|letter| !matches!(letter, ' ' | '_' | '-'));
    key
}

/// The remark on columns that are not read.
pub(super) fn remark(shown: &str, unread: &[String]) -> String {
    let columns = words::listed(unread.iter().map(String::as_str));
    format!(
        "{shown}: not read: columns {columns}",
        shown = quoted(&shown)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const DISABLED: Header = Header {
        name: "disabled",
        also: &["isdisabled"],
        needed: false,
    };

    #[test]
    fn what_nobody_reads_is_told() {
        check("all read", &["id", "disabled"], &[0, 1], &[], &[]);
        check("a slip", &["id", "disabld"], &[0], &[1], &[]);
        check(
            "a slip of its other name",
            &["id", "is disabeld"],
            &[0],
            &[1],
            &[],
        );
        check(
            "a name known as it is",
            &["id", "disable"],
            &[0],
            &[],
            &["disable"],
        );
        check(
            "something else",
            &["id", "shoe size", ""],
            &[0],
            &[],
            &["shoe size"],
        );
    }

    #[track_caller]
    fn check(case: &str, headers: &[&str], read: &[usize], misspelt: &[usize], unread: &[&str]) {
        let headers: Vec<String> = headers.iter().map(|header| (*header).to_owned()).collect();
        let lacking: &[&Header] = if read.contains(&1) { &[] } else { &[&DISABLED] };
        let found = strays(&headers, read, lacking, &["disable"]);
        let columns: Vec<usize> = found.misspelt.iter().map(|(index, _)| *index).collect();
        assert_eq!(columns, misspelt, "case: {case}");
        assert_eq!(found.unread, unread, "case: {case}");
    }
}
