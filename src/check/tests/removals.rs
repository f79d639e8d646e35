//! ROL008, ACC009: may the role be removed.

use crate::check::tests::*;
use crate::model::setting;

const GUS: Principal = user(107);

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn last_roles() {
    let two = || world().holds(ANA, READER);
    let stub = || world().stub().set(setting::ROLES_ON_DISABLED).give(OLD, READER);
    //    case                                    world                                                    rules that speak
    check("one of two",                           two().remove(ANA, SALES),                                &[]);
    check("the last",                             world().remove(ANA, SALES),                              &["ROL008"]);
    check("both of two",                          two().remove(ANA, SALES).remove(ANA, READER),            &["ROL008"]);
    check("the last of a disabled user",          world().remove(CID, SALES),                              &["ROL008"]);
    check("the last, another given",              world().give(ANA, READER).remove(ANA, SALES),            &[]);
    check("the last, what is given falls",        world().give(ANA, LOCAL).remove(ANA, SALES),             &["ROL004+1"]);
    check("the last, two of another user",        two().remove(ANA, SALES).remove(CID, SALES),             &["ROL008"]);
    check("a team may lose its last",             world().remove(SELLERS, SALES),                          &[]);
    check("roles not loaded",                     world().without(Loadable::UserRoles).remove(ANA, SALES), &["?ROL008"]);
    check("roles not loaded, another given",
          world().without(Loadable::UserRoles).give(ANA, READER).remove(ANA, SALES),                       &[]);
    check("a stub user keeps what is given",      stub().remove(OLD, SALES),                               &[]);
    check("a stub user's default role alone",     world().stub().remove(OLD, SALES),                       &["ROL008"]);
    check("a stub user that falls",
          stub().stubs(|stub| stub.person.upn = "ana@contoso.com".to_owned()).remove(OLD, SALES),          &["STB005+2"]);
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn last_system_administrators() {
    let eva = || world().holds(EVA, READER).remove(EVA, ADMINISTRATOR);
    let gus = |disabled| world().user(GUS, "Gus", EUROPE, disabled)
        .holds(GUS, SALES_IN_EUROPE).holds(GUS, ADMINISTRATOR_IN_EUROPE).holds(EVA, READER);
    let none = || world().without(Loadable::UserRoles).fact(Fact::Loaded(Loadable::UserRoles));
    //    case                                    world                                                               rules that speak
    check("the last one",                         eva(),                                                              &["ACC009"]);
    check("the last one's other role",            world().holds(EVA, READER).remove(EVA, READER),                     &[]);
    check("one of two, in another unit",          gus(false).remove(EVA, ADMINISTRATOR),                              &[]);
    check("a disabled one does not count",        gus(true).remove(EVA, ADMINISTRATOR),                               &["ACC009"]);
    check("from a disabled one",                  gus(true).remove(GUS, ADMINISTRATOR_IN_EUROPE),                     &[]);
    check("from both together",
          gus(false).remove(EVA, ADMINISTRATOR).remove(GUS, ADMINISTRATOR_IN_EUROPE),                                 &["ACC009"]);
    check("from a disabled one, nobody else",
          none().holds(CID, ADMINISTRATOR).holds(CID, SALES).remove(CID, ADMINISTRATOR),                              &["ACC009"]);
    check("who would lose their last role keeps it",
          world().user(GUS, "Gus", EUROPE, false).holds(GUS, ADMINISTRATOR_IN_EUROPE).holds(EVA, READER)
              .remove(GUS, ADMINISTRATOR_IN_EUROPE).remove(EVA, ADMINISTRATOR),                                       &["ROL008"]);
    check("another one is given it",              eva().give(ANA, ADMINISTRATOR),                                     &[]);
    check("who is given it keeps another copy",   gus(false).remove(GUS, ADMINISTRATOR_IN_EUROPE),                    &[]);
    check("what is given falls",                  eva().give(ANA, ADMINISTRATOR_IN_EUROPE),                           &["ROL004+1"]);
    check("roles not loaded",
          world().without(Loadable::UserRoles).give(EVA, READER).remove(EVA, ADMINISTRATOR),                          &["?ACC009"]);
    check("the last role and the last one",       world().remove(EVA, ADMINISTRATOR),                                 &["ROL008", "ACC009"]);
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn the_caller_and_built_in_users() {
    let caller = |id: Principal| Fact::Setting { name: setting::CALLER.to_owned(), value: id.uuid().to_string() };
    let two = || world().holds(ANA, READER).remove(ANA, READER);
    let built_in = |change: fn(&mut User)| {
        let mut world = two();
        for fact in &mut world.facts {
            if let Fact::User(user) = fact && user.id.0 == ANA.uuid() {
                change(user);
            }
        }
        world
    };
    check("somebody else is the caller",  two().fact(caller(EVA)),                                                 &[]);
    check("the caller",                   two().fact(caller(ANA)),                                                 &["ROL013", "ACC009"]);
    let both = || world().user(GUS, "Gus", EUROPE, false)
        .holds(GUS, SALES_IN_EUROPE).holds(GUS, ADMINISTRATOR_IN_EUROPE).holds(EVA, READER)
        .remove(EVA, ADMINISTRATOR).remove(GUS, ADMINISTRATOR_IN_EUROPE);
    check("the caller stays one, so another need not",
          both().fact(caller(EVA)),                                                                                &["ACC009"]);
    check("a support user",               built_in(|user| user.access_mode = AccessMode::Support),                 &["ACC009"]);
    check("the user SYSTEM",              built_in(|user| user.full_name = Some("SYSTEM".to_owned())),             &["ACC009"]);
    check("a user without a UPN",         built_in(|user| user.upn.clear()),                                       &["ACC009"]);
}
