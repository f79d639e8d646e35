//! A world that fails, made as small as it goes: whatever can be cut without its fault going away is cut.
//!
//! In: a world and its fault. Out: a smaller world with a fault of the same kind. Greedy: cuts are
//! tried one by one until a whole round brings nothing. Where the fault is about whom a row means, only
//! cuts are made after which every row still means that.

use std::collections::BTreeSet;

use crate::worlds::tally::{Fault, Kind};
use crate::worlds::world::{ADMINISTRATOR, FIRST_PERSON, Policy, Who, World};

/// What a world is called in which something was cut: what holds in valid worlds no longer does.
const MADE_SMALL: &str = "made small";

/// Something that can be cut out of a world, by number.
type Cut = fn(&World, usize) -> Option<World>;

/// Cuts after which every row still means what it meant, those that take most first.
const FAITHFUL: &[Cut] = &[
    |world, number| cut(world, number, |world| &mut world.record_wants),
    |world, number| cut(world, number, |world| &mut world.role_wants),
    |world, number| cut(world, number, |world| &mut world.user_wants),
    without_wished_field,
    |world, number| cut(world, number, |world| &mut world.cascades),
    without_team,
    without_record,
    without_role,
    without_setting,
    without_member,
    without_role_held,
    without_privilege,
];

/// Cuts after which a row may mean somebody else: what its fault was about would be another fault.
const LOOSE: &[Cut] = &[
    |world, number| cut(world, number, |world| &mut world.rulings),
    |world, number| cut(world, number, |world| &mut world.strangers),
    without_person,
    without_policy,
    out_of_the_export,
];

/// Whether a fault is about what the generator knows of a row.
fn rests_on_meaning(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::WrongPerson | Kind::Silent | Kind::Accounting | Kind::Precision
    )
}

/// Tries a world; its faults.
pub(super) type Try = fn(&World) -> Vec<Fault>;

pub(super) fn shrink(world: World, fault: Fault, faults: Try) -> (World, Fault) {
    let mut best = (world, fault);
    if best.1.kind == Kind::NotApproved {
        // Only a row less leaves a valid world valid.
        while best_of(&mut best, FAITHFUL[0], faults) {}
        return best;
    }
    let disturbed = vec![MADE_SMALL.to_owned()];
    let marked = World {
        disturbed,
        ..best.0.clone()
    };
    if let Some(fault) = fault_of(&marked, best.1.kind, faults) {
        best = (marked, fault);
    }
    let loose = if rests_on_meaning(best.1.kind) {
        &[][..]
    } else {
        LOOSE
    };
    let mut smaller = true;
    while smaller {
        smaller = false;
        for cut in FAITHFUL.iter().chain(loose) {
            smaller |= best_of(&mut best, *cut, faults);
        }
    }
    best
}

/// Tries one cut at every place; whether any went well.
fn best_of(best: &mut (World, Fault), cut: Cut, faults: Try) -> bool {
    let mut smaller = false;
    let mut number = 0;
    while let Some(world) = cut(&best.0, number) {
        match fault_of(&world, best.1.kind, faults) {
            Some(fault) => {
                *best = (world, fault);
                smaller = true;
            }
            None => number += 1,
        }
    }
    smaller
}

/// A world that cannot even be written is no smaller one.
fn fault_of(world: &World, kind: Kind, faults: Try) -> Option<Fault> {
    faults(world).into_iter().find(|fault| fault.kind == kind)
}

fn cut<T>(world: &World, number: usize, list: fn(&mut World) -> &mut Vec<T>) -> Option<World> {
    let mut world = world.clone();
    let list = list(&mut world);
    (number < list.len()).then(|| {
        list.remove(number);
    })?;
    Some(world)
}

/// The `number`th of these that fits, cut by `how`.
fn nth<T: Copy>(
    world: &World,
    number: usize,
    places: impl IntoIterator<Item = T>,
    how: impl Fn(&mut World, T),
) -> Option<World> {
    let place = places.into_iter().nth(number)?;
    let mut world = world.clone();
    how(&mut world, place);
    Some(world)
}

fn whos(world: &mut World) -> impl Iterator<Item = &mut Who> {
    let records = world.tables.iter_mut().flat_map(|table| &mut table.records);
    let owners = records.map(|record| &mut record.owner);
    let meant = world.record_wants.iter_mut().map(|want| &mut want.meant);
    let holders = world.role_wants.iter_mut().map(|want| &mut want.who);
    owners.chain(meant).chain(holders)
}

fn is_meant(world: &World, who: Who) -> bool {
    let owners = world.record_wants.iter().map(|want| want.meant);
    let holders = world.role_wants.iter().map(|want| want.who);
    let wishers = world.user_wants.iter().map(|want| Who::Person(want.person));
    owners.chain(holders).chain(wishers).any(|one| one == who)
}

/// Numbers above a gap move down by one.
fn closed(number: usize, gap: usize) -> usize {
    number - usize::from(number > gap)
}

fn without_person(world: &World, number: usize) -> Option<World> {
    let people = (1..world.people.len()).filter(|one| !is_meant(world, Who::Person(*one)));
    nth(world, number, people, |world, gap| {
        world.people.remove(gap);
        for want in &mut world.user_wants {
            want.person = closed(want.person, gap);
        }
        for team in &mut world.teams {
            team.members.remove(&gap);
            team.members = team.members.iter().map(|one| closed(*one, gap)).collect();
        }
        for who in whos(world) {
            match who {
                Who::Person(person) if *person == gap => *who = Who::Person(FIRST_PERSON),
                Who::Person(person) => *person = closed(*person, gap),
                Who::Team(_) | Who::Ghost(_) => {}
            }
        }
    })
}

fn without_wished_field(world: &World, number: usize) -> Option<World> {
    let wants = world.user_wants.iter().enumerate();
    let fields = wants.flat_map(|(want, about)| {
        let fields = about.profile.keys().copied();
        fields.map(move |field| (want, field))
    });
    nth(world, number, fields, |world, (want, field)| {
        world.user_wants[want].profile.remove(&field);
    })
}

fn without_team(world: &World, number: usize) -> Option<World> {
    let teams = (0..world.teams.len()).filter(|one| !is_meant(world, Who::Team(*one)));
    nth(world, number, teams, |world, gap| {
        world.teams.remove(gap);
        for who in whos(world) {
            match who {
                Who::Team(team) if *team == gap => *who = Who::Person(FIRST_PERSON),
                Who::Team(team) => *team = closed(*team, gap),
                Who::Person(_) | Who::Ghost(_) => {}
            }
        }
    })
}

fn without_record(world: &World, number: usize) -> Option<World> {
    let places = world.tables.iter().enumerate().flat_map(|(table, about)| {
        let records = 0..about.records.len();
        records.map(move |record| (table, record))
    });
    let wanted: BTreeSet<(usize, usize)> = world
        .record_wants
        .iter()
        .map(|want| (want.table, want.record))
        .collect();
    let places = places.filter(|place| !wanted.contains(place));
    nth(world, number, places, |world, (table, gap)| {
        world.tables[table].records.remove(gap);
        for want in world
            .record_wants
            .iter_mut()
            .filter(|want| want.table == table)
        {
            want.record = closed(want.record, gap);
        }
    })
}

fn without_role(world: &World, number: usize) -> Option<World> {
    let asked: BTreeSet<usize> = world.role_wants.iter().map(|want| want.role).collect();
    let roles = (ADMINISTRATOR + 1..world.roles.len()).filter(|role| !asked.contains(role));
    nth(world, number, roles, |world, gap| {
        world.roles.remove(gap);
        let people = world.people.iter_mut().map(|person| &mut person.roles);
        for held in people.chain(world.teams.iter_mut().map(|team| &mut team.roles)) {
            held.retain(|(role, _)| *role != gap);
            *held = held
                .iter()
                .map(|(role, unit)| (closed(*role, gap), *unit))
                .collect();
        }
        for want in &mut world.role_wants {
            want.role = closed(want.role, gap);
        }
    })
}

fn without_policy(world: &World, number: usize) -> Option<World> {
    let default = Policy::default();
    let mut policies = [
        world.policy.clone(),
        world.policy.clone(),
        world.policy.clone(),
    ];
    policies[0].ambiguous = default.ambiguous;
    policies[1].by_name = default.by_name;
    policies[2].blank = default.blank;
    let policy = policies
        .into_iter()
        .filter(|policy| *policy != world.policy);
    let policy = policy.clone().nth(number)?;
    let world = world.clone();
    Some(World { policy, ..world })
}

fn without_setting(world: &World, number: usize) -> Option<World> {
    let name = world.settings.keys().nth(number)?.clone();
    let mut world = world.clone();
    world.settings.remove(&name);
    Some(world)
}

fn without_member(world: &World, number: usize) -> Option<World> {
    let places = world.teams.iter().enumerate().flat_map(|(team, about)| {
        let members = about.members.iter().copied();
        members.map(move |member| (team, member))
    });
    nth(world, number, places, |world, (team, member)| {
        world.teams[team].members.remove(&member);
    })
}

fn without_role_held(world: &World, number: usize) -> Option<World> {
    let people = world.people.iter().enumerate();
    let own = people.flat_map(|(person, about)| {
        let roles = about.roles.iter().copied();
        roles.map(move |copy| (Who::Person(person), copy))
    });
    let teams = world.teams.iter().enumerate();
    let of_teams = teams.flat_map(|(team, about)| {
        let roles = about.roles.iter().copied();
        roles.map(move |copy| (Who::Team(team), copy))
    });
    nth(world, number, own.chain(of_teams), |world, (who, copy)| {
        match who {
            Who::Person(person) => world.people[person].roles.remove(&copy),
            Who::Team(team) => world.teams[team].roles.remove(&copy),
            Who::Ghost(_) => false,
        };
    })
}

fn without_privilege(world: &World, number: usize) -> Option<World> {
    let roles = world.roles.iter().enumerate();
    let held = roles.flat_map(|(role, about)| {
        let names = about.privileges.keys();
        names.map(move |name| (role, name.as_str()))
    });
    nth(world, number, held, |world, (role, name)| {
        world.roles[role].privileges.remove(name);
    })
}

/// Somebody of the environment whom the users export need not know, if no row's words rest on it.
fn out_of_the_export(world: &World, number: usize) -> Option<World> {
    let people = world.people.iter().enumerate();
    let exported = people.filter(|(_, person)| person.in_export && person.is_there);
    let exported: Vec<usize> = exported.map(|(number, _)| number).collect();
    nth(world, number, exported, |world, person| {
        world.people[person].in_export = false;
    })
}
