//! What people call the ids of a plan: users and stub users by name and UPN, teams and roles by name.
//!
//! In: the fields and stub users of a sealed plan. Out: words for ids. An id that the plan does not
//! know stays as it is.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use uuid::Uuid;

use crate::model::{Present, Stage, Subject, Write};
use crate::plan::{PlanError, SealedPlan};
use crate::report::csv::values_word;

/// Words for ids.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeMap<Uuid, String>);

impl Names {
    /// The names that a plan knows.
    pub(super) fn of(plan: &SealedPlan) -> Result<Self, PlanError> {
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

    /// Who owns it, or what a user holds; nothing where a value has no ids.
    pub(super) fn value(&self, present: &Present) -> String {
        match present {
            Present::Owner(principal) => self.name(principal.uuid()),
            Present::Values(values) => values_word(values, &|id| self.name(id)),
            Present::Absent | Present::User { .. } | Present::Role(_) => String::new(),
        }
    }
}
