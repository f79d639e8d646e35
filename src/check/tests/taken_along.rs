//! REC007 to REC010: what assigning takes along, and what the owner of today keeps.

use crate::check::tests::everybody::*;
use crate::check::tests::*;
use crate::model::{AccessMode, Cascade, CascadeAssign, setting};

fn cascade(parent: &str, child: &str, assign: CascadeAssign) -> Fact {
    Fact::Cascade(Cascade {
        parent: parent.to_owned(),
        child: child.to_owned(),
        assign,
    })
}

fn contacts(assign: CascadeAssign) -> World {
    calm()
        .fact(cascade("account", "contact", assign))
        .owned_by("contact", Some(Ownership::User))
        .privilege(SALES, "prvReadContact", Depth::User)
        .assign("account", ANA)
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn records_that_follow() {
    let loaded = |count| BTreeMap::from([("contact".to_owned(), count)]);
    let counted = |case, world, count, expected: &[&str]| {
        let loaded = loaded(count);
        let mut world: World = world;
        let facts = world.facts();
        let mut findings = Findings::default();
        let policy = CheckPolicy { records: &loaded, ..CheckPolicy::of(&world.accept) };
        judge(&mut world.draft, &facts, &policy, &mut findings);
        let codes: Vec<&str> = findings.iter().map(|finding| finding.code.as_str()).collect();
        assert_eq!(codes, expected, "case: {case}");
    };
    counted("children that no row names",    contacts(CascadeAssign::All),                             5, &["REC007"]);
    counted("every child is named",          contacts(CascadeAssign::All).assign("contact", ANA),      1, &[]);
    counted("some are",                      contacts(CascadeAssign::UserOwned).assign("contact", ANA), 2, &["REC007"]);
    counted("they do not follow",            contacts(CascadeAssign::None),                            5, &[]);
    let deep = || contacts(CascadeAssign::All).fact(cascade("contact", "task", CascadeAssign::Active));
    speaks("not loaded, two deep",           deep(),                                                      &["REC010"]);
    speaks("its own parent",                 contacts(CascadeAssign::None).fact(cascade("account", "account", CascadeAssign::All)), &[]);
    let mut accepted = deep();
    accepted.accept.unchecked.insert(Code::Rec010);
    speaks("not loaded, and accepted",       accepted,                                                    &["REC007"]);
    let fallen = deep().judged_whole();
    assert_eq!(fallen.fallen(), BTreeMap::from([(Code::Rec010, 1)]));
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn owners_of_today() {
    let system = |name: &'static str| calm().one(EVA, move |user| user.full_name = Some(name.to_owned())).assign("account", ANA);
    speaks("they keep a share",     calm().set(setting::SHARE_TO_PREVIOUS_OWNER).assign("account", ANA), &["REC008"]);
    speaks("nothing is assigned",   calm().set(setting::SHARE_TO_PREVIOUS_OWNER),                        &[]);
    speaks("SYSTEM",                system("SYSTEM"),                                                    &["REC009"]);
    speaks("INTEGRATION",           system("Integration"),                                               &["REC009"]);
    let support = system("SYSTEM").one(EVA, |user| user.access_mode = AccessMode::Support);
    speaks("SYSTEM as support user", support,                                                            &["REC009"]);
    speaks("a person",              system("Systema"),                                                   &[]);
}
