//! An import file: its text as rows, and which column of users each of its columns is.
//!
//! In: the row of an import file, and the column mappings of its data map. Out: cells by the columns of users, with the
//! line where each row stands; or why the file cannot be read. What is made of them is for `users.rs`.

use serde_json::Value;

use crate::rehearse::extra::Row;

/// Columns of users that the import takes: display name, as a file of the wizard has it in its header, and logical name.
/// That the import takes a part of them alone is confirmed, which part is not (platform facts 1.2).
pub(super) const COLUMNS: [(&str, &str); 5] = [
    ("First Name", "firstname"),
    ("Last Name", "lastname"),
    ("Primary Email", "internalemailaddress"),
    ("User Name", "domainname"),
    ("Employee", "employeeid"),
];

/// A file as rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sheet {
    /// What its columns are called.
    pub(super) headers: Vec<String>,
    /// Its rows.
    pub(super) rows: Vec<Vec<String>>,
    /// Where the first row stands. Whether the service counts the header is not told; here it does.
    pub(super) first: u64,
}

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unusable {
    /// The line; 0 is the file as a whole.
    pub(super) line: u64,
    /// The header of the column, where it is about one.
    pub(super) header: String,
    /// Why.
    pub(super) why: String,
}

impl Unusable {
    pub(super) fn whole(why: &str) -> Self {
        Self {
            line: 0,
            header: String::new(),
            why: why.to_owned(),
        }
    }
}

/// Reads the text of an import file.
pub(super) fn read(file: &Row) -> Result<Sheet, Unusable> {
    let number = |name: &str| file.get(name).and_then(Value::as_i64);
    let delimiter = match number("fielddelimitercode") {
        Some(1) => b':',
        Some(3) => b'\t',
        Some(4) => b';',
        _ => b',',
    };
    let mut builder = csv::ReaderBuilder::new();
    builder.delimiter(delimiter).has_headers(false);
    match number("datadelimitercode") {
        Some(2) => builder.quoting(false),
        Some(3) => builder.quote(b'\''),
        _ => builder.quote(b'"'),
    };
    let text = file.get("content").and_then(Value::as_str);
    let text = text.unwrap_or_default();
    let mut reader = builder.from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for (line, record) in (1..).zip(reader.records()) {
        let record = record.map_err(|error| Unusable {
            line,
            header: String::new(),
            why: error.to_string(),
        })?;
        rows.push(record.iter().map(ToOwned::to_owned).collect::<Vec<_>>());
    }
    if rows.is_empty() {
        return Err(Unusable::whole("The import file holds no row."));
    }
    let has_header = file.get("isfirstrowheader") == Some(&Value::Bool(true));
    let headers = if has_header {
        rows.remove(0)
    } else {
        (1..=rows[0].len())
            .map(|number| format!("Column {number}"))
            .collect()
    };
    Ok(Sheet {
        headers,
        rows,
        first: 1 + u64::from(has_header),
    })
}

/// Which column of users each column of a file is; `None` is not imported.
pub(super) fn mapped(
    file: &Row,
    sheet: &Sheet,
    mappings: &[Row],
) -> Result<Vec<Option<&'static str>>, Unusable> {
    let by_itself = file.get("usesystemmap") == Some(&Value::Bool(true));
    let mut targets = Vec::new();
    for header in &sheet.headers {
        let target = if by_itself {
            let mut known = COLUMNS.iter();
            let found = known.find(|(display, _)| display.eq_ignore_ascii_case(header.trim()));
            found.map(|(_, logical)| *logical)
        } else {
            by_mapping(file, header, mappings)?
        };
        targets.push(target);
    }
    if targets.iter().all(Option::is_none) {
        return Err(Unusable::whole("No column of the import file is mapped."));
    }
    Ok(targets)
}

fn by_mapping(
    file: &Row,
    header: &str,
    mappings: &[Row],
) -> Result<Option<&'static str>, Unusable> {
    let text = |row: &Row, name: &str| {
        let text = row.get(name).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let source = text(file, "sourceentityname");
    let is_it = |mapping: &&Row| {
        text(mapping, "sourceentityname") == source
            && text(mapping, "sourceattributename") == header
            && mapping.get("processcode").and_then(Value::as_i64) == Some(1)
    };
    let Some(mapping) = mappings.iter().find(is_it) else {
        return Ok(None);
    };
    let wanted = text(mapping, "targetattributename");
    let mut known = COLUMNS.iter();
    match known.find(|(_, logical)| *logical == wanted) {
        Some((_, logical)) => Ok(Some(logical)),
        None => Err(Unusable {
            line: 0,
            header: header.to_owned(),
            why: format!("The column '{wanted}' of 'systemuser' is not valid for import."),
        }),
    }
}
