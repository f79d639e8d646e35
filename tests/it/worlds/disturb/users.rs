//! What is put wrong with what a users export of a world wishes.
//!
//! A disturbance also says what the rows concerned may lead to from then on. Where the service itself
//! refuses, the rows lead to a change as before: that they do not is for the plan to say.

use std::collections::BTreeSet;

use cutover::model::{AccessMode, Inheritance, ProfileField};

use crate::worlds::chance::Chance;
use crate::worlds::disturb::exports::name_by_id;
use crate::worlds::generate::few_rights;
use crate::worlds::rows::give;
use crate::worlds::wish::UserWant;
use crate::worlds::wishes::another_unit;
use crate::worlds::world::{
    ACROSS_UNITS, ADMINISTRATOR, CALLER, FIRST_PERSON, KEEP_ROLES, Leads, NON_INTERACTIVE,
    ROLES_ON_DISABLED, Role, Stranger, Unit, VISITOR, Who, World,
};

/// Somebody of the environment who is no stub user and no application, and not the administrator of every
/// world.
pub(super) fn somebody(world: &World, chance: &mut Chance) -> Option<usize> {
    let people = (FIRST_PERSON + 1..world.people.len()).filter(|one| world.people[*one].is_there);
    let people = people.filter(|one| {
        let person = &world.people[*one];
        let human = !person.stub && person.application.is_none();
        human && !world.is_protected(Who::Person(*one)) && !is_unclear(world, *one)
    });
    chance.pick(&people.collect::<Vec<_>>())
}

/// Whether rows about somebody say already what nobody can grant, or must be an error: it stays one.
pub(super) fn is_unclear(world: &World, person: usize) -> bool {
    let mut rows = world.user_wants.iter().filter(|row| row.person == person);
    let mut roles = world.role_wants.iter();
    rows.any(|row| !row.is_clear || row.leads != Leads::ToChange)
        || roles.any(|want| want.who == Who::Person(person) && want.leads != Leads::ToChange)
}

/// Lets one row alone wish something for somebody.
pub(super) fn wish(world: &mut World, want: UserWant) {
    world.user_wants.retain(|row| row.person != want.person);
    let by_id = want.by_id || has_twin(world, want.person);
    world.user_wants.push(UserWant { by_id, ..want });
}

/// Lets a row say what nobody can grant.
fn say(world: &mut World, want: UserWant) {
    world.user_wants.push(UserWant {
        by_id: want.by_id || has_twin(world, want.person),
        is_clear: false,
        leads: Leads::ToError,
        ..want
    });
}

/// Whether another disturbance gave somebody's UPN to a second one, so that only an id says who is meant.
fn has_twin(world: &World, person: usize) -> bool {
    let upn = world.people[person].upn();
    world.strangers.iter().any(|stranger| stranger.upn == upn)
}

pub(super) fn strips(world: &World) -> bool {
    !world.keeps_roles() && world.units.len() > 1 && !world.not_loaded.contains("user_roles")
}

pub(super) fn move_of(world: &World, person: usize, chance: &mut Chance) -> Option<UserWant> {
    let unit = Some(another_unit(world, person, chance)?);
    Some(UserWant {
        unit,
        ..UserWant::blank(person)
    })
}

fn mode_of(world: &World, person: usize) -> UserWant {
    let mode = match world.mode_of(person) {
        AccessMode::ReadWrite => AccessMode::Administrative,
        _ => AccessMode::ReadWrite,
    };
    UserWant {
        mode: Some(mode),
        ..UserWant::blank(person)
    }
}

pub(super) fn unit_unknown(world: &mut World, chance: &mut Chance) -> Option<()> {
    let person = somebody(world, chance)?;
    let unit_text = Some("Sales, overseas".to_owned());
    say(
        world,
        UserWant {
            unit_text,
            ..UserWant::blank(person)
        },
    );
    Some(())
}

pub(super) fn unit_of_two(world: &mut World, chance: &mut Chance) -> Option<()> {
    let person = somebody(world, chance)?;
    let unit = world.units.len();
    for _ in 0..2 {
        world.units.push(Unit {
            id: chance.id(),
            name: "Branch".to_owned(),
            parent: Some(0),
        });
    }
    say(
        world,
        UserWant {
            unit: Some(unit),
            unit_text: Some(world.units[unit].name.clone()),
            ..UserWant::blank(person)
        },
    );
    Some(())
}

pub(super) fn no_mode(world: &mut World, chance: &mut Chance) -> Option<()> {
    let person = somebody(world, chance)?;
    let texts = ["sometimes", "support", "7"];
    let mode_text = Some(texts[chance.below(3)].to_owned());
    say(
        world,
        UserWant {
            mode_text,
            ..UserWant::blank(person)
        },
    );
    Some(())
}

/// Two rows wish different things for one user.
pub(super) fn contradiction(world: &mut World, chance: &mut Chance) -> Option<()> {
    let person = somebody(world, chance)?;
    let first = mode_of(world, person);
    let second = UserWant {
        mode: Some(AccessMode::Read),
        by_id: chance.percent(50),
        ..first.clone()
    };
    // What is so already contradicts what is not, too.
    let unit = chance.percent(50).then_some(world.people[person].unit);
    let both = [first, UserWant { unit, ..second }];
    // A row that does not say whom it means would leave the other one alone.
    let twin = has_twin(world, person);
    let both = both.map(|row| UserWant {
        by_id: row.by_id || twin,
        leads: Leads::ToError,
        ..row
    });
    world.user_wants.retain(|row| row.person != person);
    world.user_wants.extend(both);
    Some(())
}

pub(super) fn wish_for_nobody(world: &mut World, chance: &mut Chance) -> Option<()> {
    let people = (0..world.people.len()).filter(|one| !world.people[*one].is_there);
    let person = chance.pick(&people.collect::<Vec<_>>())?;
    world.user_wants.push(UserWant {
        unit: Some(0),
        leads: Leads::ToError,
        ..UserWant::blank(person)
    });
    Some(())
}

/// Somebody else has the UPN by which the row names them.
pub(super) fn wish_for_a_twin(world: &mut World, chance: &mut Chance) -> Option<()> {
    let person = somebody(world, chance).filter(|person| !has_twin(world, *person))?;
    name_by_id(world, person);
    say(world, mode_of(world, person));
    world.strangers.push(Stranger {
        id: chance.id(),
        upn: world.people[person].upn(),
        mail: "twin.of.a.wish@contoso.com".to_owned(),
    });
    Some(())
}

pub(super) fn disabled_moved(world: &mut World, chance: &mut Chance) -> Option<()> {
    let person = somebody(world, chance).filter(|_| strips(world))?;
    let copy = (VISITOR, world.people[person].unit);
    world.people[person].roles.insert(copy);
    world.people[person].disabled = true;
    let off = (ROLES_ON_DISABLED.to_owned(), "false".to_owned());
    world.settings.extend([off]);
    let want = move_of(world, person, chance)?;
    wish(world, want);
    Some(())
}

/// Somebody is moved out of the one unit in which a role of theirs is.
pub(super) fn no_copy_there(world: &mut World, chance: &mut Chance) -> Option<()> {
    let person = somebody(world, chance).filter(|_| strips(world))?;
    let unit = world.people[person].unit;
    if unit == 0 {
        return None;
    }
    for name in [ACROSS_UNITS, KEEP_ROLES] {
        world.settings.insert(name.to_owned(), "false".to_owned());
    }
    world.people[person].roles.insert((world.roles.len(), unit));
    world.roles.push(Role {
        id: chance.id(),
        name: "Counter".to_owned(),
        unit,
        administrator: false,
        inheritance: Inheritance::DirectUser,
        privileges: [].into(),
    });
    wish(
        world,
        UserWant {
            unit: Some(0),
            ..UserWant::blank(person)
        },
    );
    Some(())
}

/// Whoever is moved is to get a role by a row that still names the old unit.
pub(super) fn role_of_the_old_unit(world: &mut World, chance: &mut Chance) -> Option<()> {
    let mover = chance.pick(&world.movers())?;
    let off = (ACROSS_UNITS.to_owned(), "false".to_owned());
    world.settings.extend([off]);
    let who = Who::Person(mover);
    let mut want = give(world, who, VISITOR, chance);
    want.unit = Some(world.people[mover].unit);
    world.role_wants.push(want);
    Some(())
}

/// The caller may do everything, and is still not touched.
pub(super) fn caller_moved(world: &mut World, chance: &mut Chance) -> Option<()> {
    if world.not_loaded.contains("settings") || world.settings.contains_key(CALLER) {
        return None;
    }
    let person = somebody(world, chance)?;
    let (id, unit) = (world.people[person].id, world.people[person].unit);
    world.people[person].roles.insert((ADMINISTRATOR, unit));
    world.settings.insert(CALLER.to_owned(), id.to_string());
    let moved = move_of(world, person, chance).filter(|_| chance.percent(50));
    let want = moved.unwrap_or_else(|| mode_of(world, person));
    wish(world, want);
    world.protect(person);
    Some(())
}

pub(super) fn support_user_changed(world: &mut World, chance: &mut Chance) -> Option<()> {
    let person = somebody(world, chance)?;
    let moved = move_of(world, person, chance).filter(|_| chance.percent(50));
    let want = moved.unwrap_or_else(|| mode_of(world, person));
    wish(world, want);
    make_support(world, person);
    Some(())
}

/// Support users are never matched by name.
fn make_support(world: &mut World, person: usize) {
    name_by_id(world, person);
    world.protect(person);
    "support".clone_into(&mut world.people[person].access_mode);
}

pub(super) fn role_to_support(world: &mut World, chance: &mut Chance) -> Option<()> {
    let person = somebody(world, chance)?;
    let who = Who::Person(person);
    world.user_wants.retain(|row| row.person != person);
    world.role_wants.retain(|want| want.who != who);
    let gift = give(world, who, VISITOR, chance);
    world.people[person]
        .roles
        .retain(|(role, _)| *role != VISITOR);
    world.role_wants.push(gift);
    make_support(world, person);
    Some(())
}

pub(super) fn application_changed(world: &mut World, chance: &mut Chance) -> Option<()> {
    let person = somebody(world, chance)?;
    let want = mode_of(world, person);
    wish(world, want);
    name_by_id(world, person);
    world.people[person].application = Some(chance.id());
    Some(())
}

/// Whoever has no licence keeps the access mode.
pub(super) fn mode_without_licence(world: &mut World, chance: &mut Chance) -> Option<()> {
    let person = somebody(world, chance)?;
    let want = mode_of(world, person);
    wish(world, want);
    world.people[person].unlicensed = true;
    Some(())
}

/// All places of programs' users are taken, and nobody leaves in time.
pub(super) fn too_many_programs(world: &mut World, chance: &mut Chance) -> Option<()> {
    let person = somebody(world, chance)?;
    if world.mode_of(person) == AccessMode::NonInteractive {
        return None;
    }
    let places = world.programs().len();
    world
        .settings
        .insert(NON_INTERACTIVE.to_owned(), places.to_string());
    let want = UserWant {
        mode: Some(AccessMode::NonInteractive),
        ..UserWant::blank(person)
    };
    wish(world, want);
    Some(())
}

pub(super) fn mode_of_a_stub(world: &mut World, chance: &mut Chance) -> Option<()> {
    let people = (0..world.people.len()).filter(|one| world.people[*one].stub);
    let person = chance.pick(&people.collect::<Vec<_>>())?;
    if world.is_protected(Who::Person(person)) {
        return None;
    }
    let want = UserWant {
        leads: Leads::ToError,
        ..mode_of(world, person)
    };
    wish(world, want);
    Some(())
}

pub(super) fn profile_of_the_directory(world: &mut World, chance: &mut Chance) -> Option<()> {
    let person = somebody(world, chance).filter(|_| !world.on_premises)?;
    let value = (ProfileField::Title, "Head of nothing".to_owned());
    wish(
        world,
        UserWant {
            profile: [value].into(),
            leads: Leads::ToError,
            ..UserWant::blank(person)
        },
    );
    Some(())
}

/// The phone at home, which no directory keeps, is one character longer than its column, or just fits.
pub(super) fn long_text(world: &mut World, chance: &mut Chance) -> Option<()> {
    let person = somebody(world, chance)?;
    let digits = [50, 51][chance.below(2)];
    let value = (ProfileField::HomePhone, "7".repeat(digits));
    wish(
        world,
        UserWant {
            profile: [value].into(),
            ..UserWant::blank(person)
        },
    );
    Some(())
}

/// The caller works by one role that holds some of what the plan takes, at some depth.
pub(super) fn caller_of_few_rights(world: &mut World, chance: &mut Chance) -> Option<()> {
    let files = ["settings", "user_roles", "role_privileges"];
    let lacks = files.iter().any(|file| world.not_loaded.contains(*file));
    if lacks || world.settings.contains_key(CALLER) {
        return None;
    }
    let person = somebody(world, chance)?;
    let (who, unit) = (Who::Person(person), world.people[person].unit);
    let number = world.roles.len();
    let privileges = few_rights(chance);
    world.roles.push(Role {
        id: chance.id(),
        name: "Migrator".to_owned(),
        unit: 0,
        administrator: false,
        inheritance: Inheritance::DirectUser,
        privileges,
    });
    world.people[person].roles = BTreeSet::from([(number, unit)]);
    for team in &mut world.teams {
        team.members.remove(&person);
    }
    // Nothing that the plan does changes what the caller may do.
    world.role_wants.retain(|want| want.who != who);
    world.user_wants.retain(|want| want.person != person);
    let id = world.people[person].id.to_string();
    world.settings.insert(CALLER.to_owned(), id);
    Some(())
}
