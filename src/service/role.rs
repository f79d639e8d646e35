//! Giving and taking roles, of users and of teams.
//!
//! In: a principal and one copy of a role. Out: the answer, and the row written or deleted. Platform
//! facts 3.2 to 3.6. Which copy should be given is the plan's choice; a wrong one is refused here.

use std::fmt::Display;

use crate::model::{
    AccessMode, Inheritance, Principal, Refusal, RoleId, TeamType, UserId, setting,
};
use crate::service::directory;
use crate::service::refusals::{Reason, refusal};
use crate::service::rows::{self, Holder, HolderKind};
use crate::service::{Performed, Service, ServiceError};

impl Service<'_> {
    pub(super) fn give_role(
        &mut self,
        principal: Principal,
        role: RoleId,
    ) -> Result<Performed, ServiceError> {
        let Some(holder) = rows::holder(self.connection, principal)? else {
            return Ok(Performed::Refused(principal_missing(principal)));
        };
        if rows::holds(self.connection, principal, role)? {
            return Ok(Performed::NoChangeNeeded);
        }
        if let Some(refusal) = self.may_give_role(principal, holder.unit, role)? {
            return Ok(Performed::Refused(refusal));
        }
        if let Some(refusal) = self.role_refusal(principal, &holder, role)? {
            return Ok(Performed::Refused(refusal));
        }
        self.insert_role(principal, role)?;
        Ok(Performed::Done { actual: None })
    }

    pub(super) fn remove_role(
        &mut self,
        principal: Principal,
        role: RoleId,
    ) -> Result<Performed, ServiceError> {
        let Some(holder) = rows::holder(self.connection, principal)? else {
            return Ok(Performed::Refused(principal_missing(principal)));
        };
        if !rows::holds(self.connection, principal, role)? {
            return Ok(Performed::NoChangeNeeded);
        }
        if let Some(refusal) = self.may_take_role(principal, holder.unit)? {
            return Ok(Performed::Refused(refusal));
        }
        if let Principal::User(user) = principal
            && rows::is_system_administrator(self.connection, role)?
            && let Some(refusal) = self.stays_system_administrator(user, role)?
        {
            return Ok(Performed::Refused(refusal));
        }
        self.delete_role(principal, role)?;
        Ok(Performed::Done { actual: None })
    }

    /// Why System Administrator cannot be taken from a user, if so. Where both reasons hold, the last one
    /// of all speaks first; no source says which does.
    fn stays_system_administrator(
        &self,
        user: UserId,
        role: RoleId,
    ) -> Result<Option<Refusal>, ServiceError> {
        let reason = if !rows::other_system_administrator(self.connection, user, role)? {
            Reason::LastSystemAdministrator
        } else if directory::is_administrator(self.connection, user)? {
            Reason::DirectoryAdministrator
        } else {
            return Ok(None);
        };
        Ok(Some(refusal(reason, &[("principal", &user)])))
    }

    /// The way back of a removal: no rule is asked, only whether the role is as the change says.
    pub(super) fn put_role_back(
        &mut self,
        principal: Principal,
        role: RoleId,
    ) -> Result<Performed, ServiceError> {
        if rows::holder(self.connection, principal)?.is_none() {
            return Ok(Performed::Refused(principal_missing(principal)));
        }
        if rows::role_unit(self.connection, role)?.is_none() {
            return Ok(Performed::Refused(unknown_role(role)));
        }
        if rows::holds(self.connection, principal, role)? {
            return Ok(not_as_before(&format!("{principal} has role {role}")));
        }
        self.insert_role(principal, role)?;
        Ok(Performed::Done { actual: None })
    }

    /// The way back of a gift: no rule is asked, only whether the role is as the change says.
    pub(super) fn take_role_back(
        &mut self,
        principal: Principal,
        role: RoleId,
    ) -> Result<Performed, ServiceError> {
        if self.delete_role(principal, role)? == 0 {
            return Ok(not_as_before(&format!("{principal} has not role {role}")));
        }
        Ok(Performed::Done { actual: None })
    }

    /// Why the role cannot be given, if so. Where several rules are broken, the support user speaks before
    /// the unit, and that before the disabled user; no source says which one does.
    pub(super) fn role_refusal(
        &self,
        principal: Principal,
        holder: &Holder,
        role: RoleId,
    ) -> Result<Option<Refusal>, ServiceError> {
        let Some(role_unit) = rows::role_unit(self.connection, role)? else {
            return Ok(Some(unknown_role(role)));
        };
        let (other_unit, disabled) = match holder.kind {
            HolderKind::User {
                mode: AccessMode::Support,
                ..
            } => {
                let principal = principal.uuid();
                let values: [(&str, &dyn Display); 1] = [("principal", &principal)];
                return Ok(Some(refusal(Reason::RoleToSupportUser, &values)));
            }
            HolderKind::User { disabled, .. } => (Reason::RoleOfOtherUnit, disabled),
            HolderKind::Team {
                kind: TeamType::Access,
            } => return Ok(Some(refusal(Reason::RoleToAccessTeam, &[]))),
            HolderKind::Team {
                kind: TeamType::SecurityGroup | TeamType::OfficeGroup,
            } if self.is_team_only(role)? => {
                let principal = principal.uuid();
                let values: [(&str, &dyn Display); 1] = [("principal", &principal)];
                return Ok(Some(refusal(Reason::TeamOnlyRoleToGroupTeam, &values)));
            }
            HolderKind::Team { .. } => (Reason::TeamRoleOfOtherUnit, false),
        };
        if role_unit != holder.unit && !self.setting(setting::OWNERSHIP_ACROSS_UNITS)? {
            let principal = principal.uuid();
            return Ok(Some(refusal(
                other_unit,
                &[
                    ("principal", &principal),
                    ("unit", &holder.unit),
                    ("role", &role),
                    ("role_unit", &role_unit),
                ],
            )));
        }
        if disabled && !self.setting(setting::ROLES_ON_DISABLED)? {
            let principal = principal.uuid();
            return Ok(Some(refusal(
                Reason::RoleToDisabledUser,
                &[
                    ("principal", &principal),
                    ("setting", &setting::ROLES_ON_DISABLED),
                ],
            )));
        }
        Ok(None)
    }

    /// Whether a role gives its privileges to the team alone, and not to its members.
    fn is_team_only(&self, role: RoleId) -> Result<bool, ServiceError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM role WHERE id = ?1 AND inheritance = ?2)";
        let values = (role.0.as_bytes(), Inheritance::TeamOnly.code());
        rows::yes(self.connection, sql, values)
    }

    pub(super) fn insert_role(
        &mut self,
        principal: Principal,
        role: RoleId,
    ) -> Result<(), ServiceError> {
        let sql = match principal {
            Principal::User(_) => "INSERT INTO user_role (user, role) VALUES (?1, ?2)",
            Principal::Team(_) => "INSERT INTO team_role (team, role) VALUES (?1, ?2)",
        };
        let values = (principal.uuid().into_bytes(), role.0.into_bytes());
        rows::change(self.connection, sql, values)?;
        self.memo.rights_changed(principal);
        Ok(())
    }

    pub(super) fn delete_role(
        &mut self,
        principal: Principal,
        role: RoleId,
    ) -> Result<usize, ServiceError> {
        let sql = match principal {
            Principal::User(_) => "DELETE FROM user_role WHERE user = ?1 AND role = ?2",
            Principal::Team(_) => "DELETE FROM team_role WHERE team = ?1 AND role = ?2",
        };
        let values = (principal.uuid().into_bytes(), role.0.into_bytes());
        let deleted = rows::change(self.connection, sql, values)?;
        self.memo.rights_changed(principal);
        Ok(deleted)
    }
}

/// The user or team of a write is not there.
pub(super) fn principal_missing(principal: Principal) -> Refusal {
    let entity = match principal {
        Principal::User(_) => "systemuser",
        Principal::Team(_) => "team",
    };
    let id = principal.uuid();
    refusal(
        Reason::PrincipalMissing,
        &[("entity", &entity), ("id", &id)],
    )
}

/// The subject is not as the change was planned upon.
pub(super) fn not_as_before(what: &str) -> Performed {
    Performed::Refused(refusal(Reason::NotAsBefore, &[("what", &what)]))
}

pub(super) fn unknown_role(role: RoleId) -> Refusal {
    refusal(Reason::UnknownRole, &[("role", &role)])
}
