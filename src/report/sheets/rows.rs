//! The rows of each sheet, cell for cell as `columns.rs` has them.
//!
//! In: a sealed plan, and what people call its ids. Out: rows, streamed. A plan is read once for each sheet.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crate::model::{Change, ChangeKind, OwnerLine, Principal, StubWay, UserChange, Write};
use crate::plan::{
    Document, Holding, InputRecord, LedgerRecord, PlaceRow, ReadinessRow, SealedPlan,
};
use crate::report::ReportError;
use crate::report::names::Names;
use crate::report::sheets::{RowSink, SheetCell, SheetName, Sheets};

/// Changes that are read at once.
const BATCH: usize = 8_192;

type Row = Vec<SheetCell>;

/// How many rows a sheet has. A user with several things to change has a row for each; the plan knows how many
/// of which.
pub(super) fn count(document: &Document, sheet: SheetName) -> u64 {
    let changes = |kinds: &[ChangeKind]| {
        let counts = kinds.iter();
        let counts = counts.filter_map(|kind| document.totals.changes.get(kind.key()));
        counts.sum()
    };
    match sheet {
        SheetName::Owners => document.owners_file.rows,
        SheetName::StubUsers => changes(&[ChangeKind::CreateStubUser]),
        SheetName::Users => changes(&[ChangeKind::ChangeUser]),
        SheetName::Roles => changes(&[ChangeKind::GiveRole, ChangeKind::RemoveRole]),
        SheetName::Records => changes(&[ChangeKind::AssignRecord]),
        SheetName::Findings => document.findings_file.rows,
        SheetName::Readiness => document.readiness.file.rows,
        SheetName::Reconciliation => document.holdings_file.rows,
        SheetName::Inputs => document.inputs.len() as u64,
    }
}

/// Hands out the rows of a sheet.
pub(super) fn hand_out(
    sheets: &Sheets<'_>,
    sheet: SheetName,
    sink: &mut RowSink<'_>,
) -> Result<(), ReportError> {
    let (plan, names) = (sheets.plan(), sheets.names());
    let document = plan.document();
    match sheet {
        SheetName::Owners => plan.owners(&mut |line| sink(owner(&line)))?,
        SheetName::Findings => plan.places(&mut |place| sink(finding(document, &place)))?,
        SheetName::Reconciliation => plan.holdings(&mut |holding| sink(reconciled(&holding)))?,
        SheetName::Readiness => {
            let mut wanted = ControlFlow::Continue(());
            plan.readiness(&mut |row| {
                if wanted.is_continue() {
                    wanted = sink(readiness(&row));
                }
            })?;
        }
        SheetName::Inputs => {
            let rows = document.inputs.iter().map(|one| input(document, one));
            let _ = rows.into_iter().try_for_each(sink);
        }
        SheetName::StubUsers => {
            let records = records_by_stub(plan)?;
            changes(plan, &[1], sink, &|change| {
                stub(document, names, &records, change)
            })?;
        }
        SheetName::Users => {
            changes(plan, &[2], sink, &|change| user(sheets, change))?;
        }
        SheetName::Roles => {
            changes(plan, &[3, 5], sink, &|change| role(document, names, change))?;
        }
        SheetName::Records => {
            changes(plan, &[4], sink, &|change| record(document, names, change))?;
        }
    }
    Ok(())
}

/// Hands out the rows of the changes of some stages.
fn changes(
    plan: &SealedPlan,
    stages: &[u8],
    sink: &mut RowSink<'_>,
    of: &dyn Fn(&Change) -> Row,
) -> Result<(), ReportError> {
    let mut wanted = ControlFlow::Continue(());
    for stage in plan.stages() {
        if stages.contains(&stage.stage.number()) && wanted.is_continue() {
            plan.changes(&stage, BATCH, &mut |batch| {
                wanted = batch.iter().try_for_each(|change| sink(of(change)));
                wanted
            })?;
        }
    }
    Ok(())
}

fn owner(line: &OwnerLine) -> Row {
    vec![
        SheetCell::text(&line.reference),
        SheetCell::number(line.affected()),
        SheetCell::text(line.rows_words()),
        SheetCell::text(line.fate.word()),
        SheetCell::text(&line.by),
        SheetCell::text(&line.owner_name),
        SheetCell::text(line.candidates.join("; ")),
        SheetCell::text(line.near_misses.join("; ")),
        SheetCell::text(&line.ruling),
    ]
}

/// How many records go to each stub user. The holdings know it of every one, the document of the first.
fn records_by_stub(plan: &SealedPlan) -> Result<BTreeMap<Principal, u64>, ReportError> {
    let mut records: BTreeMap<Principal, u64> = BTreeMap::new();
    plan.holdings(&mut |holding| {
        *records.entry(holding.principal).or_default() += holding.come;
        ControlFlow::Continue(())
    })?;
    Ok(records)
}

fn stub(
    document: &Document,
    names: &Names,
    records: &BTreeMap<Principal, u64>,
    change: &Change,
) -> Row {
    let Write::CreateStub(stub) = &change.write else {
        return Vec::new();
    };
    let records = records.get(&Principal::User(stub.id)).copied();
    let way = match stub.way {
        StubWay::Import => "import",
        StubWay::Api => "api",
    };
    let [file, row] = source(document, change);
    vec![
        SheetCell::text(&stub.full_name),
        SheetCell::text(&stub.upn),
        SheetCell::text(&stub.mail),
        SheetCell::text(stub.employee_id.as_deref().unwrap_or_default()),
        SheetCell::Number(records.unwrap_or(0)),
        SheetCell::text(names.name(stub.business_unit.0)),
        SheetCell::text(names.name(stub.default_role.0)),
        SheetCell::text(way),
        file,
        row,
        SheetCell::text(stub.id.to_string()),
    ]
}

fn user(sheets: &Sheets<'_>, change: &Change) -> Row {
    let Write::ChangeUser(wanted) = &change.write else {
        return Vec::new();
    };
    let (names, anonymiser) = (sheets.names(), sheets.anonymiser());
    let [file, row] = source(sheets.plan().document(), change);
    vec![
        SheetCell::text(names.name(wanted.user.0)),
        SheetCell::text(aspects(wanted)),
        SheetCell::text(names.value(&change.write.before(), anonymiser)),
        SheetCell::text(names.value(&change.write.after(), anonymiser)),
        file,
        row,
        SheetCell::text(wanted.user.to_string()),
    ]
}

/// What of a user is to be another, in words.
fn aspects(change: &UserChange) -> String {
    let unit = change.business_unit.as_ref().map(|_| "business unit");
    let mode = change.access_mode.as_ref().map(|_| "access mode");
    let fields = change.profile.keys().map(|field| field.words());
    let roles = change.roles.as_ref().map(|_| "roles");
    let words: Vec<&str> = unit
        .into_iter()
        .chain(mode)
        .chain(fields)
        .chain(roles)
        .collect();
    words.join(", ")
}

fn role(document: &Document, names: &Names, change: &Change) -> Row {
    let (action, principal, role) = match &change.write {
        Write::GiveRole { principal, role } => ("give", *principal, *role),
        Write::RemoveRole { principal, role } => ("remove", *principal, *role),
        _ => return Vec::new(),
    };
    let [file, row] = source(document, change);
    vec![
        SheetCell::text(action),
        SheetCell::text(names.name(role.0)),
        SheetCell::text(names.name(principal.uuid())),
        file,
        row,
        SheetCell::text(principal.uuid().to_string()),
        SheetCell::text(role.to_string()),
    ]
}

fn record(document: &Document, names: &Names, change: &Change) -> Row {
    let Write::AssignRecord {
        entity,
        record,
        before,
        after,
    } = &change.write
    else {
        return Vec::new();
    };
    let [file, row] = source(document, change);
    vec![
        SheetCell::text(&**entity),
        SheetCell::text(record.to_string()),
        SheetCell::text(names.name(before.uuid())),
        SheetCell::text(names.name(after.uuid())),
        file,
        row,
    ]
}

fn finding(document: &Document, found: &PlaceRow) -> Row {
    let at = found.place.as_ref();
    let input = at.and_then(|at| input_of(document, at.file.0));
    let column = at.and_then(|at| at.column);
    let header = input.zip(column).and_then(|(input, column)| {
        let index = usize::from(column).checked_sub(1)?;
        input.headers.get(index).map(String::as_str)
    });
    vec![
        SheetCell::text(found.severity.word()),
        SheetCell::text(found.code.as_str()),
        SheetCell::text(if found.accepted { "yes" } else { "no" }),
        SheetCell::text(&*found.subject),
        SheetCell::text(&*found.message),
        SheetCell::text(&*found.cure),
        SheetCell::text(input.map_or("", |input| &input.name)),
        SheetCell::number(at.map(|at| at.row).filter(|row| *row > 0)),
        SheetCell::number(at.map(|at| at.line).filter(|line| *line > 0)),
        SheetCell::text(header.unwrap_or_default()),
        SheetCell::text(at.and_then(|at| at.cell.as_deref()).unwrap_or_default()),
    ]
}

fn readiness(row: &ReadinessRow) -> Row {
    let mut cells = vec![SheetCell::text(&row.name), SheetCell::text(&row.upn)];
    for (answer, why) in &row.moments {
        cells.push(SheetCell::text(answer));
        cells.push(SheetCell::text(why));
    }
    cells
}

fn reconciled(holding: &Holding) -> Row {
    let after = holding.after();
    let left = after.filter(|after| holding.standing.has_left() && *after > 0);
    vec![
        SheetCell::text(&holding.name),
        SheetCell::text(holding.standing.word()),
        SheetCell::text(&holding.table),
        SheetCell::text(&holding.status),
        SheetCell::number(holding.before),
        SheetCell::Number(holding.gone),
        SheetCell::Number(holding.come),
        SheetCell::number(after),
        SheetCell::number(left),
        SheetCell::text(holding.principal.uuid().to_string()),
    ]
}

fn input(document: &Document, input: &InputRecord) -> Row {
    let ledger = document.ledgers.iter().find(|one| one.file == input.file);
    let of = |count: fn(&LedgerRecord) -> u64| SheetCell::number(ledger.map(count));
    vec![
        SheetCell::text(&input.name),
        SheetCell::text(&input.kind),
        SheetCell::text(input.table.as_deref().unwrap_or_default()),
        SheetCell::Number(input.rows),
        of(|ledger| ledger.changes),
        of(|ledger| ledger.no_change),
        of(|ledger| ledger.repeated),
        of(|ledger| ledger.left),
        of(|ledger| ledger.kept_out.values().sum()),
        of(|ledger| ledger.stopped.values().sum()),
        SheetCell::text(&input.encoding),
        SheetCell::text(input.sheet.as_deref().unwrap_or_default()),
        SheetCell::Number(input.bytes),
        SheetCell::text(&input.blake3),
    ]
}

/// Which row of which export asks for a change.
fn source(document: &Document, change: &Change) -> [SheetCell; 2] {
    match change.source {
        Some((file, row)) => [
            SheetCell::text(input_of(document, file.0).map_or("", |input| &input.name)),
            SheetCell::Number(row),
        ],
        None => [SheetCell::Blank, SheetCell::Blank],
    }
}

fn input_of(document: &Document, file: u16) -> Option<&InputRecord> {
    document.inputs.iter().find(|input| input.file == file)
}
