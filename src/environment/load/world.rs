//! What is known of the folder so far, by id and by name, so that later files can refer to it.
//!
//! In: units, users, teams and roles as their files are read. Out: what a cell refers to, or why
//! that cannot be said. A row is known from its id on, even where another of its cells is at fault:
//! one fault is then told once, and not again at every place that refers to the row.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;

use uuid::Uuid;

use crate::model::{
    Ownership, Principal, RoleId, TeamId, UnitId, UserId, comparison_key, parse_guid,
};

/// What a text refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found<T> {
    /// This one.
    One(T),
    /// Nothing.
    Nothing,
    /// So many that none can be chosen.
    Several(usize),
    /// The table that would know was not read, which is told already.
    Unknowable,
}

impl<T: Copy> Found<T> {
    /// The only one of several; none where there are none.
    pub(super) fn only(list: &[T]) -> Self {
        match list {
            [] => Self::Nothing,
            [one] => Self::One(*one),
            several => Self::Several(several.len()),
        }
    }

    /// What `next` makes of the one found.
    pub(super) fn and_then<U>(self, next: impl FnOnce(T) -> Found<U>) -> Found<U> {
        match self {
            Self::One(one) => next(one),
            Self::Nothing => Found::Nothing,
            Self::Several(count) => Found::Several(count),
            Self::Unknowable => Found::Unknowable,
        }
    }
}

/// Things of one kind by id and by name, each with its business unit.
#[derive(Debug)]
pub(super) struct Index<T> {
    make: fn(Uuid) -> T,
    units: BTreeMap<T, Option<UnitId>>,
    names: HashMap<String, Vec<T>>,
    /// Whether the file was read, so that what is not here does not exist.
    pub(super) whole: bool,
}

impl<T: Copy + Ord> Index<T> {
    fn new(make: fn(Uuid) -> T) -> Self {
        Self {
            make,
            units: BTreeMap::new(),
            names: HashMap::new(),
            whole: false,
        }
    }

    /// Adds one; false where its id is known already. A blank name is none.
    pub(super) fn add(&mut self, id: T, name: &str, unit: Option<UnitId>) -> bool {
        if self.units.contains_key(&id) {
            return false;
        }
        self.units.insert(id, unit);
        let key = comparison_key(name);
        if !key.is_empty() {
            self.names.entry(key).or_default().push(id);
        }
        true
    }

    /// Whether this id is known.
    pub(super) fn has(&self, id: T) -> bool {
        self.units.contains_key(&id)
    }

    /// The business unit of one.
    pub(super) fn unit(&self, id: T) -> Found<UnitId> {
        let unit = self.units.get(&id).copied().flatten();
        unit.map_or(Found::Unknowable, Found::One)
    }

    /// The one that a text refers to: by id where it is a GUID, else by name.
    pub(super) fn find(&self, text: &str) -> Found<T> {
        if !self.whole {
            return Found::Unknowable;
        }
        match parse_guid(text).map(self.make) {
            Some(id) if self.has(id) => Found::One(id),
            Some(_) => Found::Nothing,
            None => {
                let named = self.names.get(&comparison_key(text));
                Found::only(named.map_or(&[], Vec::as_slice))
            }
        }
    }
}

/// Copies of roles by id and by name.
#[derive(Debug, Default)]
pub(super) struct Roles {
    /// Root copy and business unit of each copy.
    pub(super) copies: BTreeMap<RoleId, (RoleId, UnitId)>,
    named: HashMap<String, Vec<RoleId>>,
    named_in: HashMap<(String, UnitId), Vec<RoleId>>,
    /// Whether units and roles were read without a problem, so that what is not here does not
    /// exist.
    pub(super) whole: bool,
}

impl Roles {
    /// Adds a copy.
    pub(super) fn add(&mut self, id: RoleId, root: RoleId, unit: UnitId, name: &str) {
        let key = comparison_key(name);
        self.copies.insert(id, (root, unit));
        if id == root {
            self.named.entry(key.clone()).or_default().push(id);
        }
        self.named_in.entry((key, unit)).or_default().push(id);
    }

    /// The root copy of the role that a text names, by the id of any copy or by name.
    pub(super) fn find_root(&self, text: &str) -> Found<RoleId> {
        self.find(text, |key| {
            Found::only(self.named.get(key).map_or(&[], Vec::as_slice))
        })
        .and_then(|copy| Found::One(self.copies[&copy].0))
    }

    /// The copy that a text names: by id that very one, by name the one in `unit`.
    pub(super) fn find_copy(&self, text: &str, unit: Found<UnitId>) -> Found<RoleId> {
        self.find(text, |key| {
            unit.and_then(|unit| {
                let named = self.named_in.get(&(key.to_owned(), unit));
                Found::only(named.map_or(&[], Vec::as_slice))
            })
        })
    }

    fn find(&self, text: &str, by_name: impl FnOnce(&str) -> Found<RoleId>) -> Found<RoleId> {
        let found = match parse_guid(text).map(RoleId) {
            Some(id) if self.copies.contains_key(&id) => Found::One(id),
            Some(_) => Found::Nothing,
            None => by_name(&comparison_key(text)),
        };
        match found {
            Found::Nothing if !self.whole => Found::Unknowable,
            found => found,
        }
    }
}

/// Everything that later files refer to.
#[derive(Debug)]
pub(super) struct World {
    /// Business units; the unit of each is its parent, once known.
    pub(super) units: Index<UnitId>,
    /// Whether the units were read without a problem.
    pub(super) tree_is_sound: bool,
    /// The unit above each but the root.
    pub(super) parents: BTreeMap<UnitId, UnitId>,
    /// The units right below each.
    pub(super) children: BTreeMap<UnitId, Vec<UnitId>>,
    /// Users, by UPN.
    pub(super) users: Index<UserId>,
    /// Where users stand, for messages.
    pub(super) users_are: &'static str,
    /// Teams, by name.
    pub(super) teams: Index<TeamId>,
    /// Roles, all copies.
    pub(super) roles: Roles,
    /// Tables, by logical name.
    pub(super) entities: BTreeMap<String, Option<Ownership>>,
    owners: HashMap<String, Vec<Principal>>,
}

impl World {
    /// A world in which nothing is known.
    pub(super) fn new() -> Self {
        Self {
            units: Index::new(UnitId),
            tree_is_sound: false,
            parents: BTreeMap::new(),
            children: BTreeMap::new(),
            users: Index::new(UserId),
            users_are: "in `users`",
            teams: Index::new(TeamId),
            roles: Roles::default(),
            entities: BTreeMap::new(),
            owners: HashMap::new(),
        }
    }

    /// Lets an owner cell name this principal by `name`; a blank one is none.
    pub(super) fn name_owner(&mut self, principal: Principal, name: &str) {
        let key = comparison_key(name);
        if key.is_empty() {
            return;
        }
        let named = self.owners.entry(key).or_default();
        if !named.contains(&principal) {
            named.push(principal);
        }
    }

    /// The user or team that an owner cell refers to.
    pub(super) fn find_owner(&self, text: &str) -> Found<Principal> {
        if !self.users.whole {
            return Found::Unknowable;
        }
        let Some(id) = parse_guid(text) else {
            let named = self.owners.get(&comparison_key(text));
            return Found::only(named.map_or(&[], Vec::as_slice));
        };
        if self.users.has(UserId(id)) {
            Found::One(Principal::User(UserId(id)))
        } else if self.teams.has(TeamId(id)) {
            Found::One(Principal::Team(TeamId(id)))
        } else {
            Found::Nothing
        }
    }

    /// Whether a unit is `above` or somewhere below it.
    pub(super) fn is_at_or_below(&self, unit: UnitId, above: UnitId) -> bool {
        std::iter::successors(Some(unit), |unit| self.parents.get(unit).copied())
            .take(self.parents.len() + 1)
            .any(|unit| unit == above)
    }

    /// A unit and all units below it, each once, whatever the tree looks like.
    pub(super) fn at_and_below(&self, unit: UnitId) -> BTreeSet<UnitId> {
        let mut reached = BTreeSet::new();
        let mut waiting = vec![unit];
        while let Some(unit) = waiting.pop() {
            if reached.insert(unit) {
                waiting.extend(self.children.get(&unit).into_iter().flatten());
            }
        }
        reached
    }
}
