//! Tables, cascades and settings of an environment folder.
//!
//! In: `entities`, `cascades`, `settings`. Out: the same, checked one by one. What a setting does
//! is known to `check/` and `service/`.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::environment::EnvironmentError;
use crate::environment::load::Loading;
use crate::environment::load::cells::Cells;
use crate::environment::load::cells::Column;
use crate::environment::load::cells::Sheet;
use crate::environment::load::roles::user;
use crate::environment::load::words;
use crate::environment::load::world::World;
use crate::model::{Cascade, CascadeAssign, Fact, comparison_key, parse_guid, quoted, setting};

/// Reads the tables and who can own their rows; the answer is how many rows there were.
pub(super) fn read_entities(
    sheet: &Sheet,
    loading: &mut Loading<'_>,
) -> Result<u64, EnvironmentError> {
    let name = sheet.column("name");
    let ownership = sheet.column("ownership");
    let entities = &mut loading.world.entities;
    sheet.rows(loading.progress, &mut loading.problems, &mut |cells| {
        let text = logical_name(cells, name);
        let ownership = cells.word(ownership);
        if let (Some(text), Ok(ownership)) = (text, ownership)
            && entities.insert(text, ownership).is_some()
        {
            cells.repeated(name, "table");
        }
        Ok(())
    })
}

fn logical_name(cells: &mut Cells<'_>, column: Column) -> Option<String> {
    let text = cells.text(column, "a table's logical name")?;
    Some(text.to_lowercase())
}

/// Reads what assigning does to children; the answer is how many rows there were.
pub(super) fn read_cascades(
    sheet: &Sheet,
    loading: &mut Loading<'_>,
) -> Result<u64, EnvironmentError> {
    let parent = sheet.column("parent");
    let child = sheet.column("child");
    let assign = sheet.column("assign");
    let writer = &mut loading.writer;
    sheet.rows(loading.progress, &mut loading.problems, &mut |cells| {
        let parent = logical_name(cells, parent);
        let child = logical_name(cells, child);
        let given = cells.text(assign, "what becomes of the children").is_some();
        let assign = cells.word::<CascadeAssign>(assign);
        match (parent, child, assign) {
            (Some(parent), Some(child), Ok(Some(assign))) if given => {
                writer.add(&Fact::Cascade(Cascade {
                    parent,
                    child,
                    assign,
                }))
            }
            _ => Ok(()),
        }
    })
}

/// The settings whose names are known here; to the service a wrong case is another setting.
const KNOWN: [&str; 9] = [
    setting::ROLES_ON_DISABLED,
    setting::OWNERSHIP_ACROSS_UNITS,
    setting::KEEP_ROLES_ON_MOVE,
    setting::MOVE_RECORDS_WITH_OWNER,
    setting::NON_INTERACTIVE_MAX,
    setting::SECURITY_GROUP,
    setting::CALLER,
    setting::ORGANISATION,
    setting::AS_OF,
];

/// Reads the settings; the answer is how many rows there were.
pub(super) fn read_settings(
    sheet: &Sheet,
    loading: &mut Loading<'_>,
) -> Result<u64, EnvironmentError> {
    let name_column = sheet.column("name");
    let value_column = sheet.column("value");
    let mut settings = BTreeMap::new();
    let world = &loading.world;
    let most = loading.given.non_interactive_max;
    let rows = sheet.rows(loading.progress, &mut loading.problems, &mut |cells| {
        let Some(name) = cells.text(name_column, "a setting's name") else {
            return Ok(());
        };
        tell_case(cells, name_column, &name);
        let Some(value) = value(cells, value_column, &name, world) else {
            return Ok(());
        };
        if name == setting::NON_INTERACTIVE_MAX {
            tell_other_number(cells, value_column, &value, most);
        }
        if settings.insert(name, value).is_some() {
            cells.repeated(name_column, "setting");
        }
        Ok(())
    })?;
    loading.as_of_set = settings.contains_key(setting::AS_OF);
    loading.number_set = settings.contains_key(setting::NON_INTERACTIVE_MAX);
    for (name, value) in settings {
        loading.writer.add(&Fact::Setting { name, value })?;
    }
    Ok(rows)
}

fn tell_other_number(cells: &mut Cells<'_>, column: Column, value: &str, most: Option<u32>) {
    if let Some(most) = most.filter(|most| most.to_string() != value) {
        let message = format!(
            "{value}, and `non_interactive_max` under `[environment]` of the manifest is {most}, \
             expected the same; correct one of them, or take it out",
            value = quoted(&value)
        );
        cells.problem(column, &message);
    }
}

fn tell_case(cells: &mut Cells<'_>, column: Column, name: &str) {
    let near = |known: &&&str| known.eq_ignore_ascii_case(name) && **known != name;
    if let Some(known) = KNOWN.iter().find(near) {
        let message = format!(
            "{name}, expected {known}: a name in another case is ignored; correct the name",
            name = quoted(&name),
            known = quoted(&known)
        );
        cells.problem(column, &message);
    }
}

/// The value to keep: ids as GUIDs, whatever way they were written.
fn value(cells: &mut Cells<'_>, column: Column, name: &str, world: &World) -> Option<String> {
    match name {
        setting::CALLER => user(cells, column, world).map(|user| user.to_string()),
        setting::ORGANISATION => {
            let id = cells.parsed(column, "the organisation's GUID", parse_guid);
            id.ok().flatten().map(|id| id.to_string())
        }
        setting::AS_OF => {
            let day = cells.parsed(column, "a day such as `2026-11-28`", |text| {
                text.parse::<jiff::civil::Date>().ok()
            });
            day.ok().flatten().map(|day| day.to_string())
        }
        setting::NON_INTERACTIVE_MAX => {
            cells.text(column, "a number")?;
            let most = cells.parsed(column, "a number", |text| text.parse::<u32>().ok());
            most.ok().flatten().map(|most| most.to_string())
        }
        setting::ROLES_ON_DISABLED
        | setting::OWNERSHIP_ACROSS_UNITS
        | setting::KEEP_ROLES_ON_MOVE
        | setting::MOVE_RECORDS_WITH_OWNER => switch(cells, column),
        _ => Some(cells.cell(column).to_owned()),
    }
}

/// On or off, as the service writes it. What it does not know it takes for its default, so that a
/// blank one or another word would be a setting passed over.
fn switch(cells: &mut Cells<'_>, column: Column) -> Option<String> {
    cells.text(column, "`true` or `false`")?;
    let on = cells.parsed(column, "`true` or `false`", |text| {
        words::yes_no(text, "on", "off")
    });
    on.ok().flatten().map(|on| on.to_string())
}

/// Reads seats by product; the answer is how many rows there were.
pub(super) fn read_licences(
    sheet: &Sheet,
    loading: &mut Loading<'_>,
) -> Result<u64, EnvironmentError> {
    let product_column = sheet.column("product");
    let seats = sheet.column("seats");
    let used = sheet.column("used");
    let provisions = sheet.column("provisions");
    let mut known = BTreeSet::new();
    let writer = &mut loading.writer;
    sheet.rows(loading.progress, &mut loading.problems, &mut |cells| {
        let product = cells.text(product_column, "a product");
        let seats = cells.parsed(seats, "a number", |text| text.parse::<u32>().ok());
        let used = cells.parsed(used, "a number", |text| text.parse::<u32>().ok());
        let provisions = cells.yes_no(provisions);
        let (Some(product), Ok(seats), Ok(used), Ok(provisions)) =
            (product, seats, used, provisions)
        else {
            return Ok(());
        };
        if !known.insert(comparison_key(&product)) {
            cells.repeated(product_column, "product");
            return Ok(());
        }
        writer.run(
            "INSERT INTO licence (product, seats, used, provisions) VALUES (?1, ?2, ?3, ?4)",
            (product, seats, used, provisions),
        )
    })
}

/// Reads who has which product; the answer is how many rows there were.
pub(super) fn read_user_licences(
    sheet: &Sheet,
    loading: &mut Loading<'_>,
) -> Result<u64, EnvironmentError> {
    let user_column = sheet.column("user");
    let product = sheet.column("product");
    let world = &loading.world;
    let writer = &mut loading.writer;
    sheet.rows(loading.progress, &mut loading.problems, &mut |cells| {
        let user = user(cells, user_column, world);
        let product = cells.text(product, "a product");
        match (user, product) {
            (Some(user), Some(product)) => writer.run(
                "INSERT OR IGNORE INTO user_licence (user, product) VALUES (?1, ?2)",
                (user.0.into_bytes(), product),
            ),
            _ => Ok(()),
        }
    })
}
