//! The secret that `--anonymise` makes its tokens with: a file of the project folder, which stays there.
//!
//! In: the file, or fresh chance where there is none. Out: 32 bytes. Who has reports and the file that they were made
//! with can find out whom a token means, so nobody but its owner may read it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use uuid::Uuid;

/// The name of the file.
pub const KEY_FILE: &str = "anonymise.key";

/// Bytes of the secret.
const LENGTH: usize = 32;

/// The secret in `folder`; made of `chance` where there is none. `None` where the file holds something else.
pub(super) fn secret(folder: &Path, chance: [Uuid; 2]) -> io::Result<Option<[u8; LENGTH]>> {
    if let Some(text) = there(folder)? {
        return Ok(parsed(&text));
    }
    let secret = made_of(chance);
    write(&folder.join(KEY_FILE), &secret)?;
    Ok(Some(secret))
}

/// The secret in `folder`, or one of `chance` where it keeps none: for what must be told, whatever is there.
pub(super) fn secret_or(folder: &Path, chance: [Uuid; 2]) -> [u8; LENGTH] {
    let text = there(folder).ok().flatten();
    let secret = text.and_then(|text| parsed(&text));
    secret.unwrap_or_else(|| made_of(chance))
}

/// What stands in the file, if there is one.
fn there(folder: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(folder.join(KEY_FILE)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A secret of chance.
fn made_of([first, second]: [Uuid; 2]) -> [u8; LENGTH] {
    let random = [first.as_bytes().as_slice(), second.as_bytes()].concat();
    // Six bits of each are always the same; a hash spreads the others.
    *blake3::hash(&random).as_bytes()
}

fn write(path: &Path, secret: &[u8; LENGTH]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let digits: Vec<String> = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    writeln!(file, "{}", digits.concat())?;
    file.sync_all()
}

fn parsed(text: &str) -> Option<[u8; LENGTH]> {
    let text = text.trim();
    if text.len() != 2 * LENGTH || !text.is_ascii() {
        return None;
    }
    let digit = |at: usize| char::from(text.as_bytes()[at]).to_digit(16);
    let byte = |at: usize| u8::try_from(16 * digit(at)? + digit(at + 1)?).ok();
    let bytes: Option<Vec<u8>> = (0..text.len()).step_by(2).map(byte).collect();
    bytes?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use uuid::Uuid;

    use super::{KEY_FILE, secret};

    const CHANCE: [Uuid; 2] = [Uuid::from_u128(1), Uuid::from_u128(2)];
    const ANOTHER: [Uuid; 2] = [Uuid::from_u128(1), Uuid::from_u128(3)];

    #[test]
    fn a_secret_is_made_once_and_is_another_elsewhere() {
        let [one, other] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let first = secret(one.path(), CHANCE).unwrap();
        assert!(first.is_some());
        assert_eq!(secret(one.path(), ANOTHER).unwrap(), first);
        assert_ne!(secret(other.path(), ANOTHER).unwrap(), first);
        #[cfg(unix)]
        {
            let about = fs::metadata(one.path().join(KEY_FILE)).unwrap();
            let mode = std::os::unix::fs::PermissionsExt::mode(&about.permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn what_is_no_secret_is_not_taken_for_one() {
        let kept = "0f".repeat(32);
        check("as it was written", &format!("{kept}\n"), true);
        check("empty", "", false);
        check("cut off", &kept[..62], false);
        check("no digits", &"zz".repeat(32), false);
        check("beyond ASCII", &"é".repeat(32), false);
        check("with signs", &"+1".repeat(32), false);
    }

    #[track_caller]
    fn check(case: &str, text: &str, expected: bool) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(KEY_FILE), text).unwrap();
        let found = secret(folder.path(), CHANCE).unwrap();
        assert_eq!(found.is_some(), expected, "case: {case}");
    }
}
