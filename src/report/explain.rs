//! `explain`: a rule in full, or all in a table; and the table of the README.
//!
//! In: the rule table. Out: text, JSON, CSV or Markdown, all from the same metadata.

use std::fmt;
use std::io::{self, Write};

use serde::Serialize;

use crate::model::{Code, Rule, Severity};
use crate::report::page::Page;
use crate::report::table::{FAINT, HEADING, styled};

/// A rule as programs read it.
#[derive(Debug, Serialize)]
pub(super) struct RuleRecord {
    code: &'static str,
    severity: &'static str,
    title: &'static str,
    what: &'static str,
    why: &'static str,
    example: &'static str,
    cure: &'static str,
    source: &'static str,
    guards: bool,
    keep_out: bool,
}

impl RuleRecord {
    pub(super) fn of(rule: &Rule) -> Self {
        let Rule {
            code,
            severity,
            title,
            what,
            why,
            example,
            cure,
            source,
            guards,
            keep_out,
        } = *rule;
        let (code, severity) = (code.as_str(), severity.word());
        Self {
            code,
            severity,
            title,
            what,
            why,
            example,
            cure,
            source,
            guards,
            keep_out,
        }
    }
}

/// Writes one rule in full.
pub fn explain(page: &mut Page<'_>, code: Code) -> io::Result<()> {
    let rule = code.rule();
    let heading = format!("{code}  {}", rule.title);
    writeln!(page.out, "{}", styled(HEADING, heading))?;
    writeln!(page.out, "{}", styled(FAINT, consequences(rule)))?;
    for (word, text) in [
        ("what", rule.what),
        ("why", rule.why),
        ("example", rule.example),
        ("cure", rule.cure),
        ("source", rule.source),
    ] {
        writeln!(page.out, "\n{}", styled(HEADING, word))?;
        page.paragraph(2, "", text)?;
    }
    page.faint(2, SOURCES)
}

/// What the letters of a source stand for.
const SOURCES: &str = "(S: a statement of the vendor's documents on users and roles, by number; P: a \
                       fact about the platform, by section; design: this product's own)";

fn consequences(rule: &Rule) -> String {
    let mut words = vec![match rule.severity {
        Severity::Fatal => "ends the run; no plan is written",
        Severity::Error => "error: the plan is not approved",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }];
    if rule.guards {
        words.push("guards a refusal of the service");
    }
    if rule.keep_out {
        words.push("may be accepted with \"keep out\"");
    }
    words.join(" · ")
}

/// Writes all rules, a line each.
pub fn explain_all(out: &mut dyn Write) -> io::Result<()> {
    for code in Code::ALL {
        let rule = code.rule();
        writeln!(
            out,
            "{}  {:<8} {}",
            styled(HEADING, code),
            rule.severity.word(),
            rule.title
        )?;
    }
    writeln!(
        out,
        "\n`cutover explain CODE` says what, why, an example, the cure and the source"
    )
}

/// Writes rules as JSON: one object, or all as a list.
pub fn explain_json(out: &mut dyn Write, code: Option<Code>) -> io::Result<()> {
    if let Some(code) = code {
        serde_json::to_writer_pretty(&mut *out, &RuleRecord::of(code.rule()))?;
    } else {
        let all: Vec<RuleRecord> = Code::ALL
            .iter()
            .map(|code| RuleRecord::of(code.rule()))
            .collect();
        serde_json::to_writer_pretty(&mut *out, &all)?;
    }
    writeln!(out)
}

/// Writes rules as CSV.
pub fn explain_csv(out: &mut dyn Write, code: Option<Code>) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    for one in Code::ALL
        .iter()
        .filter(|one| code.is_none_or(|code| code == **one))
    {
        writer.serialize(RuleRecord::of(one.rule()))?;
    }
    writer.flush()
}

/// The README's rule table, in Markdown.
pub fn rules_markdown() -> String {
    let mut text = String::from(
        "| code | severity | what it finds | guards a refusal | may be kept out |\n|---|---|---|---|---|\n",
    );
    for code in Code::ALL {
        let rule = code.rule();
        let yes = |value: bool| if value { "yes" } else { "" };
        let (guards, keep_out) = (yes(rule.guards), yes(rule.keep_out));
        let severity = rule.severity.word();
        // A text in memory takes whatever is written to it.
        let _ = fmt::Write::write_fmt(
            &mut text,
            format_args!(
                "| {code} | {severity} | {} | {guards} | {keep_out} |\n",
                rule.title
            ),
        );
    }
    text
}
