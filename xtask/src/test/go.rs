//! Programs that are Go modules: built once for each version, below
//! `target/xtask/go`.

use std::path::PathBuf;
use std::process::Stdio;

use tokio::process::Command;

use crate::workspace;

/// A program to build.
#[derive(Debug)]
pub(crate) struct Tool {
    /// Its name, in the list of skips and in `REQUIRE_REAL` too.
    pub(crate) name: &'static str,
    /// The package that it is built from.
    pub(crate) package: &'static str,
    /// Its version.
    pub(crate) version: &'static str,
    /// The folder whose `go.mod` pins it, where its own module does not pin what
    /// it is built from.
    pub(crate) pinned_by: Option<&'static str>,
}

impl Tool {
    /// Its binary, built if it is not there, or why it cannot be had.
    pub(crate) async fn find(&self) -> Result<PathBuf, String> {
        let root = workspace::root();
        let folder = root.join(format!("target/xtask/go/{}-{}", self.name, self.version));
        let binary = folder.join(self.name);
        if binary.exists() {
            return Ok(binary);
        }
        let mut go = Command::new("go");
        match self.pinned_by {
            Some(pins) => go
                .current_dir(root.join(pins))
                .args(["build", "-mod=readonly", "-o"])
                .arg(&binary)
                .arg(self.package),
            None => go
                .current_dir(&root)
                .env("GOBIN", &folder)
                .arg("install")
                .arg(format!("{}@{}", self.package, self.version)),
        };
        let built = go.stdin(Stdio::null()).kill_on_drop(true).status().await;
        match built {
            Ok(status) if status.success() && binary.exists() => Ok(binary),
            Ok(_) => Err(format!("go cannot build {}", self.package)),
            Err(error) => Err(format!("go: {error}")),
        }
    }
}
