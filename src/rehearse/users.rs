//! Writes about users: made, changed, deleted.
//!
//! In: a body. Out: what `service/` did with it, or its refusal. Business unit, access mode and profile are one write
//! of the service; the other columns are written as they come.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::Value;
use uuid::Uuid;

use crate::model::{
    AccessMode, Changed, Principal, ProfileField, UnitId, UserChange, UserId, Write,
};
use crate::rehearse::api::Api;
use crate::rehearse::body::Body;
use crate::rehearse::extra;
use crate::rehearse::failure::Failure;
use crate::rehearse::schema::profile_field;
use crate::service::{NewUser, Performed};

/// Columns that the service keeps to itself where users are synchronised.
const KEPT: [&str; 2] = ["islicensed", "issyncwithdirectory"];

impl Api<'_> {
    /// Makes a user; disabled, unless somebody of the directory with a licence stands behind it.
    pub(in crate::rehearse) fn create_user(
        &mut self,
        mut body: Body,
        id: Uuid,
    ) -> Result<(), Failure> {
        refuse_kept(&body)?;
        let unit = body.lookups.get("_businessunitid_value").cloned().flatten();
        let upn = body.take_text("domainname").unwrap_or_default();
        let user = NewUser {
            id: UserId(id),
            is_stub: !self.is_licensed_person(&upn)?,
            upn,
            mail: body.take_text("internalemailaddress").unwrap_or_default(),
            first_name: body.take_text("firstname").filter(|name| !name.is_empty()),
            last_name: body.take_text("lastname").filter(|name| !name.is_empty()),
            employee_id: body.take_text("employeeid").filter(|text| !text.is_empty()),
            business_unit: unit.map(|(_, unit)| UnitId(unit)),
        };
        body.columns.remove("systemuserid");
        body.columns.remove("fullname");
        if let Performed::Refused(refusal) = self.service.create_user(&user)? {
            return Err(refusal.into());
        }
        body.lookups.clear();
        self.update_user(body, id)?;
        if self.switches.create_gives_role && user.is_stub {
            self.give_default_role(user.id)?;
        }
        Ok(())
    }

    /// Gives a stub user its role, as the service does itself: past the rules for disabled users.
    fn give_default_role(&mut self, user: UserId) -> Result<(), Failure> {
        if let (_, Some(role)) = self.default_role()? {
            let sql = "INSERT INTO user_role (user, role) VALUES (?1, ?2)";
            let ids = (user.0.as_bytes(), role.0.as_bytes());
            self.connection.execute(sql, ids)?;
            self.service.forget();
            self.log.role(Principal::User(user), role, true);
        }
        Ok(())
    }

    /// Whether the directory has a person of this name who holds a licence.
    fn is_licensed_person(&self, upn: &str) -> Result<bool, Failure> {
        let sql = "SELECT EXISTS (SELECT 1 FROM directory_licence JOIN directory_person
                   ON directory_person.upn = directory_licence.person
                   WHERE lower(directory_person.upn) = lower(?1))";
        Ok(self
            .connection
            .query_row(sql, [upn.trim()], |row| row.get(0))?)
    }

    /// Changes a user; whether there was anything to change.
    pub(in crate::rehearse) fn update_user(
        &mut self,
        mut body: Body,
        id: Uuid,
    ) -> Result<bool, Failure> {
        refuse_kept(&body)?;
        let user = UserId(id);
        let (unit, mode) = self.unit_and_mode(user)?;
        let unit_after = body.lookups.remove("_businessunitid_value").flatten();
        let mut profile = BTreeMap::new();
        for (name, value) in std::mem::take(&mut body.columns) {
            match profile_field(&name) {
                Some(ProfileField::FullName) => {}
                Some(field) => {
                    let after = value.as_str().filter(|text| !text.is_empty());
                    let after = after.map(ToOwned::to_owned);
                    let before = None;
                    profile.insert(field, Changed { before, after });
                }
                None => {
                    body.columns.insert(name, value);
                }
            }
        }
        let change = UserChange {
            user,
            business_unit: unit_after.map(|(_, after)| Changed {
                before: unit,
                after: UnitId(after),
            }),
            access_mode: access_mode(&mut body)?.map(|after| Changed {
                before: mode,
                after,
            }),
            profile,
            roles: None,
        };
        let speaks = change.business_unit.is_some()
            || change.access_mode.is_some()
            || !change.profile.is_empty();
        let changes = speaks && self.perform(&Write::ChangeUser(Box::new(change)))?;
        let has_more = !body.columns.is_empty();
        self.write_columns(body, id)?;
        Ok(changes || has_more)
    }

    fn unit_and_mode(&self, user: UserId) -> Result<(UnitId, AccessMode), Failure> {
        let sql = "SELECT business_unit, access_mode FROM user WHERE id = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found = statement.query([user.0.as_bytes()])?;
        let Some(row) = found.next()? else {
            return Err(Failure::no_row("systemuser", user));
        };
        let mode = AccessMode::from_code(row.get(1)?).unwrap_or(AccessMode::ReadWrite);
        Ok((UnitId(Uuid::from_bytes(row.get(0)?)), mode))
    }

    /// The columns that no rule is about.
    fn write_columns(&mut self, mut body: Body, id: Uuid) -> Result<(), Failure> {
        let columns = [
            ("domainname", "upn"),
            ("personalemailaddress", "mail2"),
            ("mobilealertemail", "mobile_alert_mail"),
            ("employeeid", "employee_id"),
        ];
        for (column, field) in columns {
            if let Some(text) = body.take_text(column) {
                let text = Some(text).filter(|text| !text.is_empty());
                let sql = format!("UPDATE user SET {field} = ?2 WHERE id = ?1");
                self.connection.execute(&sql, (id.as_bytes(), text))?;
            }
        }
        if let Some(disabled) = body.columns.remove("isdisabled") {
            self.disable(id, disabled == Value::Bool(true))?;
        }
        self.service.forget();
        extra::write(self.connection, "systemuser", id, body.columns)?;
        Ok(())
    }

    /// Disables or enables a user; one without anybody behind cannot be enabled (platform facts 1.1).
    fn disable(&self, id: Uuid, disabled: bool) -> Result<(), Failure> {
        let sql = "UPDATE user SET disabled = ?2 WHERE id = ?1 AND (?2 OR NOT stub)";
        if self.connection.execute(sql, (id.as_bytes(), disabled))? == 0 {
            return Err(Failure::new(
                "0x8004d24c",
                "The user cannot be enabled without a license.",
            ));
        }
        Ok(())
    }

    /// Deletes a user who is disabled and owns nothing.
    pub(in crate::rehearse) fn delete_user(&mut self, id: Uuid) -> Result<(), Failure> {
        let sql = "SELECT disabled, EXISTS (SELECT 1 FROM record WHERE owner = ?1) FROM user WHERE id = ?1";
        let (disabled, owns): (bool, bool) =
            self.connection
                .query_row(sql, [id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if !disabled || owns {
            let words = "The user cannot be deleted while it is enabled or owns records.";
            return Err(
                Failure::new("0x80040264", words).with_status(StatusCode::METHOD_NOT_ALLOWED)
            );
        }
        for sql in [
            "DELETE FROM user_role WHERE user = ?1",
            "DELETE FROM team_member WHERE user = ?1",
            "DELETE FROM user_licence WHERE user = ?1",
            "DELETE FROM user WHERE id = ?1",
        ] {
            self.connection.execute(sql, [id.as_bytes()])?;
        }
        self.service.forget();
        Ok(extra::remove(self.connection, "systemuser", id)?)
    }
}

fn refuse_kept(body: &Body) -> Result<(), Failure> {
    let kept = KEPT.iter().find(|name| body.columns.contains_key(**name));
    match kept {
        Some(name) => Err(Failure::new(
            "0x80041d4d",
            format!("`{name}` of a synchronised user cannot be written."),
        )),
        None => Ok(()),
    }
}

fn access_mode(body: &mut Body) -> Result<Option<AccessMode>, Failure> {
    let Some(value) = body.columns.remove("accessmode") else {
        return Ok(None);
    };
    let code = value.as_u64().and_then(|code| u8::try_from(code).ok());
    match code.and_then(AccessMode::from_code) {
        Some(mode) => Ok(Some(mode)),
        None => Err(Failure::new(
            "0x80044183",
            format!("'{value}' is no value of 'accessmode'."),
        )),
    }
}
