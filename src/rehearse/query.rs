//! Questions: sets, single rows, and the rows to which one leads.
//!
//! In: a table and the options of a URL. Out: rows as JSON, page by page (platform facts 5.4). Every page but the last
//! names the next one by an opaque cookie; `$top` is ignored where a page size is preferred, as the service does.

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::StatusCode;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rusqlite::Connection;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::rehearse::api::Api;
use crate::rehearse::exchange::{Answer, Request};
use crate::rehearse::extra::Row;
use crate::rehearse::failure::Failure;
use crate::rehearse::odata::{self, Asked, Expression, Options};
use crate::rehearse::rows::{self, LOOKUP, VERSION, Wanted};
use crate::rehearse::schema::{Schema, Source, Table, Way};
use crate::rehearse::verbs::{etag, prefers};

/// The largest page, and the one where no size is preferred.
const PAGE_MAX: usize = 5000;

/// What `@odata.count` says at most.
const COUNT_MAX: usize = 5000;

/// What stays as it is in a cookie.
const COOKIE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beginning {
    /// At the first row.
    First,
    /// After so many rows of the whole answer.
    Skip(usize),
    /// After the record of this id.
    After(Uuid),
}

/// A row with what leads from it, for filters.
struct Seen<'a> {
    connection: &'a Connection,
    schema: &'a Schema,
    table: &'a Table,
    row: Cow<'a, Row>,
}

impl odata::Row for Seen<'_> {
    fn value(&self, property: &str) -> Cow<'_, Value> {
        let value = self.row.get(&property.to_ascii_lowercase());
        value.map_or(Cow::Owned(Value::Null), Cow::Borrowed)
    }

    fn related(&self, navigation: &str) -> Vec<Box<dyn odata::Row + '_>> {
        let found = self.table.way(navigation).and_then(|way| {
            let (table, rows) =
                related(self.connection, self.schema, self.table, &self.row, way).ok()?;
            Some((table, rows))
        });
        let Some((table, rows)) = found else {
            return Vec::new();
        };
        let seen = rows.into_iter().map(|row| {
            Box::new(Seen {
                connection: self.connection,
                schema: self.schema,
                table,
                row: Cow::Owned(row),
            }) as Box<dyn odata::Row>
        });
        seen.collect()
    }
}

impl Api<'_> {
    /// The rows of a set.
    pub(in crate::rehearse) fn query(
        &self,
        table: &Table,
        options: &Options,
        request: &Request,
    ) -> Result<Answer, Failure> {
        for unserved in ["fetchXml", "sql", "$apply", "$search"] {
            if options.others.contains_key(unserved) {
                return Err(Failure::unreadable(format!(
                    "`{unserved}` is not served here."
                )));
            }
        }
        if options.others.contains_key("$skip") {
            return Err(Failure::unreadable("Skip Clause is not supported in CRM."));
        }
        let size = page_size(request);
        let beginning = options
            .skip_token
            .as_deref()
            .map_or(Ok(Beginning::First), beginning)?;
        let streams = options.filter.is_none()
            && options.order_by.is_empty()
            && !options.count
            && matches!(table.source, Source::Records { .. });
        let limit = size.unwrap_or(PAGE_MAX);
        let limit = match (size, options.top) {
            (None, Some(top)) => limit.min(usize::try_from(top).unwrap_or(usize::MAX)),
            _ => limit,
        };
        let (rows, count) = if streams {
            let after = match beginning {
                Beginning::After(id) => Some(id),
                Beginning::First | Beginning::Skip(_) => None,
            };
            let wanted = Wanted {
                after,
                limit: Some(limit + 1),
                ..Wanted::default()
            };
            (rows::read(self.connection, table, &wanted)?, 0)
        } else {
            let rows = self.filtered(table, options)?;
            let count = rows.len();
            let skipped = match beginning {
                Beginning::Skip(rows) => rows,
                Beginning::First | Beginning::After(_) => 0,
            };
            let page = rows.into_iter().skip(skipped).take(limit + 1);
            (page.collect(), count)
        };
        let ends = rows.len() <= limit || (size.is_none() && options.top.is_some());
        let page = &rows[..rows.len().min(limit)];
        let next = match (ends, page.last()) {
            (false, Some(last)) => Some(next(table, beginning, page.len(), last, streams)),
            _ => None,
        };
        self.page(table, page, count, next, options, request)
    }

    fn page(
        &self,
        table: &Table,
        rows: &[Row],
        count: usize,
        next: Option<Beginning>,
        options: &Options,
        request: &Request,
    ) -> Result<Answer, Failure> {
        let values: Result<Vec<Value>, Failure> = rows
            .iter()
            .map(|row| self.shown(table, row, options, request))
            .collect();
        let mut body = json!({ "@odata.context": self.context(table, options), "value": values? });
        if options.count {
            body["@odata.count"] = json!(count.min(COUNT_MAX));
        }
        if let Some(next) = next {
            body["@odata.nextLink"] = json!(self.next_link(&request.url, next));
        }
        let answer = Answer::json(StatusCode::OK, &body);
        Ok(match page_size(request) {
            Some(size) => answer.with("preference-applied", &format!("odata.maxpagesize={size}")),
            None => answer,
        })
    }

    /// Every row that the filter takes, in order.
    fn filtered(&self, table: &Table, options: &Options) -> Result<Vec<Row>, Failure> {
        let mut wanted = Wanted::default();
        if let Some(filter) = &options.filter {
            known(table, filter)?;
            for column in &table.columns {
                if let Some(values) = filter.values_wanted(&column.name) {
                    wanted.values.insert(column.name.clone(), values);
                }
            }
        }
        let mut rows = self.rows(table, &wanted)?;
        if let Some(filter) = &options.filter {
            rows.retain(|row| {
                filter.matches(&Seen {
                    connection: self.connection,
                    schema: &self.schema,
                    table,
                    row: Cow::Borrowed(row),
                })
            });
        }
        for order in &options.order_by {
            if !table.knows(&order.property) {
                return Err(Failure::no_property(&order.property, &table.logical));
            }
        }
        rows.sort_by(|left, right| {
            let orders = options.order_by.iter().map(|order| {
                let value = |row: &Row| row.get(&order.property).cloned().unwrap_or_default();
                let found = odata::compare(&value(left), &value(right));
                if order.descending {
                    found.reverse()
                } else {
                    found
                }
            });
            orders.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        });
        Ok(rows)
    }

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
            // The context comes first, as clients that read by streams expect.
            let rest = std::mem::take(object);
            object.insert("@odata.context".to_owned(), json!(context));
            object.extend(rest);
        }
        Ok(shown)
    }

    fn context(&self, table: &Table, options: &Options) -> String {
        let selected = if options.select.is_empty() {
            String::new()
        } else {
            format!("({})", options.select.join(","))
        };
        format!("{}$metadata#{}{selected}", self.root, table.set)
    }

    /// What of a row goes back.
    fn shown(
        &self,
        table: &Table,
        row: &Row,
        options: &Options,
        request: &Request,
    ) -> Result<Value, Failure> {
        let mut shown = Row::new();
        shown.insert("@odata.etag".to_owned(), json!(etag(row)));
        let annotates = annotates(request);
        let mut show = |name: &str| {
            let value = row.get(name).cloned().unwrap_or_default();
            if let Some(to) = row.get(&format!("{name}{LOOKUP}")).filter(|_| annotates) {
                shown.insert(format!("{name}{LOOKUP}"), to.clone());
            }
            shown.insert(name.to_owned(), value);
        };
        if options.select.is_empty() || options.select.iter().any(|name| name == "*") {
            for column in table
                .columns
                .iter()
                .filter(|column| column.name != "privilegename")
            {
                show(&column.name);
            }
            for name in row.keys().filter(|name| !name.contains('@')) {
                show(name);
            }
        }
        for name in options.select.iter().filter(|name| *name != "*") {
            if !table.knows(name) && !row.contains_key(name) {
                return Err(Failure::no_property(name, &table.logical));
            }
            show(&name.to_ascii_lowercase());
        }
        show(&table.id);
        for expand in &options.expand {
            let way = table.way(&expand.property);
            let way = way.ok_or_else(|| Failure::no_property(&expand.property, &table.logical))?;
            let value = self.expanded(table, row, way, &expand.options, request)?;
            shown.insert(expand.property.clone(), value);
        }
        shown.remove(VERSION);
        Ok(Value::Object(shown))
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
        let rows = rows.into_iter().filter(|row| {
            let seen = Seen {
                connection: self.connection,
                schema: &self.schema,
                table: to,
                row: Cow::Borrowed(row),
            };
            options
                .filter
                .as_ref()
                .is_none_or(|filter| filter.matches(&seen))
        });
        let top = options.top.and_then(|top| usize::try_from(top).ok());
        let shown: Result<Vec<Value>, Failure> = rows
            .take(top.unwrap_or(usize::MAX))
            .map(|row| self.shown(to, &row, options, request))
            .collect();
        let mut shown = shown?;
        Ok(match way {
            Way::One(_) => shown.pop().unwrap_or_default(),
            Way::Many(..) | Way::Through(..) => Value::Array(shown),
        })
    }

    /// What stands behind a property of a row: a column, or the rows to which it leads.
    pub(in crate::rehearse) fn member(
        &self,
        table: &Table,
        id: Uuid,
        property: &str,
        asked: &Asked,
        request: &Request,
    ) -> Result<Answer, Failure> {
        let row = self.row(table, id)?;
        let row = row.ok_or_else(|| Failure::no_row(&table.logical, id))?;
        let Some(way) = table.way(property) else {
            if !table.knows(property) {
                return Err(Failure::no_resource(property));
            }
            let value = row.get(property).cloned().unwrap_or_default();
            let context = format!("{}$metadata#{}({id})/{property}", self.root, table.set);
            let body = json!({ "@odata.context": context, "value": value });
            return Ok(Answer::json(StatusCode::OK, &body));
        };
        let (to, rows) = related(self.connection, &self.schema, table, &row, way)?;
        if let Way::One(_) = way {
            return match rows.first() {
                Some(row) => {
                    let body = self.single(to, row, &asked.options, request)?;
                    Ok(Answer::json(StatusCode::OK, &body))
                }
                None => Ok(Answer::empty(StatusCode::NO_CONTENT)),
            };
        }
        let rows: Vec<Row> = rows
            .into_iter()
            .filter(|row| {
                let seen = Seen {
                    connection: self.connection,
                    schema: &self.schema,
                    table: to,
                    row: Cow::Borrowed(row),
                };
                let filter = asked.options.filter.as_ref();
                filter.is_none_or(|filter| filter.matches(&seen))
            })
            .collect();
        self.page(to, &rows, rows.len(), None, &asked.options, request)
    }

    /// The address of the next page: the request's own, with the cookie.
    fn next_link(&self, url: &str, next: Beginning) -> String {
        let (page, place) = match next {
            Beginning::First => (1, String::new()),
            Beginning::Skip(rows) => (2, format!("skip={rows}")),
            Beginning::After(id) => (2, format!("after={id}")),
        };
        let cookie = format!(
            "<cookie pagenumber=\"{page}\" pagingcookie=\"{place}\" istracking=\"False\" />"
        );
        let cookie = utf8_percent_encode(&cookie, COOKIE);
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let path = path.rsplit('/').next().unwrap_or_default();
        let kept = query.split('&').filter(|option| {
            let name = option.split('=').next().unwrap_or_default();
            !name.is_empty() && name != "$skiptoken" && name != "%24skiptoken"
        });
        let kept = kept.flat_map(|option| [option, "&"]).collect::<String>();
        format!("{}{path}?{kept}$skiptoken={cookie}", self.root)
    }
}

/// Refuses a filter that names what the table has not.
fn known(table: &Table, filter: &Expression) -> Result<(), Failure> {
    let properties = filter.properties();
    let mut unknown = properties
        .iter()
        .filter(|name| !table.knows(name) && table.way(name).is_none());
    match unknown.next() {
        Some(name) => Err(Failure::no_property(name, &table.logical)),
        None => Ok(()),
    }
}

/// The rows to which a way leads, and their table.
fn related<'s>(
    connection: &Connection,
    schema: &'s Schema,
    table: &Table,
    row: &Row,
    way: Way,
) -> Result<(&'s Table, Vec<Row>), Failure> {
    let of = |logical: &str| {
        let found = schema.table(logical);
        found.ok_or_else(|| Failure::no_resource(logical))
    };
    let by = |column: &str, values: Vec<Value>| Wanted {
        values: BTreeMap::from([(column.to_owned(), values)]),
        ..Wanted::default()
    };
    match way {
        Way::One(column) => {
            let logical = row
                .get(&format!("{column}{LOOKUP}"))
                .and_then(Value::as_str);
            let to = of(logical.unwrap_or("systemuser"))?;
            let Some(id) = row.get(column).filter(|_| logical.is_some()) else {
                return Ok((to, Vec::new()));
            };
            Ok((
                to,
                rows::read(connection, to, &by(&to.id, vec![id.clone()]))?,
            ))
        }
        Way::Many(logical, column) => {
            let to = of(logical)?;
            let id = row.get(&table.id).cloned().unwrap_or_default();
            let mut rows = rows::read(connection, to, &by(column, vec![id.clone()]))?;
            rows.retain(|row| row.get(column) == Some(&id));
            Ok((to, rows))
        }
        Way::Through(intersect, own, other, logical) => {
            let (between, to) = (of(intersect)?, of(logical)?);
            let id = row.get(&table.id).cloned().unwrap_or_default();
            let links = rows::read(connection, between, &by(own, vec![id]))?;
            let ids: Vec<Value> = links
                .iter()
                .filter_map(|link| link.get(other).cloned())
                .collect();
            let mut rows = rows::read(connection, to, &by(&to.id, ids.clone()))?;
            rows.retain(|row| row.get(&to.id).is_some_and(|id| ids.contains(id)));
            Ok((to, rows))
        }
    }
}

/// The page size that a request prefers.
fn page_size(request: &Request) -> Option<usize> {
    let all = request.headers.get_all("prefer").iter();
    let mut texts = all.filter_map(|text| text.to_str().ok());
    let size: usize = texts.find_map(|text| {
        let mut all = text.split([',', ';']);
        all.find_map(|one| one.trim().strip_prefix("odata.maxpagesize=")?.parse().ok())
    })?;
    (size > 0).then_some(size.min(PAGE_MAX))
}

/// Whether annotations are preferred.
fn annotates(request: &Request) -> bool {
    let preference = request.header("prefer").unwrap_or_default();
    prefers(request, "odata.include-annotations=\"*\"")
        || preference.contains("lookuplogicalname")
        || preference.contains("odata.include-annotations=\"*\"")
}

/// Where the page of a cookie begins.
fn beginning(cookie: &str) -> Result<Beginning, Failure> {
    let place = cookie.split("pagingcookie=\"").nth(1);
    let place = place.and_then(|rest| rest.split('"').next());
    let found = place.and_then(|place| match place.split_once('=')? {
        ("skip", rows) => Some(Beginning::Skip(rows.parse().ok()?)),
        ("after", id) => Some(Beginning::After(Uuid::parse_str(id).ok()?)),
        _ => None,
    });
    found.ok_or_else(|| Failure::unreadable("The paging cookie is none of this service."))
}

fn next(table: &Table, at: Beginning, shown: usize, last: &Row, streams: bool) -> Beginning {
    let before = match at {
        Beginning::Skip(rows) => rows,
        Beginning::First | Beginning::After(_) => 0,
    };
    match rows::id_of(table, last).filter(|_| streams) {
        Some(id) => Beginning::After(id),
        None => Beginning::Skip(before + shown),
    }
}
