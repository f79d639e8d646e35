//! The query of a URL.
//!
//! In: what stands after the `?`, as it was sent. Out: [`Options`], with those of each `$expand`
//! inside.
//! Options that are no part of the grammar here, aliases among them, are kept as text: the caller
//! runs `fetchXml`, and refuses `$skip` as the service does.

use std::collections::BTreeMap;

use crate::rehearse::odata::error::{NESTING_MAX, UrlError};
use crate::rehearse::odata::expression::Expression;
use crate::rehearse::odata::filter;
use crate::rehearse::odata::text::{called, decoded_query, is_name, split};

/// What a query says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::rehearse) struct Options {
    /// `$select`; empty for all, which `*` says too.
    pub(in crate::rehearse) select: Vec<String>,
    /// `$filter`.
    pub(in crate::rehearse) filter: Option<Expression>,
    /// `$orderby`, the first one weighs most.
    pub(in crate::rehearse) order_by: Vec<Order>,
    /// `$top`.
    pub(in crate::rehearse) top: Option<u64>,
    /// `$count=true`.
    pub(in crate::rehearse) count: bool,
    /// `$expand`.
    pub(in crate::rehearse) expand: Vec<Expand>,
    /// `$skiptoken`, decoded once.
    pub(in crate::rehearse) skip_token: Option<String>,
    /// `$id`, an address of a row.
    pub(in crate::rehearse) id: Option<String>,
    /// All others, decoded once.
    pub(in crate::rehearse) others: BTreeMap<String, String>,
}

/// One column of `$orderby`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::rehearse) struct Order {
    /// The column; `navigation/column` as it was written.
    pub(in crate::rehearse) property: String,
    /// The greatest first.
    pub(in crate::rehearse) descending: bool,
}

/// One navigation of `$expand`.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::rehearse) struct Expand {
    /// The navigation.
    pub(in crate::rehearse) property: String,
    /// What stands in its parentheses.
    pub(in crate::rehearse) options: Options,
}

/// Reads a query; an empty one has no options.
pub(in crate::rehearse) fn read(query: &str) -> Result<Options, UrlError> {
    let mut given = BTreeMap::new();
    for option in query.split('&').filter(|option| !option.is_empty()) {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let name = decoded_query("the query", name)?;
        let value = decoded_query(&name, value)?;
        insert(&mut given, "", name.trim(), value)?;
    }
    let aliases = given.iter().filter(|(name, _)| name.starts_with('@'));
    let aliases: BTreeMap<_, _> = aliases.map(|(k, v)| (k.clone(), v.clone())).collect();
    let level = Level {
        place: String::new(),
        aliases: &aliases,
        depth: 0,
    };
    level.options(given)
}

/// Adds an option that may not be there twice.
fn insert(
    given: &mut BTreeMap<String, String>,
    place: &str,
    name: &str,
    value: String,
) -> Result<(), UrlError> {
    match given.insert(name.to_owned(), value) {
        None => Ok(()),
        Some(_) => Err(UrlError::Repeated {
            part: format!("{name}{place}"),
        }),
    }
}

/// Where options stand: in the query, or in the parentheses of a navigation.
struct Level<'query> {
    /// Added to an option's name in errors.
    place: String,
    aliases: &'query BTreeMap<String, String>,
    depth: usize,
}

impl Level<'_> {
    /// Reads decoded options, each there once.
    fn options(&self, given: BTreeMap<String, String>) -> Result<Options, UrlError> {
        let mut options = Options::default();
        for (name, value) in given {
            let part = format!("{name}{}", self.place);
            let text = value.trim();
            match name.as_str() {
                "$select" => options.select = select(&part, text)?,
                "$filter" => {
                    let filter = filter::read(&part, &value, self.aliases, self.depth)?;
                    options.filter = Some(filter);
                }
                "$orderby" => options.order_by = order_by(&part, text)?,
                "$top" => options.top = Some(whole_number(&part, text)?),
                "$count" => options.count = flag(&part, text)?,
                "$expand" => options.expand = self.expand(&part, text)?,
                "$skiptoken" => options.skip_token = Some(value),
                "$id" => options.id = Some(value),
                _ => {
                    options.others.insert(name, value);
                }
            }
        }
        Ok(options)
    }

    /// Reads navigations, each with the options in its parentheses.
    fn expand(&self, part: &str, text: &str) -> Result<Vec<Expand>, UrlError> {
        if self.depth > NESTING_MAX {
            return Err(UrlError::TooDeep {
                part: part.to_owned(),
            });
        }
        items(text, |item| {
            let (property, inner) = called(item)
                .ok_or_else(|| UrlError::whole(part, item, "`)` at the end of a navigation"))?;
            let property = name(part, property.trim())?;
            let level = Level {
                place: format!(" in $expand={property}"),
                aliases: self.aliases,
                depth: self.depth + 1,
            };
            let mut given = BTreeMap::new();
            let options = split(inner.unwrap_or(""), ';').into_iter().map(str::trim);
            for option in options.filter(|option| !option.is_empty()) {
                let (name, value) = option.split_once('=').unwrap_or((option, ""));
                insert(&mut given, &level.place, name.trim(), value.to_owned())?;
            }
            let options = level.options(given)?;
            Ok(Expand { property, options })
        })
    }
}

/// Reads the items of a list; an empty text has none.
fn items<Item>(
    text: &str,
    read: impl Fn(&str) -> Result<Item, UrlError>,
) -> Result<Vec<Item>, UrlError> {
    match text {
        "" => Ok(Vec::new()),
        text => (split(text, ',').into_iter().map(str::trim))
            .map(read)
            .collect(),
    }
}

/// A name, or names with `/` between.
fn name(part: &str, text: &str) -> Result<String, UrlError> {
    if text.split('/').all(is_name) {
        Ok(text.to_owned())
    } else {
        Err(UrlError::whole(part, text, "a name"))
    }
}

/// Columns; none for all.
fn select(part: &str, text: &str) -> Result<Vec<String>, UrlError> {
    if split(text, ',').iter().any(|item| item.trim() == "*") {
        return Ok(Vec::new());
    }
    items(text, |item| name(part, item))
}

/// Columns, each with its direction.
fn order_by(part: &str, text: &str) -> Result<Vec<Order>, UrlError> {
    items(text, |item| {
        let mut words = item.split_whitespace();
        let property = name(part, words.next().unwrap_or(""))?;
        let descending = match (words.next(), words.next()) {
            (None | Some("asc"), None) => false,
            (Some("desc"), None) => true,
            _ => {
                return Err(UrlError::whole(
                    part,
                    item,
                    "a column, then `asc` or `desc`",
                ));
            }
        };
        Ok(Order {
            property,
            descending,
        })
    })
}

/// A number of rows.
fn whole_number(part: &str, text: &str) -> Result<u64, UrlError> {
    let number = text.parse();
    number.map_err(|_| UrlError::whole(part, text, "a whole number from 0"))
}

/// `true` or `false`.
fn flag(part: &str, text: &str) -> Result<bool, UrlError> {
    text.parse()
        .map_err(|_| UrlError::whole(part, text, "`true` or `false`"))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use crate::rehearse::odata::options::{Options, read};

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn captured_queries() {
        check("",                                                "");
        check("%24select=LogicalName%2CEntitySetName&%24filter=LogicalName+eq+%27systemuser%27", "select=LogicalName,EntitySetName filter");
        check("$select=name&$filter=_parentbusinessunitid_value%20eq%20null", "select=name filter");
        check("$select=LogicalName&$expand=OptionSet($select=Options)", "select=LogicalName expand=OptionSet[select=Options]");
        check("%24select=domainname&%24filter=startswith%28domainname%2C%27py-aaaaaa%27%29&%24orderby=domainname+asc", "select=domainname filter order=domainname");
        check("%24filter=%28isdisabled+eq+false+and+startswith%28domainname%2C+%27py%27%29%29&%24orderby=domainname+desc&%24top=5&%24count=true", "filter order=-domainname top=5 count");
        check("$select=domainname&$filter=isdisabled eq true and startswith(domainname,'py-aaaaaa')&$orderby=domainname desc&$count=true", "select=domainname filter order=-domainname count");
        check("$filter=sdkmessageid/name eq @message&@message='UpdateMultiple'", "filter @message='UpdateMultiple'");
        check("$skiptoken=%3Ccookie%20pagenumber=%222%22%20pagingcookie=%22%253Ccookie%2520page%22%20%2F%3E", "token=<cookie pagenumber=\"2\" pagingcookie=\"%3Ccookie%20page\" />");
        check("fetchXml=%3Cfetch+count%3D%272%27%3E%3C%2Ffetch%3E", "fetchXml=<fetch count='2'></fetch>");
        check("sql=SELECT%20name%20FROM%20account",              "sql=SELECT name FROM account");
        check("$id=https://host/api/data/v9.2/roles(1)",         "id=https://host/api/data/v9.2/roles(1)");
        check("$skip=5&$count=false",                            "$skip=5");
        check("$select=*&$orderby=a/b,c desc",                   "order=a/b order=-c");
        check("$expand=a,b($select=c,d;$filter=e eq 'x;)y';$top=1;$orderby=f desc;$expand=g($count=true))", "expand=a[] expand=b[select=c,d filter order=-f top=1 expand=g[count]]");
    }

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn refused_queries() {
        check("$top=-1",             "$top: found `-1` at character 1, expected a whole number from 0");
        check("$top=",               "$top: found the end at character 1, expected a whole number from 0");
        check("$count=1",            "$count: found `1` at character 1, expected `true` or `false`");
        check("$select=a,,b",        "$select: found the end at character 1, expected a name");
        check("$select=a b",         "$select: found `a b` at character 1, expected a name");
        check("$orderby=a up",       "$orderby: found `a up` at character 1, expected a column, then `asc` or `desc`");
        check("$top=1&%24top=2",     "$top: is given more than once");
        check("$expand=a($top=1;$top=2)", "$top in $expand=a: is given more than once");
        check("$expand=a($top=1",    "$expand: found `a($top=1` at character 1, expected `)` at the end of a navigation");
        check("$expand=a($filter=b)c", "$expand: found `a($filter=b)c` at character 1, expected `)` at the end of a navigation");
        check("$expand=a($filter=b eq)", "$filter in $expand=a: found the end at character 5, expected a column or a literal");
        check("$filter=",            "$filter: found the end at character 1, expected a column or a literal");
        check("$filter=%FF",         "$filter: is not UTF-8 once percent-decoded");
        check("$filter=a eq 'b",     "$filter: found `'b` at character 6, expected a closing quote");
        check("$filter=a eq 'b' c",  "$filter: found `c` at character 10, expected `and`, `or` or the end of the filter");
        check("$filter=a eq and",    "$filter: found `and` at character 6, expected a column or a literal");
        check("$filter='a'",         "$filter: found the end at character 4, expected `eq`, `ne`, `gt`, `ge`, `lt` or `le`");
        check("$filter=tolower(a) eq 'b'", "$filter: found `tolower(a` at character 1, expected `contains`, `startswith`, `endswith`, or `In` or `NotIn` of `Microsoft.Dynamics.CRM`");
        check("$filter=a eq 12-34",  "$filter: found `12-34` at character 6, expected a number, a date or a GUID");
        check("$filter=(a eq 1",     "$filter: found the end at character 8, expected `)`, `and` or `or`");
        check("$filter=a/all()",     "$filter: found `)` at character 7, expected the name of a related row and `:`");
        check("$filter=any(o:o/a)",  "$filter: found `any(o:o/a` at character 1, expected `contains`, `startswith`, `endswith`, or `In` or `NotIn` of `Microsoft.Dynamics.CRM`");
        check("$filter=a eq @p&@p=b", "@p: found `b` at character 1, expected a literal");
        check("$filter=a eq @p&@p=@p", "@p: found `@p` at character 1, expected a literal");
    }

    /// Options in a line.
    fn told(options: &Options) -> String {
        let mut told = String::new();
        if !options.select.is_empty() {
            write!(told, " select={}", options.select.join(",")).unwrap();
        }
        told += options.filter.as_ref().map_or("", |_| " filter");
        for order in &options.order_by {
            let sign = if order.descending { "-" } else { "" };
            write!(told, " order={sign}{}", order.property).unwrap();
        }
        if let Some(top) = options.top {
            write!(told, " top={top}").unwrap();
        }
        told += if options.count { " count" } else { "" };
        for expand in &options.expand {
            let inner = self::told(&expand.options);
            write!(told, " expand={}[{inner}]", expand.property).unwrap();
        }
        if let Some(token) = &options.skip_token {
            write!(told, " token={token}").unwrap();
        }
        if let Some(id) = &options.id {
            write!(told, " id={id}").unwrap();
        }
        for (name, value) in &options.others {
            write!(told, " {name}={value}").unwrap();
        }
        told.trim_start().to_owned()
    }

    /// The only place in this file that calls the code under test.
    #[track_caller]
    fn check(query: &str, expected: &str) {
        let found = match read(query) {
            Ok(options) => told(&options),
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expected, "query: {query}");
    }
}
