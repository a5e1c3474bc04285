//! A process of Dgraph that ends with ours, whatever kind of end that has. It knows no ports and no roles.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
};

/// Lies in wait until its stdin ends, which it does with this process, and then ends the other and removes what it wrote.
const GUARD: &str = "cat > /dev/null; kill -9 \"$NODE\"; rm -rf \"$FOLDER\"";

/// A process, and what ends it in the end.
pub(super) struct Node {
    process: Child,
    guard: Child,
}

impl Node {
    /// Starts it in this folder.
    pub(super) fn start(mut command: Command, folder: &Path) -> Self {
        let process = command.current_dir(folder).spawn();
        let process = process.expect("Dgraph can be started");
        let guard = Command::new("sh")
            .args(["-c", GUARD])
            .env("NODE", process.id().to_string())
            .env("FOLDER", folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        Self { process, guard }
    }

    /// Its process id.
    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // The guard first: it would kill whoever has the number by then.
        for child in [&mut self.guard, &mut self.process] {
            child.kill().ok();
            child.wait().ok();
        }
    }
}
