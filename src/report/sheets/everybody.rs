//! Everybody whom a plan knows as a user, and by which names they can be asked for.
//!
//! In: the fields that planning used, the stub users, and who is looked at for day one. Out: one entry a person, in
//! the order of their names.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use crate::model::comparison_key;
use crate::report::ReportError;
use crate::report::sheets::{SheetCell, SheetKind, SheetName, Sheets};

/// Somebody whom a plan knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Known {
    /// The name alone.
    pub name: String,
    /// The UPN; empty where there is none.
    pub upn: String,
    /// The id in the environment, or the planned one; empty for somebody of the directory alone.
    pub id: String,
    /// Mail addresses.
    pub mails: BTreeSet<String>,
    /// Whether the plan makes a stub user of them.
    pub is_stub: bool,
}

impl Known {
    /// Name and UPN, as reports write them.
    pub fn label(&self) -> String {
        match (self.upn.as_str(), self.id.as_str()) {
            ("", "") => self.name.clone(),
            ("", id) => format!("{} <{id}>", self.name),
            (upn, _) => format!("{} <{upn}>", self.name),
        }
    }

    /// Everything that they can be asked for by, as comparison keys.
    pub(in crate::report) fn keys(&self) -> BTreeSet<String> {
        let one = [self.label(), self.name.clone(), self.upn.clone()];
        let texts = one.iter().chain([&self.id]).chain(&self.mails);
        let keys = texts.map(|text| comparison_key(text));
        keys.filter(|key| !key.is_empty()).collect()
    }
}

impl Sheets<'_> {
    /// Everybody, by name.
    pub fn everybody(&self) -> Result<Vec<Known>, ReportError> {
        let mut people: BTreeMap<String, Known> = BTreeMap::new();
        for row in self.plan.fields()?.rows().filter(|row| row.kind == "user") {
            let known = people.entry(row.id.to_owned()).or_default();
            if known.id.is_empty() {
                row.id.clone_into(&mut known.id);
                row.label.clone_into(&mut known.name);
            }
            match row.field {
                "upn" => row.value.clone_into(&mut known.upn),
                "mail" | "mail2" | "mobile_alert_mail" if !row.value.is_empty() => {
                    known.mails.insert(row.value.to_owned());
                }
                _ => {}
            }
        }
        for known in people.values_mut() {
            known.name = self.tell(SheetKind::Person, std::mem::take(&mut known.name));
            known.upn = self.tell(SheetKind::Address, std::mem::take(&mut known.upn));
            let mails = std::mem::take(&mut known.mails).into_iter();
            known.mails = mails
                .map(|mail| self.tell(SheetKind::Address, mail))
                .collect();
        }
        self.rows(SheetName::StubUsers, &mut |cells| {
            if let Some(known) = stub(&cells) {
                people.insert(known.id.clone(), known);
            }
            ControlFlow::Continue(())
        })?;
        let mut people: Vec<Known> = people.into_values().collect();
        let there: BTreeSet<String> = people
            .iter()
            .map(|known| comparison_key(&known.upn))
            .collect();
        self.rows(SheetName::Readiness, &mut |cells| {
            if let [SheetCell::Text(name), SheetCell::Text(upn), ..] = cells.as_slice()
                && !there.contains(&comparison_key(upn))
            {
                people.push(Known {
                    name: name.clone(),
                    upn: upn.clone(),
                    ..Known::default()
                });
            }
            ControlFlow::Continue(())
        })?;
        people.sort();
        Ok(people)
    }
}

/// The person of a row of the sheet of stub users.
fn stub(cells: &[SheetCell]) -> Option<Known> {
    let columns = SheetName::StubUsers.columns();
    let text = |key: &str| {
        let index = columns.iter().position(|column| column.key == key)?;
        match cells.get(index) {
            Some(SheetCell::Text(text)) => Some(text.clone()),
            _ => None,
        }
    };
    Some(Known {
        name: text("full_name").unwrap_or_default(),
        upn: text("upn").unwrap_or_default(),
        id: text("id")?,
        mails: text("mail").into_iter().collect(),
        is_stub: true,
    })
}
