//! What became of one owner reference, for people: a line of the owners sheet and of the reports.
//!
//! In: what `resolve/` found out, and how many rows hold the reference. Out: one [`OwnerLine`] each, with the
//! words that people read. What a person wrote beside it is `project/`'s.

use crate::model::Principal;

/// What becomes of the rows of a reference, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OwnerFate {
    /// They go to somebody who is there.
    Matched,
    /// They go to a stub user.
    Stub,
    /// They go to the fallback owner.
    Fallback,
    /// They stay with whoever has them.
    Left,
    /// Nobody is chosen.
    Stopped,
    /// There are none: somebody ruled on a reference that no row holds.
    Unused,
}

impl OwnerFate {
    /// Every fate.
    pub const ALL: [Self; 6] = [
        Self::Matched,
        Self::Stub,
        Self::Fallback,
        Self::Left,
        Self::Stopped,
        Self::Unused,
    ];

    /// What people read.
    pub fn word(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::Stub => "stub user",
            Self::Fallback => "fallback owner",
            Self::Left => "left",
            Self::Stopped => "nobody chosen",
            Self::Unused => "unused",
        }
    }

    /// The fate of a word that [`OwnerFate::word`] gave.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fate| fate.word() == word)
    }
}

/// One owner reference and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerLine {
    /// The reference, as first written.
    pub reference: String,
    /// How many rows hold it, by table, most rows first; rows of roles files as `roles`.
    pub by_table: Vec<(String, u64)>,
    /// What becomes of them.
    pub fate: OwnerFate,
    /// What decided: the rung of a match, or the code that stopped it; else empty.
    pub by: String,
    /// Who gets them.
    pub owner: Option<Principal>,
    /// The same as people read it: `Ana Costa <ana@contoso.com>`, `team Sales`.
    pub owner_name: String,
    /// Who fits, where several do.
    pub candidates: Vec<String>,
    /// Who resembles it, where nobody fits, and by which identifier.
    pub near_misses: Vec<String>,
    /// The ruling that was obeyed or refused, as written; empty where there is none.
    pub ruling: String,
}

impl OwnerLine {
    /// How many rows hold the reference, in all files.
    pub fn affected(&self) -> u64 {
        let rows = self.by_table.iter().map(|(_, rows)| *rows);
        rows.fold(0, u64::saturating_add)
    }

    /// The rows by table in words: `account 120; contact 4; roles 1`.
    pub fn rows_words(&self) -> String {
        let tables = self.by_table.iter();
        let words = tables.map(|(table, rows)| format!("{table} {rows}"));
        words.collect::<Vec<_>>().join("; ")
    }
}
