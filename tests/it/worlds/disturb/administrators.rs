//! What is put wrong with who administers a world.
//!
//! A disturbance also says what the rows concerned may lead to from then on. Where the service itself
//! refuses, the rows lead to a change as before: that they do not is for the plan to say.

use cutover::model::AccessMode;

use crate::worlds::chance::Chance;
use crate::worlds::disturb::users::{is_unclear, move_of, somebody, strips, wish};
use crate::worlds::rows::{give, remove};
use crate::worlds::wish::UserWant;
use crate::worlds::world::{ADMINISTRATOR, FIRST_PERSON, Leads, RoleWant, VISITOR, Who, World};

/// Nobody else who is enabled has the administrator's role.
pub(super) fn only_administrator(world: &mut World, chance: &mut Chance) -> Option<()> {
    if world.not_loaded.contains("user_roles") || is_unclear(world, FIRST_PERSON) {
        return None;
    }
    let moved = strips(world) && chance.percent(50);
    // Others may have the role, where they cannot use it.
    let others_read = chance.percent(40);
    for person in FIRST_PERSON + 1..world.people.len() {
        let person = &mut world.people[person];
        let administers = |copy: &(usize, usize)| copy.0 == ADMINISTRATOR;
        if others_read && person.roles.iter().any(administers) {
            AccessMode::Read.word().clone_into(&mut person.access_mode);
        } else {
            person.roles.retain(|copy| !administers(copy));
        }
    }
    let of_role = |want: &RoleWant| want.role == ADMINISTRATOR;
    world.role_wants.retain(|want| !of_role(want));
    let want = if moved {
        move_of(world, FIRST_PERSON, chance)?
    } else {
        let modes = [AccessMode::Read, AccessMode::NonInteractive];
        let mut others = modes
            .into_iter()
            .filter(|mode| *mode != world.mode_of(FIRST_PERSON));
        UserWant {
            mode: others.next_back(),
            ..UserWant::blank(FIRST_PERSON)
        }
    };
    wish(world, want);
    Some(())
}

/// Everybody who can administer is kept from it, each in a way of their own; now and then one is left out.
pub(super) fn administrators_lose_it(world: &mut World, chance: &mut Chance) -> Option<()> {
    if world.not_loaded.contains("user_roles") || is_unclear(world, FIRST_PERSON) {
        return None;
    }
    if let Some(second) = somebody(world, chance) {
        let copy = (ADMINISTRATOR, world.people[second].unit);
        world.people[second].roles.insert(copy);
        world.people[second].disabled = false;
    }
    let of_role = |want: &RoleWant| want.role == ADMINISTRATOR;
    world.role_wants.retain(|want| !of_role(want));
    for person in FIRST_PERSON..world.people.len() {
        let held = world.people[person].roles.iter();
        let administers = held.clone().any(|copy| copy.0 == ADMINISTRATOR);
        let is_apart = world.is_protected(Who::Person(person)) || is_unclear(world, person);
        if administers && !is_apart && !chance.percent(10) {
            loses_it(world, person, chance);
        }
    }
    Some(())
}

/// By an access mode, by a move, or by a row that takes the role.
fn loses_it(world: &mut World, person: usize, chance: &mut Chance) {
    let who = Who::Person(person);
    let moved = move_of(world, person, chance).filter(|_| strips(world));
    match (chance.below(3), moved) {
        (0, Some(want)) => wish(world, want),
        (1, _) => {
            let visitor = (VISITOR, world.people[person].unit);
            world.people[person].roles.insert(visitor);
            let held = world.roles_kept(who).into_iter();
            for copy in held.filter(|copy| copy.0 == ADMINISTRATOR) {
                let want = remove(world, who, copy, chance);
                world.role_wants.push(want);
            }
        }
        _ => {
            let mode = Some(AccessMode::Read);
            wish(
                world,
                UserWant {
                    mode,
                    ..UserWant::blank(person)
                },
            );
        }
    }
}

/// The administrator of every world is one of the directory too, and is to lose the role.
pub(super) fn administrator_of_the_directory(world: &mut World, chance: &mut Chance) -> Option<()> {
    if world.not_loaded.contains("user_roles") {
        return None;
    }
    let who = Who::Person(FIRST_PERSON);
    let held = world.roles_kept(who).into_iter();
    let copy = held.into_iter().find(|copy| copy.0 == ADMINISTRATOR)?;
    let want = remove(world, who, copy, chance);
    world.role_wants.push(want);
    let unit = world.people[FIRST_PERSON].unit;
    world.people[FIRST_PERSON].roles.insert((VISITOR, unit));
    // Somebody else keeps the role, so that this alone is in the way.
    let other = somebody(world, chance)?;
    let unit = world.people[other].unit;
    world.people[other].roles.insert((ADMINISTRATOR, unit));
    world.people[other].disabled = false;
    world.has_directory = true;
    world.directory_administrators.insert(FIRST_PERSON);
    Some(())
}

pub(super) fn administrator_not_named(world: &mut World, chance: &mut Chance) -> Option<()> {
    let person = somebody(world, chance)?;
    let roles = &mut world.people[person].roles;
    roles.retain(|(role, _)| *role != ADMINISTRATOR);
    let gift = give(world, Who::Person(person), ADMINISTRATOR, chance);
    world.role_wants.push(RoleWant {
        leads: Leads::ToError,
        ..gift
    });
    world.names_nobody = true;
    Some(())
}
