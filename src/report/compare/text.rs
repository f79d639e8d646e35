//! What moved between two plans, as text, JSON and CSV.
//!
//! In: a comparison. Out: text with the verdict first and lists that end after some lines; JSON and CSV with all.

use std::io::{self, Write};

use crate::model::guard_cell;
use crate::report::compare::{CodeMoved, Comparison, Counted, FindingMoved, Moved, Side};
use crate::report::page::{Page, visible};
use crate::report::table::{BAD, FAINT, GOOD, HEADING, WARN, aligned, counted, styled, thousands};

/// Lines of one list in text.
const SHOWN: usize = 40;

/// Writes what moved.
pub fn compared_plans(page: &mut Page<'_>, comparison: &Comparison) -> io::Result<()> {
    let (then, now) = (&comparison.then, &comparison.now);
    let heading = format!("Plan {} against {}", named(now), named(then));
    writeln!(page.out, "{}", styled(HEADING, heading))?;
    if comparison.is_still() {
        return writeln!(page.out, "{}", styled(GOOD, "Nothing moved."));
    }
    verdict(page, then, now)?;
    findings(page, comparison)?;
    moved(page, "Owners of another fate", &comparison.owners)?;
    moved(page, "Rulings", &comparison.rulings)?;
    stub_users(page, comparison)?;
    counts(page, "Changes by kind", &comparison.changes)?;
    counts(page, "Records to assign", &comparison.records)?;
    readiness(page, comparison)?;
    inputs(page, comparison)?;
    moved(page, "Manifest and environment", &comparison.settings)
}

fn named(side: &Side) -> String {
    let short = side.seal.get(..8).unwrap_or(&side.seal);
    format!("{short} (as of {})", side.as_of)
}

fn verdict(page: &mut Page<'_>, then: &Side, now: &Side) -> io::Result<()> {
    let word = |side: &Side| {
        if side.approved {
            styled(GOOD, "approved")
        } else {
            styled(BAD, "not approved")
        }
    };
    let (before, after) = (word(then), word(now));
    if then.approved == now.approved {
        writeln!(page.out, "  {after}, as before")?;
    } else {
        writeln!(page.out, "  {before} then, {after} now")?;
    }
    let lines: Vec<Vec<String>> = sums(then, now)
        .into_iter()
        .map(|(what, then, now)| line(what, then, now))
        .collect();
    write!(page.out, "{}", aligned(&["", "then", "now", ""], &lines))
}

/// What a plan has of everything, then and now.
fn sums(then: &Side, now: &Side) -> [(&'static str, u64, u64); 7] {
    [
        ("errors", then.errors, now.errors),
        ("errors accepted", then.accepted, now.accepted),
        ("warnings", then.warnings, now.warnings),
        ("notes", then.notes, now.notes),
        ("changes", then.changes, now.changes),
        ("rulings asked for", then.rulings, now.rulings),
        ("other rulings", then.rulings_unused, now.rulings_unused),
    ]
}

/// A number then and now, and by how much it moved.
fn line(what: &str, then: u64, now: u64) -> Vec<String> {
    let by = match now.cmp(&then) {
        std::cmp::Ordering::Less => format!("-{}", thousands(then - now)),
        std::cmp::Ordering::Equal => String::new(),
        std::cmp::Ordering::Greater => format!("+{}", thousands(now - then)),
    };
    vec![visible(what), thousands(then), thousands(now), by]
}

fn findings(page: &mut Page<'_>, comparison: &Comparison) -> io::Result<()> {
    let codes = &comparison.findings_by_code;
    if codes.is_empty() {
        return Ok(());
    }
    let same: u64 = codes.iter().map(|code| code.same).sum();
    let (gone, new) = (&comparison.findings_gone, &comparison.findings_new);
    let heading = format!(
        "Findings: {} gone, {} new, {} same",
        thousands(gone.len() as u64),
        thousands(new.len() as u64),
        thousands(same)
    );
    writeln!(page.out, "\n{}", styled(HEADING, heading))?;
    let is_still = |code: &&CodeMoved| code.gone + code.new == 0;
    let (still, moved): (Vec<&CodeMoved>, Vec<&CodeMoved>) = codes.iter().partition(is_still);
    let lines: Vec<Vec<String>> = moved
        .into_iter()
        .map(|code| {
            let numbers = [code.then, code.now, code.gone, code.new, code.same];
            let numbers = numbers.into_iter().map(thousands);
            std::iter::once(code.code.clone()).chain(numbers).collect()
        })
        .collect();
    let header = ["", "then", "now", "gone", "new", "same"];
    if !lines.is_empty() {
        write!(page.out, "{}", aligned(&header, &lines))?;
    }
    if !still.is_empty() {
        let codes = still.iter();
        let words = codes.map(|code| format!("{} {}", code.code, thousands(code.same)));
        let words: Vec<String> = words.collect();
        page.paragraph(2, "the same: ", &words.join(", "))?;
    }
    listed(page, "New", new)?;
    listed(page, "Gone", gone)?;
    let otherwise = &comparison.findings_judged_otherwise;
    listed(page, "Judged otherwise", otherwise)
}

fn listed(page: &mut Page<'_>, title: &str, findings: &[FindingMoved]) -> io::Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    writeln!(page.out, "\n  {}", styled(HEADING, title))?;
    for finding in findings.iter().take(SHOWN) {
        let is_error = |standing: &Option<String>| standing.as_deref() == Some("error");
        let style = match (&finding.then, &finding.now) {
            (_, None) => GOOD,
            (_, now) if is_error(now) => BAD,
            _ => WARN,
        };
        let standing = match (&finding.then, &finding.now) {
            (Some(then), Some(now)) => format!(" ({then} then, {now} now)"),
            _ => String::new(),
        };
        let (code, subject) = (styled(style, &finding.code), visible(&finding.subject));
        writeln!(page.out, "  {code}  {subject}{standing}")?;
        page.faint(6, &finding.message)?;
    }
    more(page, findings.len())
}

/// Says how many lines a list has more.
fn more(page: &mut Page<'_>, all: usize) -> io::Result<()> {
    match all.saturating_sub(SHOWN) {
        0 => Ok(()),
        rest => {
            let rest = thousands(rest as u64);
            writeln!(
                page.out,
                "  … and {rest} more: `--format csv` lists them all"
            )
        }
    }
}

fn moved(page: &mut Page<'_>, title: &str, list: &[Moved]) -> io::Result<()> {
    if list.is_empty() {
        return Ok(());
    }
    let heading = format!("{title}: {}", thousands(list.len() as u64));
    writeln!(page.out, "\n{}", styled(HEADING, heading))?;
    for Moved { what, then, now } in list.iter().take(SHOWN) {
        let value = |value: &Option<String>| match value.as_deref() {
            None => "not there".to_owned(),
            Some(value) => visible(value),
        };
        let words = format!("{} → {}", value(then), value(now));
        page.paragraph(2, &format!("{}: ", visible(what)), &words)?;
    }
    more(page, list.len())
}

fn stub_users(page: &mut Page<'_>, comparison: &Comparison) -> io::Result<()> {
    let (more_now, fewer) = (&comparison.stub_users_more, &comparison.stub_users_fewer);
    if more_now.is_empty() && fewer.is_empty() {
        return Ok(());
    }
    let heading = format!(
        "Stub users: {} more, {} fewer",
        thousands(more_now.len() as u64),
        thousands(fewer.len() as u64)
    );
    writeln!(page.out, "\n{}", styled(HEADING, heading))?;
    for (sign, names) in [("+", more_now), ("-", fewer)] {
        for name in names.iter().take(SHOWN) {
            writeln!(page.out, "  {sign} {}", visible(name))?;
        }
        more(page, names.len())?;
    }
    Ok(())
}

fn counts(page: &mut Page<'_>, title: &str, counts: &[Counted]) -> io::Result<()> {
    if counts.iter().all(|count| count.then == count.now) {
        return Ok(());
    }
    writeln!(page.out, "\n{}", styled(HEADING, title))?;
    let lines: Vec<Vec<String>> = counts
        .iter()
        .map(|count| line(&count.what.replace('_', " "), count.then, count.now))
        .collect();
    write!(page.out, "{}", aligned(&["", "then", "now", ""], &lines))
}

fn readiness(page: &mut Page<'_>, comparison: &Comparison) -> io::Result<()> {
    let ready = &comparison.readiness;
    if ready.iter().all(|moment| moment.then == moment.now) {
        return Ok(());
    }
    writeln!(page.out, "\n{}", styled(HEADING, "Ready on day one"))?;
    let lines: Vec<Vec<String>> = ready
        .iter()
        .map(|moment| {
            let pair = |then: u64, now: u64| format!("{} → {}", thousands(then), thousands(now));
            vec![
                moment.moment.clone(),
                pair(moment.then.yes, moment.now.yes),
                pair(moment.then.no, moment.now.no),
                pair(moment.then.not_known, moment.now.not_known),
            ]
        })
        .collect();
    write!(
        page.out,
        "{}",
        aligned(&["", "yes", "no", "not known"], &lines)
    )
}

fn inputs(page: &mut Page<'_>, comparison: &Comparison) -> io::Result<()> {
    if comparison.inputs.is_empty() {
        return Ok(());
    }
    writeln!(page.out, "\n{}", styled(HEADING, "Exports that changed"))?;
    for input in &comparison.inputs {
        let words = match (&input.then, &input.now) {
            (Some(then), Some(now)) if then.rows == now.rows => {
                format!("{}, other content", counted(now.rows, "row"))
            }
            (Some(then), Some(now)) => {
                format!("{} → {}", thousands(then.rows), counted(now.rows, "row"))
            }
            (None, Some(now)) => format!("new, {}", counted(now.rows, "row")),
            (Some(then), None) => format!("gone, had {}", counted(then.rows, "row")),
            (None, None) => continue,
        };
        let file = visible(&input.file);
        writeln!(page.out, "  {file}: {}", styled(FAINT, words))?;
    }
    Ok(())
}

/// Writes all that moved as JSON.
pub fn compared_plans_json(out: &mut dyn Write, comparison: &Comparison) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, comparison)?;
    writeln!(out)
}

/// Writes all that moved as CSV, a line for each thing: which part, what of it, then and now.
pub fn compared_plans_csv(out: &mut dyn Write, comparison: &Comparison) -> io::Result<()> {
    let mut lines = Lines(csv::Writer::from_writer(out));
    lines.write(["part", "what", "about", "change", "then", "now"])?;
    let (then, now) = (&comparison.then, &comparison.now);
    let verdict = |side: &Side| if side.approved { "yes" } else { "no" };
    lines.pair("plan", "seal", "", &then.seal, &now.seal)?;
    lines.pair("plan", "as of", "", &then.as_of, &now.as_of)?;
    lines.pair("plan", "approved", "", verdict(then), verdict(now))?;
    for (what, then, now) in sums(then, now) {
        lines.pair("plan", what, "", &then.to_string(), &now.to_string())?;
    }
    for code in &comparison.findings_by_code {
        let (then, now) = (code.then.to_string(), code.now.to_string());
        lines.pair("findings", &code.code, "", &then, &now)?;
    }
    lines.findings(comparison)?;
    lines.moved("owner", &comparison.owners)?;
    lines.moved("ruling", &comparison.rulings)?;
    for name in &comparison.stub_users_more {
        lines.write(["stub user", "", name, "new", "", ""])?;
    }
    for name in &comparison.stub_users_fewer {
        lines.write(["stub user", "", name, "gone", "", ""])?;
    }
    for (part, counts) in [
        ("changes", &comparison.changes),
        ("records", &comparison.records),
    ] {
        for count in counts {
            let (then, now) = (count.then.to_string(), count.now.to_string());
            lines.pair(part, &count.what, "", &then, &now)?;
        }
    }
    for ready in &comparison.readiness {
        let [then, now] = [ready.then, ready.now];
        for (answer, then, now) in [
            ("yes", then.yes, now.yes),
            ("no", then.no, now.no),
            ("not known", then.not_known, now.not_known),
        ] {
            let (then, now) = (then.to_string(), now.to_string());
            lines.pair("ready", &ready.moment, answer, &then, &now)?;
        }
    }
    lines.inputs(comparison)?;
    lines.moved("setting", &comparison.settings)?;
    lines.0.flush()
}

struct Lines<'a>(csv::Writer<&'a mut dyn Write>);

impl Lines<'_> {
    fn write(&mut self, cells: [&str; 6]) -> io::Result<()> {
        let cells = cells.map(|cell| guard_cell(cell).into_owned());
        self.0.write_record(cells).map_err(io::Error::other)
    }

    fn pair(
        &mut self,
        part: &str,
        what: &str,
        about: &str,
        then: &str,
        now: &str,
    ) -> io::Result<()> {
        let change = if then == now { "same" } else { "moved" };
        self.write([part, what, about, change, then, now])
    }

    fn findings(&mut self, comparison: &Comparison) -> io::Result<()> {
        for (change, findings) in [
            ("new", &comparison.findings_new),
            ("gone", &comparison.findings_gone),
            ("moved", &comparison.findings_judged_otherwise),
        ] {
            for finding in findings {
                let value = |value: &Option<String>| value.clone().unwrap_or_default();
                let (then, now) = (value(&finding.then), value(&finding.now));
                let (code, subject) = (&finding.code, &finding.subject);
                self.write(["finding", code, subject, change, &then, &now])?;
            }
        }
        Ok(())
    }

    fn moved(&mut self, part: &str, list: &[Moved]) -> io::Result<()> {
        for Moved { what, then, now } in list {
            let change = change(then.is_some(), now.is_some());
            let (then, now) = (then.as_deref(), now.as_deref());
            let (then, now) = (then.unwrap_or_default(), now.unwrap_or_default());
            self.write([part, "", what, change, then, now])?;
        }
        Ok(())
    }

    fn inputs(&mut self, comparison: &Comparison) -> io::Result<()> {
        for input in &comparison.inputs {
            let change = change(input.then.is_some(), input.now.is_some());
            let rows =
                |export: Option<u64>| export.map(|rows| rows.to_string()).unwrap_or_default();
            let then = rows(input.then.as_ref().map(|export| export.rows));
            let now = rows(input.now.as_ref().map(|export| export.rows));
            self.write(["export", "rows", &input.file, change, &then, &now])?;
        }
        Ok(())
    }
}

fn change(was: bool, is: bool) -> &'static str {
    match (was, is) {
        (false, _) => "new",
        (_, false) => "gone",
        _ => "moved",
    }
}
