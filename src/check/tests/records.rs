//! REC002, REC005: is the record there, and can its table be owned.

use crate::check::tests::*;

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn record_rules() {
    let account = || world().assign("account", ANA);
    let not_loaded = || {
        let mut world = account();
        world.draft.tables[0].records_loaded = false;
        world.without_present_owners()
    };
    let owned = |ownership| account().owned_by("account", ownership);
    //    case                                       world                                          rules that speak
    check("there",                                   account(),                                     &[]);
    check("not there",                               account().without_present_owners(),       &["REC002"]);
    check("table not loaded",                        not_loaded(),                                  &["REC002"]);
    check("all missing ones in one finding",
          account().assign("account", BEN).without_present_owners(),                           &["REC002"]);
    check("a missing record's owner is not asked",
          world().assign("account", BEN).without_present_owners(),                             &["REC002"]);
    check("owned by users",                          owned(Some(Ownership::User)),                  &[]);
    check("owned by teams",                          owned(Some(Ownership::Team)),                  &[]);
    check("owned by the organisation",               owned(Some(Ownership::Organisation)),          &["REC005"]);
    check("owned by the business unit",              owned(Some(Ownership::Business)),              &["REC005"]);
    check("ownership not loaded",                    owned(None),                                   &[]);
    check("neither ownership nor records loaded",    not_loaded().without(Loadable::Entities),      &["REC002"]);
    check("nobody asks for records of such a table",
          not_loaded().owned_by("account", Some(Ownership::Organisation)),                          &["REC005"]);
    check("rows that have their fate already are left",
          world().assign("account", BEN).files(|file| file.fates.fill(Fate::NoChange)),                     &[]);
}

#[test]
fn every_row_concerned_is_a_place() {
    let mut world = world().assign("account", ANA).assign("account", ANA);
    world.draft.tables[0].files[0].before[1] = None;
    let judged = world.judged();
    let finding = &judged.findings[0];
    assert_eq!(
        (finding.code, finding.subject.as_str()),
        (Code::Rec002, "account")
    );
    assert_eq!(
        finding.message,
        "`account` holds no record `00000000-0000-0000-0000-000000000003`, the first of those that \
         are missing"
    );
    assert_eq!(finding.places.len(), 1, "one place: {:?}", finding.places);
    let place = finding.places.get(0);
    assert_eq!((place.row, place.line, place.column), (3, 3, Some(1)));
    let fates = &judged.draft.tables[0].files[0].fates;
    assert_eq!(*fates, [Fate::Change, Fate::Stopped(Code::Rec002)]);
}
