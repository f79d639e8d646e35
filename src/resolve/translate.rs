//! Who a reference meant in the old system: the rows of the users exports, one person each.
//!
//! In: rows of all users exports, the domain map. Out: [`People`]: persons with the facts of all
//! their rows, found by old id, UPN, mail, employee id, Entra object id or full name.
//! Several rows are one person only where an identifier says so and none speaks against it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use uuid::Uuid;

use crate::model::{
    FileId, Person, Wish, comparison_key, parse_guid, reference_key, salesforce_id,
};
use crate::resolve::identifiers::{Identifiers, after_domain_map, full_name, name_key};

/// More rows than this under one value: a shared mailbox or a default, which says nothing of who
/// is who. It still finds them all, so that a reference that holds it is ambiguous.
const ROWS_OF_ONE_VALUE_MAX: usize = 64;

/// One person of the old system: the rows that are about them, in order. There may be far more people than
/// anybody asks for, so what follows from the rows is worked out where it is asked for.
#[derive(Clone, Debug)]
pub(super) struct Persona<'a> {
    group: Vec<&'a Person>,
}

impl<'a> Persona<'a> {
    /// File and row of each row, in order.
    pub(super) fn rows(&self) -> impl Iterator<Item = (FileId, u64)> {
        self.group.iter().map(|row| (row.file, row.row))
    }

    /// The rows that the manifest lets wish something, in order.
    pub(super) fn wishing(&self) -> impl Iterator<Item = (&'a Person, &'a [Wish])> {
        let rows = self.group.iter().copied();
        rows.filter_map(|row| Some((row, row.wishes.as_deref()?)))
    }

    /// Whether a text is an old id of this person.
    pub(super) fn has_old_id(&self, text: &str) -> bool {
        let key = old_id_key(text);
        let mut ids = self.group.iter().filter_map(|row| row.id.as_deref());
        ids.any(|id| old_id_key(id) == key)
    }

    /// The facts of all rows; file and row are those of the first.
    pub(super) fn person(&self) -> Cow<'a, Person> {
        match self.group[..] {
            [row] => Cow::Borrowed(row),
            _ => Cow::Owned(joined(&self.group)),
        }
    }

    /// The facts as keys.
    pub(super) fn identifiers(&self, domains: &BTreeMap<String, String>) -> Identifiers {
        let mut identifiers = Identifiers::of_person(&self.person(), domains);
        for row in &self.group[1..] {
            let without_address = Person {
                upn: None,
                mail: None,
                ..(*row).clone()
            };
            identifiers.join(&Identifiers::of_person(&without_address, domains));
        }
        identifiers
    }
}

/// Whom a reference meant in the old system; numbers are indexes into [`People::list`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Translation {
    /// No row knows the reference.
    Unknown,
    /// One person.
    One(usize),
    /// Several, in order.
    Several(Vec<usize>),
}

/// The people of all users exports.
#[derive(Debug)]
pub(super) struct People<'a> {
    /// In the order of their first rows.
    pub(super) list: Vec<Persona<'a>>,
    as_written: Finder,
    after_map: Finder,
}

type Finder = HashMap<Box<str>, Vec<usize>, FixedState>;

impl<'a> People<'a> {
    /// Joins rows to persons and indexes them. The order of `people` does not matter.
    pub(super) fn of(people: &'a [Person], domains: &BTreeMap<String, String>) -> Self {
        let mut rows: Vec<&'a Person> = people.iter().collect();
        rows.sort_by_key(|person| (person.file, person.row));
        let mut this = Self {
            list: Vec::new(),
            as_written: Finder::with_hasher(FixedState::default()),
            after_map: Finder::with_hasher(FixedState::default()),
        };
        for group in groups(&rows, domains) {
            let number = this.list.len();
            for row in &group {
                for key in written_keys(row) {
                    enter(&mut this.as_written, key, number);
                }
                // Without a map everything is as written.
                if !domains.is_empty() {
                    for key in mapped_keys(row, domains) {
                        enter(&mut this.after_map, key, number);
                    }
                }
            }
            this.list.push(Persona { group });
        }
        this
    }

    /// Whom a reference meant: as written, else after the domain map.
    pub(super) fn translate(&self, text: &str, domains: &BTreeMap<String, String>) -> Translation {
        let mut keys = vec![reference_key(text), name_key(text)];
        keys.extend(parse_guid(text).map(|id| id.to_string()));
        let mut found = find(&self.as_written, &keys);
        if found.is_empty() {
            let mapped = after_domain_map(text, domains);
            let mapped = comparison_key(mapped.as_deref().unwrap_or(text));
            found = find(&self.after_map, &[mapped]);
        }
        match found.as_slice() {
            [] => Translation::Unknown,
            [one] => Translation::One(*one),
            _ => Translation::Several(found),
        }
    }
}

fn enter(finder: &mut Finder, key: String, number: usize) {
    let list = finder
        .entry(key.into())
        .or_insert_with(|| Vec::with_capacity(1));
    if list.last() != Some(&number) {
        list.push(number);
    }
}

fn find(finder: &Finder, keys: &[String]) -> Vec<usize> {
    let hits = keys.iter().filter_map(|key| finder.get(key.as_str()));
    let mut found: Vec<usize> = hits.flatten().copied().collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Every key under which a row is found as it is written.
fn written_keys(row: &Person) -> Vec<String> {
    let texts = [&row.upn, &row.mail].into_iter().flatten();
    let mut keys: Vec<String> = texts.map(|text| comparison_key(text)).collect();
    let ids = [&row.id, &row.employee_id].into_iter().flatten();
    keys.extend(ids.map(|id| old_id_key(id)));
    keys.extend(row.directory_id.map(|id| id.to_string()));
    keys.extend(full_name(row).map(|name| name_key(&name)));
    keys.retain(|key| !key.is_empty());
    keys
}

/// UPN and mail as they are after the domain map, whether it names their domain or not.
fn mapped_keys(row: &Person, domains: &BTreeMap<String, String>) -> Vec<String> {
    let texts = [&row.upn, &row.mail].into_iter().flatten();
    texts.map(|text| mapped_key(text, domains)).collect()
}

fn mapped_key(text: &str, domains: &BTreeMap<String, String>) -> String {
    comparison_key(after_domain_map(text, domains).as_deref().unwrap_or(text))
}

/// GUIDs in one spelling, so that braces and case do not matter.
fn old_id_key(text: &str) -> String {
    parse_guid(text).map_or_else(|| reference_key(text), |id| id.to_string())
}

/// What of a row tells a person from others.
struct Marks {
    upn: Option<String>,
    mail: Option<String>,
    employee_id: Option<String>,
    directory_id: Option<Uuid>,
    name: Option<String>,
    /// An old id counts within its file: each old system counts its people anew.
    id: Option<(FileId, String)>,
    /// An old id that no two systems give twice.
    world_wide_id: Option<String>,
}

impl Marks {
    fn of(row: &Person, domains: &BTreeMap<String, String>) -> Self {
        let address = |text: &Option<String>| text.as_deref().map(|text| mapped_key(text, domains));
        let id = row.id.as_deref();
        let unique = |id: &&str| parse_guid(id).is_some() || salesforce_id(id).is_some();
        Self {
            upn: address(&row.upn),
            mail: address(&row.mail),
            employee_id: row.employee_id.as_deref().map(reference_key),
            directory_id: row.directory_id,
            name: full_name(row).map(|name| name_key(&name)),
            id: id.map(|id| (row.file, old_id_key(id))),
            world_wide_id: id.filter(unique).map(old_id_key),
        }
    }

    /// Whether no identifier that both have differs.
    fn agrees(&self, other: &Self) -> bool {
        fn fits<T: PartialEq>(mine: Option<&T>, theirs: Option<&T>) -> bool {
            mine.is_none() || theirs.is_none() || mine == theirs
        }
        let ids_fit = match (&self.id, &other.id) {
            (Some((file, id)), Some((other_file, other_id))) => {
                file != other_file || id == other_id
            }
            _ => true,
        };
        ids_fit
            && fits(self.upn.as_ref(), other.upn.as_ref())
            && fits(self.mail.as_ref(), other.mail.as_ref())
            && fits(self.employee_id.as_ref(), other.employee_id.as_ref())
            && fits(self.directory_id.as_ref(), other.directory_id.as_ref())
            && fits(self.name.as_ref(), other.name.as_ref())
    }

    /// The identifiers of which one in common makes two rows one person. A name is none.
    fn strong(&self) -> impl Iterator<Item = Strong<'_>> {
        let texts = [
            &self.upn,
            &self.mail,
            &self.employee_id,
            &self.world_wide_id,
        ];
        let texts = (0..).zip(texts);
        let texts = texts.filter_map(|(kind, text)| Some(Strong::Text(kind, text.as_deref()?)));
        let directory_id = self.directory_id.map(Strong::DirectoryId);
        let id = self.id.as_ref().map(|(file, id)| Strong::Id(*file, id));
        texts.chain(directory_id).chain(id)
    }
}

/// An identifier of which one in common makes two rows one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Strong<'a> {
    /// Of a kind that is told by its number.
    Text(u8, &'a str),
    DirectoryId(Uuid),
    /// An old id and the file that it counts in.
    Id(FileId, &'a str),
}

/// Rows in groups of one person each, in the order of their first rows.
fn groups<'a>(rows: &[&'a Person], domains: &BTreeMap<String, String>) -> Vec<Vec<&'a Person>> {
    let marks: Vec<Marks> = rows.iter().map(|row| Marks::of(row, domains)).collect();
    let leader = leaders(&marks);
    let mut members: Vec<(usize, usize)> = (0..rows.len())
        .map(|number| (leader_of(&leader, number), number))
        .collect();
    members.sort_unstable();
    let mut groups: Vec<(usize, Vec<&Person>)> = Vec::new();
    for group in members.chunk_by(|left, right| left.0 == right.0) {
        let people = group.iter().map(|(_, number)| (*number, rows[*number]));
        if all_agree(&marks, group) {
            groups.push((group[0].1, people.map(|(_, row)| row).collect()));
        } else {
            groups.extend(people.map(|(number, row)| (number, vec![row])));
        }
    }
    groups.sort_unstable_by_key(|(first, _)| *first);
    groups.into_iter().map(|(_, group)| group).collect()
}

/// For each row another one of the same person that comes before it, or itself.
fn leaders(marks: &[Marks]) -> Vec<usize> {
    let numbered = marks.iter().enumerate();
    let mut strong: Vec<(Strong<'_>, usize)> = numbered
        .flat_map(|(number, mark)| mark.strong().map(move |key| (key, number)))
        .collect();
    strong.sort_unstable();
    let mut leader: Vec<usize> = (0..marks.len()).collect();
    for bucket in strong.chunk_by(|left, right| left.0 == right.0) {
        if (2..=ROWS_OF_ONE_VALUE_MAX).contains(&bucket.len()) {
            link_agreeing(&mut leader, marks, bucket);
        }
    }
    leader
}

fn link_agreeing(leader: &mut [usize], marks: &[Marks], bucket: &[(Strong<'_>, usize)]) {
    let bucket = bucket.iter().map(|(_, number)| *number);
    for (place, left) in bucket.clone().enumerate() {
        for right in bucket.clone().skip(place + 1) {
            if marks[left].agrees(&marks[right]) {
                let (left, right) = (leader_of(leader, left), leader_of(leader, right));
                leader[left.max(right)] = left.min(right);
            }
        }
    }
}

fn leader_of(leader: &[usize], mut number: usize) -> usize {
    while leader[number] != number {
        number = leader[number];
    }
    number
}

/// A chain of rows of which each agrees with the next, but the first not with the last, is nobody.
fn all_agree(marks: &[Marks], group: &[(usize, usize)]) -> bool {
    let mut pairs = group.iter().enumerate();
    pairs.all(|(place, (_, left))| {
        let mut later = group[place + 1..].iter();
        later.all(|(_, right)| marks[*left].agrees(&marks[*right]))
    })
}

/// The facts of several rows of one person: what the first of them lacks is told by the next that has it.
fn joined(group: &[&Person]) -> Person {
    let mut person = group[0].clone();
    for row in &group[1..] {
        let row: &Person = row;
        for (mine, theirs) in [
            (&mut person.id, &row.id),
            (&mut person.upn, &row.upn),
            (&mut person.mail, &row.mail),
            (&mut person.mail2, &row.mail2),
            (&mut person.mobile_alert_mail, &row.mobile_alert_mail),
            (&mut person.first_name, &row.first_name),
            (&mut person.last_name, &row.last_name),
            (&mut person.full_name, &row.full_name),
            (&mut person.employee_id, &row.employee_id),
        ] {
            if mine.is_none() {
                mine.clone_from(theirs);
            }
        }
        person.directory_id = person.directory_id.or(row.directory_id);
    }
    person
}
