//! Plans to test with: small ones that hold every kind of change, drawn from a few numbers.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use uuid::Uuid;

use crate::environment::Facts;
use crate::model::{
    Accept, AccessMode, BusinessUnit, Changed, Code, Depth, Entity, Fact, Fate, FileId, Finding,
    Findings, Identity, Inheritance, Input, InputKind, Loadable, MissingPerson, OrganisationId,
    Ownership, Place, Principal, ProfileField, RecordId, RecordIds, Role, RoleAction, RoleId,
    RolePrivilege, RowPlaces, Rung, Silent, StubWay, Team, TeamId, TeamType, UnitId, User, UserId,
};
use crate::plan::Cause;
use crate::plan::Draft;
use crate::plan::DraftFile;
use crate::plan::DraftRecords;
use crate::plan::DraftRole;
use crate::plan::DraftStub;
use crate::plan::DraftTable;
use crate::plan::DraftUser;
use crate::plan::MatchCount;
use crate::plan::PlanError;
use crate::plan::PrincipalIndex;
use crate::plan::RulingsRecord;
use crate::plan::SealedPlan;
use crate::plan::ToSeal;
use crate::plan::Unchecked;
use crate::plan::seal;

/// A plan before it is sealed.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub(super) draft: Draft,
    pub(super) findings: Vec<Finding>,
    pub(super) unchecked: Vec<Unchecked>,
    pub(super) facts: Facts,
    pub(super) accept: Accept,
}

impl Sample {
    /// A plan with every kind of change, several groups of rows, and every kind of finding.
    pub(super) fn full() -> Self {
        let fates = [0, 1, 2].into_iter().cycle();
        let rows = (0..40).map(|number| number % 5).zip(fates).collect();
        Self::of(
            &[false, true, false],
            &[0b111, 0b1000, 0],
            &[0, 1, 2, 3, 0, 1],
            &[rows, vec![(0, 1)]],
        )
    }

    /// A plan without any change or finding.
    pub(super) fn empty() -> Self {
        Self {
            findings: Vec::new(),
            unchecked: Vec::new(),
            ..Self::of(&[], &[], &[], &[])
        }
    }

    /// Stub users (fallen or not), users to be changed (bit 0 unit, bit 1 access mode, bit 2 profile, bit 3
    /// fallen), roles (bit 0 remove, bit 1 fallen), and rows of tables (owner and fate).
    pub(super) fn of(
        stubs: &[bool],
        users: &[u8],
        roles: &[u8],
        tables: &[Vec<(u32, u8)>],
    ) -> Self {
        let accept = Accept {
            keep_out: [Code::Rec003].into(),
            unchecked: [Code::Own008].into(),
            ..Accept::default()
        };
        let mut findings = Findings::default();
        let lost = findings.about(
            Code::Rol004,
            "Salesperson",
            || "no copy".into(),
            || "move".into(),
        );
        findings.place(lost, Place::row(FileId(3), 4, 4));
        let cause = Cause {
            code: Code::Rol004,
            finding: lost,
        };
        let mut draft = Draft {
            default_role_names: vec!["Salesperson".into()],
            default_role: Some("Salesperson".into()),
            stubs: numbered(stubs, |number, fallen| {
                draft_stub(number, fallen.then_some(cause))
            }),
            users: numbered(users, |number, bits| draft_user(number, bits, cause)),
            roles: numbered(roles, |number, bits| draft_role(number, bits, cause)),
            principals: (0..5).map(principal).collect(),
            tables: numbered(tables, |number, rows: Vec<(u32, u8)>| {
                draft_table(number, &rows)
            }),
            ..Draft::default()
        };
        draft.matches.matched.insert(
            Rung::Upn,
            MatchCount {
                references: 3,
                rows: 30,
            },
        );
        draft.matches.stopped.insert(
            Code::Own002,
            MatchCount {
                references: 2,
                rows: 4,
            },
        );
        draft.settled.insert((FileId(1), Fate::Left), 3);
        draft.rows = count_rows(&draft);
        add_findings(&mut findings);
        Self {
            draft,
            findings: findings.finish(&accept),
            unchecked: vec![Unchecked {
                code: Code::Own008,
                needs: [Loadable::Teams].into(),
                changes: 7,
                accepted: true,
            }],
            facts: facts(),
            accept,
        }
    }

    pub(super) fn seal_into(&self, folder: &Path) -> Result<SealedPlan, PlanError> {
        let identity = Identity {
            organisation: OrganisationId(id(90, 0)),
            host: "environment.sqlite".into(),
            caller: None,
        };
        let what = ToSeal {
            draft: &self.draft,
            findings: &self.findings,
            unchecked: &self.unchecked,
            inputs: &inputs(),
            user_rows: &BTreeMap::from([(FileId(0), 12)]),
            identity: &identity,
            as_of: "2026-11-28",
            pulled_at: None,
            rulings: RulingsRecord {
                blake3: "00".into(),
                used: 1,
                unused: 0,
            },
            settings: BTreeMap::from([("owners.missing".into(), "stub".into())]),
            accept: &self.accept,
            facts: &self.facts,
            owners: &super::owners::lines(),
            people: &super::people::people(),
            approved: true,
        };
        seal(folder, &what, &Silent)
    }
}

/// Random plans.
pub(super) fn samples() -> impl Strategy<Value = Sample> {
    let row = (0..5_u32, 0..4_u8);
    (
        prop::collection::vec(any::<bool>(), 0..20),
        prop::collection::vec(0..16_u8, 0..20),
        prop::collection::vec(0..4_u8, 0..30),
        prop::collection::vec(prop::collection::vec(row, 0..40), 0..4),
    )
        .prop_map(|(stubs, users, roles, tables)| Sample::of(&stubs, &users, &roles, &tables))
}

/// An id that no other kind or number has.
pub(super) fn id(kind: u128, number: u128) -> Uuid {
    Uuid::from_u128((kind << 64) + number)
}

fn numbered<T: Clone, U>(values: &[T], make: impl Fn(u32, T) -> U) -> Vec<U> {
    (0..)
        .zip(values.iter().cloned())
        .map(|(number, value)| make(number, value))
        .collect()
}

fn principal(number: u32) -> Principal {
    match number {
        4 => Principal::Team(TeamId(id(1, 0))),
        _ => Principal::User(UserId(id(0, number.into()))),
    }
}

fn draft_stub(number: u32, fallen: Option<Cause>) -> DraftStub {
    DraftStub {
        person: MissingPerson {
            id: UserId(id(0, u128::from(number) + 2)),
            upn: format!("gone{number:02}@contoso.com"),
            mail: format!("gone{number:02}@contoso.com"),
            first_name: (number.is_multiple_of(2)).then(|| "Zoë".into()),
            last_name: (number.is_multiple_of(3)).then(|| "Costa".into()),
            full_name: format!("Zoë Costa {number}"),
            employee_id: (number.is_multiple_of(5)).then(|| number.to_string()),
            inactive: None,
            source: None,
        },
        business_unit: Some(UnitId(id(2, 0))),
        default_role: Some(RoleId(id(3, 0))),
        way: if number.is_multiple_of(2) {
            StubWay::Import
        } else {
            StubWay::Api
        },
        place: (number % 4 != 3).then(|| (FileId(1), u64::from(number) + 2, 2)),
        role_rows: Vec::new(),
        fallen,
    }
}

/// Every other user of the sample; with no bit set only the access mode changes.
fn draft_user(number: u32, bits: u8, cause: Cause) -> DraftUser {
    let bit = |place: u8| bits & (1 << place) != 0;
    let role = |number: u128| RoleId(id(3, number));
    let moved = bit(0).then(|| Changed {
        before: UnitId(id(2, 0)),
        after: UnitId(id(2, 1)),
    });
    let mode = Changed {
        before: AccessMode::ReadWrite,
        after: AccessMode::Read,
    };
    let title = Changed {
        before: (number.is_multiple_of(3)).then(|| "Chef \"d'équipe\"".to_owned()),
        after: (number.is_multiple_of(2)).then(|| "Head".to_owned()),
    };
    let fax = Changed {
        before: Some("1".to_owned()),
        after: None,
    };
    let profile = [(ProfileField::Title, title), (ProfileField::Fax, fax)];
    DraftUser {
        user: UserId(id(0, u128::from(number) * 2)),
        strips: moved.is_some(),
        business_unit: moved,
        access_mode: (bit(1) || matches!(bits & 7, 0)).then_some(mode),
        profile: bit(2).then_some(profile).into_iter().flatten().collect(),
        roles: [(role(5), role(6)), (role(7), role(7))].into(),
        role_rows: Vec::new(),
        file: FileId(4),
        row: u64::from(number) + 2,
        line: u64::from(number) + 2,
        fallen: bit(3).then_some(cause),
    }
}

fn draft_role(number: u32, bits: u8, cause: Cause) -> DraftRole {
    let action = if bits & 1 == 0 {
        RoleAction::Give
    } else {
        RoleAction::Remove
    };
    DraftRole {
        action,
        principal: principal(number % 5),
        role: RoleId(id(3, u128::from(number % 2))),
        role_name: format!("Role {}", number % 2),
        file: FileId(3),
        row: u64::from(number) + 2,
        line: u64::from(number) + 2,
        fallen: (bits & 2 != 0).then_some(cause),
    }
}

fn draft_table(number: u32, rows: &[(u32, u8)]) -> DraftTable {
    let file = FileId(u16::try_from(number % 2).unwrap() + 1);
    let rows: Vec<(u32, (u32, u8))> = numbered(rows, |row, asked| (row, asked));
    let record = |(row, _): &(u32, _)| RecordId(id(10 + u128::from(number), (*row).into()));
    let ids: Vec<RecordId> = rows.iter().map(record).collect();
    let mut made = DraftFile {
        file,
        places: RowPlaces::default(),
        records: DraftRecords::Ids(RecordIds(Arc::new(ids))),
        before: Vec::new(),
        after: Vec::new(),
        fates: Vec::new(),
    };
    for (row, (owner, fate)) in rows {
        made.places.push(u64::from(row) + 2, u64::from(row) + 2);
        let owner = owner as usize;
        made.before.push(Some(PrincipalIndex::new((owner + 1) % 5)));
        made.after.push(Some(PrincipalIndex::new(owner)));
        made.fates.push(match fate {
            0 | 1 => Fate::Change,
            2 => Fate::NoChange,
            _ => Fate::Stopped(Code::Rec003),
        });
    }
    DraftTable {
        entity: format!("table{number}"),
        order: u16::try_from(number / 2).unwrap(),
        records_loaded: true,
        id_columns: BTreeMap::from([(file, 1)]),
        owner_columns: BTreeMap::from([(file, 2)]),
        files: vec![made],
    }
}

fn count_rows(draft: &Draft) -> BTreeMap<FileId, u64> {
    let mut rows = BTreeMap::new();
    for file in draft.tables.iter().flat_map(|table| &table.files) {
        *rows.entry(file.file).or_default() += file.len() as u64;
    }
    for user in &draft.users {
        *rows.entry(user.file).or_default() += 1;
    }
    for role in &draft.roles {
        *rows.entry(role.file).or_default() += 1;
    }
    for ((file, _), times) in &draft.settled {
        *rows.entry(*file).or_default() += times;
    }
    rows
}

fn add_findings(findings: &mut Findings) {
    let several = findings.about(Code::Own002, "Ana", || "fits two".into(), || "rule".into());
    for row in 2..30 {
        findings.place(several, Place::row(FileId(1), row, row + 1).cell(2, "Ana"));
    }
    let twice = findings.about(
        Code::Rec003,
        "a record",
        || "twice".into(),
        || "drop".into(),
    );
    findings.place(twice, Place::row(FileId(1), 9, 10));
    findings.about(
        Code::Rec005,
        "table0",
        || "cannot be owned".into(),
        || "leave out".into(),
    );
    findings.about(
        Code::Fil002,
        "users.csv",
        || "utf-8".into(),
        || "say so".into(),
    );
    findings.about(
        Code::Own011,
        "SYSTEM",
        || "built in".into(),
        || "look".into(),
    );
}

fn inputs() -> Vec<Input> {
    let kinds = [
        InputKind::Users,
        InputKind::Records("table0".into()),
        InputKind::Records("table1".into()),
        InputKind::Roles,
        InputKind::Users,
    ];
    let input = |number: u32, kind| Input {
        file: FileId(u16::try_from(number).unwrap()),
        name: format!("exports/{number}.csv"),
        path: "/nowhere".into(),
        kind,
        bytes: 100,
        hash: "ab".into(),
        encoding: "utf-8".into(),
        delimiter: Some(';'),
        sheet: None,
        headers: vec!["Id".into(), "Owner".into()],
    };
    numbered(&kinds, input)
}

pub(super) fn facts() -> Facts {
    let mut facts = Facts::default();
    let unit = UnitId(id(2, 0));
    facts.add(Fact::Unit(BusinessUnit {
        id: unit,
        name: "Contoso".into(),
        parent: None,
    }));
    for number in 0..3_u32 {
        facts.add(Fact::User(user(number, unit)));
        let (user, role) = (UserId(id(0, number.into())), RoleId(id(3, 0)));
        facts.add(Fact::UserRole { user, role });
    }
    facts.add(Fact::Role(Role {
        id: RoleId(id(3, 0)),
        name: "Salesperson".into(),
        business_unit: unit,
        root: RoleId(id(3, 0)),
        template: None,
        inheritance: Inheritance::DirectUser,
    }));
    facts.add(Fact::RolePrivilege(RolePrivilege {
        role: RoleId(id(3, 0)),
        privilege: "prvReadAccount".into(),
        depth: Depth::Unit,
    }));
    let team = TeamId(id(1, 0));
    let (name, kind) = ("Sales".to_owned(), TeamType::Owner);
    facts.add(Fact::Team(Team {
        id: team,
        name,
        business_unit: unit,
        kind,
    }));
    facts.add(Fact::TeamMember {
        team,
        user: UserId(id(0, 0)),
    });
    facts.add(Fact::TeamRole {
        team,
        role: RoleId(id(3, 0)),
    });
    facts.add(Fact::Entity(Entity {
        name: "table0".into(),
        ownership: Some(Ownership::User),
        records_loaded: true,
    }));
    facts.add(Fact::Setting {
        name: "as_of".into(),
        value: "2026-11-28".into(),
    });
    facts
}

fn user(number: u32, business_unit: UnitId) -> User {
    User {
        id: UserId(id(0, number.into())),
        upn: format!("user{number}@contoso.com"),
        mail: Some(format!("user{number}@contoso.com")),
        mail2: None,
        mobile_alert_mail: None,
        first_name: None,
        last_name: None,
        full_name: Some(format!("User {number}")),
        employee_id: None,
        business_unit,
        access_mode: AccessMode::ReadWrite,
        disabled: false,
        licensed: Some(true),
        application_id: None,
        directory_id: None,
        stub: false,
        details: Box::default(),
    }
}
