//! OWN008, OWN009, OWN010: may the owner to be own.

use crate::check::tests::*;
use crate::model::setting;

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn owner_rules() {
    let direct = || world().member(SELLERS, BEN);
    let through = |role| world().holds(IDLE, role).member(IDLE, BEN);
    //    case                                        world                                                   rules that speak
    check("a user with a role that reads",            world().assign("account", ANA),                         &[]);
    check("a disabled user with a role that reads",   world().assign("account", CID),                         &[]);
    check("a user without any role",                  world().assign("account", BEN),                         &["OWN010"]);
    check("one finding for all tables without role",  world().assign("account", BEN).assign("article", BEN),  &["OWN010"]);
    check("a role that reads another table",          world().assign("account", DAN),                         &["OWN009"]);
    check("a role that reads this table",             world().assign("article", DAN),                         &[]);
    check("one finding per table",                    world().assign("contact", DAN).assign("account", DAN),  &["OWN009", "OWN009"]);
    check("names of tables in any case",              world().assign("Article", DAN),                         &[]);
    check("a copy has its root's privileges",         world().holds(DAN, SALES_IN_EUROPE).assign("account", DAN), &[]);
    check("through a team, inherited as own",         direct().assign("account", BEN),                        &[]);
    check("a team of others does not help",           world().member(SELLERS, CID).assign("account", BEN),    &["OWN010"]);
    check("through a team, team only, user level",    through(TEAM_ONLY).assign("account", BEN),              &["OWN009"]);
    check("through a team, team only, everywhere",    through(TEAM_WIDE).assign("account", BEN),              &[]);
    check("own, team only, user level",               world().holds(BEN, TEAM_ONLY).assign("account", BEN),   &[]);
    check("an access team gives nothing",             world().holds(DEAL, SALES).member(DEAL, BEN).assign("account", BEN), &["OWN010"]);
    check("an activity needs the activities' right",  world().assign("task", ANA),                            &["OWN009"]);
    check("an activity with that right",              world().holds(ANA, ACTIVITIES).assign("task", ANA),     &[]);
    check("the activity's own name is no right",      world().privilege(SALES, "prvReadTask", Depth::User).assign("task", ANA), &["OWN009"]);
    check("a table whose right is named otherwise",   world().privilege(SALES, "prvReadNote", Depth::User).assign("annotation", ANA), &[]);
    check("a team with a role that reads",            world().assign("account", SELLERS),                     &[]);
    check("a team's team-only role is its own",       world().holds(IDLE, TEAM_ONLY).assign("account", IDLE), &[]);
    check("a team without any role",                  world().assign("account", IDLE),                        &["OWN010"]);
    check("a team with a role that does not read",    world().holds(IDLE, READER).assign("account", IDLE),    &["OWN009"]);
    check("members' roles are not the team's",        world().member(IDLE, ANA).assign("account", IDLE),      &["OWN010"]);
    check("an access team",                           world().holds(DEAL, SALES).assign("account", DEAL),     &["OWN008"]);
    check("a role given by this plan",                world().give(BEN, SALES).assign("account", BEN),        &[]);
    check("a role given to the team by this plan",    world().give(IDLE, SALES).assign("account", IDLE),      &[]);
    check("a role given to a team of the user's",     world().member(IDLE, BEN).give(IDLE, SALES).assign("account", BEN), &[]);
    check("roles removed later still count",          world().holds(ANA, READER).remove(ANA, SALES).assign("account", ANA), &[]);
    check("a stub user with the default role",        world().stub().assign("account", OLD),                  &[]);
    check("a default role that does not read",        world().stub().assign("article", OLD),                  &["OWN009"]);
    check("a stub user with a further role",
          world().stub().set(setting::ROLES_ON_DISABLED).give(OLD, READER).assign("article", OLD),            &[]);
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn owners_who_are_blocked() {
    let across = || world().give(BEN, SALES_IN_EUROPE);
    check("the role that would read falls",           across().assign("account", BEN).assign("account", BEN), &["ROL004+2"]);
    check("another way to read remains",              across().member(SELLERS, BEN).assign("account", BEN),   &["ROL004"]);
    check("the fallen role would not have read",      across().assign("contact", BEN),                        &["OWN009", "ROL004"]);
    check("the cause is the role that would read",
          world().holds(BEN, READER).give(BEN, LOCAL).give(BEN, ACTIVITIES).assign("account", BEN),            &["ROL004+1"]);
    check("the lowest code of several causes",
          world().user(user(105), "Fay", ROOT, true).member(IDLE, user(105))
              .give(IDLE, SALES_IN_EUROPE).give(user(105), SALES).assign("account", user(105)),               &["ROL003+1", "ROL004"]);
    check("a fallen role that would not read is no cause",
          world().user(user(105), "Fay", ROOT, true).member(IDLE, user(105))
              .give(user(105), READER).give(IDLE, SALES_IN_EUROPE).assign("account", user(105)),              &["ROL003", "ROL004+1"]);
    check("the team's role falls",                    world().member(IDLE, BEN).give(IDLE, SALES_IN_EUROPE).assign("account", BEN), &["ROL004+1"]);
    check("the stub user falls",
          world().stub_named(OLD, "ana@contoso.com", "x@old.com").assign("account", OLD).assign("account", OLD), &["STB005+2"]);
    check("the stub user falls and could not read",
          world().stub_named(OLD, "ana@contoso.com", "x@old.com").assign("article", OLD),                     &["OWN009", "STB005"]);
    check("no default role: nobody asks what it reads",
          world().stub().stubs(|stub| stub.default_role = None).assign("article", OLD),                       &["STB003+1"]);
    check("a role falls where privileges are unknown",
          world().without(Loadable::RolePrivileges).give(BEN, SALES_IN_EUROPE).assign("account", BEN),        &["ROL004+1", "?ROL011"]);
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn owners_who_are_not_known_enough() {
    let less = |what| world().without(what);
    check("shown without teams",                      less(Loadable::Teams).assign("account", ANA),           &[]);
    check("not shown without teams",                  less(Loadable::Teams).assign("account", DAN),           &["?OWN009"]);
    check("no role shown without teams",              less(Loadable::Teams).assign("account", BEN),           &["?OWN009", "?OWN010"]);
    check("not shown without members",                less(Loadable::TeamMembers).assign("account", DAN),     &["?OWN009"]);
    check("not shown without roles of teams",         less(Loadable::TeamRoles).assign("account", DAN),       &["?OWN009"]);
    check("not shown without roles of users",         less(Loadable::UserRoles).assign("account", ANA),       &["?OWN009", "?OWN010"]);
    check("given by this plan",                       less(Loadable::UserRoles).give(BEN, SALES).assign("account", BEN), &[]);
    check("a team without roles of users",            less(Loadable::UserRoles).assign("account", SELLERS),   &[]);
    check("without privileges",                       less(Loadable::RolePrivileges).assign("account", ANA),  &["?OWN009"]);
    check("without privileges nor any role",          less(Loadable::RolePrivileges).assign("account", BEN),  &["OWN010"]);
    check("a team without roles of teams",            less(Loadable::TeamRoles).assign("account", SELLERS),   &["?OWN009", "?OWN010"]);
    check("a team without teams",                     less(Loadable::Teams).assign("account", SELLERS),       &["?OWN008", "?OWN009", "?OWN010"]);
    check("accepted",                                 less(Loadable::Teams).accept(Code::Own009).assign("account", DAN), &["?OWN009"]);
}

#[test]
fn what_is_unchecked_says_what_it_needs_and_for_how_many() {
    let bare = world()
        .without(Loadable::Teams)
        .without(Loadable::RolePrivileges);
    let judged = bare
        .accept(Code::Own010)
        .assign("account", BEN)
        .assign("account", BEN)
        .assign("account", ANA)
        .judged();
    let expected = [
        Unchecked {
            code: Code::Own009,
            needs: [Loadable::Teams, Loadable::RolePrivileges].into(),
            changes: 3,
            accepted: false,
        },
        Unchecked {
            code: Code::Own010,
            needs: [Loadable::Teams].into(),
            changes: 2,
            accepted: true,
        },
    ];
    assert_eq!(judged.unchecked, expected);
    assert!(judged.fallen().is_empty(), "the unknown makes nothing fall");
    assert!(!approvable(&judged.findings, &judged.unchecked));
    assert!(approvable(&judged.findings, &judged.unchecked[1..]));
}

#[test]
fn a_finding_names_who_what_and_where() {
    let judged = world()
        .holds(IDLE, TEAM_ONLY)
        .member(IDLE, DAN)
        .assign("account", ANA)
        .assign("account", DAN)
        .judged();
    let [finding] = judged.findings.as_slice() else {
        panic!("one finding: {:?}", judged.findings);
    };
    assert_eq!(finding.subject, "Dan <dan@contoso.com> on account");
    let told = "Dan <dan@contoso.com> in business unit `Europe` has `Reader`, through team `Idle` \
                `Team only` (`team-only`, reads at level `user`, for members it needs \
                `organisation`); none of it gives `prvReadAccount`, expected one that does";
    assert_eq!(finding.message, told);
    assert!(finding.cure.contains("`Sales`"), "{}", finding.cure);
    let place = finding.places.get(0);
    assert_eq!((place.row, place.column, finding.count), (3, Some(2), 1));
}

#[test]
fn people_of_one_name_have_findings_of_their_own() {
    let twin = user(106);
    let judged = world()
        .user(twin, "Ben", ROOT, false)
        .assign("account", BEN)
        .assign("account", twin)
        .judged();
    let subjects: BTreeSet<&str> = judged
        .findings
        .iter()
        .map(|finding| finding.subject.as_str())
        .collect();
    assert_eq!(subjects.len(), 2, "{subjects:?}");
}
