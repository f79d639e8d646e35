//! Random valid worlds: of such a one every row can be written.
//!
//! Whoever owns a record afterwards reads its table, in one of four ways: by a role of their own, by
//! one that the plan gives, or through a team by either kind of inheritance.

use std::collections::{BTreeMap, BTreeSet};

use cutover::model::{Depth, Inheritance, RoleAction};

use crate::worlds::chance::Chance;
use crate::worlds::world::{
    ACROSS_UNITS, ADMINISTRATOR, DEFAULT_ROLE, OVERSEER, Person, ROLES_ON_DISABLED, RecordWant,
    Role, RoleWant, Table, Team, Unit, VISITOR, WORKER, Who, World,
};

const FIRST: &[&str] = &[
    "Ana", "Ben", "Cleo", "Dora", "Émile", "Fatima", "Goran", "Hana", "Igor", "Jürgen", "Kaya",
    "Liam",
];
const LAST: &[&str] = &[
    "Costa", "Okafor", "Lind", "Meier", "O'Neil", "van Dam", "Šimić", "Yıldız",
];
pub(super) const READS: &[(&str, &str)] = &[
    ("account", "prvReadAccount"),
    ("task", "prvReadActivity"),
    ("new_project", "prvReadnew_Project"),
];
pub(super) const DEPTHS: [Depth; 4] = [
    Depth::User,
    Depth::Unit,
    Depth::UnitAndBelow,
    Depth::Organisation,
];

pub(super) fn world(chance: &mut Chance) -> World {
    let mut world = World {
        units: units(chance),
        roles: Vec::new(),
        people: Vec::new(),
        teams: Vec::new(),
        tables: Vec::new(),
        cascades: Vec::new(),
        settings: settings(chance),
        way: "import",
        record_wants: Vec::new(),
        role_wants: Vec::new(),
        rulings: Vec::new(),
        strangers: Vec::new(),
        not_loaded: BTreeSet::new(),
        disturbed: Vec::new(),
    };
    if world.is_on(ROLES_ON_DISABLED) && chance.percent(50) {
        world.way = "api";
    }
    if chance.percent(50) {
        world.cascades.push(("account", "task"));
    }
    roles(&mut world, chance);
    people(&mut world, chance);
    teams(&mut world, chance);
    for person in 0..world.people.len() {
        equip(&mut world, person, chance);
    }
    tables(&mut world, chance);
    record_wants(&mut world, chance);
    role_wants(&mut world, chance);
    world
}

fn units(chance: &mut Chance) -> Vec<Unit> {
    let count = chance.between(1, 5);
    let unit = |(index, name): (usize, &&str)| Unit {
        id: chance.id(),
        name: (*name).to_owned(),
        parent: (index > 0).then(|| chance.below(index)),
    };
    let names = ["Contoso", "North", "South", "Field", "Desk"];
    names[..count].iter().enumerate().map(unit).collect()
}

fn settings(chance: &mut Chance) -> BTreeMap<&'static str, String> {
    let mut settings = BTreeMap::new();
    if chance.percent(60) {
        settings.insert(ROLES_ON_DISABLED, chance.percent(70).to_string());
    }
    if chance.percent(40) {
        settings.insert(ACROSS_UNITS, chance.percent(50).to_string());
    }
    settings
}

fn roles(world: &mut World, chance: &mut Chance) {
    let mut add = |name: &str, unit: usize, inheritance, privileges: BTreeMap<String, Depth>| {
        world.roles.push(Role {
            id: chance.id(),
            name: name.to_owned(),
            unit,
            administrator: name == "System Administrator",
            inheritance,
            privileges,
        });
    };
    let reads = |depth: Depth| -> BTreeMap<String, Depth> {
        let all = READS.iter();
        all.map(|(_, privilege)| ((*privilege).to_owned(), depth))
            .collect()
    };
    let nothing = || BTreeMap::from([("prvWriteAccount".to_owned(), Depth::User)]);
    add(
        "Salesperson",
        0,
        Inheritance::DirectUser,
        reads(Depth::User),
    );
    add("Worker", 0, Inheritance::DirectUser, reads(Depth::Unit));
    add("Visitor", 0, Inheritance::DirectUser, nothing());
    add(
        "Overseer",
        0,
        Inheritance::TeamOnly,
        reads(Depth::Organisation),
    );
    add(
        "System Administrator",
        0,
        Inheritance::DirectUser,
        reads(Depth::Organisation),
    );
    for number in 1..=chance.between(1, 4) {
        let unit = chance.below(world.units.len());
        let mut privileges = BTreeMap::new();
        for (_, privilege) in READS {
            if chance.percent(40) {
                privileges.insert((*privilege).to_owned(), DEPTHS[chance.below(4)]);
            }
        }
        let only = chance.percent(40);
        let inheritance = if only {
            Inheritance::TeamOnly
        } else {
            Inheritance::DirectUser
        };
        world.roles.push(Role {
            id: chance.id(),
            name: format!("Role {number}"),
            unit,
            administrator: false,
            inheritance,
            privileges,
        });
    }
}

fn people(world: &mut World, chance: &mut Chance) {
    let there = chance.between(4, 10);
    for number in 0..there + chance.below(4) {
        let is_there = number < there;
        let first = FIRST[number % FIRST.len()].to_owned();
        let last = LAST[chance.below(LAST.len())].to_owned();
        world.people.push(Person {
            id: chance.id(),
            is_there,
            in_export: !is_there || chance.percent(70),
            local: format!("user{number}"),
            mail: format!("mail.{number}@contoso.com"),
            first,
            last: if number < FIRST.len() {
                last
            } else {
                format!("{last}-{number}")
            },
            employee: format!("E-{number}"),
            old_id: format!("1000{number}"),
            unit: chance.below(world.units.len()),
            access_mode: [
                "read-write",
                "read-write",
                "administrative",
                "non-interactive",
            ][chance.below(4)],
            // The first is the administrator, and stays so.
            disabled: number > 0 && chance.percent(15),
            roles: BTreeSet::new(),
        });
    }
}

fn teams(world: &mut World, chance: &mut Chance) {
    let kinds = ["owner", "security-group", "office-group", "access", "owner"];
    for number in 0..chance.between(2, 5) {
        let unit = chance.below(world.units.len());
        let kind = kinds[number % kinds.len()];
        let mut roles = BTreeSet::new();
        if kind != "access" {
            let role = if chance.percent(50) { WORKER } else { OVERSEER };
            roles.insert((role, unit));
            if chance.percent(30) {
                roles.insert((VISITOR, unit));
            }
        }
        world.teams.push(Team {
            id: chance.id(),
            name: format!("Team {number}"),
            unit,
            kind,
            members: BTreeSet::new(),
            roles,
        });
    }
}

/// Gives a user of the environment a way to read all tables.
fn equip(world: &mut World, number: usize, chance: &mut Chance) {
    let person = &world.people[number];
    if !person.is_there {
        return;
    }
    let (unit, disabled) = (person.unit, person.disabled);
    let mut own = BTreeSet::new();
    let holding: Vec<usize> = world
        .teams
        .iter()
        .enumerate()
        .filter(|(_, team)| team.kind != "access")
        .map(|(team, _)| team)
        .collect();
    match chance.below(4) {
        0 => {
            let team = holding[chance.below(holding.len())];
            world.teams[team].members.insert(number);
        }
        1 if !disabled || world.is_on(ROLES_ON_DISABLED) => {
            own.insert((VISITOR, unit));
            let want = give(world, Who::Person(number), WORKER, chance);
            world.role_wants.push(want);
        }
        _ => {
            own.insert((WORKER, unit));
        }
    }
    for role in ADMINISTRATOR + 1..world.roles.len() {
        let made = world.roles[role].unit;
        if world.is_below(unit, made) && chance.percent(25) {
            own.insert((role, unit));
        } else if world.is_on(ACROSS_UNITS) && chance.percent(15) {
            own.insert((role, made));
        }
    }
    if number == 0 || chance.percent(10) {
        own.insert((ADMINISTRATOR, unit));
    }
    world.people[number].roles = own;
    for team in 0..world.teams.len() {
        if chance.percent(15) {
            world.teams[team].members.insert(number);
        }
    }
}

fn tables(world: &mut World, chance: &mut Chance) {
    let owners = owners_there(world);
    for (name, _) in READS {
        let count = chance.between(3, 10);
        let records = (0..count).map(|_| (chance.id(), owners[chance.below(owners.len())], true));
        world.tables.push(Table {
            name,
            ownership: "user",
            records: records.collect(),
            keyed: false,
            loaded: true,
        });
        let table = world.tables.len() - 1;
        world.tables[table].keyed = chance.percent(30);
    }
}

/// Everybody in the environment who can own.
fn owners_there(world: &World) -> Vec<Who> {
    let people = world
        .people
        .iter()
        .enumerate()
        .filter(|(_, person)| person.is_there);
    let teams = world
        .teams
        .iter()
        .enumerate()
        .filter(|(_, team)| team.kind != "access");
    let people = people.map(|(number, _)| Who::Person(number));
    people
        .chain(teams.map(|(number, _)| Who::Team(number)))
        .collect()
}

fn record_wants(world: &mut World, chance: &mut Chance) {
    let mut owners = owners_there(world);
    owners.extend(
        (0..world.people.len())
            .filter(|one| !world.people[*one].is_there)
            .map(Who::Person),
    );
    for table in 0..world.tables.len() {
        for record in 0..world.tables[table].records.len() {
            if chance.percent(80) {
                let meant = owners[chance.below(owners.len())];
                let text = text(world, meant, chance);
                world.record_wants.push(RecordWant {
                    table,
                    record,
                    text,
                    meant,
                });
            }
        }
    }
}

fn role_wants(world: &mut World, chance: &mut Chance) {
    let stubs = world.stubs();
    let mut asked: BTreeSet<_> = world
        .role_wants
        .iter()
        .map(|want| (want.who, world.copy_meant(want)))
        .collect();
    let mut kept: BTreeMap<Who, usize> = BTreeMap::new();
    for _ in 0..chance.between(2, 10) {
        let who = anybody(world, chance);
        if chance.percent(35) {
            let held: Vec<_> = world.roles_of(who).iter().copied().collect();
            let Some(copy) = chance.pick(&held) else {
                continue;
            };
            let left = kept.entry(who).or_insert(held.len());
            let person = matches!(who, Who::Person(_));
            if (person && (*left < 2 || copy.0 == ADMINISTRATOR)) || !asked.insert((who, copy)) {
                continue;
            }
            *left -= 1;
            let want = remove(world, who, copy, chance);
            world.role_wants.push(want);
            continue;
        }
        let role = [DEFAULT_ROLE, VISITOR, chance.below(world.roles.len())][chance.below(3)];
        let want = give(world, who, role, chance);
        let copy = world.copy_meant(&want);
        let allowed = match who {
            Who::Team(team) => world.teams[team].kind != "access",
            Who::Person(person) => {
                let one = &world.people[person];
                let enabled = one.is_there && !one.disabled;
                let exists = one.is_there || stubs.contains(&person);
                exists && (enabled || world.is_on(ROLES_ON_DISABLED))
            }
        };
        let default = matches!(who, Who::Person(person) if !world.people[person].is_there)
            && copy == (DEFAULT_ROLE, 0);
        let fits = copy.1 == world.unit_of(who) || world.is_on(ACROSS_UNITS);
        if allowed && fits && !default && asked.insert((who, copy)) {
            world.role_wants.push(want);
        }
    }
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
        unit: named.then_some(own),
        action: RoleAction::Give,
    }
}

/// A row that takes a copy away; one of another unit must be named.
pub(super) fn remove(
    world: &World,
    who: Who,
    (role, unit): (usize, usize),
    chance: &mut Chance,
) -> RoleWant {
    let own = world.unit_of(who);
    RoleWant {
        text: text(world, who, chance),
        who,
        role,
        unit: (unit != own || chance.percent(30)).then_some(unit),
        action: RoleAction::Remove,
    }
}

/// What an owner cell can say of somebody.
pub(super) fn text(world: &World, who: Who, chance: &mut Chance) -> String {
    let person = match who {
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
        texts.push(person.name());
        texts.push(format!("{}, {}", person.last, person.first));
    }
    texts[chance.below(texts.len())].clone()
}
