//! ROL003, ROL004, ROL012: may the role be given.

use crate::check::tests::*;
use crate::model::setting;

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn roles_given() {
    let allowed = || world().set(setting::ROLES_ON_DISABLED);
    let across = || world().set(setting::OWNERSHIP_ACROSS_UNITS);
    //    case                                       world                                           rules that speak
    check("the unit's own copy",                     world().give(ANA, READER),                      &[]);
    check("to a disabled user",                      world().give(CID, READER),                      &["ROL003"]);
    check("to a disabled user, setting on",          allowed().give(CID, READER),                    &[]);
    check("to a disabled user, no settings loaded",  world().without(Loadable::Settings).give(CID, READER), &["ROL003"]);
    check("one finding for all roles of a user",     world().give(CID, READER).give(CID, ACTIVITIES), &["ROL003"]);
    check("to a stub user",                          world().stub().give(OLD, READER),               &["ROL003"]);
    check("to a stub user, setting on",              allowed().stub().give(OLD, READER),             &[]);
    check("another unit's copy",                     world().give(ANA, SALES_IN_EUROPE),             &["ROL004"]);
    check("a role without a copy in the unit",       world().give(ANA, LOCAL),                       &["ROL004"]);
    check("a role made in the user's unit",          world().give(DAN, LOCAL),                       &[]);
    check("another unit's copy, ownership across",   across().give(ANA, LOCAL),                      &[]);
    check("a finding per role and user",             world().give(ANA, LOCAL).give(BEN, LOCAL),      &["ROL004", "ROL004"]);
    check("a stub user is in the root unit",         allowed().stub().give(OLD, SALES_IN_EUROPE),    &["ROL004"]);
    check("a team and another unit's copy",          world().give(IDLE, LOCAL),                      &["ROL004"]);
    check("a team and its unit's copy",              world().give(IDLE, SALES),                      &[]);
    check("an access team",                          world().give(DEAL, SALES),                      &["ROL012"]);
    check("both faults of one row are told",         world().give(CID, LOCAL),                       &["ROL003", "ROL004"]);
    check("a team that is not known",                world().without(Loadable::Teams).give(IDLE, SALES), &["?ROL004", "?ROL012"]);
    check("removing asks none of it",                world().holds(CID, READER).remove(CID, SALES),  &[]);
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn roles_of_fallen_stub_users() {
    let fallen = || world().stub_named(OLD, "ana@contoso.com", "x@old.com");
    check("blocked by the stub user's cause",     fallen().set(setting::ROLES_ON_DISABLED).give(OLD, READER), &["STB005+1"]);
    check("a fault of its own goes before",       fallen().give(OLD, READER),                                 &["STB005", "ROL003"]);
    check("records behind both are blocked once",
          fallen().set(setting::ROLES_ON_DISABLED).give(OLD, READER).assign("article", OLD),                  &["STB005+2"]);
}

#[test]
fn a_finding_names_units_and_row() {
    let judged = world().give(ANA, READER).give(ANA, LOCAL).judged();
    let finding = &judged.findings[0];
    assert_eq!(finding.subject, "a role for Ana <ana@contoso.com>");
    for word in ["`Contoso`", "`Europe`", "`a role`"] {
        assert!(finding.message.contains(word), "{}", finding.message);
    }
    assert_eq!(
        (finding.places.get(0).file, finding.places.get(0).row),
        (ROLES, 3)
    );
    assert!(judged.draft.roles[0].fallen.is_none());
    assert_eq!(
        judged.draft.roles[1].fallen.map(|cause| cause.code),
        Some(Code::Rol004)
    );
}
