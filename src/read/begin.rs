//! Opens a file as what it is: a CSV, plain or within layers, or a sheet of a workbook.
//!
//! In: what the manifest says of a file, and what a look at it told. Out: a [`Source`], not yet read, and what is known of
//! it. Where its header is, is looked for by `open.rs`.

use std::sync::OnceLock;

use crate::model::{Code, Findings, Input, InputKind, Place, quoted};
use crate::read::csv::{CsvFile, FileDigest, Origin, Sizes};
use crate::read::delimiter;
use crate::read::encoding::{Encoding, LABELS};
use crate::read::error::name_list;
use crate::read::layers::Layers;
use crate::read::look::{Kind, Look, MARK};
use crate::read::source::Source;
use crate::read::workbook::{Fits, Workbook};
use crate::read::{FileSpec, ReadError};

/// When the whole of a file is looked through, for its hash and its encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digested {
    /// Before anything is read from it.
    AtOpen,
    /// While it is read: the file is too large to pass over it twice.
    WhileRead,
}

/// Refuses settings of the other kind of file: passed over, they would seem to be obeyed.
pub(super) fn check_settings(spec: &FileSpec, kind: Kind) -> Result<(), ReadError> {
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
pub(super) struct ToldBy {
    /// The delimiter from a line `sep=`, not from the rows.
    pub sep_line: bool,
    /// Which UTF-16 it is from NULs, not from a byte order mark.
    pub nuls: bool,
}

/// A file that is open, before its header is looked for.
pub(super) struct Begun {
    /// What is known of it.
    pub input: Input,
    /// Its rows.
    pub source: Box<dyn Source>,
    /// From what was told what nobody said.
    pub told_by: ToldBy,
    /// What the whole comes to, where that is known.
    pub digest: Option<FileDigest>,
}

pub(super) fn open_csv(
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
        || {
            format!(
                "{member} in the archive {name} was read, not {others}",
                member = quoted(&member),
                name = quoted(&name)
            )
        },
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

pub(super) fn open_workbook(
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
            .map(|name| quoted(&name).to_string())
            .collect();
        let id = findings.about(
            Code::Fil008,
            &spec.name,
            || {
                let (name, sheet) = (&spec.name, &opened.sheet);
                format!(
                    "sheet {sheet} of {name} was read, not {}",
                    others.join(", "),
                    sheet = quoted(&sheet),
                    name = quoted(&name)
                )
            },
            || match spec.kind {
                InputKind::Rulings => "put all rulings into that sheet if that is wrong".to_owned(),
                _ => "name another with `sheet =` in the manifest if that is wrong".to_owned(),
            },
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
