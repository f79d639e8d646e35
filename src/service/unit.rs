//! Moving a user to another business unit.
//!
//! In: a user and a unit. Out: the answer; the user stands in the unit, and has lost all roles unless
//! two settings say otherwise (platform facts, 3.4). Records are not kept by unit in an environment
//! file, so that they move with their owner needs no row written. The default teams of units follow
//! their users on a live service; an environment file holds the members that were loaded.

use crate::model::{Principal, UnitId, UserId, setting};
use crate::service::refusals::{Reason, refusal};
use crate::service::role::principal_missing;
use crate::service::rows;
use crate::service::{Performed, Service, ServiceError};

impl Service<'_> {
    /// Moves a user to a business unit, which strips the roles unless settings say otherwise.
    pub fn move_user(&mut self, user: UserId, unit: UnitId) -> Result<Performed, ServiceError> {
        let principal = Principal::User(user);
        let Some(holder) = rows::holder(self.connection, principal)? else {
            return Ok(Performed::Refused(principal_missing(principal)));
        };
        let sql = "SELECT EXISTS (SELECT 1 FROM business_unit WHERE id = ?1)";
        if !rows::yes(self.connection, sql, [unit.0.as_bytes()])? {
            return Ok(Performed::Refused(refusal(
                Reason::UnitMissing,
                &[("id", &unit)],
            )));
        }
        if holder.unit == unit {
            return Ok(Performed::NoChangeNeeded);
        }
        let values = (user.0.into_bytes(), unit.0.into_bytes());
        let sql = "UPDATE user SET business_unit = ?2 WHERE id = ?1";
        rows::change(self.connection, sql, values)?;
        if !self.keeps_roles()? {
            let sql = "DELETE FROM user_role WHERE user = ?1";
            rows::change(self.connection, sql, [user.0.as_bytes()])?;
        }
        self.memo.rights_changed();
        Ok(Performed::Done { actual: None })
    }

    /// The setting that keeps roles counts only where ownership across units is on.
    fn keeps_roles(&self) -> Result<bool, ServiceError> {
        Ok(self.setting(setting::OWNERSHIP_ACROSS_UNITS)?
            && self.setting(setting::KEEP_ROLES_ON_MOVE)?)
    }
}
