//! Which character lies between the cells of a CSV.
//!
//! In: the first bytes of a file. Out: the delimiter and what it was told from. It goes by how evenly
//! each candidate cuts the first records, not by how often it occurs: commas in texts are many.

use crate::read::csv::cell_counts;
use crate::read::split::Splitter;

/// In order of preference where nothing else decides.
const CANDIDATES: [u8; 4] = *b",;\t|";
/// How many records are looked at.
const RECORDS_MAX: usize = 200;

/// What the beginning of a file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// The delimiter.
    pub delimiter: u8,
    /// The length of a first line `sep=;` with its line end, else 0.
    pub sep_line: usize,
}

/// Tells the delimiter from the beginning of a file, behind its byte order mark.
pub(super) fn tell(beginning: &[u8]) -> Told {
    if let Some(told) = sep_line(beginning) {
        return told;
    }
    let mut best: Option<(Evenness, u8)> = None;
    for candidate in CANDIDATES {
        let Some(evenness) = evenness(beginning, candidate) else {
            continue;
        };
        if best.is_none_or(|(so_far, _)| evenness > so_far) {
            best = Some((evenness, candidate));
        }
    }
    Told {
        delimiter: best.map_or(CANDIDATES[0], |(_, candidate)| candidate),
        sep_line: 0,
    }
}

/// Excel's own way to say it, a first line `sep=;`.
fn sep_line(beginning: &[u8]) -> Option<Told> {
    let (word, rest) = beginning.split_at_checked(4)?;
    if !word.eq_ignore_ascii_case(b"sep=") {
        return None;
    }
    let (delimiter, sep_line) = match rest {
        [delimiter, b'\r', b'\n', ..] => (*delimiter, 7),
        [delimiter, b'\r' | b'\n', ..] => (*delimiter, 6),
        _ => return None,
    };
    is_usable(delimiter).then_some(Told {
        delimiter,
        sep_line,
    })
}

/// Whether a byte can lie between cells.
pub(super) fn is_usable(byte: u8) -> bool {
    byte.is_ascii() && !matches!(byte, b'"' | b'\r' | b'\n' | 0)
}

/// How well a candidate fits; the first difference decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Evenness {
    /// The first record, mostly the header, has as many cells as most have.
    header_fits: bool,
    /// Records that have as many cells as most, in thousandths.
    share: usize,
    /// How many cells those have.
    cells: usize,
}

/// `None` where the candidate does not cut most records at all.
fn evenness(beginning: &[u8], candidate: u8) -> Option<Evenness> {
    let mut splitter = Splitter::new(candidate);
    splitter.feed(beginning);
    let whole = usize::try_from(splitter.record_end().offset).unwrap_or(usize::MAX);
    let records = if whole == 0 {
        beginning
    } else {
        &beginning[..whole]
    };
    let counts = cell_counts(records, candidate, RECORDS_MAX);
    let mut sorted = counts.clone();
    sorted.sort_unstable();
    let (times, cells) = sorted
        .chunk_by(usize::eq)
        .map(|same| (same.len(), same[0]))
        .max()?;
    (cells > 1).then(|| Evenness {
        header_fits: counts[0] == cells,
        share: times * 1000 / counts.len(),
        cells,
    })
}

#[cfg(test)]
mod tests {
    use super::{Told, tell};

    #[test]
    #[rustfmt::skip]
    fn delimiters() {
        check("commas",                     b"id,owner\n1,a\n2,b\n",                   b',', 0);
        check("semicolons",                 b"id;owner\n1;a\n2;b\n",                   b';', 0);
        check("tabs",                       b"id\towner\n1\ta\n",                      b'\t', 0);
        check("bars",                       b"id|owner\n1|a\n",                        b'|', 0);
        check("decimal commas",             b"id;sum;owner\n1;2,5;a\n2;3,5;b\n",        b';', 0);
        check("unquoted commas in texts",   b"id;owner\n1;Rue 1, Lyon, F\n2;Rue 2, Lyon, F\n", b';', 0);
        check("and a broken row",           b"id;owner\n1;Rue 1, Lyon, F\n2;Rue 2, Lyon, F\n3, Rue, F\n", b';', 0);
        check("semicolons in a quoted cell", b"id,owner\n1,\"a;b;c\"\n2,\"d;e;f\"\n",    b',', 0);
        check("titles above the header",    b"Accounts\n\nid;owner\n1;a\n2;b\n3;c\n",   b';', 0);
        check("one column",                 b"owner\na\nb\n",                          b',', 0);
        check("header only",                b"id;owner",                               b';', 0);
        check("told by sep=",               b"sep=;\r\na,b;c,d\n",                     b';', 7);
        check("told by SEP= and LF",        b"SEP=|\na,b|c,d\n",                       b'|', 6);
        check("sep= and nothing",           b"sep=\r\n\nid;owner\n1;a\n2;b\n",          b';', 0);
        check("sep= and a quote",           b"sep=\"\n1;a\n2;b\n",                     b';', 0);
        check("nothing",                    b"",                                       b',', 0);
    }

    #[track_caller]
    fn check(case: &str, beginning: &[u8], delimiter: u8, sep_line: usize) {
        let expected = Told {
            delimiter,
            sep_line,
        };
        assert_eq!(tell(beginning), expected, "case: {case}");
    }
}
