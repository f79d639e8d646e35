//! `report.html`: a plan as one page that is mailed to people who have never seen a terminal.
//!
//! In: the sheets of a sealed plan. Out: one file that fetches nothing. Its first screen needs no script: it is
//! made here, from `plan.json` alone (`view.rs`, `figures.rs`, `day_one.rs`, `receivers.rs`, `report.html.j2`).
//! The rows behind it follow as data (`pack.rs`), and a small script shows, searches, filters and sorts them.
//! A policy in its head lets run that script and that style sheet, by their hashes, and nothing else: whatever a
//! name in an export holds stays text. Written by hand rather than with a library for tables or charts: what such
//! a one brings would have to be read and trusted by everybody who opens the file.

mod bar;
mod day_one;
mod figures;
mod link;
mod pack;
mod receivers;
mod view;

use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, UndefinedBehavior};
use rayon::prelude::*;
use ring::digest::{SHA256, digest};
use serde::Serialize;

use crate::model::Code;
use crate::plan::Document;
use crate::report::explain::RuleRecord;
use crate::report::html::pack::{Pack, json, pack};
use crate::report::html::receivers::{Receivers, ReceiversView};
use crate::report::html::view::View;
use crate::report::table::{counted, thousands};
use crate::report::{ReportError, SheetName, Sheets};

/// Its name is what makes the template escape: all that is put into it but what it calls safe.
const TEMPLATE: &str = "report.html";

/// Where the rows stand in the page.
const ROWS_MARK: &str = "<!-- rows -->";

/// Where the style sheet has the seal for paper: a browser prints it at the foot of every page.
const SEAL_MARK: &str = "SEAL";

/// Name of the page in a plan folder.
pub const PAGE_FILE: &str = "report.html";

/// Writes the page.
pub fn write_html(out: &mut dyn Write, sheets: &Sheets<'_>) -> Result<(), ReportError> {
    let packed: Vec<(Pack, Option<ReceiversView>)> = SheetName::ALL
        .par_iter()
        .map(|sheet| packed(sheets, *sheet))
        .collect::<Result<_, ReportError>>()?;
    let receivers = packed.iter().find_map(|(_, receivers)| receivers.as_ref());
    let index = index(sheets, &packed);
    let page = page(sheets.document(), receivers, &index)?;
    let (head, tail) = page.split_once(ROWS_MARK).unwrap_or((&page, ""));
    out.write_all(head.as_bytes())?;
    for (sheet, (pack, _)) in SheetName::ALL.iter().zip(&packed) {
        data(out, sheet.key(), &pack.json)?;
    }
    data(out, "index", &json(&index)?)?;
    out.write_all(tail.as_bytes())?;
    Ok(out.flush()?)
}

fn data(out: &mut dyn Write, name: &str, json: &[u8]) -> io::Result<()> {
    write!(out, "<script type=\"application/json\" id=\"data-{name}\">")?;
    out.write_all(json)?;
    writeln!(out, "</script>")
}

fn packed(
    sheets: &Sheets<'_>,
    sheet: SheetName,
) -> Result<(Pack, Option<ReceiversView>), ReportError> {
    if sheet != SheetName::Reconciliation {
        return Ok((pack(sheets, sheet, None)?, None));
    }
    let mut receivers = Receivers::default();
    let pack = pack(sheets, sheet, Some(&mut |row| receivers.look(row)))?;
    Ok((pack, Some(receivers.view())))
}

/// What the script knows of the sheets before it unpacks one, and the rules that findings are of.
#[derive(Serialize)]
struct Index {
    sheets: Vec<IndexSheet>,
    rules: Vec<RuleRecord>,
}

#[derive(Serialize)]
struct IndexSheet {
    key: &'static str,
    title: &'static str,
    /// Key, title, kind, and how many characters wide.
    columns: Vec<(&'static str, &'static str, &'static str, u16)>,
    /// Rows in the page.
    rows: u64,
    /// Rows in the plan.
    all: u64,
}

fn index(sheets: &Sheets<'_>, packed: &[(Pack, Option<ReceiversView>)]) -> Index {
    let of_sheet = |(sheet, (pack, _)): (&SheetName, &(Pack, _))| IndexSheet {
        key: sheet.key(),
        title: sheet.title(),
        columns: sheet
            .columns()
            .iter()
            .map(|column| {
                let kind = column.kind.key();
                (column.key, column.title, kind, column.width)
            })
            .collect(),
        rows: pack.rows,
        all: sheets.len(*sheet),
    };
    let document = sheets.document();
    Index {
        sheets: SheetName::ALL.iter().zip(packed).map(of_sheet).collect(),
        rules: rules(document),
    }
}

/// The rules that the plan speaks of, each once.
fn rules(document: &Document) -> Vec<RuleRecord> {
    let spoken = |code: &Code| {
        let code = code.as_str();
        let finding = document.findings.iter().any(|one| one.code == code);
        finding || document.unchecked.iter().any(|one| one.code == code)
    };
    let codes = Code::ALL.iter().filter(|code| spoken(code));
    codes.map(|code| RuleRecord::of(code.rule())).collect()
}

/// What the template shows.
#[derive(Serialize)]
struct Shown<'a> {
    view: View,
    accounts: figures::Accounts,
    owners: figures::Owners,
    families: figures::Families,
    readiness: day_one::Readiness,
    steps: Vec<day_one::Step>,
    lists: Vec<day_one::List>,
    receivers: Option<&'a ReceiversView>,
    sheets: &'a [IndexSheet],
    style_hash: String,
    script_hash: String,
    style: String,
    script: String,
}

/// The page without its rows.
fn page(
    document: &Document,
    receivers: Option<&ReceiversView>,
    index: &Index,
) -> Result<String, ReportError> {
    // A checkout may have given the lines other ends; a browser takes them off before it hashes.
    let style = include_str!("report.css").replace('\r', "");
    let style = style.replace(SEAL_MARK, short_seal(document));
    let script = include_str!("report.js").replace('\r', "");
    let failed = |error: minijinja::Error| ReportError::Output(io::Error::other(error));
    let mut templates = Environment::new();
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build();
    templates.set_syntax(syntax.map_err(failed)?);
    templates.add_filter("number", thousands);
    templates.add_filter("counted", counted);
    templates.add_filter("code", code_words);
    templates
        .add_template(TEMPLATE, include_str!("report.html.j2"))
        .map_err(failed)?;
    let template = templates.get_template(TEMPLATE).map_err(failed)?;
    let page = template.render(Serde(Shown {
        view: View::of(document),
        accounts: figures::accounts(document),
        owners: figures::owners(document),
        families: figures::families(document),
        readiness: day_one::readiness(document),
        steps: day_one::steps(document),
        lists: day_one::lists(document),
        receivers,
        sheets: &index.sheets,
        style_hash: hash(&style),
        script_hash: hash(&script),
        style,
        script,
    }));
    page.map_err(failed)
}

/// The digits of the seal that people compare.
fn short_seal(document: &Document) -> &str {
    document.seal.get(..8).unwrap_or(&document.seal)
}

/// What a policy calls an element by that is allowed.
fn hash(text: &str) -> String {
    let hash = STANDARD.encode(digest(&SHA256, text.as_bytes()));
    format!("sha256-{hash}")
}

/// A text of the rule table as HTML: what stands between two backticks is code.
fn code_words(text: &str) -> Value {
    let escaped = |part: &str| {
        let part = part.replace('&', "&amp;").replace('<', "&lt;");
        part.replace('>', "&gt;").replace('"', "&quot;")
    };
    let parts = text.split('`').enumerate().map(|(index, part)| {
        let part = escaped(part);
        if index % 2 == 0 {
            part
        } else {
            format!("<code>{part}</code>")
        }
    });
    Value::from_safe_string(parts.collect())
}
