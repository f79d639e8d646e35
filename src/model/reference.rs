//! Owner references: each distinct text once, however many rows hold it.
//!
//! In: owner cells and user cells as written. Out: small numbers that stand for them.
//! Two texts are the same reference when their keys ([`reference_key`]) are equal; the first
//! spelling met, in the order of files and rows, is the one that is shown. Who is meant is found
//! out in `resolve/`.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use crate::model::{FileId, reference_key};

/// The number of a distinct reference within one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReferenceId(pub u32);

/// One distinct reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// As first written, trimmed.
    pub text: String,
    /// Its key, see [`reference_key`].
    pub key: String,
    /// How many rows of each file hold it.
    pub rows: BTreeMap<FileId, u64>,
}

/// All references of a run, numbered in the order in which they were first met.
#[derive(Clone, Debug, Default)]
pub struct References {
    list: Vec<Reference>,
    by_text: HashMap<String, ReferenceId, foldhash::fast::FixedState>,
    by_key: HashMap<String, ReferenceId, foldhash::fast::FixedState>,
}

impl References {
    /// The number of `text`, counted as `rows` rows of `file`.
    ///
    /// Looking up a spelling met before allocates nothing.
    pub fn intern(&mut self, text: &str, file: FileId, rows: u64) -> ReferenceId {
        let id = match self.by_text.get(text) {
            Some(id) => *id,
            None => self.intern_new_spelling(text),
        };
        *self.list[id.0 as usize].rows.entry(file).or_default() += rows;
        id
    }

    fn intern_new_spelling(&mut self, text: &str) -> ReferenceId {
        let key = reference_key(text);
        let next = ReferenceId(u32::try_from(self.list.len()).unwrap_or(u32::MAX));
        let id = *self.by_key.entry(key.clone()).or_insert(next);
        if id == next {
            self.list.push(Reference {
                text: text.trim().to_owned(),
                key,
                rows: BTreeMap::new(),
            });
        }
        self.by_text.insert(text.to_owned(), id);
        id
    }

    /// The reference of a number that [`References::intern`] gave.
    pub fn get(&self, id: ReferenceId) -> &Reference {
        &self.list[id.0 as usize]
    }

    /// The number of a text's reference, if it was met.
    pub fn find(&self, text: &str) -> Option<ReferenceId> {
        self.by_key.get(&reference_key(text)).copied()
    }

    /// All, in order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (ReferenceId, &Reference)> {
        (0..).map(ReferenceId).zip(&self.list)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether none was met.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_reference_share_a_number() {
        let mut references = References::default();
        let first = references.intern(" Ana Costa ", FileId(0), 2);
        let second = references.intern("ANA COSTA", FileId(1), 1);
        let other = references.intern("Ana Costas", FileId(0), 1);
        assert_eq!(first, second);
        assert_ne!(first, other);
        assert_eq!(references.get(first).text, "Ana Costa");
        assert_eq!(
            references.get(first).rows,
            BTreeMap::from([(FileId(0), 2), (FileId(1), 1)])
        );
        assert_eq!(references.find("ana costa"), Some(first));
        assert_eq!(references.len(), 2);
    }
}
