//! What is wrong with what a consultant hands in: exit code, words, and nothing written.
//!
//! In: the base project with one thing broken. Out: the exit code, the words that name place, find
//! and cure, and the folder byte for byte as it was. What `apply` refuses is `bad_input/refused.rs`,
//! a folder that cannot be written `bad_input/read_only.rs`.

mod environment;
mod hostile;
mod read_only;
mod refused;
mod workbooks;

use std::fs;
use std::path::Path;

use cutover::run::{Answer, Console, Exit, Failure, Format, What};
use tempfile::TempDir;

use crate::support::{Ended, copy, differences, image, repository, run, run_with};

/// The base project, not planned yet.
fn fresh() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    copy(&repository("tests/cases/base"), folder.path());
    folder
}

/// The base project with a plan.
fn planned() -> TempDir {
    let folder = fresh();
    let ended = plan(folder.path());
    assert_eq!(ended.exit, Exit::Done, "{}{}", ended.out, ended.err);
    folder
}

fn again(folder: &TempDir) -> TempDir {
    let again = tempfile::tempdir().expect("a folder");
    copy(folder.path(), again.path());
    again
}

fn plan(folder: &Path) -> Ended {
    run(|console| cutover::run::plan(folder, false, console))
}

/// Runs `command` in `folder`: it must end so, say so, and write nothing.
#[track_caller]
fn check(
    case: &str,
    folder: &Path,
    exit: Exit,
    says: &[&str],
    command: impl FnOnce(&Path) -> Ended,
) {
    let before = image(folder);
    let ended = command(folder);
    let said = format!("{}{}", ended.out, ended.err);
    assert_eq!(ended.exit, exit, "{case}: {said}");
    for words in says {
        assert!(
            said.contains(words),
            "{case}: does not say `{words}`: {said}"
        );
    }
    let written = differences(&before, &image(folder));
    assert!(written.is_empty(), "{case}: wrote {written:?}");
}

/// Puts `text` in the place of `old` in a file.
pub(crate) fn replace(path: &Path, old: &str, text: &str) {
    let before = fs::read_to_string(path).expect("a text");
    let after = before.replace(old, text);
    assert_ne!(before, after, "`{old}` is not in {}", path.display());
    fs::write(path, after).expect("a written file");
}

fn append(path: &Path, text: &str) {
    let before = fs::read_to_string(path).expect("a text");
    fs::write(path, before + text).expect("a written file");
}

/// The export that a case breaks.
const ACCOUNTS: &str = "exports/accounts.csv";

/// Case, file, its bytes, and what is said of it.
type Export<'a> = (&'a str, &'a str, &'a [u8], &'a [&'a str]);

const EXPORTS: &[Export<'_>] = &[
    (
        "empty",
        ACCOUNTS,
        b"",
        &["FIL001", "is empty", "export it again"],
    ),
    (
        "blanks",
        ACCOUNTS,
        b" \n\n",
        &["FIL001", "is empty", "export it again"],
    ),
    (
        "header only",
        ACCOUNTS,
        b"accountid,ownerid\n",
        &["FIL001", "no rows", "take it out"],
    ),
    (
        "a picture",
        ACCOUNTS,
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        &["FIL001", "a picture", "export the table"],
    ),
    (
        "NUL bytes",
        ACCOUNTS,
        b"accountid,ownerid\0\0\n1,2\n",
        &["FIL001", "binary data", "export the table"],
    ),
    (
        "a web page",
        ACCOUNTS,
        b"<!DOCTYPE html><p>sign in</p>",
        &["FIL001", "a web page", "export the table"],
    ),
    (
        "text as workbook",
        "exports/accounts.xlsx",
        b"accountid,ownerid\n1,2\n",
        &["FIL001", "text under the name of a workbook", "rename it"],
    ),
    (
        "no owner column",
        ACCOUNTS,
        b"accountid,name\n1,2\n",
        &["FIL004", "owner", "`name`", "`owner ="],
    ),
];

#[test]
fn an_export_that_cannot_be_used() {
    let workbook = fs::read(repository("samples/clean/exports/contacts.xlsx")).unwrap();
    let half = &workbook[..workbook.len() / 2];
    let workbooks: &[Export<'_>] = &[
        (
            "a zip",
            ACCOUNTS,
            &workbook,
            &["FIL001", "zip", "rename it"],
        ),
        (
            "a workbook cut off",
            "exports/accounts.xlsx",
            half,
            &["FIL001", "cut off or damaged", "copy it again"],
        ),
        (
            "a workbook with a password",
            "exports/accounts.xlsx",
            &protected(),
            &["FIL001", "password-protected", "without a password"],
        ),
    ];
    let base = planned();
    for (case, file, bytes, says) in EXPORTS.iter().chain(workbooks) {
        let folder = again(&base);
        let manifest = folder.path().join("cutover.toml");
        if *file != ACCOUNTS {
            replace(&manifest, ACCOUNTS, file);
        }
        fs::write(folder.path().join(file), bytes).unwrap();
        let named = format!("`{file}`");
        let mut says = says.to_vec();
        says.extend([named.as_str(), "no plan was written"]);
        check(case, folder.path(), Exit::Usage, &says, plan);
    }
}

#[test]
fn every_export_that_cannot_be_used_is_named_at_once() {
    let folder = planned();
    fs::remove_file(folder.path().join("exports/users.csv")).unwrap();
    fs::write(folder.path().join(ACCOUNTS), "name\nx\n").unwrap();
    fs::write(folder.path().join("exports/roles.csv"), "who\nx\n").unwrap();
    let says = [
        "3 exports",
        "FIL001  `exports/users.csv` is not there",
        "correct `file` in the manifest",
        "FIL004  `exports/accounts.csv`",
        "FIL004  `exports/roles.csv`",
    ];
    check("all at once", folder.path(), Exit::Usage, &says, plan);
}

#[test]
fn a_manifest_that_is_wrong() {
    let base = planned();
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "unknown key",
            "[owners]\nmising = \"stub\"\n",
            &["mising", "expected one of", "missing"],
        ),
        (
            "unknown section",
            "[owner]\n",
            &["owner", "expected one of", "owners"],
        ),
        (
            "unknown word",
            "[owners]\nmissing = \"nobody\"\n",
            &["nobody", "expected one of", "`fallback`"],
        ),
        (
            "no TOML",
            "owners = missing: stub\n",
            &["TOML parse error", "line "],
        ),
        (
            "unknown rule",
            "[accept]\nXYZ001 = \"keep out\"\n",
            &["XYZ001", "cutover explain"],
        ),
        (
            "a rule that cannot be kept out",
            "[accept]\nFIL001 = \"keep out\"\n",
            &["accept.FIL001", "is not possible"],
        ),
        (
            "fallback that names nobody",
            "[owners]\nmissing = \"fallback\"\n",
            &["owners.fallback", "name a user or team"],
        ),
    ];
    for (case, text, says) in cases {
        let folder = again(&base);
        append(&folder.path().join("cutover.toml"), text);
        let mut says = says.to_vec();
        says.push("cutover.toml");
        check(case, folder.path(), Exit::Usage, &says, plan);
    }
    let folder = tempfile::tempdir().unwrap();
    let says = ["cutover.toml", "is not there", "cutover init"];
    check("no manifest", folder.path(), Exit::Usage, &says, plan);
    let nowhere = folder.path().join("nowhere");
    let ended = plan(&nowhere);
    assert_eq!(ended.exit, Exit::Usage, "{}", ended.err);
    assert!(ended.err.contains("nowhere"), "{}", ended.err);
    assert!(!nowhere.exists());
}

#[test]
fn an_owners_sheet_that_cannot_be_read_back() {
    let base = planned();
    let cases: &[(&str, &[u8], &[&str])] = &[
        (
            "no reference column",
            b"name,ruling\na,b\n",
            &["line 1", "no column `reference`", "put it back"],
        ),
        (
            "an open quote",
            b"reference,ruling\n\"a,b\n",
            &["line 2", "never closed", "close it"],
        ),
        (
            "not UTF-8",
            b"reference,ruling\nJ\xfcrgen,leave\n",
            &["line 2", "not UTF-8", "CSV UTF-8"],
        ),
    ];
    for (case, bytes, says) in cases {
        let folder = again(&base);
        fs::write(folder.path().join("owners.csv"), bytes).unwrap();
        let mut says = says.to_vec();
        says.push("owners.csv");
        check(case, folder.path(), Exit::Usage, &says, plan);
    }
}

#[test]
fn a_format_that_a_command_has_not_is_refused_before_anything_is_written() {
    for folder in [fresh(), planned()] {
        let csv = |folder: &Path| {
            run_with(Format::Csv, Answer::Yes, |console| {
                cutover::run::plan(folder, false, console)
            })
        };
        let says = ["no table", "cutover show"];
        check("plan as CSV", folder.path(), Exit::Usage, &says, csv);
    }
}

#[test]
fn words_that_name_nothing() {
    let folder = planned();
    let show = |word: &'static str, name: &'static str| {
        move |folder: &Path| {
            run(|console| cutover::run::show(folder, &What::of(Some(word), name), console))
        }
    };
    let path = folder.path();
    let says = ["`nonsense`", "expected one of", "findings"];
    check(
        "show nonsense",
        path,
        Exit::Usage,
        &says,
        show("nonsense", ""),
    );
    check(
        "show owner",
        path,
        Exit::Usage,
        &["name"],
        show("owner", ""),
    );
    let says = ["`Fabrikam`", "GUID"];
    check(
        "show record Fabrikam",
        path,
        Exit::Usage,
        &says,
        show("record", "Fabrikam"),
    );
    let says = ["`NOPE`", "cutover explain"];
    check("explain NOPE", path, Exit::Usage, &says, |_| {
        run(|console| cutover::run::explain(Some("NOPE"), console))
    });
}

#[test]
fn without_a_plan_the_cure_is_to_plan() {
    type Command = fn(&Path, &mut Console<'_>) -> Result<Exit, Failure>;
    let commands: [(&str, Command); 3] = [
        ("apply", |folder, console| {
            cutover::run::apply(&request(folder), console)
        }),
        ("verify", cutover::run::verify),
        ("show", |folder, console| {
            cutover::run::show(folder, &What::Plan, console)
        }),
    ];
    let folder = fresh();
    for (case, command) in commands {
        let says = ["holds no plan", "cutover plan"];
        check(case, folder.path(), Exit::Usage, &says, |folder| {
            run(|console| command(folder, console))
        });
    }
    let says = ["nothing to take back"];
    check("undo", folder.path(), Exit::Done, &says, |folder| {
        run(|console| cutover::run::undo(&request(folder), console))
    });
}

fn request(folder: &Path) -> cutover::run::ApplyRequest<'_> {
    cutover::run::ApplyRequest {
        folder,
        consent: cutover::run::Consent::Ask,
        limit: None,
    }
}

/// The container of a workbook with a password, as far as anybody looks: header, table of sectors,
/// and a directory that names the encrypted package.
fn protected() -> Vec<u8> {
    const NONE: [u8; 4] = [0xff; 4];
    const END: [u8; 4] = [0xfe, 0xff, 0xff, 0xff];
    let mut file = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    file.resize(24, 0);
    file.extend(b"\x3e\0\x03\0\xfe\xff\x09\0\x06\0");
    file.resize(44, 0);
    file.extend(b"\x01\0\0\0\x01\0\0\0\0\0\0\0\0\x10\0\0");
    file.extend([END, [0; 4], END, [0; 4], [0; 4]].concat());
    file.resize_with(512, || 0xff);
    file.extend([b"\xfd\xff\xff\xff", &END[..]].concat());
    file.extend(NONE.repeat(126));
    for (name, kind) in [("Root Entry", 5), ("EncryptedPackage", 2)] {
        let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let start = file.len();
        file.extend(&wide);
        file.resize(start + 64, 0);
        file.extend([u8::try_from(wide.len() + 2).unwrap(), 0, kind, 1]);
        file.extend(NONE.repeat(3));
        file.resize(start + 116, 0);
        file.extend(END);
        file.resize(start + 128, 0);
    }
    file.resize(512 * 3, 0);
    file
}
