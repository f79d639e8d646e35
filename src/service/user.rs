//! Changing an existing user: business unit, access mode, profile fields, then roles.
//!
//! In: one user's unit of work. Out: the answer; all of it is written, or nothing. Platform facts 3.4 and
//! 3.6: a new business unit strips the roles unless two settings say otherwise, so every role that shall be
//! held in the end is given afterwards. Records are not kept by unit in an environment file, so that they
//! move with their owner needs no row written. The default teams of units follow their users on a live
//! service; an environment file holds the members that were loaded.

use std::collections::BTreeSet;
use std::fmt::Display;

use rusqlite::OptionalExtension;

use crate::model::{
    AccessMode, Aspects, NameOrder, Principal, ProfileField, Refusal, RoleId, TextColumn, UnitId,
    UserChange, UserId, UserValues, setting,
};
use crate::service::refusals::{Reason, refusal, too_long};
use crate::service::role::{not_as_before, principal_missing, unknown_role};
use crate::service::rows::{self, Account};
use crate::service::{Performed, Service, ServiceError};

/// How many non-interactive users there may be where no setting says so.
const NON_INTERACTIVE_MAX: u32 = 7;

/// The fields that the full name is composed of.
const NAMES: [ProfileField; 2] = [ProfileField::FirstName, ProfileField::LastName];

impl Service<'_> {
    pub(super) fn change_user(&mut self, change: &UserChange) -> Result<Performed, ServiceError> {
        let user = change.user;
        let Some(account) = rows::account(self.connection, user)? else {
            return Ok(Performed::Refused(principal_missing(Principal::User(user))));
        };
        let after = change.after();
        if self.values(user, &account, &change.aspects())? == after {
            return Ok(Performed::NoChangeNeeded);
        }
        if let Some(refusal) = self.change_refusal(user, &account, &after)? {
            return Ok(Performed::Refused(refusal));
        }
        self.all_or_nothing(user, |service| service.make_so(user, &account, &after))
    }

    /// The way back: no rule is asked, only whether the user is as the change says.
    pub(super) fn put_user_back(&mut self, change: &UserChange) -> Result<Performed, ServiceError> {
        let user = change.user;
        let Some(account) = rows::account(self.connection, user)? else {
            return Ok(Performed::Refused(principal_missing(Principal::User(user))));
        };
        if self.values(user, &account, &change.aspects())? != change.before() {
            return Ok(not_as_before(&format!("user {user} has other values")));
        }
        self.all_or_nothing(user, |service| {
            service.put_back(user, &account, &change.after())
        })
    }

    /// Why the user cannot be changed so, whatever becomes of the roles, if so.
    fn change_refusal(
        &mut self,
        user: UserId,
        account: &Account,
        after: &UserValues,
    ) -> Result<Option<Refusal>, ServiceError> {
        if let Some(refusal) = self.may_write_users()? {
            return Ok(Some(refusal));
        }
        let mode = after.access_mode.filter(|mode| *mode != account.mode);
        if mode.is_some()
            && let Some(refusal) = self.may_change_modes()?
        {
            return Ok(Some(refusal));
        }
        if let Some(column) = column_too_short(after) {
            return Ok(Some(too_long(column)));
        }
        let unit = after.business_unit.filter(|unit| *unit != account.unit);
        if let Some(unit) = unit
            && !self.unit_exists(unit)?
        {
            return Ok(Some(refusal(Reason::UnitMissing, &[("id", &unit)])));
        }
        let stripped = unit.is_some() && !self.keeps_roles()?;
        let kept_out = mode.is_some_and(|mode| !administers(mode));
        if (stripped || kept_out) && rows::is_last_system_administrator(self.connection, user)? {
            let values: [(&str, &dyn Display); 1] = [("principal", &user)];
            return Ok(Some(refusal(Reason::LastSystemAdministrator, &values)));
        }
        match mode {
            Some(mode) => self.mode_refusal(user, account, mode),
            None => Ok(None),
        }
    }

    fn mode_refusal(
        &self,
        user: UserId,
        account: &Account,
        mode: AccessMode,
    ) -> Result<Option<Refusal>, ServiceError> {
        if account.application {
            let values: [(&str, &dyn Display); 1] = [("principal", &user)];
            return Ok(Some(refusal(Reason::ApplicationUserMode, &values)));
        }
        if account.licensed == Some(false) {
            let values: [(&str, &dyn Display); 1] = [("principal", &user)];
            return Ok(Some(refusal(Reason::ModeWithoutLicence, &values)));
        }
        if mode != AccessMode::NonInteractive {
            return Ok(None);
        }
        let max = rows::number_setting(
            self.connection,
            setting::NON_INTERACTIVE_MAX,
            NON_INTERACTIVE_MAX,
        )?;
        let count = rows::non_interactive_users(self.connection)?;
        let values: [(&str, &dyn Display); 2] = [("max", &max), ("count", &count)];
        Ok((count >= max).then(|| refusal(Reason::NonInteractiveLimit, &values)))
    }

    /// A refusal in the middle takes back what was written before it.
    fn all_or_nothing(
        &mut self,
        user: UserId,
        write: impl FnOnce(&mut Self) -> Result<Option<Refusal>, ServiceError>,
    ) -> Result<Performed, ServiceError> {
        self.connection.execute_batch("SAVEPOINT change_user")?;
        let refused = write(self)?;
        if refused.is_some() {
            self.connection.execute_batch("ROLLBACK TO change_user")?;
        }
        self.connection.execute_batch("RELEASE change_user")?;
        self.memo.rights_changed(Principal::User(user));
        Ok(match refused {
            Some(refusal) => Performed::Refused(refusal),
            None => Performed::Done { actual: None },
        })
    }

    /// What the user holds of these aspects.
    fn values(
        &self,
        user: UserId,
        account: &Account,
        aspects: &Aspects,
    ) -> Result<UserValues, ServiceError> {
        let mut values = UserValues {
            business_unit: aspects.business_unit.then_some(account.unit),
            access_mode: aspects.access_mode.then_some(account.mode),
            profile: [].into(),
            roles: None,
        };
        for field in &aspects.profile {
            let sql = format!("SELECT {} FROM user WHERE id = ?1", field.key());
            let value: Option<Option<String>> =
                rows::value(self.connection, &sql, [user.0.as_bytes()])?;
            values.profile.insert(*field, value.flatten());
        }
        if aspects.roles {
            values.roles = Some(self.roles_of(user)?.into_iter().collect());
        }
        Ok(values)
    }

    /// Takes the user from wherever it is to `after`, by the rules: a run before may have come half way.
    fn make_so(
        &mut self,
        user: UserId,
        account: &Account,
        after: &UserValues,
    ) -> Result<Option<Refusal>, ServiceError> {
        if let Some(unit) = after.business_unit.filter(|unit| *unit != account.unit) {
            self.set_unit(user, unit)?;
            if !self.keeps_roles()? {
                let sql = "DELETE FROM user_role WHERE user = ?1";
                rows::change(self.connection, sql, [user.0.as_bytes()])?;
            }
            // Who moves himself gives from here on with what is left to him.
            self.memo.rights_changed(Principal::User(user));
        }
        self.set_mode(user, after)?;
        let order = self.name_order(user)?;
        for (field, value) in &after.profile {
            // Read-only: the service composes it.
            if *field != ProfileField::FullName {
                self.set_field(user, *field, value.as_deref())?;
            }
        }
        if after.profile.keys().any(|field| NAMES.contains(field)) {
            self.compose_full_name(user, order)?;
        }
        for role in after.roles.iter().flatten() {
            if let Some(refusal) = self.give_in_turn(user, *role)? {
                return Ok(Some(refusal));
            }
        }
        Ok(None)
    }

    fn give_in_turn(
        &mut self,
        user: UserId,
        role: RoleId,
    ) -> Result<Option<Refusal>, ServiceError> {
        Ok(match self.give_role(Principal::User(user), role)? {
            Performed::Refused(refusal) => Some(refusal),
            Performed::Done { .. } | Performed::NoChangeNeeded => None,
        })
    }

    fn put_back(
        &mut self,
        user: UserId,
        account: &Account,
        after: &UserValues,
    ) -> Result<Option<Refusal>, ServiceError> {
        if let Some(unit) = after.business_unit.filter(|unit| *unit != account.unit) {
            if !self.unit_exists(unit)? {
                return Ok(Some(refusal(Reason::UnitMissing, &[("id", &unit)])));
            }
            self.set_unit(user, unit)?;
        }
        self.set_mode(user, after)?;
        for (field, value) in &after.profile {
            self.set_field(user, *field, value.as_deref())?;
        }
        let Some(roles) = &after.roles else {
            return Ok(None);
        };
        self.set_roles(user, roles)
    }

    /// Gives and takes until these roles are held and no others.
    fn set_roles(
        &mut self,
        user: UserId,
        roles: &BTreeSet<RoleId>,
    ) -> Result<Option<Refusal>, ServiceError> {
        let held: BTreeSet<RoleId> = self.roles_of(user)?.into_iter().collect();
        let principal = Principal::User(user);
        for role in held.difference(roles) {
            self.delete_role(principal, *role)?;
        }
        for role in roles.difference(&held) {
            if rows::role_unit(self.connection, *role)?.is_none() {
                return Ok(Some(unknown_role(*role)));
            }
            self.insert_role(principal, *role)?;
        }
        Ok(None)
    }

    pub(super) fn unit_exists(&self, unit: UnitId) -> Result<bool, ServiceError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM business_unit WHERE id = ?1)";
        rows::yes(self.connection, sql, [unit.0.as_bytes()])
    }

    fn set_unit(&self, user: UserId, unit: UnitId) -> Result<(), ServiceError> {
        let sql = "UPDATE user SET business_unit = ?2 WHERE id = ?1";
        let values = (user.0.as_bytes(), unit.0.as_bytes());
        rows::change(self.connection, sql, values)?;
        Ok(())
    }

    fn set_mode(&self, user: UserId, after: &UserValues) -> Result<(), ServiceError> {
        if let Some(mode) = after.access_mode {
            let sql = "UPDATE user SET access_mode = ?2 WHERE id = ?1";
            rows::change(self.connection, sql, (user.0.as_bytes(), mode.code()))?;
        }
        Ok(())
    }

    /// Fields are columns by the names of their keys.
    fn set_field(
        &self,
        user: UserId,
        field: ProfileField,
        value: Option<&str>,
    ) -> Result<(), ServiceError> {
        let sql = format!("UPDATE user SET {} = ?2 WHERE id = ?1", field.key());
        rows::change(self.connection, &sql, (user.0.as_bytes(), value))?;
        Ok(())
    }

    /// The names of a user: first, last and full.
    fn names(&self, user: UserId) -> Result<[Option<String>; 3], ServiceError> {
        let sql = "SELECT first_name, last_name, full_name FROM user WHERE id = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let names = statement.query_row([user.0.as_bytes()], |row| {
            Ok([row.get(0)?, row.get(1)?, row.get(2)?])
        });
        Ok(names.optional()?.unwrap_or_default())
    }

    /// The organisation's order of names, as this user's say.
    fn name_order(&self, user: UserId) -> Result<NameOrder, ServiceError> {
        let [first, last, full] = self.names(user)?;
        Ok(NameOrder::of(
            first.as_deref(),
            last.as_deref(),
            full.as_deref(),
        ))
    }

    /// The full name is composed of the first name and the last, as far as they are there.
    fn compose_full_name(&self, user: UserId, order: NameOrder) -> Result<(), ServiceError> {
        let [first, last, _] = self.names(user)?;
        let full = order.compose(first.as_deref(), last.as_deref());
        let sql = "UPDATE user SET full_name = nullif(?2, '') WHERE id = ?1";
        rows::change(self.connection, sql, (user.0.as_bytes(), full))?;
        Ok(())
    }

    /// The setting that keeps roles counts only where ownership across units is on.
    fn keeps_roles(&self) -> Result<bool, ServiceError> {
        Ok(self.setting(setting::OWNERSHIP_ACROSS_UNITS)?
            && self.setting(setting::KEEP_ROLES_ON_MOVE)?)
    }
}

/// The first column that does not hold its text. The full name is composed by the service, which sees to it.
fn column_too_short(after: &UserValues) -> Option<TextColumn> {
    let written = after.profile.iter();
    let mut written = written.filter(|(field, _)| **field != ProfileField::FullName);
    written.find_map(|(field, text)| {
        let column = TextColumn::of(*field);
        column.excess(text.as_deref()?).map(|_| column)
    })
}

/// Whether somebody of this access mode can do the work of a System Administrator.
fn administers(mode: AccessMode) -> bool {
    matches!(mode, AccessMode::ReadWrite | AccessMode::Administrative)
}
