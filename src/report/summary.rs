//! The summary of a plan, as `plan` prints it: what stops it first, then counts that add up, then
//! what to type next.
//!
//! In: a plan's document. Out: text.

use std::io::{self, Write};

use crate::plan::{Document, LedgerRecord, MatchRecord, UncheckedRecord};
use crate::report::findings::findings;
use crate::report::table::{BAD, FAINT, GOOD, HEADING, WARN, aligned, counted, styled, thousands};

/// Errors and warnings shown in the summary.
const ERRORS_SHOWN: usize = 30;
const WARNINGS_SHOWN: usize = 10;
/// Stub users named in the summary.
const STUBS_SHOWN: usize = 12;

/// Writes the summary. `folder` is the project's folder as the consultant typed it.
pub fn summary(out: &mut dyn Write, document: &Document, folder: &str) -> io::Result<()> {
    let short = document.seal.get(..8).unwrap_or(&document.seal);
    writeln!(
        out,
        "{}",
        styled(
            HEADING,
            format!(
                "Plan of {folder} for {} · seal {short}",
                document.environment.host
            )
        )
    )?;
    stops(out, document)?;
    warnings(out, document, folder)?;
    rows(out, document)?;
    owners(out, document)?;
    stub_users(out, document)?;
    changes(out, document)?;
    next(out, document, folder)
}

fn stops(out: &mut dyn Write, document: &Document) -> io::Result<()> {
    let totals = &document.totals;
    if totals.errors > 0 {
        let heading = format!(
            "{}: this plan cannot be applied",
            counted(totals.errors, "error")
        );
        writeln!(out, "\n{}", styled(BAD, heading))?;
        let stopping = Document {
            findings: document
                .findings
                .iter()
                .filter(|one| !one.accepted)
                .cloned()
                .collect(),
            ..document.clone()
        };
        findings(out, &stopping, "error", ERRORS_SHOWN)?;
    }
    let blocking: Vec<&UncheckedRecord> = document
        .unchecked
        .iter()
        .filter(|rule| rule.guards && !rule.accepted)
        .collect();
    if !blocking.is_empty() {
        let heading = format!(
            "{} could not be checked",
            counted(blocking.len() as u64, "rule")
        );
        writeln!(out, "\n{}", styled(BAD, heading))?;
        for rule in blocking {
            unchecked(out, rule)?;
        }
    }
    Ok(())
}

fn unchecked(out: &mut dyn Write, rule: &UncheckedRecord) -> io::Result<()> {
    writeln!(
        out,
        "  {}  asked for {}, but not loaded: {}",
        styled(BAD, &rule.code),
        counted(rule.changes, "change"),
        rule.needs.join(", ")
    )?;
    writeln!(
        out,
        "      cure: put the missing file into the environment folder and load it, or accept with \
         `unchecked = [\"{}\"]` under `[accept]`",
        rule.code
    )
}

fn warnings(out: &mut dyn Write, document: &Document, folder: &str) -> io::Result<()> {
    let totals = &document.totals;
    if totals.warnings > 0 {
        writeln!(
            out,
            "\n{}",
            styled(WARN, counted(totals.warnings, "warning"))
        )?;
        findings(out, document, "warning", WARNINGS_SHOWN)?;
    }
    let mut quiet = Vec::new();
    if totals.accepted > 0 {
        quiet.push(format!(
            "{} accepted by the manifest",
            counted(totals.accepted, "error")
        ));
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
        let line = format!("{} (`cutover show {folder} findings`)", quiet.join(", "));
        writeln!(out, "\n{}", styled(FAINT, line))?;
    }
    Ok(())
}

fn rows(out: &mut dyn Write, document: &Document) -> io::Result<()> {
    writeln!(out, "\n{}", styled(HEADING, "Rows, each accounted for"))?;
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
    write!(out, "{}", aligned(&header, &lines))?;
    for (word, by_code) in [
        ("kept out", kept_out(document)),
        ("stopped", stopped(document)),
    ] {
        if !by_code.is_empty() {
            let codes: Vec<String> = by_code
                .iter()
                .map(|(code, rows)| format!("{code} {}", thousands(*rows)))
                .collect();
            writeln!(
                out,
                "  {}",
                styled(FAINT, format!("{word}: {}", codes.join(", ")))
            )?;
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
    for (code, rows) in document.ledgers.iter().flat_map(|ledger| of(ledger)) {
        *sums.entry(code.clone()).or_insert(0) += rows;
    }
    sums.into_iter().collect()
}

fn owners(out: &mut dyn Write, document: &Document) -> io::Result<()> {
    let totals = &document.totals;
    if totals.references == 0 && totals.blank_rows == 0 {
        return Ok(());
    }
    let heading = format!("Owners: {}", counted(totals.references, "reference"));
    writeln!(out, "\n{}", styled(HEADING, heading))?;
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
    write!(out, "{}", aligned(&["", "references", "rows"], &lines))
}

fn stub_users(out: &mut dyn Write, document: &Document) -> io::Result<()> {
    let made = count(document, "create_stub_user");
    if made == 0 {
        return Ok(());
    }
    let role = document.default_role.as_deref().unwrap_or("none");
    let heading = format!(
        "{} with the default role {role}",
        counted(made, "stub user")
    );
    writeln!(out, "\n{}", styled(HEADING, heading))?;
    let lines: Vec<Vec<String>> = document
        .stub_users
        .iter()
        .take(STUBS_SHOWN)
        .map(|stub| {
            let who = format!("{} <{}>", stub.full_name, stub.upn);
            vec![who, counted(stub.records, "record")]
        })
        .collect();
    write!(out, "{}", aligned(&[], &lines))?;
    let more = made.saturating_sub(lines.len() as u64);
    if more > 0 {
        writeln!(out, "  … and {}", counted(more, "more stub user"))?;
    }
    Ok(())
}

fn changes(out: &mut dyn Write, document: &Document) -> io::Result<()> {
    let given = count(document, "give_role");
    let removed = count(document, "remove_role");
    if given + removed > 0 {
        let heading = format!(
            "Roles: {} given, {} removed",
            thousands(given),
            thousands(removed)
        );
        writeln!(out, "\n{}", styled(HEADING, heading))?;
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
        write!(out, "{}", aligned(&["", "given", "removed"], &lines))?;
    }
    let records = count(document, "assign_record");
    if records > 0 {
        let heading = format!("{} to assign", counted(records, "record"));
        writeln!(out, "\n{}", styled(HEADING, heading))?;
        let lines: Vec<Vec<String>> = document
            .totals
            .records_by_table
            .iter()
            .map(|(table, records)| vec![table.clone(), thousands(*records)])
            .collect();
        write!(out, "{}", aligned(&[], &lines))?;
    }
    Ok(())
}

fn count(document: &Document, kind: &str) -> u64 {
    document.totals.changes.get(kind).copied().unwrap_or(0)
}

fn next(out: &mut dyn Write, document: &Document, folder: &str) -> io::Result<()> {
    let changes: u64 = document.totals.changes.values().sum();
    writeln!(out)?;
    if !document.approved {
        writeln!(out, "{}", styled(BAD, "Not approved."))?;
        return writeln!(
            out,
            "Next: cure the errors above, or rule on owners in `{folder}/owners.csv`, then\n  cutover \
             plan {folder}"
        );
    }
    if changes == 0 {
        return writeln!(
            out,
            "{}",
            styled(GOOD, "Approved; nothing has to be changed.")
        );
    }
    let words = format!("Approved: {}.", counted(changes, "change"));
    writeln!(
        out,
        "{}\nNext:\n  cutover apply {folder}",
        styled(GOOD, words)
    )
}
