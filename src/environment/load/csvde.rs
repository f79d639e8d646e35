//! How `csvde` writes what a line of text cannot hold.
//!
//! In: cells. Out: texts and ids. Bytes stand as `X'..'`, two hexadecimal digits each: ids, and without
//! its switch `-u` every text that is not plain ASCII.

use uuid::Uuid;

use crate::model::parse_guid;

/// The text of a cell; `None` where its bytes are no text.
pub(super) fn text(cell: &str) -> Option<String> {
    match bytes(cell) {
        None => Some(cell.to_owned()),
        Some(bytes) => String::from_utf8(bytes).ok(),
    }
}

/// The GUID of a cell, as its bytes lie in Active Directory or as people write it.
pub(super) fn guid(cell: &str) -> Option<Uuid> {
    let Some(bytes) = bytes(cell) else {
        return parse_guid(cell);
    };
    let bytes: [u8; 16] = bytes.try_into().ok()?;
    Some(Uuid::from_bytes_le(bytes))
}

fn bytes(cell: &str) -> Option<Vec<u8>> {
    let digits = cell
        .strip_prefix(['X', 'x'])?
        .strip_prefix('\'')?
        .strip_suffix('\'')?
        .as_bytes();
    if digits.len() % 2 == 1 {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = |pair: &[u8]| u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok();
    digits.chunks_exact(2).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip] // keeps the columns of the table
    fn bytes_are_texts_and_ids() {
        let id = Uuid::from_u128(0xd08f_810b_a35c_49a8_a4cd_c692_3dfc_031e);
        //    cell                                    text             id
        check("Ana",                                  Some("Ana"),     None);
        check("X'4dc3bc6c6c6572'",                    Some("Müller"),  None);
        check("X'ff'",                                None,            None);
        check("X'4'",                                 Some("X'4'"),    None);
        check("X'0b818fd05ca3a849a4cdc6923dfc031e'",  None,            Some(id));
        check("d08f810b-a35c-49a8-a4cd-c6923dfc031e", Some("d08f810b-a35c-49a8-a4cd-c6923dfc031e"), Some(id));
    }

    #[track_caller]
    fn check(cell: &str, expected: Option<&str>, id: Option<Uuid>) {
        assert_eq!(text(cell).as_deref(), expected, "case: {cell}");
        assert_eq!(guid(cell), id, "case: {cell}");
    }
}
