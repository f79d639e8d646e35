//! The service's own look-ups in an environment file, one row or one yes-or-no each.
//!
//! In: a connection and ids. Out: what stands there. No rule is judged here. `check/` has look-ups of
//! its own: that both come to the same answer must not rest on shared code.

use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension, Params, Row};
use uuid::Uuid;

use crate::model::{
    AccessMode, Loadable, Principal, RoleId, SYSTEM_ADMINISTRATOR_TEMPLATE, TeamType, UnitId,
    UserId, comparison_key, setting_on,
};
use crate::service::ServiceError;

/// Who is to hold a role.
pub(super) struct Holder {
    pub(super) unit: UnitId,
    pub(super) kind: HolderKind,
}

pub(super) enum HolderKind {
    User { disabled: bool, mode: AccessMode },
    Team { kind: TeamType },
}

/// A user, as far as changing one goes.
pub(super) struct Account {
    pub(super) unit: UnitId,
    pub(super) mode: AccessMode,
    pub(super) disabled: bool,
    /// Whether it is an application user.
    pub(super) application: bool,
    /// Whether there is a licence, where the environment says so.
    pub(super) licensed: Option<bool>,
}

/// A query with its values whose answer is one value of one row, or none.
pub(super) fn value<T: FromSql>(
    connection: &Connection,
    sql: &str,
    values: impl Params,
) -> Result<Option<T>, ServiceError> {
    row(connection, sql, values, |row| row.get(0))
}

/// A query with its values whose answer is one row, or none.
pub(super) fn row<T>(
    connection: &Connection,
    sql: &str,
    values: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, ServiceError> {
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row(values, read).optional()?)
}

/// A write with its values; answers how many rows it changed.
pub(super) fn change(
    connection: &Connection,
    sql: &str,
    values: impl Params,
) -> Result<usize, ServiceError> {
    Ok(connection.prepare_cached(sql)?.execute(values)?)
}

/// Whether a query that begins with `SELECT EXISTS` says yes.
pub(super) fn yes(
    connection: &Connection,
    sql: &str,
    values: impl Params,
) -> Result<bool, ServiceError> {
    Ok(value(connection, sql, values)?.unwrap_or(false))
}

/// Whether a setting is on; one that is absent, or was not loaded, has the service's default.
pub(super) fn setting(
    connection: &Connection,
    name: &str,
    default: bool,
) -> Result<bool, ServiceError> {
    let sql = "SELECT value FROM setting WHERE name = ?1";
    let text: Option<String> = value(connection, sql, [name])?;
    Ok(setting_on(text.as_deref(), default))
}

/// Whether this part of the environment was loaded; what was not is unknown, not empty.
pub(super) fn loaded(connection: &Connection, what: Loadable) -> Result<bool, ServiceError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM loaded WHERE name = ?1)";
    yes(connection, sql, [what.name()])
}

/// The root business unit.
pub(super) fn root_unit(connection: &Connection) -> Result<Option<UnitId>, ServiceError> {
    let sql = "SELECT id FROM business_unit WHERE parent IS NULL";
    let id: Option<[u8; 16]> = value(connection, sql, [])?;
    Ok(id.map(|id| UnitId(Uuid::from_bytes(id))))
}

/// The business unit that this copy of a role belongs to; `None` where there is no such role.
pub(super) fn role_unit(
    connection: &Connection,
    role: RoleId,
) -> Result<Option<UnitId>, ServiceError> {
    let sql = "SELECT business_unit FROM role WHERE id = ?1";
    let id: Option<[u8; 16]> = value(connection, sql, [role.0.as_bytes()])?;
    Ok(id.map(|id| UnitId(Uuid::from_bytes(id))))
}

/// A user or team, as far as holding roles goes.
pub(super) fn holder(
    connection: &Connection,
    principal: Principal,
) -> Result<Option<Holder>, ServiceError> {
    match principal {
        Principal::User(user) => {
            let found = account(connection, user)?;
            Ok(found.map(|account| Holder {
                unit: account.unit,
                kind: HolderKind::User {
                    disabled: account.disabled,
                    mode: account.mode,
                },
            }))
        }
        Principal::Team(team) => {
            let sql = "SELECT business_unit, kind FROM team WHERE id = ?1";
            let found: Option<([u8; 16], u8)> = row(connection, sql, [team.0.as_bytes()], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
            found
                .map(|(unit, code)| {
                    let kind = TeamType::from_code(code).ok_or(ServiceError::Damaged {
                        what: "kind of a team",
                        found: code,
                    })?;
                    Ok(Holder {
                        unit: UnitId(Uuid::from_bytes(unit)),
                        kind: HolderKind::Team { kind },
                    })
                })
                .transpose()
        }
    }
}

/// A user by id.
pub(super) fn account(
    connection: &Connection,
    user: UserId,
) -> Result<Option<Account>, ServiceError> {
    let sql = "SELECT business_unit, access_mode, disabled, application_id IS NOT NULL, licensed
               FROM user WHERE id = ?1";
    let found = row(connection, sql, [user.0.as_bytes()], |row| {
        let (unit, code): ([u8; 16], u8) = (row.get(0)?, row.get(1)?);
        let account = |mode| {
            Ok(Account {
                unit: UnitId(Uuid::from_bytes(unit)),
                mode,
                disabled: row.get(2)?,
                application: row.get(3)?,
                licensed: row.get(4)?,
            })
        };
        match AccessMode::from_code(code) {
            Some(mode) => account(mode).map(Ok),
            None => Ok(Err(code)),
        }
    })?;
    found
        .map(|account| {
            account.map_err(|found| ServiceError::Damaged {
                what: "access mode of a user",
                found,
            })
        })
        .transpose()
}

/// Whether the principal holds this copy of a role.
pub(super) fn holds(
    connection: &Connection,
    principal: Principal,
    role: RoleId,
) -> Result<bool, ServiceError> {
    let sql = match principal {
        Principal::User(_) => {
            "SELECT EXISTS (SELECT 1 FROM user_role WHERE user = ?1 AND role = ?2)"
        }
        Principal::Team(_) => {
            "SELECT EXISTS (SELECT 1 FROM team_role WHERE team = ?1 AND role = ?2)"
        }
    };
    let values = (principal.uuid().into_bytes(), role.0.into_bytes());
    yes(connection, sql, values)
}

/// Whether the role, whichever copy, is System Administrator.
pub(super) fn is_system_administrator(
    connection: &Connection,
    role: RoleId,
) -> Result<bool, ServiceError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM role JOIN role AS root ON root.id = role.root
               WHERE role.id = ?1 AND (role.template = ?2 OR root.template = ?2))";
    let values = (
        role.0.into_bytes(),
        SYSTEM_ADMINISTRATOR_TEMPLATE.into_bytes(),
    );
    yes(connection, sql, values)
}

/// Whether somebody who can use it would have System Administrator if `user` had not this copy of it.
pub(super) fn other_system_administrator(
    connection: &Connection,
    user: UserId,
    role: RoleId,
) -> Result<bool, ServiceError> {
    let mut other = false;
    each_system_administrator(connection, |holder, copy| {
        other = (holder, copy) != (user, role);
        !other
    })?;
    Ok(other)
}

/// Whether the user can use System Administrator and nobody else can.
pub(super) fn is_last_system_administrator(
    connection: &Connection,
    user: UserId,
) -> Result<bool, ServiceError> {
    let (mut himself, mut other) = (false, false);
    each_system_administrator(connection, |holder, _| {
        himself |= holder == user;
        other = holder != user;
        !other
    })?;
    Ok(himself && !other)
}

/// Shows each copy of System Administrator that somebody holds who can use it, until `more` says no: people
/// who sign in, and may write. No source says whom the service counts; an application, a stub user and the
/// service's own users give nobody a role again.
fn each_system_administrator(
    connection: &Connection,
    mut more: impl FnMut(UserId, RoleId) -> bool,
) -> Result<(), ServiceError> {
    let sql = "SELECT user.id, user_role.role, user.upn, user.full_name FROM user_role
               JOIN role ON role.id = user_role.role
               JOIN role AS root ON root.id = role.root
               JOIN user ON user.id = user_role.user
               WHERE (role.template = ?1 OR root.template = ?1)
                 AND user.disabled = 0 AND user.stub = 0 AND user.application_id IS NULL
                 AND user.access_mode IN (?2, ?3)";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query((
        SYSTEM_ADMINISTRATOR_TEMPLATE.into_bytes(),
        AccessMode::ReadWrite.code(),
        AccessMode::Administrative.code(),
    ))?;
    while let Some(row) = rows.next()? {
        let (upn, name): (String, Option<String>) = (row.get(2)?, row.get(3)?);
        let name = comparison_key(&name.unwrap_or_default());
        let of_the_service = upn.trim().is_empty() || ["system", "integration"].contains(&&*name);
        let (user, role) = (row.get(0)?, row.get(1)?);
        let (user, role) = (Uuid::from_bytes(user), Uuid::from_bytes(role));
        if !of_the_service && !more(UserId(user), RoleId(role)) {
            break;
        }
    }
    Ok(())
}

/// How many users, application users apart, have the access mode non-interactive.
pub(super) fn non_interactive_users(connection: &Connection) -> Result<u32, ServiceError> {
    let sql = "SELECT count(*) FROM user WHERE access_mode = ?1 AND application_id IS NULL";
    let count = value(connection, sql, [AccessMode::NonInteractive.code()])?;
    Ok(count.unwrap_or(0))
}

/// The value of a setting that is a number; one that is absent or is none has this default.
pub(super) fn number_setting(
    connection: &Connection,
    name: &str,
    default: u32,
) -> Result<u32, ServiceError> {
    let sql = "SELECT value FROM setting WHERE name = ?1";
    let text: Option<String> = value(connection, sql, [name])?;
    let number = text.and_then(|text| text.trim().parse().ok());
    Ok(number.unwrap_or(default))
}
