//! Opening and reading every export that the manifest names.
//!
//! In: a project. Out: decoded rows, references and findings; or every file that cannot be used, all
//! at once, because a consultant wants to ask for the missing ones in one mail.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::model::{
    Code, FileId, Findings, Input, InputKind, Person, Progress, RecordRows, References, RoleRow,
};
use crate::project::{ExportFile, ExportsError, Project, RecordsExportFile};
use crate::read::{
    FileSpec, KeySpec, ReadError, RecordsExport, RecordsSpec, RolesExport, UsersExport,
    open_records, open_roles, open_users,
};
use crate::run::{Exit, Failure};

/// The exports, opened but not yet read.
pub(super) struct Opened {
    users: Vec<UsersExport>,
    records: Vec<RecordsExport>,
    roles: Vec<RolesExport>,
    /// Every export, by its number.
    pub inputs: Vec<Input>,
}

/// The exports, read.
pub(super) struct Rows {
    /// People of the users exports.
    pub people: Vec<Person>,
    /// Rows of each records export.
    pub records: Vec<RecordRows>,
    /// Rows of each roles export.
    pub roles: Vec<(FileId, Vec<RoleRow>)>,
    /// What their owner and user cells hold.
    pub references: References,
    /// Rows of each users export.
    pub people_in: BTreeMap<FileId, u64>,
    /// Of each users export that wishes something: rows that make no person, by why.
    pub unusable_wishes: BTreeMap<FileId, BTreeMap<Code, u64>>,
}

/// Opens every export and finds its columns.
pub(super) fn open(project: &Project, findings: &mut Findings) -> Result<Opened, Failure> {
    let (exports, unmet) = project.exports();
    let mut faults: Vec<ReadError> = Vec::new();
    // Where there are more exports than numbers, that is one of the faults.
    let mut numbers = (0..).map(FileId);
    let mut next = || numbers.next().unwrap_or(FileId(u16::MAX));
    let mut users = Vec::new();
    for export in &exports.users {
        let spec = spec(project, next(), InputKind::Users, &export.export);
        let opened = open_users(&spec, &export.change, findings);
        keep(opened, &mut users, &mut faults);
    }
    let mut records = Vec::new();
    for export in &exports.records {
        let kind = InputKind::Records(export.table.clone());
        let spec = spec(project, next(), kind, &export.export);
        keep(
            open_records(&spec, &records_spec(export), findings),
            &mut records,
            &mut faults,
        );
    }
    let mut roles = Vec::new();
    for export in &exports.roles {
        let spec = spec(project, next(), InputKind::Roles, export);
        keep(open_roles(&spec, findings), &mut roles, &mut faults);
    }
    if !faults.is_empty() || !unmet.is_empty() {
        return Err(unusable(&unmet, &faults));
    }
    let mut opened = Opened {
        users,
        records,
        roles,
        inputs: Vec::new(),
    };
    opened.inputs = opened.known_inputs();
    Ok(opened)
}

fn keep<T>(opened: Result<T, ReadError>, kept: &mut Vec<T>, faults: &mut Vec<ReadError>) {
    match opened {
        Ok(export) => kept.push(export),
        Err(fault) => faults.push(fault),
    }
}

/// Every file that cannot be used, in one message.
fn unusable(unmet: &[ExportsError], faults: &[ReadError]) -> Failure {
    let unmet = unmet.iter().map(|fault| (Code::Fil001, fault.to_string()));
    let faults = faults
        .iter()
        .map(|fault| (fault.code(), fault.with_causes()));
    let lines: Vec<String> = unmet
        .chain(faults)
        .map(|(code, words)| format!("{code}  {words}"))
        .collect();
    let count = match &lines[..] {
        [_] => "an export cannot be used; no plan was written".to_owned(),
        more => format!("{} exports cannot be used; no plan was written", more.len()),
    };
    Failure::new(Exit::Usage, format!("{count}\n  {}", lines.join("\n  ")))
}

fn spec(project: &Project, file: FileId, kind: InputKind, export: &ExportFile) -> FileSpec {
    FileSpec {
        file,
        kind,
        name: export.file.replace('\\', "/"),
        path: project.file(&export.file),
        sheet: export.sheet.clone(),
        encoding: export.encoding.clone(),
        delimiter: export.delimiter,
    }
}

fn records_spec(export: &RecordsExportFile) -> RecordsSpec {
    RecordsSpec {
        entity: export.table.clone(),
        id: export.id.clone(),
        key: export
            .key
            .clone()
            .map(|(column, field)| KeySpec { column, field }),
        owner: export.owner.clone(),
    }
}

impl Opened {
    fn known_inputs(&self) -> Vec<Input> {
        let users = self.users.iter().map(|export| export.input().clone());
        let records = self.records.iter().map(RecordsExport::input);
        let roles = self.roles.iter().map(|export| export.input().clone());
        users.chain(records).chain(roles).collect()
    }

    /// Reads every row of every export; what is put aside meanwhile goes into the folder `scratch`.
    /// Afterwards the hash of every input is known.
    pub(super) fn read(
        &mut self,
        findings: &mut Findings,
        scratch: &Path,
        progress: &dyn Progress,
    ) -> Result<Rows, Failure> {
        let one = |fault: ReadError| unusable(&[], &[fault]);
        let mut references = References::default();
        let mut people = Vec::new();
        let mut people_in = BTreeMap::new();
        let mut unusable_wishes = BTreeMap::new();
        for export in &self.users {
            let read = export.read(findings, progress).map_err(one)?;
            let file = export.input().file;
            people_in.insert(file, read.people.len() as u64);
            if export.wishes() {
                unusable_wishes.insert(file, read.unusable);
            }
            if people.is_empty() {
                people = read.people;
            } else {
                people.extend(read.people);
            }
        }
        let mut records = Vec::new();
        for export in &self.records {
            let read = export.read(&mut references, findings, scratch, progress);
            records.push(read.map_err(one)?);
        }
        let mut roles = Vec::new();
        for export in &self.roles {
            let read = export.read(&mut references, findings, progress);
            let rows = read.map_err(one)?;
            roles.push((export.input().file, rows));
        }
        self.inputs = self.known_inputs();
        Ok(Rows {
            people,
            records,
            roles,
            references,
            people_in,
            unusable_wishes,
        })
    }

    /// Whether the exports still are what the plan was made from: each that has changed, is gone, or
    /// has come since. A file met by a glob comes and goes without a word in the manifest. Rows are not
    /// read.
    pub(super) fn moved_from(
        &self,
        planned: &[crate::plan::InputRecord],
    ) -> Result<Vec<String>, Failure> {
        let mut now: BTreeMap<String, String> = BTreeMap::new();
        for input in &self.inputs {
            now.insert(input.name.clone(), input.hash.clone());
        }
        for export in &self.records {
            let input = export.passed_over(&mut Findings::default())?;
            now.insert(input.name, input.hash);
        }
        // Of the owners sheet the rulings alone count, and they are compared by themselves.
        let planned = planned.iter().filter(|input| input.kind != "rulings");
        let then: BTreeSet<&str> = planned.clone().map(|input| input.name.as_str()).collect();
        let changed_or_gone = planned.filter_map(|input| match now.get(&input.name) {
            None => Some(format!("{} (is no longer among the exports)", input.name)),
            Some(hash) => (*hash != input.blake3).then(|| input.name.clone()),
        });
        let come = self.inputs.iter().map(|input| input.name.as_str());
        let come = come
            .filter(|name| !then.contains(name))
            .map(|name| format!("{name} (has joined the exports since)"));
        Ok(changed_or_gone.chain(come).collect())
    }
}
