//! Random valid worlds: of such a one every row can be written, and every kind of change is asked for.
//!
//! Whoever owns a record afterwards reads its table, in one of four ways: by a role of their own, by
//! one that the plan gives, or through a team by either kind of inheritance. What the exports ask for
//! is `rows.rs`.

use std::collections::{BTreeMap, BTreeSet};

use cutover::model::{
    AmbiguousPolicy, BlankPolicy, ByNamePolicy, Depth, EnvironmentKind, Inheritance, StubWay,
};

use crate::worlds::chance::Chance;
use crate::worlds::rows::{self, give};
use crate::worlds::wishes::{furnish, wish};
use crate::worlds::world::{
    ACROSS_UNITS, ADMINISTRATOR, FIRST_PERSON, KEEP_ROLES, OVERSEER, Person, Policy,
    ROLES_ON_DISABLED, Record, Role, Table, Team, Unit, VISITOR, WORKER, Who, World,
};

const FIRST: &[&str] = &[
    "Ana", "Ben", "Cleo", "Dora", "Émile", "Fatima", "Goran", "Hana", "Igor", "Jürgen", "Kaya",
    "Liam",
];
const LAST: &[&str] = &[
    "Costa", "Okafor", "Lind", "Meier", "O'Neil", "van Dam", "Šimić", "Yıldız",
];
/// Tables, and the privilege that reads each; the first is in every world.
pub(super) const READS: &[(&str, &str)] = &[
    ("account", "prvReadAccount"),
    ("task", "prvReadActivity"),
    ("new_project", "prvReadnew_Project"),
    ("salesorder", "prvReadOrder"),
    ("annotation", "prvReadNote"),
    ("contact", "prvReadContact"),
];
/// Tables of a world.
const TABLES: usize = 3;
/// Records of the first table; each further one has one more.
const RECORDS_MIN: usize = 5;
pub(super) const DEPTHS: [Depth; 4] = [
    Depth::User,
    Depth::Unit,
    Depth::UnitAndBelow,
    Depth::Organisation,
];

/// Some of what it takes to apply a plan.
pub(super) fn few_rights(chance: &mut Chance) -> BTreeMap<String, Depth> {
    let mut rights = BTreeMap::from([("prvWriteAccount".to_owned(), Depth::Organisation)]);
    let reads = READS.iter().map(|(_, reads)| (*reads).to_owned());
    let verbs = ["prvRead", "prvWrite", "prvAssign"];
    let of_tables = reads.flat_map(|reads| verbs.map(|verb| reads.replace("prvRead", verb)));
    let of_users = ["prvCreateUser", "prvWriteUser", "prvAssignRole"].map(str::to_owned);
    for privilege in of_tables.chain(of_users) {
        if chance.percent(85) {
            let depth = [Depth::Organisation, DEPTHS[chance.below(4)]][chance.below(2)];
            rights.insert(privilege, depth);
        }
    }
    rights
}

pub(super) fn world(chance: &mut Chance) -> World {
    let mut world = World {
        units: units(chance),
        roles: Vec::new(),
        people: Vec::new(),
        teams: Vec::new(),
        tables: Vec::new(),
        cascades: Vec::new(),
        settings: settings(chance),
        kind: EnvironmentKind::Dynamics365,
        way: StubWay::Import,
        policy: policy(chance),
        record_wants: Vec::new(),
        role_wants: Vec::new(),
        user_wants: Vec::new(),
        on_premises: false,
        has_directory: chance.percent(40),
        directory_administrators: BTreeSet::new(),
        names_nobody: false,
        rulings: Vec::new(),
        strangers: Vec::new(),
        keep_out: chance.percent(50),
        not_loaded: BTreeSet::new(),
        disturbed: Vec::new(),
        moves: chance.number(),
    };
    if world.is_on(ROLES_ON_DISABLED) && chance.percent(50) {
        world.way = StubWay::Api;
    }
    if chance.percent(30) {
        world.kind = EnvironmentKind::PowerApps;
    }
    roles(&mut world, chance);
    people(&mut world, chance);
    furnish(&mut world, chance);
    wish(&mut world, chance);
    teams(&mut world, chance);
    for person in 0..world.people.len() {
        equip(&mut world, person, chance);
    }
    directory(&mut world, chance);
    tables(&mut world, chance);
    rows::ask(&mut world, chance);
    world
}

fn policy(chance: &mut Chance) -> Policy {
    let mut policy = Policy::default();
    if chance.percent(25) {
        policy.by_name = ByNamePolicy::Accept;
    }
    policy.blank = [
        BlankPolicy::Error,
        BlankPolicy::Error,
        BlankPolicy::Leave,
        BlankPolicy::Fallback,
    ][chance.below(4)];
    if chance.percent(20) {
        policy.ambiguous = AmbiguousPolicy::Fallback;
    }
    policy
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

fn settings(chance: &mut Chance) -> BTreeMap<String, String> {
    let mut settings = BTreeMap::new();
    if chance.percent(60) {
        settings.insert(ROLES_ON_DISABLED.to_owned(), chance.percent(70).to_string());
    }
    for name in [ACROSS_UNITS, KEEP_ROLES] {
        if chance.percent(50) {
            settings.insert(name.to_owned(), chance.percent(60).to_string());
        }
    }
    settings
}

fn roles(world: &mut World, chance: &mut Chance) {
    let default_role = match (world.kind, chance.percent(50)) {
        (EnvironmentKind::Dynamics365, _) => "Salesperson",
        (EnvironmentKind::PowerApps, true) => "Basic User",
        (EnvironmentKind::PowerApps, false) => "Common Data Service User",
    };
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
    add(default_role, 0, Inheritance::DirectUser, reads(Depth::User));
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
    for number in 0..there + chance.between(1, 3) {
        let is_there = number < there;
        let first = FIRST[number % FIRST.len()].to_owned();
        let last = LAST[chance.below(LAST.len())].to_owned();
        world.people.push(Person {
            id: chance.id(),
            is_there,
            in_export: !is_there || chance.percent(70),
            local: format!("user{number}"),
            mail: format!("mail.{number}@contoso.com"),
            exported_mail: None,
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
                "read",
            ][chance.below(if number == FIRST_PERSON { 3 } else { 5 })]
            .to_owned(),
            disabled: number != FIRST_PERSON && chance.percent(15),
            roles: BTreeSet::new(),
            stub: false,
            application: None,
            unlicensed: false,
            profile: BTreeMap::new(),
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
            // Teams of groups hold no role of team privileges only.
            let reaches = chance.percent(50) || kind != "owner";
            let role = if reaches { WORKER } else { OVERSEER };
            roles.insert((role, unit));
            if chance.percent(30) {
                roles.insert((VISITOR, unit));
            }
        }
        world.teams.push(Team {
            id: chance.id(),
            name: format!("Team {number}"),
            unit,
            kind: kind.to_owned(),
            members: BTreeSet::new(),
            roles,
        });
    }
}

/// Gives a user of the environment a way to read all tables, before and after the plan moves them.
fn equip(world: &mut World, number: usize, chance: &mut Chance) {
    let person = &world.people[number];
    if !person.is_there {
        return;
    }
    let (unit, disabled) = (person.unit, person.disabled);
    let stripped_into = world.moved_to(number).filter(|_| !world.keeps_roles());
    let can_be_given = !disabled || world.is_on(ROLES_ON_DISABLED);
    if stripped_into.is_some() && !can_be_given {
        // What a move takes from them is not given again: they live by their team.
        join_a_team(world, number, chance);
        return;
    }
    let mut own = BTreeSet::new();
    match chance.below(4) {
        0 => join_a_team(world, number, chance),
        1 if can_be_given => {
            own.insert((VISITOR, unit));
            let want = give(world, Who::Person(number), WORKER, chance);
            world.role_wants.push(want);
        }
        _ => {
            own.insert((WORKER, unit));
        }
    }
    let follows = |role: usize| {
        let copy = stripped_into.is_none_or(|new| world.is_below(new, world.roles[role].unit));
        copy || world.is_on(ACROSS_UNITS)
    };
    for role in ADMINISTRATOR + 1..world.roles.len() {
        let made = world.roles[role].unit;
        if world.is_below(unit, made) && chance.percent(25) && follows(role) {
            own.insert((role, unit));
        } else if world.is_on(ACROSS_UNITS) && chance.percent(15) {
            own.insert((role, made));
        }
    }
    if number == FIRST_PERSON || chance.percent(10) {
        own.insert((ADMINISTRATOR, unit));
    }
    world.people[number].roles = own;
    for team in 0..world.teams.len() {
        if chance.percent(15) {
            world.teams[team].members.insert(number);
        }
    }
}

/// Some of the administrators are administrators of the directory too.
fn directory(world: &mut World, chance: &mut Chance) {
    for (number, person) in world.people.iter().enumerate() {
        let mut held = person.roles.iter();
        let administers = held.any(|(role, _)| *role == ADMINISTRATOR) && !person.stub;
        if world.has_directory && administers && chance.percent(50) {
            world.directory_administrators.insert(number);
        }
    }
}

/// A team whose roles read all tables.
fn join_a_team(world: &mut World, number: usize, chance: &mut Chance) {
    let teams = world.teams.iter().enumerate();
    let holding = teams.filter(|(_, team)| team.kind != "access");
    let holding: Vec<usize> = holding.map(|(team, _)| team).collect();
    let team = holding[chance.below(holding.len())];
    world.teams[team].members.insert(number);
}

fn tables(world: &mut World, chance: &mut Chance) {
    let owners = owners_there(world);
    let mut choice: Vec<&str> = READS.iter().map(|(name, _)| *name).collect();
    while choice.len() > TABLES {
        choice.remove(chance.between(1, choice.len() - 1));
    }
    for (number, name) in choice.iter().enumerate() {
        let record = |record: usize| Record {
            id: chance.id(),
            owner: owners[chance.below(owners.len())],
            is_there: true,
            old_id: format!("old-{number}-{record}"),
        };
        let records = (0..RECORDS_MIN + number).map(record).collect();
        world.tables.push(Table {
            name: (*name).to_owned(),
            ownership: ["user", "user", "team"][chance.below(3)].to_owned(),
            records,
            keyed: chance.percent(30),
            loaded: true,
        });
    }
    if chance.percent(50) {
        let pair = (choice[0].to_owned(), choice[1].to_owned());
        world.cascades.push(pair);
    }
}

/// Everybody in the environment who can own.
pub(super) fn owners_there(world: &World) -> Vec<Who> {
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
