//! Text that a CSV reader cannot cut as it lies, UTF-16 above all, to UTF-8 as it is being read.
//!
//! In: a reader of bytes and their encoding. Out: a reader of the same text in UTF-8, which holds a few
//! buffers however long the text. What decodes to nothing becomes the byte `0xff`, which is no UTF-8
//! wherever it stands: the cell around it is met as undecodable, at its row, and no letter is made up
//! in its place. A UTF-16 text of an odd number of bytes was cut off, and rows with it: that is an error.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_16BE, UTF_16LE};

/// How much is read at once.
const INPUT_BYTES: usize = 128 << 10;
/// How much text is made of it at once.
const OUTPUT_BYTES: usize = 256 << 10;
/// In the place of each unit that decodes to nothing.
const NO_TEXT: u8 = 0xff;
/// How much of the beginning is searched for NULs.
const LOOK_BYTES: usize = 8 << 10;

/// The text ends within a letter.
#[derive(Debug, thiserror::Error)]
#[error("it ends in the middle of a letter: {bytes} bytes, and UTF-16 has two for each unit")]
pub(super) struct CutOff {
    bytes: u64,
}

/// Which UTF-16 a text begins with, and whether a byte order mark says so. Without one it is told from the
/// NULs, which plain letters have in every second byte.
pub(super) fn tell_utf_16(beginning: &[u8]) -> Option<(&'static Encoding, bool)> {
    match beginning {
        // This would be UTF-32, which nobody exports.
        [0xff, 0xfe, 0, 0, ..] => return None,
        [0xff, 0xfe, ..] => return Some((UTF_16LE, true)),
        [0xfe, 0xff, ..] => return Some((UTF_16BE, true)),
        _ => {}
    }
    let look = &beginning[..beginning.len().min(LOOK_BYTES)];
    let units = look.len() / 2;
    let nuls = |from: usize| {
        let bytes = look.iter().skip(from).step_by(2);
        bytes.filter(|byte| **byte == 0).count()
    };
    let most = |count: usize| units > 1 && count * 3 > units * 2;
    let few = |count: usize| count * 4 < units;
    if most(nuls(1)) && few(nuls(0)) {
        Some((UTF_16LE, false))
    } else if most(nuls(0)) && few(nuls(1)) {
        Some((UTF_16BE, false))
    } else {
        None
    }
}

/// A text in UTF-8 that is something else where it comes from.
pub(super) struct Transcoded<R> {
    inner: R,
    decoder: Decoder,
    input: Buffer,
    output: Buffer,
    /// How many bytes were read.
    taken: u64,
    /// Whether `inner` has ended.
    ended: bool,
    /// Whether all text was made.
    done: bool,
}

impl<R: Read> Transcoded<R> {
    /// The text of `inner`; a byte order mark becomes the one of UTF-8.
    pub(super) fn new(inner: R, encoding: &'static Encoding) -> Self {
        Self {
            inner,
            decoder: encoding.new_decoder_without_bom_handling(),
            input: Buffer::of(INPUT_BYTES),
            output: Buffer::of(OUTPUT_BYTES),
            taken: 0,
            ended: false,
            done: false,
        }
    }

    /// Makes some text, at least a byte where there is any left.
    fn make(&mut self) -> io::Result<()> {
        while self.output.is_empty() && !self.done {
            if self.input.is_empty() && !self.ended {
                let count = self.input.fill_from(&mut self.inner)?;
                self.taken += count as u64;
                self.ended = count == 0;
            }
            let is_wide = [UTF_16LE, UTF_16BE].contains(&self.decoder.encoding());
            if self.ended && is_wide && self.taken % 2 == 1 {
                let bytes = self.taken;
                return Err(io::Error::other(CutOff { bytes }));
            }
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(
                self.input.rest(),
                // Room for the mark of a unit that is no text.
                &mut self.output.bytes[..OUTPUT_BYTES - 1],
                self.ended,
            );
            self.input.start += read;
            self.output.start = 0;
            self.output.end = written;
            match result {
                DecoderResult::Malformed(..) => {
                    self.output.bytes[written] = NO_TEXT;
                    self.output.end += 1;
                }
                DecoderResult::InputEmpty => self.done = self.ended,
                DecoderResult::OutputFull => {}
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for Transcoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        self.make()?;
        let rest = self.output.rest();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.output.start += count;
        Ok(count)
    }
}

/// Bytes of which some are still wanted.
struct Buffer {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Buffer {
    fn of(size: usize) -> Self {
        Self {
            bytes: vec![0; size],
            start: 0,
            end: 0,
        }
    }

    fn is_empty(&self) -> bool {
        self.start == self.end
    }

    fn rest(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Reads anew; how many bytes there are now.
    fn fill_from(&mut self, read: &mut impl Read) -> io::Result<usize> {
        (self.start, self.end) = (0, 0);
        self.end = read.read(&mut self.bytes)?;
        Ok(self.end)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};
    use proptest::prelude::*;

    use super::{CutOff, Transcoded, tell_utf_16};

    fn utf_16(text: &str, encoding: &'static Encoding) -> Vec<u8> {
        let units = text.encode_utf16();
        if encoding == UTF_16LE {
            units.flat_map(u16::to_le_bytes).collect()
        } else {
            units.flat_map(u16::to_be_bytes).collect()
        }
    }

    /// The bytes, in pieces of `piece` bytes.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = self.0.len().min(self.1).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn transcode(bytes: &[u8], label: &str, piece: usize) -> std::io::Result<Vec<u8>> {
        let encoding = Encoding::for_label(label.as_bytes()).expect("a label");
        let mut read = Transcoded::new(Pieces(bytes, piece), encoding);
        let mut text = Vec::new();
        read.read_to_end(&mut text)?;
        Ok(text)
    }

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn texts() {
        //    case                              bytes                                   encoding        text; none where it was cut off
        check("little end first",               b"a\0,\0\xeb\0\r\0\n\0",                "utf-16le",     Some(b"a,\xc3\xab\r\n"));
        check("big end first",                  b"\0a\0,\0\xeb",                        "utf-16be",     Some(b"a,\xc3\xab"));
        check("two units a letter",             b"\x3d\xd8\x00\xde",                    "utf-16le",     Some("\u{1f600}".as_bytes()));
        check("a mark",                         b"\xff\xfea\0",                         "utf-16le",     Some(b"\xef\xbb\xbfa"));
        check("nothing",                        b"",                                    "utf-16le",     Some(b""));
        check("a letter alone that needs two",  b"a\0\x3d\xd8,\0",                      "utf-16le",     Some(b"a\xff,"));
        check("the second alone",               b"a\0\x00\xde,\0",                      "utf-16le",     Some(b"a\xff,"));
        check("the first at the end",           b"a\0\x3d\xd8",                         "utf-16le",     Some(b"a\xff"));
        check("two of them",                    b"\x3d\xd8\x3d\xd8a\0",                 "utf-16le",     Some(b"\xff\xffa"));
        check("a NUL stays one",                b"a\0\0\0b\0",                          "utf-16le",     Some(b"a\0b"));
        check("cut off",                        b"a\0,\0b",                             "utf-16le",     None);
        check("cut off within two units",       b"\x3d\xd8\x00",                        "utf-16le",     None);
        check("Polish",                         b"\xb3\xf3d\x9f",                       "windows-1250", Some("\u{142}\u{f3}d\u{17a}".as_bytes()));
        check("Japanese",                       b"\x93\xfa\x96{,a",                     "shift_jis",    Some("\u{65e5}\u{672c},a".as_bytes()));
        check("Japanese, half a letter",        b"a,\x93",                              "shift_jis",    Some(b"a,\xff"));
        check("Japanese, no letter",            b"\xfd,a",                              "shift_jis",    Some(b"\xff,a"));
    }

    #[track_caller]
    fn check(case: &str, bytes: &[u8], label: &str, expected: Option<&[u8]>) {
        for piece in 1..=bytes.len().max(1) {
            let text = transcode(bytes, label, piece);
            match (text, expected) {
                (Ok(text), Some(expected)) => {
                    assert_eq!(text, expected, "case: {case}, pieces of {piece}");
                }
                (Err(error), None) => {
                    let error = error.downcast::<CutOff>().expect(case);
                    assert!(
                        error
                            .to_string()
                            .contains(&format!("{} bytes", bytes.len()))
                    );
                }
                (text, _) => panic!("case: {case}: {text:?}"),
            }
        }
    }

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn what_a_text_begins_with() {
        told("a mark, little end first",        b"\xff\xfe\xeb\x03",                    Some((UTF_16LE, true)));
        told("a mark, big end first",           b"\xfe\xff\x03\xeb",                    Some((UTF_16BE, true)));
        told("a mark and nothing",              b"\xff\xfe",                            Some((UTF_16LE, true)));
        told("no mark, little end first",       b"i\0d\0,\0",                           Some((UTF_16LE, false)));
        told("no mark, big end first",          b"\0i\0d\0,",                           Some((UTF_16BE, false)));
        told("no mark, some other letters",     b"i\0d\0,\0\x16\x04a\0",                Some((UTF_16LE, false)));
        told("UTF-32",                          b"\xff\xfe\0\0i\0\0\0",                 None);
        told("UTF-32 without a mark",           b"i\0\0\0d\0\0\0",                      None);
        told("NULs only",                       b"\0\0\0\0\0\0",                        None);
        told("binary",                          b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",       None);
        told("UTF-8",                           b"id,owner\n",                          None);
        told("one byte",                        b"\0",                                  None);
        told("nothing",                         b"",                                    None);
    }

    #[track_caller]
    fn told(case: &str, beginning: &[u8], expected: Option<(&'static Encoding, bool)>) {
        assert_eq!(tell_utf_16(beginning), expected, "case: {case}");
    }

    proptest! {
        #[test]
        fn what_is_text_comes_out_as_it_is(text in any::<String>(), piece in 1_usize..40) {
            for encoding in [UTF_16LE, UTF_16BE] {
                let bytes = utf_16(&text, encoding);
                let out = transcode(&bytes, encoding.name(), piece).unwrap();
                prop_assert_eq!(String::from_utf8(out).unwrap(), &*text);
            }
        }

        /// Against the standard library, which decodes by other code.
        #[test]
        fn what_is_none_is_marked_unit_by_unit(units in prop::collection::vec(
            prop_oneof![0xd7f0_u16..0xe010, any::<u16>()], 0..40), piece in 1_usize..40,
        ) {
            let bytes: Vec<u8> = units.iter().copied().flat_map(u16::to_le_bytes).collect();
            let expected: Vec<u8> = char::decode_utf16(units)
                .flat_map(|letter| letter.map_or(vec![0xff], |letter| letter.to_string().into_bytes()))
                .collect();
            prop_assert_eq!(transcode(&bytes, "utf-16le", piece).unwrap(), expected);
        }
    }

    #[test]
    fn a_long_text_goes_through_small_buffers() {
        let text = "\u{20ac}uro,\u{1f600}\r\n".repeat(200_000);
        let out = transcode(&utf_16(&text, UTF_16BE), "utf-16be", 99_999).unwrap();
        assert!(out == text.as_bytes());
    }
}
