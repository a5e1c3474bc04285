//! Builds the workspace's binaries once per test process and says where they are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Where the binaries are, by name.
#[derive(Debug)]
pub struct Binaries(BTreeMap<String, PathBuf>);

impl Binaries {
    /// The path of a binary of the workspace.
    ///
    /// # Panics
    ///
    /// When the workspace has no binary of that name.
    pub fn path(&self, name: &str) -> &Path {
        self.0.get(name).unwrap_or_else(|| {
            let known = self.0.keys().map(String::as_str).collect::<Vec<_>>();
            panic!("no binary {name} in the workspace, which has {known:?}")
        })
    }
}

/// Builds all binaries of the workspace, in the dev profile, the first time it is
/// called. Cargo itself says where they lie, so that every way of choosing a
/// target directory is honoured. Blocks.
///
/// The variable `THROUGHLINE_BIN_DIR` names a folder of binaries built already, and
/// then nothing is built.
///
/// # Panics
///
/// When the build fails; cargo has then said why on stderr.
pub fn binaries() -> &'static Binaries {
    static BUILT: OnceLock<Binaries> = OnceLock::new();
    BUILT.get_or_init(|| match std::env::var_os("THROUGHLINE_BIN_DIR") {
        Some(dir) => Binaries(in_folder(Path::new(&dir))),
        None => Binaries(build()),
    })
}

fn in_folder(dir: &Path) -> BTreeMap<String, PathBuf> {
    std::fs::read_dir(dir)
        .unwrap_or_else(|error| panic!("THROUGHLINE_BIN_DIR={}: {error}", dir.display()))
        .flatten()
        .filter(|entry| entry.path().is_file())
        .map(|entry| {
            (
                entry.file_name().to_string_lossy().into_owned(),
                entry.path(),
            )
        })
        .collect()
}

fn build() -> BTreeMap<String, PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into());
    let output = Command::new(cargo)
        .args(["build", "--workspace", "--bins", "--quiet"])
        .arg("--message-format=json-render-diagnostics")
        .arg("--manifest-path")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml"))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo can be run: it runs this test");
    assert!(
        output.status.success(),
        "cargo build --workspace --bins: {}",
        output.status
    );
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(executable)
        .collect()
}

/// The binary that one of cargo's messages announces, if it announces one.
fn executable(message: &str) -> Option<(String, PathBuf)> {
    let message: serde_json::Value = serde_json::from_str(message).ok()?;
    let path = PathBuf::from(message.get("executable")?.as_str()?);
    let name = message.get("target")?.get("name")?.as_str()?.to_owned();
    Some((name, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_cargo_messages() {
        let built = r#"{"reason":"compiler-artifact","target":{"name":"throughline"},"executable":"/t/throughline"}"#;
        assert_eq!(
            executable(built),
            Some(("throughline".to_owned(), PathBuf::from("/t/throughline")))
        );
        for other in [
            r#"{"reason":"compiler-artifact","target":{"name":"x"},"executable":null}"#,
            r#"{"reason":"build-finished","success":true}"#,
            "not json",
        ] {
            assert_eq!(executable(other), None, "{other}");
        }
    }
}
