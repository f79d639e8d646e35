//! A sealed plan, opened: its document, and its changes streamed back in the order of their numbers.
//!
//! In: a plan folder. Out: what was sealed, or the file that was changed since. A Parquet file's hash
//! is compared before its first row is handed out.

use std::fs::File;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use uuid::Uuid;

use crate::model::{
    Change, FileId, OwnerLine, Principal, RecordId, RoleId, Seq, Stage, StubUser, StubWay, UnitId,
    UserId, Write,
};
use crate::plan::Document;
use crate::plan::Fields;
use crate::plan::FileRecord;
use crate::plan::Holding;
use crate::plan::PlaceRow;
use crate::plan::PlanError;
use crate::plan::ReadinessRow;
use crate::plan::StageRecord;
use crate::plan::folder::changes::way_word;
use crate::plan::folder::disk;
use crate::plan::folder::findings;
use crate::plan::folder::holdings;
use crate::plan::folder::layout::{SEQ, assign, role, stub, user};
use crate::plan::folder::owners;
use crate::plan::folder::people;
use crate::plan::folder::principals;
use crate::plan::folder::scan::{Batch, Scan};
use crate::plan::folder::seal;
use crate::plan::folder::table::Column;
use crate::plan::folder::users;

/// A plan on disk, whose seal was found right.
#[derive(Clone, Debug)]
pub struct SealedPlan {
    folder: PathBuf,
    document: Document,
}

/// One file of changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageFile {
    /// Its stage; of stage 4 with the table's place among the tables.
    pub stage: Stage,
    /// Logical name of the table written to.
    pub entity: String,
    /// Number of its first change; the others follow without gaps.
    pub first_seq: Seq,
    /// How many changes.
    pub rows: u64,
    file: FileRecord,
}

impl SealedPlan {
    /// Opens the plan in `folder`: reads the document and compares its seal.
    pub fn open(folder: &Path) -> Result<Self, PlanError> {
        let document = seal::read_document(folder)?;
        let plan = Self::of(folder, document);
        plan.in_order()?;
        plan.within_the_folder()?;
        Ok(plan)
    }

    /// A seal is no signature: whoever makes a document can seal it. So what apply relies on is
    /// looked at: stages one after the other, their changes numbered without gaps.
    fn in_order(&self) -> Result<(), PlanError> {
        let (mut last, mut next) = (None, Seq(0));
        for record in &self.document.changes {
            let stage = self.stage_of(record)?;
            if Some(stage.stage) < last || stage.first_seq != next {
                return Err(
                    self.damaged(format!("its file `{}` is out of order", record.file.path))
                );
            }
            last = Some(stage.stage);
            next = Seq(next.0.saturating_add(stage.rows));
        }
        Ok(())
    }

    /// No file that the document names lies elsewhere.
    fn within_the_folder(&self) -> Result<(), PlanError> {
        let document = &self.document;
        let stages = document.changes.iter().map(|stage| &stage.file);
        let lists = document.hand_over.iter().map(|list| &list.file);
        let others = [
            &document.principals,
            &document.findings_file,
            &document.owners_file,
            &document.holdings_file,
            &document.readiness.file,
        ];
        for file in stages.chain(others).chain(lists) {
            let mut parts = Path::new(&file.path).components();
            if !parts.all(|part| matches!(part, Component::Normal(_))) {
                return Err(self.damaged(format!("its file `{}` lies elsewhere", file.path)));
            }
        }
        Ok(())
    }

    fn damaged(&self, what: String) -> PlanError {
        PlanError::Damaged {
            path: self.folder.join(super::DOCUMENT_FILE),
            what,
        }
    }

    /// A plan whose document is known to be what lies in `folder`.
    pub(super) fn of(folder: &Path, document: Document) -> Self {
        Self {
            folder: folder.to_owned(),
            document,
        }
    }

    /// Where it lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes a file beside what is sealed, such as a report, readable by its owner only.
    pub fn file_beside(&self, name: &str) -> Result<File, PlanError> {
        disk::private_file(&self.folder.join(name))
    }

    /// What `plan.json` says.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// What `plan.json` says, where nothing else is asked of the plan any more.
    pub fn into_document(self) -> Document {
        self.document
    }

    /// The seal: 64 hexadecimal digits.
    pub fn seal(&self) -> &str {
        &self.document.seal
    }

    /// The first eight digits of the seal, for people.
    pub fn short_seal(&self) -> &str {
        self.seal().get(..8).unwrap_or(self.seal())
    }

    /// The files of changes, in the order in which they are applied.
    pub fn stages(&self) -> Vec<StageFile> {
        let stages = self.document.changes.iter();
        stages
            .filter_map(|stage| self.stage_of(stage).ok())
            .collect()
    }

    /// Whether the folder still holds this plan: another may have taken its place since this one was
    /// opened, with the same changes even. Compares the hash of every file of changes, so that none
    /// of them is found changed halfway.
    pub fn intact(&self) -> Result<(), PlanError> {
        if seal::read_document(&self.folder)?.seal != self.document.seal {
            return Err(PlanError::Changed(self.folder.join(super::DOCUMENT_FILE)));
        }
        for stage in &self.document.changes {
            disk::open_verified(&self.folder.join(&stage.file.path), &stage.file.blake3)?;
        }
        Ok(())
    }

    /// Hands out the changes of one file in order, in batches of `batch`, the last one smaller.
    pub fn changes(
        &self,
        stage: &StageFile,
        batch: usize,
        sink: &mut dyn FnMut(Vec<Change>) -> ControlFlow<()>,
    ) -> Result<(), PlanError> {
        self.changes_from(stage, stage.first_seq, batch, sink)
    }

    /// As [`SealedPlan::changes`], from the change numbered `from` on: what lies before is not decoded.
    pub fn changes_from(
        &self,
        stage: &StageFile,
        from: Seq,
        batch: usize,
        sink: &mut dyn FnMut(Vec<Change>) -> ControlFlow<()>,
    ) -> Result<(), PlanError> {
        let scan = Scan::open(&self.folder, &stage.file, columns_of(stage.stage))?;
        let decoder = Decoder {
            stage: stage.stage,
            entity: Arc::from(stage.entity.as_str()),
        };
        let skip = from.0.saturating_sub(stage.first_seq.0);
        let mut expected = stage.first_seq.0 + skip;
        scan.batches(skip, batch, &mut |batch| {
            let changes = decoder.changes(&batch)?;
            for change in &changes {
                if change.seq.0 != expected {
                    return Err(batch.damaged(SEQ, "does not count on"));
                }
                expected += 1;
            }
            Ok(sink(changes))
        })
    }

    /// The fields of the environment that planning used.
    pub fn fields(&self) -> Result<Fields, PlanError> {
        principals::read(&self.folder, &self.document.principals)
    }

    /// Hands out every place of every finding, in the order of findings and places; a finding
    /// without places comes once.
    pub fn places(
        &self,
        sink: &mut dyn FnMut(PlaceRow) -> ControlFlow<()>,
    ) -> Result<(), PlanError> {
        findings::read(&self.folder, &self.document.findings_file, sink)
    }

    /// Hands out what became of each owner reference, most rows first.
    pub fn owners(
        &self,
        sink: &mut dyn FnMut(OwnerLine) -> ControlFlow<()>,
    ) -> Result<(), PlanError> {
        owners::read(&self.folder, &self.document.owners_file, sink)
    }

    /// Hands out who owns how many records before and after, by name, then table.
    pub fn holdings(
        &self,
        sink: &mut dyn FnMut(Holding) -> ControlFlow<()>,
    ) -> Result<(), PlanError> {
        holdings::read(&self.folder, &self.document.holdings_file, sink)
    }

    /// Hands out everybody in scope with whether they can work, in order.
    pub fn readiness(&self, sink: &mut dyn FnMut(ReadinessRow)) -> Result<(), PlanError> {
        people::read_readiness(&self.folder, &self.document.readiness.file, sink)
    }

    /// The text of a list for an administrator.
    pub fn hand_over(&self, list: &FileRecord) -> Result<String, PlanError> {
        let path = self.folder.join(&list.path);
        let mut file = disk::open_verified(&path, &list.blake3)?;
        let mut text = String::new();
        match file.read_to_string(&mut text) {
            Ok(_) => Ok(text),
            Err(source) => Err(PlanError::Read { path, source }),
        }
    }

    fn stage_of(&self, record: &StageRecord) -> Result<StageFile, PlanError> {
        let stage = match record.stage {
            1 => Stage::StubUsers,
            2 => Stage::ExistingUsers,
            3 => Stage::RolesGiven,
            4 => Stage::Records {
                order: record.order,
            },
            5 => Stage::RolesRemoved,
            other => {
                return Err(
                    self.damaged(format!("its stage {other} has no changes in this format"))
                );
            }
        };
        Ok(StageFile {
            stage,
            entity: record.entity.clone(),
            first_seq: Seq(record.first_seq),
            rows: record.file.rows,
            file: record.file.clone(),
        })
    }
}

fn columns_of(stage: Stage) -> &'static [Column] {
    match stage {
        Stage::StubUsers => stub::COLUMNS,
        Stage::ExistingUsers => user::COLUMNS,
        Stage::RolesGiven | Stage::RolesRemoved => role::COLUMNS,
        Stage::Records { .. } => assign::COLUMNS,
    }
}

/// Turns the rows of one file into changes.
struct Decoder {
    stage: Stage,
    entity: Arc<str>,
}

impl Decoder {
    fn changes(&self, batch: &Batch<'_>) -> Result<Vec<Change>, PlanError> {
        (0..batch.rows())
            .map(|row| {
                let seq = batch.needed(SEQ, batch.whole(SEQ, row))?;
                let seq = u64::try_from(seq).map_err(|_| batch.damaged(SEQ, "is negative"))?;
                let (write, source) = self.write(batch, row)?;
                Ok(Change {
                    seq: Seq(seq),
                    write,
                    restore: false,
                    source,
                })
            })
            .collect()
    }

    fn write(
        &self,
        batch: &Batch<'_>,
        row: usize,
    ) -> Result<(Write, Option<(FileId, u64)>), PlanError> {
        match self.stage {
            Stage::StubUsers => Ok((
                Write::CreateStub(Box::new(stub_user(batch, row)?)),
                source(batch, stub::FILE, stub::ROW, row)?,
            )),
            Stage::ExistingUsers => Ok((
                Write::ChangeUser(Box::new(users::change(batch, row)?)),
                source(batch, user::FILE, user::ROW, row)?,
            )),
            Stage::RolesGiven | Stage::RolesRemoved => Ok((
                role_write(batch, row)?,
                source(batch, role::FILE, role::ROW, row)?,
            )),
            Stage::Records { .. } => Ok((
                self.assign(batch, row)?,
                source(batch, assign::FILE, assign::ROW, row)?,
            )),
        }
    }

    fn assign(&self, batch: &Batch<'_>, row: usize) -> Result<Write, PlanError> {
        let record = batch.needed(assign::RECORD, batch.id(assign::RECORD, row))?;
        Ok(Write::AssignRecord {
            entity: Arc::clone(&self.entity),
            record: RecordId(record),
            before: principal(batch, assign::BEFORE, assign::BEFORE_TYPE, row)?,
            after: principal(batch, assign::AFTER, assign::AFTER_TYPE, row)?,
        })
    }
}

fn role_write(batch: &Batch<'_>, row: usize) -> Result<Write, PlanError> {
    let principal = principal(batch, role::PRINCIPAL, role::PRINCIPAL_TYPE, row)?;
    let id = RoleId(batch.needed(role::ROLE, batch.id(role::ROLE, row))?);
    let before = batch.needed(role::BEFORE, batch.flag(role::BEFORE, row))?;
    let after = batch.needed(role::AFTER, batch.flag(role::AFTER, row))?;
    match (before, after) {
        (false, true) => Ok(Write::GiveRole {
            principal,
            role: id,
        }),
        (true, false) => Ok(Write::RemoveRole {
            principal,
            role: id,
        }),
        _ => Err(batch.damaged(role::AFTER, "is what `before` is")),
    }
}

fn stub_user(batch: &Batch<'_>, row: usize) -> Result<StubUser, PlanError> {
    let id = |column| -> Result<Uuid, PlanError> { batch.needed(column, batch.id(column, row)) };
    let text = |column| batch.needed(column, batch.text(column, row));
    let written = text(stub::WAY)?;
    let way = [StubWay::Import, StubWay::Api]
        .into_iter()
        .find(|way| way_word(*way) == written)
        .ok_or_else(|| batch.damaged(stub::WAY, "is no way to make a stub user"))?;
    Ok(StubUser {
        id: UserId(id(stub::ID)?),
        upn: text(stub::UPN)?,
        mail: text(stub::MAIL)?,
        first_name: batch.text(stub::FIRST_NAME, row)?,
        last_name: batch.text(stub::LAST_NAME, row)?,
        full_name: text(stub::FULL_NAME)?,
        employee_id: batch.text(stub::EMPLOYEE_ID, row)?,
        business_unit: UnitId(id(stub::BUSINESS_UNIT)?),
        default_role: RoleId(id(stub::DEFAULT_ROLE)?),
        way,
    })
}

fn principal(
    batch: &Batch<'_>,
    id: usize,
    type_code: usize,
    row: usize,
) -> Result<Principal, PlanError> {
    let uuid = batch.needed(id, batch.id(id, row))?;
    let code = batch.needed(type_code, batch.number(type_code, row))?;
    u8::try_from(code)
        .ok()
        .and_then(|code| Principal::from_parts(code, uuid))
        .ok_or_else(|| batch.damaged(type_code, "is neither 8 (user) nor 9 (team)"))
}

fn source(
    batch: &Batch<'_>,
    file: usize,
    source_row: usize,
    row: usize,
) -> Result<Option<(FileId, u64)>, PlanError> {
    let (Some(number), Some(at)) = (batch.number(file, row)?, batch.whole(source_row, row)?) else {
        return Ok(None);
    };
    let number = u16::try_from(number).map_err(|_| batch.damaged(file, "is no file's number"))?;
    let at = u64::try_from(at).map_err(|_| batch.damaged(source_row, "is no row"))?;
    Ok(Some((FileId(number), at)))
}
