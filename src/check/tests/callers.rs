//! ENV002, ENV008, ROL013, ENV003, ENV006: what the caller may do, and the environment as a whole.

use crate::check::tests::everybody::*;
use crate::check::tests::*;
use crate::model::{EnvironmentKind, setting};

const MIA: Principal = user(109);
/// The role of [`MIA`], who applies the plan.
const MIGRATION: RoleId = RoleId(Uuid::from_u128(0x81));

/// Mia applies the plan, by a role with these privileges.
fn mia(privileges: &[(&str, Depth)]) -> World {
    by(ROOT, privileges)
}

fn by(unit: UnitId, privileges: &[(&str, Depth)]) -> World {
    let mut world = calm()
        .user(MIA, "Mia", unit, false)
        .users(|user| user.licensed = None)
        .known("mia", |_| ())
        .fact(Fact::Role(Role {
            id: MIGRATION,
            name: "Migration".to_owned(),
            business_unit: unit,
            root: MIGRATION,
            template: None,
            inheritance: Inheritance::DirectUser,
        }))
        .holds(MIA, MIGRATION)
        .setting(setting::CALLER, &MIA.uuid().to_string());
    for (privilege, depth) in privileges {
        world = world.privilege(MIGRATION, privilege, *depth);
    }
    world
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn changes_that_the_caller_may_make() {
    const ALL: &[(&str, Depth)] = &[("prvAssignAccount", Depth::User), ("PRVREADACCOUNT", Depth::User), ("prvWriteAccount", Depth::User)];
    const READS: (&str, Depth) = ("prvReadAccount", Depth::User);
    let task = ["prvAssignActivity", "prvReadActivity", "prvWriteActivity"].map(|name| (name, Depth::Unit));
    let note = ["prvAssignNote", "prvReadNote", "prvWriteNote"].map(|name| (name, Depth::Unit));
    let stub = || mia(&[("prvCreateUser", Depth::User), READS]).stub();
    let gone = || mia(&[READS]).assign("account", ANA).files(|file| file.before.fill(None));
    //     case                                   world                                                                    rules that speak
    speaks("assigns accounts",                    mia(ALL).assign("account", ANA),                                         &[]);
    speaks("may not assign",                      mia(&[READS]).assign("account", ANA),                                    &["ENV002"]);
    speaks("may not write",                       mia(&ALL[..2]).assign("account", ANA),                                   &["ENV002"]);
    speaks("assigns tasks",                       mia(&task).holds(ANA, ACTIVITIES).assign("task", ANA),                   &[]);
    speaks("assigns notes",                       mia(&note).privilege(SALES, "prvReadNote", Depth::User).assign("annotation", ANA), &[]);
    speaks("a record that is not there",          gone(),                                                                  &["REC002"]);
    speaks("makes stub users",                    stub(),                                                                  &["STB001"]);
    speaks("may not make them",                   mia(&[READS]).stub(),                                                    &["ENV002"]);
    speaks("changes users",                       mia(&[("prvWriteUser", Depth::User), READS]).wish(DAN, |_| ()),          &[]);
    speaks("may not change them",                 mia(&[READS]).wish(DAN, |_| ()),                                         &["ENV002"]);
    let mode = |world: World| world.wish_mode(DAN, AccessMode::Administrative);
    let writes = || mia(&[("prvWriteUser", Depth::User), READS]);
    speaks("changes access modes",                mode(writes()),                                                          &["ENV008"]);
    speaks("an administrator changes them",       mode(writes().holds(MIA, ADMINISTRATOR)),                                &["ACC012"]);
    let of = |mode| writes().holds(MIA, ADMINISTRATOR).one(MIA, |user| user.access_mode = mode);
    speaks("one who is administrative",           mode(of(AccessMode::Administrative)),                                    &["ENV008", "LIC004"]);
    speaks("one who is a program's user",         mode(of(AccessMode::NonInteractive)),                                    &["LIC004", "ACC012"]);
    speaks("a System Administrator may",          mia(&[]).holds(MIA, ADMINISTRATOR).assign("account", ANA).stub(),        &["STB001"]);
    speaks("one through a team may",
           mia(&[READS]).holds(SELLERS, ADMINISTRATOR).member(SELLERS, MIA).assign("account", ANA),                        &[]);
    speaks("through an access team nobody may",
           mia(&[READS]).holds(DEAL, ADMINISTRATOR).member(DEAL, MIA).assign("account", ANA),                              &["ENV002"]);
    let named = |template| Fact::Role(Role { id: MIGRATION, name: "System Administrator".to_owned(), business_unit: ROOT,
        root: MIGRATION, template, inheritance: Inheritance::DirectUser });
    speaks("a name alone makes no System Administrator",
           mia(&[READS]).fact(named(None)).assign("account", ANA),                                                 &["ENV002"]);
    speaks("the template does",
           mia(&[READS]).fact(named(Some(SYSTEM_ADMINISTRATOR_TEMPLATE))).assign("account", ANA),                  &["ACC019"]);
    speaks("somebody unknown may",                calm().setting(setting::CALLER, &OLD.uuid().to_string()).assign("account", ANA), &[]);
    speaks("roles not loaded",                    mia(ALL).without(Loadable::UserRoles).assign("account", ANA),
           &["?OWN009", "?OWN010", "?ROL009", "?ROL010", "?ENV002"]);
    speaks("privileges not loaded",               mia(ALL).without(Loadable::RolePrivileges).assign("account", ANA),       &["?OWN009", "?ENV002"]);
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn roles_that_the_caller_may_give() {
    let assign = |unit, depth| by(unit, &[("prvAssignRole", depth), ("prvReadArticle", Depth::Organisation), ("prvReadAccount", Depth::User)]);
    let dan = RoleId(Uuid::from_u128(0x22));
    let team = |role| mia(&[("prvReadAccount", Depth::User)]).fact(Fact::UserRole { user: UserId(ANA.uuid()), role: READER })
        .holds(SELLERS, role).member(SELLERS, MIA);
    speaks("in the whole organisation",        assign(EUROPE, Depth::Organisation).give(ANA, READER),            &[]);
    speaks("in the unit and below",            assign(ROOT, Depth::UnitAndBelow).give(DAN, LOCAL).remove(ANA, SALES).give(ANA, READER), &["ROL013"]);
    speaks("below its unit",                   assign(ROOT, Depth::UnitAndBelow).holds(DAN, dan).give(ANA, READER), &[]);
    speaks("above its unit",                   assign(EUROPE, Depth::UnitAndBelow).give(ANA, READER),            &["ROL013"]);
    speaks("in its unit",                      assign(ROOT, Depth::Unit).give(ANA, READER),                      &[]);
    speaks("outside its unit",                 assign(EUROPE, Depth::Unit).give(ANA, READER),                    &["ROL013"]);
    speaks("only to itself",                   assign(ROOT, Depth::User).give(ANA, READER),                      &["ROL013"]);
    speaks("to itself",                        assign(ROOT, Depth::User).give(MIA, READER),                      &[]);
    speaks("not at all",                       mia(&[("prvReadArticle", Depth::Organisation)]).give(ANA, READER), &["ROL013"]);
    speaks("to a team",                        assign(ROOT, Depth::Unit).give(IDLE, READER),                     &[]);
    speaks("to a team outside its unit",       assign(EUROPE, Depth::Unit).give(IDLE, READER),                   &["ROL013"]);
    speaks("above its own in depth",           assign(ROOT, Depth::Organisation).give(DAN, LOCAL),               &["ROL013"]);
    speaks("takes what is above its own",      assign(ROOT, Depth::Organisation).holds(ANA, LOCAL).remove(ANA, LOCAL), &[]);
    speaks("may not take",                     mia(&[("prvReadAccount", Depth::User)]).holds(ANA, READER).remove(ANA, READER), &["ROL013"]);
    speaks("may not take from a team",         mia(&[("prvReadAccount", Depth::User)]).remove(SELLERS, SALES),   &["ROL013"]);
    let reach = |depth| team(TEAM_ONLY).privilege(TEAM_ONLY, "prvAssignRole", depth).remove(ANA, READER);
    speaks("through a team, team privileges",  reach(Depth::UnitAndBelow),                                       &["ROL013"]);
    speaks("the same for the organisation",    reach(Depth::Organisation),                                       &[]);
    let moved = |unit: UnitId| by(unit, &[("prvWriteUser", Depth::User), ("prvAssignRole", Depth::Unit),
            ("prvReadArticle", Depth::Organisation), ("prvReadAccount", Depth::User)]).wish(DAN, |wish| {
        wish.business_unit = Some(crate::model::Changed { before: EUROPE, after: ROOT });
        wish.strips = true;
        wish.roles = BTreeMap::from([(dan, READER)]);
    });
    speaks("a move into the caller's unit",    moved(ROOT).give(DAN, SALES),                                     &[]);
    speaks("a move out of the caller's unit",  moved(EUROPE),                                                    &["ROL013"]);
    speaks("given again by a move",
           mia(&[("prvWriteUser", Depth::User), ("prvReadAccount", Depth::User)]).wish(DAN, |wish| wish.strips = true), &["ROL013"]);
    let stub = |privileges: &[(&str, Depth)], way| mia(privileges).setting(setting::ROLES_ON_DISABLED, "true").stub()
        .stubs(|stub| stub.way = way);
    let makes = [("prvCreateUser", Depth::User), ("prvReadAccount", Depth::Organisation)];
    let gives = [makes[0], makes[1], ("prvAssignRole", Depth::Organisation)];
    let above = [makes[0], gives[2]];
    speaks("to a stub user by a plain create", stub(&gives, StubWay::Api),                                       &["ENV006", "STB001"]);
    speaks("not to a stub user",               stub(&makes, StubWay::Api),                                       &["ROL013", "ENV006"]);
    speaks("nor where there is no role",       stub(&makes, StubWay::Api).stubs(|stub| stub.default_role = None), &["STB003", "ROL013", "ENV006"]);
    speaks("a stub user's role is above",      stub(&above, StubWay::Api),                                       &["ROL013", "ROL009", "ENV006"]);
    speaks("an import gives it itself",        stub(&makes, StubWay::Import),                                    &["ENV006", "STB001"]);
    speaks("privileges not loaded",            assign(ROOT, Depth::Unit).without(Loadable::RolePrivileges).give(ANA, READER), &["?ROL011", "?ROL013"]);
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn the_environment_as_a_whole() {
    let many = |world: World| {
        let mut world = world.assign("account", ANA);
        let file = &mut world.draft.tables[0].files[0];
        *file = no_rows();
        for _ in 0..25_001 {
            add_row(file, Some(PrincipalIndex::new(0)), PrincipalIndex::new(1));
        }
        world.draft.rows.insert(RECORDS, 25_001);
        world
    };
    let apps = |policy: &mut CheckPolicy<'_>| policy.kind = EnvironmentKind::PowerApps;
    speaks("the setting is on",       calm().set(setting::ROLES_ON_DISABLED),   &["ENV006"]);
    speaks("within a day's requests", many(calm()),                             &[]);
    speaks_by("more than that",       many(calm()), apps,                       &["ENV003"]);
    speaks_by("a few",                calm().assign("account", ANA), apps,      &[]);
}
