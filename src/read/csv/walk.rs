//! Walks over the surveyed bytes of a block whose quotes stand as they should, record by record.
//!
//! In: the words of a survey. Out: where each record ends and where its cells do. The bits of some
//! words at a time become lists of places first, each in the same few steps however many a word has:
//! a processor cannot foretell when a loop over them would end. Which records are wanted is said by
//! the caller.

use crate::read::csv::survey::{WORD_BYTES, Word, flips};

/// How many words become places at once.
const WORDS_AT_ONCE: usize = 64;
/// As many places are written for a word whether it has them or not.
const SEPARATORS_AT_ONCE: usize = 4;
/// The same for line ends.
const ENDS_AT_ONCE: usize = 1;

/// A block, walked over record by record.
pub(super) struct Walk<'a> {
    /// Words that did not become places yet.
    words: &'a [Word],
    /// Where the first of them begins.
    base: usize,
    /// Whether it begins within quotes, as all bits; and a quote right before it.
    within: u64,
    quote_before: u64,
    /// Delimiters and line ends outside quotes, from the record at hand on.
    separators: Places,
    /// Line ends outside quotes.
    ends: Places,
    /// Line ends within quotes.
    ends_within: Places,
    /// Quotes right behind another.
    doubled_quotes: Places,
    /// How many separators the record at hand has; the next one most likely has as many.
    width: usize,
    /// How many of the separators belong to the record at hand, its end included.
    passed: usize,
}

/// A record of the block.
pub(super) struct Record<'w> {
    /// Where its line end begins; `None` where the block ends without one.
    pub end: Option<usize>,
    /// Where its delimiters are in the block.
    pub separators: &'w [u32],
    /// Whether a quote within quotes stands in it.
    pub doubled_quotes: bool,
    /// Line ends within quotes.
    pub lines_within: u64,
}

impl<'a> Walk<'a> {
    /// Over these words from `start` on; `within` says whether the block begins within quotes.
    pub(super) fn new(words: &'a [Word], within: bool, start: usize) -> Self {
        let mut walk = Self {
            words,
            base: 0,
            within: if within { u64::MAX } else { 0 },
            quote_before: 0,
            separators: Places::default(),
            ends: Places::default(),
            ends_within: Places::default(),
            doubled_quotes: Places::default(),
            width: 0,
            passed: 0,
        };
        for _ in 0..start / WORD_BYTES {
            walk.take_words(1, 0);
        }
        walk.take_words(1, u64::MAX << (start % WORD_BYTES));
        walk
    }

    /// The next record.
    pub(super) fn record(&mut self) -> Record<'_> {
        self.separators.pass(self.passed);
        while self.ends.is_empty() && !self.words.is_empty() {
            self.take_words(WORDS_AT_ONCE, u64::MAX);
        }
        let end = self.ends.first();
        self.ends.pass(usize::from(end.is_some()));
        let before = end.unwrap_or(u32::MAX);
        let separators = self.separators.at_hand();
        if end.is_none() || separators.get(self.width) != end.as_ref() {
            self.width = separators.partition_point(|place| *place < before);
        }
        self.passed = self.width + usize::from(end.is_some());
        Record {
            end: end.map(|end| end as usize),
            separators: &self.separators.at_hand()[..self.width],
            doubled_quotes: self.doubled_quotes.pass_before(before) > 0,
            lines_within: self.ends_within.pass_before(before),
        }
    }

    /// Makes places of the next words, of each only from the bits in `kept`.
    fn take_words(&mut self, count: usize, kept: u64) {
        let (taken, left) = self.words.split_at(count.min(self.words.len()));
        self.words = left;
        self.separators.make_room();
        self.ends.make_room();
        self.ends_within.make_room();
        self.doubled_quotes.make_room();
        for word in taken {
            let within = flips(word.quotes) ^ self.within;
            let separators = (word.delimiters | word.ends) & !within & kept;
            self.separators
                .add::<SEPARATORS_AT_ONCE>(self.base, separators);
            self.ends
                .add::<ENDS_AT_ONCE>(self.base, word.ends & !within & kept);
            let ends_within = word.ends & within & kept;
            let doubled_quotes = word.quotes & (word.quotes << 1 | self.quote_before) & kept;
            if ends_within | doubled_quotes != 0 {
                self.ends_within.add::<ENDS_AT_ONCE>(self.base, ends_within);
                self.doubled_quotes
                    .add::<ENDS_AT_ONCE>(self.base, doubled_quotes);
            }
            self.within = 0_u64.wrapping_sub(within >> 63);
            self.quote_before = word.quotes >> 63;
            self.base += WORD_BYTES;
        }
    }
}

/// Places in a block, in order, of which those passed make room for others.
#[derive(Default)]
struct Places {
    found: Vec<u32>,
    /// The first that was not passed.
    next: usize,
    /// Behind the last; what lies there is left from others.
    filled: usize,
}

impl Places {
    fn at_hand(&self) -> &[u32] {
        &self.found[self.next..self.filled]
    }

    fn is_empty(&self) -> bool {
        self.next == self.filled
    }

    fn first(&self) -> Option<u32> {
        self.at_hand().first().copied()
    }

    fn pass(&mut self, count: usize) {
        self.next += count;
    }

    /// Passes all places before one; how many they were.
    fn pass_before(&mut self, place: u32) -> u64 {
        let mut count = 0;
        while self.first().is_some_and(|first| first < place) {
            self.next += 1;
            count += 1;
        }
        count
    }

    /// Makes room for as many as some words can have.
    fn make_room(&mut self) {
        if self.next > 0 {
            self.found.copy_within(self.next..self.filled, 0);
            self.filled -= self.next;
            self.next = 0;
        }
        let needed = self.filled + WORDS_AT_ONCE * WORD_BYTES + SEPARATORS_AT_ONCE;
        if self.found.len() < needed {
            self.found.resize(needed, 0);
        }
    }

    /// Adds the places of the bits of a word that begins at `base`, `AT_ONCE` at a time.
    #[inline]
    fn add<const AT_ONCE: usize>(&mut self, base: usize, mut bits: u64) {
        let base = u32::try_from(base).unwrap_or(u32::MAX - u64::BITS);
        let mut filled = self.filled;
        loop {
            for slot in &mut self.found[filled..][..AT_ONCE] {
                *slot = base + bits.trailing_zeros();
                filled += usize::from(bits != 0);
                bits &= bits.wrapping_sub(1);
            }
            if bits == 0 {
                break;
            }
        }
        self.filled = filled;
    }
}
