//! Whether the caller may do what is asked, as the service sees it.
//!
//! In: the setting `caller`, his roles and their privileges, as they are at the moment of a write. Out: the
//! first privilege that the write needs and he lacks. Platform facts 3.3, 3.6, 4.2, statement S45. A caller
//! who is not named, is unknown or is System Administrator may do everything; what was not loaded is unknown
//! and refuses nothing. `check/` works the same out by itself.

use std::rc::Rc;

use hashbrown::HashMap;
use rusqlite::Connection;
use uuid::Uuid;

use crate::model::{
    ACTIVITY_TABLES, AccessMode, Depth, Inheritance, Loadable, Principal, READ_PRIVILEGES, Refusal,
    RoleId, SYSTEM_ADMINISTRATOR_TEMPLATE, TeamType, UnitId, UserId, parse_guid, setting,
};
use crate::service::refusals::{Reason, refusal};
use crate::service::rows::{self, Account};
use crate::service::{Service, ServiceError};

const CREATE_USER: &str = "prvCreateUser";
const WRITE_USER: &str = "prvWriteUser";
const ASSIGN_ROLE: &str = "prvAssignRole";

/// A caller who may not do everything.
#[derive(Debug)]
pub(super) struct Caller {
    user: UserId,
    unit: UnitId,
    /// The greatest depth of each privilege, by its name in small letters.
    depths: HashMap<String, Depth>,
}

/// What is known of the caller.
#[derive(Debug, Default)]
pub(super) enum Known {
    /// Not asked yet.
    #[default]
    Nothing,
    /// He may do everything.
    Unbound,
    /// He may not.
    Bound(Rc<Caller>),
}

impl Known {
    /// Whether roles of this principal may be the caller's: his own, or those of a team of his.
    pub(super) fn may_be(&self, principal: Principal) -> bool {
        match (self, principal) {
            (Self::Bound(caller), Principal::User(user)) => caller.user == user,
            _ => true,
        }
    }
}

impl Service<'_> {
    /// The privilege that the caller lacks to create users, if so.
    pub(super) fn may_create_users(&mut self) -> Result<Option<Refusal>, ServiceError> {
        let caller = self.caller()?;
        Ok(caller.and_then(|caller| caller.lacks(&[CREATE_USER])))
    }

    /// The privilege that the caller lacks to write users, if so.
    pub(super) fn may_write_users(&mut self) -> Result<Option<Refusal>, ServiceError> {
        let caller = self.caller()?;
        Ok(caller.and_then(|caller| caller.lacks(&[WRITE_USER])))
    }

    /// Why the caller may not change access modes, if so: that takes System Administrator, and full access. That
    /// programs' users, who have it without a screen, need another mode no source says.
    pub(super) fn may_change_modes(&mut self) -> Result<Option<Refusal>, ServiceError> {
        let Some((user, account)) = named(self.connection)? else {
            return Ok(None);
        };
        let full = matches!(
            account.mode,
            AccessMode::ReadWrite | AccessMode::NonInteractive
        );
        let may = full && self.caller()?.is_none();
        Ok((!may).then(|| refusal(Reason::CallerChangesNoModes, &[("caller", &user)])))
    }

    /// The privilege that the caller lacks to take a role from a principal of this unit, if so.
    pub(super) fn may_take_role(
        &mut self,
        principal: Principal,
        unit: UnitId,
    ) -> Result<Option<Refusal>, ServiceError> {
        match self.caller()? {
            Some(caller) => caller.cannot_reach(self.connection, principal, unit),
            None => Ok(None),
        }
    }

    /// The privilege that the caller lacks to give this role to a principal of this unit, if so. Nobody
    /// gives what is above his own.
    pub(super) fn may_give_role(
        &mut self,
        principal: Principal,
        unit: UnitId,
        role: RoleId,
    ) -> Result<Option<Refusal>, ServiceError> {
        let Some(caller) = self.caller()? else {
            return Ok(None);
        };
        match caller.cannot_reach(self.connection, principal, unit)? {
            Some(refusal) => Ok(Some(refusal)),
            None => caller.is_below(self.connection, role),
        }
    }

    /// The privilege that the caller lacks to assign records of this table, if so.
    pub(super) fn may_assign(&mut self, entity: &str) -> Result<Option<Refusal>, ServiceError> {
        let Some(caller) = self.caller()? else {
            return Ok(None);
        };
        let name = name_in_privileges(entity);
        let needed = ["prvRead", "prvWrite", "prvAssign"].map(|verb| format!("{verb}{name}"));
        Ok(caller.lacks(&needed))
    }

    /// The caller, where he may not do everything; asked once, until roles that reach him change.
    fn caller(&mut self) -> Result<Option<Rc<Caller>>, ServiceError> {
        match &self.memo.caller {
            Known::Nothing => {}
            Known::Unbound => return Ok(None),
            Known::Bound(caller) => return Ok(Some(Rc::clone(caller))),
        }
        let caller = read(self.connection)?.map(Rc::new);
        self.memo.caller = match &caller {
            Some(caller) => Known::Bound(Rc::clone(caller)),
            None => Known::Unbound,
        };
        Ok(caller)
    }
}

impl Caller {
    fn depth(&self, privilege: &str) -> Option<Depth> {
        self.depths.get(&privilege.to_ascii_lowercase()).copied()
    }

    /// The first of these that he has at no depth.
    fn lacks(&self, privileges: &[impl AsRef<str>]) -> Option<Refusal> {
        let mut needed = privileges.iter().map(AsRef::as_ref);
        let missing = needed.find(|privilege| self.depth(privilege).is_none())?;
        Some(self.refused(missing, Depth::User))
    }

    /// Whether giving and taking roles does not reach a principal of this unit.
    fn cannot_reach(
        &self,
        connection: &Connection,
        principal: Principal,
        unit: UnitId,
    ) -> Result<Option<Refusal>, ServiceError> {
        let (reached, needed) = match self.depth(ASSIGN_ROLE) {
            None => (false, Depth::User),
            Some(Depth::User) => (principal == Principal::User(self.user), Depth::Unit),
            Some(Depth::Unit) => (unit == self.unit, Depth::UnitAndBelow),
            Some(Depth::UnitAndBelow) => (
                rows::yes(
                    connection,
                    UNIT_ABOVE,
                    (unit.0.into_bytes(), self.unit.0.into_bytes()),
                )?,
                Depth::Organisation,
            ),
            Some(Depth::Organisation) => (true, Depth::Organisation),
        };
        Ok((!reached).then(|| self.refused(ASSIGN_ROLE, needed)))
    }

    /// The first privilege of the role that he has not, or not as deep.
    fn is_below(
        &self,
        connection: &Connection,
        role: RoleId,
    ) -> Result<Option<Refusal>, ServiceError> {
        let mut statement = connection.prepare_cached(PRIVILEGES_OF_ROLE)?;
        let mut held = statement.query([role.0.as_bytes()])?;
        while let Some(row) = held.next()? {
            let privilege: String = row.get(0)?;
            let needed = depth_of(row.get(1)?)?;
            if self.depth(&privilege).is_none_or(|own| own < needed) {
                return Ok(Some(self.refused(&privilege, needed)));
            }
        }
        Ok(None)
    }

    fn refused(&self, privilege: &str, depth: Depth) -> Refusal {
        refusal(
            Reason::CallerLacksPrivilege,
            &[
                ("caller", &self.user),
                ("privilege", &privilege),
                ("depth", &depth),
            ],
        )
    }
}

/// The user who applies the plan, where one is named and known.
fn named(connection: &Connection) -> Result<Option<(UserId, Account)>, ServiceError> {
    let sql = "SELECT value FROM setting WHERE name = ?1";
    let named: Option<String> = rows::value(connection, sql, [setting::CALLER])?;
    let Some(user) = named.as_deref().and_then(parse_guid).map(UserId) else {
        return Ok(None);
    };
    Ok(rows::account(connection, user)?.map(|account| (user, account)))
}

fn read(connection: &Connection) -> Result<Option<Caller>, ServiceError> {
    let Some((user, account)) = named(connection)? else {
        return Ok(None);
    };
    let known = rows::loaded(connection, Loadable::UserRoles)?
        && rows::loaded(connection, Loadable::RolePrivileges)?;
    let administrator = (
        user.0.into_bytes(),
        TeamType::Access.code(),
        SYSTEM_ADMINISTRATOR_TEMPLATE.into_bytes(),
    );
    if !known || rows::yes(connection, IS_SYSTEM_ADMINISTRATOR, administrator)? {
        return Ok(None);
    }
    Ok(Some(Caller {
        user,
        unit: account.unit,
        depths: depths(connection, user.0)?,
    }))
}

fn depths(connection: &Connection, user: Uuid) -> Result<HashMap<String, Depth>, ServiceError> {
    let mut depths: HashMap<String, Depth> = HashMap::new();
    let mut statement = connection.prepare_cached(PRIVILEGES_OF_USER)?;
    let mut held = statement.query((
        user.into_bytes(),
        TeamType::Access.code(),
        Inheritance::DirectUser.code(),
        Depth::Organisation.code(),
    ))?;
    while let Some(row) = held.next()? {
        let privilege: String = row.get(0)?;
        let depth = depth_of(row.get(1)?)?;
        let greatest = depths
            .entry(privilege.to_ascii_lowercase())
            .or_insert(depth);
        *greatest = (*greatest).max(depth);
    }
    Ok(depths)
}

fn depth_of(code: u8) -> Result<Depth, ServiceError> {
    Depth::from_code(code).ok_or(ServiceError::Damaged {
        what: "depth of a privilege",
        found: code,
    })
}

/// A table as privileges name it, up to its case. All activities share theirs.
fn name_in_privileges(entity: &str) -> &str {
    if ACTIVITY_TABLES.binary_search(&entity).is_ok() {
        return "Activity";
    }
    let other = READ_PRIVILEGES.iter().find(|(table, _)| *table == entity);
    other
        .and_then(|(_, privilege)| privilege.strip_prefix("prvRead"))
        .unwrap_or(entity)
}

/// System Administrator of his own, or of a team that is no access team: at organisation level throughout,
/// it reaches members however the team holds it.
const IS_SYSTEM_ADMINISTRATOR: &str = "SELECT EXISTS (
    SELECT 1 FROM role JOIN role AS root ON root.id = role.root
    WHERE (role.template = ?3 OR root.template = ?3) AND role.id IN (
        SELECT role FROM user_role WHERE user = ?1
        UNION ALL
        SELECT team_role.role FROM team_member
        JOIN team ON team.id = team_member.team AND team.kind <> ?2
        JOIN team_role ON team_role.team = team.id
        WHERE team_member.user = ?1))";

/// By his own roles and through teams: at whatever depth where the role reaches members as their own, at
/// organisation level where it gives team privileges only.
const PRIVILEGES_OF_USER: &str = "
    SELECT role_privilege.privilege, role_privilege.depth FROM user_role
    JOIN role ON role.id = user_role.role
    JOIN role_privilege ON role_privilege.role = role.root
    WHERE user_role.user = ?1
    UNION ALL
    SELECT role_privilege.privilege, role_privilege.depth FROM team_member
    JOIN team ON team.id = team_member.team AND team.kind <> ?2
    JOIN team_role ON team_role.team = team.id
    JOIN role ON role.id = team_role.role
    JOIN role_privilege ON role_privilege.role = role.root
    WHERE team_member.user = ?1 AND (role.inheritance = ?3 OR role_privilege.depth >= ?4)";

const PRIVILEGES_OF_ROLE: &str = "
    SELECT role_privilege.privilege, role_privilege.depth FROM role
    JOIN role_privilege ON role_privilege.role = role.root
    WHERE role.id = ?1 ORDER BY role_privilege.privilege";

/// Whether the second unit is the first, or above it.
const UNIT_ABOVE: &str = "
    WITH RECURSIVE above (id) AS (
        VALUES (?1) UNION SELECT parent FROM business_unit JOIN above USING (id)
        WHERE parent IS NOT NULL)
    SELECT EXISTS (SELECT 1 FROM above WHERE id = ?2)";
