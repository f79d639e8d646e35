//! What the service tells of its tables: `EntityDefinitions`, and as much of attributes as clients ask for.
//!
//! In: the tables. Out: their definitions as rows, filtered and selected as rows of data are; of choice columns their
//! options too. Which numbers and labels those have is `choices.rs`.

use std::borrow::Cow;

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::model::CascadeAssign;
use crate::rehearse::api::Api;
use crate::rehearse::choices;
use crate::rehearse::exchange::Answer;
use crate::rehearse::extra::Row;
use crate::rehearse::failure::Failure;
use crate::rehearse::odata::{self, Key, Options};
use crate::rehearse::schema::{Column, Kind, Table};

/// Under this name space tables get their metadata ids.
const METADATA: Uuid = Uuid::from_u128(0x5a3d_1f60_2be7_4c0d_8e51_70d9_4a6b_c2f8);

/// A definition as filters see it; it leads nowhere.
struct Definition<'a>(&'a Row);

impl odata::Row for Definition<'_> {
    fn value(&self, property: &str) -> Cow<'_, Value> {
        let value = self.0.get(property);
        value.map_or(Cow::Owned(Value::Null), Cow::Borrowed)
    }

    fn related(&self, _: &str) -> Vec<Box<dyn odata::Row + '_>> {
        Vec::new()
    }
}

/// Which attributes are asked for.
#[derive(Clone, Copy, Debug)]
pub(in crate::rehearse) struct Attributes<'a> {
    /// The collection of a table that the URL names.
    pub(in crate::rehearse) property: &'a str,
    /// The one that is wanted; all where none is named.
    pub(in crate::rehearse) one: Option<&'a Key>,
    /// The type to which the URL narrows them.
    pub(in crate::rehearse) cast: Option<&'a str>,
}

impl Api<'_> {
    /// The definitions of all tables that a filter takes.
    pub(in crate::rehearse) fn definitions(&self, options: &Options) -> Result<Answer, Failure> {
        let all = self.schema.tables().iter().map(|table| definition(table));
        let shown = taken(all, options, "EntityMetadata")?;
        let context = format!("{}$metadata#EntityDefinitions", self.root);
        let body = json!({ "@odata.context": context, "value": shown });
        Ok(Answer::json(StatusCode::OK, &body))
    }

    /// The definition of one table.
    pub(in crate::rehearse) fn definition(
        &self,
        key: &Key,
        options: &Options,
    ) -> Result<Answer, Failure> {
        let table = self.table_of(key)?;
        let mut row = Row::new();
        let context = format!("{}$metadata#EntityDefinitions/$entity", self.root);
        row.insert("@odata.context".to_owned(), json!(context));
        row.extend(selected(&definition(table), options, "EntityMetadata")?);
        Ok(Answer::json(StatusCode::OK, &Value::Object(row)))
    }

    /// What is told of the attributes of a table, or of one: their names and types; of those of one type, which a URL
    /// asks for by a cast, what only that type has too.
    pub(in crate::rehearse) fn attributes(
        &self,
        key: &Key,
        asked: Attributes<'_>,
        options: &Options,
    ) -> Result<Answer, Failure> {
        let table = self.table_of(key)?;
        match (asked.property, asked.cast) {
            ("Attributes", _) => {}
            ("OneToManyRelationships", None) => return self.relationships(table),
            _ => return Err(Failure::no_resource(asked.property)),
        }
        let kind = asked.cast.unwrap_or("AttributeMetadata");
        let wanted = kind
            .strip_suffix("AttributeMetadata")
            .ok_or_else(|| Failure::no_resource(kind))?;
        let all = table.columns.iter().map(|column| attribute(table, column));
        let mut all = all.filter(|row| is_of(wanted, row));
        let show = |row: &Row| {
            let mut shown = selected(row, options, kind)?;
            shown.append(&mut option_sets(table, row, options, kind)?);
            Ok::<Row, Failure>(shown)
        };
        let cast = asked
            .cast
            .map(|cast| format!("/Microsoft.Dynamics.CRM.{cast}"));
        let context = format!(
            "{}$metadata#EntityDefinitions('{}')/Attributes{}",
            self.root,
            table.logical,
            cast.unwrap_or_default()
        );
        let body = if let Some(key) = asked.one {
            let found = all.find(|row| is_named(row, key));
            let found = found.ok_or_else(|| {
                Failure::new("0x80040217", "Could not find an attribute with that name.")
            })?;
            let mut shown = show(&found)?;
            shown.insert(
                "@odata.context".to_owned(),
                json!(format!("{context}/$entity")),
            );
            Value::Object(shown)
        } else {
            let rows = kept(all, options).map(|row| show(&row));
            let rows: Vec<Row> = rows.collect::<Result<_, _>>()?;
            json!({ "@odata.context": context, "value": rows })
        };
        Ok(Answer::json(StatusCode::OK, &body))
    }

    /// The tables whose rows follow those of a table, with what assigning one does to them.
    fn relationships(&self, table: &Table) -> Result<Answer, Failure> {
        let sql = "SELECT child, assign FROM cascade WHERE parent = ?1 ORDER BY child";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found = statement.query([&table.logical])?;
        let mut values = Vec::new();
        while let Some(row) = found.next()? {
            let child: String = row.get(0)?;
            let assign = match CascadeAssign::from_code(row.get(1)?) {
                Some(CascadeAssign::All) => "Cascade",
                Some(CascadeAssign::Active) => "Active",
                Some(CascadeAssign::UserOwned) => "UserOwned",
                Some(CascadeAssign::None) | None => "NoCascade",
            };
            values.push(json!({
                "ReferencedEntity": table.logical,
                "ReferencingEntity": child,
                "CascadeConfiguration": { "Assign": assign },
            }));
        }
        let context = format!(
            "{}$metadata#EntityDefinitions/OneToManyRelationships",
            self.root
        );
        let body = json!({ "@odata.context": context, "value": values });
        Ok(Answer::json(StatusCode::OK, &body))
    }

    fn table_of(&self, key: &Key) -> Result<&Table, Failure> {
        let found = match key {
            Key::Id(id) => {
                let mut tables = self.schema.tables().iter();
                tables.find(|table| metadata_id(table) == *id)
            }
            Key::Alternate(values) => values.first().and_then(|(_, name)| {
                let name = name.to_value();
                self.schema.table(name.as_str().unwrap_or_default())
            }),
        };
        found
            .map(Arc::as_ref)
            .ok_or_else(|| Failure::new("0x80040217", "Could not find an entity with that name."))
    }
}

fn metadata_id(table: &Table) -> Uuid {
    made_id(&table.logical)
}

fn made_id(of: &str) -> Uuid {
    Uuid::new_v5(&METADATA, of.as_bytes())
}

/// Tables whose name in schemas is more than the logical one with a capital.
const SCHEMA_NAMES: [(&str, &str); 12] = [
    ("asyncoperation", "AsyncOperation"),
    ("businessunit", "BusinessUnit"),
    ("columnmapping", "ColumnMapping"),
    ("importfile", "ImportFile"),
    ("importlog", "ImportLog"),
    ("importmap", "ImportMap"),
    ("phonecall", "PhoneCall"),
    ("roleprivileges", "RolePrivileges"),
    ("systemuser", "SystemUser"),
    ("systemuserroles", "SystemUserRoles"),
    ("teammembership", "TeamMembership"),
    ("teamroles", "TeamRoles"),
];

/// The name in schemas; of a customer's own tables, which begin with a prefix, no capitals are known.
fn schema_name(logical: &str) -> String {
    if let Some((_, name)) = SCHEMA_NAMES.iter().find(|(known, _)| *known == logical) {
        return (*name).to_owned();
    }
    match logical.split_at_checked(1) {
        Some((first, rest)) if !logical.contains('_') => first.to_ascii_uppercase() + rest,
        _ => logical.to_owned(),
    }
}

fn definition(table: &Table) -> Row {
    let id = metadata_id(table);
    let values = [
        ("MetadataId", json!(id)),
        ("LogicalName", json!(table.logical)),
        ("SchemaName", json!(schema_name(&table.logical))),
        ("EntitySetName", json!(table.set)),
        ("LogicalCollectionName", json!(table.set)),
        ("PrimaryIdAttribute", json!(table.id)),
        ("PrimaryNameAttribute", json!(table.name)),
        ("OwnershipType", json!(table.ownership)),
        ("IsPrivate", json!(false)),
        ("IsActivity", json!(table.id == "activityid")),
        ("IsCustomEntity", json!(table.logical.contains('_'))),
        ("IsIntersect", json!(table.name.is_none())),
    ];
    row(values)
}

fn row<const N: usize>(values: [(&str, Value); N]) -> Row {
    let values = values.into_iter();
    values
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn attribute(table: &Table, column: &Column) -> Row {
    let name = column
        .name
        .trim_start_matches('_')
        .trim_end_matches("_value");
    let kind = match column.kind {
        Kind::Integer if !choices::of(&table.logical, name).is_empty() => choices::kind(name),
        Kind::Id => "Uniqueidentifier",
        Kind::Lookup("owner") => "Owner",
        Kind::Lookup(_) => "Lookup",
        Kind::Text => "String",
        Kind::Integer => "Integer",
        Kind::Number => "Double",
        Kind::Boolean => "Boolean",
    };
    let id = format!("{}.{name}", table.logical);
    row([
        ("MetadataId", json!(made_id(&id))),
        ("LogicalName", json!(name)),
        ("SchemaName", json!(name)),
        ("EntityLogicalName", json!(table.logical)),
        ("AttributeType", json!(kind)),
        ("IsPrimaryId", json!(name == table.id)),
        ("IsPrimaryName", json!(table.name == Some(name))),
    ])
}

/// Whether an attribute is of a type; of no type in particular is every one.
fn is_of(wanted: &str, attribute: &Row) -> bool {
    let kind = attribute["AttributeType"].as_str().unwrap_or_default();
    match wanted {
        "" => true,
        "Enum" => ["Picklist", "State", "Status"].contains(&kind),
        "Lookup" => ["Lookup", "Owner"].contains(&kind),
        _ => wanted.eq_ignore_ascii_case(kind),
    }
}

/// What an attribute leads to as far as it is asked for: its options, which are found under both names, whether other
/// attributes share them or not.
fn option_sets(
    table: &Table,
    attribute: &Row,
    options: &Options,
    kind: &str,
) -> Result<Row, Failure> {
    const CASTS: [&str; 4] = ["Enum", "Picklist", "State", "Status"];
    let has_choices = CASTS
        .iter()
        .any(|cast| kind.strip_prefix(cast) == Some("AttributeMetadata"));
    let name = attribute["LogicalName"].as_str().unwrap_or_default();
    let mut sets = Row::new();
    for expand in &options.expand {
        let property = expand.property.as_str();
        if !has_choices || !["OptionSet", "GlobalOptionSet"].contains(&property) {
            return Err(Failure::no_property(property, kind));
        }
        let id = made_id(&format!("{}.{name}.options", table.logical));
        let choices = choices::of(&table.logical, name);
        let set = choices::option_set(id, &table.logical, name, &choices);
        let shown = selected(&set, &expand.options, "OptionSetMetadata")?;
        sets.insert(property.to_owned(), Value::Object(shown));
    }
    Ok(sets)
}

/// Whether a row of metadata is the one of a key.
fn is_named(row: &Row, key: &Key) -> bool {
    match key {
        Key::Id(id) => row.get("MetadataId") == Some(&json!(id)),
        Key::Alternate(values) => values
            .iter()
            .all(|(name, value)| row.get(name) == Some(&value.to_value())),
    }
}

/// Those rows that the filter takes, with what was selected.
fn taken(
    rows: impl Iterator<Item = Row>,
    options: &Options,
    kind: &str,
) -> Result<Vec<Row>, Failure> {
    kept(rows, options)
        .map(|row| selected(&row, options, kind))
        .collect()
}

/// Those rows that the filter takes.
fn kept(rows: impl Iterator<Item = Row>, options: &Options) -> impl Iterator<Item = Row> {
    let filter = options.filter.as_ref();
    rows.filter(move |row| filter.is_none_or(|filter| filter.matches(&Definition(row))))
}

fn selected(row: &Row, options: &Options, kind: &str) -> Result<Row, Failure> {
    if options.select.is_empty() {
        return Ok(row.clone());
    }
    let mut shown = Row::new();
    for name in options
        .select
        .iter()
        .map(String::as_str)
        .chain(["MetadataId"])
    {
        let Some(value) = row.get(name) else {
            return Err(Failure::no_property(name, kind));
        };
        shown.insert(name.to_owned(), value.clone());
    }
    Ok(shown)
}
