//! Readiness: for each person yes or no, with all reasons, at three moments.
//!
//! In: the scene. Out: one row per person, by name: users who are people, stub users, and people of the
//! directory who are entitled and not synchronised yet. Application users, and those of the service itself, do
//! not sign in and are left out.

use crate::check::day_one::Scene;
use crate::check::people::{
    DisabledBy, Holding, InDirectory, Kind, Licensed, Membership, Outsider, PersonView,
};
use crate::model::{
    AccessMode, DisabledReason, Loadable, Obstacle, Readiness, RoleId, Standing, TeamId,
    comparison_key,
};
use crate::plan::DraftStub;

/// Everybody in scope, by name, UPN and id.
pub(super) fn all(scene: &Scene<'_>) -> Vec<Readiness> {
    let users = scene.humans().map(|view| of_user(scene, view));
    let stubs = scene.people.users().values();
    let stubs = stubs.filter(|view| view.kind == Kind::Stub).map(|view| {
        let user = view.user;
        never(Some(user.id), &user.upn, user.label())
    });
    let planned = scene.day.draft.stubs.iter();
    let planned = planned.filter(|stub| stub.fallen.is_none()).map(of_planned);
    let outsiders = scene.people.outsiders().iter();
    let outsiders = outsiders.filter(|one| one.is_due()).map(of_outsider);
    let mut all: Vec<Readiness> = users.chain(stubs).chain(planned).chain(outsiders).collect();
    all.sort_by_cached_key(|one| {
        (
            comparison_key(&one.name),
            comparison_key(&one.upn),
            one.user,
        )
    });
    all
}

fn never(user: Option<crate::model::UserId>, upn: &str, name: String) -> Readiness {
    let standing = || with(&[Obstacle::Stub]);
    Readiness {
        user,
        upn: upn.to_owned(),
        name,
        today: standing(),
        after_plan: standing(),
        after_hand_over: standing(),
    }
}

fn of_planned(stub: &DraftStub) -> Readiness {
    let person = &stub.person;
    never(Some(person.id), &person.upn, person.full_name.clone())
}

/// Roles are given to users only, so whoever is no user yet has none until a plan after this one.
fn of_outsider(one: &Outsider<'_>) -> Readiness {
    let person = one.person;
    let today = || with(&[Obstacle::NotSynchronised, Obstacle::NoRole]);
    Readiness {
        user: None,
        upn: person.upn.clone(),
        name: person
            .display_name
            .clone()
            .unwrap_or_else(|| person.upn.clone()),
        today: today(),
        after_plan: today(),
        after_hand_over: with(&[Obstacle::NoRole]),
    }
}

fn with(obstacles: &[Obstacle]) -> Standing {
    Standing {
        obstacles: obstacles.iter().copied().collect(),
        ..Standing::default()
    }
}

fn of_user(scene: &Scene<'_>, view: &PersonView<'_>) -> Readiness {
    let facts = scene.day.facts;
    let user = view.user;
    let mut today = Standing::default();
    account(view, user.access_mode, &mut today);
    let own = facts.user_roles(user.id);
    let mut after_plan = Standing::default();
    account(view, scene.mode_after(view), &mut after_plan);
    let mut after_hand_over = Standing::default();
    account(view, scene.mode_after(view), &mut after_hand_over);
    handed_over(scene, view, &mut after_hand_over);
    roles(
        scene,
        view,
        own,
        |team| facts.team_roles(team).to_vec(),
        &mut today,
    );
    let own = scene.roles_after(user.id);
    for standing in [&mut after_plan, &mut after_hand_over] {
        roles(
            scene,
            view,
            &own,
            |team| scene.team_roles_after(team),
            standing,
        );
    }
    Readiness {
        user: Some(user.id),
        upn: user.upn.clone(),
        name: user.label(),
        today,
        after_plan,
        after_hand_over,
    }
}

/// What speaks against the account: disabled, licence, group, access mode.
fn account(view: &PersonView<'_>, mode: AccessMode, standing: &mut Standing) {
    let obstacles = &mut standing.obstacles;
    if let Some(by) = view.disabled_by {
        obstacles.insert(Obstacle::Disabled(reason(by)));
    }
    match view.directory {
        InDirectory::Absent => drop(obstacles.insert(Obstacle::NotInDirectory)),
        InDirectory::Unknown if view.licensed != Licensed::NotAsked => {
            standing.unknown.insert(Loadable::Directory);
        }
        InDirectory::Person(_) | InDirectory::Unknown => {}
    }
    if PersonView::mode_needs_licence(mode) {
        match view.licensed {
            Licensed::No => drop(obstacles.insert(Obstacle::NoLicence)),
            Licensed::Unknown(needs) => standing.unknown.extend(needs),
            Licensed::Yes | Licensed::OnDemand | Licensed::NotAsked => {}
        }
    }
    match &view.membership {
        Membership::Outside => drop(obstacles.insert(Obstacle::NotInGroup)),
        Membership::Nested(_) => drop(obstacles.insert(Obstacle::OnlyNestedGroup)),
        Membership::Unknown(needs) => standing.unknown.extend(*needs),
        Membership::NoGroup | Membership::Direct => {}
    }
    if matches!(
        mode,
        AccessMode::Administrative | AccessMode::NonInteractive
    ) {
        obstacles.insert(Obstacle::AccessMode(mode));
    }
}

fn reason(by: DisabledBy) -> DisabledReason {
    match by {
        DisabledBy::Deleted => DisabledReason::Deleted,
        DisabledBy::NotInDirectory => DisabledReason::NotInDirectory,
        DisabledBy::SignInBlocked => DisabledReason::Blocked,
        DisabledBy::NoLicence => DisabledReason::NoLicence,
        DisabledBy::NotInGroup => DisabledReason::NotInGroup,
        DisabledBy::ByHand => DisabledReason::ByHand,
        DisabledBy::Unknown(_) => DisabledReason::NotKnown,
    }
}

/// Takes away what the lists for administrators take away, and nothing that they do not name.
fn handed_over(scene: &Scene<'_>, view: &PersonView<'_>, standing: &mut Standing) {
    if !scene.is_to_work(view) {
        return;
    }
    let obstacles = &mut standing.obstacles;
    for given in [
        Obstacle::NotInDirectory,
        Obstacle::NoLicence,
        Obstacle::NotInGroup,
        Obstacle::OnlyNestedGroup,
    ] {
        obstacles.remove(&given);
    }
    if Scene::can_be_enabled(view) {
        obstacles.retain(|obstacle| !matches!(obstacle, Obstacle::Disabled(_)));
    }
}

fn roles(
    scene: &Scene<'_>,
    view: &PersonView<'_>,
    own: &[RoleId],
    of_team: impl Fn(TeamId) -> Vec<RoleId>,
    standing: &mut Standing,
) {
    let obstacle = match scene.roles.holding(view.user.id, own, of_team) {
        Holding::Nothing => Obstacle::NoRole,
        Holding::TeamsOnly(_) => Obstacle::OnlyTeamRoles,
        Holding::OpensOnly => Obstacle::NoDataRole,
        Holding::Works => return,
        Holding::Unknown(needs) => {
            standing.unknown.extend(needs);
            return;
        }
    };
    standing.obstacles.insert(obstacle);
}
