//! Bytes of cells to text, and which encoding a file has.
//!
//! In: bytes. Out: text, or the word that there is none. The decision for a whole file is taken from
//! its first undecodable byte; who asks for it, and for which cells text is needed, is not known here.

use std::borrow::Cow;
use std::str;

use encoding_rs::X_USER_DEFINED;

/// How the bytes of a file become text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// UTF-8; a cell may still hold bytes that are none.
    Utf8,
    /// One byte a letter, and ASCII where ASCII has one: a cell can be cut and decoded by itself.
    SingleByte(&'static encoding_rs::Encoding),
    /// This in the file, and UTF-8 by the time that it is cut (`transcode.rs`).
    Transcoded(&'static encoding_rs::Encoding),
}

/// What the manifest's `encoding` may be; every other label that browsers know is taken too.
pub(super) const LABELS: &str = "`utf-8`, `utf-16`, `utf-16le`, `utf-16be`, `windows-1252`, or one that \
                                 browsers know, such as `windows-1250`, `windows-1251`, `iso-8859-2` or \
                                 `shift_jis`";

/// The bytes of a cell are no text in the file's encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Undecodable;

impl Encoding {
    /// In which every byte means something.
    pub(super) const WINDOWS_1252: Self = Self::SingleByte(encoding_rs::WINDOWS_1252);

    /// The encoding of a label as the manifest writes it; `utf-16` alone does not say which end comes
    /// first, and is none.
    pub(super) fn from_label(label: &str) -> Option<Self> {
        let label = label.trim().to_ascii_lowercase();
        let known = match label.as_str() {
            "utf-8-sig" => encoding_rs::UTF_8,
            "ansi" => encoding_rs::WINDOWS_1252,
            "utf-16" | "utf16" => return None,
            code_page if code_page.bytes().all(|byte| byte.is_ascii_digit()) => {
                encoding_rs::Encoding::for_label(format!("windows-{code_page}").as_bytes())?
            }
            label => encoding_rs::Encoding::for_label_no_replacement(label.as_bytes())?,
        };
        Some(match known {
            known if known == encoding_rs::UTF_8 => Self::Utf8,
            // Bytes without a meaning of their own.
            known if known == X_USER_DEFINED => return None,
            known if known.is_single_byte() => Self::SingleByte(known),
            known => Self::Transcoded(known),
        })
    }

    /// The label that people read.
    pub(super) fn label(self) -> String {
        match self {
            Self::Utf8 => "utf-8".to_owned(),
            Self::SingleByte(encoding) | Self::Transcoded(encoding) => {
                encoding.name().to_ascii_lowercase()
            }
        }
    }

    /// The text of a cell without blanks around it. A NUL is no text: files that lost their end to a
    /// power cut are full of them.
    pub(super) fn trimmed(self, cell: &[u8]) -> Result<Cow<'_, str>, Undecodable> {
        if cell.contains(&0) {
            return Err(Undecodable);
        }
        match self {
            Self::Utf8 | Self::Transcoded(_) => str::from_utf8(cell)
                .map(|text| Cow::Borrowed(text.trim()))
                .map_err(|_| Undecodable),
            Self::SingleByte(encoding) => {
                match encoding.decode_without_bom_handling_and_without_replacement(cell) {
                    Some(Cow::Borrowed(text)) => Ok(Cow::Borrowed(text.trim())),
                    Some(Cow::Owned(text)) => Ok(Cow::Owned(text.trim().to_owned())),
                    None => Err(Undecodable),
                }
            }
        }
    }

    /// The text of a cell for people, with a mark for each byte that is none.
    pub(super) fn lossy(self, cell: &[u8]) -> Cow<'_, str> {
        match self {
            Self::Utf8 | Self::Transcoded(_) => String::from_utf8_lossy(cell),
            Self::SingleByte(encoding) => encoding.decode_without_bom_handling(cell).0,
        }
    }
}

/// Looks through a file, block by block, for the first byte that is no UTF-8.
#[derive(Debug, Default)]
pub(super) struct Utf8Check {
    seen: u64,
    /// The beginning of a character whose rest is in the next block.
    partial: Vec<u8>,
    multibyte: bool,
    bad: Option<u64>,
}

impl Utf8Check {
    /// Looks at the next block.
    pub(super) fn feed(&mut self, block: &[u8]) {
        if self.bad.is_none() {
            let rest = self.finish_partial(block);
            if self.bad.is_none() {
                self.feed_whole(rest, self.seen + (block.len() - rest.len()) as u64);
            }
        }
        self.seen += block.len() as u64;
    }

    /// Passes over whole characters that somebody else has checked.
    pub(super) fn pass(&mut self, bytes: usize, multibyte: bool) {
        if self.bad.is_none() && bytes > 0 {
            if self.partial.is_empty() {
                self.multibyte |= multibyte;
            } else {
                // The character begun before does not go on.
                self.bad = Some(self.seen - self.partial.len() as u64);
                self.partial.clear();
            }
        }
        self.seen += bytes as u64;
    }

    /// Offset of the first bad byte where the file is no UTF-8 (one that had valid multi-byte
    /// characters before it is UTF-8 with a fault), `None` where it is.
    pub(super) fn first_foreign_byte(&self) -> Option<u64> {
        // A character cut off by the end of the file is as bad as a wrong byte.
        let cut = (!self.partial.is_empty()).then(|| self.seen - self.partial.len() as u64);
        self.bad.or(cut).filter(|_| !self.multibyte)
    }

    /// Completes a character begun in the block before; gives what follows it.
    fn finish_partial<'a>(&mut self, block: &'a [u8]) -> &'a [u8] {
        let mut rest = block;
        while !self.partial.is_empty() {
            let Some((byte, after)) = rest.split_first() else {
                return rest;
            };
            self.partial.push(*byte);
            match str::from_utf8(&self.partial) {
                Ok(_) => {
                    self.multibyte = true;
                    self.partial.clear();
                    rest = after;
                }
                Err(error) if error.error_len().is_none() => rest = after,
                Err(_) => {
                    let begun_before = self.partial.len() as u64 - 1;
                    let taken = (block.len() - rest.len()) as u64;
                    self.bad = Some(self.seen + taken - begun_before);
                    self.partial.clear();
                }
            }
        }
        rest
    }

    fn feed_whole(&mut self, block: &[u8], offset: u64) {
        let Err(error) = str::from_utf8(block) else {
            self.multibyte |= !block.is_ascii();
            return;
        };
        let (valid, from_bad) = block.split_at(error.valid_up_to());
        self.multibyte |= !valid.is_ascii();
        if error.error_len().is_none() {
            self.partial = from_bad.to_vec();
        } else {
            self.bad = Some(offset + valid.len() as u64);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Encoding, Undecodable, Utf8Check};

    #[test]
    #[rustfmt::skip]
    fn the_first_foreign_byte() {
        check("ascii",                          b"abc",                     None);
        check("valid multi-byte",               "Zo\u{eb} \u{1f600}".as_bytes(), None);
        check("an accent of Windows-1252",      b"Andr\xe9,x",              Some(4));
        check("cut off by the end",             b"ab\xc3",                  Some(2));
        check("valid before: UTF-8 with a fault", b"\xc3\xab \xe9,x",       None);
        check("valid after does not count",     b"\xe9, \xc3\xab",         Some(0));
    }

    #[track_caller]
    fn check(case: &str, bytes: &[u8], expected: Option<u64>) {
        for block in 1..=bytes.len() {
            let mut look = Utf8Check::default();
            bytes.chunks(block).for_each(|part| look.feed(part));
            assert_eq!(
                look.first_foreign_byte(),
                expected,
                "case: {case}, blocks of {block}"
            );
        }
    }

    proptest! {
        #[test]
        fn blocks_do_not_matter(
            parts in prop::collection::vec(prop::sample::select(vec![
                &b"a"[..], b"\xc3\xab", b"\xc3", b"\xf0\x9f\x98\x80", b"\xf0\x9f", b"\x80", b"\xff",
            ]), 0..12),
            block in 1_usize..9,
        ) {
            let bytes = parts.concat();
            let mut whole = Utf8Check::default();
            whole.feed(&bytes);
            let mut look = Utf8Check::default();
            bytes.chunks(block).for_each(|part| look.feed(part));
            prop_assert_eq!(look.first_foreign_byte(), whole.first_foreign_byte());
        }
    }

    #[test]
    fn cells_become_text() {
        let cell = |encoding: Encoding, bytes: &'static [u8]| {
            encoding.trimmed(bytes).map(std::borrow::Cow::into_owned)
        };
        assert_eq!(
            cell(Encoding::Utf8, b" Zo\xc3\xab\xc2\xa0").as_deref(),
            Ok("Zo\u{eb}")
        );
        assert_eq!(cell(Encoding::Utf8, b"Zo\xeb"), Err(Undecodable));
        assert_eq!(
            cell(Encoding::WINDOWS_1252, b" Zo\xeb \x80").as_deref(),
            Ok("Zo\u{eb} \u{20ac}")
        );
        assert_eq!(cell(Encoding::WINDOWS_1252, b"a\0b"), Err(Undecodable));
        // Greek has no letter at 0xff.
        let greek = Encoding::from_label("windows-1253").unwrap();
        assert_eq!(cell(greek, b"\xc1").as_deref(), Ok("\u{391}"));
        assert_eq!(cell(greek, b"\xc1\xff"), Err(Undecodable));
        assert_eq!(greek.lossy(b"\xc1\xff"), "\u{391}\u{fffd}");
    }

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn labels() {
        labelled("utf-8",           "utf-8",            "Utf8");
        labelled(" UTF8 ",          "utf-8",            "Utf8");
        labelled("utf-8-sig",       "utf-8",            "Utf8");
        labelled("ANSI",            "windows-1252",     "SingleByte");
        labelled("cp1252",          "windows-1252",     "SingleByte");
        labelled("1252",            "windows-1252",     "SingleByte");
        labelled("latin1",          "windows-1252",     "SingleByte");
        labelled("1250",            "windows-1250",     "SingleByte");
        labelled("windows-1251",    "windows-1251",     "SingleByte");
        labelled("ISO-8859-2",      "iso-8859-2",       "SingleByte");
        labelled("koi8-r",          "koi8-r",           "SingleByte");
        labelled("utf-16le",        "utf-16le",         "Transcoded");
        labelled("UTF-16BE",        "utf-16be",         "Transcoded");
        labelled("shift_jis",       "shift_jis",        "Transcoded");
        labelled("gb18030",         "gb18030",          "Transcoded");
        for unknown in ["utf-16", "ebcdic", "", "852", "1259", "x-user-defined", "replacement", "utf-7"] {
            assert_eq!(Encoding::from_label(unknown), None, "{unknown}");
        }
    }

    #[track_caller]
    fn labelled(written: &str, label: &str, kind: &str) {
        let encoding = Encoding::from_label(written).expect(written);
        assert_eq!(encoding.label(), label, "{written}");
        assert!(
            format!("{encoding:?}").starts_with(kind),
            "{written}: {encoding:?}"
        );
        // Each is known under the label that reports show.
        assert_eq!(Encoding::from_label(label), Some(encoding), "{written}");
    }
}
