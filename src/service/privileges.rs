//! Whether a principal may own rows of a table, as the service sees it.
//!
//! In: a connection, a table, a principal. Out: why not, if not. Platform facts 3.3, 3.6, 4.2, 4.3:
//! an owner must read the table, by own roles or through a team; the disabled need no more than that.
//! What was not loaded is unknown and refuses nothing. `check/` works the same out by itself.

use std::borrow::Cow;

use rusqlite::Connection;

use crate::model::{
    ACTIVITY_TABLES, Depth, Inheritance, Loadable, Principal, READ_ACTIVITY, READ_PRIVILEGES,
    Refusal, TeamId, TeamType, UserId,
};
use crate::service::ServiceError;
use crate::service::refusals::{Reason, refusal};
use crate::service::role::principal_missing;
use crate::service::rows::{self, HolderKind};

/// Why the principal cannot own rows of the table, if so.
pub(super) fn owner_refusal(
    connection: &Connection,
    entity: &str,
    owner: Principal,
) -> Result<Option<Refusal>, ServiceError> {
    let privilege = read_privilege(entity);
    let held = match (owner, rows::holder(connection, owner)?) {
        (Principal::User(_), None) => return Ok(Some(principal_missing(owner))),
        (Principal::User(user), Some(_)) => user_reads(connection, user, &privilege)?,
        (Principal::Team(_), None) => {
            let known = rows::loaded(connection, Loadable::Teams)?;
            return Ok(known.then(|| principal_missing(owner)));
        }
        (Principal::Team(team), Some(holder)) => {
            if let HolderKind::Team {
                kind: TeamType::Access,
            } = holder.kind
            {
                return Ok(Some(refusal(Reason::OwnerIsAccessTeam, &[])));
            }
            team_reads(connection, team, &privilege)?
        }
    };
    Ok(match held {
        Reads::Yes | Reads::Unknown => None,
        Reads::NoRoles => Some(without_roles(owner, &privilege)),
        Reads::No => Some(read_missing(owner, &privilege, entity)),
    })
}

/// The name of the privilege that reads the table, as the service writes it up to its case.
fn read_privilege(entity: &str) -> Cow<'static, str> {
    if ACTIVITY_TABLES.binary_search(&entity).is_ok() {
        return Cow::Borrowed(READ_ACTIVITY);
    }
    match READ_PRIVILEGES.iter().find(|(table, _)| *table == entity) {
        Some((_, privilege)) => Cow::Borrowed(privilege),
        None => Cow::Owned(format!("prvRead{}", as_in_privileges(entity))),
    }
}

/// The service's own tables stand with a capital in privileges, a customer's as they are.
fn as_in_privileges(entity: &str) -> String {
    let mut characters = entity.chars();
    match characters.next() {
        Some(first) if !entity.contains('_') => {
            format!("{}{}", first.to_ascii_uppercase(), characters.as_str())
        }
        _ => entity.to_owned(),
    }
}

/// What is known of a principal's right to read.
enum Reads {
    Yes,
    No,
    NoRoles,
    Unknown,
}

fn user_reads(
    connection: &Connection,
    user: UserId,
    privilege: &str,
) -> Result<Reads, ServiceError> {
    if !rows::loaded(connection, Loadable::UserRoles)? {
        return Ok(Reads::Unknown);
    }
    let id = user.0.into_bytes();
    let through_team = (
        id,
        privilege,
        Inheritance::DirectUser.code(),
        Depth::Organisation.code(),
    );
    if rows::yes(connection, OWN_READ, (id, privilege))?
        || rows::yes(connection, READ_THROUGH_TEAM, through_team)?
    {
        return Ok(Reads::Yes);
    }
    let teams_known = rows::loaded(connection, Loadable::Teams)?
        && rows::loaded(connection, Loadable::TeamMembers)?
        && rows::loaded(connection, Loadable::TeamRoles)?;
    if !teams_known {
        return Ok(Reads::Unknown);
    }
    if !rows::yes(connection, USER_HAS_ROLES, [id])? {
        return Ok(Reads::NoRoles);
    }
    no_if_privileges_known(connection)
}

fn team_reads(
    connection: &Connection,
    team: TeamId,
    privilege: &str,
) -> Result<Reads, ServiceError> {
    if !rows::loaded(connection, Loadable::TeamRoles)? {
        return Ok(Reads::Unknown);
    }
    let id = team.0.into_bytes();
    let sql = "SELECT EXISTS (SELECT 1 FROM team_role WHERE team = ?1)";
    if !rows::yes(connection, sql, [id])? {
        return Ok(Reads::NoRoles);
    }
    if rows::yes(connection, TEAM_READ, (id, privilege))? {
        return Ok(Reads::Yes);
    }
    no_if_privileges_known(connection)
}

fn no_if_privileges_known(connection: &Connection) -> Result<Reads, ServiceError> {
    Ok(if rows::loaded(connection, Loadable::RolePrivileges)? {
        Reads::No
    } else {
        Reads::Unknown
    })
}

/// By a role of the user's own, at whatever depth: user level reaches what the user owns.
const OWN_READ: &str = "SELECT EXISTS (
    SELECT 1 FROM user_role
    JOIN role ON role.id = user_role.role
    JOIN role_privilege ON role_privilege.role = role.root
    WHERE user_role.user = ?1 AND role_privilege.privilege = ?2 COLLATE NOCASE)";

/// By a role of one of the user's teams: at whatever depth where the role reaches members as their
/// own, at organisation level where it gives team privileges only.
const READ_THROUGH_TEAM: &str = "SELECT EXISTS (
    SELECT 1 FROM team_member
    JOIN team_role ON team_role.team = team_member.team
    JOIN role ON role.id = team_role.role
    JOIN role_privilege ON role_privilege.role = role.root
    WHERE team_member.user = ?1 AND role_privilege.privilege = ?2 COLLATE NOCASE
      AND (role.inheritance = ?3 OR role_privilege.depth >= ?4))";

/// By a role of the team, at whatever depth.
const TEAM_READ: &str = "SELECT EXISTS (
    SELECT 1 FROM team_role
    JOIN role ON role.id = team_role.role
    JOIN role_privilege ON role_privilege.role = role.root
    WHERE team_role.team = ?1 AND role_privilege.privilege = ?2 COLLATE NOCASE)";

/// Own roles, or those of a team.
const USER_HAS_ROLES: &str = "SELECT EXISTS (SELECT 1 FROM user_role WHERE user = ?1)
    OR EXISTS (SELECT 1 FROM team_member JOIN team_role ON team_role.team = team_member.team
               WHERE team_member.user = ?1)";

fn without_roles(owner: Principal, privilege: &str) -> Refusal {
    let reason = match owner {
        Principal::User(_) => Reason::UserWithoutRoles,
        Principal::Team(_) => Reason::TeamWithoutRoles,
    };
    let id = owner.uuid();
    refusal(reason, &[("principal", &id), ("privilege", &privilege)])
}

fn read_missing(owner: Principal, privilege: &str, entity: &str) -> Refusal {
    let kind = match owner {
        Principal::User(_) => "user",
        Principal::Team(_) => "team",
    };
    refusal(
        Reason::ReadMissing,
        &[
            ("kind", &kind),
            ("principal", &owner.uuid()),
            ("type", &owner.type_code()),
            ("privilege", &privilege),
            ("entity", &entity),
        ],
    )
}
