//! Where the records of a CSV end, without parsing them.
//!
//! In: the bytes of a file, in pieces of any size. Out: the last place so far where a record ends,
//! and how many rows and physical lines lie before it. The quoting is that of the `csv` crate: a
//! quote opens only at the start of a field, two within quotes are one, and any of CR, LF and CRLF
//! ends a record. It is exact for any bytes whatever, one after the other; blocks whose quotes stand as
//! they should are told faster, in `csv/survey.rs`.

/// A place between two records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// Bytes before it.
    pub offset: u64,
    /// Record ends before it, those of blank lines included.
    pub rows: u64,
    /// Line ends before it, those within quotes included.
    pub lines: u64,
    /// Closing quotes before it that neither a delimiter nor a line end follows.
    pub texts_after_quotes: u64,
}

/// Where in a record a byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Outside quotes; whether a field begins here.
    Plain {
        /// A quote here opens the field.
        field_start: bool,
    },
    /// Within quotes.
    Quoted,
    /// Right after a quote within quotes: the end of them, or the first of two.
    QuoteSeen,
}

/// The scanner's state between two pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Between {
    /// Where in a record the next byte stands.
    pub state: State,
    /// Whether the byte before was a CR, so that an LF belongs to it.
    pub after_return: bool,
}

impl Between {
    /// At the start of a record.
    pub(super) const START: Self = Self {
        state: State::Plain { field_start: true },
        after_return: false,
    };
}

/// Finds the ends of records in pieces of any size.
#[derive(Clone, Debug)]
pub(super) struct Splitter {
    delimiter: u8,
    between: Between,
    first_end: Option<u64>,
    end: Mark,
    now: Mark,
}

impl Splitter {
    /// A scanner at the start of a record.
    pub(super) fn new(delimiter: u8) -> Self {
        Self::resume(delimiter, Between::START)
    }

    /// A scanner that goes on where another one stopped.
    pub(super) fn resume(delimiter: u8, between: Between) -> Self {
        Self {
            delimiter,
            between,
            first_end: None,
            end: Mark::default(),
            now: Mark::default(),
        }
    }

    /// How many bytes lie before the end of the first record.
    pub(super) fn first_end(&self) -> Option<u64> {
        self.first_end
    }

    /// The end of the last whole record so far.
    pub(super) fn record_end(&self) -> Mark {
        self.end
    }

    /// Everything so far.
    pub(super) fn position(&self) -> Mark {
        self.now
    }

    /// Where it stands.
    pub(super) fn between(&self) -> Between {
        self.between
    }

    /// Scans the next piece.
    pub(super) fn feed(&mut self, piece: &[u8]) {
        let Some(last) = piece.last() else {
            return;
        };
        let mut rest = piece;
        if self.between.after_return && piece[0] == b'\n' {
            // The line end was counted with the CR.
            rest = &piece[1..];
            self.now.offset += 1;
            if self.end.offset + 1 == self.now.offset {
                self.end.offset += 1;
            }
        }
        while let Some(first) = rest.first() {
            let taken = match self.between.state {
                State::QuoteSeen if *first == b'"' => {
                    self.between.state = State::Quoted;
                    self.now.offset += 1;
                    1
                }
                State::QuoteSeen => {
                    let ends = *first == self.delimiter || matches!(first, b'\r' | b'\n');
                    self.now.texts_after_quotes += u64::from(!ends);
                    self.between.state = State::Plain { field_start: false };
                    0
                }
                State::Quoted => self.take_quoted(rest),
                State::Plain { field_start } => self.take_plain(rest, field_start),
            };
            rest = &rest[taken..];
        }
        self.between.after_return = *last == b'\r';
    }

    fn take_quoted(&mut self, rest: &[u8]) -> usize {
        let quote = find(rest, b'"');
        let inside = &rest[..quote.unwrap_or(rest.len())];
        self.now.lines += line_ends(inside);
        if quote.is_some() {
            self.between.state = State::QuoteSeen;
        }
        self.pass(inside.len() + usize::from(quote.is_some()))
    }

    fn take_plain(&mut self, rest: &[u8], field_start: bool) -> usize {
        let quote = find(rest, b'"');
        let span = &rest[..quote.unwrap_or(rest.len())];
        let ends = line_ends(span);
        self.now.rows += ends;
        self.now.lines += ends;
        if let Some(last) = (ends > 0).then(|| last_line_end(span)).flatten() {
            if self.first_end.is_none() {
                self.first_end = first_line_end(span).map(|first| self.now.offset + first as u64);
            }
            self.end = Mark {
                offset: self.now.offset + last as u64,
                ..self.now
            };
        }
        let field_start = span.last().map_or(field_start, |byte| {
            *byte == self.delimiter || matches!(byte, b'\r' | b'\n')
        });
        self.between.state = match quote {
            Some(_) if field_start => State::Quoted,
            Some(_) => State::Plain { field_start: false },
            None => State::Plain { field_start },
        };
        self.pass(span.len() + usize::from(quote.is_some()))
    }

    fn pass(&mut self, count: usize) -> usize {
        self.now.offset += count as u64;
        count
    }
}

/// Whether text follows the closing quote of a cell of this record, blanks apart.
///
/// A quote that somebody forgot to close is closed by the next one that should have opened a cell,
/// and what that cell holds follows it: the rows between the two are lost within the cell.
pub(super) fn text_after_quote(record: &[u8], delimiter: u8) -> bool {
    let mut state = Cell::Start;
    for byte in record {
        let ends = *byte == delimiter || matches!(byte, b'\r' | b'\n');
        state = match (state, byte) {
            (Cell::Quoted, b'"') => Cell::QuoteSeen,
            (Cell::Quoted, _) | (Cell::Start | Cell::QuoteSeen, b'"') => Cell::Quoted,
            _ if ends => Cell::Start,
            (Cell::QuoteSeen | Cell::Closed, b' ' | b'\t') => Cell::Closed,
            (Cell::QuoteSeen | Cell::Closed, _) => return true,
            (Cell::Start | Cell::Plain, _) => Cell::Plain,
        };
    }
    false
}

/// Where in a cell a byte stands.
#[derive(Clone, Copy)]
enum Cell {
    Start,
    Plain,
    Quoted,
    QuoteSeen,
    Closed,
}

/// How many line ends there are; a CRLF is one.
pub(super) fn line_ends(bytes: &[u8]) -> u64 {
    let feeds = count(bytes, b'\n');
    let returns = count(bytes, b'\r');
    if returns == 0 {
        return feeds;
    }
    let pairs = bytes
        .iter()
        .zip(&bytes[1..])
        .filter(|(first, second)| **first == b'\r' && **second == b'\n')
        .count();
    feeds + returns - pairs as u64
}

/// The place after the first line end.
fn first_line_end(bytes: &[u8]) -> Option<usize> {
    let first = bytes
        .iter()
        .position(|byte| matches!(byte, b'\r' | b'\n'))?;
    Some(first + line_end(&bytes[first..])?)
}

/// The length of a line end at the beginning of `bytes`.
pub(super) fn line_end(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [b'\r', b'\n', ..] => Some(2),
        [b'\r' | b'\n', ..] => Some(1),
        _ => None,
    }
}

/// The place after the last line end.
fn last_line_end(bytes: &[u8]) -> Option<usize> {
    bytes
        .iter()
        .rposition(|byte| matches!(byte, b'\r' | b'\n'))
        .map(|last| last + 1)
}

/// How many bytes one pass compares before it looks at the outcome; the compiler makes such passes
/// wide.
const STRIDE: usize = 64;

fn count(bytes: &[u8], wanted: u8) -> u64 {
    let strides = bytes.chunks_exact(STRIDE);
    let tail = strides.remainder();
    let within = |part: &[u8]| -> u64 {
        u64::from(
            part.iter()
                .map(|byte| u8::from(*byte == wanted))
                .sum::<u8>(),
        )
    };
    strides.map(within).sum::<u64>() + within(tail)
}

fn find(bytes: &[u8], wanted: u8) -> Option<usize> {
    let mut passed = 0;
    for stride in bytes.chunks(STRIDE) {
        let hits: u8 = stride.iter().map(|byte| u8::from(*byte == wanted)).sum();
        if hits > 0 {
            let within = stride.iter().position(|byte| *byte == wanted)?;
            return Some(passed + within);
        }
        passed += stride.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Mark, Splitter, State, text_after_quote};

    #[test]
    #[rustfmt::skip]
    fn where_records_end() {
        //    case                         bytes                 end of last record, rows, lines, open
        check("lines",                      b"a,b\nc,d\ne",        (8, 2, 2), false);
        check("CRLF counts once",           b"a\r\nb\r\n",          (6, 2, 2), false);
        check("CR alone",                   b"a\rb\rc",             (4, 2, 2), false);
        check("blank lines are rows",       b"a\n\n\r\nb",          (5, 3, 3), false);
        check("line break within quotes",   b"a,\"x\ny\"\nb",        (8, 1, 2), false);
        check("doubled quotes",             b"\"a\"\"\n\"\nb",         (7, 1, 2), false);
        check("quote amid a field is text", b"a\"b\nc\"\n",           (7, 2, 2), false);
        check("text after a closing quote", b"\"a\"b\"\nc\n",          (8, 2, 2), false);
        check("never closed",               b"a\n\"b\nc\n",          (2, 1, 1), true);
        check("after a tab no field starts", b"a\t\"b\nc\n",          (7, 2, 2), false);
    }

    #[track_caller]
    fn check(case: &str, bytes: &[u8], (offset, rows, lines): (u64, u64, u64), open: bool) {
        let mut splitter = Splitter::new(b',');
        splitter.feed(bytes);
        let expected = Mark {
            offset,
            rows,
            lines,
            ..splitter.record_end()
        };
        assert_eq!(splitter.record_end(), expected, "case: {case}");
        assert_eq!(
            splitter.between().state == State::Quoted,
            open,
            "case: {case}"
        );
        assert_eq!(
            splitter.position().offset,
            bytes.len() as u64,
            "case: {case}"
        );
    }

    #[test]
    fn texts_after_quotes() {
        check_text("closed", b"\"a\",\"b\"\r\n", false);
        check_text("doubled", b"\"a \"\"b\"\" c\",d\n", false);
        check_text("amid a cell", b"5\" disk,b\n", false);
        check_text("blanks", b"\"a\" ,\"b\"  \n", false);
        check_text("text", b"\"a\"b,c\n", true);
        check_text("the next cell's", b"\"a,b\nc,\"d\",e\n", true);
        check_text("after blanks", b"\"a\" \"b\",c\n", true);
    }

    #[track_caller]
    fn check_text(case: &str, record: &[u8], expected: bool) {
        assert_eq!(text_after_quote(record, b','), expected, "case: {case}");
        let mut splitter = Splitter::new(b',');
        splitter.feed(record);
        let counted = splitter.position().texts_after_quotes > 0;
        assert!(counted || !expected, "case: {case}: not counted");
    }
}
