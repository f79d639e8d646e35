//! Writes that no plan asks for and the service must refuse: what `check/` never lets come to a
//! finding, because `resolve/` and `plan/` make no such change.

use std::collections::{BTreeMap, BTreeSet};

use cutover::model::{
    Changed, Principal, RecordId, RoleId, StubUser, StubWay, TeamId, UnitId, UserChange, UserId,
    Write,
};
use cutover::service::{self, Performed, Reason, ServiceError};
use rusqlite::Connection;
use uuid::Uuid;

use crate::worlds::tally::Kind;
use crate::worlds::trial::Trial;
use crate::worlds::trial::reason::reason_of;
use crate::worlds::trial::script::{Asking, Step};
use crate::worlds::world::{ADMINISTRATOR, FIRST_PERSON, ORGANISATION, Who};

type Answer = Result<Performed, ServiceError>;

/// An id that nothing has.
const NOTHING: Uuid = Uuid::from_u128(0xdead_0000_0000_4000_8000_0000_0000_0000);

impl Trial<'_> {
    /// Asks for each in the state after the last stage.
    pub(super) fn probe(&mut self, connection: &Connection) {
        let first = UserId(self.world.people[FIRST_PERSON].id);
        let nobody = Principal::User(UserId(NOTHING));
        let root = UnitId(self.world.units[0].id);
        let stub = StubUser {
            id: UserId(NOTHING),
            upn: "probe@contoso.com".to_owned(),
            mail: "probe@contoso.com".to_owned(),
            way: StubWay::Api,
            business_unit: root,
            ..self.stub_of(Who::Person(FIRST_PERSON))
        };
        let role = RoleId(NOTHING);
        let principal = Principal::User(first);
        let without_mail = StubUser {
            mail: " ".to_owned(),
            ..stub.clone()
        };
        let elsewhere = StubUser {
            business_unit: UnitId(NOTHING),
            ..stub
        };
        let create = |stub: StubUser| Write::CreateStub(Box::new(stub));
        let own = Self::unit_now(connection, first);
        self.asks(
            connection,
            Reason::UnitMissing,
            &change_of(first, own, UnitId(NOTHING)),
        );
        self.asks(connection, Reason::RequiredColumn, &create(without_mail));
        self.asks(connection, Reason::StubOutsideRoot, &create(elsewhere));
        self.asks(
            connection,
            Reason::PrincipalMissing,
            &change_of(UserId(NOTHING), UnitId(NOTHING), root),
        );
        let give = |principal| Write::GiveRole { principal, role };
        self.asks(connection, Reason::PrincipalMissing, &give(nobody));
        self.asks(connection, Reason::UnknownRole, &give(principal));
        let take = |principal| Write::RemoveRole { principal, role };
        self.asks(connection, Reason::PrincipalMissing, &take(nobody));
        self.refused_way_back(connection, principal);
        self.refused_way_back_of_users(connection, first);
        self.refused_records(connection, principal);
    }

    /// Records that are not there, and owners who are not there.
    fn refused_records(&mut self, connection: &Connection, principal: Principal) {
        let nobody = Principal::User(UserId(NOTHING));
        let other = Principal::User(UserId(ORGANISATION));
        let assign = |table: &str, record: Uuid, after: Principal| Write::AssignRecord {
            entity: table.into(),
            record: RecordId(record),
            before: other,
            after,
        };
        let back = |write: &Write| service::restore(connection, write);
        let unknown = assign("new_nothing", NOTHING, principal);
        self.asks(connection, Reason::RecordMissing, &unknown);
        self.refused(Reason::RecordMissing, &back(&unknown));
        for table in self.world.tables.iter().filter(|table| table.loaded) {
            let missing = assign(&table.name, NOTHING, principal);
            self.refused(Reason::RecordMissing, &back(&missing));
            if table.ownership == "organisation" {
                continue;
            }
            self.asks(connection, Reason::RecordMissing, &missing);
            // That the record is not there is said before what speaks against its owner.
            let neither = assign(&table.name, NOTHING, nobody);
            self.asks(connection, Reason::RecordMissing, &neither);
            let there = table.records.iter().find(|record| record.is_there);
            if let Some(record) = there.filter(|_| !self.world.not_loaded.contains("teams")) {
                let team = Principal::Team(TeamId(NOTHING));
                let write = Write::AssignRecord {
                    entity: table.name.as_str().into(),
                    record: RecordId(record.id),
                    before: Self::owner_now(connection, record.id),
                    after: team,
                };
                self.asks(connection, Reason::PrincipalMissing, &write);
            }
        }
    }

    /// The way back of what is not as it says.
    fn refused_way_back(&mut self, connection: &Connection, principal: Principal) {
        let back = |write: &Write| service::restore(connection, write);
        let role = RoleId(NOTHING);
        let remove = Write::RemoveRole { principal, role };
        self.refused(Reason::NotAsBefore, &back(&remove));
        let give = |principal| Write::GiveRole { principal, role };
        let nobody = Principal::User(UserId(NOTHING));
        self.refused(Reason::PrincipalMissing, &back(&give(nobody)));
        self.refused(Reason::UnknownRole, &back(&give(principal)));
        let unit = self.world.people[FIRST_PERSON].unit;
        let role = RoleId(self.world.copy_id((ADMINISTRATOR, unit)));
        // Who has the role already is not given it again.
        if Self::held_now(connection, principal, role) {
            let give = Write::GiveRole { principal, role };
            self.refused(Reason::NotAsBefore, &back(&give));
        }
        let stub = StubUser {
            id: UserId(self.world.people[FIRST_PERSON].id),
            ..self.stub_of(Who::Person(FIRST_PERSON))
        };
        let delete = Write::DeleteStub(Box::new(stub));
        self.refused(Reason::NotAsBefore, &back(&delete));
        for table in self.world.tables.iter().filter(|table| table.loaded) {
            for record in table
                .records
                .iter()
                .filter(|record| record.is_there)
                .take(1)
            {
                let assign = Write::AssignRecord {
                    entity: table.name.as_str().into(),
                    record: RecordId(record.id),
                    before: Principal::User(UserId(NOTHING)),
                    after: principal,
                };
                self.refused(Reason::NotAsBefore, &back(&assign));
            }
        }
    }

    /// The way back of a user who is not there, is not as it says, or was where nothing is any more.
    fn refused_way_back_of_users(&mut self, connection: &Connection, user: UserId) {
        let back = |change: UserChange| {
            let write = Write::ChangeUser(Box::new(change));
            service::restore(connection, &write)
        };
        let nowhere = UnitId(NOTHING);
        let unit = Self::unit_now(connection, user);
        let sql = "SELECT role FROM user_role WHERE user = ?1";
        let mut roles = connection.prepare(sql).expect("a statement");
        let roles = roles.query_map([user.0.as_bytes()], |row| row.get(0));
        let roles: Result<Vec<[u8; 16]>, _> = roles.and_then(Iterator::collect);
        let held: BTreeSet<RoleId> = roles
            .expect("roles")
            .into_iter()
            .map(|role| RoleId(Uuid::from_bytes(role)))
            .collect();
        let nobody = unit_change(UserId(NOTHING), unit, nowhere);
        self.refused(Reason::PrincipalMissing, &back(nobody));
        let moved_since = unit_change(user, nowhere, unit);
        self.refused(Reason::NotAsBefore, &back(moved_since));
        self.refused(Reason::UnitMissing, &back(unit_change(user, unit, nowhere)));
        let mut after = held.clone();
        after.insert(RoleId(NOTHING));
        let roles = UserChange {
            business_unit: None,
            roles: Some(Changed {
                before: held,
                after,
            }),
            ..unit_change(user, unit, unit)
        };
        self.refused(Reason::UnknownRole, &back(roles));
    }

    fn owner_now(connection: &Connection, record: Uuid) -> Principal {
        let sql = "SELECT owner_type, owner FROM record WHERE id = ?1";
        let owner = connection.query_row(sql, [record.as_bytes()], |row| {
            let (kind, id): (u8, [u8; 16]) = (row.get(0)?, row.get(1)?);
            Ok(Principal::from_parts(kind, Uuid::from_bytes(id)))
        });
        owner.expect("a record").expect("a user or a team")
    }

    fn unit_now(connection: &Connection, user: UserId) -> UnitId {
        let sql = "SELECT business_unit FROM user WHERE id = ?1";
        let unit = connection.query_row(sql, [user.0.as_bytes()], |row| row.get(0));
        UnitId(Uuid::from_bytes(unit.expect("a user")))
    }

    fn held_now(connection: &Connection, principal: Principal, role: RoleId) -> bool {
        let sql = "SELECT EXISTS (SELECT 1 FROM user_role WHERE user = ?1 AND role = ?2)";
        let values = (principal.uuid().into_bytes(), role.0.into_bytes());
        let held = connection.query_row(sql, values, |row| row.get(0));
        held.expect("an answer")
    }

    /// Asks for it as apply would.
    fn asks(&mut self, connection: &Connection, reason: Reason, write: &Write) {
        let answer = service::perform(connection, write);
        if let Ok(answer) = &answer {
            let step = Step::new(Asking::Probed, write, answer.clone());
            self.script.push(step);
        }
        self.refused(reason, &answer);
    }

    fn refused(&mut self, reason: Reason, answer: &Answer) {
        self.report.probed += 1;
        if let Ok(Performed::Refused(refusal)) = answer {
            let found = reason_of(refusal);
            // What the caller may do is asked before most of what else is wrong.
            let lacks = found == Reason::CallerLacksPrivilege && self.world.caller().is_some();
            if found == reason || lacks {
                self.report.reasons.insert(found);
                return;
            }
        }
        let words = format!("expected the refusal {reason:?}, and the service: {answer:?}");
        self.fault(Kind::Probe, words);
    }
}

/// Somebody moved and nothing else.
fn change_of(user: UserId, before: UnitId, after: UnitId) -> Write {
    Write::ChangeUser(Box::new(unit_change(user, before, after)))
}

fn unit_change(user: UserId, before: UnitId, after: UnitId) -> UserChange {
    UserChange {
        user,
        business_unit: Some(Changed { before, after }),
        access_mode: None,
        profile: BTreeMap::new(),
        roles: None,
    }
}
