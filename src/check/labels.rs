//! What people call users, teams, roles and units in findings.
//!
//! In: facts and planned stub users. Out: labels, each of which means one principal only: a finding is
//! told apart by its subject, and two people of one name must not share theirs.

use std::collections::{BTreeMap, BTreeSet};

use crate::environment::Facts;
use crate::model::{
    DirectoryPerson, Principal, RoleId, Team, UnitId, User, UserId, quoted, unticked,
};
use crate::plan::DraftStub;

/// Names listed in a message at most; the others are counted.
const LISTED_MAX: usize = 8;

/// Labels of everybody whom a draft can name.
pub(super) struct Labels<'a> {
    facts: &'a Facts,
    stubs: BTreeMap<UserId, String>,
    shared: BTreeSet<String>,
}

impl<'a> Labels<'a> {
    pub(super) fn of(facts: &'a Facts, stubs: &[DraftStub]) -> Self {
        let stubs: BTreeMap<UserId, String> = stubs
            .iter()
            .map(|stub| {
                let person = &stub.person;
                (person.id, with_upn(&person.full_name, &person.upn))
            })
            .collect();
        let users = facts.users().values().map(user_label);
        let mut all: Vec<String> = users
            .chain(facts.teams().values().map(team_label))
            .chain(stubs.values().cloned())
            .collect();
        all.sort_unstable();
        let shared = all
            .chunk_by(|left, right| left == right)
            .filter(|same| same.len() > 1)
            .map(|same| same[0].clone())
            .collect();
        Self {
            facts,
            stubs,
            shared,
        }
    }

    /// `Ana Costa <ana@contoso.com>`, `team Sales`; with the id where that is not unique.
    pub(super) fn principal(&self, principal: Principal) -> String {
        let label = match principal {
            Principal::User(user) => match self.facts.users().get(&user) {
                Some(known) => Some(user_label(known)),
                None => self.stubs.get(&user).cloned(),
            },
            Principal::Team(team) => self.facts.teams().get(&team).map(team_label),
        };
        match label {
            None => principal.to_string(),
            Some(label) if self.shared.contains(&label) => {
                format!("{label} ({})", principal.uuid())
            }
            Some(label) => label,
        }
    }

    /// The unit's name in backticks.
    pub(super) fn unit(&self, unit: Option<UnitId>) -> String {
        let known = unit.and_then(|unit| self.facts.units().get(&unit));
        match (known, unit) {
            (Some(unit), _) => quoted(&unit.name).to_string(),
            (None, Some(unit)) => quoted(&unit).to_string(),
            (None, None) => "that is not known".to_owned(),
        }
    }

    /// The role's name, as messages name it without quotes.
    pub(super) fn role(&self, role: RoleId) -> String {
        let known = self.facts.roles().get(&role);
        known.map_or_else(
            || role.to_string(),
            |role| unticked(&role.name).into_owned(),
        )
    }

    /// The names of roles in backticks, each once; `no role` where there is none.
    pub(super) fn roles(&self, roles: impl IntoIterator<Item = RoleId>) -> String {
        let names: BTreeSet<String> = roles.into_iter().map(|role| self.role(role)).collect();
        if names.is_empty() {
            return "no role".to_owned();
        }
        listed(names)
    }
}

/// Texts in backticks, the first few of them.
pub(super) fn listed(texts: impl IntoIterator<Item = String>) -> String {
    let texts: Vec<String> = texts
        .into_iter()
        .map(|text| quoted(&text).to_string())
        .collect();
    let shown = texts.len().min(LISTED_MAX);
    let list = texts[..shown].join(", ");
    match texts.len() - shown {
        0 => list,
        more => format!("{list} and {more} more"),
    }
}

/// People, the first ten of them by name; who wants them all is told where they are.
pub(super) fn names(people: &[String]) -> String {
    const NAMES_MAX: usize = 10;
    let mut sorted: Vec<&str> = people.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    let shown = sorted.len().min(NAMES_MAX);
    let list = sorted[..shown].join(", ");
    match sorted.len() - shown {
        0 => list,
        more => format!("{list}, and {more} more; `cutover show readiness` lists them all"),
    }
}

/// Somebody of the directory.
pub(super) fn person_label(person: &DirectoryPerson) -> String {
    let name = person.display_name.as_deref().unwrap_or_default().trim();
    if name.is_empty() {
        return unticked(&person.upn).into_owned();
    }
    with_upn(name, &person.upn)
}

fn user_label(user: &User) -> String {
    with_upn(&user.label(), &user.upn)
}

fn team_label(team: &Team) -> String {
    format!("team {}", unticked(&team.name))
}

fn with_upn(name: &str, upn: &str) -> String {
    let label = if upn.is_empty() || name == upn {
        name.to_owned()
    } else {
        format!("{name} <{upn}>")
    };
    unticked(&label).into_owned()
}
