//! The rows of an import of ours: its data map, itself, its file.
//!
//! In: stub users. Out: rows under ids that follow from the users, so that one whose answer was lost is made again under
//! the same id and the service says that it is there. Columns and numbers are those of the published references.

use std::sync::Arc;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::model::StubUser;
use crate::target::dataverse::client::{Ask, Client, code, words};
use crate::target::dataverse::import::steps::is_unserved;
use crate::target::dataverse::row::Row;
use crate::target::dataverse::{DataverseError, pull};

/// What the name of every import of ours begins with.
pub(super) const PREFIX: &str = "cutover ";

/// What the source is called in mappings and file.
const SOURCE: &str = "cutover";

/// A column of the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    /// The display name, by which the wizard maps it.
    header: &'static str,
    /// The column of users.
    target: &'static str,
    /// What stands in it.
    pub(super) cell: fn(&StubUser) -> &str,
}

/// How many there are.
pub(super) const WIDTH: usize = 5;

/// Columns of the file. The names and the mail are the least that an import of users holds, the UPN is its user name
/// (platform facts 1.2); that the import takes the employee's number is assumed of it being writable.
pub(super) const COLUMNS: [Column; WIDTH] = [
    Column {
        header: "First Name",
        target: "firstname",
        cell: |stub| stub.first_name.as_deref().unwrap_or_default(),
    },
    Column {
        header: "Last Name",
        target: "lastname",
        cell: |stub| stub.last_name.as_deref().unwrap_or_default(),
    },
    Column {
        header: "Primary Email",
        target: "internalemailaddress",
        cell: |stub| &stub.mail,
    },
    Column {
        header: "User Name",
        target: "domainname",
        cell: |stub| &stub.upn,
    },
    Column {
        header: "Employee",
        target: "employeeid",
        cell: |stub| stub.employee_id.as_deref().unwrap_or_default(),
    },
];

/// Which of the columns is the user name.
const UPN: usize = 3;

/// The code that says that a row of this id is there.
const DUPLICATE: &str = "0x80040237";

/// What an import is known by: its name, and the ids of its rows.
#[derive(Clone, Debug)]
pub(super) struct Stamp {
    /// Follows from the planned ids of the users.
    seed: Uuid,
    /// Which attempt: what an earlier one made is gone, or it failed.
    attempt: u32,
    /// The import's name.
    pub(super) name: String,
    /// The data map.
    map: Uuid,
    /// The import.
    pub(super) import: Uuid,
    /// Its file.
    pub(super) file: Uuid,
}

impl Stamp {
    /// That of the first attempt at these users.
    pub(super) fn of(stubs: &[StubUser]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for stub in stubs {
            hasher.update(stub.id.0.as_bytes());
        }
        let mut seed = [0; 16];
        hasher.finalize_xof().fill(&mut seed);
        Self::attempt(Uuid::from_bytes(seed), 1)
    }

    /// That of the next attempt.
    pub(super) fn next(&self) -> Self {
        Self::attempt(self.seed, self.attempt + 1)
    }

    fn attempt(seed: Uuid, attempt: u32) -> Self {
        let id = |what: &str| Uuid::new_v5(&seed, format!("{what} {attempt}").as_bytes());
        let digits = format!("{:08x}", seed.as_fields().0);
        let name = match attempt {
            1 => format!("{PREFIX}{digits}"),
            _ => format!("{PREFIX}{digits} {attempt}"),
        };
        Self {
            seed,
            attempt,
            name,
            map: id("importmap"),
            import: id("import"),
            file: id("importfile"),
        }
    }

    fn column(&self, header: &str) -> Uuid {
        let name = format!("columnmapping {} {header}", self.attempt);
        Uuid::new_v5(&self.seed, name.as_bytes())
    }

    /// The import cannot be run.
    pub(super) fn failed(&self, client: &Client, why: String) -> DataverseError {
        DataverseError::Import {
            host: client.host().to_owned(),
            import: self.name.clone(),
            why,
        }
    }
}

/// Makes the data map with a mapping for each column; false where the service knows no such tables.
pub(super) async fn make_map(client: &Arc<Client>, stamp: &Stamp) -> Result<bool, DataverseError> {
    let map = json!({
        "importmapid": stamp.map,
        "name": stamp.name,
        "source": format!("{}.csv", stamp.name),
        // One table a file.
        "entitiesperfile": 1,
    });
    if !make(client, stamp, "importmaps", &map).await? {
        return Ok(false);
    }
    for Column { header, target, .. } in COLUMNS {
        let mapping = json!({
            "columnmappingid": stamp.column(header),
            "sourceattributename": header,
            "sourceentityname": SOURCE,
            "targetattributename": target,
            "targetentityname": "systemuser",
            // To be processed.
            "processcode": 1,
            "importmapid@odata.bind": format!("/importmaps({})", stamp.map),
        });
        if !make(client, stamp, "columnmappings", &mapping).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Makes the import itself; false where the service knows no such table.
pub(super) async fn make_import(
    client: &Arc<Client>,
    stamp: &Stamp,
) -> Result<bool, DataverseError> {
    let import = json!({
        "importid": stamp.import,
        "name": stamp.name,
        // Rows are made, none is changed.
        "modecode": 0,
        "sendnotification": false,
    });
    make(client, stamp, "imports", &import).await
}

/// Makes the file of these users; false where the service knows no such table.
pub(super) async fn make_file(
    client: &Arc<Client>,
    stamp: &Stamp,
    stubs: &[&StubUser],
) -> Result<bool, DataverseError> {
    let what = "who imports";
    let caller = client.json(&Ask::get(client.at("WhoAmI")?, what)).await?;
    let read = |unreadable| pull::malformed(client, what, unreadable);
    let caller = Row(&caller).id("UserId").map_err(read)?;
    let content = content(stubs).map_err(|why| stamp.failed(client, why))?;
    let file = json!({
        "importfileid": stamp.file,
        "name": stamp.name,
        "source": format!("{}.csv", stamp.name),
        "content": content,
        "isfirstrowheader": true,
        "usesystemmap": false,
        "sourceentityname": SOURCE,
        "targetentityname": "systemuser",
        // The service's rules for duplicates would keep rows back without a word of the service's own.
        "enableduplicatedetection": false,
        // Comma, double quote, CSV, to be processed.
        "fielddelimitercode": 2,
        "datadelimitercode": 1,
        "filetypecode": 0,
        "processcode": 1,
        "importid@odata.bind": format!("/imports({})", stamp.import),
        "importmapid@odata.bind": format!("/importmaps({})", stamp.map),
        "recordsownerid_systemuser@odata.bind": format!("/systemusers({caller})"),
    });
    make(client, stamp, "importfiles", &file).await
}

/// The text of the file; no spreadsheet opens it.
fn content(stubs: &[&StubUser]) -> Result<String, String> {
    let rows = stubs
        .iter()
        .map(|stub| COLUMNS.map(|column| (column.cell)(stub)));
    csv_text(rows)
}

/// Rows under the headers of the columns, as CSV.
pub(super) fn csv_text<Cell: AsRef<[u8]>>(
    rows: impl Iterator<Item = [Cell; WIDTH]>,
) -> Result<String, String> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    let told = |error: csv::Error| error.to_string();
    let headers = COLUMNS.map(|column| column.header);
    writer.write_record(headers).map_err(told)?;
    for row in rows {
        writer.write_record(row).map_err(told)?;
    }
    let bytes = writer.into_inner().map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

/// The user names in the file of an import, row by row; `None` where there is no file, or where it does not show.
pub(super) async fn held(
    client: &Arc<Client>,
    stamp: &Stamp,
) -> Result<Option<Vec<String>>, DataverseError> {
    let what = "the file of an import";
    let path = format!("importfiles({})?$select=content", stamp.file);
    let ask = Ask::get(client.at(&path)?, what);
    let reply = client.send(&ask).await?;
    if reply.status == StatusCode::NOT_FOUND {
        return Ok(None);
    }
    if !reply.status.is_success() {
        return Err(client.refused(&ask, &reply));
    }
    let file: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let read = |unreadable| pull::malformed(client, what, unreadable);
    let content = Row(&file).text("content").map_err(read)?;
    let content = content.unwrap_or_default();
    let mut reader = csv::Reader::from_reader(content.as_bytes());
    let upns = reader.records().map_while(|record| {
        let record = record.ok()?;
        Some(record.get(UPN)?.to_owned())
    });
    Ok(Some(upns.collect()))
}

/// Makes a row under the id that it names; one that is there is what a lost answer made.
async fn make(
    client: &Arc<Client>,
    stamp: &Stamp,
    set: &str,
    row: &Value,
) -> Result<bool, DataverseError> {
    let ask = Ask::json(Method::POST, client.at(set)?, set, row);
    let reply = client.send(&ask).await?;
    if is_unserved(&reply) {
        return Ok(false);
    }
    let is_there = code(&reply.body).is_some_and(|code| code == DUPLICATE);
    if reply.status.is_success() || is_there {
        return Ok(true);
    }
    let why = format!(
        "a row of `{set}` is refused: {}: {}",
        reply.status,
        words(&reply.body)
    );
    Err(stamp.failed(client, why))
}

#[cfg(test)]
mod tests {
    use super::{Stamp, content};
    use crate::model::{RoleId, StubUser, StubWay, UnitId, UserId};
    use uuid::Uuid;

    fn stub(id: u128, upn: &str) -> StubUser {
        StubUser {
            id: UserId(Uuid::from_u128(id)),
            upn: upn.to_owned(),
            mail: upn.to_owned(),
            first_name: Some("Zoë, \"Z\"".to_owned()),
            last_name: None,
            full_name: "Zoë".to_owned(),
            employee_id: Some("007".to_owned()),
            business_unit: UnitId(Uuid::nil()),
            default_role: RoleId(Uuid::nil()),
            way: StubWay::Import,
        }
    }

    #[test]
    fn a_stamp_follows_from_the_planned_ids_and_the_attempt() {
        let stubs = [stub(1, "a@b.c"), stub(2, "d@e.f")];
        let (one, same) = (Stamp::of(&stubs), Stamp::of(&stubs));
        assert_eq!(one.import, same.import);
        assert_eq!(one.name.len(), "cutover 1a2b3c4d".len());
        let other = Stamp::of(&stubs[..1]);
        let next = one.next();
        assert_eq!(next.name, format!("{} 2", one.name));
        let ids = [&one, &other, &next].map(|stamp| [stamp.map, stamp.import, stamp.file]);
        let distinct: std::collections::BTreeSet<Uuid> = ids.into_iter().flatten().collect();
        assert_eq!(distinct.len(), 9);
        assert_ne!(one.column("User Name"), one.column("Employee"));
        assert_ne!(one.column("Employee"), next.column("Employee"));
    }

    #[test]
    fn the_file_holds_cells_as_they_are() {
        let stub = stub(1, "=x@b.c");
        let text = content(&[&stub]).expect("a text");
        assert_eq!(
            text,
            "First Name,Last Name,Primary Email,User Name,Employee\r\n\
             \"Zoë, \"\"Z\"\"\",,=x@b.c,=x@b.c,007\r\n"
        );
    }
}
