//! Rules about files: what is wrong with an export as a file.
//!
//! Data only; see [`Rule`] for what each field says.

use crate::model::rules::{Code, Rule, Severity};

pub(super) const FIL001: Rule = Rule {
    code: Code::Fil001,
    severity: Severity::Fatal,
    title: "file cannot be read as what it is (missing, junk, cut off, password-protected, over \
          a limit)",
    what: "Each file that `cutover.toml` names is opened and its kind told by its content, not \
          by its ending: it must be there, be CSV or a workbook (.xlsx, .xlsm, .xlsb, .xls, .ods, or \
          an XML Spreadsheet 2003), be whole, be open to read without a password, and keep within the limits of a file of its kind.",
    why: "A file that is read in part gives a plan that is wrong in part, and nothing in it \
          says which part. No plan is made, and all files that are wrong are named at once.",
    example: "`exports/accounts.xlsx` is a workbook with a password, or a download that broke off \
          after 4 MB.",
    cure: "Export or download the file again, save it without a password, or correct `file =` \
          in `cutover.toml`; split a file that is over a limit. Then run `cutover plan` again.",
    source: "design 5 and 6",
    guards: false,
    keep_out: false,
};

pub(super) const FIL002: Rule = Rule {
    code: Code::Fil002,
    severity: Severity::Note,
    title: "encoding or delimiter was inferred (which, from what)",
    what: "Where the manifest names neither `encoding` nor `delimiter` for a CSV file, both are \
          told from its bytes; the note says what was chosen, and from what.",
    why: "A file read in the wrong encoding turns `Müller` into `MÃ¼ller`, and nobody of that \
          name is found.",
    example: "`exports/accounts.csv` holds no byte order mark and is no valid UTF-8: it was read \
          as windows-1252, with `;` between cells as in its first lines.",
    cure: "Look at a name with an accent in `owners.csv`. Where it is garbled, set `encoding =` \
          or `delimiter =` for that file in `cutover.toml`.",
    source: "design 5",
    guards: false,
    keep_out: false,
};

pub(super) const FIL003: Rule = Rule {
    code: Code::Fil003,
    severity: Severity::Error,
    title: "ragged row, unterminated quote, or undecodable bytes in a used cell",
    what: "Each row must have as many cells as the header (blank cells that most lines of the file \
          end with apart), each opening quote a closing one that ends its cell, and each cell that \
          is used must be text in the encoding of the file and be merged with no other.",
    why: "Where a row is out of step its cells stand under the wrong headers, and the record \
          would go to whoever stands where the owner should be.",
    example: "Row 4711 has 13 cells under 12 headers: the name `Costa, Ana` was written without \
          quotes.",
    cure: "Correct the row at the source and export again, or set `FIL003 = \"keep out\"` under \
          `[accept]` in `cutover.toml`: these rows are then left out, counted and listed.",
    source: "design 5",
    guards: false,
    keep_out: true,
};

pub(super) const FIL004: Rule = Rule {
    code: Code::Fil004,
    severity: Severity::Fatal,
    title: "a needed column is not there (what was looked for, what was found)",
    what: "Each export must have the columns that its kind needs: records an id (or the `key` \
          column) and an owner, roles a user and a role, users at least one column that says \
          who somebody is. Columns are found by header, in any order.",
    why: "Without the column there is nothing to plan. A column taken for it by position would \
          be a guess.",
    example: "`exports/accounts.csv`: no column for the owner; looked for `Owner`, `Owner ID`; \
          found `Account Name`, `Besitzer`.",
    cure: "Name the column in `cutover.toml` (`id =`, `owner =`, or `key = { column = ..., \
          field = ... }` under its `[[records]]`), or export the file with it.",
    source: "design 5 and 6",
    guards: false,
    keep_out: false,
};

pub(super) const FIL005: Rule = Rule {
    code: Code::Fil005,
    severity: Severity::Warning,
    title: "repeated or blank header",
    what: "The headers of each file are compared with each other; a header that stands there \
          twice, or a blank one above cells that hold something, is reported.",
    why: "A column is found by its header. Where two columns bear the same one, nothing says which \
          is meant, so neither is read; a needed one then counts as missing (FIL004).",
    example: "A contact-and-company export has `Create Date` in columns 4 and 17.",
    cure: "Rename one of the columns in the file where it is one that this product reads (id, \
          owner, user, role); leave it where it is none.",
    source: "design 5",
    guards: false,
    keep_out: false,
};

pub(super) const FIL006: Rule = Rule {
    code: Code::Fil006,
    severity: Severity::Error,
    title: "row without id, or total line taken for a row",
    what: "Each row of a records file must name its record; in a roles file, its user. A row \
          with no id, and a last row that holds a total, are not rows.",
    why: "Such a row says that something shall be written and does not say to what.",
    example: "The last row is `Total: 1,204 records` with a blank id; or row 88 has an owner and \
          no id.",
    cure: "Delete the line from the file or fill in the id, or set `FIL006 = \"keep out\"` \
          under `[accept]` in `cutover.toml`.",
    source: "design 5",
    guards: false,
    keep_out: true,
};

pub(super) const FIL007: Rule = Rule {
    code: Code::Fil007,
    severity: Severity::Warning,
    title: "formula error or mangled number in a used cell (`1.0E+15`)",
    what: "Cells that are used are looked at for what a spreadsheet does to them: formula \
          errors such as `#N/A`, and long numbers kept as floating point.",
    why: "Excel keeps 15 digits. An id of 18 digits that was opened and saved there is another \
          number now, and no export tells which one it was.",
    example: "The key column holds `1.23457E+17` where the old system wrote `123456789012345678`; \
          or the owner cell holds `#REF!`.",
    cure: "Export the column again as text and do not save the file in Excel in between. A row \
          whose id or owner is lost this way finds nobody, and has a finding of its own.",
    source: "design 5",
    guards: false,
    keep_out: false,
};

pub(super) const FIL008: Rule = Rule {
    code: Code::Fil008,
    severity: Severity::Note,
    title: "sheet or member chosen among several",
    what: "Where a workbook has several sheets (or an archive several files) and the manifest \
          names none, the first visible one whose header fits is read, and the note says which.",
    why: "Another sheet may hold the rows that were meant, such as the full list beside a \
          filtered one.",
    example: "`exports/users.xlsx` has the sheets `Summary` and `Users`; `Users` was read, as it \
          alone has the needed columns.",
    cure: "Check the choice. Where it is wrong, set `sheet =` for that file in `cutover.toml`.",
    source: "design 5",
    guards: false,
    keep_out: false,
};
