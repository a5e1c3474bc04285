//! Asks cargo about a workspace, and says which file was at fault if it cannot
//! answer.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use cargo_metadata::{Metadata, MetadataCommand};

/// The metadata of the workspace at `path`: a directory, a `Cargo.toml` or a
/// `Cargo.lock`. The lock file is read as it stands, never written.
pub(crate) fn read(path: &Path) -> anyhow::Result<Metadata> {
    let manifest = manifest(path)?;
    MetadataCommand::new()
        .manifest_path(&manifest)
        .other_options(vec!["--locked".to_owned()])
        .exec()
        .map_err(|error| explain(&manifest, error))
}

/// What the workspace is called: its directory's name.
pub(crate) fn name(metadata: &Metadata) -> String {
    let name = metadata.workspace_root.file_name().unwrap_or("workspace");
    name.chars().filter(|c| !c.is_control()).collect()
}

fn manifest(path: &Path) -> anyhow::Result<PathBuf> {
    let about =
        std::fs::metadata(path).with_context(|| format!("{} cannot be read", path.display()))?;
    if about.is_dir() {
        return existing(path.join("Cargo.toml"));
    }
    match path.file_name().and_then(|name| name.to_str()) {
        Some("Cargo.toml") => Ok(path.to_owned()),
        Some("Cargo.lock") => existing(path.with_file_name("Cargo.toml")),
        _ => bail!(
            "{} is neither a directory nor a Cargo.toml or Cargo.lock",
            path.display()
        ),
    }
}

fn existing(manifest: PathBuf) -> anyhow::Result<PathBuf> {
    if manifest.is_file() {
        return Ok(manifest);
    }
    bail!("{} is not there", manifest.display())
}

fn explain(manifest: &Path, error: cargo_metadata::Error) -> anyhow::Error {
    let manifest = manifest.display();
    match error {
        // Cargo names the file at fault and says why, in a chain of causes.
        cargo_metadata::Error::CargoMetadata { stderr } => {
            let said = reason(&stderr);
            let next = if said.contains("--locked") {
                "\nnext: the lock file is missing or out of date; `cargo generate-lockfile` writes one"
            } else {
                ""
            };
            anyhow::anyhow!("cargo cannot read the workspace of {manifest}: {said}{next}")
        }
        cargo_metadata::Error::Io(error) => {
            anyhow::anyhow!("cargo cannot be run to read {manifest}: {error}")
        }
        other => anyhow::anyhow!("what cargo said of {manifest} cannot be read: {other}"),
    }
}

/// Cargo's error without the progress lines before it.
fn reason(stderr: &str) -> String {
    let from = stderr.find("error:").map_or(0, |at| at + "error:".len());
    stderr[from..].trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &Path, expected: &str) {
        let error = read(path).expect_err("must not be read");
        let said = format!("{error:#}");
        assert!(said.contains(expected), "{said}");
    }

    #[test]
    fn each_failure_names_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        check(&at("nowhere"), "nowhere cannot be read");
        check(dir.path(), "Cargo.toml is not there");
        std::fs::write(at("notes.txt"), "").unwrap();
        check(&at("notes.txt"), "notes.txt is neither");

        std::fs::write(
            at("Cargo.toml"),
            "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
        )
        .unwrap();
        std::fs::create_dir(at("src")).unwrap();
        std::fs::write(at("src/lib.rs"), "").unwrap();
        check(dir.path(), "cargo generate-lockfile");

        std::fs::write(at("Cargo.lock"), "version = 4\n[[package]\n").unwrap();
        check(&at("Cargo.lock"), "Cargo.lock");
        check(dir.path(), "parse");

        std::fs::write(
            at("Cargo.lock"),
            "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"0.1.0\"\n",
        )
        .unwrap();
        let metadata = read(&at("Cargo.lock")).unwrap();
        assert_eq!(metadata.packages.len(), 1);
    }
}
