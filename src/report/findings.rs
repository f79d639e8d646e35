//! Findings as text: errors first, each with place, cure, and what it blocks.
//!
//! In: a plan's document. Out: lines. The document holds the first places of each finding; where more
//! are, it says how many.

use std::io::{self, Write};

use crate::plan::{Document, FindingRecord, InputRecord, PlaceRecord};
use crate::report::table::{BAD, FAINT, HEADING, WARN, counted, styled};

/// Places shown with a finding in text.
const PLACES_SHOWN: usize = 3;

/// Writes the findings of one severity, at most `most` of them; says how many there are more.
pub fn findings(
    out: &mut dyn Write,
    document: &Document,
    severity: &str,
    most: usize,
) -> io::Result<()> {
    let all = || {
        document
            .findings
            .iter()
            .filter(|finding| finding.severity == severity)
    };
    for finding in all().take(most) {
        write_finding(out, document, finding)?;
    }
    let more = all().count().saturating_sub(most);
    if more > 0 {
        writeln!(
            out,
            "  … and {} more: {}",
            counted(more as u64, severity),
            "`cutover show DIR findings`"
        )?;
    }
    Ok(())
}

/// Writes one finding.
pub fn write_finding(
    out: &mut dyn Write,
    document: &Document,
    finding: &FindingRecord,
) -> io::Result<()> {
    let style = match finding.severity.as_str() {
        "error" if !finding.accepted => BAD,
        "error" | "warning" => WARN,
        _ => HEADING,
    };
    let accepted = if finding.accepted {
        " (accepted: kept out)"
    } else {
        ""
    };
    let subject = if finding.subject.is_empty() {
        String::new()
    } else {
        format!("  {}", finding.subject)
    };
    writeln!(out, "  {}{subject}{accepted}", styled(style, &finding.code))?;
    writeln!(out, "      {}", finding.message)?;
    for place in finding.places.iter().take(PLACES_SHOWN) {
        writeln!(
            out,
            "      {}",
            styled(
                FAINT,
                format!("at {}", place_words(&document.inputs, place))
            )
        )?;
    }
    let shown = finding.places.len().min(PLACES_SHOWN) as u64;
    if shown > 0 && finding.count > shown {
        let rest = format!("and {}", counted(finding.count - shown, "more row"));
        writeln!(out, "      {}", styled(FAINT, rest))?;
    }
    if finding.blocks > 0 {
        writeln!(out, "      blocks {}", counted(finding.blocks, "change"))?;
    }
    if finding.severity != "note" {
        writeln!(out, "      cure: {}", finding.cure)?;
    }
    Ok(())
}

/// A place in words: `exports/accounts.csv, row 17 (line 19), column Owner: #N/A`.
pub fn place_words(inputs: &[InputRecord], place: &PlaceRecord) -> String {
    let input = inputs.iter().find(|input| input.file == place.file);
    let mut words = input.map_or_else(|| "?".to_owned(), |input| input.name.clone());
    if let Some(sheet) = input.and_then(|input| input.sheet.as_deref()) {
        words += &format!(", sheet {sheet}");
    }
    if place.row > 0 {
        words += &format!(", row {}", place.row);
    }
    if place.line != place.row {
        words += &format!(" (line {})", place.line);
    }
    let header = place
        .column
        .and_then(|column| input?.headers.get(usize::from(column).checked_sub(1)?));
    if let Some(header) = header {
        words += &format!(", column {}", header.trim());
    }
    if let Some(cell) = place.cell.as_deref().filter(|cell| !cell.is_empty()) {
        words += &format!(": {}", one_line(cell));
    }
    words
}

/// A cell on one line, without what would move a terminal's cursor.
fn one_line(cell: &str) -> String {
    cell.chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}
