//! The inspector as a process, with a folder of its own. What it is told, and what it is asked, is its users' part.

use std::path::Path;

use tempfile::TempDir;
use throughline_testkit::{Process, ProcessBuilder};

/// An inspector that starts with nothing.
pub(crate) struct Inspector {
    pub(crate) process: Process,
    pub(crate) folder: TempDir,
}

impl Inspector {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the inspector");
        let process = inspect(folder.path()).spawn().await;
        Self { process, folder }
    }
}

/// Prepares to start one that keeps its traces in this folder.
pub(crate) fn inspect(folder: &Path) -> ProcessBuilder {
    Process::builder("throughline")
        .arg("inspect")
        .env("INSPECTOR_LISTEN", "127.0.0.1:0")
        .env("INSPECTOR_DATA_DIR", folder)
}
