//! Asking somebody: a question on standard error, a line from standard input.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::run::Answer;

/// Asks; only `y` or `yes` is a yes, and without a terminal there is nobody.
pub(super) fn ask(words: &str) -> Answer {
    if !io::stdin().is_terminal() {
        return Answer::Nobody;
    }
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
