//! ACC001 to ACC008, ACC010 to ACC013, ACC018, ROL009, ROL010: who can sign in and work.

use crate::check::tests::everybody::*;
use crate::check::tests::*;
use crate::model::{Invitation, setting};

const GUS: Principal = user(107);
const APP: Principal = user(108);

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn groups() {
    speaks("not in the group",             calm().not_in_group("ana"),                                  &["ACC002"]);
    speaks("only by way of another",       calm().nested("ana"),                                        &["ACC003"]);
    speaks("no user yet, the same",        calm().known("gus", |_| ()).nested("gus"),                   &["ACC003"]);
    speaks("without a licence",            calm().not_in_group("ana").unlicensed("ana"),                &["ACC008"]);
    speaks("a program",
           calm().not_in_group("ana").unlicensed("ana").one(ANA, |user| user.access_mode = AccessMode::NonInteractive), &[]);
    speaks("an application",               calm().user(APP, "App", ROOT, false).holds(APP, SALES).one(APP, |user| user.application_id = Some(APP.uuid())), &[]);
    speaks("groups not loaded",            calm().without(Loadable::Groups),                            &["?ACC002", "?ACC003"]);
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn people_who_are_no_users_yet() {
    let gus = || calm().known("gus", |_| ());
    speaks("licensed, in the group",       gus(),                                                       &["ACC007"]);
    speaks("not in the group",             gus().not_in_group("gus"),                                   &[]);
    speaks("sign-in is blocked",           gus().person("gus", |person| person.enabled = Some(false)),  &[]);
    speaks("deleted",                      gus().person("gus", |person| person.deleted = true),         &[]);
    speaks("no licence",                   gus().unlicensed("gus"),                                     &[]);
    speaks("licences not exported",        gus().person("gus", |person| person.licences = None),        &["?ACC007"]);
    speaks("he is a user",                 gus().user(GUS, "Gus", ROOT, false).holds(GUS, SALES).users(|user| user.licensed = None), &[]);
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn administrators() {
    let with = |name: &str, role: &'static str| calm().person(name, move |person| person.roles = Some([role.to_owned()].into()));
    speaks("a global administrator, the only one",   with("ana", "Global Administrator"),                                  &["ACC011", "ACC006"]);
    speaks("two of them",
           with("ana", "Global Administrator").person("dan", |person| person.roles = Some(["Company Administrator".to_owned()].into())), &["ACC006"]);
    speaks("of the service alone",                   with("ana", "Dynamics 365 Administrator"),                            &["ACC006"]);
    speaks("of something else",                      with("ana", "User Administrator"),                                    &[]);
    speaks("without a licence",                      with("ana", "Power Platform Administrator").unlicensed("ana"),         &["ACC008", "ACC006"]);
    speaks("roles not exported",                     calm().person("ana", |person| person.roles = None),                    &["?ACC006", "?ACC011"]);
    let text = message(with("ana", "Dynamics 365 Administrator").unlicensed("ana"), Code::Acc006);
    assert!(text.contains("access mode Administrative"), "{text}");
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn a_directory_that_was_not_loaded() {
    let said = || calm().without(Loadable::Directory).users(|user| user.licensed = Some(true));
    let mut world = said();
    world.facts.retain(|fact| !matches!(fact, Fact::Person(_)));
    speaks("nothing wanted",  world.clone(),         &["?ACC006", "?ACC011", "?PRF001", "?PRF002"]);
    speaks("a stub user",     world.stub(),          &["STB001", "?STB006", "?ACC006", "?ACC007", "?ACC011", "?PRF001", "?PRF002"]);
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn too_many_programs() {
    let program = |user: &mut User| user.access_mode = AccessMode::NonInteractive;
    let max = |max: &str| calm().setting(setting::NON_INTERACTIVE_MAX, max).unlicensed("ana").unlicensed("dan").unlicensed("eva");
    let wish = |world: World, who| world.wish_mode(who, AccessMode::NonInteractive);
    let full = || max("1").one(DAN, program);
    let app = || max("1").one(DAN, |user| { program(user); user.application_id = Some(DAN.uuid()); });
    speaks("one place, one comes",              wish(max("1"), ANA),                                              &["ACC008", "ACC012"]);
    speaks("one place, two come",               wish(wish(max("1"), ANA), DAN),                                   &["ACC004", "ACC008", "ACC012"]);
    speaks("the place is taken",                wish(full(), ANA),                                                &["ACC004", "ACC008"]);
    speaks("who has it leaves first",
           wish(full().wish_mode(DAN, AccessMode::Administrative), ANA),                                          &["ACC008", "ACC012"]);
    speaks("an application does not count",     wish(app(), ANA),                                                 &["ACC008", "ACC012"]);
    speaks("the default is seven",
           wish(calm().unlicensed("ana"), ANA),                                                                   &["ACC012"]);
    let stays = full().wish(DAN, |wish| {
        wish.access_mode = Some(crate::model::Changed { before: AccessMode::NonInteractive, after: AccessMode::Administrative });
        wish.profile.insert(crate::model::ProfileField::Title, crate::model::Changed { before: None, after: None });
    });
    let titled = full().wish(ANA, |wish| {
        wish.access_mode = Some(crate::model::Changed { before: AccessMode::ReadWrite, after: AccessMode::NonInteractive });
        wish.profile.insert(crate::model::ProfileField::Title, crate::model::Changed { before: None, after: None });
    });
    speaks("taken, and the row falls by another fault too", titled,                                               &["ACC004", "PRF003", "ACC008"]);
    speaks("who has it stays, his change fell", wish(stays, ANA),                                                 &["PRF003+1", "ACC008"]);
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn access_modes() {
    let app = || calm().user(APP, "App", ROOT, false).one(APP, |user| user.application_id = Some(APP.uuid()));
    let admin = || calm().unlicensed("ana").one(ANA, |user| user.access_mode = AccessMode::Administrative);
    speaks("an application's is not changed",    app().holds(APP, SALES).wish_mode(APP, AccessMode::ReadWrite),  &["ACC018"]);
    speaks("an application without a role",      app(),                                                           &["ACC010"]);
    speaks("through a team",                     app().member(SELLERS, APP),                                      &[]);
    speaks("an application is given one",        app().give(APP, SALES),                                          &[]);
    speaks("administrative, gets records",       admin().assign("account", ANA),                                  &["ACC005"]);
    speaks("administrative, gets a data role",   admin().give(ANA, READER),                                       &["ACC005"]);
    speaks("administrative, gets to administer", admin().give(ANA, ADMINISTRATOR),                                &[]);
    speaks("becomes administrative",             calm().wish_mode(ANA, AccessMode::Administrative).assign("account", ANA), &["ACC005", "ACC012"]);
    speaks("becomes a program, unlicensed",      calm().unlicensed("ana").wish_mode(ANA, AccessMode::NonInteractive), &["ACC012"]);
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn people_who_can_sign_in_too_early() {
    let invited = |status| calm().one(ANA, move |user| user.details.invitation = Some(status));
    speaks("accepted",                  invited(Invitation::Accepted).assign("account", DAN).give(DAN, LOCAL),  &["ACC013"]);
    speaks("no records",                invited(Invitation::Accepted),                                          &[]);
    speaks("not invited",               invited(Invitation::NotSent).assign("account", ANA),                    &[]);
    speaks("no licence",                invited(Invitation::Accepted).unlicensed("ana").assign("account", EVA), &["ACC008"]);
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn what_roles_are_worth_in_the_end() {
    let gus = || calm().user(GUS, "Gus", ROOT, false).users(|user| user.licensed = None).known("gus", |_| ());
    let automatic = |world: World| world.setting(setting::AUTOMATIC_ROLES, "Reader; ");
    speaks("no role: told by who needs one",   gus(),                                                  &[]);
    speaks("only an automatic one",            automatic(gus()).holds(GUS, READER),                    &["ROL009"]);
    speaks("a data role comes with the plan",  gus().member(SELLERS, GUS).give(GUS, SALES),            &[]);
    speaks("only through a team",              gus().member(SELLERS, GUS),                             &["ROL010"]);
    speaks("teams not loaded",                 gus().without(Loadable::TeamRoles),                     &["?ROL009", "?ROL010"]);
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn special_roles() {
    let automatic = |world: World| world.setting(setting::AUTOMATIC_ROLES, "Team wide");
    let ruling = || calm().privilege(READER, "prvassignrole", Depth::User);
    let support = || calm().user(GUS, "Gus", ROOT, false).one(GUS, |user| user.access_mode = AccessMode::Support);
    let global = |world: World| world.person("eva", |person| person.roles = Some(["Global Administrator".to_owned()].into()))
        .person("ana", |person| person.roles = Some(["Global Administrator".to_owned()].into()));
    let taken = || global(calm().holds(EVA, READER)).holds(ANA, ADMINISTRATOR);
    speaks("an automatic role is not given",    automatic(calm()).give(ANA, TEAM_WIDE),           &["ROL014"]);
    speaks("an automatic role is not taken",    automatic(calm()).holds(ANA, TEAM_WIDE).remove(ANA, TEAM_WIDE), &["ROL014"]);
    speaks("System Administrator, named",       calm().give(ANA, ADMINISTRATOR),                  &[]);
    speaks("System Administrator, not named",   calm().give(DAN, ADMINISTRATOR_IN_EUROPE),        &["ROL011"]);
    speaks("can give roles, not named",         ruling().give(EVA, READER),                       &["ROL011"]);
    speaks("can give roles, to a team",         ruling().give(IDLE, READER),                      &["ROL011"]);
    let of_stub = |upn| calm().setting(setting::ROLES_ON_DISABLED, "true").stub_named(OLD, upn, "old@old.com").give(OLD, ADMINISTRATOR);
    speaks("to a stub user, not named",         of_stub("old@old.com"),                           &["ROL011", "ENV006", "STB001"]);
    speaks("to a stub user, named",             of_stub("Gus"),                                   &["ENV006", "STB001"]);
    speaks("privileges not loaded",             calm().without(Loadable::RolePrivileges).give(EVA, READER), &["?ROL011"]);
    speaks("to a support user",                 support().give(GUS, READER),                      &["ROL016"]);
    speaks("of an administrator there",         taken().remove(EVA, ADMINISTRATOR),               &["ROL017", "ACC006"]);
    speaks("another role of hers",              taken().remove(EVA, READER),                      &["ACC006"]);
    speaks("what he keeps, another may lose",   taken().remove(EVA, ADMINISTRATOR).person("ana", |person| person.roles = Some(BTreeSet::new())).remove(ANA, ADMINISTRATOR),
                                                                                                  &["ROL017", "ACC011", "ACC006"]);
    speaks("roles of the directory not known",
           calm().holds(EVA, READER).holds(ANA, ADMINISTRATOR).person("eva", |person| person.roles = None).remove(EVA, ADMINISTRATOR),
                                                                                                  &["?ROL017", "?ACC006", "?ACC011"]);
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn stub_users_and_their_people() {
    let known = |mail: &'static str| calm().users(|user| user.mail = None).known("old", move |person| { person.profile.insert(crate::model::ProfileField::Mail, mail.to_owned()); });
    let due = || known("old@old.com");
    let stub = |user: &mut User| { user.stub = true; user.disabled = true; };
    let arrived = || calm().user(GUS, "Gus", ROOT, true).one(GUS, move |user| { stub(user); user.licensed = None; user.upn = "ANA@contoso.com".to_owned(); });
    speaks("nobody of the directory",      calm().stub(),                                                          &["STB001"]);
    speaks("licensed, by mail",            due().stub(),                                                           &["STB006", "ACC007"]);
    speaks("the records are blocked",      due().stub().assign("account", OLD),                                    &["STB006+1", "ACC007"]);
    speaks("without a licence",            due().unlicensed("old").stub(),                                         &["STB001"]);
    speaks("with another mail",            known("x@contoso.com").stub(),                                          &["ACC007", "STB001"]);
    speaks("a leaver who is licensed",     due().person("old", |person| person.enabled = Some(false)).stub(),      &["STB006"]);
    speaks("deleted",                      due().person("old", |person| person.deleted = true).stub(),             &["STB001"]);
    speaks("licences not exported",        due().person("old", |person| person.licences = None).stub(),            &["STB001", "?STB006", "?ACC007"]);
    speaks("an access mode is wished",     calm().one(ANA, stub).unlicensed("ana").wish_mode(ANA, AccessMode::Read), &["STB008"]);
    speaks("the person has arrived",       arrived(),                                                              &["STB009", "LIC004"]);
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn whom_the_manifest_names() {
    let gus = || world().user(GUS, "Gus", ROOT, false).give(GUS, ADMINISTRATOR);
    let two = || gus().user(APP, "Gus", ROOT, false)
        .one(APP, |user| (user.upn, user.mail) = ("other@contoso.com".to_owned(), None));
    let text = || "GUS".to_owned();
    let named_gus = |stub: &mut DraftStub| stub.person.full_name = "Gus".to_owned();
    //    case                                          world                                                         rules that speak
    check("by a name",                                  gus(),                                                        &[]);
    check("by a name of two users",                     two(),                                                        &["ROL011"]);
    check("by a name of two, which is the UPN of one",  two().one(GUS, |user| user.upn = text()),                     &[]);
    check("by a name of two, which is the mail of one", two().one(GUS, |user| user.mail = Some(text())),              &[]);
    check("by a name that is another's UPN",            two().one(APP, |user| user.upn = text()),                     &["ROL011"]);
    check("by a mail of two",
          two().one(GUS, |user| user.mail = Some(text())).one(APP, |user| user.mail = Some(text())),                  &["ROL011"]);
    check("by a name that a stub user has too",         gus().stub().stubs(named_gus),                                &["ROL011"]);
    check("by a name that a team has too",              gus().team(team(309), "gus", TeamType::Owner),                &["ROL011"]);
    check("a team, by a name that is a user's too",
          world().user(GUS, "Gus", ROOT, false).team(team(309), "gus", TeamType::Owner).give(team(309), ADMINISTRATOR), &["ROL011"]);
    check("a team, by its name",
          world().team(team(309), "gus", TeamType::Owner).give(team(309), ADMINISTRATOR),                             &[]);
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn what_stub_users_come_with() {
    let stub = |role| world().stub().stubs(move |stub| stub.default_role = Some(role));
    let named = |stub: &mut DraftStub| stub.person.upn = "Gus".to_owned();
    //    case                                          world                                                         rules that speak
    check("a role that works with data",                stub(READER),                                                 &[]);
    check("System Administrator",                       stub(ADMINISTRATOR),                                          &["ROL011"]);
    check("System Administrator, and records follow",   stub(ADMINISTRATOR).assign("account", OLD),                   &["ROL011+1"]);
    check("a role that can give roles",
          stub(READER).privilege(READER, "prvAssignRole", Depth::User),                                               &["ROL011"]);
    check("System Administrator, for one who is named", stub(ADMINISTRATOR).stubs(named),                             &[]);
    check("privileges not loaded",                      stub(READER).without(Loadable::RolePrivileges),               &["?ROL011"]);
}
