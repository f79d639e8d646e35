//! What is wrong in an environment folder: every problem of every file, told at once.
//!
//! In: problems as the files are read, in any order. Out: one error that lists them by file, row
//! and column. Nothing is loaded where there is one.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::environment::EnvironmentError;
use crate::model::quoted;

/// How many problems are shown; the rest are counted.
const SHOWN_MAX: usize = 50;

/// How many problems of one file are kept; the rest are counted.
const KEPT_MAX: usize = 1000;

/// One thing that is wrong in an environment folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, with the folder as the manifest writes it.
    pub file: String,
    /// The row as a spreadsheet numbers it; 0 where the whole file is meant.
    pub row: u64,
    /// The physical line on which the row begins; 0 as `row`.
    pub line: u64,
    /// The column, from 1; `None` where the row or file is meant.
    pub column: Option<u16>,
    /// The column's header as written.
    pub header: Option<String>,
    /// What was found, what was expected, and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.file)?;
        if self.row > 0 {
            write!(formatter, ", row {}", self.row)?;
        }
        if self.line != self.row {
            write!(formatter, " (line {})", self.line)?;
        }
        if let Some(header) = &self.header {
            write!(formatter, ", column {}", header.trim())?;
        }
        write!(formatter, ": {}", self.message)
    }
}

/// Problems that kept a folder from being loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    /// By file, row and column; of a file with very many, the first.
    pub problems: Vec<Problem>,
    /// How many there are in all.
    pub count: u64,
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.count == 1 {
            "problem"
        } else {
            "problems"
        };
        write!(
            formatter,
            "nothing was loaded, for {} {word} in the environment folder:",
            self.count
        )?;
        let shown = self.problems.len().min(SHOWN_MAX);
        for problem in &self.problems[..shown] {
            write!(formatter, "\n  {problem}")?;
        }
        let rest = self.count - shown as u64;
        if rest > 0 {
            write!(formatter, "\n  and {rest} more")?;
        }
        Ok(())
    }
}

/// A folder was not loaded; the environment file, if there was one, is as before.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The folder or a file in it cannot be read.
    #[error(
        "{}: cannot be read; see that it is there and may be read, or correct \
         `[environment] from`",
        quoted(&path.display()))]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The files hold what cannot be loaded.
    #[error("{0}")]
    Problems(Problems),
    /// The environment file cannot be written.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
}

impl LoadError {
    /// The problems in the folder's files; none where something else went wrong.
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Problems(problems) => &problems.problems,
            _ => &[],
        }
    }
}

/// Problems being collected.
#[derive(Debug, Default)]
pub(super) struct Collector {
    files: BTreeMap<String, Vec<Problem>>,
    count: u64,
}

impl Collector {
    /// Takes a problem.
    pub(super) fn add(&mut self, problem: Problem) {
        self.count += 1;
        if let Some(kept) = self.files.get_mut(&problem.file) {
            if kept.len() < KEPT_MAX {
                kept.push(problem);
            }
        } else {
            self.files.insert(problem.file.clone(), vec![problem]);
        }
    }

    /// Takes a problem of a file as a whole.
    pub(super) fn of_file(&mut self, file: &str, message: String) {
        self.add(Problem {
            file: file.to_owned(),
            row: 0,
            line: 0,
            column: None,
            header: None,
            message,
        });
    }

    /// How many there are so far.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// All problems as one error, if there are any.
    pub(super) fn end(self) -> Result<(), LoadError> {
        if self.count == 0 {
            return Ok(());
        }
        let mut problems: Vec<Problem> = self.files.into_values().flatten().collect();
        problems.sort();
        Err(LoadError::Problems(Problems {
            problems,
            count: self.count,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifty_are_shown_and_all_are_counted() {
        let mut collector = Collector::default();
        for row in (1..=1234).rev() {
            collector.add(Problem {
                file: "environment/users.csv".to_owned(),
                row,
                line: row + 1,
                column: Some(2),
                header: Some(" UPN".to_owned()),
                message: "it is blank".to_owned(),
            });
        }
        let error = collector.end().unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("nothing was loaded, for 1234 problems"));
        assert_eq!(text.lines().count(), 52);
        assert!(text.ends_with("  and 1184 more"));
        assert!(text.contains("row 235 (line 236), column UPN: it is blank\n"));
        assert_eq!(error.problems().len(), KEPT_MAX);
        assert!(error.problems().is_sorted());
    }

    #[test]
    fn no_problem_is_no_error() {
        Collector::default().end().unwrap();
    }
}
