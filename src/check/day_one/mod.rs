//! Day one: who can work, what administrators have to do for that, and in which order.
//!
//! In: a judged draft, the people behind users. Out: a [`PeopleReport`]. It makes nothing fall and finds
//! nothing: what is wrong with people is told by the rules; here is what it means for each of them.

mod hand_over;
mod readiness;
mod steps;

use std::collections::{BTreeMap, BTreeSet};

use crate::check::people::{DisabledBy, Kind, Licensed, Membership, People, PersonView, Roles};
use crate::check::state::{Seen, State};
use crate::environment::Facts;
use crate::model::{
    AccessMode, MissingPerson, PeopleReport, Principal, RoleAction, RoleId, TeamId, UserId,
};
use crate::plan::{Draft, DraftUser};

/// What day one is told from.
#[derive(Clone, Copy)]
pub struct DayOne<'a> {
    /// The judged draft.
    pub draft: &'a Draft,
    /// The environment.
    pub facts: &'a Facts,
    /// Everybody whom the exports name and the environment lacks, stub users to be among them.
    pub missing: &'a [MissingPerson],
    /// Whether the people come from a directory of one's own rather than from Microsoft 365.
    pub on_premises: bool,
    /// Error findings that stand.
    pub errors: u64,
}

/// Tells who can work on day one, and what has to be done by whom.
pub fn people_report(day: &DayOne<'_>) -> PeopleReport {
    let scene = Scene::of(day);
    let readiness = readiness::all(&scene);
    let hand_over = hand_over::lists(&scene);
    let steps = steps::all(&scene, &hand_over, &readiness);
    PeopleReport {
        readiness,
        hand_over,
        steps,
    }
}

/// The state that the plan leads to, and the people in it.
struct Scene<'a> {
    day: &'a DayOne<'a>,
    people: People<'a>,
    roles: Roles<'a>,
    state: State<'a>,
    changes: BTreeMap<UserId, &'a DraftUser>,
    /// Roles that the plan takes from users.
    removed: BTreeSet<(UserId, RoleId)>,
    /// Users whom the plan gives roles or changes: who is to work, even if disabled today.
    to_work: BTreeSet<UserId>,
}

impl<'a> Scene<'a> {
    fn of(day: &'a DayOne<'a>) -> Self {
        let draft = day.draft;
        let people = People::of(day.facts, day.on_premises);
        let changes = draft.users.iter().filter(|user| user.fallen.is_none());
        let changes: BTreeMap<UserId, &DraftUser> = changes.map(|user| (user.user, user)).collect();
        let standing = draft.roles.iter().filter(|role| role.fallen.is_none());
        let of_user = |role: &crate::plan::DraftRole| match role.principal {
            Principal::User(user) => Some((user, role.role, role.action)),
            Principal::Team(_) => None,
        };
        let (mut removed, mut to_work) = (BTreeSet::new(), BTreeSet::new());
        for (user, role, action) in standing.filter_map(of_user) {
            match action {
                RoleAction::Give => drop(to_work.insert(user)),
                RoleAction::Remove => drop(removed.insert((user, role))),
            }
        }
        to_work.extend(changes.keys());
        Self {
            day,
            roles: people.roles().clone(),
            people,
            state: State::of(day.facts, &draft.stubs, &draft.users, &draft.roles),
            changes,
            removed,
            to_work,
        }
    }

    /// Users who are people, in order of id.
    fn humans(&self) -> impl Iterator<Item = &PersonView<'a>> {
        let users = self.people.users().values();
        users.filter(|view| view.kind == Kind::Human)
    }

    /// The access mode that a user has once the plan is applied.
    fn mode_after(&self, view: &PersonView<'_>) -> AccessMode {
        let change = self.changes.get(&view.user.id);
        let mode = change.and_then(|change| change.access_mode.as_ref());
        mode.map_or(view.user.access_mode, |mode| mode.after)
    }

    /// The roles of his own that a user has once the plan is applied.
    fn roles_after(&self, user: UserId) -> Vec<RoleId> {
        let mut roles = self.state.roles(Principal::User(user), Seen::Surviving);
        roles.retain(|role| !self.removed.contains(&(user, *role)));
        roles
    }

    fn team_roles_after(&self, team: TeamId) -> Vec<RoleId> {
        self.state.roles(Principal::Team(team), Seen::Surviving)
    }

    /// Whether somebody is to work: enabled today, or given something by the plan. A disabled user of whom the
    /// plan wants nothing is a leaver, and no administrator is asked to bring them back.
    fn is_to_work(&self, view: &PersonView<'_>) -> bool {
        !view.user.disabled || self.to_work.contains(&view.user.id)
    }

    /// Whether administrators can make of a disabled user an enabled one, by licence or group alone.
    fn can_be_enabled(view: &PersonView<'_>) -> bool {
        matches!(
            view.disabled_by,
            Some(DisabledBy::NoLicence | DisabledBy::NotInGroup | DisabledBy::NotInDirectory)
        )
    }

    /// Whether somebody who is to work lacks the licence that the access mode after the plan needs.
    fn lacks_licence(&self, view: &PersonView<'_>) -> bool {
        view.licensed == Licensed::No
            && self.is_to_work(view)
            && PersonView::mode_needs_licence(self.mode_after(view))
    }

    /// Whether somebody who is to work is kept out by the security group.
    fn lacks_group(&self, view: &PersonView<'_>) -> bool {
        let outside = matches!(view.membership, Membership::Outside | Membership::Nested(_));
        outside && self.is_to_work(view)
    }
}
