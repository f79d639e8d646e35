//! What a valid world wishes for its users: moves, access modes and profile fields that all can be had.
//!
//! In: people and units. Out: rows of a users export, at least one of which changes somebody; some that
//! wish nothing, what is so already, or what another row says too. It comes before the roles, because
//! who is moved can hold only what has a copy in the new unit.

use cutover::model::{AccessMode, ProfileField, WishField};

use crate::worlds::chance::Chance;
use crate::worlds::wish::UserWant;
use crate::worlds::world::{FIRST_PERSON, NON_INTERACTIVE, World};

/// What the service allows at most, where no setting says otherwise.
pub(super) const NON_INTERACTIVE_MAX: usize = 7;

/// Fields that the environment of a world may hold and that tell nobody from others.
const PROFILE: [ProfileField; 5] = [
    ProfileField::Title,
    ProfileField::MainPhone,
    ProfileField::HomePhone,
    ProfileField::Street,
    ProfileField::Country,
];

/// Fields of a row by which people are also found.
const IDENTIFIERS: [ProfileField; 3] = [
    ProfileField::FirstName,
    ProfileField::LastName,
    ProfileField::Mail,
];

/// Gives people a profile, and lets an earlier migration have made some of them.
pub(super) fn furnish(world: &mut World, chance: &mut Chance) {
    world.on_premises = chance.percent(30);
    for (number, person) in world.people.iter_mut().enumerate() {
        if !person.is_there {
            continue;
        }
        if number != FIRST_PERSON && chance.percent(12) {
            (person.stub, person.disabled) = (true, true);
            AccessMode::ReadWrite
                .word()
                .clone_into(&mut person.access_mode);
        }
        for field in PROFILE {
            if chance.percent(20) {
                let value = format!("{} of {}", field.words(), person.local);
                person.profile.insert(field, value);
            }
        }
    }
}

/// Adds rows to a world whose people are there.
pub(super) fn wish(world: &mut World, chance: &mut Chance) {
    for person in 0..world.people.len() {
        if world.people[person].is_there && chance.percent(40) {
            let want = wished(world, person, chance);
            world.user_wants.push(want);
        } else if chance.percent(25) {
            world.user_wants.push(UserWant::blank(person));
        }
    }
    somebody_changed(world, chance);
    if chance.percent(50) {
        crowd(world);
    }
    for number in 0..world.user_wants.len() {
        let want = &world.user_wants[number];
        if !want.is_blank() && chance.percent(10) {
            let mut again = want.clone();
            again.by_id |= chance.percent(50);
            world.user_wants.push(again);
        }
    }
}

/// A row that wishes for one of the environment what they can have.
fn wished(world: &World, person: usize, chance: &mut Chance) -> UserWant {
    let mut want = UserWant::blank(person);
    // Nobody else need have the administrator's role while a move strips it.
    let can_move = world.units.len() > 1 && (person != FIRST_PERSON || world.keeps_roles());
    if chance.percent(15) {
        want.unit = Some(world.people[person].unit);
    } else if can_move && chance.percent(65) {
        want.unit = another_unit(world, person, chance);
    }
    if chance.percent(15) {
        want.mode = Some(world.mode_of(person));
    } else if !world.people[person].stub && chance.percent(40) {
        want.mode = Some(a_mode(world, person, chance));
    }
    if world.people[person].stub || world.on_premises {
        profile(world, &mut want, chance);
    }
    write_otherwise(world, &mut want, chance);
    want
}

pub(super) fn another_unit(world: &World, person: usize, chance: &mut Chance) -> Option<usize> {
    let own = world.people[person].unit;
    let others: Vec<usize> = (0..world.units.len()).filter(|unit| *unit != own).collect();
    chance.pick(&others)
}

/// A mode that somebody can be given: the service limits how many are programs' users.
fn a_mode(world: &World, person: usize, chance: &mut Chance) -> AccessMode {
    let modes = [
        AccessMode::ReadWrite,
        AccessMode::Administrative,
        AccessMode::Read,
        AccessMode::NonInteractive,
    ];
    let free = non_interactive(world) < NON_INTERACTIVE_MAX;
    let count = match (person == FIRST_PERSON, free) {
        (true, _) => 2,
        (false, false) => 3,
        (false, true) => 4,
    };
    modes[chance.below(count)]
}

/// How many there are or shall be.
fn non_interactive(world: &World) -> usize {
    let is = |mode: AccessMode| mode == AccessMode::NonInteractive;
    let people = (0..world.people.len()).filter(|person| world.people[*person].is_there);
    let counted = people.filter(|person| {
        let wished = world.wish_of(*person).and_then(|want| want.mode);
        is(world.mode_of(*person)) || wished.is_some_and(is)
    });
    counted.count()
}

/// Fields that nobody is found by, or others in a row that says who is meant by id: a name or mail that
/// nobody has yet would tell the row from the same person's in another export.
fn profile(world: &World, want: &mut UserWant, chance: &mut Chance) {
    for field in WishField::all() {
        let WishField::Profile(field) = field else {
            continue;
        };
        if !chance.percent(12) {
            continue;
        }
        want.by_id |= IDENTIFIERS.contains(&field);
        let person = &world.people[want.person];
        let value = match field {
            ProfileField::FirstName => format!("Zoë-{}", want.person),
            ProfileField::LastName => format!("Newman-{}", want.person),
            ProfileField::Mail => format!("new.{}@contoso.com", want.person),
            field => match person.profile.get(&field) {
                Some(known) if chance.percent(30) => known.clone(),
                _ => format!("new {}", field.words()),
            },
        };
        want.profile.insert(field, value);
    }
}

/// Says the same in another way.
fn write_otherwise(world: &World, want: &mut UserWant, chance: &mut Chance) {
    want.by_id |= chance.percent(25);
    if let Some(unit) = want.unit {
        let unit = &world.units[unit];
        let texts = [
            None,
            Some(unit.name.to_uppercase()),
            Some(unit.id.to_string()),
        ];
        want.unit_text.clone_from(&texts[chance.below(3)]);
    }
    if let Some(mode) = want.mode {
        let texts = [
            None,
            Some(mode.word().replace('-', " ").to_uppercase()),
            Some(mode.code().to_string()),
        ];
        want.mode_text.clone_from(&texts[chance.below(3)]);
    }
}

/// Leaves no place of programs' users free: whoever takes one comes after those who leave.
fn crowd(world: &mut World) {
    let is = |mode: AccessMode| mode == AccessMode::NonInteractive;
    let (mut places, mut takes) = (world.programs().len(), false);
    for person in 0..world.people.len() {
        let wished = world.wish_of(person).and_then(|want| want.mode);
        let Some(wished) = wished.filter(|mode| *mode != world.mode_of(person)) else {
            continue;
        };
        if is(wished) {
            (places, takes) = (places + 1, true);
        } else if is(world.mode_of(person)) {
            places -= 1;
        }
    }
    if takes {
        let places = places.to_string();
        world.settings.insert(NON_INTERACTIVE.to_owned(), places);
    }
}

/// Lets at least one user become another.
fn somebody_changed(world: &mut World, chance: &mut Chance) {
    let people = 0..world.people.len();
    let can_change = |person: &usize| {
        let one = &world.people[*person];
        one.is_there && !one.stub && world.wish_of(*person).is_none()
    };
    let mut unwished: Vec<usize> = people.filter(can_change).collect();
    let changes = |want: &UserWant| {
        let (unit, mode) = (world.people[want.person].unit, world.mode_of(want.person));
        want.unit.is_some_and(|wished| wished != unit)
            || want.mode.is_some_and(|wished| wished != mode)
    };
    if world.user_wants.iter().any(changes) {
        return;
    }
    if unwished.is_empty() {
        // Everybody wishes for what is so: one of them wishes for more.
        let mut wants = world.user_wants.iter();
        let place = wants.position(|want| want.person == FIRST_PERSON && !want.is_blank());
        let want = world.user_wants.swap_remove(place.expect("a wish"));
        unwished.push(want.person);
    }
    let person = chance.pick(&unwished).expect("somebody is there");
    let mode = match world.mode_of(person) {
        AccessMode::ReadWrite => AccessMode::Administrative,
        _ => AccessMode::ReadWrite,
    };
    world.user_wants.push(UserWant {
        mode: Some(mode),
        ..UserWant::blank(person)
    });
}
