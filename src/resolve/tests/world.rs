//! A small environment and users export, and one way to ask what becomes of a reference.
//!
//! In: changes to the world. Out: words such as `user 1 by UPN`, `OWN002 [3 4]`, `stub a@b.c`.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::environment::Facts;
use crate::model::{
    AccessMode, Fact, FileId, Findings, OrganisationId, OwnerPolicy, Person, Principal, References,
    Resolution, Resolved, Ruling, Team, TeamId, TeamType, UnitId, User, UserId, Verdict,
};
use crate::resolve::{Question, resolve};

pub(super) const USERS: FileId = FileId(0);
pub(super) const RECORDS: FileId = FileId(1);
pub(super) const ROLES: FileId = FileId(2);
pub(super) const OWNERS: FileId = FileId(3);

#[derive(Clone, Default)]
pub(super) struct World {
    pub(super) facts: Facts,
    pub(super) people: Vec<Person>,
    pub(super) references: References,
    pub(super) rulings: Vec<Ruling>,
    pub(super) policy: OwnerPolicy,
}

pub(super) fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

pub(super) fn guid(number: u128) -> String {
    Uuid::from_u128(number).to_string()
}

/// An enabled user; blank texts are absent.
pub(super) fn user(number: u128, upn: &str, mail: &str, full_name: &str) -> User {
    User {
        id: UserId(Uuid::from_u128(number)),
        upn: upn.to_owned(),
        mail: some(mail),
        mail2: None,
        mobile_alert_mail: None,
        first_name: None,
        last_name: None,
        full_name: some(full_name),
        employee_id: None,
        business_unit: UnitId(Uuid::nil()),
        access_mode: AccessMode::ReadWrite,
        disabled: false,
        licensed: None,
        application_id: None,
        directory_id: None,
        stub: false,
        details: Box::default(),
    }
}

/// A row of the users export.
pub(super) fn person(row: u64, id: &str, upn: &str, mail: &str, full_name: &str) -> Person {
    Person {
        file: USERS,
        row,
        line: row,
        id: some(id),
        upn: some(upn),
        mail: some(mail),
        full_name: some(full_name),
        ..Person::default()
    }
}

impl World {
    /// Ana 1, Bo 2, two Karls 3 and 4, Dora 5 disabled, SYSTEM 6, an application 7, support 8, Eva
    /// 9; teams Sales 20 and, of type access, Helpers 21.
    pub(super) fn new() -> Self {
        let mut world = Self::default();
        world.add(User {
            mail2: some("ana@home.example"),
            mobile_alert_mail: some("ana@phone.example"),
            first_name: some("Ana"),
            last_name: some("Costa"),
            employee_id: some("E-1"),
            directory_id: Some(Uuid::from_u128(101)),
            ..user(1, "ana@contoso.com", "ana.costa@contoso.com", "Ana Costa")
        });
        world.add(user(2, "bo@contoso.com", "", "Reyes, Bo"));
        world.add(user(
            3,
            "karl@contoso.com",
            "karl@contoso.com",
            "Karl Meier",
        ));
        world.add(user(4, "karl2@contoso.com", "", "Karl Meier"));
        world.add(User {
            disabled: true,
            ..user(5, r"CONTOSO\dora", "dora@contoso.com", "Dora Lang")
        });
        world.add(user(6, "", "", "SYSTEM"));
        world.add(User {
            application_id: Some(Uuid::from_u128(7)),
            ..user(7, "app@contoso.com", "", "Sync App")
        });
        world.add(User {
            access_mode: AccessMode::Support,
            ..user(8, "crmoln@microsoft.com", "", "Support User")
        });
        world.add(user(9, "eva@contoso.com", "eva@contoso.com", "Eva Berg"));
        world.add_team(20, "Sales", TeamType::Owner);
        world.add_team(21, "Helpers", TeamType::Access);
        world
    }

    pub(super) fn add(&mut self, user: User) {
        self.facts.add(Fact::User(user));
    }

    pub(super) fn add_team(&mut self, number: u128, name: &str, kind: TeamType) {
        self.facts.add(Fact::Team(Team {
            id: TeamId(Uuid::from_u128(number)),
            name: name.to_owned(),
            business_unit: UnitId(Uuid::nil()),
            kind,
        }));
    }

    pub(super) fn map_domain(mut self, old: &str, new: &str) -> Self {
        self.policy.domains.insert(old.to_owned(), new.to_owned());
        self
    }

    pub(super) fn with_people(mut self, people: impl IntoIterator<Item = Person>) -> Self {
        self.people.extend(people);
        self
    }

    /// A ruling in row `row` and column 6.
    pub(super) fn rule(mut self, row: u64, reference: &str, ruling: &str) -> Self {
        self.rulings.push(Ruling {
            row,
            column: 6,
            reference: reference.to_owned(),
            ruling: ruling.to_owned(),
        });
        self
    }

    pub(super) fn resolve(&self) -> (Resolution, Findings) {
        let mut findings = Findings::default();
        let question = Question {
            references: &self.references,
            record_files: &BTreeSet::from([RECORDS]),
            people: &self.people,
            inputs: &[],
            facts: &self.facts,
            organisation: OrganisationId(Uuid::from_u128(1)),
            rulings: &self.rulings,
            rulings_file: OWNERS,
            policy: &self.policy,
        };
        let resolution = resolve(&question, &mut findings);
        (resolution, findings)
    }

    /// What became of one reference that a row of `file` holds.
    pub(super) fn ask(&self, file: FileId, text: &str) -> (Resolved, Resolution, Findings) {
        let mut world = self.clone();
        let id = world.references.intern(text, file, 1);
        let (resolution, findings) = world.resolve();
        let resolved = resolution.resolved[id.0 as usize].clone();
        (resolved, resolution, findings)
    }

    /// Asserts what becomes of a reference in a records export.
    #[track_caller]
    pub(super) fn check(&self, case: &str, text: &str, expected: &str) {
        let (resolved, resolution, _) = self.ask(RECORDS, text);
        assert_eq!(in_words(&resolved, &resolution), expected, "case: {case}");
    }
}

fn number(principal: Principal) -> String {
    principal.uuid().as_u128().to_string()
}

/// Verdict, candidates, near misses, and the codes of remarks that the verdict does not name.
pub(super) fn in_words(resolved: &Resolved, resolution: &Resolution) -> String {
    let of = |principal: Principal| match principal {
        Principal::User(_) => format!("user {}", number(principal)),
        Principal::Team(_) => format!("team {}", number(principal)),
    };
    let verdict = match &resolved.verdict {
        Verdict::Matched { principal, rung } => format!("{} by {}", of(*principal), rung.word()),
        Verdict::Stub(stub) => format!("stub {}", resolution.stubs[*stub].upn),
        Verdict::Fallback(principal) => format!("fallback {}", of(*principal)),
        Verdict::Left => "left".to_owned(),
        Verdict::Stopped(code) => code.to_string(),
    };
    let mut words = vec![verdict];
    let candidates = resolved.candidates.iter().map(|named| named.principal);
    let mut candidates: Vec<String> = candidates.map(number).collect();
    candidates.sort_by_key(|text| text.parse::<u128>().expect("a number"));
    if !candidates.is_empty() {
        words.push(format!("[{}]", candidates.join(" ")));
    }
    let near = resolved.near_misses.iter().map(|near| near.named.principal);
    let near: Vec<String> = near.map(number).collect();
    if !near.is_empty() {
        words.push(format!("near {}", near.join(" ")));
    }
    for remark in &resolved.remarks {
        let told = resolved.verdict == Verdict::Stopped(remark.code);
        let near = remark.code.as_str() == "OWN012";
        assert!(!near || !resolved.near_misses.is_empty());
        if !told && !near {
            words.push(remark.code.to_string());
        }
        assert!(remark.message.contains('`') && !remark.cure.is_empty());
    }
    if let Verdict::Stopped(code) = resolved.verdict {
        let told = resolved.remarks.iter().any(|remark| remark.code == code);
        assert!(told, "what stops is told");
    }
    words.join(" ")
}
