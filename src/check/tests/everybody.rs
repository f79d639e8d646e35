//! A world in which nothing at all is to be said of anybody, for the rules that speak of everybody.
//!
//! In: changes to it. Out: every code that speaks, as in the other tables, and nothing left out.

use crate::check::tests::people::{member, person};
use crate::check::tests::*;
use crate::model::{DirectoryPerson, Licence, ProfileField};
use crate::plan::DraftUser;

pub(super) const USERS: FileId = FileId(2);
/// The product by which everybody is licensed.
pub(super) const PRODUCT: &str = "Dynamics 365 Sales Enterprise";

/// Ana, Dan and Eva are enabled, licensed, directly in the group, and have roles of their own.
pub(super) fn calm() -> World {
    let mut world = world();
    world.facts.retain(|fact| match fact {
        Fact::User(user) => ![BEN, CID].contains(&Principal::User(user.id)),
        Fact::UserRole { user, .. } => ![BEN, CID].contains(&Principal::User(*user)),
        _ => true,
    });
    // So that nobody manages the system and nothing else (ACC019).
    world = world.holds(EVA, SALES);
    world = world.users(|user| user.licensed = None).seats(10, Some(3));
    for name in ["ana", "dan", "eva"] {
        world = world.known(name, |_| ());
    }
    world
}

impl World {
    /// Somebody of the directory, licensed and in the group.
    pub(super) fn known(self, name: &str, change: impl Fn(&mut DirectoryPerson)) -> Self {
        let upn = format!("{name}@contoso.com");
        let mut world = self.fact(person(&upn, |person| {
            person.licences = Some([PRODUCT.to_owned()].into());
            person.roles = Some(BTreeSet::new());
            change(person);
        }));
        world.facts.push(member("CRM Users", &upn, None));
        world
    }

    /// Another entry for somebody of the directory.
    pub(super) fn person(mut self, name: &str, change: impl Fn(&mut DirectoryPerson)) -> Self {
        let upn = format!("{name}@contoso.com");
        for fact in &mut self.facts {
            if let Fact::Person(person) = fact
                && person.upn == upn
            {
                change(person);
            }
        }
        self
    }

    pub(super) fn unlicensed(self, name: &str) -> Self {
        self.person(name, |person| person.licences = Some(BTreeSet::new()))
    }

    pub(super) fn not_in_group(mut self, name: &str) -> Self {
        let upn = format!("{name}@contoso.com");
        self.facts
            .retain(|fact| !matches!(fact, Fact::GroupMember(one) if one.member == upn));
        self
    }

    pub(super) fn nested(self, name: &str) -> Self {
        let upn = format!("{name}@contoso.com");
        self.not_in_group(name)
            .fact(member("CRM Users", &upn, Some("Sales Team")))
    }

    pub(super) fn seats(self, seats: u32, used: Option<u32>) -> Self {
        self.fact(Fact::Licence(Licence {
            product: PRODUCT.to_owned(),
            seats: Some(seats),
            used,
            provisions: None,
        }))
    }

    /// Changes every user.
    pub(super) fn users(mut self, change: impl Fn(&mut User)) -> Self {
        for fact in &mut self.facts {
            if let Fact::User(user) = fact {
                change(user);
            }
        }
        self
    }

    /// Changes one user.
    pub(super) fn one(self, who: Principal, change: impl Fn(&mut User)) -> Self {
        self.users(|user| {
            if user.id.0 == who.uuid() {
                change(user);
            }
        })
    }

    pub(super) fn setting(self, name: &str, value: &str) -> Self {
        self.fact(Fact::Setting {
            name: name.to_owned(),
            value: value.to_owned(),
        })
    }

    /// A row of a users file.
    pub(super) fn wish(mut self, who: Principal, change: impl Fn(&mut DraftUser)) -> Self {
        let user = UserId(who.uuid());
        let row = self.draft.users.len() as u64 + 2;
        let held = self.facts().user_roles(user).to_vec();
        let mut wished = DraftUser {
            user,
            business_unit: None,
            access_mode: None,
            profile: BTreeMap::new(),
            strips: false,
            roles: held.into_iter().map(|role| (role, role)).collect(),
            role_rows: Vec::new(),
            file: USERS,
            row,
            line: row,
            fallen: None,
        };
        change(&mut wished);
        self.draft.users.push(wished);
        *self.draft.rows.entry(USERS).or_default() += 1;
        self
    }

    pub(super) fn wish_mode(self, who: Principal, mode: AccessMode) -> Self {
        let facts = self.facts();
        let before = facts.users()[&UserId(who.uuid())].access_mode;
        self.wish(who, |wish| {
            wish.access_mode = Some(crate::model::Changed {
                before,
                after: mode,
            });
        })
    }

    pub(super) fn wish_field(self, who: Principal, field: ProfileField) -> Self {
        self.wish(who, |wish| {
            let changed = crate::model::Changed {
                before: None,
                after: Some("new".to_owned()),
            };
            wish.profile.insert(field, changed);
        })
    }
}

/// Every code that speaks of a world.
#[track_caller]
pub(super) fn speaks(case: &str, world: World, expected: &[&str]) {
    speaks_by(case, world, |_| (), expected);
}

/// The same by another policy.
#[track_caller]
pub(super) fn speaks_by(
    case: &str,
    mut world: World,
    by: impl Fn(&mut CheckPolicy<'_>),
    expected: &[&str],
) {
    let facts = world.facts();
    let mut findings = Findings::default();
    let mut policy = CheckPolicy::of(&world.accept);
    by(&mut policy);
    let unchecked = judge(&mut world.draft, &facts, &policy, &mut findings);
    let judged = Judged {
        findings: findings.finish(&world.accept),
        draft: world.draft,
        unchecked,
    };
    assert_eq!(
        judged.codes(),
        expected,
        "case: {case}\n{:#?}",
        judged.findings
    );
    judged.draft.ledgers(&Accept::default());
}

/// The message of the only finding of that code.
#[track_caller]
pub(super) fn message(world: World, code: Code) -> String {
    finding_by(world, |_| (), code).message
}

/// The only finding of that code, by another policy.
#[track_caller]
pub(super) fn finding_by(
    mut world: World,
    by: impl Fn(&mut CheckPolicy<'_>),
    code: Code,
) -> Finding {
    let facts = world.facts();
    let mut findings = Findings::default();
    let mut policy = CheckPolicy::of(&world.accept);
    by(&mut policy);
    judge(&mut world.draft, &facts, &policy, &mut findings);
    let findings = findings.finish(&world.accept).into_iter();
    let mut found = findings.filter(|finding| finding.code == code);
    let finding = found.next().expect("it speaks");
    assert!(found.next().is_none(), "once");
    finding
}

#[test]
fn nothing_is_to_be_said() {
    speaks("nothing wanted", calm(), &[]);
    speaks("records assigned", calm().assign("account", ANA), &[]);
}
