//! Groups of the directory in an environment folder.
//!
//! In: `groups`, which names the group in each row, and `groups-<group>`, one group's members as Entra's
//! "Download members" writes them. Out: who is in which group by way of which. What follows is a rule.

use crate::environment::EnvironmentError;
use crate::environment::load::Loading;
use crate::environment::load::cells::Sheet;
use crate::environment::load::headers;
use crate::model::{Fact, GroupMember, Loadable, comparison_key, quoted};

/// Reads who is in which group, in `named` where the file does not say; the answer is how many rows
/// there were.
pub(super) fn read(
    sheet: &Sheet,
    named: Option<&str>,
    loading: &mut Loading<'_>,
) -> Result<u64, EnvironmentError> {
    let group_column = sheet.column("group");
    let member = sheet.column("member");
    let id = sheet.column("id");
    let via = sheet.column("via");
    let kind = sheet.column("kind");
    let known = headers::of(Loadable::Groups);
    let named = named.filter(|_| !group_column.is_there());
    if named.is_none() && !group_column.is_there() {
        sheet.tell_missing("group", known, &mut loading.problems);
        return Ok(0);
    }
    if !member.is_there() && !id.is_there() {
        sheet.tell_missing("member", known, &mut loading.problems);
        return Ok(0);
    }
    let mut inner = 0;
    let writer = &mut loading.writer;
    let rows = sheet.rows(loading.progress, &mut loading.problems, &mut |cells| {
        if !matches!(comparison_key(cells.cell(kind)).as_str(), "" | "user") {
            inner += 1;
            return Ok(());
        }
        let group = match named {
            Some(name) => Some(name.to_owned()),
            None => cells.text(group_column, "the group's name"),
        };
        let text = cells.optional(member).or_else(|| cells.optional(id));
        let asked = if member.is_there() { member } else { id };
        let member = text.or_else(|| cells.text(asked, "the member's UPN or id"));
        match (group, member) {
            (Some(group), Some(member)) => writer.add(&Fact::GroupMember(GroupMember {
                group,
                member,
                via: cells.optional(via),
            })),
            _ => Ok(()),
        }
    })?;
    if inner > 0 {
        let rows = match inner {
            1 => "1 row is no person and is left out".to_owned(),
            inner => format!("{inner} rows are no people and are left out"),
        };
        loading.remarks.push(format!(
            "{}: {rows}; who is in a group by way of another group is known from a column `via` only",
            quoted(&sheet.shown())));
    }
    Ok(rows)
}
