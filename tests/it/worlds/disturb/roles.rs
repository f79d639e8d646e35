//! What is put wrong with the roles export of a world.
//!
//! A disturbance also says what the rows concerned may lead to from then on.

use cutover::model::MissingPolicy;

use crate::worlds::chance::Chance;
use crate::worlds::disturb::exports::name_by_id;
use crate::worlds::disturb::users::is_unclear;
use crate::worlds::disturb::wanted_users;
use crate::worlds::rows::{anybody, give, remove};
use crate::worlds::world::{
    ACROSS_UNITS, ADMINISTRATOR, CALLER, FIRST_PERSON, Leads, OVERSEER, RoleWant, VISITOR, WORKER,
    Who, World,
};

pub(super) fn access_teams(world: &World) -> Vec<Who> {
    let teams = world.teams.iter().enumerate();
    let access = teams.filter(|(_, team)| team.kind == "access");
    access.map(|(number, _)| Who::Team(number)).collect()
}

pub(super) fn role_to_access_team(world: &mut World, chance: &mut Chance) -> Option<()> {
    let team = chance.pick(&access_teams(world))?;
    let want = give(world, team, WORKER, chance);
    world.role_wants.push(want);
    Some(())
}

pub(super) fn team_only_role_to_group_team(world: &mut World, chance: &mut Chance) -> Option<()> {
    let teams = world.teams.iter().enumerate();
    let group = teams.filter(|(_, team)| !["owner", "access"].contains(&team.kind.as_str()));
    let teams: Vec<usize> = group.map(|(number, _)| number).collect();
    let team = chance.pick(&teams)?;
    world.teams[team]
        .roles
        .retain(|(role, _)| *role != OVERSEER);
    let want = give(world, Who::Team(team), OVERSEER, chance);
    world.role_wants.push(want);
    Some(())
}

pub(super) fn last_role(world: &mut World, chance: &mut Chance) -> Option<()> {
    let user = somebody_with_roles(world, chance)?;
    for copy in world.roles_kept(Who::Person(user)) {
        let want = remove(world, Who::Person(user), copy, chance);
        world.role_wants.push(want);
    }
    Some(())
}

pub(super) fn administrators_removed(world: &mut World, chance: &mut Chance) -> Option<()> {
    let before = world.role_wants.len();
    for person in 0..world.people.len() {
        let who = Who::Person(person);
        let copy = (ADMINISTRATOR, world.unit_of(who));
        if world.roles_kept(who).contains(&copy) && chance.percent(90) {
            let want = remove(world, who, copy, chance);
            world.role_wants.push(want);
        }
    }
    (world.role_wants.len() > before).then_some(())
}

/// The user who applies the plan keeps what they have.
pub(super) fn caller_loses_a_role(world: &mut World, chance: &mut Chance) -> Option<()> {
    if world.not_loaded.contains("settings") {
        return None;
    }
    let user = somebody_with_roles(world, chance)?;
    loses_a_role(world, user, chance)?;
    let id = world.people[user].id.to_string();
    world.settings.insert(CALLER.to_owned(), id);
    world.protect(user);
    Some(())
}

/// So do Microsoft's support users.
pub(super) fn support_user_loses_a_role(world: &mut World, chance: &mut Chance) -> Option<()> {
    let user = somebody_with_roles(world, chance).filter(|user| *user != FIRST_PERSON)?;
    loses_a_role(world, user, chance)?;
    // They are never matched by name.
    name_by_id(world, user);
    world.protect(user);
    "support".clone_into(&mut world.people[user].access_mode);
    Some(())
}

/// Somebody of the environment who has a role of their own, and about whom no row is unclear: where a move comes
/// to nothing, nobody can say which copy is to be lost.
fn somebody_with_roles(world: &World, chance: &mut Chance) -> Option<usize> {
    if world.not_loaded.contains("user_roles") {
        return None;
    }
    let users = wanted_users(world).into_iter();
    let holders: Vec<usize> = users
        .filter(|user| !world.people[*user].roles.is_empty() && !is_unclear(world, *user))
        .collect();
    chance.pick(&holders)
}

/// Lets a row ask for what must not be: that a user loses a role.
fn loses_a_role(world: &mut World, user: usize, chance: &mut Chance) -> Option<()> {
    let kept = world.roles_kept(Who::Person(user));
    let copies: Vec<_> = kept.iter().copied().collect();
    let copy = chance.pick(&copies)?;
    let want = remove(world, Who::Person(user), copy, chance);
    let text = world.people[user].id.to_string();
    world.role_wants.push(RoleWant { text, ..want });
    for number in 0..world.role_wants.len() {
        let want = &world.role_wants[number];
        let held = kept.contains(&world.copy_meant(want));
        if want.who == Who::Person(user) && !want.give && held {
            world.role_wants[number].leads = Leads::ToError;
        }
    }
    Some(())
}

/// A row of a roles export about somebody of the environment.
fn row_about_somebody(world: &mut World, chance: &mut Chance) -> Option<RoleWant> {
    let user = chance.pick(&wanted_users(world))?;
    let want = give(world, Who::Person(user), VISITOR, chance);
    Some(RoleWant {
        text: world.people[user].id.to_string(),
        unit: None,
        leads: Leads::ToError,
        ..want
    })
}

pub(super) fn role_to_nobody(world: &mut World, chance: &mut Chance) -> Option<()> {
    let (want, id) = (row_about_somebody(world, chance)?, chance.id());
    world.role_wants.push(RoleWant {
        text: id.to_string(),
        who: Who::Ghost(id),
        ..want
    });
    Some(())
}

pub(super) fn role_unknown(world: &mut World, chance: &mut Chance) -> Option<()> {
    let want = row_about_somebody(world, chance)?;
    let role_text = Some("Night Watch".to_owned());
    world.role_wants.push(RoleWant { role_text, ..want });
    Some(())
}

pub(super) fn role_of_two(world: &mut World, chance: &mut Chance) -> Option<()> {
    let want = row_about_somebody(world, chance)?;
    let mut twin = world.roles[VISITOR].clone();
    "Harbour".clone_into(&mut twin.name);
    let role = world.roles.len();
    for _ in 0..2 {
        twin.id = chance.id();
        world.roles.push(twin.clone());
    }
    world.role_wants.push(RoleWant { role, ..want });
    Some(())
}

pub(super) fn given_and_removed(world: &mut World, chance: &mut Chance) -> Option<()> {
    let gifts = world.role_wants.iter().filter(|want| want.give);
    let gifts: Vec<RoleWant> = gifts
        .filter(|want| want.leads == Leads::ToChange)
        .cloned()
        .collect();
    let gift = chance.pick(&gifts)?;
    let (who, copy) = (gift.who, world.copy_meant(&gift));
    let about = |world: &World, want: &RoleWant| want.who == who && world.copy_meant(want) == copy;
    for number in 0..world.role_wants.len() {
        if about(world, &world.role_wants[number]) {
            world.role_wants[number].leads = Leads::ToError;
        }
    }
    world.role_wants.push(RoleWant {
        give: false,
        leads: Leads::ToError,
        ..gift
    });
    Some(())
}

pub(super) fn role_of_another_unit(world: &mut World, chance: &mut Chance) -> Option<()> {
    if world.policy.missing != MissingPolicy::Stub {
        return None;
    }
    world
        .settings
        .insert(ACROSS_UNITS.to_owned(), "false".to_owned());
    let who = anybody(world, chance);
    let own = world.unit_of(who);
    let others: Vec<usize> = (0..world.units.len()).filter(|unit| *unit != own).collect();
    let named = chance.pick(&others)?;
    let mut want = give(world, who, VISITOR, chance);
    want.unit = Some(named);
    world.role_wants.push(want);
    Some(())
}
