//! Makes the release id of this build: `throughline@<version>+<commit>`.
//!
//! Only a release build follows git: in a dev build the id would go stale, or every commit would rebuild
//! all that stands on this crate. `THROUGHLINE_COMMIT` sets it in either, for source trees without git.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=THROUGHLINE_COMMIT");
    let commit = std::env::var("THROUGHLINE_COMMIT")
        .ok()
        .filter(|commit| !commit.is_empty())
        .or_else(|| {
            let release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
            if release { head_commit() } else { None }
        })
        .unwrap_or_else(|| "dev".to_owned());
    let version = env!("CARGO_PKG_VERSION");
    println!("cargo::rustc-env=THROUGHLINE_RELEASE=throughline@{version}+{commit}");
}

fn head_commit() -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    // The log of HEAD changes with each commit and each checkout; HEAD itself only with a checkout.
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    if Path::new(&log).exists() {
        println!("cargo::rerun-if-changed={log}");
    }
    git(&["rev-parse", "--short=12", "HEAD"])
}
