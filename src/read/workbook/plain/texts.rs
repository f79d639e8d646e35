//! Texts of cells and shared texts, as XML writes them.
//!
//! In: a text as written, or an element that holds pieces of one (`is`, `si`). Out: the text; or that it is not written
//! the plain way. ECMA-376 part 1, 18.4 and 22.4.2.4 (`_x000D_`).

use memchr::memchr3;

use crate::read::workbook::plain::walk::{Ended, NotPlain, Walk, is_blank};

/// As in `_x000D_`.
const ESCAPE_BYTES: usize = 7;
/// The longest reference that stands for a letter: `&#x10FFFF;`, with a few noughts to spare.
const REFERENCE_BYTES_MAX: usize = 16;

/// What is done to a text besides decoding it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blanks {
    /// Those at its ends belong to it.
    Kept,
    /// They do not.
    Trimmed,
}

/// Room to decode a text in.
#[derive(Default)]
pub(super) struct Decoder {
    decoded: String,
}

impl Decoder {
    /// Adds the text written as `raw`.
    pub(super) fn push(
        &mut self,
        text: &mut String,
        raw: &str,
        blanks: Blanks,
    ) -> Result<(), NotPlain> {
        if memchr3(b'&', b'\r', b'_', raw.as_bytes()).is_none() {
            text.push_str(blanks.of(raw));
            return Ok(());
        }
        self.decoded.clear();
        decode_references(&mut self.decoded, raw)?;
        push_unescaped(text, blanks.of(&self.decoded))
    }

    /// Adds the text of an element that holds it in pieces, behind its start tag, and passes over `end`.
    pub(super) fn push_pieces(
        &mut self,
        text: &mut String,
        walk: &mut Walk<'_>,
        end: &str,
    ) -> Result<(), NotPlain> {
        loop {
            walk.skip_blanks();
            if walk.take("<t>") {
                self.push_piece(text, walk, Blanks::Trimmed)?;
            } else if walk.take(end) {
                return Ok(());
            } else if walk.take("<t") {
                let mut blanks = Blanks::Trimmed;
                let ended = walk.attributes(|name, value| {
                    if (name, value) == ("xml:space", "preserve") {
                        blanks = Blanks::Kept;
                    }
                    Ok(())
                })?;
                if ended == Ended::Open {
                    self.push_piece(text, walk, blanks)?;
                }
            } else if !(walk.take("<r>") || walk.take("</r>")) {
                skip_aside(walk)?;
            }
        }
    }

    fn push_piece(
        &mut self,
        text: &mut String,
        walk: &mut Walk<'_>,
        blanks: Blanks,
    ) -> Result<(), NotPlain> {
        let raw = walk.text()?;
        walk.expect("</t>")?;
        self.push(text, raw, blanks)
    }
}

impl Blanks {
    fn of(self, text: &str) -> &str {
        let bytes = text.as_bytes();
        let has_some = [bytes.first(), bytes.last()]
            .into_iter()
            .flatten()
            .any(|byte| is_blank(*byte));
        if has_some && self == Self::Trimmed {
            text.trim_matches([' ', '\t', '\r', '\n'])
        } else {
            text
        }
    }
}

/// Fonts, and how a text is pronounced: no text of the cell.
fn skip_aside(walk: &mut Walk<'_>) -> Result<(), NotPlain> {
    let end = if walk.take("<rPr>") {
        "</rPr>"
    } else if walk.take("<rPh") {
        match walk.attributes(|_, _| Ok(()))? {
            Ended::Closed => return Ok(()),
            Ended::Open => "</rPh>",
        }
    } else if walk.take("<phoneticPr") {
        match walk.attributes(|_, _| Ok(()))? {
            Ended::Closed => return Ok(()),
            Ended::Open => return Err(NotPlain),
        }
    } else if walk.take("<rPr/>") {
        return Ok(());
    } else {
        return Err(NotPlain);
    };
    let inside = walk.through(end)?;
    // A font that holds a text is none, and how it is pronounced is said once.
    let is_odd = ["<!", "<?", "<r>", "<r ", "<rPh"]
        .iter()
        .any(|odd| inside.contains(odd));
    let holds_text = end == "</rPr>" && inside.contains("<t");
    (!is_odd && !holds_text).then_some(()).ok_or(NotPlain)
}

/// A carriage return that is written as such would have to become a line feed.
fn decode_references(decoded: &mut String, raw: &str) -> Result<(), NotPlain> {
    if raw.contains('\r') {
        return Err(NotPlain);
    }
    let mut rest = raw;
    while let Some(at) = rest.find('&') {
        decoded.push_str(&rest[..at]);
        let reference = &rest[at + 1..];
        let near = &reference.as_bytes()[..reference.len().min(REFERENCE_BYTES_MAX)];
        let end = near.iter().position(|byte| *byte == b';');
        let end = end.ok_or(NotPlain)?;
        decoded.push(letter(&reference[..end]).ok_or(NotPlain)?);
        rest = &reference[end + 1..];
    }
    decoded.push_str(rest);
    Ok(())
}

fn letter(reference: &str) -> Option<char> {
    match reference {
        "amp" => return Some('&'),
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "quot" => return Some('"'),
        "apos" => return Some('\''),
        _ => {}
    }
    let number = reference.strip_prefix('#')?;
    let (digits, radix) = number
        .strip_prefix('x')
        .map_or((number, 10), |digits| (digits, 16));
    // `from_str_radix` would take a sign.
    let code = digits
        .bytes()
        .all(|byte| byte.is_ascii_hexdigit())
        .then(|| u32::from_str_radix(digits, radix))?;
    char::from_u32(code.ok()?).filter(|letter| *letter != '\0')
}

/// Adds a text in which Excel writes letters that XML does not know as `_x000D_`.
fn push_unescaped(text: &mut String, mut rest: &str) -> Result<(), NotPlain> {
    while let Some(at) = rest.find('_') {
        let Some(code) = escaped(&rest.as_bytes()[at..]) else {
            text.push_str(&rest[..=at]);
            rest = &rest[at + 1..];
            continue;
        };
        text.push_str(&rest[..at]);
        // Halves of letters, which go in pairs or are none.
        text.push(char::from_u32(code.into()).ok_or(NotPlain)?);
        rest = &rest[at + ESCAPE_BYTES..];
    }
    text.push_str(rest);
    Ok(())
}

fn escaped(bytes: &[u8]) -> Option<u16> {
    let [b'_', b'x', digits @ .., b'_'] = bytes.get(..ESCAPE_BYTES)? else {
        return None;
    };
    let are_digits = digits.iter().all(u8::is_ascii_hexdigit);
    let digits = str::from_utf8(digits).ok()?;
    are_digits.then(|| u16::from_str_radix(digits, 16).ok())?
}
