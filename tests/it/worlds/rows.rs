//! What the exports of a world ask for, and in which words: rows of records and roles, rulings.
//!
//! In: an environment and people. Out: rows that can all be written, of every kind of change at least
//! one.

use std::collections::{BTreeMap, BTreeSet};

use cutover::model::{BlankPolicy, ByNamePolicy, Inheritance};

use crate::worlds::chance::Chance;
use crate::worlds::generate::owners_there;
use crate::worlds::world::{
    ACROSS_UNITS, ADMINISTRATOR, DEFAULT_ROLE, FIRST_PERSON, Leads, ROLES_ON_DISABLED, RecordWant,
    RoleCopy, RoleWant, VISITOR, Who, World,
};

/// Adds rows of every kind to a world whose people and environment are there.
pub(super) fn ask(world: &mut World, chance: &mut Chance) {
    record_wants(world, chance);
    somebody_missing(world, chance);
    role_wants(world, chance);
    one_to_give_and_one_to_remove(world, chance);
}

fn record_wants(world: &mut World, chance: &mut Chance) {
    let mut owners = owners_there(world);
    owners.extend(missing(world));
    for table in 0..world.tables.len() {
        for record in 0..world.tables[table].records.len() {
            let roll = chance.below(100);
            let meant = owners[chance.below(owners.len())];
            let want = RecordWant {
                table,
                record,
                id_text: None,
                text: text(world, meant, chance),
                meant,
                leads: Leads::ToChange,
            };
            match roll {
                0..72 => world.record_wants.push(want),
                72..80 => ruled(world, want, chance),
                80..84 => blank(world, want),
                _ => {}
            }
        }
    }
}

fn missing(world: &World) -> impl Iterator<Item = Who> {
    let people = world.people.iter().enumerate();
    people
        .filter(|(_, person)| !person.is_there)
        .map(|(number, _)| Who::Person(number))
}

/// A row whose words mean nobody, and a ruling that says what to do with it.
fn ruled(world: &mut World, want: RecordWant, chance: &mut Chance) {
    let desk = format!("Desk {}", world.rulings.len() + 1);
    let (ruling, want) = match (chance.below(4), want.meant) {
        (0, _) => {
            let leads = Leads::Left;
            ("leave".to_owned(), RecordWant { leads, ..want })
        }
        (1, _) => {
            let meant = Who::Person(FIRST_PERSON);
            ("fallback".to_owned(), RecordWant { meant, ..want })
        }
        (_, Who::Team(team)) => (world.teams[team].name.clone(), want),
        (_, Who::Person(person)) if world.people[person].is_there => {
            let person = &world.people[person];
            let texts = [person.upn(), person.mail.clone(), person.id.to_string()];
            (texts[chance.below(texts.len())].clone(), want)
        }
        // Of a stub user the words must say who: the ruling says what would happen anyway.
        _ => {
            world.rulings.push((want.text.clone(), "stub".to_owned()));
            world.record_wants.push(want);
            return;
        }
    };
    world.rulings.push((desk.clone(), ruling));
    world.record_wants.push(RecordWant { text: desk, ..want });
}

/// A row without an owner, where the policy has an answer to it.
fn blank(world: &mut World, want: RecordWant) {
    let text = String::new();
    let want = match world.policy.blank {
        BlankPolicy::Error => return,
        BlankPolicy::Leave => RecordWant {
            text,
            leads: Leads::Left,
            ..want
        },
        BlankPolicy::Fallback => RecordWant {
            text,
            meant: Who::Person(FIRST_PERSON),
            ..want
        },
    };
    world.record_wants.push(want);
}

/// Lets one record go to somebody who is not there.
fn somebody_missing(world: &mut World, chance: &mut Chance) {
    if !world.stubs().is_empty() {
        return;
    }
    let all: Vec<Who> = missing(world).collect();
    let (Some(meant), false) = (chance.pick(&all), world.record_wants.is_empty()) else {
        return;
    };
    let number = chance.below(world.record_wants.len());
    let text = text(world, meant, chance);
    let want = &mut world.record_wants[number];
    (want.meant, want.text, want.leads) = (meant, text, Leads::ToChange);
}

/// What role rows ask for, so that no two of a valid world contradict each other.
#[derive(Default)]
struct AskedFor {
    copies: BTreeSet<(Who, RoleCopy)>,
    /// How many of a user's roles stay.
    kept: BTreeMap<Who, usize>,
}

fn role_wants(world: &mut World, chance: &mut Chance) {
    let mut asked = AskedFor::default();
    let wants = world.role_wants.iter();
    asked.copies = wants
        .map(|want| (want.who, world.copy_meant(want)))
        .collect();
    let mut asks: Vec<(Who, bool)> = Vec::new();
    for _ in 0..chance.between(2, 10) {
        asks.push((anybody(world, chance), chance.percent(35)));
    }
    // Whoever is moved gets the roles of the new unit with the move, and loses them after it.
    for mover in world.movers() {
        if chance.percent(50) {
            asks.push((Who::Person(mover), chance.percent(50)));
        }
    }
    for (who, loses) in asks {
        let want = if loses {
            a_removal(world, who, &mut asked, chance)
        } else {
            a_gift(world, who, &mut asked, chance)
        };
        world.role_wants.extend(want);
    }
}

fn a_removal(
    world: &World,
    who: Who,
    asked: &mut AskedFor,
    chance: &mut Chance,
) -> Option<RoleWant> {
    let held: Vec<_> = world.roles_kept(who).into_iter().collect();
    let copy = chance.pick(&held)?;
    let left = asked.kept.entry(who).or_insert(held.len());
    let person = matches!(who, Who::Person(_));
    if (person && (*left < 2 || copy.0 == ADMINISTRATOR)) || !asked.copies.insert((who, copy)) {
        return None;
    }
    *left -= 1;
    Some(remove(world, who, copy, chance))
}

fn a_gift(world: &World, who: Who, asked: &mut AskedFor, chance: &mut Chance) -> Option<RoleWant> {
    let role = [DEFAULT_ROLE, VISITOR, chance.below(world.roles.len())][chance.below(3)];
    let want = give(world, who, role, chance);
    let copy = world.copy_meant(&want);
    let missing = matches!(who, Who::Person(person) if !world.people[person].is_there);
    let default = missing && copy == (DEFAULT_ROLE, 0);
    let fits = copy.1 == world.unit_of(who) || world.is_on(ACROSS_UNITS);
    (can_hold(world, who, want.role) && fits && !default && asked.copies.insert((who, copy)))
        .then_some(want)
}

fn can_hold(world: &World, who: Who, role: usize) -> bool {
    match who {
        Who::Ghost(_) => false,
        Who::Team(team) => match world.teams[team].kind.as_str() {
            "access" => false,
            "owner" => true,
            _ => world.roles[role].inheritance == Inheritance::DirectUser,
        },
        Who::Person(person) => {
            let one = &world.people[person];
            let enabled = one.is_there && !one.disabled;
            let exists = one.is_there || world.stubs().contains(&person);
            exists && (enabled || world.is_on(ROLES_ON_DISABLED))
        }
    }
}

/// The first team of a world can hold roles: it gets one, and loses another.
fn one_to_give_and_one_to_remove(world: &mut World, chance: &mut Chance) {
    let (who, unit) = (Who::Team(0), world.teams[0].unit);
    world.role_wants.retain(|want| want.who != who);
    world.teams[0].roles.insert((VISITOR, unit));
    let removal = remove(world, who, (VISITOR, unit), chance);
    let gift = give(world, who, DEFAULT_ROLE, chance);
    world.role_wants.extend([removal, gift]);
}

pub(super) fn anybody(world: &World, chance: &mut Chance) -> Who {
    let number = chance.below(world.people.len() + world.teams.len());
    match number.checked_sub(world.people.len()) {
        None => Who::Person(number),
        Some(team) => Who::Team(team),
    }
}

/// A row that gives the copy of somebody's own unit, where there is one.
pub(super) fn give(world: &World, who: Who, role: usize, chance: &mut Chance) -> RoleWant {
    let own = world.unit_of(who);
    let named = chance.percent(30) && world.is_below(own, world.roles[role].unit);
    RoleWant {
        text: text(world, who, chance),
        who,
        role,
        role_text: None,
        unit: named.then_some(own),
        give: true,
        leads: Leads::ToChange,
    }
}

/// A row that takes a copy away; one of another unit must be named.
pub(super) fn remove(
    world: &World,
    who: Who,
    (role, unit): RoleCopy,
    chance: &mut Chance,
) -> RoleWant {
    let own = world.unit_of(who);
    RoleWant {
        unit: (unit != own || chance.percent(30)).then_some(unit),
        give: false,
        ..give(world, who, role, chance)
    }
}

/// What a cell can say of somebody.
pub(super) fn text(world: &World, who: Who, chance: &mut Chance) -> String {
    let person = match who {
        Who::Ghost(id) => return id.to_string(),
        Who::Team(team) => {
            let team = &world.teams[team];
            let texts = [
                team.name.clone(),
                team.name.to_uppercase(),
                team.id.to_string(),
            ];
            return texts[chance.below(3)].clone();
        }
        Who::Person(person) => &world.people[person],
    };
    let mut texts = vec![
        person.upn(),
        person.upn().to_uppercase(),
        format!(" {} ", person.upn()),
        person.mail.clone(),
        format!("CONTOSO\\{}", person.local),
        format!("{}@contoso.local", person.local),
    ];
    if person.is_there {
        texts.push(format!("{{{}}}", person.id.to_string().to_uppercase()));
        texts.push(person.employee.clone());
    }
    if person.in_export {
        texts.push(person.old_id.clone());
    }
    if person.in_export || world.policy.by_name == ByNamePolicy::Accept {
        texts.push(person.name());
        texts.push(person.name_turned());
    }
    let text = texts[chance.below(texts.len())].clone();
    // What is ruled about a text is meant by it no more than a person is.
    if person.is_there && world.ruling_on(&text).is_some() {
        return person.id.to_string();
    }
    text
}
