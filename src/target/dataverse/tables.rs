//! The tables that planning needs of a live environment: what is asked for, and what each row is.
//!
//! In: nothing, and rows. Out: paths with the columns that are read, and facts (platform facts 2, 3.1 and 3.2). How pages
//! come is `pull.rs`.

use serde_json::Value;

use crate::model::{
    AccessMode, BusinessUnit, Depth, Fact, Inheritance, Invitation, ProfileField, Role, RoleId,
    Team, TeamId, TeamType, TextColumn, UnitId, User, UserDetails, UserId,
};
use crate::target::dataverse::row::{Row, Unreadable};

/// A table that is read whole.
pub(super) struct Table {
    /// What it is, for errors and progress.
    pub(super) what: &'static str,
    /// The question.
    pub(super) path: fn() -> String,
    /// What a row of it is.
    pub(super) read: fn(&Row<'_>) -> Result<Fact, Unreadable>,
}

/// The tables, each after those that its rows point to.
pub(super) const TABLES: [Table; 7] = [
    Table {
        what: "business units",
        path: || "businessunits?$select=name,_parentbusinessunitid_value".to_owned(),
        read: unit,
    },
    Table {
        what: "roles",
        path: || {
            let columns = "name,_businessunitid_value,_parentrootroleid_value,_roletemplateid_value,isinherited";
            format!("roles?$select={columns}")
        },
        read: role,
    },
    Table {
        what: "users",
        path: || format!("systemusers?$select={}", user_columns().join(",")),
        read: |row| Ok(Fact::User(user(row)?)),
    },
    Table {
        what: "roles of users",
        path: || "systemuserrolescollection?$select=systemuserid,roleid".to_owned(),
        read: |row| {
            Ok(Fact::UserRole {
                user: UserId(row.id("systemuserid")?),
                role: RoleId(row.id("roleid")?),
            })
        },
    },
    Table {
        what: "teams",
        path: || "teams?$select=name,_businessunitid_value,teamtype".to_owned(),
        read: team,
    },
    Table {
        what: "members of teams",
        path: || "teammemberships?$select=teamid,systemuserid".to_owned(),
        read: |row| {
            Ok(Fact::TeamMember {
                team: TeamId(row.id("teamid")?),
                user: UserId(row.id("systemuserid")?),
            })
        },
    },
    Table {
        what: "roles of teams",
        path: || "teamrolescollection?$select=teamid,roleid".to_owned(),
        read: |row| {
            Ok(Fact::TeamRole {
                team: TeamId(row.id("teamid")?),
                role: RoleId(row.id("roleid")?),
            })
        },
    },
];

/// Columns of users beside their profile.
const USER: [&str; 18] = [
    "domainname",
    "internalemailaddress",
    "personalemailaddress",
    "mobilealertemail",
    "firstname",
    "lastname",
    "fullname",
    "employeeid",
    "_businessunitid_value",
    "accessmode",
    "isdisabled",
    "islicensed",
    "applicationid",
    "azureactivedirectoryobjectid",
    "issyncwithdirectory",
    "deletedstate",
    "invitestatuscode",
    "systemuserid",
];

/// The columns that are read of users.
pub(super) fn user_columns() -> Vec<&'static str> {
    let details = ProfileField::DETAILS.into_iter();
    let details = details.map(|field| TextColumn::of(field).name);
    USER.into_iter().chain(details).collect()
}

fn unit(row: &Row<'_>) -> Result<Fact, Unreadable> {
    Ok(Fact::Unit(BusinessUnit {
        id: UnitId(row.id("businessunitid")?),
        name: row.text("name")?.unwrap_or_default(),
        parent: row.maybe_id("_parentbusinessunitid_value")?.map(UnitId),
    }))
}

fn role(row: &Row<'_>) -> Result<Fact, Unreadable> {
    let id = RoleId(row.id("roleid")?);
    let root = row.maybe_id("_parentrootroleid_value")?.map(RoleId);
    let inheritance = row.choice("isinherited", Inheritance::from_code)?;
    Ok(Fact::Role(Role {
        id,
        name: row.text("name")?.unwrap_or_default(),
        business_unit: UnitId(row.id("_businessunitid_value")?),
        root: root.unwrap_or(id),
        template: row.maybe_id("_roletemplateid_value")?,
        inheritance: inheritance.unwrap_or(Inheritance::DirectUser),
    }))
}

fn team(row: &Row<'_>) -> Result<Fact, Unreadable> {
    let kind = row.choice("teamtype", TeamType::from_code)?;
    Ok(Fact::Team(Team {
        id: TeamId(row.id("teamid")?),
        name: row.text("name")?.unwrap_or_default(),
        business_unit: UnitId(row.id("_businessunitid_value")?),
        kind: kind.unwrap_or(TeamType::Owner),
    }))
}

/// A user.
pub(super) fn user(row: &Row<'_>) -> Result<User, Unreadable> {
    let mut profile = std::collections::BTreeMap::new();
    for field in ProfileField::DETAILS {
        if let Some(text) = row.text(TextColumn::of(field).name)? {
            profile.insert(field, text);
        }
    }
    let mode = row.choice("accessmode", AccessMode::from_code)?;
    let disabled = row.flag("isdisabled")?.unwrap_or(false);
    let application_id = row.maybe_id("applicationid")?;
    let directory_id = row.maybe_id("azureactivedirectoryobjectid")?;
    let synchronised = row.flag("issyncwithdirectory")?;
    // No column says so: a stub user is disabled and has nobody behind it, in the directory or out of it.
    let stub = disabled
        && application_id.is_none()
        && directory_id.is_none()
        && synchronised != Some(true);
    Ok(User {
        id: UserId(row.id("systemuserid")?),
        upn: row.text("domainname")?.unwrap_or_default(),
        mail: row.text("internalemailaddress")?,
        mail2: row.text("personalemailaddress")?,
        mobile_alert_mail: row.text("mobilealertemail")?,
        first_name: row.text("firstname")?,
        last_name: row.text("lastname")?,
        full_name: row.text("fullname")?,
        employee_id: row.text("employeeid")?,
        business_unit: UnitId(row.id("_businessunitid_value")?),
        access_mode: mode.unwrap_or(AccessMode::ReadWrite),
        disabled,
        licensed: row.flag("islicensed")?,
        application_id,
        directory_id,
        stub,
        details: Box::new(UserDetails {
            profile,
            synchronised,
            deleted: row.number("deletedstate")?.unwrap_or(0) != 0,
            invitation: row.choice("invitestatuscode", Invitation::from_code)?,
            invited_on: None,
        }),
    })
}

/// How far a privilege of a role reaches, by the mask that the service keeps.
pub(super) fn depth(row: &Row<'_>) -> Result<Depth, Unreadable> {
    let depth = row.choice("privilegedepthmask", Depth::from_code)?;
    depth.ok_or_else(|| Unreadable("a privilege of a role without `privilegedepthmask`".to_owned()))
}

/// The rows of a page.
pub(super) fn rows(page: &Value) -> Result<&Vec<Value>, Unreadable> {
    let rows = page.get("value").and_then(Value::as_array);
    rows.ok_or_else(|| Unreadable("no list of rows under `value`".to_owned()))
}
