//! Whether the database's file is still where it was opened. What is written to one that was taken away is acknowledged
//! and lost: SQLite goes on with what it holds open.

use std::path::{Path, PathBuf};

use crate::{Error, Unavailable};

/// A file, as it was when it was opened.
pub(super) struct Presence {
    path: PathBuf,
    opened: Option<Identity>,
}

impl Presence {
    pub(super) fn of(path: &Path) -> Self {
        Self {
            opened: identity(path),
            path: path.to_owned(),
        }
    }

    /// Fails if the file is gone, or another is in its place. Once it is back, so is the store.
    pub(super) fn check(&self) -> Result<(), Error> {
        let now = identity(&self.path);
        if now.is_some() && now == self.opened {
            return Ok(());
        }
        let message = match now {
            None => "the file is gone",
            Some(_) => "another file is in its place",
        };
        Err(Error::Unavailable {
            reason: Unavailable::Io,
            message: message.to_owned(),
        })
    }
}

/// Device and inode.
#[cfg(unix)]
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(path: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt as _;
    let file = std::fs::metadata(path).ok()?;
    Some((file.dev(), file.ino()))
}

/// That it is there is all that can be told.
#[cfg(not(unix))]
type Identity = ();

#[cfg(not(unix))]
fn identity(path: &Path) -> Option<Identity> {
    std::fs::metadata(path).ok().map(drop)
}
