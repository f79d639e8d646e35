//! What is put wrong with the records and users exports of a world, and with its rulings.
//!
//! A disturbance also says what the rows concerned may lead to from then on.

use cutover::model::{AmbiguousPolicy, BlankPolicy, ByNamePolicy, MissingPolicy, comparison_key};

use crate::worlds::chance::Chance;
use crate::worlds::disturb::roles::access_teams;
use crate::worlds::disturb::users::is_unclear;
use crate::worlds::disturb::{shall_own, wanted_users};
use crate::worlds::rows::{anybody, text};
use crate::worlds::world::{FIRST_PERSON, Leads, RecordWant, RoleWant, Stranger, Who, World};

/// Nobody can say whom the rows of these texts mean: records go where the policy says, if anywhere.
fn make_ambiguous(world: &mut World, is_meant: impl Fn(&str) -> bool) {
    let fallback = world.policy.ambiguous == AmbiguousPolicy::Fallback;
    for number in 0..world.record_wants.len() {
        let ruled = world.ruling_on(&world.record_wants[number].text).is_some();
        let want = &mut world.record_wants[number];
        if !is_meant(&want.text) || want.leads != Leads::ToChange {
            continue;
        }
        if fallback && !ruled {
            want.meant = Who::Person(FIRST_PERSON);
        } else {
            want.leads = Leads::ToError;
        }
    }
    for want in &mut world.role_wants {
        if is_meant(&want.text) {
            want.leads = Leads::ToError;
        }
    }
}

/// Lets every row that means a person of the environment say so by id.
pub(super) fn name_by_id(world: &mut World, person: usize) {
    let (who, id) = (Who::Person(person), world.people[person].id.to_string());
    let records = world.record_wants.iter_mut();
    for want in records.filter(|want| want.meant == who && want.leads == Leads::ToChange) {
        want.text.clone_from(&id);
    }
    let roles = world.role_wants.iter_mut();
    for want in roles.filter(|want| want.who == who && want.leads == Leads::ToChange) {
        want.text.clone_from(&id);
    }
    let wishes = world.user_wants.iter_mut();
    for want in wishes.filter(|want| want.person == person) {
        want.by_id = true;
    }
}

/// The rows of records exports that lead to a change, by number.
fn rows_to_change(world: &World) -> Vec<usize> {
    let wants = world.record_wants.iter().enumerate();
    wants
        .filter(|(_, want)| want.leads == Leads::ToChange)
        .map(|(number, _)| number)
        .collect()
}

/// The first row of a records export that means somebody and leads to a change.
fn row_of(world: &mut World, person: usize) -> Option<&mut RecordWant> {
    let who = Who::Person(person);
    let mut wants = world.record_wants.iter_mut();
    wants.find(|want| want.meant == who && want.leads == Leads::ToChange)
}

fn is_text(text: &str, other: &str) -> bool {
    comparison_key(text) == comparison_key(other)
}

pub(super) fn access_team_owns(world: &mut World, chance: &mut Chance) -> Option<()> {
    let team = chance.pick(&access_teams(world))?;
    shall_own(world, team, chance)
}

/// Two stub users share a mail, and neither is meant by it.
pub(super) fn one_mail(world: &mut World, _: &mut Chance) -> Option<()> {
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
            if want.meant == Who::Person(stub) && want.leads == Leads::ToChange {
                want.text.clone_from(&upn);
            }
        }
    }
    Some(())
}

/// Somebody who becomes a stub user has a number in the personnel system that no user can have.
pub(super) fn long_employee_id(world: &mut World, chance: &mut Chance) -> Option<()> {
    let stubs: Vec<usize> = world.stubs().into_iter().collect();
    let stub = chance.pick(&stubs)?;
    let known = world.people[stub].employee.clone();
    if world.ruling_on(&known).is_some() {
        return None;
    }
    let long = format!("{known}{}", "0".repeat(100));
    for text in (world.record_wants.iter_mut().map(|want| &mut want.text))
        .chain(world.role_wants.iter_mut().map(|want| &mut want.text))
    {
        if is_text(text, &known) {
            text.clone_from(&long);
        }
    }
    world.people[stub].employee = long;
    Some(())
}

pub(super) fn stub_by_ruling(world: &mut World, chance: &mut Chance) -> Option<()> {
    let users = wanted_users(world);
    let exported: Vec<usize> = users
        .into_iter()
        .filter(|user| world.people[*user].in_export)
        .filter(|user| world.ruling_on(&world.people[*user].upn()).is_none())
        .collect();
    let user = chance.pick(&exported)?;
    let upn = world.people[user].upn();
    let want = row_of(world, user)?;
    want.text.clone_from(&upn);
    // Rows of roles mean the one who is there, by an id that no ruling is about.
    let id = world.people[user].id.to_string();
    for want in &mut world.role_wants {
        let is_ruled = is_text(&want.text, &upn);
        if want.who == Who::Person(user) && (want.leads == Leads::ToChange || is_ruled) {
            want.text.clone_from(&id);
        }
    }
    world.rulings.push((upn, "stub".to_owned()));
    Some(())
}

/// Somebody else has the UPN: only an id still says who is meant.
pub(super) fn twin(world: &mut World, chance: &mut Chance) -> Option<()> {
    let user = chance.pick(&wanted_users(world))?;
    if is_unclear(world, user) {
        return None;
    }
    let upn = world.people[user].upn();
    world.strangers.push(Stranger {
        id: chance.id(),
        upn: upn.clone(),
        mail: "twin@contoso.com".to_owned(),
    });
    name_by_id(world, user);
    let one = row_of(world, user)?;
    one.text.clone_from(&upn);
    make_ambiguous(world, |text| is_text(text, &upn));
    Some(())
}

/// Two users of the environment have one mail, which alone says nothing.
pub(super) fn mail_of_two(world: &mut World, chance: &mut Chance) -> Option<()> {
    let users = wanted_users(world).into_iter();
    let users: Vec<usize> = users
        .filter(|user| !world.people[*user].in_export)
        .collect();
    let user = chance.pick(&users)?;
    let mail = world.people[user].mail.clone();
    world.strangers.push(Stranger {
        id: chance.id(),
        upn: "shares@contoso.com".to_owned(),
        mail: mail.clone(),
    });
    let one = row_of(world, user)?;
    one.text.clone_from(&mail);
    make_ambiguous(world, |text| is_text(text, &mail));
    Some(())
}

/// Two people of the old system bear one name.
pub(super) fn same_name_twice(world: &mut World, chance: &mut Chance) -> Option<()> {
    let exported = (0..world.people.len()).filter(|one| world.people[*one].in_export);
    let exported: Vec<usize> = exported.collect();
    let first = chance.pick(&exported)?;
    let others = exported.into_iter().filter(|other| {
        *other != first && world.people[*other].is_there == world.people[first].is_there
    });
    let second = chance.pick(&others.collect::<Vec<_>>())?;
    let old = [
        world.people[second].name(),
        world.people[second].name_turned(),
    ];
    let upn = world.people[second].upn();
    // What is ruled about the UPN would hold for rows that had the name.
    if world.ruling_on(&upn).is_some() {
        return None;
    }
    let is_old = |text: &str| old.iter().any(|name| is_text(name, text));
    for want in &mut world.record_wants {
        if is_old(&want.text) {
            want.text.clone_from(&upn);
        }
    }
    for want in &mut world.role_wants {
        if is_old(&want.text) {
            want.text.clone_from(&upn);
        }
    }
    let namesake = world.people[first].clone();
    let other = &mut world.people[second];
    other.first.clone_from(&namesake.first);
    other.last.clone_from(&namesake.last);
    let numbers = rows_to_change(world);
    let number = chance.pick(&numbers)?;
    let want = &mut world.record_wants[number];
    (want.text, want.meant) = (namesake.name(), Who::Person(first));
    let names = [namesake.name(), namesake.name_turned()];
    make_ambiguous(world, |text| names.iter().any(|name| is_text(name, text)));
    Some(())
}

/// The users export has one person's UPN and another's mail in one row.
pub(super) fn identifiers_disagree(world: &mut World, chance: &mut Chance) -> Option<()> {
    let exported = wanted_users(world).into_iter();
    let exported = exported.filter(|user| world.people[*user].in_export);
    let user = chance.pick(&exported.collect::<Vec<_>>())?;
    let others = (0..world.people.len()).filter(|one| *one != user && world.people[*one].is_there);
    let other = chance.pick(&others.collect::<Vec<_>>())?;
    let mail = world.people[other].mail.clone();
    let unclear = is_unclear(world, user) || is_unclear(world, other);
    if unclear || world.people[other].exported_mail.is_some() {
        return None;
    }
    world.people[user].exported_mail = Some(mail);
    name_by_id(world, user);
    name_by_id(world, other);
    let old_id = world.people[user].old_id.clone();
    let one = row_of(world, user)?;
    one.text.clone_from(&old_id);
    make_ambiguous(world, |text| is_text(text, &old_id));
    Some(())
}

/// A name that the environment knows and no users export does.
pub(super) fn name_alone(world: &mut World, chance: &mut Chance) -> Option<()> {
    let users = wanted_users(world).into_iter();
    let users: Vec<usize> = users
        .filter(|user| !world.people[*user].in_export)
        .collect();
    let user = chance.pick(&users)?;
    if world.policy.by_name == ByNamePolicy::Accept {
        return None;
    }
    let name = world.people[user].name();
    let one = row_of(world, user)?;
    (one.text, one.leads) = (name, Leads::ToError);
    Some(())
}

/// Puts an owner cell in which nobody can be chosen into one row.
fn say(world: &mut World, text: &str, meant: Option<Who>, chance: &mut Chance) -> Option<()> {
    let number = chance.pick(&rows_to_change(world))?;
    let want = &mut world.record_wants[number];
    text.clone_into(&mut want.text);
    want.meant = meant.unwrap_or(want.meant);
    want.leads = Leads::ToError;
    Some(())
}

pub(super) fn id_of_nobody(world: &mut World, chance: &mut Chance) -> Option<()> {
    let id = chance.id();
    say(world, &id.to_string(), Some(Who::Ghost(id)), chance)
}

pub(super) fn no_owner(world: &mut World, chance: &mut Chance) -> Option<()> {
    if world.policy.blank != BlankPolicy::Error {
        return None;
    }
    say(world, "", None, chance)
}

pub(super) fn ruling_wrong(world: &mut World, chance: &mut Chance) -> Option<()> {
    let ruling = "nobody.of.that.name@contoso.com".to_owned();
    world.rulings.push(("Desk 99".to_owned(), ruling));
    say(world, "Desk 99", None, chance)
}

/// An id cell that holds no id.
pub(super) fn no_id(world: &mut World, chance: &mut Chance) -> Option<()> {
    let numbers = rows_to_change(world).into_iter();
    let by_id: Vec<usize> = numbers
        .filter(|number| !world.tables[world.record_wants[*number].table].keyed)
        .collect();
    let number = chance.pick(&by_id)?;
    let want = &mut world.record_wants[number];
    (want.id_text, want.leads) = (Some("see above".to_owned()), Leads::ToError);
    Some(())
}

/// Nobody fits those who are missing, and the policy makes no stub users of them.
pub(super) fn missing_policy(world: &mut World, chance: &mut Chance) -> Option<()> {
    if world.not_loaded.contains("teams") {
        return None;
    }
    let policies = [
        (MissingPolicy::Fallback, Leads::ToChange),
        (MissingPolicy::Leave, Leads::Left),
        (MissingPolicy::Error, Leads::ToError),
    ];
    let (policy, leads) = policies[chance.below(policies.len())];
    world.policy.missing = policy;
    let is_missing = |world: &World, who: Who| matches!(who, Who::Person(person) if !world.people[person].is_there);
    for number in 0..world.record_wants.len() {
        let want = &world.record_wants[number];
        let ruled = world.ruling_on(&want.text).is_some();
        if is_missing(world, want.meant) && want.leads == Leads::ToChange && !ruled {
            let want = &mut world.record_wants[number];
            want.leads = leads;
            if policy == MissingPolicy::Fallback {
                want.meant = Who::Person(FIRST_PERSON);
            }
        }
    }
    let people = world.people.clone();
    let is_there = |who: Who| !matches!(who, Who::Person(person) if !people[person].is_there);
    world.role_wants.retain(|want| is_there(want.who));
    Some(())
}

/// Two rows about one record; the second may name no owner.
pub(super) fn record_twice(world: &mut World, chance: &mut Chance) -> Option<()> {
    if world.policy.missing != MissingPolicy::Stub {
        return None;
    }
    let number = chance.pick(&rows_to_change(world))?;
    let first = world.record_wants[number].clone();
    let want = if chance.percent(40) {
        let (meant, leads) = match world.policy.blank {
            BlankPolicy::Error => (first.meant, Leads::ToError),
            BlankPolicy::Leave => (first.meant, Leads::Left),
            BlankPolicy::Fallback => (Who::Person(FIRST_PERSON), Leads::ToChange),
        };
        RecordWant {
            text: String::new(),
            meant,
            leads,
            ..first
        }
    } else {
        let meant = anybody(world, chance);
        RecordWant {
            text: text(world, meant, chance),
            meant,
            ..first
        }
    };
    world.record_wants.push(want);
    Some(())
}

/// Two records of the environment have what the old system's id is compared with.
pub(super) fn key_of_two(world: &mut World, chance: &mut Chance) -> Option<()> {
    let keyed = (0..world.tables.len()).filter(|table| world.tables[*table].keyed);
    let both_there = |table: &usize| {
        let mut records = world.tables[*table].records.iter().take(2);
        records.all(|record| record.is_there)
    };
    let tables: Vec<usize> = keyed.filter(both_there).collect();
    let table = chance.pick(&tables)?;
    let shared = world.tables[table].records[0].old_id.clone();
    world.tables[table].records[1].old_id = shared;
    let wants = world.record_wants.iter_mut();
    for want in wants.filter(|want| want.table == table && want.record < 2) {
        want.leads = Leads::ToError;
    }
    Some(())
}

/// Rows that ask for anything of anybody.
pub(super) fn random_rows(world: &mut World, chance: &mut Chance) -> Option<()> {
    if world.policy.missing != MissingPolicy::Stub {
        return None;
    }
    for _ in 0..chance.between(3, 8) {
        let who = anybody(world, chance);
        let text = text(world, who, chance);
        if chance.percent(50) {
            let table = chance.below(world.tables.len());
            let record = chance.below(world.tables[table].records.len());
            world.record_wants.push(RecordWant {
                table,
                record,
                id_text: None,
                text,
                meant: who,
                leads: Leads::ToChange,
            });
            continue;
        }
        let named = chance.percent(50).then(|| chance.below(world.units.len()));
        let (give, role) = (chance.percent(50), chance.below(world.roles.len()));
        // What the caller may do stays as it is all through the plan.
        if who == Who::Person(world.caller().unwrap_or(usize::MAX)) {
            continue;
        }
        world.role_wants.push(RoleWant {
            text,
            who,
            role,
            role_text: None,
            unit: named,
            give,
            leads: Leads::ToChange,
        });
    }
    Some(())
}
