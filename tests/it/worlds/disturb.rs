//! What is put wrong with a valid world, by name.
//!
//! A disturbance that finds nothing to disturb leaves the world as it is and says so.

#![expect(
    clippy::unnecessary_wraps,
    reason = "the disturbances are one table of functions, and most may find nothing to disturb"
)]

use cutover::model::{Inheritance, RoleAction};

use crate::worlds::chance::Chance;
use crate::worlds::generate::{DEPTHS, READS, anybody, give, remove, text};
use crate::worlds::world::{
    ACROSS_UNITS, ADMINISTRATOR, DEFAULT_ROLE, OVERSEER, ROLES_ON_DISABLED, RecordWant, RoleWant,
    VISITOR, WORKER, Who, World, planned_id,
};

type Disturb = fn(&mut World, &mut Chance) -> Option<()>;

/// Every disturbance there is.
pub(super) const DISTURBANCES: &[(&str, Disturb)] = &[
    ("access team shall own", access_team_owns),
    ("all last roles removed", last_role),
    ("default role gone", default_role_gone),
    ("default role in a lower unit", default_role_below),
    ("person disabled", person_disabled),
    ("planned id taken", planned_id_taken),
    ("random rows", random_rows),
    ("reading privilege gone", privilege_gone),
    ("record gone", record_gone),
    ("records not loaded", records_not_loaded),
    ("role of another unit", role_of_another_unit),
    ("role to access team", role_to_access_team),
    ("setting off", setting_off),
    ("some file not loaded", not_loaded),
    ("stub by ruling for one who is there", stub_by_ruling),
    ("system administrators removed", administrators_removed),
    ("table of the organisation", table_of_the_organisation),
    ("team without roles", team_without_roles),
    ("two stubs with one mail", one_mail),
    ("twin UPN", twin),
    ("user reads by team only", reads_by_team_only),
    ("user without roles", user_without_roles),
    ("work role gone", worker_becomes_visitor),
];

/// Tries for each disturbance that is wanted: not every world has something for each to disturb.
const TRIES: usize = 20;

/// Disturbs a world `times` times, each time in another way.
pub(super) fn disturb(world: &mut World, times: usize, chance: &mut Chance) {
    for _ in 0..TRIES * times {
        if world.disturbed.len() == times {
            return;
        }
        let (name, how) = DISTURBANCES[chance.below(DISTURBANCES.len())];
        if !world.disturbed.contains(&name) && how(world, chance).is_some() {
            world.disturbed.push(name);
        }
    }
}

/// The people who are there and shall own or hold something.
fn wanted_users(world: &World) -> Vec<usize> {
    let owners = world.record_wants.iter().map(|want| want.meant);
    let users = owners.filter_map(|who| match who {
        Who::Person(person) if world.people[person].is_there => Some(person),
        _ => None,
    });
    users.collect()
}

fn shall_own(world: &mut World, who: Who, chance: &mut Chance) -> Option<()> {
    let number = chance.below(world.record_wants.len().max(1));
    let text = text(world, who, chance);
    let want = world.record_wants.get_mut(number)?;
    (want.meant, want.text) = (who, text);
    Some(())
}

fn access_teams(world: &World) -> Vec<Who> {
    let teams = world.teams.iter().enumerate();
    let access = teams.filter(|(_, team)| team.kind == "access");
    access.map(|(number, _)| Who::Team(number)).collect()
}

fn access_team_owns(world: &mut World, chance: &mut Chance) -> Option<()> {
    let team = chance.pick(&access_teams(world))?;
    shall_own(world, team, chance)
}

fn role_to_access_team(world: &mut World, chance: &mut Chance) -> Option<()> {
    let team = chance.pick(&access_teams(world))?;
    let want = give(world, team, WORKER, chance);
    world.role_wants.push(want);
    Some(())
}

fn last_role(world: &mut World, chance: &mut Chance) -> Option<()> {
    let user = chance.pick(&wanted_users(world))?;
    for copy in world.people[user].roles.clone() {
        let want = remove(world, Who::Person(user), copy, chance);
        world.role_wants.push(want);
    }
    Some(())
}

fn administrators_removed(world: &mut World, chance: &mut Chance) -> Option<()> {
    for person in 0..world.people.len() {
        let copy = (ADMINISTRATOR, world.people[person].unit);
        if world.people[person].roles.contains(&copy) && chance.percent(90) {
            let want = remove(world, Who::Person(person), copy, chance);
            world.role_wants.push(want);
        }
    }
    Some(())
}

fn default_role_gone(world: &mut World, _: &mut Chance) -> Option<()> {
    "Sales, closed".clone_into(&mut world.roles[DEFAULT_ROLE].name);
    Some(())
}

fn default_role_below(world: &mut World, chance: &mut Chance) -> Option<()> {
    let unit = chance.below(world.units.len());
    let held = |copy: &(usize, usize)| copy.0 == DEFAULT_ROLE;
    let people = world.people.iter().map(|person| &person.roles);
    let mut sets = people.chain(world.teams.iter().map(|team| &team.roles));
    if unit == 0 || sets.any(|roles| roles.iter().any(held)) {
        return None;
    }
    world.roles[DEFAULT_ROLE].unit = unit;
    Some(())
}

fn person_disabled(world: &mut World, chance: &mut Chance) -> Option<()> {
    let given: Vec<usize> = world
        .role_wants
        .iter()
        .filter_map(|want| match want.who {
            Who::Person(person) if person > 0 && world.people[person].is_there => Some(person),
            _ => None,
        })
        .collect();
    let person = chance.pick(&given)?;
    world.people[person].disabled = true;
    Some(())
}

fn setting_off(world: &mut World, chance: &mut Chance) -> Option<()> {
    world.settings.insert(ROLES_ON_DISABLED, "false".to_owned());
    if chance.percent(50) {
        world.way = "api";
    }
    Some(())
}

fn not_loaded(world: &mut World, chance: &mut Chance) -> Option<()> {
    let files = [
        "role_privileges",
        "user_roles",
        "team_members",
        "team_roles",
        "teams",
        "settings",
        "entities",
        "cascades",
    ];
    let file = chance.pick(&files)?;
    if file == "teams" {
        // What names a team cannot be loaded without them.
        world
            .not_loaded
            .extend(["teams", "team_members", "team_roles"]);
        for table in &mut world.tables {
            for (_, owner, _) in &mut table.records {
                if matches!(owner, Who::Team(_)) {
                    *owner = Who::Person(0);
                }
            }
        }
    }
    world.not_loaded.insert(file);
    Some(())
}

fn planned_id_taken(world: &mut World, _: &mut Chance) -> Option<()> {
    let stub = world.stubs().into_iter().next()?;
    let id = planned_id(&world.people[stub].upn());
    let texts = ("renamed@contoso.com", "renamed.since@contoso.com");
    world
        .strangers
        .push((id, texts.0.to_owned(), texts.1.to_owned()));
    Some(())
}

fn one_mail(world: &mut World, _: &mut Chance) -> Option<()> {
    let stubs: Vec<usize> = world.stubs().into_iter().collect();
    let [first, second, ..] = stubs[..] else {
        return None;
    };
    let mail = "office@contoso.com";
    for stub in [first, second] {
        mail.clone_into(&mut world.people[stub].mail);
        let upn = world.people[stub].upn();
        // The mail alone says nothing any more, nor does a name say it all.
        for want in &mut world.record_wants {
            if want.meant == Who::Person(stub) {
                want.text.clone_from(&upn);
            }
        }
    }
    Some(())
}

fn stub_by_ruling(world: &mut World, chance: &mut Chance) -> Option<()> {
    let users = wanted_users(world);
    let exported: Vec<usize> = users
        .into_iter()
        .filter(|user| world.people[*user].in_export)
        .collect();
    let user = chance.pick(&exported)?;
    let upn = world.people[user].upn();
    let mut wants = world.record_wants.iter_mut();
    let want = wants.find(|want| want.meant == Who::Person(user))?;
    want.text.clone_from(&upn);
    // Rows of roles mean the one who is there, by an id that no ruling is about.
    let id = world.people[user].id.to_string();
    for want in &mut world.role_wants {
        if want.who == Who::Person(user) {
            want.text.clone_from(&id);
        }
    }
    world.rulings.push((upn, "stub".to_owned()));
    Some(())
}

fn twin(world: &mut World, chance: &mut Chance) -> Option<()> {
    let user = chance.pick(&wanted_users(world))?;
    let upn = world.people[user].upn();
    world
        .strangers
        .push((chance.id(), upn, "twin@contoso.com".to_owned()));
    Some(())
}

fn record_gone(world: &mut World, chance: &mut Chance) -> Option<()> {
    let want = chance.below(world.record_wants.len().max(1));
    let RecordWant { table, record, .. } = *world.record_wants.get(want)?;
    world.tables[table].records[record].2 = false;
    Some(())
}

fn records_not_loaded(world: &mut World, chance: &mut Chance) -> Option<()> {
    let table = chance.below(world.tables.len());
    world.tables[table].loaded = false;
    Some(())
}

fn table_of_the_organisation(world: &mut World, chance: &mut Chance) -> Option<()> {
    let table = chance.below(world.tables.len());
    world.tables[table].ownership = "organisation";
    Some(())
}

fn privilege_gone(world: &mut World, chance: &mut Chance) -> Option<()> {
    let role = [DEFAULT_ROLE, WORKER, OVERSEER][chance.below(3)];
    let held: Vec<String> = world.roles[role].privileges.keys().cloned().collect();
    let privilege = chance.pick(&held)?;
    world.roles[role].privileges.remove(&privilege);
    Some(())
}

fn role_of_another_unit(world: &mut World, chance: &mut Chance) -> Option<()> {
    world.settings.insert(ACROSS_UNITS, "false".to_owned());
    let who = anybody(world, chance);
    let own = world.unit_of(who);
    let others: Vec<usize> = (0..world.units.len()).filter(|unit| *unit != own).collect();
    let named = chance.pick(&others)?;
    let mut want = give(world, who, VISITOR, chance);
    want.unit = Some(named);
    world.role_wants.push(want);
    Some(())
}

fn user_without_roles(world: &mut World, chance: &mut Chance) -> Option<()> {
    let user = chance.pick(&wanted_users(world)).filter(|user| *user > 0)?;
    world.people[user].roles.clear();
    for team in &mut world.teams {
        team.members.remove(&user);
    }
    world
        .role_wants
        .retain(|want| want.who != Who::Person(user));
    Some(())
}

fn team_without_roles(world: &mut World, chance: &mut Chance) -> Option<()> {
    let team = chance.below(world.teams.len());
    if world.teams[team].kind == "access" {
        return None;
    }
    world.teams[team].roles.clear();
    world.role_wants.retain(|want| want.who != Who::Team(team));
    shall_own(world, Who::Team(team), chance)
}

/// A member of one team, with no role of their own: how deep the team's roles reach decides.
fn reads_by_team_only(world: &mut World, chance: &mut Chance) -> Option<()> {
    let user = chance.pick(&wanted_users(world)).filter(|user| *user > 0)?;
    let teams: Vec<usize> = (0..world.teams.len())
        .filter(|team| world.teams[*team].kind != "access")
        .collect();
    let team = chance.pick(&teams)?;
    world.people[user].roles.clear();
    for team in &mut world.teams {
        team.members.remove(&user);
    }
    world
        .role_wants
        .retain(|want| want.who != Who::Person(user));
    world.teams[team].members.insert(user);
    let role = chance.between(ADMINISTRATOR + 1, world.roles.len() - 1);
    let unit = world.teams[team].unit;
    if world.is_below(unit, world.roles[role].unit) {
        world.teams[team].roles = [(role, unit)].into();
        let role = &mut world.roles[role];
        role.inheritance = Inheritance::ALL[chance.below(Inheritance::ALL.len())];
        for (_, privilege) in READS {
            let depth = DEPTHS[chance.below(DEPTHS.len())];
            role.privileges.insert((*privilege).to_owned(), depth);
        }
    }
    Some(())
}

/// Somebody works by a role that reads nothing; what the plan gives may still help.
fn worker_becomes_visitor(world: &mut World, chance: &mut Chance) -> Option<()> {
    let user = chance.pick(&wanted_users(world)).filter(|user| *user > 0)?;
    let unit = world.people[user].unit;
    let roles = &mut world.people[user].roles;
    roles.remove(&(WORKER, unit)).then_some(())?;
    roles.insert((VISITOR, unit));
    Some(())
}

/// Rows that ask for anything of anybody.
fn random_rows(world: &mut World, chance: &mut Chance) -> Option<()> {
    for _ in 0..chance.between(3, 8) {
        let who = anybody(world, chance);
        let text = text(world, who, chance);
        if chance.percent(50) {
            let table = chance.below(world.tables.len());
            let record = chance.below(world.tables[table].records.len());
            world.record_wants.push(RecordWant {
                table,
                record,
                text,
                meant: who,
            });
            continue;
        }
        let named = chance.percent(50).then(|| chance.below(world.units.len()));
        let action = if chance.percent(50) {
            RoleAction::Give
        } else {
            RoleAction::Remove
        };
        let role = chance.below(world.roles.len());
        world.role_wants.push(RoleWant {
            text,
            who,
            role,
            unit: named,
            action,
        });
    }
    Some(())
}
