//! Licences of people: which product makes its holder a user of the environment.
//!
//! In: the products of a person in the directory, `user_licences`, the column `licensed`, and what
//! `licences` says of products. Out: whether somebody is licensed. A product of which nothing is said
//! and whose name says nothing leaves the answer open.

use crate::check::people::{InDirectory, Licensed};
use crate::environment::Facts;
use crate::model::{DirectoryPerson, Loadable, User, comparison_key};

/// Words in names of products of which Microsoft says that they are honoured before the first sign-in
/// (platform facts, 1.4): Dynamics 365 and Power Apps, as people and as part numbers write them.
const HONOURED: [&str; 8] = [
    "dynamics 365",
    "dynamics365",
    "dyn365",
    "d365",
    "dynamics crm",
    "crmstandard",
    "power apps",
    "powerapps",
];

/// Words in names of products that are not (the same place): what comes with Office.
const ON_DEMAND: [&str; 5] = [
    "office 365",
    "office365",
    "microsoft 365",
    "microsoft365",
    "o365",
];

/// What a product is worth to its holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Worth {
    Honoured,
    Unknown,
    OnDemand,
    Nothing,
}

/// The products of an environment.
pub(super) struct Products<'a> {
    facts: &'a Facts,
    on_premises: bool,
}

impl<'a> Products<'a> {
    pub(super) fn of(facts: &'a Facts, on_premises: bool) -> Self {
        Self { facts, on_premises }
    }

    /// Somebody of the directory alone.
    pub(super) fn of_person(&self, person: &DirectoryPerson) -> Licensed {
        match &person.licences {
            _ if self.on_premises => Licensed::NotAsked,
            Some(products) => self.of_products(products.iter().map(String::as_str)),
            None => Licensed::Unknown(&[Loadable::UserLicences]),
        }
    }

    /// A user, by all that is known.
    pub(super) fn of_user(&self, user: &User, directory: InDirectory<'_>) -> Licensed {
        if self.on_premises {
            return Licensed::NotAsked;
        }
        let yes_or_no = |licensed| {
            if licensed {
                Licensed::Yes
            } else {
                Licensed::No
            }
        };
        let said = user.licensed.map(yes_or_no);
        let person = directory.person();
        let answer = match person.and_then(|person| person.licences.as_ref()) {
            Some(products) => self.of_products(products.iter().map(String::as_str)),
            None => self.by_environment(user, said, directory),
        };
        match answer {
            Licensed::Unknown(_) => said.unwrap_or(answer),
            known => known,
        }
    }

    fn by_environment(
        &self,
        user: &User,
        said: Option<Licensed>,
        directory: InDirectory<'_>,
    ) -> Licensed {
        let held = self.facts.user_licences(user.id);
        if !held.is_empty() {
            return self.of_products(held.iter().map(|held| held.product.as_str()));
        }
        if let Some(said) = said {
            return said;
        }
        let absent = directory == InDirectory::Absent;
        if self.facts.loaded(Loadable::UserLicences) || absent {
            return Licensed::No;
        }
        Licensed::Unknown(match directory {
            InDirectory::Unknown => &[Loadable::Directory],
            _ => &[Loadable::UserLicences],
        })
    }

    fn of_products<'p>(&self, products: impl Iterator<Item = &'p str>) -> Licensed {
        match products.map(|product| self.worth(product)).min() {
            Some(Worth::Honoured) => Licensed::Yes,
            Some(Worth::Unknown) => Licensed::Unknown(&[Loadable::Licences]),
            Some(Worth::OnDemand) => Licensed::OnDemand,
            Some(Worth::Nothing) | None => Licensed::No,
        }
    }

    fn worth(&self, product: &str) -> Worth {
        let key = comparison_key(product);
        let listed = self.facts.licences().get(&key);
        let has = |words: &[&str]| words.iter().any(|word| key.contains(word));
        match listed.and_then(|listed| listed.provisions) {
            Some(true) => Worth::Honoured,
            Some(false) => Worth::OnDemand,
            None if has(&ON_DEMAND) => Worth::OnDemand,
            None if has(&HONOURED) => Worth::Honoured,
            // `licences` lists what the environment is licensed by: another product is no licence here.
            None if listed.is_none() && self.facts.loaded(Loadable::Licences) => Worth::Nothing,
            None => Worth::Unknown,
        }
    }
}

/// Whether seats of a product are seats of the environment: it is honoured before the first sign-in.
pub(in crate::check) fn is_honoured(facts: &Facts, product: &str) -> bool {
    Products::of(facts, false).worth(product) == Worth::Honoured
}
