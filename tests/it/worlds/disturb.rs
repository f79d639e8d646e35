//! What is put wrong with a valid world, by name: here with its environment, in `administrators.rs`,
//! `exports.rs`, `roles.rs` and `users.rs` with its exports and rulings.
//!
//! A disturbance that finds nothing to disturb leaves the world as it is and says so.

#![expect(
    clippy::unnecessary_wraps,
    reason = "the disturbances are one table of functions, and most may find nothing to disturb"
)]

mod administrators;
mod exports;
mod roles;
mod users;

use cutover::model::{Inheritance, MissingPolicy, StubWay};

use crate::worlds::chance::Chance;
use crate::worlds::generate::{DEPTHS, READS};
use crate::worlds::rows::{give, text};
use crate::worlds::world::{
    ADMINISTRATOR, CALLER, DEFAULT_ROLE, FIRST_PERSON, Leads, OVERSEER, ROLES_ON_DISABLED,
    Stranger, VISITOR, WORKER, Who, World, planned_id,
};

type Disturb = fn(&mut World, &mut Chance) -> Option<()>;

/// Every disturbance there is.
#[rustfmt::skip] // keeps one disturbance to a line
pub(super) const DISTURBANCES: &[(&str, Disturb)] = &[
    ("access mode of a stub user", users::mode_of_a_stub),
    ("access mode that is none", users::no_mode),
    ("access team shall own", exports::access_team_owns),
    ("administrator not named", administrators::administrator_not_named),
    ("administrator of the directory loses the role", administrators::administrator_of_the_directory),
    ("all administrators lose it", administrators::administrators_lose_it),
    ("all last roles removed", roles::last_role),
    ("application user changed", users::application_changed),
    ("access mode without a licence", users::mode_without_licence),
    ("caller loses a role", roles::caller_loses_a_role),
    ("caller moved", users::caller_moved),
    ("caller of few rights", users::caller_of_few_rights),
    ("default role gone", default_role_gone),
    ("default role in a lower unit", default_role_below),
    ("default role twice", default_role_twice),
    ("disabled user moved", users::disabled_moved),
    ("id of nobody", exports::id_of_nobody),
    ("identifiers disagree", exports::identifiers_disagree),
    ("key of two records", exports::key_of_two),
    ("mail of two", exports::mail_of_two),
    ("missing policy", exports::missing_policy),
    ("name alone", exports::name_alone),
    ("no copy in the new unit", users::no_copy_there),
    ("no owner", exports::no_owner),
    ("no record's id", exports::no_id),
    ("only administrator moved or changed", administrators::only_administrator),
    ("person disabled", person_disabled),
    ("planned id taken", planned_id_taken),
    ("profile that the directory keeps", users::profile_of_the_directory),
    ("random rows", exports::random_rows),
    ("reading privilege gone", privilege_gone),
    ("record asked for twice", exports::record_twice),
    ("record gone", record_gone),
    ("records not loaded", records_not_loaded),
    ("role given and removed", roles::given_and_removed),
    ("role of another unit", roles::role_of_another_unit),
    ("role of the old unit", users::role_of_the_old_unit),
    ("role of two of that name", roles::role_of_two),
    ("role to a support user", users::role_to_support),
    ("role to access team", roles::role_to_access_team),
    ("role to nobody", roles::role_to_nobody),
    ("role unknown", roles::role_unknown),
    ("ruling that names nobody", exports::ruling_wrong),
    ("same name twice", exports::same_name_twice),
    ("setting off", setting_off),
    ("some file not loaded", not_loaded),
    ("stub by ruling for one who is there", exports::stub_by_ruling),
    ("support user changed", users::support_user_changed),
    ("support user loses a role", roles::support_user_loses_a_role),
    ("system administrators removed", roles::administrators_removed),
    ("stub user's text too long", exports::long_employee_id),
    ("table of the organisation", table_of_the_organisation),
    ("team without roles", team_without_roles),
    ("team-only role to a team of a group", roles::team_only_role_to_group_team),
    ("text too long", users::long_text),
    ("too many programs' users", users::too_many_programs),
    ("twin UPN", exports::twin),
    ("two different wishes", users::contradiction),
    ("two stubs with one mail", exports::one_mail),
    ("unit of two of that name", users::unit_of_two),
    ("unit unknown", users::unit_unknown),
    ("user reads by team only", reads_by_team_only),
    ("user without roles", user_without_roles),
    ("wish for a twin", users::wish_for_a_twin),
    ("wish for nobody", users::wish_for_nobody),
    ("work role cannot be given", worker_cannot_be_given),
    ("work role gone", worker_becomes_visitor),
];

/// Tries for each disturbance that is wanted: not every world has something for each to disturb.
const TRIES: usize = 20;

/// What the default role is called where there is none of its name any more.
pub(super) const CLOSED: &str = "Sales, closed";

/// How many there are.
pub(super) const COUNT: usize = DISTURBANCES.len();

/// Disturbs a world in one way, if there is something to disturb.
pub(super) fn disturb_by(world: &mut World, number: usize, chance: &mut Chance) {
    let (name, how) = DISTURBANCES[number];
    let is_new = world.disturbed.iter().all(|known| known != name);
    if is_new && how(world, chance).is_some() {
        world.disturbed.push(name.to_owned());
    }
}

/// Disturbs a world `times` times more, each time in another way.
pub(super) fn disturb(world: &mut World, times: usize, chance: &mut Chance) {
    let wanted = world.disturbed.len() + times;
    for _ in 0..TRIES * times {
        if world.disturbed.len() == wanted {
            return;
        }
        disturb_by(world, chance.below(COUNT), chance);
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
    (want.meant, want.text, want.leads) = (who, text, Leads::ToChange);
    Some(())
}

fn default_role_gone(world: &mut World, _: &mut Chance) -> Option<()> {
    if has_twin(world) {
        return None;
    }
    CLOSED.clone_into(&mut world.roles[DEFAULT_ROLE].name);
    Some(())
}

fn has_twin(world: &World) -> bool {
    let default = &world.roles[DEFAULT_ROLE].name;
    let same = world.roles.iter().filter(|role| role.name == *default);
    same.count() > 1
}

fn default_role_twice(world: &mut World, chance: &mut Chance) -> Option<()> {
    let default = &world.roles[DEFAULT_ROLE];
    if default.unit != 0 || default.name == CLOSED {
        return None;
    }
    let mut twin = world.roles[DEFAULT_ROLE].clone();
    twin.id = chance.id();
    world.roles.push(twin);
    Some(())
}

fn default_role_below(world: &mut World, chance: &mut Chance) -> Option<()> {
    let unit = chance.below(world.units.len());
    let held = |copy: &(usize, usize)| copy.0 == DEFAULT_ROLE;
    let people = world.people.iter().map(|person| &person.roles);
    let mut sets = people.chain(world.teams.iter().map(|team| &team.roles));
    if unit == 0 || has_twin(world) || sets.any(|roles| roles.iter().any(held)) {
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
            Who::Person(person) if person != FIRST_PERSON && world.people[person].is_there => {
                Some(person)
            }
            _ => None,
        })
        .collect();
    let person = chance.pick(&given)?;
    world.people[person].disabled = true;
    Some(())
}

fn setting_off(world: &mut World, chance: &mut Chance) -> Option<()> {
    if !world.is_on(ROLES_ON_DISABLED) {
        return None;
    }
    world
        .settings
        .insert(ROLES_ON_DISABLED.to_owned(), "false".to_owned());
    if chance.percent(50) {
        world.way = StubWay::Api;
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
    // Who applies the plan stands in the settings, and a team that nothing knows is somebody missing.
    let caller = file == "settings" && world.settings.contains_key(CALLER);
    let missing = file == "teams" && world.policy.missing != MissingPolicy::Stub;
    // Whoever must not lose a role must be known to have it.
    let mut losses = world.role_wants.iter().filter(|want| !want.give);
    let kept = file == "user_roles" && losses.any(|want| want.leads == Leads::ToError);
    if caller || missing || kept {
        return None;
    }
    if file == "teams" {
        // What names a team cannot be loaded without them.
        let held = ["team_members", "team_roles"].map(str::to_owned);
        world.not_loaded.extend(held);
        for record in world.tables.iter_mut().flat_map(|table| &mut table.records) {
            if matches!(record.owner, Who::Team(_)) {
                record.owner = Who::Person(FIRST_PERSON);
            }
        }
    }
    world.not_loaded.insert(file.to_owned());
    Some(())
}

fn planned_id_taken(world: &mut World, _: &mut Chance) -> Option<()> {
    let stub = world.stubs().into_iter().next()?;
    world.strangers.push(Stranger {
        id: planned_id(&world.people[stub].upn()),
        upn: "renamed@contoso.com".to_owned(),
        mail: "renamed.since@contoso.com".to_owned(),
    });
    Some(())
}

fn record_gone(world: &mut World, chance: &mut Chance) -> Option<()> {
    let number = chance.below(world.record_wants.len().max(1));
    let want = world.record_wants.get(number)?;
    let (table, record) = (want.table, want.record);
    if want.leads == Leads::ToError {
        return None;
    }
    world.tables[table].records[record].is_there = false;
    Some(())
}

fn records_not_loaded(world: &mut World, chance: &mut Chance) -> Option<()> {
    let table = chance.below(world.tables.len());
    world.tables[table].loaded = false;
    Some(())
}

fn table_of_the_organisation(world: &mut World, chance: &mut Chance) -> Option<()> {
    let table = chance.below(world.tables.len());
    "organisation".clone_into(&mut world.tables[table].ownership);
    Some(())
}

fn privilege_gone(world: &mut World, chance: &mut Chance) -> Option<()> {
    let role = [DEFAULT_ROLE, WORKER, OVERSEER][chance.below(3)];
    let held: Vec<String> = world.roles[role].privileges.keys().cloned().collect();
    let privilege = chance.pick(&held)?;
    world.roles[role].privileges.remove(&privilege);
    Some(())
}

fn user_without_roles(world: &mut World, chance: &mut Chance) -> Option<()> {
    let user = chance
        .pick(&wanted_users(world))
        .filter(|user| *user != FIRST_PERSON)?;
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
    let user = chance
        .pick(&wanted_users(world))
        .filter(|user| *user != FIRST_PERSON)?;
    // The plan gives the first team a role that everybody reads by.
    let teams: Vec<usize> = (1..world.teams.len())
        .filter(|team| world.teams[*team].kind != "access")
        .collect();
    let team = chance.pick(&teams)?;
    let unit = world.teams[team].unit;
    let roles: Vec<usize> = (ADMINISTRATOR + 1..world.roles.len())
        .filter(|role| world.is_below(unit, world.roles[*role].unit))
        .collect();
    let role = chance.pick(&roles)?;
    world.people[user].roles.clear();
    for team in &mut world.teams {
        team.members.remove(&user);
    }
    let others = [Who::Person(user), Who::Team(team)];
    world.role_wants.retain(|want| !others.contains(&want.who));
    world.teams[team].members.insert(user);
    world.teams[team].roles = [(role, unit)].into();
    let role = &mut world.roles[role];
    role.inheritance = Inheritance::ALL[chance.below(Inheritance::ALL.len())];
    for (_, privilege) in READS {
        let depth = DEPTHS[chance.below(DEPTHS.len())];
        role.privileges.insert((*privilege).to_owned(), depth);
    }
    Some(())
}

/// Somebody would read by a role that the plan gives, and which falls: their records are blocked by that.
fn worker_cannot_be_given(world: &mut World, chance: &mut Chance) -> Option<()> {
    let user = chance
        .pick(&wanted_users(world))
        .filter(|user| *user != FIRST_PERSON)?;
    let (who, unit) = (Who::Person(user), world.people[user].unit);
    world.people[user].roles = [(VISITOR, unit)].into();
    world.people[user].disabled = true;
    for team in &mut world.teams {
        team.members.remove(&user);
    }
    world
        .settings
        .insert(ROLES_ON_DISABLED.to_owned(), "false".to_owned());
    world.role_wants.retain(|want| want.who != who);
    let gift = give(world, who, WORKER, chance);
    world.role_wants.push(gift);
    Some(())
}

/// Somebody works by a role that reads nothing; what the plan gives may still help.
fn worker_becomes_visitor(world: &mut World, chance: &mut Chance) -> Option<()> {
    let user = chance
        .pick(&wanted_users(world))
        .filter(|user| *user != FIRST_PERSON)?;
    let unit = world.people[user].unit;
    let roles = &mut world.people[user].roles;
    roles.remove(&(WORKER, unit)).then_some(())?;
    roles.insert((VISITOR, unit));
    Some(())
}
