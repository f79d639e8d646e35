//! The ladder and the translation: every rung, several, disagreement, the domain map.

use uuid::Uuid;

use super::world::{World, guid, person, some, user};
use crate::model::{AmbiguousPolicy, ByNamePolicy, FileId, MissingPolicy, Person, TeamType, User};

#[test]
fn every_rung_matches() {
    let mut world = World::new();
    world.check("systemuserid", &guid(1), "user 1 by id");
    world.check("in braces", &format!("{{{}}}", guid(1)), "user 1 by id");
    world.check("Entra object id", &guid(101), "user 1 by id");
    world.check("team id", &guid(20), "team 20 by id");
    world.check("UPN", "ANA@contoso.com ", "user 1 by UPN");
    world.check("login", r"contoso\DORA", "user 5 by UPN OWN013");
    world.check("primary mail", "ana.costa@contoso.com", "user 1 by mail");
    world.check("e-mail 2", "ana@home.example", "user 1 by e-mail 2");
    world.check("mobile", "ana@phone.example", "user 1 by mobile alert mail");
    world.check("employee id", "e-1", "user 1 by employee id");
    world.check("team name", "SALES", "team 20 by team name");
    world.check(
        "access teams are matched",
        "Helpers",
        "team 21 by team name",
    );
    world.policy.by_name = ByNamePolicy::Accept;
    world.check("full name", "ana  costa", "user 1 by full name");
    world.check("last, first", "Costa, Ana", "user 1 by full name");
    world.check("last, first there", "Bo Reyes", "user 2 by full name");
}

#[test]
fn a_name_alone_needs_confirming() {
    let world = World::new();
    world.check("by default", "Ana Costa", "OWN004 [1]");
    world.check("a team's is enough", "Sales", "team 20 by team name");
    let (resolved, ..) = world.ask(super::world::RECORDS, "Ana Costa");
    let remark = &resolved.remarks[0];
    assert!(remark.message.contains("Ana Costa <ana@contoso.com>"));
    assert!(
        remark
            .cure
            .contains("put `ana@contoso.com` in column `ruling` of owners.csv")
    );
    assert!(remark.cure.contains("row for `Ana Costa`"));
}

#[test]
fn several_are_nobody() {
    let mut world = World::new();
    world.policy.by_name = ByNamePolicy::Accept;
    world.check("namesakes", "Karl Meier", "OWN002 [3 4]");
    world.add(user(30, "eva@contoso.com", "", "Other"));
    world.check("one UPN, two users", "eva@contoso.com", "OWN002 [9 30]");
    world.add(User {
        mail2: some("ana@home.example"),
        ..user(31, "x@contoso.com", "", "X Y")
    });
    world.check(
        "one e-mail 2, two users",
        "ana@home.example",
        "OWN002 [1 31]",
    );
    world.add_team(32, "Sales", TeamType::Owner);
    world.check("two teams", "Sales", "OWN002 [20 32]");
    let (resolved, ..) = world.ask(super::world::RECORDS, "Karl Meier");
    let message = &resolved.remarks[0].message;
    assert!(message.contains("Karl Meier <karl2@contoso.com>; Karl Meier <karl@contoso.com>"));
}

#[test]
fn identifiers_that_disagree_are_nobody() {
    let mut world = World::new();
    world.policy.by_name = ByNamePolicy::Accept;
    world.add(user(40, "z@contoso.com", "eva@contoso.com", "Z"));
    world.check("UPN of one, mail of two", "bo@contoso.com", "user 2 by UPN");
    world.check(
        "a lower rung that includes the one",
        "eva@contoso.com",
        "user 9 by UPN",
    );
    world.add(user(41, "y@contoso.com", "bo@contoso.com", "Y"));
    world.check(
        "UPN of one, mail of another",
        "bo@contoso.com",
        "OWN003 [2 41]",
    );
    world.add_team(42, "Ana Costa", TeamType::Owner);
    world.check(
        "a team and a person bear the name",
        "Ana Costa",
        "OWN003 [1 42]",
    );

    let row = person(2, "77", "karl2@contoso.com", "", "Karl Meier");
    let world = World::new().with_people([row]);
    world.check("a namesake is no contradiction", "77", "user 4 by UPN");
    let row = person(2, "77", "bo@contoso.com", "", "Karl Meier");
    let world = World::new().with_people([row]);
    world.check("somebody else's name is", "77", "OWN003 [2 3 4]");
    let row = person(2, &guid(1), "bo@contoso.com", "", "");
    let world = World::new().with_people([row]);
    world.check("id of one, UPN of another", &guid(1), "OWN003 [1 2]");
    let row = person(2, "5", "karl@contoso.com", "ana.costa@contoso.com", "");
    let world = World::new().with_people([row]);
    world.check("a UPN of one, the mail of another", "5", "OWN003 [1 3]");
    // The text itself is a mail of the chosen one too, and yet the row's own mail is another's.
    let row = person(2, "5", "eva@contoso.com", "ana.costa@contoso.com", "");
    let world = World::new().with_people([row]);
    world.check(
        "each mail counts by itself",
        "eva@contoso.com",
        "OWN003 [1 9]",
    );
    let row = Person {
        directory_id: Some(Uuid::from_u128(101)),
        ..person(2, &guid(2), "", "", "")
    };
    let world = World::new().with_people([row]);
    world.check("two ids, two users", &guid(2), "OWN003 [1 2]");
}

#[test]
fn a_mail_can_be_a_upn_but_does_not_contradict_one() {
    let world = World::new().with_people([
        person(2, "5", "bo.reyes@x.y", "bo@contoso.com", ""),
        person(3, "6", "dora@contoso.com", "d@x.y", ""),
        person(4, "7", "karl@contoso.com", "karl2@contoso.com", ""),
    ]);
    world.check("the mail is a UPN", "5", "user 2 by UPN");
    world.check("the UPN is a mail", "6", "user 5 by mail OWN013");
    world.check("the UPN decides", "7", "user 3 by UPN");
}

#[test]
fn a_primary_mail_beats_the_later_two() {
    let mut world = World::new();
    world.add(User {
        mail2: some("dora@contoso.com"),
        mobile_alert_mail: some("dora@contoso.com"),
        ..user(50, "w@contoso.com", "", "W")
    });
    world.check("primary", "dora@contoso.com", "user 5 by mail OWN013");
    world.add(User {
        mail2: some("ana@phone.example"),
        ..user(51, "v@contoso.com", "", "V")
    });
    world.check("e-mail 2 and mobile", "ana@phone.example", "OWN003 [1 51]");
}

#[test]
fn the_domain_map_and_logins() {
    let world = World::new();
    world.check("no map", "ana@contoso.local", "STB002 near 1");
    let world = world.map_domain("contoso.local", "contoso.com");
    world.check("address", "ana@contoso.local", "user 1 by UPN");
    world.check("not a login", r"contoso.nl\ana", "STB002 near 1");
    let world = world.map_domain("contoso", "contoso.com");
    world.check("login", r"CONTOSO\ana", "user 1 by UPN");
    world.check("a login as it is", r"CONTOSO\dora", "user 5 by UPN OWN013");
    let row = person(2, "8", "bo@contoso.local", "", "");
    let world = world.with_people([row]);
    world.check("of a row", "8", "user 2 by UPN");
    world.check("a row under another domain", r"contoso\bo", "user 2 by UPN");
    let mut world = world;
    world.add(user(59, "ana@contoso.local", "", "Old"));
    world.check("the map says who", "ana@contoso.local", "user 1 by UPN");
    let mut world = World::new().map_domain("home.example", "new.example");
    world.check(
        "the old mail still counts",
        "ana@home.example",
        "user 1 by e-mail 2",
    );
    world.add(user(60, "ana@new.example", "", "Other"));
    world.check("and can disagree", "ana@home.example", "OWN003 [1 60]");
}

#[test]
fn disabled_and_special_users() {
    let mut world = World::new();
    world.policy.by_name = ByNamePolicy::Accept;
    world.policy.missing = MissingPolicy::Leave;
    world.check(
        "disabled is taken",
        "Dora Lang",
        "user 5 by full name OWN013",
    );
    world.check(
        "an application by UPN",
        "app@contoso.com",
        "user 7 by UPN OWN011",
    );
    world.check("built in, by id", &guid(6), "user 6 by id OWN011");
    for (case, name) in [
        ("an application by name", "Sync App"),
        ("support by name", "Support User"),
        ("SYSTEM by name", "System"),
    ] {
        world.check(case, name, "left");
    }
    world.add(user(61, "sys@contoso.com", "", "SYSTEM"));
    world.check("a name that is built in", "SYSTEM", "left");
}

#[test]
fn rows_translate() {
    let world = World::new().with_people([
        Person {
            employee_id: some("P9"),
            ..person(2, "1001", "ana.old@x", "ana.costa@contoso.com", "Costa, A.")
        },
        person(3, "005bm00000NCJmQAAX", "", "", "Sales"),
        person(4, &guid(900).to_uppercase(), "eva@contoso.com", "", ""),
        Person {
            directory_id: Some(Uuid::from_u128(901)),
            ..person(5, "1004", "", "dora@contoso.com", "")
        },
    ]);
    world.check("old id", "1001", "user 1 by mail");
    world.check("UPN", "ANA.OLD@x", "user 1 by mail");
    world.check("employee id", "p9", "user 1 by mail");
    world.check("full name, turned round", "A. Costa", "user 1 by mail");
    world.check("Salesforce, 15", "005bm00000NCJmQ", "team 20 by team name");
    world.check("Salesforce, other case", "005bm00000NCJmq", "OWN005");
    world.check("GUID of the old system", &guid(900), "user 9 by UPN");
    world.check("Entra object id", &guid(901), "user 5 by mail OWN013");
}

#[test]
fn an_old_id_is_no_employee_id() {
    let mut world = World::new();
    world.add(User {
        employee_id: some("1001"),
        ..user(80, "cy@contoso.com", "", "Cy Moss")
    });
    world.check("nobody says otherwise", "1001", "user 80 by employee id");
    let gone = person(2, "1001", "gone@x.y", "", "Gone Person");
    let world = world.with_people([gone.clone()]);
    world.check("somebody's who is missing", "1001", "stub gone@x.y");
    let mut world = World::new().with_people([
        person(3, "E-1", "bo@contoso.com", "", "Bo Reyes"),
        person(4, "77", "ana@contoso.com", "", ""),
    ]);
    world.add(User {
        employee_id: some("77"),
        ..user(81, "dee@contoso.com", "", "Dee Fox")
    });
    world.check("whatever it looks like", "E-1", "user 2 by UPN");
    world.check("and no contradiction", "77", "user 1 by UPN");
    let row = Person {
        employee_id: some("77"),
        ..person(5, "77", "gone@x.y", "", "")
    };
    let mut world = World::new().with_people([row]);
    world.add(User {
        employee_id: some("77"),
        ..user(81, "dee@contoso.com", "", "Dee Fox")
    });
    world.check("unless the row says so", "77", "user 81 by employee id");
}

#[test]
fn salesforce_ids_kept_as_employee_ids_are_told_apart_by_case() {
    let mut world = World::new();
    world.policy.missing = MissingPolicy::Leave;
    world.add(User {
        employee_id: some("005bm00000NCJmQAAX"),
        ..user(82, "fay@contoso.com", "", "Fay Orr")
    });
    world.check("the same", "005bm00000NCJmQ", "user 82 by employee id");
    world.check("another", "005bm00000NCJmq", "OWN005");
    let row = Person {
        employee_id: some("005bm00000NCJmQ"),
        ..person(2, "9", "", "", "Somebody")
    };
    let world = world.with_people([row]);
    world.check("of a row", "9", "user 82 by employee id");
    world.check(
        "found by it",
        "005bm00000NCJmQAAX",
        "user 82 by employee id",
    );
}

#[test]
fn ids_that_nobody_knows_stop() {
    let mut world = World::new();
    world.policy.missing = MissingPolicy::Leave;
    world.check("GUID", &guid(999), "OWN005");
    world.check("digits", "4711", "OWN005");
    world.check("Zoho", "zcrm_410888000000264002", "OWN005");
    world.check("a name goes by the policy", "Nobody There", "left");
    let world = world.with_people([person(2, &guid(999), "gone@x.y", "", "")]);
    world.check("a GUID that a row knows", &guid(999), "left");
}

#[test]
fn several_rows_are_one_person_or_nobody() {
    let twice = [
        person(2, "1", "bo@contoso.com", "", "Bo Reyes"),
        person(3, "2", "bo@contoso.com", "", "Bo Reyes"),
    ];
    let world = World::new().with_people(twice.clone());
    world.check(
        "two ids of one file are two",
        "bo@contoso.com",
        "OWN002 [2]",
    );
    world.check("each by itself is known", "1", "user 2 by UPN");
    let other_file = |row: &Person| Person {
        file: FileId(9),
        ..row.clone()
    };
    let [first, second] = &twice;
    let world = World::new().with_people([first.clone(), other_file(second)]);
    world.check("two systems, one UPN", "bo@contoso.com", "user 2 by UPN");
    world.check("found by name", "Reyes, Bo", "user 2 by UPN");
    let renamed = Person {
        full_name: some("Bo Smith"),
        ..other_file(second)
    };
    let world = World::new().with_people([first.clone(), renamed]);
    world.check("one UPN, two names", "bo@contoso.com", "OWN002 [2]");
    let only_names = [
        person(2, "1", "", "", "Eva Berg"),
        person(3, "", "", "", "Berg, Eva"),
    ];
    let world = World::new().with_people(only_names);
    world.check("a name joins nothing", "Eva Berg", "OWN002 [9]");
    let joined = [
        person(2, "1", "gone@x.y", "", ""),
        Person {
            mail2: some("ana@home.example"),
            ..other_file(&person(3, "", "gone@x.y", "", ""))
        },
    ];
    let world = World::new().with_people(joined);
    world.check("facts of all rows count", "1", "user 1 by e-mail 2");
    let chain = [
        person(2, "", "a@x.y", "m@x.y", ""),
        person(3, "", "", "m@x.y", "Ana Costa"),
        person(4, "", "b@x.y", "m@x.y", ""),
    ];
    let world = World::new().with_people(chain);
    world.check("a chain is nobody", "m@x.y", "OWN002 [1]");
}

#[test]
fn ambiguous_can_go_to_the_fallback() {
    let mut world = World::new();
    world.policy.ambiguous = AmbiguousPolicy::Fallback;
    world.policy.fallback = some("Sales");
    world.check("several", "Karl Meier", "fallback team 20 [3 4]");
    let (resolved, resolution, _) = world.ask(super::world::ROLES, "Karl Meier");
    let words = super::world::in_words(&resolved, &resolution);
    assert_eq!(
        words, "OWN002 [3 4]",
        "roles never go to the fallback owner"
    );
    world.add_team(70, "Ana Costa", TeamType::Owner);
    world.check("disagreeing", "Ana Costa", "fallback team 20 [1 70]");
    world.check("by name alone is not", "Eva Berg", "OWN004 [9]");
}
