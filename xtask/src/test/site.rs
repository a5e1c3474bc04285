//! The site's own checks: types, unit tests, a build without a warning, and the tests in a real browser.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::steps;
use super::tally::Tally;
use crate::site;

/// Names the browser to the tests; whoever sets it chooses another one.
const BROWSER: &str = "THROUGHLINE_CHROMIUM";

/// What it is called where it is installed.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Names the file in which the browser's tests say how their rows of the continuity matrix came out.
pub(crate) const CONTINUITY: &str = "THROUGHLINE_CONTINUITY_SITE";

/// Runs all of them; gives the file of the continuity matrix, if they were to write it.
pub(crate) async fn run(tally: &mut Tally) -> anyhow::Result<Option<PathBuf>> {
    if checks(tally).await? {
        return browser(&[], tally).await;
    }
    Ok(None)
}

/// Runs the rows of the continuity matrix alone; gives their file.
pub(crate) async fn continuity(tally: &mut Tally) -> anyhow::Result<Option<PathBuf>> {
    if let Err(why) = site::build().await {
        tally.skip("site", &why);
        return Ok(None);
    }
    browser(&["--", "tests/browser/continuity.test.ts"], tally).await
}

/// Runs the steps that need no browser; says whether the site is there.
async fn checks(tally: &mut Tally) -> anyhow::Result<bool> {
    if let Err(why) = site::install().await {
        tally.skip("site", &why);
        return Ok(false);
    }
    for (name, arguments) in [
        ("site: code from proto", &["run", "generate"][..]),
        ("site: types", &["run", "check"]),
        ("site: unit tests", &["test"]),
    ] {
        tally.step(name, steps::run(name, site::npm(arguments)).await?);
    }
    tally.step("site: build", build().await?);
    Ok(true)
}

/// Runs the tests in Chromium against the services as they are built.
async fn browser(only: &[&str], tally: &mut Tally) -> anyhow::Result<Option<PathBuf>> {
    let Some(chromium) = chromium() else {
        tally.skip("chromium", "none on the PATH");
        return Ok(None);
    };
    let binaries = crate::workspace::build().await?;
    let folder = binaries.cli.parent().unwrap_or(Path::new("."));
    let rows = folder.join("continuity-site.json");
    // Of an earlier run; what this one does not write has not held.
    let _ = std::fs::remove_file(&rows);
    let mut tests = site::npm(&["run", "test:browser", "--workspace", "@throughline/site"]);
    tests
        .args(only)
        .env(super::BIN_DIR, folder)
        .env(BROWSER, chromium)
        .env(CONTINUITY, &rows);
    tally.step("site: browser", steps::run("site: browser", tests).await?);
    Ok(Some(rows))
}

/// Builds it; a warning is a failure.
async fn build() -> anyhow::Result<bool> {
    println!("\n== site: build");
    let output = site::npm(&["run", "build"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .await?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    print!("{said}");
    Ok(output.status.success() && !said.lines().any(is_warning))
}

/// Whether a line warns; what npm has to say of a person's own settings is not the site's affair.
fn is_warning(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    line.contains("warn") && !(line.starts_with("npm warn unknown") && line.contains("config"))
}

fn chromium() -> Option<PathBuf> {
    if let Some(chosen) = std::env::var_os(BROWSER) {
        return Some(chosen.into());
    }
    let path = std::env::var_os("PATH")?;
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    BROWSERS
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|program| program.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_is_told_from_what_is_none() {
        assert!(is_warning("[WARN] [config] a deprecated option"));
        assert!(is_warning("(!) Some chunks: WARNING"));
        assert!(!is_warning(
            "npm warn Unknown user config \"nodedir\". This will stop working"
        ));
        assert!(!is_warning("Complete!"));
    }
}
