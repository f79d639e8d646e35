//! Tests of the owners sheet: what a person wrote survives, and every fault is told with its line.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::file::{is_locked, parse, render, write_by};
use super::*;

fn sheet(text: &str) -> OwnersSheet {
    parse(text.as_bytes(), Path::new("owners.csv")).expect("a good sheet")
}

fn text(sheet: &OwnersSheet) -> String {
    String::from_utf8(render(sheet).expect("in memory")).expect("UTF-8")
}

fn row(reference: &str, affected: u64) -> OwnerRow {
    OwnerRow {
        reference: reference.to_owned(),
        affected,
        rows: format!("account {affected}"),
        matched: "stub user".to_owned(),
        ..OwnerRow::default()
    }
}

#[test]
fn sheets_are_written_as_they_were_read() {
    check("plain", "reference,ruling\nAna,stub\n");
    check("semicolons", "reference;ruling\nAna;stub\n");
    check("byte order mark", "\u{feff}reference,ruling\nAna,stub\n");
    check("line ends of Windows", "reference,ruling\r\nAna,stub\r\n");
    check(
        "line ends of Windows within a header",
        "reference,\"why\r\nso\"\nAna,stub\n",
    );
    check(
        "quotes, delimiters and newlines",
        "reference,ruling,Why\n\"Costa, Ana\",,\"said \"\"no\"\"\ntwice\"\n",
    );
    check(
        "cells like formulas",
        "reference,note,Sum\n'=a,- ask,=1+1\n",
    );
    check("odd headers", "Owner, Reference ,RULING,\nx,Ana,stub,y\n");
    check(
        "a quote within",
        "reference,note\nAna,5\" pipe\n"
            .replace("5\" pipe", "\"5\"\" pipe\"")
            .as_str(),
    );
}

#[test]
fn sheets_of_unicode_text_stay_such() {
    let text = "reference\truling\tnote\r\nZoë 😀\tstub\t\"a\tb\"\r\n";
    for (case, order) in [
        ("little end first", u16::to_le_bytes as fn(u16) -> [u8; 2]),
        ("big end first", u16::to_be_bytes),
    ] {
        let marked = format!("\u{feff}{text}");
        let bytes: Vec<u8> = marked.encode_utf16().flat_map(order).collect();
        let read = parse(&bytes, Path::new("owners.csv")).expect(case);
        assert_eq!(render(&read).expect(case), bytes, "case: {case}");
        let rulings = read.rulings();
        assert_eq!(rulings[0].reference, "Zoë 😀", "case: {case}");
    }
}

#[test]
fn a_mark_below_blank_lines_is_one() {
    let read = sheet("\n\u{feff}reference,ruling\nAna,stub\n");
    check("a mark", "\u{feff}reference,ruling\nAna,stub\n");
    assert_eq!(text(&read), "\u{feff}reference,ruling\nAna,stub\n");
}

#[track_caller]
fn check(case: &str, written: &str) {
    assert_eq!(text(&sheet(written)), written, "case: {case}");
}

#[test]
fn faults_are_told_with_line_and_cure() {
    let surplus = "line 3: found 3 cells where the header has 2";
    check_fault(
        "a cell too many",
        b"reference,ruling\nAna,stub\nBo,x,y\n",
        surplus,
    );
    check_fault(
        "not UTF-8",
        b"reference,ruling\nAna,stub\nJos\xe9,\n",
        "line 3: not UTF-8",
    );
    check_fault(
        "UTF-16 without its end",
        b"\xff\xfer\0e\0\n\0e",
        "line 2: not UTF-16",
    );
    check_fault("half a pair", b"\xfe\xff\0r\xd8\0\0e", "line 1: not UTF-16");
    let open = b"reference,ruling\nAna,\"stub\nBo \"\"x\"\",leave\n";
    check_fault("an open quote", open, "line 2: a quote is opened here");
    check_fault(
        "no reference",
        b"owner,ruling\n",
        "no column `reference`, found `owner`, `ruling`",
    );
    check_fault(
        "two of ours",
        b"reference,ruling,Ruling\n",
        "column `ruling` is there twice",
    );
}

#[track_caller]
fn check_fault(case: &str, bytes: &[u8], expected: &str) {
    let fault = parse(bytes, Path::new("owners.csv")).expect_err(case);
    let message = fault.to_string();
    assert!(message.contains(expected), "case: {case}: {message}");
}

#[test]
fn rulings_know_their_cells() {
    let written = "note,reference,ruling\n\"two\nlines\",Ana,\n\n,'=Bo,' Stub \nx,Cy\n,Di,leave\n";
    let found: Vec<_> = sheet(written)
        .rulings()
        .into_iter()
        .map(|one| (one.row, one.column, one.reference, one.ruling))
        .collect();
    let expected = [(4, "=Bo", "Stub"), (6, "Di", "leave")];
    let expected =
        expected.map(|(row, reference, ruling)| (row, 3, reference.to_owned(), ruling.to_owned()));
    assert_eq!(found, expected);
}

#[test]
fn the_hash_is_of_rulings_only() {
    let hash = |text: &str| rulings_hash(&sheet(text).rulings());
    let first = hash("reference,ruling,note\nAna,stub,\nBo,leave,\nCy,,\n");
    let same = hash("ruling,reference\nLEAVE,bo\nStub, ANA \nstub,Ana\n");
    assert_eq!(
        first, same,
        "order, case, notes and repetition change nothing"
    );
    assert_ne!(first, hash("reference,ruling\nAna,leave\nBo,stub\n"));
    assert_ne!(
        hash("reference,ruling\nab,c\n"),
        hash("reference,ruling\na,bc\n"),
        "texts do not run together"
    );
}

#[test]
fn an_update_keeps_what_people_wrote() {
    let mut sheet = sheet(
        "Team;reference;match;ruling;note\nred;Ana;old;stub;\n;Gone;old;;\n;Lost;old;leave;\"a;b\"\n",
    );
    sheet.update(vec![row("ANA", 2), row("Bo", 9), row("-Cy", 2)]);
    assert_eq!(
        text(&sheet),
        "Team;reference;match;ruling;note;rows;candidates;near misses\n\
         ;Bo;stub user;;;account 9;;\n\
         ;'-Cy;stub user;;;account 2;;\n\
         red;ANA;stub user;stub;;account 2;;\n\
         ;Lost;unused;leave;\"a;b\";;;\n"
    );
    let rulings = sheet.rulings();
    let rows: Vec<u64> = rulings.iter().map(|ruling| ruling.row).collect();
    assert_eq!(rows, [4, 5], "rows are numbered as they are written");
}

#[test]
fn contradicting_rows_both_stay() {
    let mut sheet = sheet("reference,ruling\nAna,stub\nana,leave\nAna,\n,free words\n");
    sheet.update(vec![row("Ana", 1)]);
    let rulings = sheet.rulings();
    let said: Vec<&str> = rulings.iter().map(|one| one.ruling.as_str()).collect();
    assert_eq!(said, ["stub", "leave", "free words"]);
}

#[test]
fn a_reference_that_comes_back_is_no_longer_unused() {
    let mut sheet = sheet("reference,match,ruling\nAna,stub user,leave\n");
    sheet.update(Vec::new());
    assert!(text(&sheet).contains("Ana,unused,leave"));
    sheet.update(vec![row("Ana", 1)]);
    assert!(text(&sheet).contains("Ana,stub user,leave"));
}

#[test]
fn the_file_is_replaced_only_if_it_differs() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("owners.csv");
    let mut sheet = OwnersSheet::read(&path).expect("none is an empty one");
    assert!(sheet.rulings().is_empty());
    sheet.update(vec![row("Zoë", 1)]);
    assert_eq!(sheet.write(&path).expect("written"), Written::InPlace);
    assert_eq!(sheet.write(&path).expect("the same"), Written::Unchanged);
    assert_eq!(OwnersSheet::read(&path).expect("read back"), sheet);
    let names = std::fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(names, 1, "no temporary file is left");
}

#[test]
fn what_was_saved_meanwhile_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("owners.csv");
    let prepare = || SheetToWrite::prepare(&path, vec![row("Ana", 1)]).expect("a good sheet");
    let written = |ready: SheetToWrite| ready.write().expect("a folder to write to");
    let ready = prepare();
    fs::write(&path, "reference,ruling,note\nAna,,hers\n").expect("saved");
    assert_eq!(written(ready), None, "there was no file");
    let ready = prepare();
    fs::write(&path, "reference,ruling,note\nAna,,his\n").expect("saved again");
    assert_eq!(written(ready), None, "it was another");
    assert_eq!(written(prepare()), Some(Written::InPlace));
    let text = fs::read_to_string(&path).expect("written");
    assert!(text.contains("his") && !text.contains("hers"), "{text}");
    assert_eq!(written(prepare()), Some(Written::Unchanged));
    let ready = prepare();
    fs::remove_file(&path).expect("taken away");
    assert_eq!(written(ready), None, "it is gone");
}

#[test]
fn what_a_killed_run_left_beside_it_is_taken_away() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("owners.csv");
    let names = || -> Vec<String> {
        let entries = std::fs::read_dir(folder.path()).expect("a folder");
        let name = |entry: std::fs::DirEntry| entry.file_name().into_string().expect("a name");
        entries
            .map(|entry| name(entry.expect("an entry")))
            .collect()
    };
    let left = || {
        let sheet = sheet("reference,ruling\nAna,stub\n");
        // A run that is killed drops nothing, so its file stays.
        write_by(&render(&sheet).expect("rendered"), &path, |file, path| {
            let (file, place) = file.keep().expect("kept");
            drop(file);
            std::fs::rename(&place, path)
                .and_then(|()| std::fs::copy(path, &place))
                .expect("left");
            Ok(())
        })
        .expect("written");
        assert_eq!(names().len(), 2, "{:?}", names());
    };
    let check = |case: &str, written: &str| {
        left();
        sheet(written).write(&path).expect("written");
        assert_eq!(names(), ["owners.csv"], "case: {case}");
    };
    check("another sheet", "reference,ruling\nAna,leave\n");
    check("the same sheet", "reference,ruling\nAna,stub\n");
}

#[cfg(unix)]
#[test]
fn the_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("owners.csv");
    std::fs::write(&path, "reference,ruling\nAna,stub\n").expect("written");
    let mut sheet = OwnersSheet::read(&path).expect("a good sheet");
    sheet.update(vec![row("Ana", 1)]);
    sheet.write(&path).expect("written");
    let mode = std::fs::metadata(&path)
        .expect("there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_locked_file_gets_a_new_one_beside_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("owners.csv");
    std::fs::write(&path, "reference,ruling\nAna,stub\n").expect("written");
    let mut sheet = OwnersSheet::read(&path).expect("a good sheet");
    sheet.update(vec![row("Ana", 1)]);
    let refuse = |kind: std::io::ErrorKind| {
        write_by(&render(&sheet).expect("rendered"), &path, |file, _| {
            let error = std::io::Error::from(kind);
            Err(tempfile::PersistError { error, file })
        })
    };
    let beside = folder.path().join("owners.new.csv");
    let written = refuse(std::io::ErrorKind::PermissionDenied).expect("beside");
    assert_eq!(written, Written::Beside(beside.clone()));
    assert_eq!(OwnersSheet::read(&beside).expect("read back"), sheet);
    let kept = std::fs::read_to_string(&path).expect("still there");
    assert_eq!(kept, "reference,ruling\nAna,stub\n");
    let fault = refuse(std::io::ErrorKind::StorageFull).expect_err("not a lock");
    assert!(matches!(fault, OwnersError::Write { .. }), "{fault}");
    assert!(!is_locked(&std::io::ErrorKind::NotFound.into()));
}

/// Cells as people and spreadsheets write them, the awkward ones often.
fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zë ]{0,6}",
        "[-=+@'\"\n\r,;a\t😀 ]{0,6}",
        Just("Ana".to_owned()),
    ]
}

/// How a spreadsheet writes texts: as UTF-8 with a mark or without, or as UTF-16, which has one.
fn written_as(encoding: u8, text: Vec<u8>) -> Vec<u8> {
    let in_units = |text: Vec<u8>, bytes: fn(u16) -> [u8; 2]| {
        let text = format!("\u{feff}{}", String::from_utf8(text).expect("UTF-8"));
        text.encode_utf16().flat_map(bytes).collect()
    };
    match encoding {
        0 => text,
        1 => [b"\xef\xbb\xbf".as_slice(), &text].concat(),
        2 => in_units(text, u16::to_le_bytes),
        _ => in_units(text, u16::to_be_bytes),
    }
}

proptest! {
    #[test]
    fn what_a_person_wrote_is_read_back_unchanged(
        rows in prop::collection::vec((cell(), cell(), cell(), cell()), 0..6),
        delimiter in prop_oneof![Just(b','), Just(b';'), Just(b'\t')],
        encoding in 0_u8..4,
        blank_ends in any::<bool>(),
        twice in any::<bool>(),
        kept in any::<bool>(),
    ) {
        let mut writer = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .from_writer(Vec::new());
        writer.write_record(["Old team", "reference", "ruling", "note"]).expect("in memory");
        for (foreign, reference, ruling, note) in &rows {
            let mut cells = vec![foreign.as_str(), reference, ruling, note];
            match (blank_ends, note.is_empty()) {
                // Some spreadsheets leave out blank cells at the end, some write more of them.
                (true, true) => drop(cells.pop()),
                (true, false) => cells.push(""),
                (false, _) => {}
            }
            for _ in 0..=u8::from(twice) {
                writer.write_record(&cells).expect("in memory");
            }
        }
        let bytes = writer.into_inner().expect("in memory");
        let bytes = written_as(encoding, bytes);
        let mut sheet = parse(&bytes, Path::new("owners.csv")).expect("a good sheet");
        let people = |sheet: &OwnersSheet| -> Vec<Vec<String>> {
            let columns = ["old team", "reference", "ruling", "note"];
            let columns = columns.map(|name| sheet.column(name).expect("there"));
            let of_sheet = Columns::of(&sheet.headers);
            let rows = sheet.rows.iter().filter(|row| of_sheet.are_written_in(row));
            let mut rows: Vec<Vec<String>> = rows
                .map(|row| columns.map(|column| row.cells[column].clone()).to_vec())
                .map(|mut cells| { cells[1] = reference_key(unguard_cell(&cells[1])); cells })
                .collect();
            rows.sort_unstable();
            rows
        };
        let before = people(&sheet);
        let hash = rulings_hash(&sheet.rulings());
        let references = rows.iter().map(|(_, reference, ..)| unguard_cell(reference).trim());
        let references: BTreeSet<String> = references.filter(|_| kept).map(str::to_owned).collect();
        let updates = references.iter().filter(|text| !text.is_empty());
        sheet.update(updates.map(|text| row(text, 1)).collect());
        let again = parse(&render(&sheet).expect("in memory"), Path::new("owners.csv"));
        let again = again.expect("what is written can be read");
        prop_assert_eq!(&again, &sheet);
        prop_assert_eq!(people(&again), before);
        prop_assert_eq!(rulings_hash(&again.rulings()), hash);
    }
}
