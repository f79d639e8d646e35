//! The environment's users and teams, findable by every identifier they have.
//!
//! In: [`Facts`]. Out: [`Index`]: identifier to principals, in the order of their ids, and how a
//! principal is shown to people. Which identifier counts for more is `ladder`'s.

use std::hash::Hash;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use uuid::Uuid;

use crate::environment::Facts;
use crate::model::{AccessMode, Named, Principal, Team, User, comparison_key, reference_key};
use crate::resolve::identifiers::name_key;

/// Everybody under each value of one identifier.
#[derive(Debug)]
pub(super) struct Lookup<K>(HashMap<K, Vec<Principal>, FixedState>);

impl<K: Hash + Eq> Lookup<K> {
    fn new() -> Self {
        Self(HashMap::with_hasher(FixedState::default()))
    }

    /// Principals come one after the other, so the same one twice is the same one in a row.
    fn add(&mut self, key: K, principal: Principal) {
        let list = self.0.entry(key);
        let list = list.or_insert_with(|| Vec::with_capacity(1));
        if list.last() != Some(&principal) {
            list.push(principal);
        }
    }

    /// Who has this value.
    pub(super) fn get<Q>(&self, key: &Q) -> &[Principal]
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.0.get(key).map_or(&[], Vec::as_slice)
    }
}

impl Lookup<String> {
    fn add_text(&mut self, text: Option<&str>, principal: Principal) {
        let key = text.map(comparison_key).filter(|key| !key.is_empty());
        if let Some(key) = key {
            self.add(key, principal);
        }
    }
}

/// Users and teams by identifier; texts are comparison keys, full names by [`name_key`].
#[derive(Debug)]
pub(super) struct Index<'a> {
    facts: &'a Facts,
    /// By `systemuserid`, Entra object id and team id.
    pub(super) ids: Lookup<Uuid>,
    pub(super) upns: Lookup<String>,
    pub(super) mails: Lookup<String>,
    pub(super) mails2: Lookup<String>,
    pub(super) mobile_alert_mails: Lookup<String>,
    pub(super) employee_ids: Lookup<String>,
    pub(super) team_names: Lookup<String>,
    /// Without [`special`] users: those are never matched by name.
    pub(super) full_names: Lookup<String>,
}

impl<'a> Index<'a> {
    /// Indexes all users and teams.
    pub(super) fn of(facts: &'a Facts) -> Self {
        let mut index = Self {
            facts,
            ids: Lookup::new(),
            upns: Lookup::new(),
            mails: Lookup::new(),
            mails2: Lookup::new(),
            mobile_alert_mails: Lookup::new(),
            employee_ids: Lookup::new(),
            team_names: Lookup::new(),
            full_names: Lookup::new(),
        };
        facts.users().values().for_each(|user| index.add_user(user));
        facts.teams().values().for_each(|team| index.add_team(team));
        index
    }

    fn add_user(&mut self, user: &User) {
        let principal = Principal::User(user.id);
        self.ids.add(user.id.0, principal);
        if let Some(id) = user.directory_id {
            self.ids.add(id, principal);
        }
        self.upns.add_text(Some(&user.upn), principal);
        self.mails.add_text(user.mail.as_deref(), principal);
        self.mails2.add_text(user.mail2.as_deref(), principal);
        let mobile = user.mobile_alert_mail.as_deref();
        self.mobile_alert_mails.add_text(mobile, principal);
        let employee_id = user.employee_id.as_deref().map(reference_key);
        if let Some(key) = employee_id.filter(|key| !key.is_empty()) {
            self.employee_ids.add(key, principal);
        }
        if special(user).is_none() {
            for name in full_names(user) {
                self.full_names.add(name, principal);
            }
        }
    }

    fn add_team(&mut self, team: &Team) {
        let principal = Principal::Team(team.id);
        self.ids.add(team.id.0, principal);
        self.team_names.add_text(Some(&team.name), principal);
    }

    /// All users, in the order of their ids.
    pub(super) fn users(&self) -> impl Iterator<Item = &'a User> {
        self.facts.users().values()
    }

    /// All teams, in the order of their ids.
    pub(super) fn teams(&self) -> impl Iterator<Item = &'a Team> {
        self.facts.teams().values()
    }

    /// The user behind a principal; `None` for a team.
    pub(super) fn user(&self, principal: Principal) -> Option<&'a User> {
        match principal {
            Principal::User(id) => self.facts.users().get(&id),
            Principal::Team(_) => None,
        }
    }

    /// How people tell a principal from its namesakes: `Ana Costa <ana@contoso.com> (disabled)`.
    pub(super) fn show(&self, principal: Principal) -> String {
        match principal {
            Principal::User(id) => match self.facts.users().get(&id) {
                Some(user) => show_user(user),
                None => principal.to_string(),
            },
            Principal::Team(id) => match self.facts.teams().get(&id) {
                Some(team) => format!("team {} <{id}>", team.name),
                None => principal.to_string(),
            },
        }
    }

    /// The name of a team; empty where it is none.
    pub(super) fn team_name(&self, principal: Principal) -> &'a str {
        match principal {
            Principal::User(_) => "",
            Principal::Team(id) => self.facts.teams().get(&id).map_or("", |team| &team.name),
        }
    }

    /// The principals with their names, sorted by name.
    pub(super) fn named(&self, principals: impl IntoIterator<Item = Principal>) -> Vec<Named> {
        let mut list: Vec<Named> = principals
            .into_iter()
            .map(|principal| Named {
                principal,
                label: self.show(principal),
            })
            .collect();
        list.sort_by(|left, right| {
            let key = |named: &Named| (comparison_key(&named.label), named.principal);
            key(left).cmp(&key(right))
        });
        list.dedup();
        list
    }
}

fn show_user(user: &User) -> String {
    let told_apart_by = if user.upn.is_empty() {
        user.id.to_string()
    } else {
        user.upn.clone()
    };
    let name = match &user.full_name {
        Some(name) if !name.is_empty() => format!("{name} <{told_apart_by}>"),
        _ => told_apart_by,
    };
    let state = if user.disabled { " (disabled)" } else { "" };
    format!("{name}{state}")
}

/// The keys of a user's full name, as the environment holds it and as it is composed.
pub(super) fn full_names(user: &User) -> Vec<String> {
    let written = user.full_name.as_deref().map(name_key);
    let composed = match (&user.first_name, &user.last_name) {
        (Some(first), Some(last)) => Some(comparison_key(&format!("{first} {last}"))),
        _ => None,
    };
    let mut names: Vec<String> = written.into_iter().chain(composed).collect();
    names.retain(|name| !name.is_empty());
    names.dedup();
    names
}

/// What makes a user one that is no person: such are never matched by name (platform facts, 2).
pub(super) fn special(user: &User) -> Option<&'static str> {
    let is_named = |name: &str| {
        let full_name = user.full_name.as_deref();
        full_name.is_some_and(|full_name| full_name.trim().eq_ignore_ascii_case(name))
    };
    match user.access_mode {
        _ if user.application_id.is_some() => Some("an application user"),
        AccessMode::Support => Some("the support user"),
        AccessMode::DelegatedAdministrator => Some("a delegated administrator"),
        _ if user.upn.trim().is_empty() || is_named("SYSTEM") || is_named("INTEGRATION") => {
            Some("a built-in user")
        }
        _ => None,
    }
}
