//! Changes as requests of the Web API.
//!
//! In: a change, and what the environment holds of its subject. Out: the requests that lead from the one to the other:
//! none, one, or several that must be done together (platform facts 1.6, 3.2, 3.4 and 4.1). How they are sent, and
//! what an answer means, is for others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::model::{
    Present, Principal, ProfileField, RoleId, StubUser, TextColumn, UserChange, UserId, UserValues,
    Write,
};

/// One request of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Operation {
    /// The verb.
    pub(super) method: Method,
    /// Below the root of the API.
    pub(super) path: String,
    /// The body, where there is one.
    pub(super) body: Option<Value>,
    /// Whether the row has to be there already.
    pub(super) is_of_a_row: bool,
}

/// What requests need to know of the environment.
#[derive(Clone, Debug)]
pub(super) struct Surroundings {
    /// The root of the API, with a slash at its end.
    pub(super) root: String,
    /// Whether users keep their roles when they move to another business unit.
    pub(super) keeps_roles: bool,
    /// Whether plug-ins and workflows of the environment's own are bypassed.
    pub(super) bypasses_custom_logic: bool,
    /// The sets of tables, by logical name.
    pub(super) sets: BTreeMap<Arc<str>, String>,
}

impl Surroundings {
    /// The requests that lead from what was found to what is planned; `None` where the table is not there.
    pub(super) fn operations(&self, write: &Write, found: &Present) -> Option<Vec<Operation>> {
        Some(match write {
            Write::CreateStub(stub) => self.make(stub, found),
            Write::DeleteStub(stub) => match found {
                Present::Absent => Vec::new(),
                _ => vec![Operation {
                    is_of_a_row: true,
                    ..operation(Method::DELETE, format!("systemusers({})", stub.id))
                }],
            },
            Write::ChangeUser(change) => match found {
                Present::Values(found) => self.change(change, found),
                _ => self.change(change, &change.before()),
            },
            Write::GiveRole { principal, role } => match found {
                Present::Role(true) => Vec::new(),
                _ => vec![self.give(*principal, *role)],
            },
            Write::RemoveRole { principal, role } => match found {
                Present::Role(false) => Vec::new(),
                _ => vec![take(*principal, *role)],
            },
            Write::AssignRecord {
                entity,
                record,
                after,
                ..
            } => {
                let set = self.sets.get(entity)?;
                if *found == Present::Owner(*after) {
                    return Some(Vec::new());
                }
                let owner = bound(*after);
                vec![Operation {
                    body: Some(json!({ "ownerid@odata.bind": owner })),
                    is_of_a_row: true,
                    ..operation(Method::PATCH, format!("{set}({record})"))
                }]
            }
        })
    }

    /// A stub user by the plain way: the user, then its role, which the setting for disabled users allows.
    fn make(&self, stub: &StubUser, found: &Present) -> Vec<Operation> {
        let role = self.give(Principal::User(stub.id), stub.default_role);
        match found {
            Present::User { roles, .. } if roles.contains(&stub.default_role) => Vec::new(),
            Present::User { .. } => vec![role],
            _ => vec![creation(stub), role],
        }
    }

    /// A user: business unit, access mode and profile in one go, then every role that the user lacks by then.
    fn change(&self, change: &UserChange, found: &UserValues) -> Vec<Operation> {
        let after = change.after();
        let user = Principal::User(change.user);
        let mut body = Map::new();
        let moves = after.business_unit != found.business_unit;
        if let (true, Some(unit)) = (moves, after.business_unit) {
            let unit = format!("/businessunits({unit})");
            body.insert("businessunitid@odata.bind".to_owned(), json!(unit));
        }
        if let (true, Some(mode)) = (after.access_mode != found.access_mode, after.access_mode) {
            body.insert("accessmode".to_owned(), json!(mode.code()));
        }
        for (field, value) in &after.profile {
            // Read-only: the service composes it.
            if *field != ProfileField::FullName && found.profile.get(field) != Some(value) {
                body.insert(TextColumn::of(*field).name.to_owned(), json!(value));
            }
        }
        let mut operations = Vec::new();
        if !body.is_empty() {
            operations.push(Operation {
                body: Some(Value::Object(body)),
                is_of_a_row: true,
                ..operation(Method::PATCH, format!("systemusers({})", change.user))
            });
        }
        let wanted = after.roles.unwrap_or_default();
        let is_stripped = moves && !self.keeps_roles;
        let held = match &found.roles {
            Some(roles) if !is_stripped => roles.clone(),
            _ => BTreeSet::new(),
        };
        // Given first, so that nobody is left without any in between.
        operations.extend(wanted.difference(&held).map(|role| self.give(user, *role)));
        operations.extend(held.difference(&wanted).map(|role| take(user, *role)));
        operations
    }

    fn give(&self, principal: Principal, role: RoleId) -> Operation {
        Operation {
            body: Some(json!({ "@odata.id": format!("{}roles({role})", self.root) })),
            ..operation(Method::POST, format!("{}/$ref", roles_of(principal)))
        }
    }
}

/// The user of a stub user, disabled, with the id that was planned.
fn creation(stub: &StubUser) -> Operation {
    let mut body = Map::new();
    let texts = [
        ("domainname", Some(&stub.upn)),
        ("internalemailaddress", Some(&stub.mail)),
        ("firstname", stub.first_name.as_ref()),
        ("lastname", stub.last_name.as_ref()),
        ("employeeid", stub.employee_id.as_ref()),
    ];
    for (column, text) in texts {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            body.insert(column.to_owned(), json!(text));
        }
    }
    let unit = format!("/businessunits({})", stub.business_unit);
    body.insert("systemuserid".to_owned(), json!(stub.id.to_string()));
    body.insert("businessunitid@odata.bind".to_owned(), json!(unit));
    body.insert("isdisabled".to_owned(), json!(true));
    Operation {
        body: Some(Value::Object(body)),
        ..operation(Method::POST, "systemusers".to_owned())
    }
}

fn take(principal: Principal, role: RoleId) -> Operation {
    operation(
        Method::DELETE,
        format!("{}({role})/$ref", roles_of(principal)),
    )
}

fn operation(method: Method, path: String) -> Operation {
    Operation {
        method,
        path,
        body: None,
        is_of_a_row: false,
    }
}

fn roles_of(principal: Principal) -> String {
    match principal {
        Principal::User(UserId(id)) => format!("systemusers({id})/systemuserroles_association"),
        Principal::Team(team) => format!("teams({team})/teamroles_association"),
    }
}

fn bound(principal: Principal) -> String {
    match principal {
        Principal::User(user) => format!("/systemusers({user})"),
        Principal::Team(team) => format!("/teams({team})"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use uuid::Uuid;

    use super::Surroundings;
    use crate::model::{
        AccessMode, Changed, Present, Principal, ProfileField, RecordId, RoleId, StubUser, StubWay,
        TeamId, UnitId, UserChange, UserId, UserValues, Write,
    };

    const USER: UserId = UserId(Uuid::from_u128(1));
    const UNITS: [UnitId; 2] = [UnitId(Uuid::from_u128(2)), UnitId(Uuid::from_u128(3))];
    const ROLES: [RoleId; 2] = [RoleId(Uuid::from_u128(4)), RoleId(Uuid::from_u128(5))];

    fn id(number: u128) -> String {
        Uuid::from_u128(number).to_string()
    }

    /// The request that gives a role to the user.
    fn given(role: u128) -> String {
        let (user, role) = (id(1), id(role));
        format!(
            "POST systemusers({user})/systemuserroles_association/$ref {{\"@odata.id\":\"https://x/roles({role})\"}}"
        )
    }

    fn moved() -> UserChange {
        let text = |text: &str| Some(text.to_owned());
        let [before, after] = UNITS;
        UserChange {
            user: USER,
            business_unit: Some(Changed { before, after }),
            access_mode: Some(Changed {
                before: AccessMode::ReadWrite,
                after: AccessMode::NonInteractive,
            }),
            profile: [
                (
                    ProfileField::LastName,
                    Changed {
                        before: text("Old"),
                        after: None,
                    },
                ),
                (
                    ProfileField::FullName,
                    Changed {
                        before: text("Ana Old"),
                        after: text("Ana"),
                    },
                ),
            ]
            .into(),
            roles: Some(Changed {
                before: [ROLES[0]].into(),
                after: ROLES.into(),
            }),
        }
    }

    fn stub() -> Write {
        Write::CreateStub(Box::new(StubUser {
            id: USER,
            upn: "s@contoso.com".to_owned(),
            mail: "s@contoso.com".to_owned(),
            first_name: None,
            last_name: Some("Stub".to_owned()),
            full_name: "Stub".to_owned(),
            employee_id: None,
            business_unit: UNITS[0],
            default_role: ROLES[0],
            way: StubWay::Api,
        }))
    }

    #[test]
    fn a_change_becomes_what_leads_to_it() {
        let change = moved();
        let values = |change: &UserValues| Present::Values(Box::new(change.clone()));
        let write = Write::ChangeUser(Box::new(change.clone()));
        let patch = format!(
            "PATCH systemusers({}) {{\"accessmode\":4,\"businessunitid@odata.bind\":\"/businessunits({})\",\"lastname\":null}}",
            id(1),
            id(3)
        );
        let roles = given;
        let take = |role: u128| {
            format!(
                "DELETE systemusers({})/systemuserroles_association({})/$ref",
                id(1),
                id(role)
            )
        };
        check(
            false,
            &write,
            &write.before(),
            &[&patch, &roles(4), &roles(5)],
        );
        check(true, &write, &write.before(), &[&patch, &roles(5)]);
        check(false, &write, &write.after(), &[]);
        let mut half = change.after();
        half.roles = Some([].into());
        check(false, &write, &values(&half), &[&roles(4), &roles(5)]);
        let back = write.inverse();
        let patch_back = format!(
            "PATCH systemusers({}) {{\"accessmode\":0,\"businessunitid@odata.bind\":\"/businessunits({})\",\"lastname\":\"Old\"}}",
            id(1),
            id(2)
        );
        check(false, &back, &back.before(), &[&patch_back, &roles(4)]);
        check(true, &back, &back.before(), &[&patch_back, &take(5)]);
    }

    #[test]
    fn stub_users_links_and_records_too() {
        let made = format!(
            "POST systemusers {{\"businessunitid@odata.bind\":\"/businessunits({})\",\"domainname\":\"s@contoso.com\",\"internalemailaddress\":\"s@contoso.com\",\"isdisabled\":true,\"lastname\":\"Stub\",\"systemuserid\":\"{}\"}}",
            id(2),
            id(1)
        );
        check(false, &stub(), &Present::Absent, &[&made, &given(4)]);
        check(false, &stub(), &stub().after(), &[]);
        let gone = format!("DELETE systemusers({})", id(1));
        check(false, &stub().inverse(), &stub().after(), &[&gone]);
        check(false, &stub().inverse(), &Present::Absent, &[]);

        let (principal, role) = (Principal::Team(TeamId(USER.0)), ROLES[0]);
        let give = Write::GiveRole { principal, role };
        let (team, role) = (id(1), id(4));
        let given = format!(
            "POST teams({team})/teamroles_association/$ref {{\"@odata.id\":\"https://x/roles({role})\"}}"
        );
        check(false, &give, &give.before(), &[&given]);
        check(false, &give, &give.after(), &[]);
        let taken = format!("DELETE teams({team})/teamroles_association({role})/$ref");
        check(false, &give.inverse(), &give.after(), &[&taken]);
        check(false, &give.inverse(), &give.before(), &[]);

        let assign = Write::AssignRecord {
            entity: Arc::from("account"),
            record: RecordId(USER.0),
            before: Principal::User(USER),
            after: principal,
        };
        let assigned =
            format!("PATCH accounts({team}) {{\"ownerid@odata.bind\":\"/teams({team})\"}}");
        check(false, &assign, &assign.before(), &[&assigned]);
        check(false, &assign, &assign.after(), &[]);
    }

    #[track_caller]
    fn check(keeps_roles: bool, write: &Write, found: &Present, expected: &[&str]) {
        let surroundings = Surroundings {
            root: "https://x/".to_owned(),
            keeps_roles,
            bypasses_custom_logic: false,
            sets: BTreeMap::from([(Arc::from("account"), "accounts".to_owned())]),
        };
        let operations = surroundings.operations(write, found).unwrap();
        let texts: Vec<String> = operations
            .iter()
            .map(|operation| {
                let body = operation.body.as_ref().map(|body| format!(" {body}"));
                let (method, path) = (&operation.method, &operation.path);
                format!("{method} {path}{}", body.unwrap_or_default())
            })
            .collect();
        assert_eq!(texts, expected);
    }
}
