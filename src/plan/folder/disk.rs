//! Files of the plan folder as the disk sees them: readable by their owner only, hashed on the way,
//! and on the disk before anybody relies on them.
//!
//! In: bytes. Out: files and their hashes. What the bytes mean is not known here.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, Write};
use std::path::Path;

use crate::plan::PlanError;

/// How much is hashed at once: enough for the hash to use every core.
const HASH_BYTES: usize = 1 << 20;

/// A new file that hashes what is written to it.
pub(super) struct HashedFile {
    file: File,
    hasher: blake3::Hasher,
}

impl HashedFile {
    /// Makes the file, which must not exist.
    pub(super) fn create(path: &Path) -> Result<BufWriter<Self>, PlanError> {
        let file = create(path).map_err(|source| write_error(path, source))?;
        let hasher = blake3::Hasher::new();
        Ok(BufWriter::with_capacity(HASH_BYTES, Self { file, hasher }))
    }

    /// Brings everything to the disk and says the hash, in hexadecimal.
    pub(super) fn close(writer: BufWriter<Self>, path: &Path) -> Result<String, PlanError> {
        let hashed = writer
            .into_inner()
            .map_err(|error| write_error(path, error.into_error()))?;
        hashed
            .file
            .sync_all()
            .map_err(|source| write_error(path, source))?;
        Ok(hashed.hasher.finalize().to_hex().to_string())
    }
}

impl Write for HashedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update_rayon(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Opens a file whose hash is known; refuses it if its bytes have another.
pub(super) fn open_verified(path: &Path, expected: &str) -> Result<File, PlanError> {
    let read_error = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => PlanError::Changed(path.to_owned()),
        _ => PlanError::Read {
            path: path.to_owned(),
            source,
        },
    };
    let mut file = File::open(path).map_err(read_error)?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; HASH_BYTES];
    loop {
        let read = file.read(&mut buffer).map_err(read_error)?;
        if read == 0 {
            break;
        }
        hasher.update_rayon(&buffer[..read]);
    }
    if hasher.finalize().to_hex().as_str() != expected {
        return Err(PlanError::Changed(path.to_owned()));
    }
    file.rewind().map_err(read_error)?;
    Ok(file)
}

/// Writes a small file whole.
pub(super) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), PlanError> {
    create(path)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .map_err(|source| write_error(path, source))
}

/// Makes a folder, or takes one that is there, readable by its owner only.
pub(super) fn private_folder(path: &Path) -> Result<(), PlanError> {
    fs::create_dir_all(path)
        .and_then(|()| restrict(path))
        .map_err(|source| write_error(path, source))
}

/// Brings a folder's list of names to the disk.
pub(super) fn sync_folder(path: &Path) -> Result<(), PlanError> {
    sync_names(path).map_err(|source| write_error(path, source))
}

/// The error of a failed write.
pub(super) fn write_error(path: &Path, source: io::Error) -> PlanError {
    PlanError::Write {
        path: path.to_owned(),
        source,
    }
}

/// Makes a file that must not exist, readable by its owner only.
pub(super) fn private_file(path: &Path) -> Result<File, PlanError> {
    create(path).map_err(|source| write_error(path, source))
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

#[cfg(unix)]
fn restrict(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
}

/// Elsewhere a folder in a user's profile already is that user's own.
#[cfg(not(unix))]
fn restrict(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn sync_names(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Elsewhere a folder cannot be opened as a file, and the file system keeps names by itself.
#[cfg(not(unix))]
fn sync_names(_path: &Path) -> io::Result<()> {
    Ok(())
}
