//! People of the directory, put together from all files that tell of them.
//!
//! In: what rows tell, file by file in order of their names. Out: one person each, known by object id,
//! else by UPN; a later file fills what is blank. Names, phones and addresses may differ, as
//! directories are kept apart: the first file wins, and a remark counts the cells. Who somebody is,
//! may do and holds must agree; where it does not, both places are told and nobody is chosen.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;

use uuid::Uuid;

use crate::environment::EnvironmentError;
use crate::environment::Writer;
use crate::model::{DirectoryPerson, Fact, Profile, ProfileField, comparison_key, quoted};

/// What a UPN of somebody of another organisation holds.
const GUEST: &str = "#ext#";

/// What one row tells of a person; what its file has no column for is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// UPN; `None` where only a logon name is known.
    pub(super) upn: Option<String>,
    /// Logon name on-premises.
    pub(super) account: Option<String>,
    /// Object id in Microsoft 365 and Entra.
    pub(super) id: Option<Uuid>,
    /// Object id on-premises, which is another one.
    pub(super) local_id: Option<Uuid>,
    pub(super) display_name: Option<String>,
    pub(super) mail: Option<String>,
    /// The other fields.
    pub(super) profile: Profile,
    pub(super) enabled: Option<bool>,
    pub(super) deleted: Option<bool>,
    pub(super) guest: Option<bool>,
    pub(super) licences: Option<BTreeSet<String>>,
    pub(super) roles: Option<BTreeSet<String>>,
}

impl Said {
    /// The name that the person goes by, compared as all texts are.
    fn key(&self) -> Option<String> {
        let name = self.upn.as_ref().or(self.account.as_ref())?;
        Some(comparison_key(name))
    }
}

/// What must be the same in all files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strict {
    Upn,
    Id,
    Mail,
    Enabled,
    Deleted,
    Guest,
    Licences,
    Roles,
}

impl Strict {
    fn words(self) -> &'static str {
        match self {
            Self::Upn => "UPN",
            Self::Id => "object id",
            Self::Mail => "mail",
            Self::Enabled => "sign-in allowed",
            Self::Deleted => "account deleted",
            Self::Guest => "user type",
            Self::Licences => "licences",
            Self::Roles => "directory roles",
        }
    }
}

/// Why a row cannot be taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The file has the person already.
    Repeated,
    /// It contradicts another file: about what, and the message.
    Clash(Strict, String),
}

/// A row of one of the files.
#[derive(Clone, Copy, Debug)]
struct Place {
    file: usize,
    row: u64,
}

#[derive(Debug)]
struct Person {
    told: Said,
    /// Where each thing that must agree was told first.
    places: BTreeMap<Strict, Place>,
    /// Where the person was met first.
    first: Place,
    last_file: usize,
}

/// The people of the files read so far.
#[derive(Debug, Default)]
pub(super) struct People {
    files: Vec<String>,
    everybody: Vec<Person>,
    by_id: HashMap<Uuid, usize>,
    by_local_id: HashMap<Uuid, usize>,
    by_name: HashMap<String, usize>,
    /// By file: which fields differ from an earlier file, and in how many cells.
    differing: BTreeMap<usize, (BTreeSet<&'static str>, u64)>,
    /// Whether a list of who has which directory role was read, so that others have none.
    roles_listed: bool,
}

impl People {
    /// Begins a file; `shown` is its name for messages.
    pub(super) fn begin(&mut self, shown: &str) {
        self.files.push(shown.to_owned());
    }

    /// Takes what a row of the file begun last tells.
    pub(super) fn take(&mut self, row: u64, told: Said) -> Result<(), Trouble> {
        let place = Place {
            file: self.files.len().saturating_sub(1),
            row,
        };
        let found = self.find(&told);
        let Some(index) = found.map_err(|message| Trouble::Clash(Strict::Id, message))? else {
            self.add(place, told);
            return Ok(());
        };
        if self.everybody[index].last_file == place.file {
            return Err(Trouble::Repeated);
        }
        self.everybody[index].last_file = place.file;
        self.merge(index, place, told)?;
        self.index(index);
        Ok(())
    }

    /// Gives a directory role to somebody; false where nobody is known by this id and there is no UPN.
    /// The error is the message.
    pub(super) fn give_role(&mut self, row: u64, told: Said, role: String) -> Result<bool, String> {
        let index = match self.find(&told)? {
            Some(index) => index,
            None if told.upn.is_none() => return Ok(false),
            None => {
                let file = self.files.len().saturating_sub(1);
                self.add(Place { file, row }, told)
            }
        };
        let roles = &mut self.everybody[index].told.roles;
        roles.get_or_insert_default().insert(role);
        Ok(true)
    }

    /// Notes that a list of directory roles was read, even where it has no rows.
    pub(super) fn list_roles(&mut self) {
        self.roles_listed = true;
    }

    /// What is worth knowing of how files were put together.
    pub(super) fn remarks(&self) -> Vec<String> {
        let remark = |(file, (fields, cells)): (&usize, &(BTreeSet<&str>, u64))| {
            let fields: Vec<&str> = fields.iter().copied().collect();
            format!(
                "{}: {cells} cells ({}) differ from files of the directory that come before it by \
                 name; theirs are used",
                quoted(&self.files[*file]),
                fields.join(", ")
            )
        };
        self.differing.iter().map(remark).collect()
    }

    /// Writes everybody, in order of their names.
    pub(super) fn write(self, writer: &mut Writer) -> Result<(), EnvironmentError> {
        let ids: BTreeSet<Uuid> = self
            .everybody
            .iter()
            .filter_map(|one| one.told.id)
            .collect();
        let named = |one: Person| one.told.key().map(|key| (key, one.told));
        let people: BTreeMap<String, Said> = self.everybody.into_iter().filter_map(named).collect();
        for (key, mut told) in people {
            told.profile
                .extend(told.mail.map(|mail| (ProfileField::Mail, mail)));
            // Elsewhere it is the object id of somebody in Entra.
            let local_id = told.local_id.filter(|id| !ids.contains(id));
            let roles = told.roles.or(self.roles_listed.then(BTreeSet::new));
            writer.add(&Fact::Person(Box::new(DirectoryPerson {
                guest: told.guest.unwrap_or(key.contains(GUEST)),
                upn: told.upn.or(told.account).unwrap_or_default(),
                id: told.id.or(local_id),
                display_name: told.display_name,
                enabled: told.enabled,
                deleted: told.deleted.unwrap_or(false),
                profile: told.profile,
                licences: told.licences,
                roles,
            })))?;
        }
        Ok(())
    }

    /// The person that a row tells of: by object id, else by name.
    fn find(&self, told: &Said) -> Result<Option<usize>, String> {
        let by_id = told.id.and_then(|id| self.by_id.get(&id)).or_else(|| {
            let id = told.local_id?;
            self.by_local_id.get(&id)
        });
        let by_name = told.key().and_then(|key| self.by_name.get(&key));
        match (by_id, by_name) {
            (Some(one), Some(other)) if one != other => {
                let message = format!(
                    "the object id is that of {}, the UPN that of {}, expected one person; export \
                     the files again on the same day, or correct one",
                    self.met(*one),
                    self.met(*other)
                );
                Err(message)
            }
            (one, other) => Ok(one.or(other).copied()),
        }
    }

    fn met(&self, index: usize) -> String {
        let Person { told, first, .. } = &self.everybody[index];
        let name = told.upn.as_ref().or(told.account.as_ref());
        let name = name.map_or("", String::as_str);
        format!(
            "{name} in {}, row {}",
            quoted(&self.files[first.file]),
            first.row,
            name = quoted(&name)
        )
    }

    fn add(&mut self, place: Place, told: Said) -> usize {
        let index = self.everybody.len();
        let strict = [
            (Strict::Upn, told.upn.is_some()),
            (Strict::Id, told.id.is_some() || told.local_id.is_some()),
            (Strict::Mail, told.mail.is_some()),
            (Strict::Enabled, told.enabled.is_some()),
            (Strict::Deleted, told.deleted.is_some()),
            (Strict::Guest, told.guest.is_some()),
            (Strict::Licences, told.licences.is_some()),
            (Strict::Roles, told.roles.is_some()),
        ];
        let told_here = strict.into_iter().filter(|(_, told)| *told);
        self.everybody.push(Person {
            places: told_here.map(|(what, _)| (what, place)).collect(),
            first: place,
            last_file: place.file,
            told,
        });
        self.index(index);
        index
    }

    fn index(&mut self, index: usize) {
        let told = &self.everybody[index].told;
        if let Some(id) = told.id {
            self.by_id.insert(id, index);
        }
        if let Some(id) = told.local_id {
            self.by_local_id.insert(id, index);
        }
        if let Some(key) = told.key() {
            self.by_name.insert(key, index);
        }
    }

    fn merge(&mut self, index: usize, place: Place, told: Said) -> Result<(), Trouble> {
        let mut merging = Merging {
            files: &self.files,
            place,
            person: &mut self.everybody[index],
        };
        merging.strict(Strict::Upn, |told| &mut told.upn, told.upn, String::clone)?;
        merging.strict(Strict::Id, |told| &mut told.id, told.id, Uuid::to_string)?;
        merging.strict(
            Strict::Id,
            |told| &mut told.local_id,
            told.local_id,
            Uuid::to_string,
        )?;
        merging.strict(
            Strict::Mail,
            |told| &mut told.mail,
            told.mail,
            String::clone,
        )?;
        merging.strict(
            Strict::Enabled,
            |told| &mut told.enabled,
            told.enabled,
            |is| word(*is, "yes", "no"),
        )?;
        merging.strict(
            Strict::Deleted,
            |told| &mut told.deleted,
            told.deleted,
            |is| word(*is, "yes", "no"),
        )?;
        merging.strict(
            Strict::Guest,
            |told| &mut told.guest,
            told.guest,
            |is| word(*is, "Guest", "Member"),
        )?;
        merging.strict(
            Strict::Licences,
            |told| &mut told.licences,
            told.licences,
            list,
        )?;
        merging.strict(Strict::Roles, |told| &mut told.roles, told.roles, list)?;
        let have = &mut merging.person.told;
        have.account = have.account.take().or(told.account);
        let mut differing: Vec<&'static str> = Vec::new();
        if fill(&mut have.display_name, told.display_name) {
            differing.push("display name");
        }
        for (field, text) in told.profile {
            let mut kept = have.profile.remove(&field);
            if fill(&mut kept, Some(text)) {
                differing.push(field.words());
            }
            have.profile.extend(kept.map(|kept| (field, kept)));
        }
        if !differing.is_empty() {
            let (fields, cells) = self.differing.entry(place.file).or_default();
            *cells += differing.len() as u64;
            fields.extend(differing);
        }
        Ok(())
    }
}

/// One row being added to what is known of its person.
struct Merging<'a> {
    files: &'a [String],
    place: Place,
    person: &'a mut Person,
}

impl Merging<'_> {
    /// Takes what must agree; `show` makes it a text, by which it is compared.
    fn strict<T>(
        &mut self,
        what: Strict,
        have: impl Fn(&mut Said) -> &mut Option<T>,
        told: Option<T>,
        show: impl Fn(&T) -> String,
    ) -> Result<(), Trouble> {
        let Some(told) = told else {
            return Ok(());
        };
        let kept = have(&mut self.person.told);
        let Some(known) = kept else {
            *kept = Some(told);
            self.person.places.entry(what).or_insert(self.place);
            return Ok(());
        };
        let (known, told) = (show(known), show(&told));
        if comparison_key(&known) == comparison_key(&told) {
            return Ok(());
        }
        let place = self.person.places.get(&what).copied();
        let place = place.unwrap_or(self.person.first);
        let message = format!(
            "{}: {told} here and {known} in {}, row {}, of one person, expected the same; export \
             both again on the same day, or take the column out of one",
            what.words(),
            quoted(&self.files[place.file]),
            place.row,
            told = quoted(&told),
            known = quoted(&known)
        );
        Err(Trouble::Clash(what, message))
    }
}

/// Fills what is blank; whether something else is known already.
fn fill(have: &mut Option<String>, told: Option<String>) -> bool {
    match (have.as_ref(), told) {
        (Some(known), Some(told)) => comparison_key(known) != comparison_key(&told),
        (None, told) => {
            *have = told;
            false
        }
        (Some(_), None) => false,
    }
}

fn word(is: bool, yes: &str, no: &str) -> String {
    if is { yes } else { no }.to_owned()
}

fn list(values: &BTreeSet<String>) -> String {
    if values.is_empty() {
        return "none".to_owned();
    }
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    values.join("+")
}
