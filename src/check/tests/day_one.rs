//! Day one: who can work when, and which lists name whom, for one person after the other.

use crate::check::tests::*;
use crate::check::{DayOne, people_report};
use crate::model::{
    DirectoryPerson, GroupMember, HandOverKind, Licence, PeopleReport, Progressed, setting,
};

/// The group whose members are users.
const GROUP: &str = "CRM users";

/// Whether she is in the group.
#[derive(Clone, Copy)]
enum Member {
    Direct,
    Through(&'static str),
    Outside,
}

/// Ana, by what the directory says of her: licences, groups, whether she is disabled here.
#[derive(Clone, Copy)]
struct Ana {
    licences: &'static [&'static str],
    group: Member,
    disabled: bool,
    mode: AccessMode,
    is_in_directory: bool,
    roles: &'static [RoleId],
}

const ANA_AS_SHE_SHOULD_BE: Ana = Ana {
    licences: &["Dynamics 365 Sales"],
    group: Member::Direct,
    disabled: false,
    mode: AccessMode::ReadWrite,
    is_in_directory: true,
    roles: &[SALES],
};

/// A world with nobody but Ana, whom the plan changes as `plan` says.
fn report(ana: &Ana, plan: impl FnOnce(World) -> World) -> PeopleReport {
    let mut world = world();
    world
        .facts
        .retain(|fact| !matches!(fact, Fact::User(_) | Fact::UserRole { .. }));
    let mut world = world.user(ANA, "Ana", ROOT, ana.disabled);
    for fact in &mut world.facts {
        if let Fact::User(user) = fact {
            (user.access_mode, user.licensed) = (ana.mode, None);
        }
    }
    for role in ana.roles {
        world = world.holds(ANA, *role);
    }
    if ana.is_in_directory {
        world = world.fact(Fact::Person(Box::new(DirectoryPerson {
            upn: "ana@contoso.com".to_owned(),
            enabled: Some(true),
            licences: Some(ana.licences.iter().map(|text| (*text).to_owned()).collect()),
            ..DirectoryPerson::default()
        })));
    }
    let member = |member: &str, via: Option<&str>| {
        Fact::GroupMember(GroupMember {
            group: GROUP.to_owned(),
            member: member.to_owned(),
            via: via.map(str::to_owned),
        })
    };
    world = world.fact(member("somebody@contoso.com", None));
    world = match ana.group {
        Member::Direct => world.fact(member("ana@contoso.com", None)),
        Member::Through(via) => world.fact(member("ana@contoso.com", Some(via))),
        Member::Outside => world,
    };
    let mut world = plan(world);
    let facts = world.facts();
    world.draft.roles.sort_by_key(|role| role.role);
    people_report(&DayOne {
        draft: &world.draft,
        facts: &facts,
        missing: &[],
        on_premises: false,
        errors: 0,
    })
}

/// The answers with their reasons, and the lists that name somebody.
fn told(report: &PeopleReport) -> (Vec<String>, Vec<&'static str>) {
    let [ana] = &report.readiness[..] else {
        panic!("one person: {:?}", report.readiness);
    };
    let moments = [&ana.today, &ana.after_plan, &ana.after_hand_over];
    let words = moments.map(|standing| {
        let words = standing.words();
        format!("{} {words}", standing.answer().word())
            .trim()
            .to_owned()
    });
    let lists = report.hand_over.iter().map(|list| list.kind.file());
    (words.to_vec(), lists.collect())
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn one_person() {
    let as_is = |world: World| world;
    let gives = |world: World| world.give(ANA, READER);
    let ana = || ANA_AS_SHE_SHOULD_BE;
    let give: &[&str] = &["licences-to-give"];
    //    case                      Ana                                                     the plan  today, after the plan, after the hand-over        lists
    check_ana("all is well",        ana(),                                                  as_is,    ["yes", "yes", "yes"],                            &[]);
    check_ana("no licence",         Ana { licences: &[], ..ana() },                         as_is,    ["no no licence", "no no licence", "yes"],        give);
    check_ana("not in the group",   Ana { group: Member::Outside, ..ana() },                           as_is,
              ["no not in the security group", "no not in the security group", "yes"],                                                                  &["group-members-to-add"]);
    check_ana("by a nested group",  Ana { group: Member::Through("Sales"), ..ana() },            as_is,
              ["no in the security group only through a nested group", "no in the security group only through a nested group", "yes"],                  &["group-members-to-add"]);
    check_ana("no role",            Ana { roles: &[], ..ana() },                            as_is,    ["no no role", "no no role", "no no role"],       &[]);
    check_ana("the plan gives one", Ana { roles: &[], ..ana() },  |world| world.give(ANA, SALES),     ["no no role", "yes", "yes"],                     &[]);
    check_ana("the plan takes one", ana(),                        |world| world.remove(ANA, SALES),   ["yes", "no no role", "no no role"],              &[]);
    check_ana("a leaver",           Ana { disabled: true, group: Member::Outside, ..ana() },           as_is,
              ["no disabled: not in the security group"; 3],                                                                 &["leavers"]);
    check_ana("disabled, and the plan wants her", Ana { disabled: true, licences: &[], ..ana() }, gives,
              ["no disabled: no licence", "no disabled: no licence", "yes"],                                                    &["licences-to-give", "invitations"]);
    check_ana("disabled by hand",   Ana { disabled: true, ..ana() },                        gives,    ["no disabled: by hand in the environment"; 3],   &[]);
    check_ana("for programs only",  Ana { mode: AccessMode::NonInteractive, licences: &[], ..ana() }, as_is, ["no access mode non-interactive"; 3],     &[]);
    check_ana("for programs only, licensed", Ana { mode: AccessMode::NonInteractive, ..ana() }, as_is, ["no access mode non-interactive"; 3],           &["licences-to-free"]);
    check_ana("not in the directory", Ana { is_in_directory: false, ..ana() },              as_is,
              ["no not in the directory; no licence", "no not in the directory; no licence", "yes"],                                                    &["people-to-create", "licences-to-give"]);
}

#[track_caller]
fn check_ana(
    case: &str,
    ana: Ana,
    plan: impl FnOnce(World) -> World,
    moments: [&str; 3],
    lists: &[&str],
) {
    let report = report(&ana, plan);
    let (words, named) = told(&report);
    assert_eq!(words, moments, "case: {case}");
    assert_eq!(named, lists, "case: {case}");
    for list in &report.hand_over {
        let columns = list.kind.columns().len();
        assert!(
            list.rows.iter().all(|row| row.len() == columns),
            "case: {case}"
        );
    }
}

#[test]
fn what_was_not_loaded_is_not_known() {
    let report = report(&ANA_AS_SHE_SHOULD_BE, |world| {
        let world = world.without(Loadable::Directory);
        world
            .without(Loadable::Groups)
            .without(Loadable::UserLicences)
    });
    let (words, _) = told(&report);
    assert_eq!(words[0], "not known not loaded: directory, groups");
    let states: Vec<Progressed> = report.steps.iter().map(|step| step.state).collect();
    assert!(states.contains(&Progressed::NotKnown), "{:?}", report.steps);
}

#[test]
fn seats_that_are_missing_are_to_be_bought() {
    let report = report(
        &Ana {
            licences: &[],
            ..ANA_AS_SHE_SHOULD_BE
        },
        |world| {
            world.fact(Fact::Licence(Licence {
                product: "Dynamics 365 Sales".to_owned(),
                seats: Some(10),
                used: Some(10),
                provisions: Some(true),
            }))
        },
    );
    let buy = &report.hand_over[0];
    assert_eq!(buy.kind, HandOverKind::LicencesToBuy);
    assert_eq!(
        buy.rows,
        [["Dynamics 365 Sales", "10", "10", "11", "1"].map(str::to_owned)]
    );
    let step = report.steps.iter().find(|step| step.list == Some(buy.kind));
    assert_eq!(step.map(|step| step.state), Some(Progressed::Open(1)));
}

#[test]
fn the_setting_is_switched_on_and_back_where_the_plan_needs_it() {
    let needs = |world: World| world.stub().stubs(|stub| stub.way = StubWay::Api);
    let report = report(&ANA_AS_SHE_SHOULD_BE, needs);
    let list = report
        .hand_over
        .iter()
        .find(|list| list.kind == HandOverKind::SettingsToSwitch);
    let row = &list.expect("the list of settings").rows[0];
    assert_eq!(row[0], setting::ROLES_ON_DISABLED);
    assert_eq!((row[1].as_str(), row[2].as_str()), ("off", "on"));
    let switches = report
        .steps
        .iter()
        .filter(|step| step.title.starts_with("switch settings"));
    let places: Vec<&str> = switches.map(|step| step.title.as_str()).collect();
    assert_eq!(places, ["switch settings", "switch settings back"]);
}

/// A person of the directory who is no user.
fn outsider(upn: &str, licences: &[&str], roles: &[&str]) -> Fact {
    let texts = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect());
    Fact::Person(Box::new(DirectoryPerson {
        upn: upn.to_owned(),
        display_name: Some("Zoe Zimmer".to_owned()),
        enabled: Some(true),
        licences: texts(licences),
        roles: texts(roles),
        ..DirectoryPerson::default()
    }))
}

fn in_group(upn: &str) -> Fact {
    Fact::GroupMember(GroupMember {
        group: GROUP.to_owned(),
        member: upn.to_owned(),
        via: None,
    })
}

fn rows_of(report: &PeopleReport, kind: HandOverKind) -> Vec<Vec<String>> {
    let list = report.hand_over.iter().find(|list| list.kind == kind);
    list.map_or_else(Vec::new, |list| list.rows.clone())
}

#[test]
fn somebody_who_is_due() {
    let zoe = "zoe@contoso.com";
    let report = report(&ANA_AS_SHE_SHOULD_BE, |world| {
        let world = world.fact(outsider(zoe, &["Dynamics 365 Sales"], &[]));
        world
            .fact(in_group(zoe))
            .fact(outsider("yan@contoso.com", &[], &[]))
    });
    let rows = rows_of(&report, HandOverKind::PeopleToSynchronise);
    assert_eq!(rows.len(), 1, "{rows:?}");
    let cures = &rows[0][2];
    let places = ["wait", "sign out", "take the licence away", "ask support"].map(|word| {
        cures
            .find(word)
            .unwrap_or_else(|| panic!("no `{word}` in {cures}"))
    });
    assert!(places.is_sorted(), "in this order: {cures}");
    let person = report
        .readiness
        .iter()
        .find(|one| one.upn == zoe)
        .expect("Zoe");
    assert_eq!(person.today.words(), "not yet synchronised; no role");
    assert_eq!(person.after_hand_over.words(), "no role");
}

#[test]
fn who_administers_the_directory_needs_no_licence() {
    let zoe = "zoe@contoso.com";
    let report = report(&ANA_AS_SHE_SHOULD_BE, |world| {
        world
            .fact(outsider(zoe, &[], &["General Administrator"]))
            .fact(in_group(zoe))
    });
    assert_eq!(rows_of(&report, HandOverKind::PeopleToSynchronise).len(), 1);
    assert!(rows_of(&report, HandOverKind::LicencesToGive).is_empty());
}

#[test]
fn telling_people_comes_last() {
    let report = report(&ANA_AS_SHE_SHOULD_BE, |world| world);
    let last = report.steps.last().expect("steps");
    assert_eq!(last.list, Some(HandOverKind::Invitations));
    assert_eq!(last.state, Progressed::Open(0));
    let place = |start: &str| {
        let mut titles = report.steps.iter().map(|step| step.title.as_str());
        titles
            .position(|title| title.starts_with(start))
            .unwrap_or_else(|| panic!("{start}"))
    };
    let order = [
        "buy",
        "create the people",
        "give licences",
        "add the people",
        "bring the people",
        "apply",
        "verify",
        "free licences",
    ];
    assert!(order.map(place).is_sorted());
}

#[test]
fn steps_name_who_may_do_them() {
    let of = |roles: &[&str]| {
        let report = report(&ANA_AS_SHE_SHOULD_BE, |world| {
            world.fact(outsider("zoe@contoso.com", &[], roles))
        });
        let step = report
            .steps
            .iter()
            .find(|step| step.list == Some(HandOverKind::LicencesToGive));
        step.expect("the step").whose.clone()
    };
    assert_eq!(
        of(&["License Administrator"]),
        "licence administrator: zoe@contoso.com"
    );
    let nobody = "licence administrator: nobody in the directory is, so a global administrator";
    assert_eq!(of(&["Billing Administrator"]), nobody);
}

#[test]
fn stub_users_are_never_ready() {
    let report = report(&ANA_AS_SHE_SHOULD_BE, World::stub);
    let stub = report
        .readiness
        .iter()
        .find(|one| one.upn != "ana@contoso.com");
    let stub = stub.expect("the stub user");
    for standing in [&stub.today, &stub.after_plan, &stub.after_hand_over] {
        assert_eq!(standing.words(), "stub user: can never sign in");
    }
}

#[test]
fn units_that_are_missing_come_first() {
    let report = report(&ANA_AS_SHE_SHOULD_BE, |mut world| {
        let units = &mut world.draft.unknown_units;
        units.insert("sales emea".to_owned(), "Sales EMEA".to_owned());
        world
    });
    assert_eq!(
        report.hand_over[0].kind,
        HandOverKind::BusinessUnitsToCreate
    );
    assert_eq!(report.hand_over[0].rows, [["Sales EMEA".to_owned()]]);
    assert_eq!(report.steps[0].state, Progressed::Open(1));
}

#[test]
fn a_licence_for_the_time_of_the_change() {
    let unlicensed = Ana {
        licences: &[],
        ..ANA_AS_SHE_SHOULD_BE
    };
    let report = report(&unlicensed, |world| {
        world.gets_mode(ANA, AccessMode::NonInteractive)
    });
    let rows = rows_of(&report, HandOverKind::LicencesToGive);
    assert!(rows[0][3].contains("read the access mode back"), "{rows:?}");
    let licensed = self::report(&ANA_AS_SHE_SHOULD_BE, |world| {
        world.gets_mode(ANA, AccessMode::NonInteractive)
    });
    assert_eq!(rows_of(&licensed, HandOverKind::LicencesToFree).len(), 1);
}

#[test]
fn a_wish_that_the_directory_keeps() {
    let report = report(&ANA_AS_SHE_SHOULD_BE, |world| {
        world.gets_title(ANA, "Head of Sales")
    });
    let rows = rows_of(&report, HandOverKind::ProfilesToCorrect);
    assert_eq!(
        rows[0][2..],
        ["title", "", "Head of Sales"].map(str::to_owned)
    );
}
