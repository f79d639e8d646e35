//! The approval of a sealed plan.

use crate::check::tests::*;
use crate::check::{NotApproved, approve};
use crate::model::{Identity, OrganisationId, PeopleReport, Silent};
use crate::plan::{RulingsRecord, ToSeal, seal};

#[test]
fn sealed_plans() {
    let unknown = || {
        world()
            .without(Loadable::RolePrivileges)
            .assign("account", ANA)
    };
    let stopped = |errors, unchecked: &[&str]| {
        let unchecked = unchecked.iter().map(|code| (*code).to_owned()).collect();
        Err(NotApproved::Stopped { errors, unchecked })
    };
    let mut many = world();
    for number in 0..1_001 {
        let who = user(1_000 + number);
        many = many.user(who, &number.to_string(), ROOT, false);
        many = many.assign("account", who);
    }
    let mut kept_out = world().give(CID, READER);
    kept_out.accept.keep_out.insert(Code::Rol003);
    let mut not_to_be_kept_out = world().assign("account", BEN);
    not_to_be_kept_out.accept.keep_out.insert(Code::Own010);

    sealed("clean", world().assign("account", ANA), true, &Ok(()));
    sealed(
        "not said",
        world().assign("account", ANA),
        false,
        &Err(NotApproved::NotSaid),
    );
    sealed(
        "an error",
        world().assign("account", BEN),
        false,
        &stopped(1, &[]),
    );
    sealed(
        "an error denied",
        world().assign("account", BEN),
        true,
        &stopped(1, &[]),
    );
    sealed("errors past those listed", many, true, &stopped(1_001, &[]));
    sealed("kept out", kept_out, true, &Ok(()));
    sealed(
        "no rule to be kept out",
        not_to_be_kept_out,
        true,
        &stopped(1, &[]),
    );
    sealed("unchecked", unknown(), true, &stopped(0, &["OWN009"]));
    sealed(
        "unchecked and accepted",
        unknown().accept(Code::Own009),
        true,
        &Ok(()),
    );
    sealed(
        "a rule that guards nothing",
        world().without(Loadable::UserRoles).remove(ANA, SALES),
        true,
        &Ok(()),
    );
}

#[track_caller]
fn sealed(case: &str, world: World, said: bool, expected: &Result<(), NotApproved>) {
    let (facts, accept) = (world.facts(), world.accept.clone());
    let judged = world.judged();
    let identity = Identity {
        organisation: OrganisationId(Uuid::from_u128(9)),
        host: "environment.sqlite".to_owned(),
        caller: None,
    };
    let what = ToSeal {
        draft: &judged.draft,
        findings: &judged.findings,
        unchecked: &judged.unchecked,
        inputs: &[],
        user_rows: &BTreeMap::new(),
        identity: &identity,
        as_of: "2026-11-24",
        pulled_at: None,
        rulings: RulingsRecord {
            blake3: String::new(),
            used: 0,
            unused: 0,
        },
        settings: BTreeMap::new(),
        accept: &accept,
        facts: &facts,
        owners: &[],
        people: &PeopleReport::default(),
        approved: said,
    };
    let folder = tempfile::tempdir().unwrap();
    let plan = seal(folder.path(), &what, &Silent).unwrap();
    let of_plan = plan.seal().to_owned();
    let approved = approve(plan).map(|approved| assert_eq!(approved.plan().seal(), of_plan));
    assert_eq!(&approved, expected, "case: {case}");
}
