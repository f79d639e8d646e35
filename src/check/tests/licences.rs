//! LIC001 to LIC006: who has no licence, and who has one for nothing.

use crate::check::tests::everybody::*;
use crate::check::tests::*;
use crate::model::{Invitation, UserLicence};

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn people_without_a_licence() {
    let no = || calm().unlicensed("ana");
    let off = |world: World| world.without(Loadable::UserLicences).person("ana", |person| person.licences = None);
    let held = |product: &str| Fact::UserLicence(UserLicence { user: UserId(ANA.uuid()), product: product.to_owned() });
    let mode = |mode| no().one(ANA, |user| user.access_mode = mode);
    //     case                                  world                                                                 rules that speak
    speaks("she gets a record",                  no().assign("account", ANA),                                          &["LIC001"]);
    speaks("she gets a role",                    no().give(ANA, READER),                                               &["LIC001"]);
    speaks("she is changed",                     no().wish(ANA, |_| ()),                                               &["LIC001"]);
    speaks("the plan has nothing for her",       no(),                                                                 &["ACC008"]);
    speaks("what she gets falls",                no().assign("article", ANA),                                          &["OWN009", "ACC008"]);
    speaks("licensed by the environment",        off(calm()).fact(held(PRODUCT)).assign("account", ANA),               &[]);
    speaks("not known",                          off(calm()).assign("account", ANA),                                   &["?LIC001"]);
    speaks("not known, nothing for her",         off(calm()),                                                          &["?ACC008"]);
    speaks("read only",                          mode(AccessMode::Read).assign("account", ANA),                        &["ACC008"]);
    speaks("a program, and it stays one",        mode(AccessMode::NonInteractive).assign("account", ANA),              &[]);
    speaks("a program becomes a person",
           mode(AccessMode::NonInteractive).wish_mode(ANA, AccessMode::ReadWrite),                                     &["LIC001"]);
    speaks("disabled",  no().one(ANA, |user| user.disabled = true).assign("account", ANA),                             &["ACC001"]);
    speaks_by("on-premises knows none",          no().assign("account", ANA), |policy| policy.on_premises = true, &[]);
    assert_eq!(message(no().assign("account", ANA).assign("account", ANA), Code::Lic001),
        "Ana <ana@contoso.com> is enabled with access mode `read-write` and has no licence; the plan gives \
         this user 2 records, and expected is a licence to work with that");
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn seats() {
    let two = || calm().unlicensed("ana").unlicensed("dan").give(ANA, READER).give(DAN, LOCAL);
    let both = ["LIC001", "LIC001", "LIC002"];
    speaks("two are free",                  two().seats(10, Some(8)),                             &both[..2]);
    speaks("one is free",                   two().seats(10, Some(9)),                             &both);
    speaks("counted in the directory",      two().seats(2, None),                                 &both);
    speaks("counted, and enough",           two().seats(3, None),                                 &both[..2]);
    speaks("too many in use already",       calm().seats(2, Some(3)),                             &["LIC005"]);
    speaks("too many holders",              calm().seats(2, None),                                &["LIC005"]);
    speaks("more than are in use",          calm().seats(99, Some(3)),                            &[]);
    let none = two().without(Loadable::Licences);
    let mut unsaid = none.clone();
    unsaid.facts.retain(|fact| !matches!(fact, Fact::Licence(_)));
    speaks("seats not loaded",              unsaid,                                               &["LIC001", "LIC001", "?LIC002"]);
    let text = message(two().seats(10, Some(9)), Code::Lic002);
    assert_eq!(text, "2 people of the plan need a licence (Ana <ana@contoso.com>, Dan <dan@contoso.com>); of \
                      `Dynamics 365 Sales Enterprise` 9 of 10 seats are in use: seats free 1, to be bought 1");
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn invitations() {
    let on = |status: Invitation, day: Option<&'static str>| calm().one(ANA, move |user| {
        user.details.invitation = Some(status);
        user.details.invited_on = day.map(str::to_owned);
    });
    let today = |case, world: World, expected: &[&str]| {
        speaks_by(case, world, |policy| policy.as_of = "2026-11-28", expected);
    };
    today("sent today",                  on(Invitation::Invited, Some("2026-11-28")),     &["LIC003"]);
    today("fourteen days ago",           on(Invitation::Invited, Some("2026-11-14")),     &["LIC003"]);
    today("nobody knows when",           on(Invitation::NearExpired, None),               &["LIC003"]);
    today("expired",                     on(Invitation::Expired, None),                   &["LIC003"]);
    today("accepted",                    on(Invitation::Accepted, Some("2026-11-14")),    &[]);
    today("not sent",                    on(Invitation::NotSent, None),                   &[]);
    for (day, words) in [("2026-11-14", "holds a seat"), ("2026-11-13", "has ended")] {
        let mut world = on(Invitation::Invited, Some(day));
        let facts = world.facts();
        let mut findings = Findings::default();
        let policy = CheckPolicy { as_of: "2026-11-28", ..CheckPolicy::of(&world.accept) };
        judge(&mut world.draft, &facts, &policy, &mut findings);
        let found = findings.iter().next().unwrap();
        assert!(found.message.contains(words), "{day}: {}", found.message);
    }
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn licences_without_need() {
    let mode = |mode| calm().one(ANA, move |user| user.access_mode = mode);
    let off = || calm().one(ANA, |user| user.disabled = true);
    speaks("administrative",               mode(AccessMode::Administrative),                                    &["LIC004"]);
    speaks("non-interactive",              mode(AccessMode::NonInteractive),                                    &["LIC004"]);
    speaks("about to be changed",          mode(AccessMode::NonInteractive).wish_mode(ANA, AccessMode::ReadWrite), &[]);
    speaks("a stub user",                  calm().one(ANA, |user| user.stub = true),                            &["LIC004", "ACC007"]);
    speaks("left the group",               off().not_in_group("ana"),                                           &["LIC004", "ACC001"]);
    speaks("in it by way of another",      off().nested("ana"),                                                 &["ACC001", "ACC003"]);
    speaks("sign-in is blocked",           off().person("ana", |person| person.enabled = Some(false)),          &["LIC004", "ACC001"]);
    speaks("disabled by hand",             off(),                                                               &["ACC001"]);
    speaks("no licence either",            off().unlicensed("ana"),                                             &["ACC001"]);
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn licences_that_make_no_user() {
    let office = |name: &str| calm().known(name, |person| person.licences = Some(["Office 365 E3".to_owned()].into()));
    speaks("in the group",                 office("gus"),                                   &["LIC006"]);
    speaks("nobody's business",            office("gus").not_in_group("gus"),               &[]);
    speaks("a user already",
           calm().person("ana", |person| person.licences = Some(["Office 365 E3".to_owned()].into())).assign("account", ANA), &[]);
}

#[test]
fn many_people_are_one_finding() {
    let mut world = calm();
    for number in 0..23 {
        let name = format!("u{number:02}");
        world = world.user(user(1_000 + number), &name, ROOT, true);
    }
    let judged = world.judged_whole();
    let [finding] = judged.findings.as_slice() else {
        panic!("one finding: {:?}", judged.findings);
    };
    assert_eq!((finding.code, finding.count), (Code::Acc001, 23));
    assert!(
        finding
            .message
            .contains("u09 <u09@contoso.com>, and 13 more"),
        "{}",
        finding.message
    );
    assert!(!finding.message.contains("u10"), "{}", finding.message);
}
