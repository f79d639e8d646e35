//! Findings as text: errors first, each with place, cure, and what it blocks.
//!
//! In: a plan's document. Out: lines no wider than the page. The document holds the first places of
//! each finding; where more are, it says how many.

use std::collections::BTreeMap;
use std::io;

use crate::plan::{Document, FindingRecord, InputRecord, PlaceRecord};
use crate::report::page::{Page, clause, shell_word, visible};
use crate::report::table::{BAD, FAINT, HEADING, WARN, counted, styled};

/// Places shown with a finding in text.
const PLACES_SHOWN: usize = 3;

/// Writes those findings that are wanted, at most `most` of them; says how many there are more.
pub fn findings(
    page: &mut Page<'_>,
    document: &Document,
    wanted: impl Fn(&FindingRecord) -> bool,
    most: usize,
) -> io::Result<()> {
    let all = || document.findings.iter().filter(|finding| wanted(finding));
    // A line that says that a few more exist would be as long as they are.
    let few = all().count() <= most.saturating_add(most / 5);
    let most = if few { usize::MAX } else { most };
    for finding in all().take(most) {
        write_finding(page, document, finding)?;
    }
    let more = all().count().saturating_sub(most);
    if more > 0 {
        let folder = page.folder;
        let folder = shell_word(folder);
        let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
        for finding in all().skip(most) {
            *codes.entry(&finding.code).or_default() += 1;
        }
        let codes: Vec<String> = codes
            .into_iter()
            .map(|(code, findings)| format!("{code} {findings}"))
            .collect();
        page.paragraph(2, "… and ", &format!("{more} more: {}", codes.join(", ")))?;
        writeln!(page.out, "    `cutover show {folder} findings`")?;
    }
    Ok(())
}

/// Writes one finding.
pub fn write_finding(
    page: &mut Page<'_>,
    document: &Document,
    finding: &FindingRecord,
) -> io::Result<()> {
    let (code, severity) = (&finding.code, &finding.severity);
    finding_head(page, code, severity, finding.accepted, &finding.subject)?;
    page.paragraph(6, "", &finding.message)?;
    for place in finding.places.iter().take(PLACES_SHOWN) {
        let words = format!("at {}", place_words(&document.inputs, place));
        page.faint(6, &words)?;
    }
    let shown = finding.places.len().min(PLACES_SHOWN) as u64;
    if shown > 0 && finding.count > shown {
        let rest = format!("and {}", counted(finding.count - shown, "more row"));
        writeln!(page.out, "      {}", styled(FAINT, rest))?;
    }
    if finding.blocks > 0 {
        writeln!(
            page.out,
            "      blocks {}",
            counted(finding.blocks, "more change")
        )?;
    }
    if finding.severity != "note" {
        page.paragraph(6, "cure: ", &clause(&finding.cure))?;
    }
    Ok(())
}

/// Writes the first line of a finding: what was found, and about whom.
pub(super) fn finding_head(
    page: &mut Page<'_>,
    code: &str,
    severity: &str,
    is_accepted: bool,
    subject: &str,
) -> io::Result<()> {
    let style = match severity {
        "error" if !is_accepted => BAD,
        "error" | "warning" => WARN,
        _ => HEADING,
    };
    let accepted = if is_accepted {
        " (accepted: kept out)"
    } else {
        ""
    };
    let (code, subject) = (styled(style, code), visible(subject));
    writeln!(page.out, "  {code}  {subject}{accepted}")
}

/// A place in words: `exports/accounts.csv, row 17 (line 19), column Owner: #N/A`.
pub fn place_words(inputs: &[InputRecord], place: &PlaceRecord) -> String {
    let input = inputs.iter().find(|input| input.file == place.file);
    let mut words = vec![input.map_or("?", |input| &input.name).to_owned()];
    if let Some(sheet) = input.and_then(|input| input.sheet.as_deref()) {
        words.push(format!("sheet {sheet}"));
    }
    let line = if place.line == place.row {
        String::new()
    } else {
        format!(" (line {})", place.line)
    };
    if place.row > 0 {
        words.push(format!("row {}{line}", place.row));
    }
    if let Some(column) = place.column {
        let header = usize::from(column)
            .checked_sub(1)
            .and_then(|index| input?.headers.get(index))
            .map(|header| header.trim())
            .filter(|header| !header.is_empty());
        words.push(header.map_or_else(
            || format!("column {column}"),
            |header| format!("column {header}"),
        ));
    }
    let place_text = words.join(", ");
    match place.cell.as_deref().filter(|cell| !cell.is_empty()) {
        Some(cell) => format!("{place_text}: {}", visible(cell)),
        None => place_text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_read_as_people_say_them() {
        check(
            "a cell",
            Some(2),
            17,
            17,
            Some("#N/A"),
            "a.csv, row 17, column Owner: #N/A",
        );
        check(
            "a row with breaks before it",
            None,
            17,
            19,
            None,
            "a.csv, row 17 (line 19)",
        );
        check(
            "a column without a header",
            Some(9),
            2,
            2,
            None,
            "a.csv, row 2, column 9",
        );
        check("the file", None, 0, 0, None, "a.csv");
        check(
            "a cell with a break",
            Some(1),
            2,
            2,
            Some("x\ny"),
            "a.csv, row 2, column Id: x y",
        );
    }

    #[track_caller]
    fn check(
        case: &str,
        column: Option<u16>,
        row: u64,
        line: u64,
        cell: Option<&str>,
        expected: &str,
    ) {
        let input = InputRecord {
            file: 3,
            name: "a.csv".to_owned(),
            kind: "records".to_owned(),
            table: None,
            bytes: 0,
            blake3: String::new(),
            rows: 0,
            encoding: String::new(),
            delimiter: None,
            sheet: None,
            headers: vec!["Id".to_owned(), " Owner ".to_owned()],
        };
        let cell = cell.map(str::to_owned);
        let place = PlaceRecord {
            file: 3,
            row,
            line,
            column,
            cell,
        };
        assert_eq!(place_words(&[input], &place), expected, "case: {case}");
    }
}
