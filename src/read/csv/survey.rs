//! One pass over a block of a CSV that finds every quote, delimiter and line end, 64 bytes at a time.
//!
//! In: a block, whose beginning may lie within quotes or not. Out: a bit for every such byte, and for
//! either beginning how many records end in the block, where the first and the last do, and whether
//! the quotes stand as a careful writer sets them. Where they do, a quote simply flips between within
//! and without, which is what makes 64 bytes at a time possible; where they do not, the answers of
//! this file mean nothing, and [`Splitter`](crate::read::split::Splitter) has to be asked.

use wide::u8x16;

/// How many bytes one word stands for.
pub(super) const WORD_BYTES: usize = 64;

/// The bytes that matter among 64, each as a bit; the lowest is the first byte.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Word {
    /// Quotes.
    pub quotes: u64,
    /// Delimiters, those within quotes too.
    pub delimiters: u64,
    /// Line ends, those within quotes too: of a CRLF the CR alone.
    pub ends: u64,
}

/// What a block holds if its beginning lies outside quotes, or within.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Way {
    /// How many records end.
    pub rows: u64,
    /// Where the first of them ends, behind its line end.
    pub first_end: Option<usize>,
    /// Where the last of them ends, behind its line end.
    pub last_end: Option<usize>,
    /// Whether a quote opens amid a cell, or text follows one that closes; the first byte apart.
    pub irregular: bool,
}

/// What one pass found.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// The words of the block, in order.
    pub words: Vec<Word>,
    /// How many line ends there are, a CRLF as one.
    pub lines: u64,
    /// Whether there are as many quotes as make a pair each.
    pub even_quotes: bool,
    /// The block begun outside quotes.
    pub outside: Way,
    /// The block begun within quotes.
    pub within: Way,
}

impl Survey {
    /// Looks through `block`; the words' room is used again.
    pub(super) fn take(&mut self, block: &[u8], delimiter: u8) {
        let (words, tail) = block.as_chunks::<WORD_BYTES>();
        self.words
            .resize(block.len().div_ceil(WORD_BYTES), Word::default());
        let mut pass = Pass {
            delimiter: u8x16::splat(delimiter),
            last: Last::default(),
            lines: 0,
            outside: Bounds::default(),
            within: Bounds::default(),
        };
        let (found, found_last) = self.words.split_at_mut(words.len());
        pass.words(words, u64::MAX, found);
        if !tail.is_empty() {
            let mut padded = [0; WORD_BYTES];
            padded[..tail.len()].copy_from_slice(tail);
            pass.words(&[padded], (1 << tail.len()) - 1, found_last);
        }
        self.lines = pass.lines;
        self.even_quotes = pass.last.within == 0;
        self.outside = pass.outside.way(block);
        self.within = pass.within.way(block);
    }
}

/// What the byte before a word was, each as the lowest bit or, for `within`, as all bits.
#[derive(Default)]
struct Last {
    /// Within quotes, if the block began outside them.
    within: u64,
    /// Something before which a quote cannot open; nothing is known of the byte before the block.
    amid_cell: u64,
    /// A CR.
    carriage_return: u64,
    /// A quote that closes, if the block began outside quotes.
    closed: u64,
    /// A quote that closes, if the block began within quotes.
    closed_within: u64,
}

struct Pass {
    delimiter: u8x16,
    last: Last,
    lines: u64,
    outside: Bounds,
    within: Bounds,
}

impl Pass {
    /// Looks at 64 bytes after the other; of each those outside `real` are padding.
    fn words(&mut self, bytes: &[[u8; WORD_BYTES]], real: u64, found: &mut [Word]) {
        for (bytes, found) in bytes.iter().zip(found) {
            *found = self.word(bytes, real);
        }
    }

    /// Looks at 64 bytes, of which those outside `real` are padding.
    #[inline]
    fn word(&mut self, bytes: &[u8; WORD_BYTES], real: u64) -> Word {
        let lanes = lanes(bytes);
        let quotes = equal(&lanes, u8x16::splat(b'"'));
        let delimiters = equal(&lanes, self.delimiter);
        let feeds = equal(&lanes, u8x16::splat(b'\n'));
        let returns = equal(&lanes, u8x16::splat(b'\r'));
        let ends = returns | (feeds & !(returns << 1 | self.last.carriage_return));
        self.last.carriage_return = returns >> 63;
        self.lines += count(ends);
        let word = Word {
            quotes,
            delimiters,
            ends,
        };
        let within = flips(quotes) ^ self.last.within;
        self.check_quotes(word, feeds, within, real);
        // All bits of the next word begin as this one's last bit ends.
        self.last.within = 0_u64.wrapping_sub(within >> 63);
        self.outside.add(ends & !within);
        self.within.add(ends & within);
        word
    }

    /// Marks ways in which a quote stands where no careful writer sets one.
    #[inline]
    fn check_quotes(&mut self, word: Word, feeds: u64, within: u64, real: u64) {
        let Word {
            quotes,
            delimiters,
            ends,
        } = word;
        let boundary = quotes | delimiters | ends | feeds;
        let last = &mut self.last;
        if quotes == 0 && last.closed | last.closed_within == 0 {
            last.amid_cell = !boundary >> 63;
            return;
        }
        let amid_cell = !boundary << 1 | last.amid_cell;
        let (opening, closing) = (quotes & within, quotes & !within);
        let text_after = |closing: u64, before: u64| (closing << 1 | before) & !boundary & real;
        self.outside.irregular |= opening & amid_cell | text_after(closing, last.closed);
        self.within.irregular |= closing & amid_cell | text_after(opening, last.closed_within);
        last.amid_cell = !boundary >> 63;
        last.closed = closing >> 63;
        last.closed_within = opening >> 63;
    }
}

/// The record ends met so far, by the number of their word.
#[derive(Default)]
struct Bounds {
    rows: u64,
    words: usize,
    /// The word with the first of them, and its record ends; without any, there is none yet.
    first: (usize, u64),
    /// The same of the last.
    last: (usize, u64),
    irregular: u64,
}

impl Bounds {
    #[inline]
    fn add(&mut self, ends: u64) {
        self.rows += count(ends);
        // Whether a word has an end is like a coin: nothing here branches on that alone.
        if self.first.1 == 0 {
            self.first = (self.words, ends);
        }
        let here = (self.words, ends);
        self.last = if ends == 0 { self.last } else { here };
        self.words += 1;
    }

    fn way(&self, block: &[u8]) -> Way {
        let place = |word: usize, bit: u32| behind(block, word * WORD_BYTES + bit as usize);
        let ((first, first_ends), (last, last_ends)) = (self.first, self.last);
        Way {
            rows: self.rows,
            first_end: (first_ends != 0).then(|| place(first, first_ends.trailing_zeros())),
            last_end: last_ends.checked_ilog2().map(|bit| place(last, bit)),
            irregular: self.irregular != 0,
        }
    }
}

/// How many bits are set. Mostly one or none, which is told in fewer steps than many are counted.
#[inline]
fn count(bits: u64) -> u64 {
    let others = bits & bits.wrapping_sub(1);
    u64::from(bits != 0) + if others == 0 { 0 } else { count_many(others) }
}

#[cold]
fn count_many(bits: u64) -> u64 {
    bits.count_ones().into()
}

/// The place behind the line end at `place`, both bytes of a CRLF.
pub(super) fn behind(block: &[u8], place: usize) -> usize {
    let pair = block.get(place..place + 2) == Some(b"\r\n");
    place + 1 + usize::from(pair)
}

/// Of each bit, whether an odd number of the bits up to it, itself included, is set.
#[inline]
pub(super) fn flips(bits: u64) -> u64 {
    if bits == 0 {
        return 0;
    }
    [1, 2, 4, 8, 16, 32]
        .iter()
        .fold(bits, |flips, shift| flips ^ flips << shift)
}

#[inline]
fn lanes(bytes: &[u8; WORD_BYTES]) -> [u8x16; 4] {
    let (lanes, _) = bytes.as_chunks::<16>();
    [0, 1, 2, 3].map(|lane| u8x16::new(lanes[lane]))
}

#[inline]
fn equal(lanes: &[u8x16; 4], wanted: u8x16) -> u64 {
    let bits = |lane: usize| u64::from(lanes[lane].simd_eq(wanted).to_bitmask() & 0xffff);
    bits(0) | bits(1) << 16 | bits(2) << 32 | bits(3) << 48
}
