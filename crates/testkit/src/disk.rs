//! A disk that can be filled and freed while a process writes to it.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Process, ProcessBuilder};

/// Bytes of the file-system.
const SIZE: &str = "16m";
/// Bytes to which a process may write a file, once its disk is full by quota.
const QUOTA: u64 = 64 << 10;
/// Mounts the file-system on its first argument, in a namespace that ends with the process, and becomes the others.
const MOUNT: &str =
    "folder=$1; size=$2; shift 2; mount -t tmpfs -o size=$size tmpfs \"$folder\" && exec \"$@\"";
/// Without this, who writes beyond the quota is killed.
const SURVIVE: &str = "trap '' XFSZ; exec \"$@\"";

/// How a disk is made small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Small {
    /// A file-system of its own, as root: a write beyond its end is `ENOSPC`.
    FileSystem,
    /// The same, for a user who is root in a namespace of his own.
    FileSystemOfUser,
    /// A bound on the size of files, where no file-system may be mounted: a write beyond it is `EFBIG`.
    Quota,
}

/// A folder of one process on a disk of its own.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
    small: Small,
}

impl Disk {
    /// At `folder`, as small as this machine lets us.
    pub fn at(folder: &Path) -> Self {
        let small = [Small::FileSystem, Small::FileSystemOfUser]
            .into_iter()
            .find(|small| mounts(*small, folder))
            .unwrap_or(Small::Quota);
        Self {
            folder: folder.to_owned(),
            small,
        }
    }

    /// How it is made small.
    pub fn small(&self) -> Small {
        self.small
    }

    /// The process, to be started on this disk.
    pub fn hold(&self, process: ProcessBuilder) -> ProcessBuilder {
        process.within(prefix(self.small, &self.folder))
    }

    /// Leaves no room for `process`.
    ///
    /// # Panics
    ///
    /// When there would still be some.
    pub fn fill(&self, process: &Process) {
        if self.small == Small::Quota {
            return quota(process, QUOTA.to_string());
        }
        let ballast = self.inside(process).join("ballast");
        let mut ballast = File::create(ballast).expect("a file can be made");
        // By small pieces, so that not even a page is left.
        while ballast.write_all(&[0; 1024]).is_ok() {}
    }

    /// Gives it its room again.
    ///
    /// # Panics
    ///
    /// When it was not full.
    pub fn free(&self, process: &Process) {
        if self.small == Small::Quota {
            return quota(process, "unlimited".to_owned());
        }
        let ballast = self.inside(process).join("ballast");
        std::fs::remove_file(ballast).expect("the disk was filled");
    }

    /// The folder as the process sees it, which alone sees it so.
    fn inside(&self, process: &Process) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", process.id().expect("it runs")));
        let folder = self.folder.strip_prefix("/").unwrap_or(&self.folder);
        root.join(folder)
    }
}

fn prefix(small: Small, folder: &Path) -> Vec<String> {
    let words: &[&str] = match small {
        Small::FileSystem => &["unshare", "--mount", "sh", "-c", MOUNT, "sh"],
        Small::FileSystemOfUser => &[
            "unshare",
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
            MOUNT,
            "sh",
        ],
        Small::Quota => &["sh", "-c", SURVIVE, "sh"],
    };
    let mut words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    if small != Small::Quota {
        words.extend([folder.display().to_string(), SIZE.to_owned()]);
    }
    words
}

/// Whether this machine lets us.
fn mounts(small: Small, folder: &Path) -> bool {
    let words = prefix(small, folder);
    let tried = Command::new(&words[0])
        .args(&words[1..])
        .arg("true")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    tried.is_ok_and(|status| status.success())
}

/// The soft limit alone, which its owner may raise again.
fn quota(process: &Process, most: String) {
    let id = process.id().expect("it runs").to_string();
    let set = Command::new("prlimit")
        .args(["--pid", &id, &format!("--fsize={most}:")])
        .status()
        .expect("prlimit is part of util-linux");
    assert!(set.success(), "prlimit --fsize={most}");
}
