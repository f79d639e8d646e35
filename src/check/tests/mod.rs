//! Small worlds for the rules: who is there, what is wanted, which rules speak.
//!
//! In: changes to one world in which everything goes through. Out: codes, as `CODE`, `CODE+n` where n
//! changes are blocked by it, `?CODE` where the rule is left unchecked. What is said of everybody and of
//! the environment as a whole is left out where a case is not about it: notes of stub users (STB001), and
//! [`OF_EVERYBODY`].

mod accounts;
mod callers;
mod day_one;
mod everybody;
mod judged;
mod licences;
mod live;
mod owners;
mod people;
mod profiles;
mod properties;
mod records;
mod removals;
mod roles;
mod sealed;
mod stubs;
mod table;
mod taken_along;
mod users;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use uuid::Uuid;

use crate::check::tests::judged::{Judged, add_row, no_rows};
use crate::check::{CheckPolicy, approvable, check as judge};
use crate::environment::Facts;
use crate::model::{
    Accept, AccessMode, BusinessUnit, Code, Depth, Entity, Fact, Fate, FileId, Finding, Findings,
    Inheritance, Loadable, MissingPerson, Ownership, Principal, RecordId, RecordIds, Role,
    RoleAction, RoleId, RolePrivilege, RowPlaces, SYSTEM_ADMINISTRATOR_TEMPLATE, Severity, StubWay,
    Team, TeamId, TeamType, UnitId, User, UserId,
};
use crate::plan::{
    Draft, DraftFile, DraftRecords, DraftRole, DraftStub, DraftTable, PrincipalIndex, Unchecked,
};

const ROOT: UnitId = UnitId(Uuid::from_u128(1));
const EUROPE: UnitId = UnitId(Uuid::from_u128(2));
const RECORDS: FileId = FileId(0);
const ROLES: FileId = FileId(1);

/// Copies of roles: tens are the role, ones the unit.
const SALES: RoleId = RoleId(Uuid::from_u128(0x11));
const SALES_IN_EUROPE: RoleId = RoleId(Uuid::from_u128(0x12));
const READER: RoleId = RoleId(Uuid::from_u128(0x21));
const LOCAL: RoleId = RoleId(Uuid::from_u128(0x32));
const ADMINISTRATOR: RoleId = RoleId(Uuid::from_u128(0x41));
const ADMINISTRATOR_IN_EUROPE: RoleId = RoleId(Uuid::from_u128(0x42));
/// Reads accounts at user level; team privileges only.
const TEAM_ONLY: RoleId = RoleId(Uuid::from_u128(0x51));
/// Reads accounts everywhere; team privileges only.
const TEAM_WIDE: RoleId = RoleId(Uuid::from_u128(0x61));
const ACTIVITIES: RoleId = RoleId(Uuid::from_u128(0x71));

/// Has Sales.
const ANA: Principal = user(100);
/// Has no role.
const BEN: Principal = user(101);
/// Disabled; has Sales.
const CID: Principal = user(102);
/// In Europe; has Reader, which does not read accounts.
const DAN: Principal = user(103);
/// Enabled System Administrator.
const EVA: Principal = user(104);
/// The stub user that [`World::stub`] plans.
const OLD: Principal = user(200);
/// Owner team with Sales.
const SELLERS: Principal = team(300);
/// Access team.
const DEAL: Principal = team(301);
/// Owner team without a role.
const IDLE: Principal = team(302);

const fn user(id: u128) -> Principal {
    Principal::User(UserId(Uuid::from_u128(id)))
}

const fn team(id: u128) -> Principal {
    Principal::Team(TeamId(Uuid::from_u128(id)))
}

/// An environment and what is wanted of it.
#[derive(Clone, Debug)]
struct World {
    facts: Vec<Fact>,
    draft: Draft,
    accept: Accept,
}

/// Everything is loaded; nothing is wanted yet.
fn world() -> World {
    let unit = |id, name: &str, parent| {
        Fact::Unit(BusinessUnit {
            id,
            name: name.to_owned(),
            parent,
        })
    };
    let mut world = World {
        facts: vec![
            unit(ROOT, "Contoso", None),
            unit(EUROPE, "Europe", Some(ROOT)),
        ],
        draft: Draft {
            default_role_names: vec!["Sales".to_owned()],
            ..Draft::default()
        },
        accept: Accept {
            administrators: ["ana@contoso.com", "gus"].map(str::to_owned).into(),
            ..Accept::default()
        },
    };
    world.facts.extend(Loadable::ALL.map(Fact::Loaded));
    for (role, name) in [
        (SALES, "Sales"),
        (READER, "Reader"),
        (LOCAL, "Local"),
        (ADMINISTRATOR, "System Administrator"),
        (TEAM_ONLY, "Team only"),
        (TEAM_WIDE, "Team wide"),
        (ACTIVITIES, "Activities"),
    ] {
        world.facts.extend(role_copies(role, name));
    }
    for (role, privilege, depth) in [
        (SALES, "prvReadAccount", Depth::User),
        (READER, "prvReadArticle", Depth::Organisation),
        (LOCAL, "prvReadAccount", Depth::Unit),
        (ADMINISTRATOR, "prvReadAccount", Depth::Organisation),
        (TEAM_ONLY, "prvReadAccount", Depth::User),
        (TEAM_WIDE, "PRVREADACCOUNT", Depth::Organisation),
        (ACTIVITIES, "prvReadActivity", Depth::Unit),
    ] {
        world = world.privilege(role, privilege, depth);
    }
    let world = world
        .user(ANA, "Ana", ROOT, false)
        .user(BEN, "Ben", ROOT, false)
        .user(CID, "Cid", ROOT, true)
        .user(DAN, "Dan", EUROPE, false)
        .user(EVA, "Eva", ROOT, false)
        .team(SELLERS, "Sellers", TeamType::Owner)
        .team(DEAL, "Deal", TeamType::Access)
        .team(IDLE, "Idle", TeamType::Owner);
    world
        .holds(ANA, SALES)
        .holds(CID, SALES)
        .holds(DAN, RoleId(Uuid::from_u128(0x22)))
        .holds(EVA, ADMINISTRATOR)
        .holds(SELLERS, SALES)
}

/// A role made in the root has a copy in both units; Local was made in Europe.
fn role_copies(root: RoleId, name: &str) -> Vec<Fact> {
    let copy = |id: u128, unit| {
        let team = name.starts_with("Team");
        Fact::Role(Role {
            id: RoleId(Uuid::from_u128(id)),
            name: name.to_owned(),
            business_unit: unit,
            root,
            template: (root == ADMINISTRATOR && RoleId(Uuid::from_u128(id)) == root)
                .then_some(SYSTEM_ADMINISTRATOR_TEMPLATE),
            inheritance: if team {
                Inheritance::TeamOnly
            } else {
                Inheritance::DirectUser
            },
        })
    };
    let id = root.0.as_u128();
    if root == LOCAL {
        vec![copy(id, EUROPE)]
    } else {
        vec![copy(id, ROOT), copy(id + 1, EUROPE)]
    }
}

impl World {
    fn fact(mut self, fact: Fact) -> Self {
        self.facts.push(fact);
        self
    }

    fn user(self, id: Principal, name: &str, unit: UnitId, disabled: bool) -> Self {
        let upn = format!("{}@contoso.com", name.to_lowercase());
        self.fact(Fact::User(User {
            id: UserId(id.uuid()),
            mail: Some(upn.clone()),
            upn,
            mail2: None,
            mobile_alert_mail: None,
            first_name: None,
            last_name: None,
            full_name: Some(name.to_owned()),
            employee_id: None,
            business_unit: unit,
            access_mode: AccessMode::ReadWrite,
            disabled,
            licensed: Some(true),
            application_id: None,
            directory_id: None,
            stub: false,
            details: Box::default(),
        }))
    }

    fn team(self, id: Principal, name: &str, kind: TeamType) -> Self {
        self.fact(Fact::Team(Team {
            id: TeamId(id.uuid()),
            name: name.to_owned(),
            business_unit: ROOT,
            kind,
        }))
    }

    fn privilege(self, role: RoleId, privilege: &str, depth: Depth) -> Self {
        self.fact(Fact::RolePrivilege(RolePrivilege {
            role,
            privilege: privilege.to_owned(),
            depth,
        }))
    }

    fn holds(self, principal: Principal, role: RoleId) -> Self {
        self.fact(match principal {
            Principal::User(user) => Fact::UserRole { user, role },
            Principal::Team(team) => Fact::TeamRole { team, role },
        })
    }

    fn member(self, team: Principal, user: Principal) -> Self {
        self.fact(Fact::TeamMember {
            team: TeamId(team.uuid()),
            user: UserId(user.uuid()),
        })
    }

    fn set(self, name: &str) -> Self {
        self.fact(Fact::Setting {
            name: name.to_owned(),
            value: "true".to_owned(),
        })
    }

    fn owned_by(self, table: &str, ownership: Option<Ownership>) -> Self {
        self.fact(Fact::Entity(Entity {
            name: table.to_owned(),
            ownership,
            records_loaded: true,
        }))
    }

    /// Takes a part away, as if its file were not in the environment folder.
    fn without(mut self, what: Loadable) -> Self {
        self.facts.retain(|fact| {
            let of = match fact {
                Fact::Loaded(loaded) => Some(*loaded),
                Fact::RolePrivilege(_) => Some(Loadable::RolePrivileges),
                Fact::UserRole { .. } => Some(Loadable::UserRoles),
                Fact::Team(_) => Some(Loadable::Teams),
                Fact::TeamMember { .. } => Some(Loadable::TeamMembers),
                Fact::TeamRole { .. } => Some(Loadable::TeamRoles),
                Fact::Setting { .. } => Some(Loadable::Settings),
                _ => None,
            };
            of != Some(what)
        });
        self
    }

    fn accept(mut self, code: Code) -> Self {
        self.accept.unchecked.insert(code);
        self
    }

    /// Plans the stub user [`OLD`], by import.
    fn stub(self) -> Self {
        self.stub_named(OLD, "old@old.com", "old@old.com")
    }

    fn stub_named(mut self, id: Principal, upn: &str, mail: &str) -> Self {
        self.draft.stubs.push(DraftStub {
            person: MissingPerson {
                id: UserId(id.uuid()),
                upn: upn.to_owned(),
                mail: mail.to_owned(),
                first_name: None,
                last_name: None,
                full_name: "Old Timer".to_owned(),
                employee_id: None,
                inactive: None,
                source: None,
            },
            business_unit: Some(ROOT),
            default_role: Some(SALES),
            way: StubWay::Import,
            place: Some((RECORDS, 9, 9)),
            role_rows: Vec::new(),
            fallen: None,
        });
        self
    }

    /// Changes every planned stub user.
    fn stubs(mut self, change: impl Fn(&mut DraftStub)) -> Self {
        self.draft.stubs.iter_mut().for_each(change);
        self
    }

    fn give(self, principal: Principal, role: RoleId) -> Self {
        self.role_row(RoleAction::Give, principal, role)
    }

    fn remove(self, principal: Principal, role: RoleId) -> Self {
        self.role_row(RoleAction::Remove, principal, role)
    }

    fn role_row(mut self, action: RoleAction, principal: Principal, role: RoleId) -> Self {
        let row = self.draft.roles.len() as u64 + 2;
        self.draft.roles.push(DraftRole {
            action,
            principal,
            role,
            role_name: "a role".to_owned(),
            file: ROLES,
            row,
            line: row,
            fallen: None,
        });
        *self.draft.rows.entry(ROLES).or_default() += 1;
        self
    }

    /// One record of a table that shall go to somebody; Eva has it now.
    fn assign(mut self, table: &str, after: Principal) -> Self {
        let before = self.number(EVA);
        let after = self.number(after);
        let tables = &mut self.draft.tables;
        let known = tables.iter().position(|known| known.entity == table);
        let index = known.unwrap_or_else(|| {
            tables.push(DraftTable {
                entity: table.to_owned(),
                order: 0,
                records_loaded: true,
                id_columns: BTreeMap::from([(RECORDS, 1)]),
                owner_columns: BTreeMap::from([(RECORDS, 2)]),
                files: vec![no_rows()],
            });
            tables.len() - 1
        });
        let file = &mut self.draft.tables[index].files[0];
        add_row(file, Some(before), after);
        *self.draft.rows.entry(RECORDS).or_default() += 1;
        self
    }

    fn number(&mut self, principal: Principal) -> PrincipalIndex {
        let principals = &mut self.draft.principals;
        let index = principals.iter().position(|known| *known == principal);
        let index = index.unwrap_or_else(|| {
            principals.push(principal);
            principals.len() - 1
        });
        PrincipalIndex::new(index)
    }

    /// Takes from every row of every table the owner that it has now.
    fn without_present_owners(self) -> Self {
        self.files(|file| file.before.fill(None))
    }

    /// Changes every file of every table.
    fn files(mut self, change: impl Fn(&mut DraftFile)) -> Self {
        let tables = self.draft.tables.iter_mut();
        tables.flat_map(|table| &mut table.files).for_each(change);
        self
    }

    fn facts(&self) -> Facts {
        let mut facts = Facts::default();
        for fact in &self.facts {
            facts.add(fact.clone());
        }
        facts
    }

    /// What the rules say of what a case is about.
    fn judged(self) -> Judged {
        let mut judged = self.judged_whole();
        let is_apart = |code: &Code| OF_EVERYBODY.contains(code);
        judged.findings.retain(|finding| !is_apart(&finding.code));
        judged.unchecked.retain(|rule| !is_apart(&rule.code));
        judged
    }

    /// All that the rules say.
    fn judged_whole(mut self) -> Judged {
        let facts = self.facts();
        let mut findings = Findings::default();
        let policy = CheckPolicy::of(&self.accept);
        let unchecked = judge(&mut self.draft, &facts, &policy, &mut findings);
        Judged {
            draft: self.draft,
            findings: findings.finish(&self.accept),
            unchecked,
        }
    }
}

/// Rules that speak of everybody or of the environment as a whole, whatever a case is about.
const OF_EVERYBODY: [Code; 7] = [
    Code::Acc001,
    Code::Acc010,
    Code::Acc012,
    Code::Acc019,
    Code::Env006,
    Code::Rol009,
    Code::Rol010,
];

/// The rules that speak about a world, those apart that speak of everybody; and what follows from that.
#[track_caller]
fn check(case: &str, world: World, expected: &[&str]) {
    let judged = world.judged();
    let codes: Vec<String> = judged.codes();
    let told: Vec<&str> = codes
        .iter()
        .map(String::as_str)
        .filter(|code| *code != "STB001")
        .collect();
    assert_eq!(told, expected, "case: {case}\n{:#?}", judged.findings);
    // A change falls if and only if a finding says so, and every row keeps its account.
    let stopping = judged.findings.iter().filter(|finding| finding.stops());
    let stopping: BTreeSet<Code> = stopping.map(|finding| finding.code).collect();
    let fallen = judged.fallen();
    assert!(
        fallen.keys().all(|code| stopping.contains(code)),
        "case: {case}: {fallen:?}"
    );
    assert_eq!(fallen.is_empty(), stopping.is_empty(), "case: {case}");
    judged.draft.ledgers(&Accept::default());
    let unchecked = judged.unchecked.iter();
    let blocks = unchecked.filter(|rule| rule.code.rule().guards && !rule.accepted);
    assert_eq!(
        approvable(&judged.findings, &judged.unchecked),
        stopping.is_empty() && blocks.count() == 0,
        "case: {case}"
    );
    for finding in &judged.findings {
        assert!(finding.severity() != Severity::Fatal && !finding.message.is_empty());
    }
}
