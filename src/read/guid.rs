//! GUIDs as nearly all exports write them: 36 bytes, hyphens between, no braces.
//!
//! In: a cell. Out: the GUID, without a branch for each digit. Anything else that may stand for a GUID
//! is for the callers.

use uuid::Uuid;
use wide::u8x16;

/// How many digits there are.
const DIGITS: usize = 32;
/// How many of them are looked at at once.
const LANES: usize = 16;
/// Where the hyphens stand.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

/// The GUID that a cell holds and nothing else.
pub(super) fn hyphenated(cell: &[u8]) -> Option<Uuid> {
    let cell: &[u8; DIGITS + HYPHENS.len()] = cell.try_into().ok()?;
    if HYPHENS.map(|place| cell[place]) != [b'-'; HYPHENS.len()] {
        return None;
    }
    let mut digits = [0; DIGITS];
    digits[..8].copy_from_slice(&cell[..8]);
    digits[8..12].copy_from_slice(&cell[9..13]);
    digits[12..16].copy_from_slice(&cell[14..18]);
    digits[16..20].copy_from_slice(&cell[19..23]);
    digits[20..].copy_from_slice(&cell[24..]);
    let (halves, _) = digits.as_chunks::<LANES>();
    let values = [values(halves[0])?, values(halves[1])?];
    let mut bytes = [0; DIGITS / 2];
    for (four, eight) in bytes
        .chunks_exact_mut(4)
        .zip(values.as_flattened().as_chunks::<8>().0)
    {
        four.copy_from_slice(&paired(*eight));
    }
    Some(Uuid::from_bytes(bytes))
}

/// What so many digits stand for.
fn values(digits: [u8; LANES]) -> Option<[u8; LANES]> {
    let digits = u8x16::new(digits);
    let decimal = digits - u8x16::splat(b'0');
    let letter = (digits | u8x16::splat(0x20)) - u8x16::splat(b'a');
    let is_decimal = decimal.simd_eq(decimal.min(u8x16::splat(9)));
    let is_letter = letter.simd_eq(letter.min(u8x16::splat(5)));
    let are_digits = (is_decimal | is_letter).to_bitmask() & 0xffff == 0xffff;
    let values = (decimal & is_decimal) | ((letter + u8x16::splat(10)) & !is_decimal);
    are_digits.then(|| values.to_array())
}

/// Two digits to a byte.
fn paired(values: [u8; 8]) -> [u8; 4] {
    // Of each pair the first digit is the lower byte.
    let pairs = u64::from_le_bytes(values);
    let bytes = (pairs << 4 | pairs >> 8) & 0x00ff_00ff_00ff_00ff;
    let twos = (bytes | bytes >> 8) & 0x0000_ffff_0000_ffff;
    let [first, second, _, _, third, fourth, _, _] = twos.to_le_bytes();
    [first, second, third, fourth]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::hyphenated;

    #[track_caller]
    fn check(cell: &[u8]) {
        let expected = Uuid::try_parse_ascii(cell).ok();
        let expected = expected.filter(|_| cell.len() == 36);
        assert_eq!(hyphenated(cell), expected, "cell: {cell:?}");
    }

    #[test]
    fn every_byte_at_every_place() {
        let cell = *b"274589c3-2DBF-465b-938A-4992a24feA5b";
        assert!(hyphenated(&cell).is_some());
        for place in 0..cell.len() {
            for byte in 0..=u8::MAX {
                let mut cell = cell;
                cell[place] = byte;
                check(&cell);
            }
            check(&cell[..place]);
        }
    }

    proptest! {
        #[test]
        fn as_the_library_reads_it(id in any::<u128>(), upper in any::<bool>()) {
            let text = Uuid::from_u128(id).to_string();
            let text = if upper { text.to_uppercase() } else { text };
            prop_assert_eq!(hyphenated(text.as_bytes()), Some(Uuid::from_u128(id)));
        }
    }
}
