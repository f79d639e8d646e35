//! Records of an environment folder, by the million.
//!
//! In: a `records-<entity>` file. Out: its records with their owners, and what stands in every
//! further column as a key. Rows are sorted by id and put in by the chunk, so that memory does not
//! grow with the file and the file being made is written nearly in order.

use std::collections::HashMap;

use crate::environment::EnvironmentError;
use crate::environment::KeyWords;
use crate::environment::Writer;
use crate::environment::load::Loading;
use crate::environment::load::cells::Cells;
use crate::environment::load::cells::Column;
use crate::environment::load::cells::Sheet;
use crate::environment::load::cells::Spot;
use crate::environment::load::headers::Header;
use crate::environment::load::problems::Collector;
use crate::environment::load::world::Found;
use crate::environment::load::world::World;
use crate::model::{Principal, RecordId, quoted, record_key};

/// How many records, or keys of records, are sorted at once (some 150 MB of them).
const CHUNK_ROWS: usize = 4 << 20;

/// How much text of keys is sorted at once.
const CHUNK_BYTES: usize = 96 << 20;

/// The columns of a file of records of this table.
pub(super) fn headers() -> [Header; 2] {
    [
        Header {
            name: "id",
            also: &[],
            needed: false,
        },
        Header {
            name: "owner",
            also: &["ownerid", "_ownerid_value", "owner id"],
            needed: true,
        },
    ]
}

/// Reads the records of a table; the answer is how many rows there were.
pub(super) fn read(
    entity: &str,
    sheet: &Sheet,
    loading: &mut Loading<'_>,
) -> Result<u64, EnvironmentError> {
    let Some(id) = id_column(entity, sheet, &mut loading.problems) else {
        return Ok(0);
    };
    let owner = sheet.column("owner");
    let (fields, columns) = key_fields(sheet, [id, owner]);
    let mut chunk = Chunk::default();
    let mut keys = Keys::new(fields);
    let mut owners = Owners::default();
    let mut repeated = Vec::new();
    let (world, writer) = (&loading.world, &mut loading.writer);
    let rows = sheet.rows(loading.progress, &mut loading.problems, &mut |cells| {
        let record = cells.guid(id).map(RecordId);
        let (Some(record), Some(owner)) = (record, owners.of(cells, owner, world)) else {
            return Ok(());
        };
        chunk.rows.push((record, owner, cells.spot()));
        for (field, column) in columns.iter().enumerate() {
            if !cells.is_strange(*column) {
                keys.push(field, cells.cell(*column), record);
            }
        }
        if chunk.rows.len() >= CHUNK_ROWS {
            chunk.write(entity, &owners.principals, writer, &mut repeated)?;
        }
        if keys.is_full() {
            keys.write(entity, writer)?;
        }
        Ok(())
    })?;
    chunk.write(entity, &owners.principals, writer, &mut repeated)?;
    keys.write(entity, writer)?;
    for (field, words) in keys.fields.iter().zip(&keys.words) {
        writer.add_key_words(entity, field, words)?;
    }
    for spot in repeated {
        let message =
            "this record stands in an earlier row too, expected each once; remove one row";
        sheet.problem_at(&mut loading.problems, spot, id, message);
    }
    Ok(rows)
}

/// The column of the id, by `id` or by the service's name for it.
fn id_column(entity: &str, sheet: &Sheet, problems: &mut Collector) -> Option<Column> {
    let names = [
        "id".to_owned(),
        format!("{entity}id"),
        "activityid".to_owned(),
        format!("(do not modify) {entity}"),
    ];
    let column = names.iter().find_map(|name| sheet.named(name));
    if column.is_none() {
        let message = format!(
            "there is no column of the record's id; name it `id` or {}, as the service does",
            quoted(&format_args!("{entity}id"))
        );
        sheet.problem(problems, &message);
    }
    column
}

/// The further columns, each a field of keys: names in order, and their columns.
fn key_fields(sheet: &Sheet, taken: [Column; 2]) -> (Vec<String>, Vec<Column>) {
    let mut fields: Vec<(String, Column)> = sheet
        .headers()
        .iter()
        .enumerate()
        .map(|(index, header)| (header.trim().to_lowercase(), Column::at(index)))
        .filter(|(field, column)| !field.is_empty() && !taken.contains(column))
        .collect();
    fields.sort_by(|left, right| left.0.cmp(&right.0));
    fields.into_iter().unzip()
}

/// Owners met so far, each cell text looked up once.
#[derive(Default)]
struct Owners {
    principals: Vec<Principal>,
    numbers: HashMap<Principal, u32>,
    texts: HashMap<String, u32>,
}

impl Owners {
    /// The number of the owner in a cell.
    fn of(&mut self, cells: &mut Cells<'_>, column: Column, world: &World) -> Option<u32> {
        if let Some(number) = self.texts.get(cells.cell(column)) {
            return Some(*number);
        }
        let expected =
            "the id of a user or team, or a UPN, mail or name that one of them alone has";
        let owner = cells.reference(column, "user or team", expected, |text| {
            world.find_owner(text).and_then(Found::One)
        })?;
        let next = u32::try_from(self.principals.len()).ok()?;
        let number = *self.numbers.entry(owner).or_insert(next);
        if number == next {
            self.principals.push(owner);
        }
        self.texts.insert(cells.cell(column).to_owned(), number);
        Some(number)
    }
}

/// Records that wait to be written.
#[derive(Default)]
struct Chunk {
    rows: Vec<(RecordId, u32, Spot)>,
}

impl Chunk {
    fn write(
        &mut self,
        entity: &str,
        principals: &[Principal],
        writer: &mut Writer,
        repeated: &mut Vec<Spot>,
    ) -> Result<(), EnvironmentError> {
        self.rows
            .sort_unstable_by_key(|(record, _, spot)| (*record, spot.row));
        let records = self
            .rows
            .iter()
            .map(|(record, owner, _)| (*record, principals[*owner as usize]));
        writer.add_records(entity, records, &mut |place| {
            repeated.push(self.rows[place].2);
        })?;
        self.rows.clear();
        Ok(())
    }
}

/// Keys that wait to be written, their texts one after the other.
struct Keys {
    fields: Vec<String>,
    /// How they are written, by field.
    words: Vec<KeyWords>,
    text: String,
    rows: Vec<(u32, std::ops::Range<u32>, RecordId)>,
}

impl Keys {
    fn new(fields: Vec<String>) -> Self {
        Self {
            words: vec![KeyWords::default(); fields.len()],
            fields,
            text: String::new(),
            rows: Vec::new(),
        }
    }

    fn push(&mut self, field: usize, text: &str, record: RecordId) {
        if text.is_empty() {
            return;
        }
        let key = record_key(text);
        self.words[field].see(&key, text);
        let start = self.text.len();
        self.text.push_str(&key);
        let number = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let range = number(start)..number(self.text.len());
        self.rows.push((number(field), range, record));
    }

    fn is_full(&self) -> bool {
        self.rows.len() >= CHUNK_ROWS || self.text.len() >= CHUNK_BYTES
    }

    fn write(&mut self, entity: &str, writer: &mut Writer) -> Result<(), EnvironmentError> {
        let (text, fields) = (&self.text, &self.fields);
        let part = |range: &std::ops::Range<u32>| &text[range.start as usize..range.end as usize];
        self.rows.sort_unstable_by(|left, right| {
            (left.0, part(&left.1), left.2).cmp(&(right.0, part(&right.1), right.2))
        });
        let keys = self.rows.iter();
        writer.add_keys(
            entity,
            keys.map(|(field, range, record)| {
                (fields[*field as usize].as_str(), part(range), *record)
            }),
        )?;
        self.rows.clear();
        self.text.clear();
        Ok(())
    }
}
