//! The hash of a CSV and whether it is UTF-8, worked out while it is being read.
//!
//! In: each block on its own, on any thread, then what came of it in file order. Out: the BLAKE3 of the
//! file as it lies on the disk, and its first byte that is no UTF-8. A BLAKE3 is a tree over pieces, so
//! that the hashes of blocks can be put together; of a text only what lies at a block's edges has to be
//! looked at again.

use blake3::Hasher;
use blake3::hazmat::{
    ChainingValue, HasherExt, Mode, merge_subtrees_non_root, merge_subtrees_root,
};
use simdutf8::compat::from_utf8;

use crate::read::encoding::Utf8Check;

/// What was found out about a file while it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::read) struct FileDigest {
    /// BLAKE3 of all its bytes, in hexadecimal.
    pub(in crate::read) hash: String,
    /// The offset of the byte that shows that it is no UTF-8.
    pub(in crate::read) first_foreign_byte: Option<u64>,
}

/// What one block comes to by itself.
#[derive(Debug, Default)]
pub(super) struct BlockDigest {
    subtree: ChainingValue,
    /// The end of a character that the block before began, or bytes that are none.
    head: usize,
    /// How many bytes behind `head` are whole characters; `None` where some byte there is wrong, or
    /// there is none.
    whole: Option<usize>,
    multibyte: bool,
}

impl BlockDigest {
    /// Of the block that begins at `offset` of the file, behind `before`.
    pub(super) fn of(before: &[u8], block: &[u8], offset: u64) -> Self {
        if before.len() + block.len() == 0 {
            return Self::default();
        }
        let mut hasher = Hasher::new();
        hasher.set_input_offset(offset);
        hasher.update(before).update(block);
        let is_inner = |byte: &&u8| **byte & 0xc0 == 0x80;
        let head = block.iter().take(3).take_while(is_inner).count();
        let (whole, multibyte) = match from_utf8(&block[head..]) {
            Ok(text) => (Some(text.len()), !text.is_ascii()),
            Err(error) if error.error_len().is_none() => {
                let whole = error.valid_up_to();
                (Some(whole), !block[head..head + whole].is_ascii())
            }
            Err(_) => (None, false),
        };
        Self {
            subtree: hasher.finalize_non_root(),
            head,
            whole,
            multibyte,
        }
    }
}

/// The blocks of a file so far, in file order.
#[derive(Debug, Default)]
pub(super) struct Digest {
    subtrees: Vec<ChainingValue>,
    /// The only block there is cannot be hashed as one of several.
    alone: Option<blake3::Hash>,
    check: Utf8Check,
}

impl Digest {
    /// Adds the next block, which is `block` behind `before`; a last one may be empty.
    pub(super) fn add(&mut self, found: &BlockDigest, before: &[u8], block: &[u8], is_alone: bool) {
        if is_alone {
            self.alone = Some(Hasher::new().update(before).update(block).finalize());
        }
        if before.len() + block.len() > 0 {
            self.subtrees.push(found.subtree);
        }
        self.check.feed(before);
        let (head, rest) = block.split_at(found.head);
        self.check.feed(head);
        match found.whole {
            Some(whole) => {
                let (whole, tail) = rest.split_at(whole);
                self.check.pass(whole.len(), found.multibyte);
                self.check.feed(tail);
            }
            None => self.check.feed(rest),
        }
    }

    /// What the whole file comes to. Blocks that were decoded from it say nothing of its hash, which is
    /// then given.
    pub(super) fn finish(&self, hash: Option<&str>) -> FileDigest {
        FileDigest {
            hash: hash.map_or_else(|| self.hash().to_hex().to_string(), str::to_owned),
            first_foreign_byte: self.check.first_foreign_byte(),
        }
    }

    fn hash(&self) -> blake3::Hash {
        match (self.alone, self.subtrees.as_slice()) {
            (Some(hash), _) => hash,
            (None, []) => blake3::hash(&[]),
            (None, subtrees) => {
                let (left, right) = subtrees.split_at(left_half(subtrees.len()));
                merge_subtrees_root(&merged(left), &merged(right), Mode::Hash)
            }
        }
    }
}

fn merged(subtrees: &[ChainingValue]) -> ChainingValue {
    match subtrees {
        [one] => *one,
        several => {
            let (left, right) = several.split_at(left_half(several.len()));
            merge_subtrees_non_root(&merged(left), &merged(right), Mode::Hash)
        }
    }
}

/// The left subtree is the largest full one that leaves something for the right.
fn left_half(blocks: usize) -> usize {
    blocks.div_ceil(2).next_power_of_two().min(blocks)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{BlockDigest, Digest, left_half};
    use crate::read::encoding::Utf8Check;

    fn digest(bytes: &[u8], before: usize, block: usize) -> super::FileDigest {
        let mut digest = Digest::default();
        let blocks = bytes.len() / block;
        for number in 0..=blocks {
            let part = &bytes[number * block..bytes.len().min((number + 1) * block)];
            let (before, part) = part.split_at(if number == 0 {
                before.min(part.len())
            } else {
                0
            });
            let found = BlockDigest::of(before, part, (number * block) as u64);
            digest.add(&found, before, part, number == 0 && bytes.len() <= block);
        }
        digest.finish(None)
    }

    #[track_caller]
    fn check(bytes: &[u8], before: usize, block: usize) {
        let found = digest(bytes, before, block);
        assert_eq!(found.hash, blake3::hash(bytes).to_hex().as_str());
        let mut whole = Utf8Check::default();
        whole.feed(bytes);
        assert_eq!(found.first_foreign_byte, whole.first_foreign_byte());
    }

    #[test]
    fn halves() {
        let halves: Vec<usize> = (2..10).map(left_half).collect();
        assert_eq!(halves, [1, 2, 2, 4, 4, 4, 4, 8]);
    }

    #[test]
    fn blocks_come_to_what_the_file_comes_to() {
        let bytes: Vec<u8> = (0..40_000_u32)
            .flat_map(|n| format!("{n}é").into_bytes())
            .collect();
        for length in [
            0, 1, 3, 1023, 1024, 1025, 2047, 2048, 2049, 4096, 5000, 8192, 8193, 100_000,
        ] {
            check(&bytes[..length], 0, 1024);
            check(&bytes[..length], 3, 2048);
        }
    }

    proptest! {
        #[test]
        fn edges_do_not_matter(
            fill in 1000_usize..1100,
            parts in prop::collection::vec(prop::sample::select(vec![
                &b"a"[..], b"\xc3\xab", b"\xc3", b"\xf0\x9f\x98\x80", b"\xf0\x9f", b"\x80", b"\xff",
            ]), 0..12),
            before in 0_usize..4,
        ) {
            check(&[vec![b'a'; fill], parts.concat()].concat(), before, 1024);
            check(&[vec![b'a'; fill], parts.concat(), vec![b'b'; 2000]].concat(), before, 1024);
        }
    }
}
