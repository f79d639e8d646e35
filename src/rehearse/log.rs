//! The log of what was written: one JSON line a change, for tests and for whoever wonders.
//!
//! In: changes as they are made. Out: lines with ids alone, no names and no values, in the order of the writes. What is
//! rolled back is not in it. Questions never are, so that a program which only asks leaves the log empty.

use std::io::Write as _;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::model::{Principal, RoleId};

/// Where the lines go.
pub(in crate::rehearse) type Lines = Box<dyn std::io::Write + Send>;

/// The log.
pub(in crate::rehearse) struct Log {
    waiting: Vec<Value>,
    lines: Option<Lines>,
    request: u64,
}

impl Log {
    /// A log that writes its lines there, or nowhere.
    pub(in crate::rehearse) fn new(lines: Option<Lines>) -> Self {
        Self {
            waiting: Vec::new(),
            lines,
            request: 0,
        }
    }

    /// A row was made, changed or deleted.
    pub(in crate::rehearse) fn row(&mut self, what: &str, logical: &str, id: Uuid) {
        self.note(json!({ "what": what, "table": logical, "id": id }));
    }

    /// A record got an owner.
    pub(in crate::rehearse) fn owner(&mut self, logical: &str, id: Uuid, owner: Principal) {
        self.note(json!({ "what": "assign", "table": logical, "id": id, "owner": owner.uuid() }));
    }

    /// A role was given or taken.
    pub(in crate::rehearse) fn role(&mut self, principal: Principal, role: RoleId, is_given: bool) {
        let what = if is_given { "give" } else { "take" };
        self.note(json!({ "what": what, "id": principal.uuid(), "role": role.0 }));
    }

    fn note(&mut self, line: Value) {
        if self.lines.is_some() {
            self.waiting.push(line);
        }
    }

    /// How many changes of this request stand; for [`Self::forget_from`].
    pub(in crate::rehearse) fn mark(&self) -> usize {
        self.waiting.len()
    }

    /// Forgets what was noted since a mark: it was rolled back.
    pub(in crate::rehearse) fn forget_from(&mut self, mark: usize) {
        self.waiting.truncate(mark);
    }

    /// The request is done: what stands of it is written.
    pub(in crate::rehearse) fn end(&mut self) -> std::io::Result<()> {
        self.request += 1;
        let Some(lines) = &mut self.lines else {
            return Ok(());
        };
        for line in &mut self.waiting {
            line["request"] = json!(self.request);
            writeln!(lines, "{line}")?;
        }
        self.waiting.clear();
        lines.flush()
    }
}
