//! Opens an export: looks through it, picks the adapter, finds the header.
//!
//! In: a [`FileSpec`] and what makes a row the header. Out: an [`Export`], not yet read, and the notes
//! on what was inferred. Which columns are needed, and what rows mean, is said by the callers.

use std::ops::ControlFlow;
use std::sync::OnceLock;

use crate::model::{Code, Findings, Input, Place, Progress, quoted};
use crate::read::begin::{Begun, Digested, ToldBy, check_settings, open_csv, open_workbook};
use crate::read::csv::FileDigest;
use crate::read::encoding::Encoding;
use crate::read::faults::{Faults, Width};
use crate::read::header::{HeadRow, Header, check_headers, head_rows, header_row};
use crate::read::look::{Kind, look};
use crate::read::scan::scan;
use crate::read::source::{Chunk, ForeignByte, Row, Source};
use crate::read::workbook::merges::Covered;
use crate::read::{FileSpec, ReadError};

/// As many columns as a sheet of Excel has.
const COLUMNS_MAX: usize = 16_384;

/// An export, open, its header found.
pub(super) struct Export {
    /// What it is; of a file digested while read as far as is known at its opening.
    pub input: Input,
    /// How many cells its rows have.
    pub width: Width,
    source: Box<dyn Source>,
    head: Vec<HeadRow>,
    /// Columns that are used, from 0.
    used: Vec<usize>,
    /// Of these, which rows of each are covered by merged areas, once that is known.
    covered: OnceLock<Vec<(usize, Covered)>>,
    spec: FileSpec,
    told_by: ToldBy,
    digest: OnceLock<FileDigest>,
}

impl Export {
    /// Opens what `spec` names. `fits` says whether a row is the header
    /// that the caller needs, told whether it is the first row.
    pub(super) fn open(
        spec: &FileSpec,
        digested: Digested,
        fits: impl Fn(&Header<'_>, bool) -> bool,
        findings: &mut Findings,
    ) -> Result<Self, ReadError> {
        let look = look(spec)?;
        check_settings(spec, look.kind)?;
        let Begun {
            mut input,
            source,
            told_by,
            digest,
        } = match look.kind {
            Kind::Csv => open_csv(spec, look, digested, findings)?,
            Kind::Workbook => open_workbook(spec, look, digested, &fits, findings)?,
        };
        let mut head = head_rows(source.as_ref())?;
        if head.is_empty() {
            return Err(ReadError::Empty { name: input.name });
        }
        head.drain(..header_row(&head, fits));
        input.headers.clone_from(&head[0].cells);
        if input.headers.len() > COLUMNS_MAX {
            return Err(ReadError::OverLimit {
                name: input.name,
                what: format!(
                    "{} columns, at most {COLUMNS_MAX} are read",
                    input.headers.len()
                ),
                cure: "export fewer columns, or name the right `delimiter`".to_owned(),
            });
        }
        check_headers(&input, &head[0], findings);
        let width = Width::of(&head);
        note_blank_ends(&input, width, findings);
        let mut export = Self {
            input,
            width,
            source,
            head,
            used: Vec::new(),
            covered: OnceLock::new(),
            spec: spec.clone(),
            told_by,
            digest: OnceLock::new(),
        };
        if let Some(digest) = digest {
            export.settle(digest, findings)?;
            export.input = export.input();
        }
        Ok(export)
    }

    /// What it is, as far as is known by now.
    pub(super) fn input(&self) -> Input {
        let encoding = self.source.encoding();
        let label = encoding.map_or_else(String::new, Encoding::label);
        let hash = self.digest.get().map(|digest| digest.hash.clone());
        Input {
            hash: hash.unwrap_or_default(),
            encoding: label,
            ..self.input.clone()
        }
    }

    /// What it is, once the whole was passed over, without a look at its rows.
    pub(super) fn passed_over(&self, findings: &mut Findings) -> Result<Input, ReadError> {
        if self.digest.get().is_none() {
            let digest = look(&self.spec)?.digest(&self.spec)?;
            self.settle(digest, findings)?;
        }
        Ok(self.input())
    }

    /// Takes note of what the whole file comes to; true where it was taken for what it is not, or cells that
    /// are used turned out to be merged with others, so that it has to be read again.
    pub(super) fn settle(
        &self,
        digest: FileDigest,
        findings: &mut Findings,
    ) -> Result<bool, ReadError> {
        let misread = self.source.settle(&digest)?;
        let is_new = self.digest.set(digest).is_ok();
        if is_new {
            note_inferred(self, findings)?;
        }
        let merged = self.covered.get().is_none() && self.cover();
        Ok(misread || merged)
    }

    /// Takes note of merged areas, if they are known by now; true where rows hold used cells of some.
    fn cover(&self) -> bool {
        let Some(merges) = self.source.merges() else {
            return false;
        };
        let used = self.used.iter();
        let covered: Vec<_> = used
            .map(|column| (*column, Covered::of(merges, *column)))
            .collect();
        let header = self.head[0].row;
        let any = covered.iter().any(|(_, rows)| rows.reaches_below(header));
        self.covered.get_or_init(|| covered);
        any
    }

    /// Says which columns, from 0, are used: in those, cells that are merged with others are faults.
    pub(super) fn uses(&mut self, columns: impl IntoIterator<Item = usize>) {
        self.used = columns.into_iter().collect();
        self.covered = OnceLock::new();
        self.cover();
    }

    /// Of the columns that are used, which rows of each are covered by merged areas, as far as is known.
    pub(super) fn covered(&self) -> &[(usize, Covered)] {
        self.covered.get().map_or(&[], Vec::as_slice)
    }

    /// Collects what is wrong with its rows.
    pub(super) fn faults(&self) -> Faults<'_> {
        Faults::new(&self.input, self.width, self.covered())
    }

    /// Its header, to look columns up in.
    pub(super) fn header(&self) -> Header<'_> {
        Header::of(&self.head)
    }

    /// Refuses an export that holds a header and nothing below it.
    pub(super) fn check_rows(&self) -> Result<(), ReadError> {
        if self.head.len() > 1 {
            return Ok(());
        }
        Err(ReadError::NoRows {
            name: self.input.name.clone(),
        })
    }

    /// Maps every chunk, in parallel, and sinks the results in file order.
    pub(super) fn scan<T: Send>(
        &self,
        progress: &dyn Progress,
        map: impl Fn(&Chunk) -> T + Sync,
        sink: impl FnMut(T) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        self.scan_with(progress, || (), |(), chunk| map(chunk), sink)?;
        Ok(())
    }

    /// The same, with a value of its own for each worker, given back in no order; and what was found
    /// out about the file meanwhile, where that was not known before.
    pub(super) fn scan_with<L: Send, T: Send>(
        &self,
        progress: &dyn Progress,
        begin: impl Fn() -> L + Sync,
        map: impl Fn(&mut L, &Chunk) -> T + Sync,
        sink: impl FnMut(T) -> ControlFlow<()>,
    ) -> Result<(Vec<L>, Option<FileDigest>), ReadError> {
        let what = format!("reading {}", self.input.name);
        scan(self.source.as_ref(), &what, progress, begin, map, sink)
    }

    /// Shows the rows of a chunk that lie below the header and hold anything.
    pub(super) fn rows_below(&self, chunk: &Chunk, mut see: impl FnMut(&Row<'_>)) {
        let header = self.head[0].row;
        chunk.rows(&mut |row| {
            if row.number > header && !row.is_blank() {
                see(row);
            }
            ControlFlow::Continue(())
        });
    }
}

/// FIL002, where nobody said it and it is not what most files have.
fn note_inferred(export: &Export, findings: &mut Findings) -> Result<(), ReadError> {
    let spec = &export.spec;
    let mut parts = Vec::new();
    let mut place = Place::file(spec.file);
    if let Some(told) = export.source.foreign_byte()? {
        let ForeignByte { offset, row, line } = told;
        place = Place::row(spec.file, row, line);
        parts.push(format!(
            "encoding windows-1252, from byte {offset} in row {row} (line {line}), which is no UTF-8"
        ));
    }
    if export.told_by.nuls
        && let Some(encoding) = export.source.encoding()
    {
        let label = encoding.label();
        parts.push(format!(
            "encoding {label}, from the NULs in every second byte"
        ));
    }
    if let Some(delimiter) = export.input.delimiter
        && delimiter != ','
        && spec.delimiter.is_none()
    {
        let from = if export.told_by.sep_line {
            "its first line `sep=`"
        } else {
            "its first rows"
        };
        let delimiter = delimiter.escape_default();
        parts.push(format!(
            "delimiter {delimiter}, from {from}",
            delimiter = quoted(&delimiter)
        ));
    }
    if !parts.is_empty() {
        let id = findings.about(
            Code::Fil002,
            &spec.name,
            || format!("{} was read with {}", quoted(&spec.name), parts.join("; ")),
            || "name `encoding` and `delimiter` in the manifest if that is wrong".to_owned(),
        );
        findings.place(id, place);
    }
    Ok(())
}

/// FIL002, where the rows end with a delimiter that the header does not have.
fn note_blank_ends(input: &Input, width: Width, findings: &mut Findings) {
    let surplus = width.full.saturating_sub(input.headers.len());
    if surplus > 0 && input.delimiter.is_some() {
        let name = &input.name;
        let id = findings.about(
            Code::Fil002,
            &format!("{name}: ends of rows"),
            || {
                format!(
                    "{name} was read as one whose rows end with blank cells ({surplus} more than \
                     the header), from its first rows",
                    name = quoted(&name)
                )
            },
            || "if a cell holds the delimiter instead, put it into quotes".to_owned(),
        );
        findings.place(id, Place::file(input.file));
    }
}
