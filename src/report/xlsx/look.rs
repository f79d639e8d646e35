//! How cells of the workbook look.
//!
//! In: what a column holds, and a cell of it. Out: a format. Colours only repeat what the words say.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder};

use crate::report::sheets::{SheetCell, SheetColumn, SheetKind};

const DARK: Color = Color::RGB(0x001F_3864);
const PALE: Color = Color::RGB(0x00D9_E2F3);
const RED: (Color, Color) = (Color::RGB(0x009C_0006), Color::RGB(0x00FF_C7CE));
const AMBER: (Color, Color) = (Color::RGB(0x007F_6000), Color::RGB(0x00FF_EB9C));
const GREEN: (Color, Color) = (Color::RGB(0x0000_6100), Color::RGB(0x00C6_EFCE));
const TO_WRITE: Color = Color::RGB(0x00FF_F9E5);
const LINE: Color = Color::RGB(0x00BF_BFBF);

/// The formats of a workbook.
pub(super) struct Look {
    pub(super) title: Format,
    pub(super) heading: Format,
    pub(super) number_heading: Format,
    pub(super) header: Format,
    pub(super) number_header: Format,
    pub(super) text: Format,
    /// What a total is of.
    pub(super) total: Format,
    pub(super) prose: Format,
    pub(super) count: Format,
    /// Row and line numbers are names of places, so no mark parts their thousands.
    pub(super) place: Format,
    /// What somebody writes: kept as typed, so that no id becomes a date or a number.
    pub(super) ruling: Format,
    /// A line about the sheet, no row of it.
    pub(super) note: Format,
    pub(super) good: Format,
    pub(super) doubtful: Format,
    pub(super) bad: Format,
}

impl Look {
    pub(super) fn new() -> Self {
        let text = Format::new().set_align(FormatAlign::Top);
        let coloured = |(letters, ground): (Color, Color)| {
            let format = text.clone().set_font_color(letters);
            format.set_background_color(ground)
        };
        let heading = Format::new().set_bold().set_font_color(DARK);
        let heading = heading.set_background_color(PALE);
        let header = Format::new().set_bold().set_font_color(Color::White);
        let header = header.set_background_color(DARK).set_text_wrap();
        let header = header.set_align(FormatAlign::Top);
        Self {
            title: Format::new().set_bold().set_font_size(16),
            number_heading: heading.clone().set_align(FormatAlign::Right),
            heading,
            number_header: header.clone().set_align(FormatAlign::Right),
            header,
            total: text.clone().set_bold(),
            prose: text.clone().set_text_wrap(),
            count: text.clone().set_num_format("#,##0"),
            place: text.clone().set_num_format("0"),
            ruling: text
                .clone()
                .set_num_format("@")
                .set_unlocked()
                .set_border(FormatBorder::Thin)
                .set_border_color(LINE)
                .set_background_color(TO_WRITE),
            note: text.clone().set_italic(),
            good: coloured(GREEN),
            doubtful: coloured(AMBER),
            bad: coloured(RED),
            text,
        }
    }

    /// How the cells of a column look that say nothing by their colour; none where the column ends with its rows.
    pub(super) fn of_column(&self, column: &SheetColumn) -> Option<&Format> {
        let is_to_write = column.kind == SheetKind::Ruling;
        (!is_to_write).then(|| self.of(column, &SheetCell::Blank))
    }

    /// How a cell of a column looks.
    pub(super) fn of(&self, column: &SheetColumn, cell: &SheetCell) -> &Format {
        let word = match cell {
            SheetCell::Text(text) => text.as_str(),
            _ => "",
        };
        match column.kind {
            SheetKind::Number if matches!(column.key, "row" | "line") => &self.place,
            SheetKind::Number => &self.count,
            SheetKind::Prose => &self.prose,
            SheetKind::Ruling => &self.ruling,
            SheetKind::Severity => match word {
                "error" => &self.bad,
                "warning" => &self.doubtful,
                _ => &self.text,
            },
            // Whether a finding is accepted is neither good nor bad news.
            SheetKind::Answer if column.key != "accepted" => match word {
                "yes" => &self.good,
                "no" => &self.bad,
                "not known" => &self.doubtful,
                _ => &self.text,
            },
            _ => &self.text,
        }
    }
}
