//! Making users by a plain create, which gives no role.
//!
//! In: a user as the Web API makes one (platform facts 1.6). Out: the answer. A plan makes none like this, its stub users
//! come with their role (`stub.rs`); whoever serves the Web API over an environment file does.

use std::fmt::Display;

use crate::model::{AccessMode, Principal, Refusal, UnitId, UserId};
use crate::service::refusals::{Reason, refusal, too_long};
use crate::service::rows;
use crate::service::stub::Texts;
use crate::service::{Performed, Service, ServiceError};

/// A user to be made by a plain create, which gives no role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUser {
    /// `systemuserid`.
    pub id: UserId,
    /// `domainname`.
    pub upn: String,
    /// `internalemailaddress`.
    pub mail: String,
    /// `firstname`.
    pub first_name: Option<String>,
    /// `lastname`.
    pub last_name: Option<String>,
    /// `employeeid`.
    pub employee_id: Option<String>,
    /// `businessunitid`; the root where it is `None`.
    pub business_unit: Option<UnitId>,
    /// Whether nobody of the directory stands behind it, so that it is a disabled stub user.
    pub is_stub: bool,
}

impl Service<'_> {
    /// Makes a user as a plain create does (platform facts 1.6): without a role, which is a write of its own.
    pub fn create_user(&mut self, user: &NewUser) -> Result<Performed, ServiceError> {
        if let Some(refusal) = self.new_user_refusal(user)? {
            return Ok(Performed::Refused(refusal));
        }
        let root = rows::root_unit(self.connection)?.ok_or(ServiceError::NoRootUnit)?;
        let unit = user.business_unit.unwrap_or(root);
        let names = [&user.first_name, &user.last_name].into_iter().flatten();
        let names: Vec<&str> = names.map(String::as_str).collect();
        let sql = "INSERT INTO user (id, upn, mail, first_name, last_name, full_name, employee_id,
                   business_unit, access_mode, disabled, stub) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let values = (
            user.id.0.as_bytes(),
            &user.upn,
            &user.mail,
            &user.first_name,
            &user.last_name,
            names.join(" "),
            &user.employee_id,
            unit.0.as_bytes(),
            AccessMode::ReadWrite.code(),
            user.is_stub,
            user.is_stub,
        );
        rows::change(self.connection, sql, values)?;
        if let Some(taken) = &mut self.memo.taken {
            taken.add(user.id, &user.upn, &user.mail);
        }
        Ok(Performed::Done { actual: None })
    }

    fn new_user_refusal(&mut self, user: &NewUser) -> Result<Option<Refusal>, ServiceError> {
        if let Some(refusal) = self.may_create_users()? {
            return Ok(Some(refusal));
        }
        let columns = [
            ("domainname", &user.upn),
            ("internalemailaddress", &user.mail),
        ];
        let mut columns = columns.into_iter();
        if let Some((column, _)) = columns.find(|(_, text)| text.trim().is_empty()) {
            let values: [(&str, &dyn Display); 1] = [("column", &column)];
            return Ok(Some(refusal(Reason::RequiredColumn, &values)));
        }
        let names = [user.first_name.as_ref(), user.last_name.as_ref()];
        let texts = Texts {
            upn: &user.upn,
            mail: &user.mail,
            names,
            employee_id: user.employee_id.as_ref(),
        };
        if let Some(column) = texts.column_too_short() {
            return Ok(Some(too_long(column)));
        }
        if let Some(unit) = user.business_unit
            && !self.unit_exists(unit)?
        {
            return Ok(Some(refusal(Reason::UnitMissing, &[("id", &unit)])));
        }
        if let Some((column, other)) = self.taken()?.by(&user.upn, &user.mail) {
            let values: [(&str, &dyn Display); 2] = [("column", &column), ("other", &other)];
            return Ok(Some(refusal(Reason::UserTaken, &values)));
        }
        let there = rows::holder(self.connection, Principal::User(user.id))?.is_some();
        let values: [(&str, &dyn Display); 2] = [("entity", &"systemuser"), ("id", &user.id)];
        Ok(there.then(|| refusal(Reason::DuplicateKey, &values)))
    }
}
