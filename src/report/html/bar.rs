//! Bars of a chart, as SVG that needs no script and no style of its own.
//!
//! In: numbers, each with the name of its colour in the style sheet. Out: a drawing a hundred wide. It adds
//! nothing to the numbers that stand beside it, so screen readers pass it over.

use std::fmt::Write;

/// How wide a bar is, in units of the drawing.
const WIDTH: u64 = 1_000;

/// What is there at all can be seen.
const WIDTH_MIN: u64 = 6;

/// Draws parts side by side, to the scale at which `whole` fills the bar.
pub(super) fn bar(parts: &[(&str, u64)], whole: u64) -> String {
    let mut svg = String::from(
        "<svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\" \
         focusable=\"false\">",
    );
    let mut left = 0;
    for (colour, width) in widths(parts, whole) {
        // A text in memory takes whatever is written to it.
        let _ = write!(
            svg,
            "<rect class=\"{colour}\" x=\"{left}\" y=\"0\" width=\"{width}\" height=\"10\"/>"
        );
        left += width;
    }
    svg.push_str("</svg>");
    svg
}

/// How wide each part is. What small ones are widened by, the widest gives.
fn widths<'a>(parts: &[(&'a str, u64)], whole: u64) -> Vec<(&'a str, u64)> {
    let exact = |part: u64| u128::from(part) * u128::from(WIDTH) / u128::from(whole.max(1));
    let shown = parts.iter().filter(|(_, part)| *part > 0);
    let mut widths: Vec<(&str, u64)> = shown
        .map(|(colour, part)| {
            let width = u64::try_from(exact(*part)).unwrap_or(WIDTH).min(WIDTH);
            (*colour, width.max(WIDTH_MIN))
        })
        .collect();
    let sum: u64 = widths.iter().map(|(_, width)| width).sum();
    if let Some((_, widest)) = widths.iter_mut().max_by_key(|(_, width)| *width) {
        *widest = widest.saturating_sub(sum.saturating_sub(WIDTH));
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_as_wide_as_they_count() {
        check("halves", &[5, 5], 10, &[500, 500]);
        check("a part of the scale", &[1, 2], 4, &[250, 500]);
        check("nothing is not drawn", &[0, 4], 4, &[1_000]);
        check("little is seen", &[1, 999_999], 1_000_000, &[6, 994]);
        check("many rows", &[u64::MAX / 2], u64::MAX, &[499]);
        check("nothing at all", &[0], 0, &[]);
    }

    #[track_caller]
    fn check(case: &str, parts: &[u64], whole: u64, expected: &[u64]) {
        let parts: Vec<(&str, u64)> = parts.iter().map(|part| ("a", *part)).collect();
        let widths: Vec<u64> = widths(&parts, whole).iter().map(|one| one.1).collect();
        assert_eq!(widths, expected, "case: {case}");
        assert_eq!(bar(&parts, whole).matches("<rect").count(), expected.len());
    }
}
