//! Asking somebody: a question on standard error, a line from standard input.

use std::io::{self, BufRead, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::run::Answer;

/// Whether a question is open, for whoever hears Ctrl-C meanwhile.
#[derive(Clone, Debug, Default)]
pub(super) struct Question(Arc<AtomicBool>);

impl Question {
    /// Whether somebody is being asked right now: nothing is under way then.
    pub(super) fn is_open(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// Asks; only `y` or `yes` is a yes, and without a terminal there is nobody.
    pub(super) fn ask(&self, words: &str) -> Answer {
        if !io::stdin().is_terminal() {
            return Answer::Nobody;
        }
        self.0.store(true, Ordering::SeqCst);
        let answer = asked(words);
        self.0.store(false, Ordering::SeqCst);
        answer
    }
}

fn asked(words: &str) -> Answer {
    let mut err = io::stderr();
    if write!(err, "{words} [y/N] ")
        .and_then(|()| err.flush())
        .is_err()
    {
        return Answer::Nobody;
    }
    let mut line = String::new();
    match io::stdin().lock().read_line(&mut line) {
        Ok(_) if matches!(line.trim().to_lowercase().as_str(), "y" | "yes") => Answer::Yes,
        _ => Answer::No,
    }
}
