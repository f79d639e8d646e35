//! Questions: sets, single rows, and the rows to which one leads.
//!
//! In: a table and the options of a URL. Out: rows as JSON, page by page (platform facts 5.4). Every page but the last
//! names the next one by an opaque cookie; `$top` is ignored where a page size is preferred, as the service does.

use http::StatusCode;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::rehearse::api::Api;
use crate::rehearse::exchange::{Answer, Request};
use crate::rehearse::extra::Row;
use crate::rehearse::failure::Failure;
use crate::rehearse::odata::{Asked, Options};
use crate::rehearse::related::{known, related};
use crate::rehearse::rows::{self, Wanted};
use crate::rehearse::schema::{Source, Table, Way};

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

    /// How many rows of a set the filter takes, as a text.
    pub(in crate::rehearse) fn count(
        &self,
        table: &Table,
        options: &Options,
    ) -> Result<Answer, Failure> {
        let rows = self.filtered(table, options)?;
        Ok(Answer {
            body: rows.len().min(COUNT_MAX).to_string().into_bytes(),
            ..Answer::empty(StatusCode::OK).with("content-type", "text/plain")
        })
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
        self.kept(table, self.rows(table, &wanted)?, options)
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
        let options = &asked.options;
        let mut rows = self.kept(to, rows, options)?;
        let count = rows.len();
        if let Some(top) = options.top {
            rows.truncate(usize::try_from(top).unwrap_or(usize::MAX));
        }
        self.page(to, &rows, count, None, options, request)
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
