//! A plan's rows as CSV: changes and findings, one line each, to filter in a spreadsheet.
//!
//! In: a sealed plan. Out: CSV; a cell that would start a formula is guarded.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::ControlFlow;

use uuid::Uuid;

use crate::model::{Change, Present, Subject, UserValues, guard_cell};
use crate::plan::{Document, PlanError, StageFile};
use crate::report::anonymise::Anonymiser;
use crate::report::listing::{JsonList, sheet_text};
use crate::report::page::Page;
use crate::report::sheets::{SheetKind, SheetName, Sheets};
use crate::report::table::{HEADING, styled, thousands};

/// A report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The plan could not be read.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The output could not be written.
    #[error("the output cannot be written")]
    Output(#[from] io::Error),
    /// The names of a plan cannot be looked for at once, so that somebody would be left named.
    #[error(
        "the plan names more people than can be made anonymous at once; leave `--anonymise` out"
    )]
    TooManyNames,
    /// The workbook could not be made.
    #[error(
        "the workbook cannot be written: {0}; see that there is room on the disks of its folder and of temporary \
         files, then run again"
    )]
    Workbook(String),
}

/// Columns of a plan's changes: ids for programs, then names for people.
const CHANGE_COLUMNS: [&str; 12] = [
    "seq",
    "stage",
    "kind",
    "entity",
    "subject",
    "before",
    "after",
    "file",
    "row",
    "subject_name",
    "before_name",
    "after_name",
];

/// Writes every change of a plan.
pub fn changes_csv(out: &mut dyn Write, sheets: &Sheets<'_>) -> Result<(), ReportError> {
    let mut writer = csv::Writer::from_writer(out);
    write(&mut writer, &CHANGE_COLUMNS)?;
    each_change(sheets, &mut |cells| write(&mut writer, cells))?;
    Ok(writer.flush()?)
}

/// Writes the same as JSON: a list of objects.
pub fn changes_json(out: &mut dyn Write, sheets: &Sheets<'_>) -> Result<(), ReportError> {
    let mut list = JsonList::begin(&mut *out)?;
    each_change(sheets, &mut |cells| {
        let by_column = CHANGE_COLUMNS.into_iter().zip(cells);
        list.item(&by_column.collect::<BTreeMap<_, _>>())
    })?;
    list.end()?;
    Ok(writeln!(out)?)
}

/// Writes every change as text: the sheets that hold changes, one after the other.
pub fn changes_text(page: &mut Page<'_>, sheets: &Sheets<'_>) -> Result<(), ReportError> {
    let hold_changes = [
        SheetName::StubUsers,
        SheetName::Users,
        SheetName::Roles,
        SheetName::Records,
    ];
    let filled = hold_changes
        .into_iter()
        .filter(|sheet| sheets.len(*sheet) > 0);
    let mut is_first = true;
    for sheet in filled {
        let between = if is_first { "" } else { "\n" };
        is_first = false;
        let heading = format!("{}: {}", sheet.title(), thousands(sheets.len(sheet)));
        writeln!(page.out, "{between}{}", styled(HEADING, heading))?;
        sheet_text(page, sheets, sheet)?;
    }
    if is_first {
        writeln!(page.out, "the plan has no changes")?;
    }
    Ok(())
}

/// Hands out the cells of every change, in order.
fn each_change(
    sheets: &Sheets<'_>,
    take: &mut dyn FnMut(&[String; 12]) -> io::Result<()>,
) -> Result<(), ReportError> {
    const BATCH: usize = 8_192;
    let plan = sheets.plan();
    for stage in plan.stages() {
        let mut written = Ok(());
        plan.changes(&stage, BATCH, &mut |batch| {
            let mut cells = batch
                .iter()
                .map(|change| change_cells(sheets, &stage, change));
            written = cells.try_for_each(|cells| take(&cells));
            if written.is_ok() {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        })?;
        written?;
    }
    Ok(())
}

fn change_cells(sheets: &Sheets<'_>, stage: &StageFile, change: &Change) -> [String; 12] {
    let (source, names) = (change.source, sheets.names());
    let (before, after) = (change.write.before(), change.write.after());
    let subject = change.write.subject();
    let anonymiser = sheets.anonymiser();
    [
        change.seq.0.to_string(),
        stage.stage.number().to_string(),
        change.write.kind().words().to_owned(),
        stage.entity.clone(),
        subject_id(&subject),
        present_word(&before, anonymiser),
        present_word(&after, anonymiser),
        source.map_or_else(String::new, |(file, _)| {
            input_name(sheets.document(), file.0).to_owned()
        }),
        source.map_or_else(String::new, |(_, row)| row.to_string()),
        sheets.tell_label(names.subject(&subject)),
        names.value(&before, anonymiser),
        names.value(&after, anonymiser),
    ]
}

/// Writes every place of every finding.
pub fn findings_csv(out: &mut dyn Write, sheets: &Sheets<'_>) -> Result<(), ReportError> {
    let mut writer = csv::Writer::from_writer(out);
    let header = [
        "code", "severity", "accepted", "subject", "message", "cure", "file", "row", "line",
        "column", "cell",
    ];
    write(&mut writer, &header)?;
    let mut failed = None;
    sheets.plan().places(&mut |place| {
        let at = place.place.as_ref();
        let number = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
        let cells = [
            place.code.to_string(),
            place.severity.word().to_owned(),
            if place.accepted { "yes" } else { "no" }.to_owned(),
            sheets.tell_subject(place.code.as_str(), &place.subject),
            sheets.tell(SheetKind::Prose, place.message.to_string()),
            sheets.tell(SheetKind::Prose, place.cure.to_string()),
            at.map(|at| input_name(sheets.document(), at.file.0).to_owned())
                .unwrap_or_default(),
            number(at.map(|at| at.row)),
            number(at.map(|at| at.line)),
            number(at.and_then(|at| at.column).map(u64::from)),
            at.and_then(|at| at.cell.clone())
                .map(|cell| sheets.tell(SheetKind::Cell, cell))
                .unwrap_or_default(),
        ];
        match write(&mut writer, &cells) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    match failed {
        Some(error) => Err(error.into()),
        None => Ok(writer.flush()?),
    }
}

fn write<T: AsRef<str>>(writer: &mut csv::Writer<&mut dyn Write>, cells: &[T]) -> io::Result<()> {
    let guarded = cells
        .iter()
        .map(|cell| guard_cell(cell.as_ref()).into_owned());
    writer
        .write_record(guarded.map(String::into_bytes))
        .map_err(io::Error::other)
}

fn input_name(document: &Document, file: u16) -> &str {
    document
        .inputs
        .iter()
        .find(|input| input.file == file)
        .map_or("", |input| &input.name)
}

/// The id of what a change is about.
pub(super) fn subject_id(subject: &Subject) -> String {
    match subject {
        Subject::Stub { id, .. } | Subject::User { id, .. } => id.to_string(),
        Subject::Role { principal, role } => format!("{} {role}", principal.uuid()),
        Subject::Record { record, .. } => record.to_string(),
    }
}

/// What a target holds, in a word.
pub(super) fn present_word(present: &Present, anonymiser: Option<&Anonymiser>) -> String {
    match present {
        Present::Absent => "absent".to_owned(),
        Present::User { upn, .. } => personal(upn, anonymiser),
        Present::Values(values) => values_word(values, &|id| id.to_string(), anonymiser),
        Present::Role(true) => "has it".to_owned(),
        Present::Role(false) => "has it not".to_owned(),
        Present::Owner(principal) => principal.uuid().to_string(),
    }
}

/// A text about somebody, as it is to be told.
fn personal(text: &str, anonymiser: Option<&Anonymiser>) -> String {
    anonymiser.map_or_else(|| text.to_owned(), |one| one.personal(text))
}

/// The values of a user, each with what it is; `word` says what an id is called. Tokens are put in before the values
/// are joined: one may hold whatever parts them here.
pub(super) fn values_word(
    values: &UserValues,
    word: &dyn Fn(Uuid) -> String,
    anonymiser: Option<&Anonymiser>,
) -> String {
    let word = |id| match anonymiser {
        Some(anonymiser) => anonymiser.label(&word(id)),
        None => word(id),
    };
    let unit = values.business_unit.map(|unit| word(unit.0));
    let mode = values.access_mode.map(|mode| mode.word().to_owned());
    let fields = values.profile.iter().map(|(field, value)| {
        let value = value.as_deref().filter(|value| !value.is_empty());
        let value = value.map(|value| personal(value, anonymiser));
        format!("{} {}", field.words(), value.as_deref().unwrap_or("blank"))
    });
    let roles = values.roles.as_ref().map(|roles| {
        let words: Vec<String> = roles.iter().map(|role| word(role.0)).collect();
        match words.len() {
            0 => "no roles".to_owned(),
            _ => format!("roles {}", words.join(", ")),
        }
    });
    let words: Vec<String> = unit
        .map(|unit| format!("business unit {unit}"))
        .into_iter()
        .chain(mode.map(|mode| format!("access mode {mode}")))
        .chain(fields)
        .chain(roles)
        .collect();
    words.join("; ")
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::present_word;
    use crate::model::{AccessMode, Present, ProfileField, RoleId, UnitId, UserValues};

    #[test]
    fn values_of_a_user() {
        let id = Uuid::from_u128;
        let all = UserValues {
            business_unit: Some(UnitId(id(1))),
            access_mode: Some(AccessMode::Read),
            profile: [
                (ProfileField::Title, Some("Head".to_owned())),
                (ProfileField::Fax, None),
            ]
            .into(),
            roles: Some([RoleId(id(2)), RoleId(id(3))].into()),
        };
        let none = UserValues {
            business_unit: None,
            access_mode: None,
            profile: [].into(),
            roles: Some([].into()),
        };
        let expected = format!(
            "business unit {}; access mode read; title Head; fax blank; roles {}, {}",
            id(1),
            id(2),
            id(3)
        );
        check("all", all, &expected);
        check("stripped", none, "no roles");
    }

    #[track_caller]
    fn check(case: &str, values: UserValues, expected: &str) {
        let word = present_word(&Present::Values(Box::new(values)), None);
        assert_eq!(word, expected, "case: {case}");
    }
}
