//! The summary of a plan, as `plan` prints it: what stops it first, then counts that add up, then
//! what to type next.
//!
//! In: a plan's document. Out: text.

use std::io;

use crate::plan::{Document, FindingRecord, LedgerRecord, MatchRecord, UncheckedRecord};
use crate::report::findings::findings;
use crate::report::page::{Page, shell_word};
use crate::report::people::{open_steps, readiness};
use crate::report::table::{BAD, GOOD, HEADING, WARN, aligned, counted, styled, thousands};

/// Errors and warnings shown in the summary.
const ERRORS_SHOWN: usize = 30;
const WARNINGS_SHOWN: usize = 10;
/// Stub users named in the summary.
const STUBS_SHOWN: usize = 12;

/// Where rulings stand unless the manifest names another file.
const OWNERS_SHEET: &str = "owners.csv";

/// Writes the summary.
pub fn summary(page: &mut Page<'_>, document: &Document) -> io::Result<()> {
    let short = document.seal.get(..8).unwrap_or(&document.seal);
    let (folder, host) = (page.folder, &document.environment.host);
    let pulled = match &document.environment.pulled_at {
        Some(at) => format!(" as pulled at {at}"),
        None => String::new(),
    };
    let heading = format!("Plan of {folder} for {host}{pulled} · seal {short}");
    writeln!(page.out, "{}", styled(HEADING, heading))?;
    stops(page, document)?;
    warnings(page, document)?;
    rows_accounted(page, document)?;
    owners(page, document)?;
    stub_users(page, document)?;
    changes(page, document)?;
    readiness(page, document)?;
    open_steps(page, document)?;
    next(page, document)
}

fn stops(page: &mut Page<'_>, document: &Document) -> io::Result<()> {
    let totals = &document.totals;
    if totals.errors > 0 {
        let errors = counted(totals.errors, "error");
        let heading = format!("{errors}: this plan cannot be applied");
        writeln!(page.out, "\n{}", styled(BAD, heading))?;
        let stops = |one: &FindingRecord| one.severity == "error" && !one.accepted;
        findings(page, document, stops, ERRORS_SHOWN)?;
    }
    let blocking: Vec<&UncheckedRecord> = document
        .unchecked
        .iter()
        .filter(|rule| rule.guards && !rule.accepted)
        .collect();
    if !blocking.is_empty() {
        let rules = counted(blocking.len() as u64, "rule");
        let heading = format!("{rules} could not be checked: this plan cannot be applied");
        writeln!(page.out, "\n{}", styled(BAD, heading))?;
        for rule in blocking {
            unchecked(page, rule)?;
        }
    }
    Ok(())
}

fn unchecked(page: &mut Page<'_>, rule: &UncheckedRecord) -> io::Result<()> {
    let code = styled(BAD, &rule.code);
    let asked = counted(rule.changes, "change");
    let needs = rule.needs.join(", ");
    writeln!(
        page.out,
        "  {code}  asked for {asked}, but not loaded: {needs}"
    )?;
    let cure = format!(
        "put the missing file into the environment folder and load it, or accept with `unchecked = \
         [\"{}\"]` under `[accept]`",
        rule.code
    );
    page.paragraph(6, "cure: ", &cure)
}

fn warnings(page: &mut Page<'_>, document: &Document) -> io::Result<()> {
    let totals = &document.totals;
    if totals.warnings > 0 {
        let heading = styled(WARN, counted(totals.warnings, "warning"));
        writeln!(page.out, "\n{heading}")?;
        findings(
            page,
            document,
            |one| one.severity == "warning",
            WARNINGS_SHOWN,
        )?;
    }
    let mut quiet = Vec::new();
    if totals.accepted > 0 {
        let errors = counted(totals.accepted, "error");
        quiet.push(format!("{errors} accepted by the manifest"));
    }
    if totals.notes > 0 {
        quiet.push(counted(totals.notes, "note"));
    }
    let left: Vec<&str> = document
        .unchecked
        .iter()
        .filter(|rule| rule.accepted || !rule.guards)
        .map(|rule| rule.code.as_str())
        .collect();
    if !left.is_empty() {
        quiet.push(format!("not checked: {}", left.join(", ")));
    }
    if !quiet.is_empty() {
        let folder = shell_word(page.folder);
        let line = format!("{} (`cutover show {folder} findings`)", quiet.join(", "));
        writeln!(page.out)?;
        page.faint(0, &line)?;
    }
    Ok(())
}

/// Writes the ledger of every records and roles file: each row has one fate (promise 6).
pub(super) fn rows_accounted(page: &mut Page<'_>, document: &Document) -> io::Result<()> {
    if document.ledgers.is_empty() {
        return Ok(());
    }
    writeln!(
        page.out,
        "\n{}",
        styled(HEADING, "Rows, each accounted for")
    )?;
    let header = [
        "",
        "rows",
        "changes",
        "no change",
        "repeated",
        "left",
        "kept out",
        "stopped",
    ];
    let line = |name: String, ledger: &LedgerRecord| {
        let mut cells = vec![name];
        cells.extend(
            [
                ledger.rows,
                ledger.changes,
                ledger.no_change,
                ledger.repeated,
                ledger.left,
                ledger.kept_out.values().sum(),
                ledger.stopped.values().sum(),
            ]
            .map(thousands),
        );
        cells
    };
    let lines: Vec<Vec<String>> = document
        .ledgers
        .iter()
        .map(|ledger| {
            let input = document
                .inputs
                .iter()
                .find(|input| input.file == ledger.file);
            line(
                input.map_or_else(String::new, |input| input.name.clone()),
                ledger,
            )
        })
        .collect();
    write!(page.out, "{}", aligned(&header, &lines))?;
    for (word, by_code) in [
        ("kept out", kept_out(document)),
        ("stopped", stopped(document)),
    ] {
        if !by_code.is_empty() {
            let codes: Vec<String> = by_code
                .iter()
                .map(|(code, rows)| format!("{code} {}", thousands(*rows)))
                .collect();
            page.paragraph(2, &format!("{word}: "), &codes.join(", "))?;
        }
    }
    Ok(())
}

fn kept_out(document: &Document) -> Vec<(String, u64)> {
    by_code(document, |ledger| &ledger.kept_out)
}

fn stopped(document: &Document) -> Vec<(String, u64)> {
    by_code(document, |ledger| &ledger.stopped)
}

fn by_code(
    document: &Document,
    of: impl Fn(&LedgerRecord) -> &std::collections::BTreeMap<String, u64>,
) -> Vec<(String, u64)> {
    let mut sums = std::collections::BTreeMap::new();
    for (code, rows) in document.ledgers.iter().flat_map(&of) {
        *sums.entry(code.clone()).or_insert(0) += rows;
    }
    sums.into_iter().collect()
}

fn owners(page: &mut Page<'_>, document: &Document) -> io::Result<()> {
    let totals = &document.totals;
    if totals.references == 0 && totals.blank_rows == 0 {
        return Ok(());
    }
    let mut heading = format!("Owners: {}", counted(totals.references, "reference"));
    let file = rulings_file(document);
    if file != OWNERS_SHEET {
        heading = format!("{heading}; rulings are read from `{file}`, not from `{OWNERS_SHEET}`");
    }
    writeln!(page.out, "\n{}", styled(HEADING, heading))?;
    let mut lines = Vec::new();
    let mut line = |name: String, count: &MatchRecord| {
        if count.references > 0 {
            lines.push(vec![
                name,
                thousands(count.references),
                thousands(count.rows),
            ]);
        }
    };
    let rungs = crate::model::Rung::ALL;
    for rung in rungs {
        if let Some(count) = totals.matches.get(rung.word()) {
            line(format!("by {}", rung.word()), count);
        }
    }
    line("to stub users".to_owned(), &totals.stub);
    line("to the fallback owner".to_owned(), &totals.fallback);
    line("left where they are".to_owned(), &totals.left);
    for (code, count) in &totals.stopped {
        line(format!("nobody chosen ({code})"), count);
    }
    if totals.blank_rows > 0 {
        lines.push(vec![
            "blank".to_owned(),
            String::new(),
            thousands(totals.blank_rows),
        ]);
    }
    write!(page.out, "{}", aligned(&["", "references", "rows"], &lines))?;
    if let Some(words) = beside_references(document) {
        writeln!(page.out, "  {words}")?;
    }
    Ok(())
}

/// What the owners sheets list beside the references that are counted: without it two counts would seem to differ.
pub(super) fn beside_references(document: &Document) -> Option<String> {
    let unused = document.rulings.unused;
    let beside = document.owners_file.rows;
    let beside = beside.saturating_sub(document.totals.references);
    let of_roles = beside.saturating_sub(unused);
    let parts = [
        (of_roles, "reference", "that roles files alone name"),
        (unused, "ruling", "that no row asks for"),
    ];
    let parts = parts.into_iter().filter(|(count, ..)| *count > 0);
    let words = parts.map(|(count, noun, what)| format!("{} {what}", counted(count, noun)));
    let words: Vec<String> = words.collect();
    (!words.is_empty()).then(|| {
        format!(
            "Beside these, the owners sheet lists {}",
            words.join(" and ")
        )
    })
}

fn stub_users(page: &mut Page<'_>, document: &Document) -> io::Result<()> {
    let made = count(document, "create_stub_user");
    if made == 0 {
        return Ok(());
    }
    let role = document.default_role.as_deref().unwrap_or("none");
    let heading = format!(
        "{} with the default role {role}",
        counted(made, "stub user")
    );
    writeln!(page.out, "\n{}", styled(HEADING, heading))?;
    let lines: Vec<Vec<String>> = document
        .stub_users
        .iter()
        .take(STUBS_SHOWN)
        .map(|stub| {
            let who = format!("{} <{}>", stub.full_name, stub.upn);
            vec![who, counted(stub.records, "record")]
        })
        .collect();
    write!(page.out, "{}", aligned(&[], &lines))?;
    let more = made.saturating_sub(lines.len() as u64);
    if more > 0 {
        writeln!(page.out, "  … and {}", counted(more, "more stub user"))?;
    }
    Ok(())
}

fn changes(page: &mut Page<'_>, document: &Document) -> io::Result<()> {
    let users = count(document, "change_user");
    if users > 0 {
        let heading = format!("{} to change", counted(users, "user"));
        writeln!(page.out, "\n{}", styled(HEADING, heading))?;
        let lines = document.totals.user_changes.iter();
        let lines: Vec<Vec<String>> = lines
            .map(|(what, users)| vec![what.clone(), thousands(*users)])
            .collect();
        write!(page.out, "{}", aligned(&[], &lines))?;
    }
    let given = count(document, "give_role");
    let removed = count(document, "remove_role");
    if given + removed > 0 {
        let heading = format!(
            "Roles: {} given, {} removed",
            thousands(given),
            thousands(removed)
        );
        writeln!(page.out, "\n{}", styled(HEADING, heading))?;
        let lines: Vec<Vec<String>> = document
            .roles
            .iter()
            .map(|role| {
                vec![
                    role.role.clone(),
                    thousands(role.given),
                    thousands(role.removed),
                ]
            })
            .collect();
        write!(page.out, "{}", aligned(&["", "given", "removed"], &lines))?;
    }
    let records = count(document, "assign_record");
    if records > 0 {
        let heading = format!("{} to assign", counted(records, "record"));
        writeln!(page.out, "\n{}", styled(HEADING, heading))?;
        let lines: Vec<Vec<String>> = document
            .totals
            .records_by_table
            .iter()
            .map(|(table, records)| vec![table.clone(), thousands(*records)])
            .collect();
        write!(page.out, "{}", aligned(&[], &lines))?;
    }
    Ok(())
}

fn count(document: &Document, kind: &str) -> u64 {
    document.totals.changes.get(kind).copied().unwrap_or(0)
}

/// The file whose rulings the plan obeys.
fn rulings_file(document: &Document) -> &str {
    let mut inputs = document.inputs.iter();
    let sheet = inputs.find(|input| input.kind == "rulings");
    sheet.map_or(OWNERS_SHEET, |sheet| &sheet.name)
}

fn next(page: &mut Page<'_>, document: &Document) -> io::Result<()> {
    let changes: u64 = document.totals.changes.values().sum();
    let folder = shell_word(page.folder);
    writeln!(page.out)?;
    if !document.approved {
        let verdict = styled(BAD, "Not approved.");
        return writeln!(
            page.out,
            "{verdict}\nNext: cure the errors above, or rule on owners in `{}`, then\n  cutover plan {folder}",
            rulings_file(document)
        );
    }
    if changes == 0 {
        let verdict = styled(GOOD, "Approved; nothing has to be changed.");
        return writeln!(page.out, "{verdict}");
    }
    let verdict = styled(GOOD, format!("Approved: {}.", counted(changes, "change")));
    writeln!(page.out, "{verdict}\nNext:\n  cutover apply {folder}")
}
