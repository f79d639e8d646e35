//! `explain`: a rule, or all of them.

use crate::model::Code;
use crate::report::{Page, explain as one, explain_all, explain_csv, explain_json};
use crate::run::{Console, Exit, Failure, Format};

/// Explains the rule of that code, or lists all.
pub fn explain(code: Option<&str>, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let code: Option<Code> = code
        .map(str::parse)
        .transpose()
        .map_err(|unknown| Failure {
            exit: Exit::Usage,
            error: anyhow::Error::new(unknown),
        })?;
    match (console.format, code) {
        (Format::Text, Some(code)) => {
            let width = console.width;
            let mut page = Page {
                out: console.out,
                width,
                folder: ".",
            };
            one(&mut page, code)?;
        }
        (Format::Text, None) => explain_all(console.out)?,
        (Format::Json, code) => explain_json(console.out, code)?,
        (Format::Csv, code) => explain_csv(console.out, code)?,
    }
    Ok(Exit::Done)
}
