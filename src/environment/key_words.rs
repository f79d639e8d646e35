//! How the keys of a field are written: kept of fields with few values, such as a status, so that people read the word
//! that their system shows.
//!
//! In: cells as they are met. Out: the first spelling of each key, or nothing where there are many: those are ids.

use std::collections::BTreeMap;

/// A field with more values than this holds ids.
const WORDS_MAX: usize = 200;

/// The spellings of one field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyWords {
    words: BTreeMap<String, String>,
    are_many: bool,
}

impl KeyWords {
    /// Takes note of a cell and of its key. Of several spellings of one key the first stays.
    pub fn see(&mut self, key: &str, text: &str) {
        if self.are_many || key.is_empty() || self.words.contains_key(key) {
            return;
        }
        if self.words.len() == WORDS_MAX {
            self.words.clear();
            self.are_many = true;
            return;
        }
        self.words.insert(key.to_owned(), text.trim().to_owned());
    }

    /// Keys that are not written as they are compared, and how they are written.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let words = self.words.iter();
        words
            .map(|(key, word)| (key.as_str(), word.as_str()))
            .filter(|(key, word)| key != word)
    }
}

#[cfg(test)]
mod tests {
    use super::{KeyWords, WORDS_MAX};
    use crate::model::record_key;

    #[test]
    fn the_first_spelling_stays_and_ids_have_none() {
        let see = |words: &mut KeyWords, text: &str| words.see(&record_key(text), text);
        let mut words = KeyWords::default();
        for text in [
            " In  Progress ",
            "in progress",
            "IN PROGRESS",
            "",
            "open",
            "Open",
        ] {
            see(&mut words, text);
        }
        let kept: Vec<_> = words.iter().collect();
        assert_eq!(kept, [("in progress", "In  Progress")]);
        for number in 0..=WORDS_MAX {
            see(&mut words, &format!("Account {number}"));
        }
        see(&mut words, "Closed");
        assert_eq!(words.iter().count(), 0);
    }
}
