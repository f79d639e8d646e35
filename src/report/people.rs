//! People to people: who can work on day one, what is handed over to administrators, the order of go-live.
//!
//! In: a sealed plan. Out: text for the terminal, and CSV. Nothing is judged here.

use std::io::{self, Write};

use crate::model::guard_cell;
use crate::plan::{Document, ReadinessCount, ReadinessRow, StepRecord};
use crate::report::ReportError;
use crate::report::listing::json_rows;
use crate::report::page::{Page, shell_word};
use crate::report::sheets::{SheetName, Sheets};
use crate::report::table::{BAD, FAINT, GOOD, HEADING, WARN, aligned, counted, styled, thousands};

/// What the three moments are called.
pub(super) const MOMENTS: [&str; 3] = ["today", "after the plan", "after the hand-over"];

/// Columns of the readiness file as CSV.
const READINESS_COLUMNS: [&str; 8] = [
    "upn",
    "name",
    "today",
    "today_why",
    "after_plan",
    "after_plan_why",
    "after_hand_over",
    "after_hand_over_why",
];

/// Writes how many can work when, and why the others cannot.
pub(super) fn readiness(page: &mut Page<'_>, document: &Document) -> io::Result<()> {
    let record = &document.readiness;
    if record.file.rows == 0 {
        return Ok(());
    }
    let people = counted(record.file.rows, "user");
    let heading = format!("Ready on day one: {people} looked at");
    writeln!(page.out, "\n{}", styled(HEADING, heading))?;
    let counts = [&record.today, &record.after_plan, &record.after_hand_over];
    let lines: Vec<Vec<String>> = MOMENTS
        .iter()
        .zip(counts)
        .map(|(moment, count)| {
            let numbers = [count.yes, count.no, count.not_known].map(thousands);
            [vec![(*moment).to_owned()], numbers.to_vec()].concat()
        })
        .collect();
    write!(
        page.out,
        "{}",
        aligned(&["", "yes", "no", "not known"], &lines)
    )?;
    reasons(page, "after the hand-over still: ", &record.after_hand_over)?;
    if record.after_hand_over.not_known > 0 {
        let line =
            "not known: licences, groups or roles were not loaded; see `not loaded` in the list";
        page.faint(2, line)?;
    }
    let folder = shell_word(page.folder);
    page.faint(2, &format!("cutover show {folder} readiness"))
}

fn reasons(page: &mut Page<'_>, label: &str, count: &ReadinessCount) -> io::Result<()> {
    if count.reasons.is_empty() {
        return Ok(());
    }
    let mut reasons: Vec<(&String, &u64)> = count.reasons.iter().collect();
    reasons.sort_by(|left, right| right.1.cmp(left.1).then(left.0.cmp(right.0)));
    let words = reasons
        .iter()
        .map(|(why, people)| format!("{why} {}", thousands(**people)));
    page.paragraph(2, label, &words.collect::<Vec<_>>().join(", "))
}

/// Writes the steps of go-live that are open, where their lists are, and which steps nobody can tell.
pub(super) fn open_steps(page: &mut Page<'_>, document: &Document) -> io::Result<()> {
    let numbered = || document.steps.iter().enumerate();
    let open: Vec<(usize, &StepRecord)> = numbered()
        .filter(|(_, step)| step.state == "open")
        .collect();
    if open.is_empty() {
        return Ok(());
    }
    let heading = format!(
        "Order of go-live: {} open",
        counted(open.len() as u64, "step")
    );
    writeln!(page.out, "\n{}", styled(HEADING, heading))?;
    for (index, step) in open {
        one_step(page, index, step)?;
    }
    let unknown: Vec<String> = numbered()
        .filter(|(_, step)| step.state == "not known")
        .map(|(index, _)| (index + 1).to_string())
        .collect();
    let folder = shell_word(page.folder);
    let show = format!("cutover show {folder} steps");
    let line = match unknown.as_slice() {
        [] => show,
        steps => format!(
            "steps {} depend on what was not loaded ({show})",
            steps.join(", ")
        ),
    };
    page.faint(2, &line)
}

/// Writes every step of go-live, with its reason.
pub fn steps(page: &mut Page<'_>, document: &Document) -> io::Result<()> {
    for (index, step) in document.steps.iter().enumerate() {
        one_step(page, index, step)?;
        page.faint(6, &step.why)?;
    }
    Ok(())
}

fn one_step(page: &mut Page<'_>, index: usize, step: &StepRecord) -> io::Result<()> {
    let (state, style) = match (step.state.as_str(), step.open) {
        ("open", open) if open > 0 => (format!("open {}", thousands(open)), WARN),
        ("open", _) => ("open".to_owned(), WARN),
        ("done", _) => ("done".to_owned(), GOOD),
        (other, _) => (other.to_owned(), FAINT),
    };
    let files = match step.files.as_slice() {
        [] => String::new(),
        files => format!(": plan/{}", files.join(", plan/")),
    };
    let (title, whose) = (&step.title, &step.whose);
    let text = format!("{state}  {title} ({whose}){files}");
    page.coloured(2, &format!("{:>2}. ", index + 1), (&state, &text), style)
}

/// Writes every list for administrators, with what to do.
pub fn hand_over(page: &mut Page<'_>, document: &Document) -> io::Result<()> {
    if document.hand_over.is_empty() {
        return writeln!(
            page.out,
            "nothing has to be done by an administrator, as far as is known"
        );
    }
    for list in &document.hand_over {
        let heading = format!("{}: {}", list.what, thousands(list.file.rows));
        writeln!(
            page.out,
            "{}  plan/{}",
            styled(HEADING, heading),
            list.file.path
        )?;
        page.paragraph(2, &format!("{}: ", list.whose), &list.instruction)?;
    }
    Ok(())
}

/// Writes the lists for administrators as CSV, a line each.
pub fn hand_over_csv(out: &mut dyn Write, document: &Document) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    let header = ["what", "whose", "rows", "file", "instruction"];
    writer.write_record(header).map_err(io::Error::other)?;
    for list in &document.hand_over {
        let (rows, file) = (
            list.file.rows.to_string(),
            format!("plan/{}", list.file.path),
        );
        let cells = [&list.what, &list.whose, &rows, &file, &list.instruction];
        guarded(&mut writer, cells)?;
    }
    writer.flush()
}

/// Writes the steps of go-live as CSV, a line each.
pub fn steps_csv(out: &mut dyn Write, document: &Document) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    let header = ["step", "title", "whose", "state", "open", "files", "why"];
    writer.write_record(header).map_err(io::Error::other)?;
    for (index, step) in document.steps.iter().enumerate() {
        let (number, open) = ((index + 1).to_string(), step.open.to_string());
        let files = step.files.join("; ");
        let (title, whose, state, why) = (&step.title, &step.whose, &step.state, &step.why);
        guarded(
            &mut writer,
            [&number, title, whose, state, &open, &files, why],
        )?;
    }
    writer.flush()
}

fn guarded<const N: usize>(
    writer: &mut csv::Writer<&mut dyn Write>,
    cells: [&String; N],
) -> io::Result<()> {
    let cells = cells.map(|cell| guard_cell(cell).into_owned());
    writer.write_record(cells).map_err(io::Error::other)
}

/// Writes who is ready as JSON: how many at which moment and why not, and everybody.
pub fn readiness_json(out: &mut dyn Write, sheets: &Sheets<'_>) -> Result<(), ReportError> {
    let record = &sheets.document().readiness;
    write!(out, "{{")?;
    let moments = [
        ("today", &record.today),
        ("after_plan", &record.after_plan),
        ("after_hand_over", &record.after_hand_over),
    ];
    for (moment, count) in moments {
        let count = serde_json::to_string(count).map_err(io::Error::from)?;
        writeln!(out, "\"{moment}\": {count},")?;
    }
    let file = serde_json::to_string(&record.file).map_err(io::Error::from)?;
    write!(out, "\"file\": {file},\n\"people\": ")?;
    json_rows(out, sheets, SheetName::Readiness)?;
    Ok(writeln!(out, "}}")?)
}

/// Writes everybody in scope: who cannot work first.
pub fn people(page: &mut Page<'_>, sheets: &Sheets<'_>) -> Result<(), ReportError> {
    let mut rows = Vec::new();
    sheets.readiness(&mut |row| rows.push(row))?;
    let rank = |row: &ReadinessRow| match row.moments[2].0.as_str() {
        "no" => 0,
        "not known" => 1,
        _ => 2,
    };
    rows.sort_by_key(rank);
    for row in &rows {
        person(page, row)?;
    }
    Ok(())
}

fn person(page: &mut Page<'_>, row: &ReadinessRow) -> io::Result<()> {
    let who = match row.upn.as_str() {
        "" => row.name.clone(),
        upn if upn == row.name => row.name.clone(),
        upn => format!("{} <{upn}>", row.name),
    };
    writeln!(page.out, "{}", styled(HEADING, who))?;
    let [today, after_plan, after_hand_over] = &row.moments;
    if today == after_plan && after_plan == after_hand_over {
        return moment(page, "now and later", today);
    }
    for (name, standing) in MOMENTS.iter().zip(&row.moments) {
        moment(page, name, standing)?;
    }
    Ok(())
}

fn moment(page: &mut Page<'_>, name: &str, (answer, why): &(String, String)) -> io::Result<()> {
    let style = match answer.as_str() {
        "yes" => GOOD,
        "no" => BAD,
        _ => WARN,
    };
    page.coloured(
        2,
        &format!("{name:<21}"),
        (answer, &format!("{answer}  {why}")),
        style,
    )
}

/// Writes everybody in scope as CSV, in the order of the plan.
pub fn readiness_csv(out: &mut dyn Write, sheets: &Sheets<'_>) -> Result<(), ReportError> {
    let mut writer = csv::Writer::from_writer(out);
    let failed = |error: csv::Error| ReportError::Output(io::Error::other(error));
    writer.write_record(READINESS_COLUMNS).map_err(failed)?;
    let mut written = Ok(());
    sheets.readiness(&mut |row| {
        let moments = row.moments.iter().flat_map(|(answer, why)| [answer, why]);
        let cells = [&row.upn, &row.name].into_iter().chain(moments);
        let cells = cells.map(|cell| guard_cell(cell).into_owned());
        if written.is_ok() {
            written = writer.write_record(cells);
        }
    })?;
    written.map_err(failed)?;
    Ok(writer.flush()?)
}
