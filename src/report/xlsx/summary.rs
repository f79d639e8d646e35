//! The first sheet of the workbook: can we go live, why not, and totals that add up.
//!
//! In: a plan's document. Out: short tables below each other, each number one that `plan.json` has, or a sum of such
//! where a line says `all`. What a ruling may be, and how it finds its way back, stands here for who gets the file.

use std::collections::BTreeMap;

use rust_xlsxwriter::{Worksheet, XlsxError};

use crate::model::{ChangeKind, Code, Rung};
use crate::plan::{Document, LedgerRecord, MatchRecord, ReadinessCount};
use crate::report::sheets::SheetCell;
use crate::report::summary::beside_references;
use crate::report::table::{counted, thousands};
use crate::report::xlsx::cell::{cell_text, put};
use crate::report::xlsx::look::Look;

/// Widths of the columns: what is counted, then numbers.
const WIDTHS: [f64; 8] = [76.0, 14.0, 14.0, 14.0, 14.0, 14.0, 14.0, 14.0];

/// Writes the sheet.
pub(super) fn write(
    worksheet: &mut Worksheet,
    document: &Document,
    is_anonymous: bool,
    look: &Look,
) -> Result<(), XlsxError> {
    worksheet.set_name("Summary")?;
    for (column, width) in (0..).zip(WIDTHS) {
        worksheet.set_column_width(column, width)?;
    }
    let mut page = Page {
        worksheet,
        look,
        row: 0,
    };
    verdict(&mut page, document)?;
    origin(&mut page, document)?;
    rows(&mut page, document)?;
    changes(&mut page, document)?;
    owners(&mut page, document)?;
    findings(&mut page, document)?;
    readiness(&mut page, document)?;
    how_to_rule(&mut page, is_anonymous)
}

/// The sheet, and the next row to write.
struct Page<'a> {
    worksheet: &'a mut Worksheet,
    look: &'a Look,
    row: u32,
}

impl Page<'_> {
    /// A heading over the columns below it, a row apart from what stands above.
    fn heading(&mut self, title: &str, columns: &[&str]) -> Result<(), XlsxError> {
        self.row += 1;
        let titles = std::iter::once(title).chain(columns.iter().copied());
        for (column, title) in (0..).zip(titles) {
            let look = if column == 0 {
                &self.look.heading
            } else {
                &self.look.number_heading
            };
            self.worksheet
                .write_string_with_format(self.row, column, title, look)?;
        }
        self.row += 1;
        Ok(())
    }

    fn line(&mut self, name: &str, cells: &[SheetCell]) -> Result<(), XlsxError> {
        let name = SheetCell::text(name);
        put(self.worksheet, (self.row, 0), &name, &self.look.text)?;
        for (column, cell) in (1..).zip(cells) {
            let look = match cell {
                SheetCell::Number(_) => &self.look.count,
                _ => &self.look.text,
            };
            put(self.worksheet, (self.row, column), cell, look)?;
        }
        self.row += 1;
        Ok(())
    }

    fn counts(&mut self, name: &str, counts: &[u64]) -> Result<(), XlsxError> {
        let cells: Vec<SheetCell> = counts.iter().copied().map(SheetCell::Number).collect();
        self.line(name, &cells)
    }

    fn fact(&mut self, name: &str, fact: &str) -> Result<(), XlsxError> {
        self.line(name, &[SheetCell::text(fact)])
    }

    fn words(&mut self, words: &str) -> Result<(), XlsxError> {
        let look = &self.look.text;
        self.worksheet
            .write_string_with_format(self.row, 0, cell_text(words), look)?;
        self.row += 1;
        Ok(())
    }
}

fn verdict(page: &mut Page<'_>, document: &Document) -> Result<(), XlsxError> {
    let (word, look) = if document.approved {
        ("yes", &page.look.good)
    } else {
        ("no", &page.look.bad)
    };
    let title = &page.look.title;
    page.worksheet
        .write_string_with_format(0, 0, "Can this plan be applied?", title)?;
    page.worksheet.write_string_with_format(0, 1, word, look)?;
    page.row = 1;
    let blocking = document.unchecked.iter();
    let blocking = blocking.filter(|rule| rule.guards && !rule.accepted);
    let reasons = stops(document);
    for (code, count) in &reasons {
        let title = title_of(code);
        let findings = counted(*count, "finding");
        page.words(&format!("{code}: {title} ({findings})"))?;
    }
    for rule in blocking {
        let needs = rule.needs.join(", ");
        let changes = counted(rule.changes, "change");
        page.words(&format!(
            "{}: not checked for {changes}; not loaded: {needs}",
            rule.code
        ))?;
    }
    if document.approved {
        let changes = document.totals.changes.values().sum();
        page.words(&format!(
            "Nothing forbids it: {}.",
            counted(changes, "change")
        ))?;
    }
    Ok(())
}

/// Errors that are not accepted, by code.
fn stops(document: &Document) -> BTreeMap<&str, u64> {
    let mut counts = by_code(document);
    counts.retain(|_, (severity, accepted, _)| *severity == "error" && !*accepted);
    let counts = counts.into_iter();
    counts.map(|(code, (.., count))| (code, count)).collect()
}

/// How many findings of each code, its severity, and whether they are accepted. The document lists no more than
/// so many of each and says how many more there are.
fn by_code(document: &Document) -> BTreeMap<&str, (&str, bool, u64)> {
    let mut counts: BTreeMap<&str, (&str, bool, u64)> = BTreeMap::new();
    for finding in &document.findings {
        let first = (finding.severity.as_str(), finding.accepted, 0);
        counts.entry(&finding.code).or_insert(first).2 += 1;
    }
    for (code, more) in &document.findings_more {
        if let Some((_, _, count)) = counts.get_mut(code.as_str()) {
            *count += more;
        }
    }
    counts
}

fn title_of(code: &str) -> &'static str {
    code.parse::<Code>().map_or("", |code| code.rule().title)
}

fn origin(page: &mut Page<'_>, document: &Document) -> Result<(), XlsxError> {
    let environment = &document.environment;
    page.heading("Plan", &[""])?;
    page.fact("Seal", &document.seal)?;
    page.fact("Environment", &environment.host)?;
    page.fact("Organisation", &environment.organisation)?;
    page.fact("Day that dates go by", &environment.as_of)?;
    if let Some(pulled) = &environment.pulled_at {
        page.fact("Copy of the environment pulled at", pulled)?;
    }
    if let Some(role) = &document.default_role {
        page.fact("Default role of stub users", role)?;
    }
    let rulings = document.inputs.iter().find(|input| input.kind == "rulings");
    if let Some(rulings) = rulings {
        page.fact("Rulings read from", &rulings.name)?;
    }
    page.counts("Rulings obeyed or refused", &[document.rulings.used])?;
    page.counts(
        "Rulings whose reference no export holds",
        &[document.rulings.unused],
    )
}

fn rows(page: &mut Page<'_>, document: &Document) -> Result<(), XlsxError> {
    let columns = [
        "Rows",
        "Changes",
        "No change",
        "Repeated",
        "Left",
        "Kept out",
        "Stopped",
    ];
    page.heading("Rows, each accounted for", &columns)?;
    let mut all = [0; 7];
    for ledger in &document.ledgers {
        let counts = fates(ledger);
        let input = document
            .inputs
            .iter()
            .find(|input| input.file == ledger.file);
        page.counts(input.map_or("", |input| &input.name), &counts)?;
        for (sum, count) in all.iter_mut().zip(counts) {
            *sum += count;
        }
    }
    page.counts("All", &all)
}

fn fates(ledger: &LedgerRecord) -> [u64; 7] {
    [
        ledger.rows,
        ledger.changes,
        ledger.no_change,
        ledger.repeated,
        ledger.left,
        ledger.kept_out.values().sum(),
        ledger.stopped.values().sum(),
    ]
}

fn changes(page: &mut Page<'_>, document: &Document) -> Result<(), XlsxError> {
    let totals = &document.totals;
    page.heading("What would be written", &["Changes"])?;
    for kind in ChangeKind::ALL {
        if let Some(count) = totals.changes.get(kind.key()) {
            page.counts(kind.words(), &[*count])?;
        }
    }
    page.counts("All", &[totals.changes.values().sum()])?;
    page.heading("Records to assign, by table", &["Records"])?;
    for (table, records) in &totals.records_by_table {
        page.counts(table, &[*records])?;
    }
    page.counts("All", &[totals.records_by_table.values().sum()])
}

fn owners(page: &mut Page<'_>, document: &Document) -> Result<(), XlsxError> {
    let totals = &document.totals;
    page.heading("Owners", &["References", "Rows"])?;
    let mut all = MatchRecord::default();
    let mut line = |name: &str, count: &MatchRecord| {
        all.references += count.references;
        all.rows += count.rows;
        if count.references == 0 {
            return Ok(());
        }
        page.counts(name, &[count.references, count.rows])
    };
    for rung in Rung::ALL {
        if let Some(count) = totals.matches.get(rung.word()) {
            line(&format!("matched by {}", rung.word()), count)?;
        }
    }
    line("to stub users", &totals.stub)?;
    line("to the fallback owner", &totals.fallback)?;
    line("left where they are", &totals.left)?;
    for (code, count) in &totals.stopped {
        line(&format!("nobody chosen: {code} {}", title_of(code)), count)?;
    }
    page.counts("All", &[all.references, all.rows])?;
    page.line(
        "rows without an owner",
        &[SheetCell::Blank, SheetCell::Number(totals.blank_rows)],
    )?;
    match beside_references(document) {
        Some(words) => page.words(&words),
        None => Ok(()),
    }
}

fn findings(page: &mut Page<'_>, document: &Document) -> Result<(), XlsxError> {
    let totals = &document.totals;
    page.heading("Findings", &["Findings"])?;
    page.counts("errors", &[totals.errors])?;
    page.counts("errors that the manifest accepts", &[totals.accepted])?;
    page.counts("warnings", &[totals.warnings])?;
    page.counts("notes", &[totals.notes])?;
    page.heading("Findings by rule", &["Findings", "Accepted"])?;
    for (code, (severity, accepted, count)) in by_code(document) {
        let cells = [
            SheetCell::Number(count),
            SheetCell::Number(if accepted { count } else { 0 }),
        ];
        page.line(&format!("{severity} {code}: {}", title_of(code)), &cells)?;
    }
    let left = document.unchecked.iter();
    for rule in left.filter(|rule| rule.accepted || !rule.guards) {
        let needs = rule.needs.join(", ");
        page.words(&format!("{}: not checked; not loaded: {needs}", rule.code))?;
    }
    Ok(())
}

fn readiness(page: &mut Page<'_>, document: &Document) -> Result<(), XlsxError> {
    let report = &document.readiness;
    page.heading("Ready on day one", &["Yes", "No", "Not known"])?;
    let counts = |count: &ReadinessCount| [count.yes, count.no, count.not_known];
    page.counts("today", &counts(&report.today))?;
    page.counts("after the plan", &counts(&report.after_plan))?;
    page.counts("after the hand-over", &counts(&report.after_hand_over))?;
    for (reason, people) in &report.after_hand_over.reasons {
        page.words(&format!("then still: {reason} ({})", thousands(*people)))?;
    }
    Ok(())
}

fn how_to_rule(page: &mut Page<'_>, is_anonymous: bool) -> Result<(), XlsxError> {
    page.heading("How to rule on owners", &[""])?;
    if is_anonymous {
        return page.words(
            "Not in this workbook: tokens stand in it in place of people. Rule in the workbook that names them.",
        );
    }
    for words in [
        "Sheet Owners, column Ruling: write who gets the rows of that owner reference, once for all of them.",
        "A ruling is the UPN, mail, id or team name of somebody who is there; or stub, fallback or leave.",
        "Save the workbook and send it back: it goes into the project's folder (not into plan/) as, say, owners.xlsx.",
        "With rulings = \"owners.xlsx\" under [owners] in cutover.toml the next `cutover plan` obeys it.",
    ] {
        page.words(words)?;
    }
    Ok(())
}
