//! Where a local stack keeps its data: `.throughline/` in the workspace, one
//! place for each stack that runs.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// At most so many stacks of one workspace at a time.
const MOST_STACKS: usize = 16;

/// A folder that no other running stack uses.
#[derive(Debug)]
pub(crate) struct Data {
    folder: PathBuf,
    shown: String,
    token: String,
    _lock: File,
}

impl Data {
    /// The first free folder; makes a write token for it.
    pub(crate) fn open(root: &Path) -> anyhow::Result<Self> {
        for number in 1..=MOST_STACKS {
            let shown = match number {
                1 => ".throughline".to_owned(),
                _ => format!(".throughline/{number}"),
            };
            let folder = root.join(&shown);
            std::fs::create_dir_all(folder.join("logs"))
                .with_context(|| format!("{} cannot be made", folder.display()))?;
            let Some(lock) = lock(&folder.join("up.lock"))? else {
                continue;
            };
            if number > 1 {
                println!(
                    "another stack of this workspace is running; this one keeps its data in {shown}"
                );
            }
            let token = token()?;
            write_private(&folder.join("write-token"), &token)?;
            return Ok(Self {
                folder,
                shown,
                token,
                _lock: lock,
            });
        }
        bail!("{MOST_STACKS} stacks of this workspace are running already")
    }

    /// A path within.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A log's path.
    pub(crate) fn log(&self, service: &str) -> PathBuf {
        self.path("logs").join(format!("{service}.log"))
    }

    /// The folder as a person in the workspace's root sees it.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// What writers must show; also in the file `write-token`.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }
}

/// The lock goes with the file, and so with the process, however it ends.
fn lock(path: &Path) -> anyhow::Result<Option<File>> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .with_context(|| format!("{} cannot be opened", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("{} cannot be locked", path.display()))
        }
    }
}

fn token() -> anyhow::Result<String> {
    let mut bytes = [0; 16];
    let mut random = File::open("/dev/urandom").context("/dev/urandom cannot be opened")?;
    random.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut options = File::options();
    options.create(true).truncate(true).write(true).mode(0o600);
    let mut file = options
        .open(path)
        .with_context(|| format!("{} cannot be written", path.display()))?;
    writeln!(file, "{text}")?;
    Ok(())
}
