//! Rows as a table that fits the terminal.
//!
//! In: typed columns, and rows one after the other. Out: lines no wider than the page. The first rows say how wide
//! the columns are, so that a table of millions of rows begins at once and takes no memory; what is longer is cut
//! where it says least. A column that finds no room is left out and named below, never squeezed into nonsense.

use std::io;

use textwrap::core::display_width;

use crate::report::page::{Page, visible};
use crate::report::sheets::{SheetCell, SheetColumn, SheetKind};
use crate::report::table::{BAD, HEADING, WARN, styled, thousands};

/// Rows that are looked at before the widths are settled; a shorter table is known as a whole by then.
const LOOKED_AT: usize = 1_000;

/// Blanks before the first column, and between two.
const INDENT: usize = 2;
const GAP: usize = 2;

/// A table being written.
pub(super) struct Grid<'p, 'o> {
    page: &'p mut Page<'o>,
    columns: &'static [SheetColumn],
    /// Keys of columns that go first where there is no room, the least needed first.
    expendable: &'static [&'static str],
    waiting: Vec<Vec<String>>,
    layout: Option<Layout>,
}

/// Which columns are shown, how wide; and the titles of the others.
#[derive(Debug, Default, PartialEq, Eq)]
struct Layout {
    shown: Vec<(usize, usize)>,
    no_room: Vec<&'static str>,
    blank: Vec<&'static str>,
}

impl<'p, 'o> Grid<'p, 'o> {
    /// A table with these columns; those whose keys are `expendable` go first where there is no room.
    pub(super) fn new(
        page: &'p mut Page<'o>,
        columns: &'static [SheetColumn],
        expendable: &'static [&'static str],
    ) -> Self {
        Self {
            page,
            columns,
            expendable,
            waiting: Vec::new(),
            layout: None,
        }
    }

    /// Writes a row, or keeps it until the widths are settled.
    pub(super) fn row(&mut self, cells: &[SheetCell]) -> io::Result<()> {
        let texts: Vec<String> = cells.iter().map(text).collect();
        if self.layout.is_some() {
            return self.line(&texts);
        }
        self.waiting.push(texts);
        if self.waiting.len() < LOOKED_AT {
            return Ok(());
        }
        self.settle(false)
    }

    /// Writes what is left, and which columns are not shown.
    pub(super) fn end(mut self) -> io::Result<()> {
        if self.layout.is_none() && !self.waiting.is_empty() {
            self.settle(true)?;
        }
        let Layout { no_room, blank, .. } = self.layout.unwrap_or_default();
        let mut words = Vec::new();
        if !no_room.is_empty() {
            let columns = no_room.join("`, `");
            words.push(format!(
                "no room for `{columns}`: widen the terminal, or take `--format csv`"
            ));
        }
        if !blank.is_empty() {
            words.push(format!("nothing in `{}`", blank.join("`, `")));
        }
        if words.is_empty() {
            return Ok(());
        }
        self.page.faint(INDENT, &words.join("; "))
    }

    fn settle(&mut self, all_known: bool) -> io::Result<()> {
        let room = self.page.columns();
        let layout = lay_out(
            self.columns,
            self.expendable,
            &self.waiting,
            room,
            all_known,
        );
        self.head(&layout)?;
        self.layout = Some(layout);
        for row in std::mem::take(&mut self.waiting) {
            self.line(&row)?;
        }
        Ok(())
    }

    /// Writes the titles, each over as many lines as it needs, the last line next to the rows.
    fn head(&mut self, layout: &Layout) -> io::Result<()> {
        let titles = layout.shown.iter().map(|(index, width)| {
            let lines = textwrap::wrap(self.columns[*index].title, (*width).max(1));
            lines.into_iter().map(String::from).collect::<Vec<_>>()
        });
        let titles: Vec<Vec<String>> = titles.collect();
        let height = titles.iter().map(Vec::len).max().unwrap_or(0);
        for line in 0..height {
            let mut out = String::new();
            for (title, (index, width)) in titles.iter().zip(&layout.shown) {
                let above = height - title.len();
                let word = line.checked_sub(above).and_then(|line| title.get(line));
                let word = word.map_or("", String::as_str);
                put(&mut out, word, *width, is_right(self.columns[*index].kind));
            }
            writeln!(self.page.out, "{}", styled(HEADING, out.trim_end()))?;
        }
        Ok(())
    }

    fn line(&mut self, texts: &[String]) -> io::Result<()> {
        let Some(layout) = &self.layout else {
            return Ok(());
        };
        let mut out = String::new();
        for (index, width) in &layout.shown {
            let column = &self.columns[*index];
            let text = texts.get(*index).map_or("", String::as_str);
            let cell = cut(text, *width, column);
            let before = out.len();
            put(&mut out, &cell, *width, is_right(column.kind));
            colour(&mut out, before, &cell, column.kind);
        }
        writeln!(self.page.out, "{}", out.trim_end())
    }
}

/// A cell as people read it.
fn text(cell: &SheetCell) -> String {
    match cell {
        SheetCell::Blank => String::new(),
        SheetCell::Text(text) => visible(text),
        SheetCell::Number(number) => thousands(*number),
    }
}

fn is_right(kind: SheetKind) -> bool {
    kind == SheetKind::Number
}

/// Whether half of it says nothing.
fn is_whole(kind: SheetKind) -> bool {
    use SheetKind::{Answer, Code, Id, Number, Severity};
    matches!(kind, Number | Id | Code | Severity | Answer)
}

/// Puts a cell at the end of a line.
fn put(out: &mut String, text: &str, width: usize, right: bool) {
    let before = if out.is_empty() { INDENT } else { GAP };
    let fill = width.saturating_sub(display_width(text));
    let (left, after) = if right { (fill, 0) } else { (0, fill) };
    out.extend(std::iter::repeat_n(' ', before + left));
    out.push_str(text);
    out.extend(std::iter::repeat_n(' ', after));
}

/// Colours the cell that was just put, where its kind has colours.
fn colour(out: &mut String, before: usize, cell: &str, kind: SheetKind) {
    let style = match (kind, cell) {
        (SheetKind::Severity, "error") | (SheetKind::Answer, "no") => BAD,
        (SheetKind::Severity, "warning") | (SheetKind::Answer, "not known") => WARN,
        _ => return,
    };
    if let Some(at) = out[before..].find(cell) {
        out.replace_range(before + at..before + at + cell.len(), &styled(style, cell));
    }
}

/// A text in so many columns. Of a path the end says more than the beginning.
fn cut(text: &str, width: usize, column: &SheetColumn) -> String {
    if display_width(text) <= width || is_whole(column.kind) {
        return text.to_owned();
    }
    let room = width.saturating_sub(1);
    let mut taken = 0;
    let fits = |letter: &char| {
        taken += display_width(letter.encode_utf8(&mut [0; 4]));
        taken <= room
    };
    if column.key == "file" {
        let end: Vec<char> = text.chars().rev().take_while(fits).collect();
        format!("…{}", end.into_iter().rev().collect::<String>())
    } else {
        let start: String = text.chars().take_while(fits).collect();
        format!("{start}…")
    }
}

/// Settles which columns are shown and how wide: every one as wide as it must be to be read, then as wide as its
/// cells are, as long as there is room.
fn lay_out(
    columns: &'static [SheetColumn],
    expendable: &[&str],
    rows: &[Vec<String>],
    room: usize,
    all_known: bool,
) -> Layout {
    let natural = |index: usize| {
        let cells = rows.iter().filter_map(|row| row.get(index));
        cells.map(|cell| display_width(cell)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns.len()).map(natural).collect();
    let is_blank = |index: &usize| all_known && widths[*index] == 0;
    let (blank, mut shown): (Vec<usize>, Vec<usize>) = (0..columns.len()).partition(is_blank);
    let least = |index: usize| least(&columns[index], widths[index]);
    let mut no_room = Vec::new();
    while shown.len() > 1 && taken(shown.iter().map(|index| least(*index))) > room {
        let place = expendable
            .iter()
            .find_map(|key| shown.iter().position(|index| columns[*index].key == *key))
            .unwrap_or(shown.len() - 1);
        no_room.push(shown.remove(place));
    }
    no_room.sort_unstable();
    let mut laid: Vec<(usize, usize)> = shown.iter().map(|index| (*index, least(*index))).collect();
    let wanted = |index: usize| widths[index].max(least(index));
    let usual = |index: usize| wanted(index).min(usize::from(columns[index].width));
    let mut left = room.saturating_sub(taken(laid.iter().map(|(_, width)| *width)));
    for most in [&usual as &dyn Fn(usize) -> usize, &wanted] {
        widen(&mut laid, &mut left, most);
    }
    let titles = |indices: Vec<usize>| indices.into_iter().map(|index| columns[index].title);
    Layout {
        shown: laid,
        no_room: titles(no_room).collect(),
        blank: titles(blank).collect(),
    }
}

/// How much of a line these widths take.
fn taken(widths: impl Iterator<Item = usize>) -> usize {
    let (count, sum) = widths.fold((0, 0), |(count, sum), width| (count + 1, sum + width));
    INDENT + sum + GAP * usize::saturating_sub(count, 1)
}

/// How narrow a column may get: its title takes three lines at most.
fn least(column: &SheetColumn, natural: usize) -> usize {
    let whole = display_width(column.title);
    let words = column.title.split(' ').map(display_width);
    let title = (words.max().unwrap_or(0)..whole)
        .find(|width| textwrap::wrap(column.title, *width).len() <= 3)
        .unwrap_or(whole);
    let readable = match column.kind {
        kind if is_whole(kind) => natural,
        SheetKind::Text => natural.min(10),
        SheetKind::Prose => natural.min(24),
        _ => natural.min(14),
    };
    readable.max(title)
}

/// Gives what is left of a line to the narrowest columns that want more.
fn widen(laid: &mut [(usize, usize)], left: &mut usize, most: &dyn Fn(usize) -> usize) {
    while *left > 0 {
        let wanting = laid.iter_mut();
        let narrowest = wanting
            .filter(|(index, width)| *width < most(*index))
            .min_by_key(|(_, width)| *width);
        let Some((_, width)) = narrowest else {
            return;
        };
        *width += 1;
        *left -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sheets::SheetName;

    const WIDTHS: [usize; 3] = [60, 100, 200];

    fn written(sheet: SheetName, rows: &[Vec<SheetCell>], width: usize) -> String {
        let mut out = Vec::new();
        let mut page = Page {
            out: &mut out,
            width,
            folder: ".",
        };
        let expendable = crate::report::listing::expendable(sheet);
        let mut grid = Grid::new(&mut page, sheet.columns(), expendable);
        for row in rows {
            grid.row(row).unwrap();
        }
        grid.end().unwrap();
        let plain = anstream::adapter::strip_bytes(&out).into_vec();
        String::from_utf8(plain).unwrap()
    }

    /// A row in which every column holds the same, ids and numbers apart.
    fn row(sheet: SheetName, text: &str) -> Vec<SheetCell> {
        let cells = sheet.columns().iter().map(|column| match column.kind {
            SheetKind::Number => SheetCell::Number(1_234_567),
            SheetKind::Id => SheetCell::text("0f8fad5b-d9cb-469f-a165-70867728950e"),
            SheetKind::Code => SheetCell::text("OWN002"),
            SheetKind::Severity => SheetCell::text("warning"),
            SheetKind::Answer => SheetCell::text("not known"),
            _ => SheetCell::text(text),
        });
        cells.collect()
    }

    #[test]
    fn every_sheet_fits_every_terminal() {
        check("plain", "Ana Costa <ana.costa@contoso.com>");
        check("short", "x");
        check("markup", "<b onclick='x()'>Ana</b> & [link](javascript:1)");
        check(
            "signs that move a cursor",
            "A\u{1b}[31mna\r\n\t\u{7}\u{9b}2J Costa",
        );
        check("signs that turn a line round", "\u{202e}atsoC anA\u{2066}");
        check(
            "right to left",
            "\u{5d3}\u{5df} \u{5db}\u{5d4}\u{5df} \u{202b}<dan@contoso.com>",
        );
        check(
            "wide",
            "\u{5c71}\u{7530}\u{592a}\u{90ce}\u{5c71}\u{7530}\u{592a}\u{90ce}\u{5c71}\u{7530}\u{592a}",
        );
        check("marks on letters", &"e\u{301}\u{323}".repeat(40));
        check("pictures", &"\u{1f469}\u{200d}\u{1f4bb} ".repeat(20));
        check("one long word", &"w".repeat(500));
    }

    #[track_caller]
    fn check(case: &str, text: &str) {
        for sheet in SheetName::ALL {
            for width in WIDTHS {
                let rows = vec![row(sheet, text); 3];
                let table = written(sheet, &rows, width);
                let case = format!("{case}, {}, {width} columns:\n{table}", sheet.title());
                let widest = table.lines().map(display_width).max();
                assert!(widest.is_some_and(|widest| widest <= width), "{case}");
                let is_hostile = |letter: char| {
                    letter != '\n' && letter.is_control()
                        || "\u{202e}\u{2066}\u{202b}".contains(letter)
                };
                assert!(!table.contains(is_hostile), "{case}");
                // The columns stand below each other, and no row is broken.
                let body: Vec<&str> = table
                    .lines()
                    .filter(|line| line.contains("1,234,567"))
                    .collect();
                assert!(matches!(body.len(), 0 | 3), "{case}");
            }
        }
    }

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn texts_are_cut_where_they_say_least() {
        let [name, _, _, _, _, owner, ..] = SheetName::Owners.columns() else { panic!("columns") };
        let file = SheetName::Records.columns().iter().find(|column| column.key == "file").unwrap();
        let id = SheetName::Records.columns().iter().find(|column| column.key == "record").unwrap();
        //  text                    width  column  cut
        cuts("Ana Costa",             9,   name,   "Ana Costa");
        cuts("Ana Costa",             8,   owner,  "Ana Cos…");
        cuts("exports/accounts.csv", 13,   file,   "…accounts.csv");
        cuts("0f8fad5b-d9cb",         4,   id,     "0f8fad5b-d9cb");
        cuts("\u{5c71}\u{7530}\u{592a}", 4, name,  "\u{5c71}…");
        cuts("e\u{301}e\u{301}e\u{301}", 2, name,  "e\u{301}…");
    }

    #[track_caller]
    fn cuts(text: &str, width: usize, column: &SheetColumn, expected: &str) {
        assert_eq!(cut(text, width, column), expected, "{text} in {width}");
    }

    #[test]
    fn a_long_table_begins_before_it_ends() {
        let short = row(SheetName::Owners, "x");
        let mut rows = vec![short; LOOKED_AT];
        rows.push(row(SheetName::Owners, &"late and long ".repeat(30)));
        let table = written(SheetName::Owners, &rows, 100);
        let last = table.lines().last().unwrap();
        assert!(display_width(last) <= 100 && last.contains('…'), "{last}");
    }

    #[test]
    fn what_is_not_shown_is_said() {
        let full = row(SheetName::Users, "Ana Costa <ana.costa@contoso.com>");
        let narrow = written(SheetName::Users, &[full], 60);
        assert!(narrow.contains("no room for"), "{narrow}");
        assert!(narrow.contains("`Id`"), "{narrow}");
        let mut bare = row(SheetName::Users, "x");
        bare[1] = SheetCell::Blank;
        let wide = written(SheetName::Users, &[bare], 200);
        assert!(wide.contains("nothing in `What changes`"), "{wide}");
        assert!(!wide.contains("no room"), "{wide}");
    }
}
