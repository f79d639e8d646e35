//! Who is there of those whom an import is for, and what its log says of the others.
//!
//! In: stub users, and an import that has run. Out: the users of each UPN with the number of the import that made them,
//! and for each row that made nobody the service's refusal. A line of the log that cannot be laid to one row is told
//! of each that it may be about.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::model::{Refusal, ServiceCode, StubUser, UserId, comparison_key};
use crate::target::dataverse::client::{Ask, Client};
use crate::target::dataverse::import::rows::{self, Stamp};
use crate::target::dataverse::row::{Row, Unreadable};
use crate::target::dataverse::tables::rows as rows_of_page;
use crate::target::dataverse::{DataverseError, pull};

/// UPNs of one question, and how long its filter may get: the service takes addresses of 32,768 characters.
const UPNS_MAX: usize = 50;
const FILTER_MAX: usize = 8_000;

/// Where the first row of a file stands in the log: with the header counted and without. Which is not published.
const FIRST_LINES: [i64; 2] = [2, 1];

/// The code of a user name that is taken (platform facts 1.4).
const TAKEN: ServiceCode = ServiceCode(0x8004_1d2c);

/// The service's code for what it has no code for.
const UNEXPECTED: ServiceCode = ServiceCode(0x8004_0216);

/// How many different refusals are told of a log that cannot be laid to rows.
const TOLD_MAX: usize = 3;

/// A user of a UPN.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Its id.
    pub(super) id: UserId,
    /// The number of the import that made it, where one did.
    pub(super) sequence: Option<i64>,
}

/// What a UPN is compared by.
pub(super) fn key(upn: &str) -> String {
    comparison_key(upn)
}

/// The users of each stub user's UPN, in the order of the stub users.
pub(super) async fn look_up(
    client: &Arc<Client>,
    stubs: &[StubUser],
) -> Result<Vec<Vec<Found>>, DataverseError> {
    const WHAT: &str = "users by their user names";
    let mut known: BTreeMap<String, Vec<Found>> = BTreeMap::new();
    for filter in filters(stubs) {
        let filter = utf8_percent_encode(&filter, NON_ALPHANUMERIC);
        let path = format!("systemusers?$select=domainname,importsequencenumber&$filter={filter}");
        let page = client.json(&Ask::get(client.at(&path)?, WHAT)).await?;
        let wrong = |wrong| pull::malformed(client, WHAT, wrong);
        for row in rows_of_page(&page).map_err(wrong)? {
            let row = Row(row);
            let upn = row.text("domainname").map_err(wrong)?.unwrap_or_default();
            let found = Found {
                id: UserId(row.id("systemuserid").map_err(wrong)?),
                sequence: row.whole_number("importsequencenumber").map_err(wrong)?,
            };
            known.entry(key(&upn)).or_default().push(found);
        }
    }
    let of = |stub: &StubUser| known.get(&key(&stub.upn)).cloned().unwrap_or_default();
    Ok(stubs.iter().map(of).collect())
}

/// Conditions that take every UPN, each short enough for an address.
fn filters(stubs: &[StubUser]) -> Vec<String> {
    let mut filters: Vec<String> = Vec::new();
    let mut count = 0;
    for stub in stubs {
        let condition = format!("domainname eq '{}'", stub.upn.replace('\'', "''"));
        match filters.last_mut() {
            Some(filter) if count < UPNS_MAX && filter.len() + condition.len() < FILTER_MAX => {
                filter.push_str(" or ");
                filter.push_str(&condition);
                count += 1;
            }
            _ => {
                filters.push(condition);
                count = 1;
            }
        }
    }
    filters
}

/// A user name that somebody else has.
pub(super) fn taken(other: UserId) -> Refusal {
    Refusal {
        code: TAKEN,
        message: format!(
            "The specified Active Directory user already exists as a Dynamics 365 user: {other} has this user name, \
             and no import of `cutover` made it; the row was not sent."
        ),
    }
}

/// Two users of one name, both made by imports of ours.
pub(super) fn twice(one: UserId, other: UserId) -> String {
    format!("the users {one} and {other} have the same user name; delete the one that owns nothing")
}

/// What an import wrote of rows that it refused.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    /// The user names of the file, row by row.
    upns: Vec<String>,
    lines: Vec<Line>,
}

/// A line of it.
#[derive(Clone, Debug)]
struct Line {
    number: i64,
    refusal: Refusal,
}

/// Why each of those is not there.
pub(super) struct Refusals {
    of: BTreeMap<String, Refusal>,
    /// What is told of a row to which no line can be laid.
    else_told: Option<Refusal>,
}

/// Reads the log of an import that has run, and its file.
pub(super) async fn log(client: &Arc<Client>, stamp: &Stamp) -> Result<Log, DataverseError> {
    const WHAT: &str = "the log of an import";
    let path = format!(
        "importlogs?$select=linenumber,errornumber,errordescription,headercolumn\
         &$filter=_importfileid_value eq {}&$orderby=sequencenumber",
        stamp.file
    );
    let mut lines = Vec::new();
    let mut pages = pull::pages(client, &path, WHAT);
    while let Some(page) = pages.recv().await {
        let page = page?;
        let wrong = |wrong| pull::malformed(client, WHAT, wrong);
        for row in rows_of_page(&page).map_err(wrong)? {
            lines.push(line(row).map_err(wrong)?);
        }
    }
    let upns = rows::held(client, stamp).await?;
    Ok(Log {
        upns: upns.unwrap_or_default(),
        lines,
    })
}

fn line(row: &Value) -> Result<Line, Unreadable> {
    let row = Row(row);
    let message = row.text("errordescription")?.unwrap_or_default();
    let message = match row.text("headercolumn")? {
        Some(header) => format!("{message} (column {header})"),
        None => message,
    };
    Ok(Line {
        number: row.whole_number("linenumber")?.unwrap_or_default(),
        refusal: Refusal {
            code: row.whole_number("errornumber")?.map_or(UNEXPECTED, code),
            message,
        },
    })
}

/// A code that is kept as a number, with its sign or without.
fn code(number: i64) -> ServiceCode {
    let with_sign = i32::try_from(number).map(i32::cast_unsigned);
    let code = with_sign.or_else(|_| u32::try_from(number));
    code.map_or(UNEXPECTED, ServiceCode)
}

impl Log {
    /// Lays the lines to the rows of those who are not there.
    pub(super) fn of_rows<'u>(&self, absent: impl Iterator<Item = &'u str>) -> Refusals {
        let rows: BTreeMap<String, usize> = (self.upns.iter().enumerate())
            .map(|(row, upn)| (key(upn), row))
            .collect();
        let absent: BTreeMap<String, usize> = absent
            .filter_map(|upn| {
                let upn = key(upn);
                let row = *rows.get(&upn)?;
                Some((upn, row))
            })
            .collect();
        let numbers: BTreeSet<i64> = self.lines.iter().map(|line| line.number).collect();
        let line_of = |row: usize, first: i64| Some(i64::try_from(row).ok()? + first);
        let mut fitting = FIRST_LINES.into_iter().filter(|first| {
            let mut rows = absent.values();
            rows.all(|row| line_of(*row, *first).is_some_and(|line| numbers.contains(&line)))
        });
        // Where both ways of counting fit, neither is taken.
        let first = match (fitting.next(), fitting.next()) {
            (Some(first), None) => Some(first),
            _ => None,
        };
        let refusal = |(upn, row): (String, usize)| {
            let number = line_of(row, first?)?;
            let line = self.lines.iter().find(|line| line.number == number)?;
            Some((upn, line.refusal.clone()))
        };
        Refusals {
            of: absent.into_iter().filter_map(refusal).collect(),
            else_told: self.else_told(),
        }
    }

    /// The different refusals of the log, as one.
    fn else_told(&self) -> Option<Refusal> {
        let mut told: Vec<&Refusal> = Vec::new();
        for line in &self.lines {
            if told
                .iter()
                .all(|known| known.message != line.refusal.message)
            {
                told.push(&line.refusal);
            }
        }
        let [first, others @ ..] = told.as_slice() else {
            return None;
        };
        if others.is_empty() {
            return Some((*first).clone());
        }
        let some = told.iter().take(TOLD_MAX);
        let some = some.map(|refusal| format!("{}: {}", refusal.code, refusal.message));
        Some(Refusal {
            code: UNEXPECTED,
            message: format!(
                "its log cannot be laid to rows, and says of several of them: {}",
                some.collect::<Vec<_>>().join("; ")
            ),
        })
    }
}

impl Refusals {
    /// Why the user of this UPN is not there.
    pub(super) fn of(&self, upn: &str, stamp: &Stamp) -> Refusal {
        let known = self.of.get(&key(upn)).or(self.else_told.as_ref());
        known.cloned().unwrap_or_else(|| Refusal {
            code: UNEXPECTED,
            message: format!(
                "the data import `{}` has ended, and neither made this user nor says why",
                stamp.name
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, Log, Refusal, ServiceCode, code};

    /// A log of these lines over a file of `a` to `d`, asked why `absent` are not there.
    #[track_caller]
    fn check(case: &str, lines: &[(i64, &str)], absent: &str, expected: &[&str]) {
        let line = |(number, message): &(i64, &str)| Line {
            number: *number,
            refusal: Refusal {
                code: ServiceCode(0x8004_0237),
                message: (*message).to_owned(),
            },
        };
        let log = Log {
            upns: ["a", "b", "c", "d"].map(ToOwned::to_owned).to_vec(),
            lines: lines.iter().map(line).collect(),
        };
        let stamp = super::Stamp::of(&[]);
        let absent: Vec<String> = absent.chars().map(|upn| upn.to_string()).collect();
        let refusals = log.of_rows(absent.iter().map(String::as_str));
        let told: Vec<String> = absent
            .iter()
            .map(|upn| refusals.of(&upn.to_uppercase(), &stamp).message)
            .collect();
        let fits = |(told, expected): (&String, &&str)| told.contains(expected);
        let all = told.len() == expected.len() && told.iter().zip(expected).all(fits);
        assert!(all, "{case}: {told:?}");
    }

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn lines_are_laid_to_rows_only_where_one_way_of_counting_fits() {
        //    case                          lines                             absent  told
        check("the header is counted",      &[(3, "of b"), (5, "of d")],      "bd",   &["of b", "of d"]);
        check("the header is not counted",  &[(1, "of a"), (4, "of d")],      "ad",   &["of a", "of d"]);
        check("a line of one who is there", &[(2, "of a"), (5, "of d")],      "d",    &["of d"]);
        check("both fit",                   &[(2, "one"), (3, "other")],      "b",    &["cannot be laid to rows"]);
        check("both fit, and say the same", &[(2, "same"), (3, "same")],      "b",    &["same"]);
        check("none fits",                  &[(7, "seventh")],                "a",    &["seventh"]);
        check("no line",                    &[],                              "a",    &["neither made this user"]);
    }

    #[test]
    fn codes_are_numbers_with_a_sign_or_without() {
        let check = |number, expected: &str| assert_eq!(code(number).to_string(), expected);
        check(-2_147_220_937, "0x80040237");
        check(2_147_746_359, "0x80040237");
        check(12, "0x0000000c");
        check(i64::MAX, "0x80040216");
    }
}
