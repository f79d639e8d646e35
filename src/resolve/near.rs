//! Near misses: who a reference that finds nobody may have meant.
//!
//! In: the environment's [`Index`], what is known of the reference. Out: at most
//! [`NEAR_MISSES_MAX`] suggestions, the likest first. Nothing here is ever taken as a match.
//! Names and the local parts of addresses are compared as plain words, so that `costa.ana@old.com`
//! finds Ana Costa; only texts that share enough three-letter pieces are compared at all.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::model::{Named, NearMiss, Principal, comparison_key};
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
    pieces: u16,
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
    by_piece: HashMap<Piece, Vec<u32>, FixedState>,
}

impl Near {
    /// Indexes users and teams; users that are no persons are never suggested.
    pub(super) fn of(index: &Index<'_>) -> Self {
        let mut near = Self {
            entries: Vec::new(),
            by_piece: HashMap::with_hasher(FixedState::default()),
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
        self.entries.push(Entry {
            text: text.into(),
            pieces: u16::try_from(pieces.len()).unwrap_or(u16::MAX),
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
        let wanted = pieces(text);
        let mut shared = vec![0_u16; self.entries.len()];
        let mut touched = Vec::new();
        for piece in &wanted {
            for number in self.by_piece.get(piece).map_or(&[][..], Vec::as_slice) {
                let count = &mut shared[*number as usize];
                if *count == 0 {
                    touched.push(*number);
                }
                *count += 1;
            }
        }
        // Three edits in fifteen letters spoil at most nine pieces of about seventeen.
        let enough = |number: &u32| {
            let entry = &self.entries[*number as usize];
            let longer = wanted.len().max(usize::from(entry.pieces));
            usize::from(shared[*number as usize]) * 3 >= longer
        };
        touched.retain(enough);
        touched
            .sort_unstable_by_key(|number| (std::cmp::Reverse(shared[*number as usize]), *number));
        touched.truncate(COMPARED_MAX);
        let entries = touched
            .into_iter()
            .map(|number| &self.entries[number as usize]);
        entries
            .filter_map(|entry| Some((likeness(text, &entry.text)?, entry)))
            .collect()
    }
}

/// The identifier that an entry is of, as people read it.
fn shown(index: &Index<'_>, entry: &Entry) -> String {
    let user = index.user(entry.principal);
    match (entry.kind, user) {
        (Kind::FullName, Some(user)) => {
            let written = user.full_name.clone();
            let name = written.or_else(|| full_names(user).into_iter().next());
            format!("full name `{}`", name.unwrap_or_default())
        }
        (Kind::Upn, Some(user)) => format!("UPN `{}`", user.upn),
        (Kind::Mail, Some(user)) => format!("mail `{}`", user.mail.as_deref().unwrap_or_default()),
        (Kind::TeamName, _) | (_, None) => {
            format!("team name `{}`", index.team_name(entry.principal))
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

/// How like two texts are, in thousandths; `None` where they are not alike.
///
/// The order of words does not matter. Either few letters differ for the length, or the beginnings
/// are so alike that what differs hardly counts.
fn likeness(left: &str, right: &str) -> Option<u32> {
    let as_written = likeness_in_order(left, right);
    let (sorted_left, sorted_right) = (in_order(left), in_order(right));
    if sorted_left == left && sorted_right == right {
        return as_written;
    }
    as_written.max(likeness_in_order(&sorted_left, &sorted_right))
}

fn likeness_in_order(left: &str, right: &str) -> Option<u32> {
    let (left_length, right_length) = (left.chars().count(), right.chars().count());
    let length = left_length.max(right_length);
    let winkler = strsim::jaro_winkler(left, right);
    // Counting edits costs most, so only what can still be alike is counted.
    let few_edits = winkler >= 0.8
        && left_length.abs_diff(right_length) * 4 <= length
        && strsim::osa_distance(left, right) * 4 <= length;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number between 0 and 1000"
    )]
    let thousandths = (winkler * 1000.0) as u32;
    (few_edits || thousandths >= 940).then_some(thousandths)
}

fn in_order(text: &str) -> String {
    let mut words: Vec<&str> = text.split(' ').collect();
    words.sort_unstable();
    words.join(" ")
}
