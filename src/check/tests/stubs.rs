//! STB001, STB003, STB004, STB005, PRF004: can the stub user be made.

use crate::check::tests::*;
use crate::model::setting;

const OTHER: Principal = user(201);

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn stub_rules() {
    let named = |upn: &str, mail: &str| world().stub_named(OLD, upn, mail);
    let api = |world: World| world.stub().stubs(|stub| stub.way = StubWay::Api);
    let without_role = |world: World| world.stubs(|stub| stub.default_role = None);
    let mut two = named("a@old.com", "shared@old.com").stub_named(OTHER, "b@old.com", "Shared@old.com");
    two.draft.stubs[1].place = Some((RECORDS, 10, 10));
    //    case                                  world                                              rules that speak
    check("can be made",                        world().stub(),                                    &[]);
    check("no default role",                    without_role(world().stub()),                      &["STB003"]);
    check("no default role, said once",         without_role(world().stub().stub_named(OTHER, "b@old.com", "b@old.com")), &["STB003"]);
    check("no root unit",                       world().stub().stubs(|stub| stub.business_unit = None), &["STB003"]);
    check("a copy of another unit",             world().stub().stubs(|stub| stub.default_role = Some(SALES_IN_EUROPE)), &["STB003"]);
    check("api, setting on",                    api(world().set(setting::ROLES_ON_DISABLED)),      &[]);
    check("api, setting off",                   api(world()),                                      &["STB004"]);
    check("api, no settings loaded",            api(world().without(Loadable::Settings)),          &["STB004"]);
    check("api, setting off, no default role",  without_role(api(world())),                        &["STB003", "STB004"]);
    check("UPN of a user",                      named("ANA@contoso.com", "x@old.com"),             &["STB005"]);
    check("UPN of a disabled user",             named("cid@contoso.com", "x@old.com"),             &["STB005"]);
    check("mail of a user",                     named("x@old.com", " Ana@Contoso.com "),           &["STB005"]);
    check("UPN that is the mail of nobody",     named("x@old.com", "y@old.com"),                   &[]);
    check("a blank mail is nobody's",           named("x@old.com", "").stub_named(OTHER, "b@old.com", ""), &[]);
    check("two stub users share a mail",        two,                                               &["STB005", "STB005"]);
    check("a mail that just fits",              named("x@old.com", &"m".repeat(100)),              &[]);
    check("a mail too long",                    named("x@old.com", &"m".repeat(101)),              &["PRF004"]);
    check("a user name too long",               named(&"u".repeat(1025), "x@old.com"),             &["PRF004"]);
    check("a last name too long",               world().stub().stubs(|stub| stub.person.last_name = Some("n".repeat(257))), &["PRF004"]);
    check("the planned id is taken",            world().stub_named(BEN, "x@old.com", "x@old.com"), &["STB005"]);
}

#[test]
fn a_stub_user_that_stands_is_noted() {
    let judged = world().stub().judged();
    let [note] = judged.findings.as_slice() else {
        panic!("one note: {:?}", judged.findings);
    };
    assert_eq!(
        (note.code, note.subject.as_str()),
        (Code::Stb001, "old@old.com")
    );
    assert_eq!(
        note.message,
        "`Old Timer` is not in the environment: a disabled stub user is made in business unit \
         `Contoso` with role `Sales`, by data import"
    );
    assert_eq!(note.places.get(0).row, 9);
}

#[test]
fn what_is_missing_or_taken_is_named() {
    says(
        "names looked for",
        world().stub().stubs(|stub| stub.default_role = None),
        "the root unit `Contoso` has no role of the names looked for: `Nobody's`",
        "default role Nobody's",
    );
    says(
        "who has the mail",
        world().stub_named(OLD, "old@old.com", "ana@contoso.com"),
        "already taken: mail `ana@contoso.com` by Ana <ana@contoso.com>",
        "Old Timer <old@old.com>",
    );
    says(
        "the setting",
        world().stub().stubs(|stub| stub.way = StubWay::Api),
        "stub users are made by `api` and `AllowRoleAssignmentOnDisabledUsers` is not set, so off; \
         expected it to be on",
        setting::ROLES_ON_DISABLED,
    );
}

#[track_caller]
fn says(case: &str, mut world: World, message: &str, subject: &str) {
    world.draft.default_role_names = vec!["Nobody's".to_owned()];
    let judged = world.judged();
    let finding = &judged.findings[0];
    assert_eq!(finding.message, message, "case: {case}");
    assert_eq!(finding.subject, subject, "case: {case}");
}
