//! Rows of roles exports.

use super::{Folder, show_findings};
use crate::model::{Findings, OwnerCell, References, Silent};
use crate::read::open_roles;

#[test]
#[rustfmt::skip]
fn rows() {
    check("give by default", "ana,Sales,,\n",            &["2/2 ana Sales - give"], &[]);
    check("words",           "ana,Sales,EMEA,Revoke\nana,Sales,,add\nana,Sales,,maybe\n",
        &["2/2 ana Sales EMEA remove", "3/3 ana Sales - give", "4/4 ana Sales - `maybe`"], &[]);
    check("blank cells",     ",Sales,,\nana,,,\n",       &["2/2 blank Sales - give", "3/3 ana - - give"], &[]);
    check("nothing needed",  ",,EMEA,\n",                &["2/2 FIL006"], &["FIL006 r.csv: rows without user and role @ 2/2"]);
    check("totals",          "Total: 3,,,\n",            &["2/2 FIL006"], &["FIL006 r.csv: lines of totals among the rows @ 2/2"]);
    check("cells missing",   "ana,Sales\n",              &["2/2 FIL003"],
        &["FIL003 r.csv: rows have more or fewer cells than the header @ 2/2"]);
    check("formula's error", "#REF!,Sales,,\n",          &["2/2 #REF! Sales - give"],
        &["FIL007 r.csv column User: a formula's error or a mangled number @ 2/2:1"]);
}

#[track_caller]
fn check(case: &str, rows: &str, expected: &[&str], expected_findings: &[&str]) {
    let folder = Folder::new();
    let (mut findings, mut references) = (Findings::default(), References::default());
    let spec = folder.file("r.csv", format!("User,Role,Business unit,Action\n{rows}"));
    let export = open_roles(&spec, &mut findings).unwrap();
    let made = export
        .read(&mut references, &mut findings, &Silent)
        .unwrap();
    let show = |row: &crate::model::RoleRow| {
        let place = format!("{}/{}", row.row, row.line);
        if let Some(code) = row.unusable {
            return format!("{place} {code}");
        }
        let user = match row.user {
            OwnerCell::Reference(id) => references.get(id).text.clone(),
            OwnerCell::Blank => "blank".to_owned(),
            OwnerCell::Unusable(code) => code.to_string(),
        };
        let word = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let action = match &row.action {
            Ok(action) => format!("{action:?}").to_lowercase(),
            Err(text) => format!("`{text}`"),
        };
        format!(
            "{place} {user} {} {} {action}",
            word(&row.role),
            word(&row.business_unit)
        )
    };
    let shown: Vec<String> = made.iter().map(show).collect();
    assert_eq!(shown, expected, "case: {case}");
    assert_eq!(show_findings(findings), expected_findings, "case: {case}");
}
