//! The tables that are served, as data: sets, columns, relationships.
//!
//! In: the entities of an environment file. Out: for each table its names, its columns with where they stand in
//! the file, and the ways from it to others (platform facts 2 to 4 and 5.5). What is not a column of the file
//! stands beside it, in `extra.rs`.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::Connection;

use crate::model::{ACTIVITY_TABLES, Ownership, ProfileField, TextColumn};
use crate::rehearse::schema::facts::FACTS;
use crate::rehearse::schema::imports::IMPORTS;

mod facts;
mod imports;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rehearse) enum Kind {
    /// A GUID.
    Id,
    /// A GUID of a row of the table of this logical name; `owner` is a user or a team.
    Lookup(&'static str),
    /// A text.
    Text,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// True or false, 0 or 1 in the file.
    Boolean,
}

/// A column.
#[derive(Clone, Debug)]
pub(in crate::rehearse) struct Column {
    /// As it is read: lookups are `_name_value`.
    pub(in crate::rehearse) name: String,
    /// What it holds.
    pub(in crate::rehearse) kind: Kind,
    /// The expression that reads it from the file; `None` stands beside the file.
    pub(in crate::rehearse) sql: Option<&'static str>,
}

/// Where the rows of a table stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rehearse) enum Source {
    /// What a `FROM` reads.
    Facts {
        /// A table, or a join.
        from: &'static str,
        /// The order of its pages.
        order: &'static str,
    },
    /// Records of the entity of this number.
    Records {
        /// The number.
        number: i64,
    },
}

/// How rows of one table lead to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rehearse) enum Way {
    /// To the one that a lookup names.
    One(&'static str),
    /// To those whose lookup names this one: table and lookup.
    Many(&'static str, &'static str),
    /// Through an intersect table: table, its own column, the other's column, the other table.
    Through(&'static str, &'static str, &'static str, &'static str),
}

/// A table.
#[derive(Clone, Debug)]
pub(in crate::rehearse) struct Table {
    /// Logical name.
    pub(in crate::rehearse) logical: String,
    /// Name of the set in URLs.
    pub(in crate::rehearse) set: String,
    /// Name of the primary key.
    pub(in crate::rehearse) id: String,
    /// Name of the column that names a row.
    pub(in crate::rehearse) name: Option<&'static str>,
    /// `OwnershipType` as metadata says it.
    pub(in crate::rehearse) ownership: &'static str,
    /// Where the rows stand.
    pub(in crate::rehearse) source: Source,
    /// Columns.
    pub(in crate::rehearse) columns: Vec<Column>,
    /// Navigation properties.
    pub(in crate::rehearse) ways: Vec<(&'static str, Way)>,
}

impl Table {
    /// A column by the name under which it is read, in any case.
    pub(in crate::rehearse) fn column(&self, name: &str) -> Option<&Column> {
        let mut columns = self.columns.iter();
        columns.find(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// Whether a name is a column, or may be one of the customer's own: those have a publisher's prefix.
    pub(in crate::rehearse) fn knows(&self, name: &str) -> bool {
        let own = name.trim_start_matches('_').contains('_') && !name.starts_with("address");
        self.column(name).is_some() || own
    }

    /// A navigation property.
    pub(in crate::rehearse) fn way(&self, name: &str) -> Option<Way> {
        let mut ways = self.ways.iter();
        let (_, way) = ways.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(*way)
    }

    /// Whether its rows are records with owners.
    pub(in crate::rehearse) fn is_owned(&self) -> bool {
        matches!(self.source, Source::Records { .. }) && self.ownership == "UserOwned"
    }
}

/// Every table.
#[derive(Clone, Debug)]
pub(in crate::rehearse) struct Schema {
    tables: Vec<Arc<Table>>,
    sets: HashMap<String, usize>,
}

impl Schema {
    /// The tables of a file: those of users and roles, and one for each entity.
    pub(in crate::rehearse) fn of(connection: &Connection) -> rusqlite::Result<Self> {
        let known = FACTS.iter().chain(IMPORTS);
        let mut tables: Vec<Arc<Table>> = known.map(facts::table).map(Arc::new).collect();
        let sql = "SELECT number, name, ownership FROM entity ORDER BY number";
        let mut statement = connection.prepare(sql)?;
        let found = statement.query_map([], |row| {
            let ownership: Option<u8> = row.get(2)?;
            let ownership = ownership.and_then(Ownership::from_code);
            Ok(records(row.get(1)?, row.get(0)?, ownership))
        })?;
        for table in found {
            let table = table?;
            // Of users and teams an environment file may hold how they are owned, and no records.
            if tables.iter().all(|known| known.logical != table.logical) {
                tables.push(Arc::new(table));
            }
        }
        let sets = tables.iter().enumerate();
        let sets = sets.map(|(number, table)| (table.set.to_ascii_lowercase(), number));
        Ok(Self {
            sets: sets.collect(),
            tables,
        })
    }

    /// The table of a set, in any case.
    pub(in crate::rehearse) fn set(&self, set: &str) -> Option<&Arc<Table>> {
        let number = self.sets.get(&set.to_ascii_lowercase())?;
        self.tables.get(*number)
    }

    /// The table of a logical name.
    pub(in crate::rehearse) fn table(&self, logical: &str) -> Option<&Arc<Table>> {
        self.tables.iter().find(|table| table.logical == logical)
    }

    /// All tables.
    pub(in crate::rehearse) fn tables(&self) -> &[Arc<Table>] {
        &self.tables
    }
}

/// Sets whose name is no plain plural.
const SETS: [(&str, &str); 3] = [
    ("opportunity", "opportunities"),
    ("businessunit", "businessunits"),
    ("annotation", "annotations"),
];

/// The table of an entity's records.
fn records(logical: String, number: i64, ownership: Option<Ownership>) -> Table {
    let is_activity = ACTIVITY_TABLES.binary_search(&logical.as_str()).is_ok();
    let id = if is_activity {
        "activityid".to_owned()
    } else {
        format!("{logical}id")
    };
    let ownership = match ownership {
        // Nobody told: records of an environment file have owners.
        Some(Ownership::User | Ownership::Team) | None => "UserOwned",
        Some(Ownership::Business) => "BusinessOwned",
        Some(Ownership::Organisation) => "OrganizationOwned",
        Some(Ownership::BusinessParented) => "BusinessParented",
        Some(Ownership::None) => "None",
    };
    let mut columns = vec![Column {
        name: id.clone(),
        kind: Kind::Id,
        sql: Some("id"),
    }];
    columns.extend(facts::record_columns(&logical));
    Table {
        set: set_of(&logical),
        name: Some(facts::record_name(&logical)),
        id,
        ownership,
        source: Source::Records { number },
        columns,
        ways: facts::record_ways(&logical),
        logical,
    }
}

/// The plural by which the service names sets of new tables.
fn set_of(logical: &str) -> String {
    if let Some((_, set)) = SETS.iter().find(|(known, _)| *known == logical) {
        return (*set).to_owned();
    }
    let last = logical.chars().last();
    match last {
        Some('y') => format!("{}ies", &logical[..logical.len() - 1]),
        Some('s' | 'x' | 'z') => format!("{logical}es"),
        _ if logical.ends_with("ch") || logical.ends_with("sh") => format!("{logical}es"),
        _ => format!("{logical}s"),
    }
}

/// The field of a profile that a column of users is.
pub(in crate::rehearse) fn profile_field(column: &str) -> Option<ProfileField> {
    let mut fields = ProfileField::ALL.into_iter();
    fields.find(|field| TextColumn::of(*field).name == column)
}

#[cfg(test)]
mod tests {
    use super::set_of;

    #[test]
    fn sets_are_plurals() {
        for (logical, set) in [
            ("account", "accounts"),
            ("opportunity", "opportunities"),
            ("new_box", "new_boxes"),
            ("new_city", "new_cities"),
            ("new_branch", "new_branches"),
        ] {
            assert_eq!(set_of(logical), set);
        }
    }
}
