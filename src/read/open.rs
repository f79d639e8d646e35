//! Opens an export: looks through it, picks the adapter, finds the header.
//!
//! In: a [`FileSpec`] and what makes a row the header. Out: an [`Export`], not yet read, and the notes
//! on what was inferred. Which columns are needed, and what rows mean, is said by the callers.

use std::ops::ControlFlow;
use std::sync::OnceLock;

use crate::model::{Code, Findings, Input, Place, Progress};
use crate::read::csv::{CsvFile, FileDigest, Origin, Sizes};
use crate::read::delimiter;
use crate::read::encoding::{Encoding, LABELS};
use crate::read::error::name_list;
use crate::read::faults::{Faults, Width};
use crate::read::header::{HeadRow, Header, check_headers, head_rows, header_row};
use crate::read::layers::Layers;
use crate::read::look::{Kind, Look, MARK, look};
use crate::read::scan::scan;
use crate::read::source::{Chunk, ForeignByte, Row, Source};
use crate::read::workbook::merges::Covered;
use crate::read::workbook::{Fits, Workbook};
use crate::read::{FileSpec, ReadError};

/// As many columns as a sheet of Excel has.
const COLUMNS_MAX: usize = 16_384;

/// When the whole of a file is looked through, for its hash and its encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digested {
    /// Before anything is read from it.
    AtOpen,
    /// While it is read: the file is too large to pass over it twice.
    WhileRead,
}

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

/// Refuses settings of the other kind of file: passed over, they would seem to be obeyed.
fn check_settings(spec: &FileSpec, kind: Kind) -> Result<(), ReadError> {
    let wrong = |key, found: Option<String>, expected: &str| {
        found.map_or(Ok(()), |found| {
            Err(ReadError::Setting {
                name: spec.name.clone(),
                key,
                found,
                expected: expected.to_owned(),
            })
        })
    };
    match kind {
        Kind::Csv => wrong(
            "sheet",
            spec.sheet.clone(),
            "none, as a CSV has no sheets: take it out, or name the workbook",
        ),
        Kind::Workbook => {
            let expected = "none, as a workbook says it itself: take it out, or name the CSV";
            wrong("encoding", spec.encoding.clone(), expected)?;
            wrong("delimiter", spec.delimiter.map(String::from), expected)
        }
    }
}

/// From what was told what nobody said.
#[derive(Clone, Copy, Debug, Default)]
struct ToldBy {
    /// The delimiter from a line `sep=`, not from the rows.
    sep_line: bool,
    /// Which UTF-16 it is from NULs, not from a byte order mark.
    nuls: bool,
}

/// A file that is open, before its header is looked for.
struct Begun {
    input: Input,
    source: Box<dyn Source>,
    told_by: ToldBy,
    /// What the whole comes to, where that is known.
    digest: Option<FileDigest>,
}

fn open_csv(
    spec: &FileSpec,
    look: Look,
    digested: Digested,
    findings: &mut Findings,
) -> Result<Begun, ReadError> {
    let is_presumed = look.is_presumed(spec);
    let is_plain = look.layers.is_empty();
    // What comes through layers is read through them once more only where that tells something.
    let digest = match digested {
        Digested::WhileRead if is_plain || is_presumed => None,
        Digested::AtOpen | Digested::WhileRead => Some(look.digest(spec)?),
    };
    let hash = match &digest {
        None if !is_plain => Some(look.hash(&spec.name)?),
        None | Some(_) => None,
    };
    let mark = if look.beginning.starts_with(MARK) {
        MARK.len()
    } else {
        0
    };
    let foreign_byte = match &digest {
        Some(digest) => digest.first_foreign_byte,
        None => look.foreign_byte_of_beginning(),
    };
    let encoding = match (look.layers.encoding(), &spec.encoding) {
        (Some(layer), _) => layer,
        (None, Some(label)) => named_encoding(spec, label)?,
        (None, None) => Encoding::Utf8,
    };
    note_member(spec, &look.layers, findings);
    let nuls = look.layers.is_inferred();
    let told = delimiter::tell(&look.beginning[mark..]);
    let delimiter = match spec.delimiter {
        Some(named) => named_delimiter(spec, named)?,
        None => told.delimiter,
    };
    let csv = CsvFile {
        name: spec.name.clone(),
        before: look.beginning[..mark + told.sep_line].to_vec(),
        start_lines: u64::from(told.sep_line > 0),
        delimiter,
        encoding,
        is_presumed,
        foreign_byte: foreign_byte
            .filter(|_| is_presumed)
            .map_or_else(OnceLock::new, OnceLock::from),
        digests: digest.is_none(),
        hash,
        sizes: Sizes::default(),
        metadata: look.metadata,
        file: look.file,
        origin: origin(look.layers),
    };
    let input = Input {
        file: spec.file,
        name: spec.name.clone(),
        path: spec.path.clone(),
        kind: spec.kind.clone(),
        bytes: csv.metadata.len(),
        hash: String::new(),
        encoding: String::new(),
        delimiter: Some(char::from(delimiter)),
        sheet: None,
        headers: Vec::new(),
    };
    Ok(Begun {
        input,
        source: Box::new(csv),
        told_by: ToldBy {
            sep_line: told.sep_line > 0,
            nuls,
        },
        digest,
    })
}

/// The file as it lies, or what comes through its layers.
fn origin(layers: Layers) -> Origin {
    if layers.is_empty() {
        return Origin::File;
    }
    Origin::Stream(Box::new(move |file| layers.read(file)))
}

/// FIL008, where an archive holds more than the table.
fn note_member(spec: &FileSpec, layers: &Layers, findings: &mut Findings) {
    let Some((member, others)) = layers.chosen() else {
        return;
    };
    let name = &spec.name;
    let others = name_list(others.iter().map(String::as_str));
    let id = findings.about(
        Code::Fil008,
        name,
        || format!("`{member}` in the archive `{name}` was read, not {others}"),
        || "unpack it and name another of its files if that is wrong".to_owned(),
    );
    findings.place(id, Place::file(spec.file));
}

fn named_encoding(spec: &FileSpec, label: &str) -> Result<Encoding, ReadError> {
    Encoding::from_label(label).ok_or_else(|| ReadError::Setting {
        name: spec.name.clone(),
        key: "encoding",
        found: label.to_owned(),
        expected: LABELS.to_owned(),
    })
}

fn named_delimiter(spec: &FileSpec, named: char) -> Result<u8, ReadError> {
    u8::try_from(named)
        .ok()
        .filter(|byte| delimiter::is_usable(*byte))
        .ok_or_else(|| ReadError::Setting {
            name: spec.name.clone(),
            key: "delimiter",
            found: named.to_string(),
            expected: "one ASCII character such as `,` or `;`, and no quote".to_owned(),
        })
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
        parts.push(format!("delimiter `{delimiter}`, from {from}"));
    }
    if !parts.is_empty() {
        let id = findings.about(
            Code::Fil002,
            &spec.name,
            || format!("`{}` was read with {}", spec.name, parts.join("; ")),
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
                    "`{name}` was read as one whose rows end with blank cells ({surplus} more than \
                     the header), from its first rows"
                )
            },
            || "if a cell holds the delimiter instead, put it into quotes".to_owned(),
        );
        findings.place(id, Place::file(input.file));
    }
}

fn open_workbook(
    spec: &FileSpec,
    look: Look,
    digested: Digested,
    fits: &Fits<'_>,
    findings: &mut Findings,
) -> Result<Begun, ReadError> {
    let bytes = look.metadata.len();
    let digest = look.digest(spec)?;
    let in_pieces = (digested == Digested::WhileRead).then(|| digest.clone());
    let opened = Workbook::open(&spec.name, look, spec.sheet.as_deref(), fits, in_pieces)?;
    if !opened.others.is_empty() {
        let others: Vec<String> = opened
            .others
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        let id = findings.about(
            Code::Fil008,
            &spec.name,
            || {
                let (name, sheet) = (&spec.name, &opened.sheet);
                format!(
                    "sheet `{sheet}` of `{name}` was read, not {}",
                    others.join(", ")
                )
            },
            || "name another with `sheet =` in the manifest if that is wrong".to_owned(),
        );
        findings.place(id, Place::file(spec.file));
    }
    let input = Input {
        file: spec.file,
        name: spec.name.clone(),
        path: spec.path.clone(),
        kind: spec.kind.clone(),
        bytes,
        hash: String::new(),
        encoding: String::new(),
        delimiter: None,
        sheet: Some(opened.sheet),
        headers: Vec::new(),
    };
    Ok(Begun {
        input,
        digest: (!opened.workbook.is_unsettled()).then_some(digest),
        source: Box::new(opened.workbook),
        told_by: ToldBy::default(),
    })
}
