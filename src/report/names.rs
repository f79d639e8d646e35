//! What people call the ids of a plan: users and stub users by name and UPN, teams and roles by name.
//!
//! In: the fields and stub users of a sealed plan. Out: words for ids. An id that the plan does not
//! know stays as it is.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use uuid::Uuid;

use crate::model::{Present, Stage, Subject, Write};
use crate::plan::{PlanError, SealedPlan};
use crate::report::anonymise::Anonymiser;
use crate::report::csv::{present_word, values_word};

/// Words for ids.
#[derive(Debug, Default)]
pub struct Names(BTreeMap<Uuid, String>);

impl Names {
    /// The names that a plan knows.
    pub fn of(plan: &SealedPlan) -> Result<Self, PlanError> {
        let mut names = Self::default();
        for row in plan.fields()?.rows() {
            let Ok(id) = row.id.parse::<Uuid>() else {
                continue;
            };
            let name = names.0.entry(id).or_insert_with(|| row.label.to_owned());
            if row.kind == "user" && row.field == "upn" && !row.value.is_empty() {
                *name = format!("{} <{}>", row.label, row.value);
            }
        }
        for stage in plan
            .stages()
            .iter()
            .filter(|stage| stage.stage == Stage::StubUsers)
        {
            plan.changes(stage, 1_024, &mut |batch| {
                for change in batch {
                    if let Write::CreateStub(stub) = change.write {
                        names
                            .0
                            .insert(stub.id.0, format!("{} <{}>", stub.full_name, stub.upn));
                    }
                }
                ControlFlow::Continue(())
            })?;
        }
        Ok(names)
    }

    /// What people call an id.
    pub(super) fn name(&self, id: Uuid) -> String {
        self.0.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }

    /// A text in which every id that the plan has a name for is followed by that name.
    pub fn beside_ids(&self, text: &str) -> String {
        const LENGTH: usize = 36;
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(sign) = rest.chars().next() {
            let id = rest
                .get(..LENGTH)
                .filter(|_| !out.ends_with(|last: char| last.is_alphanumeric() || last == '-'));
            let known = id.and_then(|id| Some((id, self.0.get(&id.parse().ok()?)?)));
            let mut step = sign.len_utf8();
            if let Some((id, name)) = known {
                step = LENGTH;
                out.extend([id, " (", name, ")"]);
            } else {
                out.push(sign);
            }
            rest = rest.get(step..).unwrap_or_default();
        }
        out
    }

    /// What a target holds: ids are followed by names, which are tokens where these are asked for.
    pub fn held(&self, present: &Present, anonymiser: Option<&Anonymiser>) -> String {
        let beside = |id: Uuid, name: &dyn Fn(&str) -> String| match self.0.get(&id) {
            Some(known) => format!("{id} ({})", name(known)),
            None => id.to_string(),
        };
        match present {
            Present::Owner(principal) => beside(principal.uuid(), &|name| {
                anonymiser.map_or_else(|| name.to_owned(), |one| one.person(name))
            }),
            // Whoever joins the values makes tokens of the words.
            Present::Values(values) => {
                values_word(values, &|id| beside(id, &str::to_owned), anonymiser)
            }
            Present::Absent | Present::User { .. } | Present::Role(_) => {
                present_word(present, anonymiser)
            }
        }
    }

    /// What a change is about; records have no name in a plan.
    pub(super) fn subject(&self, subject: &Subject) -> String {
        match subject {
            Subject::Stub { id, .. } | Subject::User { id, .. } => self.name(id.0),
            Subject::Role { principal, role } => {
                format!("{} of {}", self.name(role.0), self.name(principal.uuid()))
            }
            Subject::Record { .. } => String::new(),
        }
    }

    /// Who owns it, or what a user holds, as it is to be told; nothing where a value has no ids.
    pub(super) fn value(&self, present: &Present, anonymiser: Option<&Anonymiser>) -> String {
        match present {
            Present::Owner(principal) => {
                let name = self.name(principal.uuid());
                anonymiser.map_or_else(|| name.clone(), |one| one.person(&name))
            }
            Present::Values(values) => values_word(values, &|id| self.name(id), anonymiser),
            Present::Absent | Present::User { .. } | Present::Role(_) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use uuid::Uuid;

    use super::Names;

    #[test]
    fn a_name_stands_beside_its_id() {
        let id = Uuid::from_u128(7);
        check(&id.to_string(), &format!("{id} (Ana <ana@contoso.com>)"));
        check(
            &format!("user {id}: no"),
            &format!("user {id} (Ana <ana@contoso.com>): no"),
        );
        let other = Uuid::from_u128(8).to_string();
        check(&other, &other);
        check("nobody – ünïcode", "nobody – ünïcode");
        check(&format!("1{id}"), &format!("1{id}"));
        check("", "");
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let ana = "Ana <ana@contoso.com>".to_owned();
        let names = Names(BTreeMap::from([(Uuid::from_u128(7), ana)]));
        assert_eq!(names.beside_ids(text), expected);
    }
}
