//! The log of what was written: one JSON line a change, for tests and for whoever wonders.
//!
//! In: changes as they are made. Out: lines with ids alone, no names and no values, in the order of the writes. What is
//! rolled back is not in it. Questions never are, so that a program which only asks leaves the log empty.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::model::{Principal, RoleId};

/// Where the lines go.
pub(in crate::rehearse) type Lines = Box<dyn io::Write + Send>;

/// More than a line of the log takes.
const LINE_MAX: u64 = 4096;

/// Whether a log may be written there: nothing is lost but a log that was written before.
pub(in crate::rehearse) fn may_replace(path: &Path) -> io::Result<bool> {
    // A terminal or a pipe holds nothing that would be lost, and a pipe is not even opened before another one reads.
    match fs::metadata(path) {
        Ok(found) if found.is_file() => {}
        Ok(_) => return Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    }
    let file = File::open(path)?;
    let mut line = Vec::new();
    BufReader::new(file.take(LINE_MAX)).read_until(b'\n', &mut line)?;
    let known = serde_json::from_slice::<Value>(&line).is_ok_and(|line| {
        ["what", "id", "request"]
            .iter()
            .all(|key| line.get(key).is_some())
    });
    Ok(line.is_empty() || known)
}

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
    pub(in crate::rehearse) fn end(&mut self) -> io::Result<()> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_replaces_logs_alone() {
        check("nothing", None, true);
        check("an empty file", Some(""), true);
        check("what a log holds", Some(&written()), true);
        check("a database", Some("SQLite format 3\0..."), false);
        check(
            "a manifest",
            Some("[environment]\nfile = \"environment.sqlite\"\n"),
            false,
        );
        check("JSON of another kind", Some("{\"id\": 1}\n"), false);
        check("JSON that is no object", Some("[]\n"), false);
        check("a line without an end", Some(&"{".repeat(100_000)), false);
    }

    #[track_caller]
    fn check(case: &str, before: Option<&str>, expected: bool) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("writes.jsonl");
        if let Some(before) = before {
            fs::write(&path, before).unwrap();
        }
        assert_eq!(may_replace(&path).unwrap(), expected, "case: {case}");
    }

    /// What a log with a change in it holds.
    fn written() -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("writes.jsonl");
        let mut log = Log::new(Some(Box::new(File::create(&path).unwrap())));
        log.row("create", "account", Uuid::nil());
        log.end().unwrap();
        fs::read_to_string(&path).unwrap()
    }
}
