//! Passes over the cells of the first sheet of an `.xlsx` with calamine's cell reader, on one thread.
//!
//! In: the path. Out: how many cells, and how many bytes their texts have.

use std::error::Error;

use calamine::{DataRef, Reader, Xlsx, open_workbook};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("name a workbook")?;
    let mut workbook: Xlsx<_> = open_workbook(path)?;
    let sheet = workbook.sheet_names().first().ok_or("no sheet")?.clone();
    let mut cells = workbook.worksheet_cells_reader(&sheet)?;
    let (mut count, mut bytes) = (0_u64, 0);
    while let Some(cell) = cells.next_cell()? {
        count += 1;
        bytes += match cell.get_value() {
            DataRef::String(text) => text.len(),
            DataRef::SharedString(text) => text.len(),
            _ => 0,
        };
    }
    println!("{count} cells, {bytes} bytes of text");
    Ok(())
}
