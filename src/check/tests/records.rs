//! REC002, REC005: is the record there, and can its table be owned.

use crate::check::tests::*;

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn record_rules() {
    let account = || world().assign("account", ANA);
    let not_loaded = || {
        let mut world = account();
        world.draft.tables[0].records_loaded = false;
        world.rows(|row| row.before = None)
    };
    let owned = |ownership| account().owned_by("account", ownership);
    //    case                                       world                                          rules that speak
    check("there",                                   account(),                                     &[]);
    check("not there",                               account().rows(|row| row.before = None),       &["REC002"]);
    check("table not loaded",                        not_loaded(),                                  &["REC002"]);
    check("all missing ones in one finding",
          account().assign("account", BEN).rows(|row| row.before = None),                           &["REC002"]);
    check("a missing record's owner is not asked",
          world().assign("account", BEN).rows(|row| row.before = None),                             &["REC002"]);
    check("owned by users",                          owned(Some(Ownership::User)),                  &[]);
    check("owned by teams",                          owned(Some(Ownership::Team)),                  &[]);
    check("owned by the organisation",               owned(Some(Ownership::Organisation)),          &["REC005"]);
    check("owned by the business unit",              owned(Some(Ownership::Business)),              &["REC005"]);
    check("ownership not loaded",                    owned(None),                                   &[]);
    check("neither ownership nor records loaded",    not_loaded().without(Loadable::Entities),      &["REC002"]);
    check("nobody asks for records of such a table",
          not_loaded().owned_by("account", Some(Ownership::Organisation)),                          &["REC005"]);
    check("rows that have their fate already are left",
          world().assign("account", BEN).rows(|row| row.fate = Fate::NoChange),                     &[]);
}

#[test]
fn every_row_concerned_is_a_place() {
    let mut world = world().assign("account", ANA).assign("account", ANA);
    world.draft.tables[0].rows[1].before = None;
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
    let [place] = finding.places.as_slice() else {
        panic!("one place: {:?}", finding.places);
    };
    assert_eq!((place.row, place.line, place.column), (3, 3, Some(1)));
    let fates: Vec<Fate> = judged.draft.tables[0]
        .rows
        .iter()
        .map(|row| row.fate)
        .collect();
    assert_eq!(fates, [Fate::Change, Fate::Stopped(Code::Rec002)]);
}
