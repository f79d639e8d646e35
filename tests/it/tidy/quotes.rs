//! Data comes between the backticks of a message through `model/quoted.rs` alone, so that a backtick in it ends no quote.
//!
//! In: the sources of the rooms whose messages quote exports and environments. Out: each place where a value is put
//! between backticks by hand.

use super::{code_lines, sources};

/// Where messages about data are made; what ends in a slash is a room or a folder of one.
const MADE_IN: [&str; 9] = [
    "src/check/",
    "src/environment/load",
    "src/model/",
    "src/plan/build/",
    "src/project/owners",
    "src/read/",
    "src/resolve/",
    "src/run/sheet.rs",
    "src/run/show/one.rs",
];

/// What is no data: it begins a quote that is the product's own.
const OWN: [&str; 3] = [
    "`{} = ",
    "`{RECORDS}<table>`",
    "`{name}.csv` or `{name}.xlsx`",
];

#[test]
fn data_is_quoted_by_one_function() {
    let mut breaches = Vec::new();
    for (path, _, text) in sources() {
        let is_made = MADE_IN.iter().any(|place| path.starts_with(place));
        if !is_made || path.contains("/tests") {
            continue;
        }
        // Tests at a file's end quote what they like.
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in code_lines(text) {
            let own = OWN
                .iter()
                .fold(line.to_owned(), |line, own| line.replace(own, ""));
            if own.contains("`{") || own.contains("\"`, `\"") {
                breaches.push(format!(
                    "{path}:{number}: quote it by `quoted`: {}",
                    line.trim()
                ));
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}
