//! The directory of an environment folder: people of Microsoft 365 or Entra, and groups.
//!
//! In: `directory` (the admin centre's or Entra's own export), `groups`. Out: the people with their
//! products and roles, and who is in which group by way of which. What follows from it is a rule.

use std::collections::BTreeSet;

use crate::environment::EnvironmentError;
use crate::environment::Writer;
use crate::environment::load::Loading;
use crate::environment::load::cells::Cells;
use crate::environment::load::cells::Column;
use crate::environment::load::cells::Sheet;
use crate::model::comparison_key;

/// What stands between several values of one cell.
const BETWEEN: char = '+';

/// What the admin centre writes for somebody without a product.
const UNLICENSED: &str = "unlicensed";

struct Columns {
    upn: Column,
    id: Column,
    texts: [Column; 4],
    enabled: Column,
    blocked: Column,
    licences: Column,
    roles: Column,
}

/// Reads the people; the answer is how many rows there were.
pub(super) fn read(sheet: &Sheet, loading: &mut Loading<'_>) -> Result<u64, EnvironmentError> {
    let texts = ["display_name", "first_name", "last_name", "mail"];
    let columns = Columns {
        upn: sheet.column("upn"),
        id: sheet.column("id"),
        texts: texts.map(|name| sheet.column(name)),
        enabled: sheet.column("enabled"),
        blocked: sheet.column("blocked"),
        licences: sheet.column("licences"),
        roles: sheet.column("roles"),
    };
    let mut known = BTreeSet::new();
    let mut ids = BTreeSet::new();
    let writer = &mut loading.writer;
    sheet.rows(loading.progress, &mut loading.problems, &mut |cells| {
        let upn = cells.text(columns.upn, "the person's UPN");
        let id = cells.optional_guid(columns.id);
        let enabled = cells.yes_no(columns.enabled);
        let blocked = cells.yes_no(columns.blocked);
        let (Some(upn), Ok(id), Ok(enabled), Ok(blocked)) = (upn, id, enabled, blocked) else {
            return Ok(());
        };
        if !known.insert(comparison_key(&upn)) {
            cells.repeated(columns.upn, "person");
            return Ok(());
        }
        if id.is_some_and(|id| !ids.insert(id)) {
            cells.repeated(columns.id, "person");
            return Ok(());
        }
        let [display_name, first, last, mail] = columns.texts.map(|text| cells.optional(text));
        writer.run(
            "INSERT INTO directory_person (upn, id, display_name, first_name, last_name, mail, \
             enabled) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (
                &upn,
                id.map(uuid::Uuid::into_bytes),
                display_name,
                first,
                last,
                mail,
                enabled.or(blocked.map(|blocked| !blocked)),
            ),
        )?;
        add_listed(cells, &columns, &upn, writer)
    })
}

fn add_listed(
    cells: &Cells<'_>,
    columns: &Columns,
    upn: &str,
    writer: &Writer,
) -> Result<(), EnvironmentError> {
    for product in listed(cells.cell(columns.licences)) {
        if comparison_key(product) != UNLICENSED {
            writer.run(
                "INSERT OR IGNORE INTO directory_licence (person, product) VALUES (?1, ?2)",
                (upn, product),
            )?;
        }
    }
    for role in listed(cells.cell(columns.roles)) {
        writer.run(
            "INSERT OR IGNORE INTO directory_role (person, role) VALUES (?1, ?2)",
            (upn, role),
        )?;
    }
    Ok(())
}

fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split(BETWEEN)
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

/// Reads who is in which group; the answer is how many rows there were.
pub(super) fn read_groups(
    sheet: &Sheet,
    loading: &mut Loading<'_>,
) -> Result<u64, EnvironmentError> {
    let group = sheet.column("group");
    let member = sheet.column("member");
    let via = sheet.column("via");
    let writer = &mut loading.writer;
    sheet.rows(loading.progress, &mut loading.problems, &mut |cells| {
        let group = cells.text(group, "the group's name");
        let member = cells.text(member, "the member's UPN or id");
        match (group, member) {
            (Some(group), Some(member)) => writer.run(
                "INSERT OR IGNORE INTO directory_group (name, member, via) VALUES (?1, ?2, ?3)",
                (group, member, cells.cell(via)),
            ),
            _ => Ok(()),
        }
    })
}
