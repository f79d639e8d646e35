//! Rows of users exports that make no person.

use super::{Folder, show_findings};
use crate::model::{Findings, Silent};
use crate::read::open_users;

#[test]
#[rustfmt::skip]
fn rows_that_are_no_person() {
    check("plain",        "u1,ana@c.com,Ana\n",                &["2/2 u1"], &[]);
    check("only a name",  ",,Ana\n",                           &["2/2 -"],  &[]);
    check("nobody",       ",,,x\nu2,,\n",                      &["3/3 u2"],
        &["FIL006 u.csv: rows without id, login name, mail or full name @ 2/2"]);
    check("totals",       "u1,,\nTotal: 1,,\n,,Count 3\n",     &["2/2 u1"],
        &["FIL006 u.csv: lines of totals among the rows @ 3/3 4/4"]);
    check("cells missing", "u1,ana@c.com\n",                   &[],
        &["FIL003 u.csv: rows have more or fewer cells than the header @ 2/2"]);
    check("quote left open", "u1,\"ana@c.com,Ana\n",           &[],
        &["FIL003 u.csv: a quote is opened and never closed @ 2/2"]);
    check("mangled: nobody's id", "1.5E+12,ana@c.com,Ana\n",   &["2/2 -"],
        &["FIL007 u.csv column Id: a formula's error or a mangled number @ 2/2:1"]);
    check("a formula's error",  "#N/A,ana@c.com,#N/A\n",        &["2/2 -"],
        &["FIL007 u.csv column Full Name: a formula's error or a mangled number @ 2/2:3",
          "FIL007 u.csv column Id: a formula's error or a mangled number @ 2/2:1"]);
    check("nothing else",       "#N/A,,\n",                     &[],
        &["FIL006 u.csv: rows without id, login name, mail or full name @ 2/2",
          "FIL007 u.csv column Id: a formula's error or a mangled number @ 2/2:1"]);
}

#[track_caller]
fn check(case: &str, rows: &str, expected: &[&str], expected_findings: &[&str]) {
    let folder = Folder::new();
    let mut findings = Findings::default();
    let spec = folder.file("u.csv", format!("Id,Username,Full Name,Title\n{rows}"));
    let export = open_users(&spec, &[], &mut findings).unwrap();
    let people = export.read(&mut findings, &Silent).unwrap().people;
    let shown: Vec<String> = people
        .iter()
        .map(|person| {
            format!(
                "{}/{} {}",
                person.row,
                person.line,
                person.id.as_deref().unwrap_or("-")
            )
        })
        .collect();
    assert_eq!(shown, expected, "case: {case}");
    assert_eq!(show_findings(findings), expected_findings, "case: {case}");
}

#[test]
fn a_row_that_holds_a_known_word_is_no_header() {
    let folder = Folder::new();
    let spec = folder.file("u.csv", "Rep,Kind\nAna,user\nBo,name\n");
    let error = open_users(&spec, &[], &mut Findings::default())
        .err()
        .unwrap();
    assert!(error.to_string().contains("found `Rep`, `Kind`"), "{error}");
}

#[test]
fn bytes_that_are_no_text_in_a_used_cell() {
    let folder = Folder::new();
    let mut findings = Findings::default();
    let bytes = b"Id,Full Name\nu1,Zo\xc3\xab\nu2,Andr\xe9\n";
    let export = open_users(&folder.file("u.csv", bytes), &[], &mut findings).unwrap();
    let people = export.read(&mut findings, &Silent).unwrap().people;
    assert_eq!(people.len(), 1);
    let expected = ["FIL003 u.csv column Full Name: bytes that are no utf-8 @ 3/3:2"];
    assert_eq!(show_findings(findings), expected);
}
