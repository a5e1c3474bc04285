//! The workspace as files: its packages, their dependencies, their sources.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A package of the workspace.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// Its folder, from the root: `crates/api`.
    pub(crate) folder: PathBuf,
    pub(crate) licence: Option<String>,
    /// The workspace's own packages that it depends on, tests aside.
    pub(crate) dependencies: Vec<String>,
    pub(crate) manifest: String,
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap()
}

/// The packages by name.
pub(crate) fn packages() -> BTreeMap<String, Package> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version=1",
            "--no-deps",
            "--offline",
            "--locked",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    packages
        .iter()
        .map(package)
        .map(|package| (package.name.clone(), package))
        .collect()
}

fn package(about: &Value) -> Package {
    let manifest = Path::new(about["manifest_path"].as_str().unwrap());
    let folder = manifest.parent().unwrap().canonicalize().unwrap();
    let dependencies = about["dependencies"].as_array().unwrap().iter();
    Package {
        name: about["name"].as_str().unwrap().to_owned(),
        folder: folder.strip_prefix(root()).unwrap().to_owned(),
        licence: about["license"].as_str().map(str::to_owned),
        dependencies: dependencies
            .filter(|of| of["path"].is_string() && of["kind"] != "dev")
            .map(|of| of["name"].as_str().unwrap().to_owned())
            .collect(),
        manifest: std::fs::read_to_string(manifest).unwrap(),
    }
}

/// All Rust files of a package, from the root, with their text.
pub(crate) fn sources(package: &Package) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for part in ["src", "tests", "benches", "examples", "build.rs"] {
        collect(&root().join(&package.folder).join(part), &mut found);
    }
    let root = root();
    let from_root = |path: PathBuf| path.strip_prefix(&root).unwrap().to_owned();
    found
        .into_iter()
        .map(|(path, text)| (from_root(path), text))
        .collect()
}

fn collect(path: &Path, found: &mut Vec<(PathBuf, String)>) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            collect(&entry.unwrap().path(), found);
        }
    } else if path.is_file() && path.extension().is_some_and(|extension| extension == "rs") {
        found.push((path.to_owned(), std::fs::read_to_string(path).unwrap()));
    }
}
