//! What the jobs of an import do: files are parsed, columns mapped, and stub users made.
//!
//! In: an import's files. Out: users as the service's import makes them (platform facts 1.2), disabled, in the root
//! business unit, with the environment's default role, under ids of the server's own; a row that is refused is a line of
//! the log and leaves the others standing.

use std::collections::BTreeMap;

use rusqlite::OptionalExtension;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::model::{RoleId, StubUser, StubWay, UnitId, UserId, Write, comparison_key};
use crate::rehearse::api::Api;
use crate::rehearse::extra::{self, Row};
use crate::rehearse::failure::Failure;
use crate::rehearse::import::file::{self, Sheet, Unusable};
use crate::rehearse::import::rows::Line;
use crate::rehearse::import::{Broken, COMPLETED, FAILED, Worked, object};
use crate::service::Performed;

/// What an environment's default role is called: the first that is there counts.
const DEFAULT_ROLES: [&str; 3] = ["Salesperson", "Basic User", "Common Data Service User"];

/// The phase of the log in which records are made.
const IMPORTING: i64 = 2;

/// What all users of an import have in common.
struct Common {
    unit: UnitId,
    role: RoleId,
    sequence: i64,
}

/// A file's rows, and which column of users each of its columns is.
type Mapped = (Sheet, Vec<Option<&'static str>>);

impl Api<'_> {
    /// Reads every file of an import.
    pub(super) fn parse(&mut self, import: Uuid) -> Worked {
        let files = self.files(import)?;
        if files.is_empty() {
            return Ok(Err(Broken("The import has no file.".to_owned())));
        }
        for (id, file) in files {
            let sheet = match file::read(&file) {
                Ok(sheet) => sheet,
                Err(unusable) => return self.unusable(id, 0, &unusable),
            };
            let columns = object([
                ("statuscode", json!(1)),
                ("headerrow", json!(sheet.headers.join(","))),
                ("totalcount", json!(sheet.rows.len())),
            ]);
            extra::write(self.connection, "importfile", id, columns)?;
        }
        Ok(Ok(()))
    }

    /// Sees that every file of an import can be mapped.
    pub(super) fn transform(&mut self, import: Uuid) -> Worked {
        for (id, file) in self.files(import)? {
            if let Err(unusable) = self.columns_of(&file)? {
                return self.unusable(id, 1, &unusable);
            }
            self.set_status("importfile", id, 2)?;
        }
        Ok(Ok(()))
    }

    /// Makes the users of every file of an import.
    pub(super) fn import_records(&mut self, import: Uuid) -> Worked {
        let imports = self.table("imports")?;
        let row = self.row(imports, import)?.unwrap_or_default();
        let common = self.common(row.get("sequence").and_then(Value::as_i64))?;
        for (id, file) in self.files(import)? {
            let (sheet, columns) = match self.columns_of(&file)? {
                Ok(mapped) => mapped,
                Err(unusable) => return self.unusable(id, IMPORTING, &unusable),
            };
            let mut refused = 0;
            for (line, cells) in (sheet.first..).zip(&sheet.rows) {
                let cells = columns.iter().zip(cells);
                let cells = cells.filter_map(|(column, cell)| Some(((*column)?, cell.as_str())));
                if !self.import_user(id, line, &cells.collect(), &common)? {
                    refused += 1;
                }
            }
            let counts = object([
                ("statuscode", json!(COMPLETED)),
                ("totalcount", json!(sheet.rows.len())),
                ("successcount", json!(sheet.rows.len() - refused)),
                ("failurecount", json!(refused)),
                ("partialfailurecount", json!(0)),
            ]);
            extra::write(self.connection, "importfile", id, counts)?;
        }
        Ok(Ok(()))
    }

    /// The files of an import that are not to be left out.
    fn files(&self, import: Uuid) -> Result<Vec<(Uuid, Row)>, Failure> {
        let mut files = self.rows_of("importfiles", "_importid_value", import)?;
        files.retain(|(_, file)| file.get("processcode") == Some(&json!(1)));
        Ok(files)
    }

    /// A file as it is to be imported.
    fn columns_of(&self, file: &Row) -> Result<Result<Mapped, Unusable>, Failure> {
        if file.get("targetentityname") != Some(&json!("systemuser")) {
            let why = "Rows of another table than 'systemuser' are not imported here.";
            return Ok(Err(Unusable::whole(why)));
        }
        let map = file.get("_importmapid_value").and_then(Value::as_str);
        let mappings = match map.and_then(|id| Uuid::parse_str(id).ok()) {
            Some(map) => self.rows_of("columnmappings", "_importmapid_value", map)?,
            None => Vec::new(),
        };
        let mappings: Vec<Row> = mappings.into_iter().map(|(_, row)| row).collect();
        Ok(file::read(file).and_then(|sheet| {
            let columns = file::mapped(file, &sheet, &mappings)?;
            Ok((sheet, columns))
        }))
    }

    /// A file that stops its import.
    fn unusable(&mut self, file: Uuid, phase: i64, what: &Unusable) -> Worked {
        let line = Line {
            phase,
            what,
            number: None,
            value: "",
        };
        self.note(file, &line)?;
        self.set_status("importfile", file, FAILED)?;
        Ok(Err(Broken(what.why.clone())))
    }

    fn common(&self, sequence: Option<i64>) -> Result<Common, Failure> {
        let (unit, role) = self.default_role()?;
        Ok(Common {
            unit,
            // The service refuses a role that is nowhere.
            role: role.unwrap_or(RoleId(Uuid::nil())),
            sequence: sequence.unwrap_or_default(),
        })
    }

    /// The root business unit, and the default role in it, where there is one.
    pub(in crate::rehearse) fn default_role(&self) -> Result<(UnitId, Option<RoleId>), Failure> {
        let sql = "SELECT id FROM business_unit WHERE parent IS NULL";
        let unit: Option<[u8; 16]> = self
            .connection
            .query_row(sql, [], |row| row.get(0))
            .optional()?;
        let unit = Uuid::from_bytes(unit.unwrap_or_default());
        let sql = "SELECT id, name FROM role WHERE business_unit = ?1 ORDER BY id";
        let mut statement = self.connection.prepare_cached(sql)?;
        let roles = statement.query_map([unit.as_bytes()], |row| {
            let name: String = row.get(1)?;
            Ok((comparison_key(&name), Uuid::from_bytes(row.get(0)?)))
        })?;
        let roles: Vec<(String, Uuid)> = roles.collect::<Result<_, _>>()?;
        let named = |name: &&str| {
            let name = comparison_key(name);
            let mut roles = roles.iter();
            roles.find(|(known, _)| *known == name)
        };
        let role = DEFAULT_ROLES.iter().find_map(named);
        Ok((UnitId(unit), role.map(|(_, id)| RoleId(*id))))
    }

    /// Makes the user of one row; whether it was made.
    fn import_user(
        &mut self,
        file: Uuid,
        line: u64,
        cells: &BTreeMap<&str, &str>,
        common: &Common,
    ) -> Result<bool, Failure> {
        let users = self.table("systemusers")?.clone();
        let id = self.unused_id(&users)?;
        let text = |column: &str| {
            let cell = cells.get(column).filter(|cell| !cell.is_empty());
            cell.map(|cell| (*cell).to_owned())
        };
        let names = [text("firstname"), text("lastname")];
        let full: Vec<&str> = names.iter().flatten().map(String::as_str).collect();
        let full_name = full.join(" ");
        let [first_name, last_name] = names;
        let stub = StubUser {
            id: UserId(id),
            upn: text("domainname").unwrap_or_default(),
            mail: text("internalemailaddress").unwrap_or_default(),
            first_name,
            last_name,
            full_name,
            employee_id: text("employeeid"),
            business_unit: common.unit,
            default_role: common.role,
            way: StubWay::Import,
        };
        let upn = stub.upn.clone();
        let write = Write::CreateStub(Box::new(stub));
        if let Performed::Refused(refusal) = self.service.perform(&write)? {
            let what = Unusable {
                line,
                header: "User Name".to_owned(),
                why: refusal.message,
            };
            let line = Line {
                phase: IMPORTING,
                what: &what,
                number: Some(i64::from(refusal.code.0.cast_signed())),
                value: &upn,
            };
            self.note(file, &line)?;
            return Ok(false);
        }
        self.log.row("create", "systemuser", id);
        let columns = object([("importsequencenumber", json!(common.sequence))]);
        extra::write(self.connection, "systemuser", id, columns)?;
        Ok(true)
    }
}
