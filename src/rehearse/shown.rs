//! Rows as answers show them: the columns that were selected, what leads from them, and annotations.
//!
//! In: rows, and the options of a URL. Out: JSON. Which rows they are is for `query.rs`.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::rehearse::api::Api;
use crate::rehearse::choices;
use crate::rehearse::exchange::Request;
use crate::rehearse::extra::Row;
use crate::rehearse::failure::Failure;
use crate::rehearse::odata::Options;
use crate::rehearse::related::related;
use crate::rehearse::rows::{LOOKUP, VERSION};
use crate::rehearse::schema::{Table, Way};
use crate::rehearse::verbs::etag;

/// The annotation that says by which property a lookup leads on.
const NAVIGATION: &str = "@Microsoft.Dynamics.CRM.associatednavigationproperty";

/// The annotation that says what people read instead of the value.
const FORMATTED: &str = "@OData.Community.Display.V1.FormattedValue";

/// The preference that names annotations.
const PREFERENCE: &str = "odata.include-annotations=";

impl Api<'_> {
    /// One row as an answer of its own.
    pub(in crate::rehearse) fn single(
        &self,
        table: &Table,
        row: &Row,
        options: &Options,
        request: &Request,
    ) -> Result<Value, Failure> {
        let mut shown = self.shown(table, row, options, request)?;
        let context = format!("{}/$entity", self.context(table, options));
        if let Value::Object(object) = &mut shown {
            object.insert("@odata.context".to_owned(), json!(context));
        }
        Ok(shown)
    }

    pub(in crate::rehearse) fn context(&self, table: &Table, options: &Options) -> String {
        let selected = if options.select.is_empty() {
            String::new()
        } else {
            format!("({})", options.select.join(","))
        };
        format!("{}$metadata#{}{selected}", self.root, table.set)
    }

    /// What of a row goes back.
    pub(in crate::rehearse) fn shown(
        &self,
        table: &Table,
        row: &Row,
        options: &Options,
        request: &Request,
    ) -> Result<Value, Failure> {
        let mut shown = Row::new();
        shown.insert("@odata.etag".to_owned(), json!(etag(row)));
        let mut show = |name: &str| {
            let value = row.get(name).cloned().unwrap_or_default();
            shown.insert(name.to_owned(), value);
            shown.append(&mut self.annotations(table, row, name, request)?);
            Ok::<(), Failure>(())
        };
        if options.select.is_empty() || options.select.iter().any(|name| name == "*") {
            for column in table
                .columns
                .iter()
                .filter(|column| column.name != "privilegename")
            {
                show(&column.name)?;
            }
            for name in row.keys().filter(|name| !name.contains('@')) {
                show(name)?;
            }
        }
        for name in options.select.iter().filter(|name| *name != "*") {
            if !table.knows(name) && !row.contains_key(name) {
                return Err(Failure::no_property(name, &table.logical));
            }
            show(&name.to_ascii_lowercase())?;
        }
        show(&table.id)?;
        for expand in &options.expand {
            let way = table.way(&expand.property);
            let way = way.ok_or_else(|| Failure::no_property(&expand.property, &table.logical))?;
            let value = self.expanded(table, row, way, &expand.options, request)?;
            shown.insert(expand.property.clone(), value);
        }
        shown.remove(VERSION);
        Ok(Value::Object(shown))
    }

    /// What is told of the row that a lookup names: its table, its name, and by which property one is led there; of a
    /// choice its label.
    fn annotations(
        &self,
        table: &Table,
        row: &Row,
        name: &str,
        request: &Request,
    ) -> Result<Row, Failure> {
        let mut told = Row::new();
        if annotates(request, FORMATTED)
            && let Some(label) = label(table, row, name)
        {
            told.insert(format!("{name}{FORMATTED}"), json!(label));
        }
        let Some(Value::String(logical)) = row.get(&format!("{name}{LOOKUP}")) else {
            return Ok(told);
        };
        let mut tell = |annotation: &str, value: Value| {
            told.insert(format!("{name}{annotation}"), value);
        };
        if annotates(request, LOOKUP) {
            tell(LOOKUP, json!(logical));
        }
        if annotates(request, NAVIGATION) {
            let mut ways = table.ways.iter();
            if let Some((way, _)) =
                ways.find(|(_, way)| matches!(way, Way::One(column) if *column == name))
            {
                tell(NAVIGATION, json!(way));
            }
        }
        if annotates(request, FORMATTED)
            && let Some(to) = self.schema.table(logical)
            && let Some(id) = row.get(name).and_then(Value::as_str)
            && let Ok(id) = Uuid::parse_str(id)
            && let Some(found) = self.row(to, id)?
            && let Some(called) = to.name.and_then(|column| found.get(column))
        {
            tell(FORMATTED, called.clone());
        }
        Ok(told)
    }

    fn expanded(
        &self,
        table: &Table,
        row: &Row,
        way: Way,
        options: &Options,
        request: &Request,
    ) -> Result<Value, Failure> {
        let (to, rows) = related(self.connection, &self.schema, table, row, way)?;
        let rows = self.kept(to, rows, options)?;
        let top = options.top.and_then(|top| usize::try_from(top).ok());
        let shown: Result<Vec<Value>, Failure> = rows
            .into_iter()
            .take(top.unwrap_or(usize::MAX))
            .map(|row| self.shown(to, &row, options, request))
            .collect();
        let mut shown = shown?;
        Ok(match way {
            Way::One(_) => shown.pop().unwrap_or_default(),
            Way::Many(..) | Way::Through(..) => Value::Array(shown),
        })
    }
}

/// The label of the choice that a column holds.
fn label(table: &Table, row: &Row, name: &str) -> Option<&'static str> {
    let value = row.get(name)?.as_i64()?;
    let choices = choices::of(&table.logical, name).into_iter();
    let mut chosen = choices.filter(|choice| choice.value == value);
    Some(chosen.next()?.label)
}

/// Whether an annotation is preferred: by its name, or by a beginning of it and a `*`.
fn annotates(request: &Request, annotation: &str) -> bool {
    let annotation = annotation.trim_start_matches('@');
    let all = request.headers.get_all("prefer").iter();
    let mut wishes = all
        .filter_map(|text| text.to_str().ok()?.split_once(PREFERENCE))
        .map(|(_, wish)| match wish.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next().unwrap_or_default(),
            None => wish.split([',', ';']).next().unwrap_or_default(),
        });
    wishes.any(|wish| {
        wish.split(',')
            .map(str::trim)
            .any(|one| match one.strip_suffix('*') {
                Some(beginning) => annotation.starts_with(beginning),
                None => annotation == one,
            })
    })
}
