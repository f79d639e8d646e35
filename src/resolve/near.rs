//! Near misses: who a reference that finds nobody may have meant.
//!
//! In: the environment's [`Index`], what is known of the reference. Out: at most
//! [`NEAR_MISSES_MAX`] suggestions, the likest first. Nothing here is ever taken as a match.
//! Names and the local parts of addresses are compared as plain words, so that `costa.ana@old.com`
//! finds Ana Costa; only texts that share enough three-letter pieces are compared at all.

use std::cmp::Reverse;
use std::sync::{Mutex, PoisonError};

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::model::{Named, NearMiss, Principal, comparison_key, quoted};
use crate::resolve::identifiers::{Identifiers, local_part};
use crate::resolve::index::{Index, full_names, special};

/// How many are suggested at most.
pub(super) const NEAR_MISSES_MAX: usize = 3;

/// How many texts, those with the most pieces in common, are compared letter by letter.
const COMPARED_MAX: usize = 32;

/// Three letters of a word, its edges marked by blanks.
type Piece = [char; 3];

struct Entry {
    /// As [`words`] gives it.
    text: Box<str>,
    /// Its words in order, where they are not.
    sorted: Option<Box<str>>,
    principal: Principal,
    kind: Kind,
}

/// Which identifier of somebody a text is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    FullName,
    Upn,
    Mail,
    TeamName,
}

/// Names and local parts of everybody who may be suggested, by their pieces.
pub(super) struct Near {
    entries: Vec<Entry>,
    /// How many pieces each entry has; apart, because many entries are looked at for this alone.
    pieces: Vec<u16>,
    by_piece: HashMap<Piece, Vec<u32>, FixedState>,
    /// A zero for each entry, for whoever counts next: the lists are many, and as long as the entries.
    spare: Mutex<Vec<Vec<u16>>>,
}

impl Near {
    /// Indexes users and teams; users that are no persons are never suggested.
    pub(super) fn of(index: &Index<'_>) -> Self {
        let mut near = Self {
            entries: Vec::new(),
            pieces: Vec::new(),
            by_piece: HashMap::with_hasher(FixedState::default()),
            spare: Mutex::default(),
        };
        for user in index.users().filter(|user| special(user).is_none()) {
            let principal = Principal::User(user.id);
            for name in full_names(user) {
                near.add(&name, principal, Kind::FullName);
            }
            if !user.upn.is_empty() {
                near.add(local_part(&user.upn), principal, Kind::Upn);
            }
            if let Some(mail) = &user.mail {
                near.add(local_part(mail), principal, Kind::Mail);
            }
        }
        for team in index.teams() {
            near.add(&team.name, Principal::Team(team.id), Kind::TeamName);
        }
        near
    }

    fn add(&mut self, text: &str, principal: Principal, kind: Kind) {
        let text = words(text);
        let known = |entry: &&Entry| entry.principal == principal;
        let mut same = self.entries.iter().rev().take_while(known);
        if text.is_empty() || same.any(|entry| *entry.text == text) {
            return;
        }
        let number = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        let pieces = pieces(&text);
        for piece in &pieces {
            self.by_piece.entry(*piece).or_default().push(number);
        }
        self.pieces
            .push(u16::try_from(pieces.len()).unwrap_or(u16::MAX));
        self.entries.push(Entry {
            sorted: Some(in_order(&text))
                .filter(|sorted| *sorted != text)
                .map(String::into),
            text: text.into(),
            principal,
            kind,
        });
    }

    /// Who resembles what is known, the likest first.
    pub(super) fn misses(&self, index: &Index<'_>, known: &Identifiers) -> Vec<NearMiss> {
        let mut best: Vec<(u32, &Entry)> = Vec::new();
        for text in likenesses(known) {
            for (likeness, entry) in self.alike(&text) {
                match best
                    .iter_mut()
                    .find(|(_, other)| other.principal == entry.principal)
                {
                    Some(held) if held.0 >= likeness => {}
                    Some(held) => *held = (likeness, entry),
                    None => best.push((likeness, entry)),
                }
            }
        }
        best.sort_by(|(left_likeness, left), (right_likeness, right)| {
            right_likeness
                .cmp(left_likeness)
                .then_with(|| left.text.cmp(&right.text))
                .then_with(|| left.principal.cmp(&right.principal))
        });
        let misses = best.into_iter().take(NEAR_MISSES_MAX);
        misses
            .map(|(_, entry)| NearMiss {
                named: Named {
                    principal: entry.principal,
                    label: index.show(entry.principal),
                },
                identifier: shown(index, entry),
            })
            .collect()
    }

    fn alike(&self, text: &str) -> Vec<(u32, &Entry)> {
        let sorted = in_order(text);
        let compared = self.most_shared(&pieces(text)).into_iter();
        compared
            .filter_map(|number| {
                let entry = &self.entries[number as usize];
                Some((entry.likeness(text, &sorted)?, entry))
            })
            .collect()
    }

    /// The entries that share most of these pieces, and at least a third of the longer text's: three edits
    /// in fifteen letters spoil at most nine pieces of about seventeen.
    fn most_shared(&self, wanted: &[Piece]) -> Vec<u32> {
        let lists = wanted.iter().filter_map(|piece| self.by_piece.get(piece));
        let mut lists: Vec<&[u32]> = lists.map(Vec::as_slice).collect();
        lists.sort_unstable_by_key(|list| list.len());
        // Who shares enough of all is in one of the lists but the last so many, which are the longest.
        let least = wanted.len().div_ceil(3);
        let (telling, others) =
            lists.split_at((lists.len() + 1).saturating_sub(least).min(lists.len()));
        let spare = || self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = spare().pop();
        let mut shared = kept.unwrap_or_else(|| vec![0_u16; self.entries.len()]);
        let mut touched = Vec::new();
        for number in telling.iter().copied().flatten() {
            let count = &mut shared[*number as usize];
            if *count == 0 {
                touched.push(*number);
            }
            *count += 1;
        }
        for number in others.iter().copied().flatten() {
            let count = &mut shared[*number as usize];
            *count += u16::from(*count > 0);
        }
        // Those that share more come first, then those with a lower number.
        let mut best: Vec<(Reverse<u16>, u32)> = Vec::new();
        for number in touched {
            let count = std::mem::take(&mut shared[number as usize]);
            let longer = wanted.len().max(self.pieces[number as usize].into());
            if usize::from(count) * 3 >= longer {
                best.push((Reverse(count), number));
            }
        }
        spare().push(shared);
        if best.len() > COMPARED_MAX {
            best.select_nth_unstable(COMPARED_MAX);
            best.truncate(COMPARED_MAX);
        }
        best.sort_unstable();
        best.into_iter().map(|(_, number)| number).collect()
    }
}

impl Entry {
    /// How like its text and another are, in thousandths; `None` where they are not alike. `sorted` are the
    /// other's words in order.
    ///
    /// The order of words does not matter. Either few letters differ for the length, or the beginnings
    /// are so alike that what differs hardly counts.
    fn likeness(&self, text: &str, sorted: &str) -> Option<u32> {
        let as_written = likeness_in_order(text, &self.text);
        if sorted == text && self.sorted.is_none() {
            return as_written;
        }
        let mine = self.sorted.as_deref().unwrap_or(&self.text);
        as_written.max(likeness_in_order(sorted, mine))
    }
}

/// The identifier that an entry is of, as people read it.
fn shown(index: &Index<'_>, entry: &Entry) -> String {
    let user = index.user(entry.principal);
    match (entry.kind, user) {
        (Kind::FullName, Some(user)) => {
            let written = user.full_name.clone();
            let name = written.or_else(|| full_names(user).into_iter().next());
            format!("full name {}", quoted(&name.unwrap_or_default()))
        }
        (Kind::Upn, Some(user)) => format!("UPN {}", quoted(&user.upn)),
        (Kind::Mail, Some(user)) => {
            format!("mail {}", quoted(&user.mail.as_deref().unwrap_or_default()))
        }
        (Kind::TeamName, _) | (_, None) => {
            format!("team name {}", quoted(&index.team_name(entry.principal)))
        }
    }
}

/// What of the known identifiers can resemble something, as plain words, each once.
fn likenesses(known: &Identifiers) -> Vec<String> {
    let names = known.full_names.iter();
    let addresses = known.upns.iter().chain(&known.mails);
    let addresses = addresses.map(|address| local_part(address));
    let mut texts: Vec<String> = names
        .map(String::as_str)
        .chain(addresses)
        .map(words)
        .collect();
    texts.retain(|text| text.contains(char::is_alphabetic));
    texts.sort();
    texts.dedup();
    texts
}

/// A text as plain words: `ana.costa` and `Ana Costa` are both `ana costa`.
fn words(text: &str) -> String {
    let separator = |letter| matches!(letter, '.' | '_' | '-' | '\'' | ',');
    let separated: String = text
        .chars()
        .map(|letter| if separator(letter) { ' ' } else { letter })
        .collect();
    comparison_key(&separated)
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(text.len());
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let mut letters = word.chars().chain([' ']);
        let mut piece = [' ', ' ', letters.next().unwrap_or(' ')];
        for letter in letters {
            piece = [piece[1], piece[2], letter];
            pieces.push(piece);
        }
    }
    pieces.sort_unstable();
    pieces.dedup();
    pieces
}

fn likeness_in_order(left: &str, right: &str) -> Option<u32> {
    let winkler = strsim::jaro_winkler(left, right);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number between 0 and 1000"
    )]
    let thousandths = (winkler * 1000.0) as u32;
    // Counting edits costs most, so only what can still be alike is counted.
    let alike = thousandths >= 940 || (winkler >= 0.8 && few_edits(left, right));
    alike.then_some(thousandths)
}

/// Whether few letters differ for the length.
fn few_edits(left: &str, right: &str) -> bool {
    let (left_length, right_length) = (left.chars().count(), right.chars().count());
    let length = left_length.max(right_length);
    left_length.abs_diff(right_length) * 4 <= length
        && edits_at_least(left, right) * 4 <= length
        && strsim::osa_distance(left, right) * 4 <= length
}

/// How many edits it takes at least: each adds a letter, takes one away, does both, or does neither.
/// Letters that are told apart by their last bits only make it fewer.
fn edits_at_least(left: &str, right: &str) -> usize {
    let mut surplus = [0_i32; 32];
    for letter in left.chars() {
        surplus[letter as usize % 32] += 1;
    }
    for letter in right.chars() {
        surplus[letter as usize % 32] -= 1;
    }
    let more: u32 = surplus
        .iter()
        .map(|count| count.max(&0).unsigned_abs())
        .sum();
    let fewer: u32 = surplus
        .iter()
        .map(|count| count.min(&0).unsigned_abs())
        .sum();
    more.max(fewer) as usize
}

fn in_order(text: &str) -> String {
    let mut words: Vec<&str> = text.split(' ').collect();
    words.sort_unstable();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::edits_at_least;

    proptest! {
        #[test]
        fn it_never_takes_fewer_edits(left in "[a-cé ]{0,8}", right in "[a-cé ]{0,8}") {
            let edits = strsim::osa_distance(&left, &right);
            prop_assert!(edits_at_least(&left, &right) <= edits, "{edits}");
        }
    }
}
