//! Texts with and without people.

use uuid::Uuid;

use super::allowed::Allowed;
use super::known::Known;
use super::{Anonymiser, AnonymousKey, Tokens};
use crate::model::{AccessMode, ProfileField, UnitId, UserValues};
use crate::report::csv::values_word;
use crate::report::sheets::{SheetCell, SheetName};

fn anonymiser(key: u8) -> Anonymiser {
    let people = [
        "Ana Costa <ana@contoso.com>",
        "Łukasz Dąbrowski <lukasz@contoso.com>",
        "ACOSTA7",
        "CONTOSO\\ana",
        "Sales",
        "10442",
        "team Deal Room",
        "Aoife O`Brien <aoife@contoso.com>",
        "Weiss (Jürgen)",
        "Administrator",
    ];
    let things = [
        "exports/accounts.csv",
        "account",
        "Sales Manager",
        "Contoso",
        "team Deal Room",
        "Sales",
        "stub",
        "System Administrator",
    ];
    let allowed = Allowed::listed(&things);
    Anonymiser {
        tokens: Tokens(AnonymousKey::new([key; 32])),
        known: Known::listed(&people, &allowed),
        allowed,
    }
}

/// Tokens by the names of these tests, so that a table can be read.
fn readable(text: &str) -> String {
    let anonymiser = anonymiser(7);
    let people = [
        ("ana", "ana@contoso.com"),
        ("lukasz", "lukasz@contoso.com"),
        ("acosta7", "acosta7"),
        ("other", "other"),
        ("aoife", "aoife@contoso.com"),
        ("odd", "a`n(a"),
    ];
    let mut text = text.to_owned();
    for (name, identity) in people {
        text = text.replace(
            &anonymiser.tokens.of("person", identity),
            &format!("<{name}>"),
        );
    }
    let contoso = anonymiser.tokens.of("domain", "contoso.com");
    text = text.replace(&contoso, "<contoso>");
    let others = [
        ("x", "anna schmidt"),
        ("w", "ana-lu dos"),
        ("y", "unheard of"),
        ("z", "ekmansson, oskar (vertrieb)"),
    ];
    for (name, told) in others {
        text = text.replace(&anonymiser.tokens.of("text", told), &format!("<{name}>"));
    }
    text
}

#[test]
#[rustfmt::skip] // keeps the columns of the table
fn sentences() {
    check("a name",            "have no role: Ana Costa",              "have no role: Person <ana>");
    check("with an address",   "Ana Costa <ana@contoso.com> is there",  "Person <ana> <<ana>@<contoso>.example> is there");
    check("another case",      "ANA COSTA is there",                   "Person <ana> is there");
    check("beyond ASCII",      "Łukasz Dąbrowski.",                    "Person <lukasz>.");
    check("within a word",     "Ana Costafaro",                        "Ana Costafaro");
    check("an id of old",      "row for ACOSTA7",                      "row for Person <acosta7>");
    check("an address alone",  "write other@contoso.com, or not",      "write <other>@<contoso>.example, or not");
    check("somebody unknown",  "row 38 (Anna Schmidt <other@contoso.com>)", "row 38 (Text <x> <<other>@<contoso>.example>)");
    check("quoted, known",     "`Ana Costa` fits two",                 "`Person <ana>` fits two");
    check("quoted, unheard of", "`Unheard Of` fits nobody",            "`Text <y>` fits nobody");
    check("quoted, a thing",   "`Sales Manager` in `Contoso`",         "`Sales Manager` in `Contoso`");
    check("both, as a person", "the team Sales of Ana Costa",          "the team Sales of Person <ana>");
    check("a key",             "set `missing = \"stub\"`",             "set `missing = \"stub\"`");
    check("a key's person",    "set `fallback = \"ana@contoso.com\"`", "set `fallback = \"<ana>@<contoso>.example\"`");
    check("an id",             "`6f9619ff-8b86-4011-b42d-00cf4fc964ff`", "`6f9619ff-8b86-4011-b42d-00cf4fc964ff`");
    check("a backtick within", "`Aoife O`Brien` fits 2, `stub`",       "`Person <aoife>` fits 2, `stub`");
    check("a role, no person", "gives `System Administrator`; System Administrator", "gives `System Administrator`; System Administrator");
    check("last name first",   "users: Ekmansson, Oskar (Vertrieb) <other@contoso.com>, Ana Costa", "users: Text <z> <<other>@<contoso>.example>, Person <ana>");
    check("odd address",       "users: Ana-Lu Dos <a\u{1fef}n(a@contoso.com>",    "users: Text <w> <<odd>@<contoso>.example>");
    check("no address",        "an @ alone, a@, @b",                   "an @ alone, a@, @b");
    check("nothing",           "",                                     "");
}

#[track_caller]
fn check(case: &str, text: &str, expected: &str) {
    assert_eq!(
        readable(&anonymiser(7).prose(text)),
        expected,
        "case: {case}"
    );
}

#[test]
fn rows_of_sheets() {
    let text = |cells: &[&str]| -> Vec<SheetCell> {
        cells.iter().map(|cell| SheetCell::text(*cell)).collect()
    };
    let readiness = text(&["Ana Costa", "ana@contoso.com", "no", "no role"]);
    let told = anonymiser(7).row(SheetName::Readiness, readiness);
    assert_eq!(
        told,
        text(&[
            &anonymiser(7).whole("Ana Costa"),
            &anonymiser(7).whole("ana@contoso.com"),
            "no",
            "no role"
        ])
    );
    for name in [
        "Weiss (Jürgen)",
        "Unheard (Of)",
        "Ana Costa <ana@contoso.com> (UPN `ana@contoso.com`)",
    ] {
        let told = anonymiser(7).person(name);
        assert!(
            !told.contains("Jürgen") && !told.contains("Of") && !told.contains("ana@"),
            "{told}"
        );
    }
    let roles = text(&[
        "give",
        "Sales Manager",
        "team Deal Room",
        "exports/roles.csv",
    ]);
    assert_eq!(anonymiser(7).row(SheetName::Roles, roles.clone()), roles);
}

#[test]
fn values_of_a_user() {
    let values = |title: &str| UserValues {
        business_unit: Some(UnitId(Uuid::nil())),
        access_mode: Some(AccessMode::Read),
        profile: [
            (ProfileField::Title, Some(title.to_owned())),
            (ProfileField::Fax, None),
        ]
        .into(),
        roles: None,
    };
    let contoso = |_| "Contoso".to_owned();
    for title in [
        "Head of Ana",
        "Head; privat Ana Costa",
        "blank; fax Ana`",
        "Sales",
    ] {
        let told = values_word(&values(title), &contoso, Some(&anonymiser(7)));
        let expected = format!(
            "business unit Contoso; access mode read; title {}; fax blank",
            anonymiser(7).whole(title)
        );
        assert_eq!(told, expected);
        assert!(!told.contains("Ana") && !told.contains(title), "{told}");
    }
}

#[test]
fn tokens_join_and_tell_nothing_without_the_key() {
    let (one, other) = (anonymiser(1), anonymiser(2));
    assert_eq!(one.whole("Ana Costa"), anonymiser(1).whole("ana costa "));
    assert_ne!(one.whole("Ana Costa"), other.whole("Ana Costa"));
    let (name, address) = (one.whole("Ana Costa"), one.whole("ana@contoso.com"));
    let token = name.strip_prefix("Person ").unwrap();
    assert!(
        address.starts_with(&format!("{token}@")),
        "{name}, {address}"
    );
    assert_eq!(
        one.whole("10442"),
        one.cell("10442"),
        "ids of the old system are people"
    );
    assert!(
        !format!("{one:?}").contains("[1, 1"),
        "a key says nothing of itself"
    );
}
