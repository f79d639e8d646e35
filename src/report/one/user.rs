//! One user: can they work, what the plan changes of them, what they own, and which lists name them.
//!
//! In: the sheets, the lists for administrators, and a UPN, mail, name or id. Out: everything about that user; or all
//! those who bear the name.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::Serialize;

use crate::model::comparison_key;
use crate::plan::HandOverRecord;
use crate::report::ReportError;
use crate::report::listing::{Row, all_rows};
use crate::report::one::found::{Found, findings_where, is_about};
use crate::report::one::{
    Asked, Kept, Section, Told, holding_label, holding_words, near, owner_key, source, told,
};
use crate::report::page::Page;
use crate::report::sheets::{Known, SheetKind, SheetName, Sheets};

/// What a plan says of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserView {
    name: String,
    upn: String,
    /// None for somebody of the directory alone.
    id: Option<String>,
    mails: BTreeSet<String>,
    /// The row of the stub user, where the plan makes one.
    stub_user: Option<Kept>,
    readiness: Option<Kept>,
    changes: Vec<Kept>,
    roles: Vec<Kept>,
    holdings: Vec<Kept>,
    /// Owner references that lead to them.
    references: Vec<Kept>,
    findings: Vec<Found>,
    hand_over: Vec<Listed>,
}

/// A row of a list for an administrator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Listed {
    what: String,
    whose: String,
    instruction: String,
    file: String,
    /// Header and cell.
    cells: Vec<(String, String)>,
}

/// Looks up a user.
pub fn user_view(sheets: &Sheets<'_>, typed: &str) -> Result<Asked<UserView>, ReportError> {
    let everybody = sheets.everybody()?;
    let key = comparison_key(&told(sheets, typed));
    let meant: Vec<&Known> = everybody
        .iter()
        .filter(|known| known.keys().contains(&key))
        .collect();
    match meant.as_slice() {
        [one] => Ok(Asked::Found(view(sheets, one)?)),
        [] => {
            let everybody = sheets.with_people()?.everybody()?;
            let names = everybody.iter().flat_map(|known| {
                let mails = known.mails.iter().map(String::as_str);
                let addresses = [known.upn.as_str()].into_iter().chain(mails);
                let addresses = addresses.map(|address| (SheetKind::Address, address));
                addresses.chain([(SheetKind::Person, known.name.as_str())])
            });
            Ok(Asked::Unknown(near(sheets, typed, names)))
        }
        several => {
            let labels = several.iter().map(|known| match known.id.as_str() {
                "" => format!("{} (in the directory alone)", known.label()),
                id => format!("{} ({id})", known.label()),
            });
            Ok(Asked::Several(labels.collect()))
        }
    }
}

fn view(sheets: &Sheets<'_>, known: &Known) -> Result<UserView, ReportError> {
    let by_id = |sheet| -> Result<Vec<Kept>, ReportError> {
        let rows = all_rows(sheets, sheet, &|row| {
            !known.id.is_empty() && row.text("id") == known.id
        })?;
        Ok(Kept::all(sheet, rows))
    };
    let readiness = all_rows(sheets, SheetName::Readiness, &|row| is_row_of(row, known))?;
    let label = owner_key(&known.label());
    let references = all_rows(sheets, SheetName::Owners, &|row| {
        !row.text("owner").is_empty() && owner_key(row.text("owner")) == label
    })?;
    let keys = known.keys();
    Ok(UserView {
        name: known.name.clone(),
        upn: known.upn.clone(),
        id: Some(known.id.clone()).filter(|id| !id.is_empty()),
        mails: known.mails.clone(),
        stub_user: by_id(SheetName::StubUsers)?.into_iter().next(),
        readiness: Kept::all(SheetName::Readiness, readiness)
            .into_iter()
            .next(),
        changes: by_id(SheetName::Users)?,
        roles: by_id(SheetName::Roles)?,
        holdings: by_id(SheetName::Reconciliation)?,
        references: Kept::all(SheetName::Owners, references),
        findings: findings_where(sheets, &|row| is_about(row, &keys, &known.upn))?,
        hand_over: lists(sheets, &keys)?,
    })
}

/// Whether a row of the readiness sheet, which holds no ids, is of this user.
fn is_row_of(row: Row<'_>, known: &Known) -> bool {
    let (upn, name) = (row.text("upn"), row.text("name"));
    if upn.is_empty() && known.upn.is_empty() {
        comparison_key(name) == comparison_key(&known.name)
    } else {
        comparison_key(upn) == comparison_key(&known.upn)
    }
}

/// The rows of lists that name somebody, in the order of doing.
fn lists(sheets: &Sheets<'_>, keys: &BTreeSet<String>) -> Result<Vec<Listed>, ReportError> {
    let mut listed = Vec::new();
    for list in &sheets.document().hand_over {
        let mut rows = sheets.hand_over(list)?;
        // A bulk template has a line with its version before the header.
        let header = rows.iter().position(|row| row.len() > 1).unwrap_or(0);
        for cell in rows.iter_mut().skip(header + 1).flatten() {
            *cell = sheets.tell(SheetKind::Cell, std::mem::take(cell));
        }
        let names =
            |row: &&Vec<String>| row.iter().any(|cell| keys.contains(&comparison_key(cell)));
        let found = rows.iter().skip(header + 1).filter(names);
        listed.extend(found.map(|row| one(list, &rows[header], row)));
    }
    Ok(listed)
}

fn one(list: &HandOverRecord, header: &[String], row: &[String]) -> Listed {
    let cells = header.iter().cloned().zip(row.iter().cloned());
    Listed {
        what: list.what.clone(),
        whose: list.whose.clone(),
        instruction: list.instruction.clone(),
        file: format!("plan/{}", list.file.path),
        cells: cells.filter(|(_, cell)| !cell.is_empty()).collect(),
    }
}

impl UserView {
    /// Writes it as text.
    pub fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        self.told().text(page)
    }

    /// Writes it as CSV.
    pub fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        self.told().csv(out)
    }

    fn told(&self) -> Told<'_> {
        let heading = match self.upn.as_str() {
            "" => self.name.clone(),
            upn => format!("{} <{upn}>", self.name),
        };
        Told {
            heading,
            sections: vec![
                self.who(),
                self.ready(),
                self.changed(),
                self.records(),
                self.led_here(),
                self.handed_over(),
            ],
            findings: &self.findings,
        }
    }

    fn who(&self) -> Section {
        let mut who = Section::new("who", "");
        who.line(
            "id",
            self.id.as_deref().unwrap_or("none: in the directory alone"),
        );
        let mails: Vec<&str> = self.mails.iter().map(String::as_str).collect();
        who.line("mail", mails.join(", "));
        if let Some(stub) = self.stub_user.as_ref().map(Kept::row) {
            let words = format!(
                "a stub user that the plan makes by {}, in {}, with {}: disabled, can never sign in",
                stub.text("way"),
                stub.text("business_unit"),
                stub.text("default_role")
            );
            who.line("what it is", words);
            who.line("asked for by", source(stub));
        }
        who
    }

    fn ready(&self) -> Section {
        let mut ready = Section::new("readiness", "Can work");
        let Some(row) = self.readiness.as_ref().map(Kept::row) else {
            return ready;
        };
        for (key, why, moment) in [
            ("today", "today_why", "today"),
            ("after_plan", "after_plan_why", "after the plan"),
            (
                "after_hand_over",
                "after_hand_over_why",
                "after the hand-over",
            ),
        ] {
            let answer = row.text(key);
            match row.text(why) {
                "" => ready.line(moment, answer),
                why => ready.line(moment, format!("{answer}: {why}")),
            }
        }
        ready
    }

    fn changed(&self) -> Section {
        let mut changed = Section::new("change", "What the plan changes");
        for row in self.changes.iter().map(Kept::row) {
            changed.line("what", row.text("what"));
            changed.line("before", row.text("before"));
            changed.line("after", row.text("after"));
            changed.line("asked for by", source(row));
        }
        for row in self.roles.iter().map(Kept::row) {
            let asked = match source(row) {
                none if none.is_empty() => none,
                at => format!(" ({at})"),
            };
            changed.line(
                format!("{} role", row.text("action")),
                format!("{}{asked}", row.text("role")),
            );
        }
        changed
    }

    fn records(&self) -> Section {
        let mut records = Section::new("holding", "Records");
        for row in self.holdings.iter().map(Kept::row) {
            records.line(holding_label(row), holding_words(row));
        }
        records
    }

    fn led_here(&self) -> Section {
        let mut references = Section::new("reference", "Owner references that lead here");
        for row in self.references.iter().map(Kept::row) {
            let by = match row.text("by") {
                "" => row.text("fate").to_owned(),
                by => format!("{} by {by}", row.text("fate")),
            };
            references.line(
                row.text("reference"),
                format!("{by}; {}", row.text("rows_by_table")),
            );
        }
        references
    }

    fn handed_over(&self) -> Section {
        let mut lists = Section::new("hand-over", "Lists for administrators that name them");
        for listed in &self.hand_over {
            let cells = listed
                .cells
                .iter()
                .map(|(header, cell)| format!("{header} {cell}"));
            let cells: Vec<String> = cells.collect();
            lists.line(
                &listed.what,
                format!("{} ({}): {}", listed.file, listed.whose, cells.join(", ")),
            );
        }
        lists
    }
}
