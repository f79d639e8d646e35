//! What somebody else does to the subject of a change while a plan is applied, by raw SQL.
//!
//! In: a change, and what is done. Out: the environment file after it, and what that means for the change:
//! only a value that the change speaks of, and that is neither the planned before nor after, is drift.

use std::collections::BTreeSet;
use std::path::Path;

use cutover::model::{AccessMode, Principal, RoleId, UnitId, UserChange, UserId, Write};
use rusqlite::{Connection, params};

use crate::worlds::world::{Who, World};

/// What somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    ChangeOwner,
    DeleteRecord,
    /// What the change would do.
    Assign,
    MoveElsewhere,
    GiveRole,
    ChangeMode,
    /// All that the change would do.
    ChangeUser,
}

/// What that is for the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// It is left alone, and told.
    Drift,
    /// It needs no change any more.
    Same,
    /// It does not speak of that, and is done as planned.
    Aside,
}

impl Deed {
    pub(super) fn is_of_users(self) -> bool {
        matches!(
            self,
            Self::MoveElsewhere | Self::GiveRole | Self::ChangeMode | Self::ChangeUser
        )
    }
}

/// What a deed means for a change; `None` where it cannot be done to it.
pub(super) fn effect_of(world: &World, deed: Deed, write: &Write) -> Option<Effect> {
    let drift_if = |speaks: bool| if speaks { Effect::Drift } else { Effect::Aside };
    match (deed, write) {
        (Deed::ChangeOwner | Deed::DeleteRecord, Write::AssignRecord { .. }) => Some(Effect::Drift),
        (Deed::Assign, Write::AssignRecord { .. }) | (Deed::ChangeUser, Write::ChangeUser(_)) => {
            Some(Effect::Same)
        }
        (Deed::MoveElsewhere, Write::ChangeUser(change)) => {
            elsewhere(world, change).map(|_| Effect::Drift)
        }
        (Deed::GiveRole, Write::ChangeUser(change)) => {
            another_role(world, change)?;
            Some(drift_if(change.roles.is_some()))
        }
        (Deed::ChangeMode, Write::ChangeUser(change)) => {
            Some(drift_if(change.access_mode.is_some()))
        }
        _ => None,
    }
}

/// A unit to which the change does not lead, of somebody whom it moves.
fn elsewhere(world: &World, change: &UserChange) -> Option<UnitId> {
    let unit = change.business_unit.as_ref()?;
    let mut units = world.units.iter().map(|unit| UnitId(unit.id));
    units.find(|other| *other != unit.before && *other != unit.after)
}

/// A role that the user neither has nor is to have, and that nothing hangs on.
fn another_role(world: &World, change: &UserChange) -> Option<RoleId> {
    let mut known: BTreeSet<RoleId> = BTreeSet::new();
    if let Some(roles) = &change.roles {
        known.extend(roles.before.iter().chain(&roles.after));
    }
    let people = world.people.iter();
    let number = people.clone().position(|one| one.id == change.user.0)?;
    let held = world.roles_of(Who::Person(number)).iter();
    known.extend(held.map(|copy| RoleId(world.copy_id(*copy))));
    let roles = world.roles.iter().filter(|role| !role.administrator);
    let mut ids = roles.map(|role| RoleId(role.id));
    ids.find(|role| !known.contains(role))
}

/// A mode that is neither the one before nor the one after, and takes no place of a program.
fn another_mode(world: &World, change: &UserChange) -> AccessMode {
    let mut known: Vec<AccessMode> = Vec::new();
    if let Some(mode) = &change.access_mode {
        known.extend([mode.before, mode.after]);
    }
    let present = world.people.iter().find(|one| one.id == change.user.0);
    known.extend(present.and_then(|one| AccessMode::from_word(&one.access_mode)));
    let modes = [
        AccessMode::ReadWrite,
        AccessMode::Administrative,
        AccessMode::Read,
    ];
    let other = modes.into_iter().find(|mode| !known.contains(mode));
    other.expect("two are known at most")
}

/// Writes to the subject of a change what somebody else would.
pub(super) fn meddle(
    world: &World,
    deed: Deed,
    write: &Write,
    path: &Path,
) -> rusqlite::Result<()> {
    let file = Connection::open(path)?;
    match write {
        Write::AssignRecord {
            record,
            before,
            after,
            ..
        } => {
            let people = world.people.iter().filter(|person| person.is_there);
            let mut others = people.map(|person| Principal::User(UserId(person.id)));
            let owner = match deed {
                Deed::DeleteRecord => None,
                Deed::Assign => Some(*after),
                _ => others.find(|other| other != before && other != after),
            };
            let Some(owner) = owner else {
                file.execute("DELETE FROM record WHERE id = ?1", [record.0.as_bytes()])?;
                return Ok(());
            };
            let (kind, id) = (owner.type_code(), owner.uuid());
            file.execute(
                "UPDATE record SET owner_type = ?2, owner = ?3 WHERE id = ?1",
                params![record.0.as_bytes(), kind, id.as_bytes()],
            )?;
            Ok(())
        }
        Write::ChangeUser(change) => meddle_with_user(world, deed, change, &file),
        _ => panic!("only records and users are meddled with"),
    }
}

fn meddle_with_user(
    world: &World,
    deed: Deed,
    change: &UserChange,
    file: &Connection,
) -> rusqlite::Result<()> {
    let user = change.user.0;
    let set = |column: &str, value: &dyn rusqlite::ToSql| {
        let sql = format!("UPDATE user SET {column} = ?2 WHERE id = ?1");
        file.execute(&sql, params![user.as_bytes(), value])
    };
    let give = |role: RoleId| {
        let sql = "INSERT INTO user_role (user, role) VALUES (?1, ?2)";
        file.execute(sql, params![user.as_bytes(), role.0.as_bytes()])
    };
    match deed {
        Deed::MoveElsewhere => {
            let unit = elsewhere(world, change).expect("a third unit");
            set("business_unit", unit.0.as_bytes())?;
        }
        Deed::GiveRole => {
            give(another_role(world, change).expect("another role"))?;
        }
        Deed::ChangeMode => {
            set("access_mode", &another_mode(world, change).code())?;
        }
        _ => {
            let after = change.after();
            if let Some(unit) = after.business_unit {
                set("business_unit", unit.0.as_bytes())?;
            }
            if let Some(mode) = after.access_mode {
                set("access_mode", &mode.code())?;
            }
            for (field, value) in &after.profile {
                set(field.key(), value)?;
            }
            if let Some(roles) = after.roles {
                let sql = "DELETE FROM user_role WHERE user = ?1";
                file.execute(sql, [user.as_bytes()])?;
                for role in roles {
                    give(role)?;
                }
            }
        }
    }
    Ok(())
}
