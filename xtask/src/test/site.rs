//! The site's own checks: types, unit tests, a build without a warning, and the tests in a real browser.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

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
        return browser(&[], None, tally).await;
    }
    Ok(None)
}

/// Runs the rows of the continuity matrix alone; gives their file.
pub(crate) async fn continuity(tally: &mut Tally) -> anyhow::Result<Option<PathBuf>> {
    if let Err(why) = site::build().await {
        tally.skip("site", &why);
        return Ok(None);
    }
    browser(&["tests/browser/continuity.test.ts"], None, tally).await
}

/// Runs some of the tests in the browser, with this variable set.
pub(crate) async fn soak(
    tests: &[&str],
    variable: (&str, &str),
    tally: &mut Tally,
) -> anyhow::Result<()> {
    match site::build().await {
        Ok(()) => {
            browser(tests, Some(variable), tally).await?;
        }
        Err(why) => tally.skip("site", &why),
    }
    Ok(())
}

/// Runs the steps that need no browser; says whether the site is there.
async fn checks(tally: &mut Tally) -> anyhow::Result<bool> {
    if let Err(why) = site::install().await {
        tally.skip("site", &why);
        return Ok(false);
    }
    judge("site: npm ci", &site::said()?, true, tally);
    let name = "site: code from proto";
    quiet(name, site::npm(&["run", "generate"]), tally).await?;
    // Its tools are told to fail on a warning; a search of what they print would only find what the machine has to say.
    let name = "site: types";
    tally.step(name, steps::run(name, site::npm(&["run", "check"])).await?);
    let name = "site: unit tests";
    quiet(name, site::npm(&["test"]), tally).await?;
    let name = "site: build";
    quiet(name, site::npm(&["run", "build"]), tally).await?;
    Ok(true)
}

/// Runs these tests in Chromium, or all, against the services of this workspace; gives the file of the continuity matrix.
async fn browser(
    only: &[&str],
    variable: Option<(&str, &str)>,
    tally: &mut Tally,
) -> anyhow::Result<Option<PathBuf>> {
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
        .arg("--")
        .args(only)
        .envs(variable)
        .env(super::BIN_DIR, folder)
        .env(BROWSER, chromium)
        .env(CONTINUITY, &rows);
    tally.step("site: browser", steps::run("site: browser", tests).await?);
    Ok(Some(rows))
}

/// Runs a step whose output must hold no warning; the first one stands in the name of the failure.
async fn quiet(name: &str, mut command: Command, tally: &mut Tally) -> anyhow::Result<()> {
    println!("\n== {name}");
    let output = command
        // Node warns where both are set.
        .env_remove("FORCE_COLOR")
        .env("NO_COLOR", "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .await?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    print!("{said}");
    judge(name, &said, output.status.success(), tally);
    Ok(())
}

fn judge(name: &str, said: &str, passed: bool, tally: &mut Tally) {
    match said.lines().find(|line| is_warning(line)) {
        Some(warning) => tally.fail(&format!("{name}: a warning: {warning}")),
        None => tally.step(name, passed),
    }
}

/// Whether a line warns; what npm has to say of a person's own settings, their network and their Node is not the site's
/// affair: npm runs on theirs, all else on the one that the packages bring.
fn is_warning(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    let line = line.replace("0 warnings", "");
    let settings = line.starts_with("npm warn config ")
        || (line.starts_with("npm warn unknown ") && line.contains(" config \""));
    let node = line.starts_with("npm warn ebadengine ");
    // What came damaged is fetched again.
    let network = ["tarball", "network"]
        .iter()
        .any(|of| line.starts_with(&format!("npm warn {of} ")));
    // npm says what it runs, flags and all.
    let command = line.starts_with("> ");
    line.contains("warn") && !settings && !node && !network && !command
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
        assert!(is_warning(
            "npm warn deprecated @humanwhocodes/config-array@0.13.0: Use @eslint/config-array instead"
        ));
        assert!(is_warning("npm warn ERESOLVE overriding peer dependency"));
        assert!(is_warning(
            "npm warn allow-scripts 1 package has install scripts not yet covered"
        ));
        assert!(!is_warning("npm warn EBADENGINE Unsupported engine {"));
        assert!(!is_warning(
            "npm warn tarball data for a-package seems to be corrupted. Trying again."
        ));
        assert!(!is_warning(
            "npm warn Unknown user config \"nodedir\". This will stop working"
        ));
        assert!(!is_warning("svelte-check found 0 errors and 0 warnings"));
        assert!(!is_warning(
            "npm warn config cache-max This option has been deprecated"
        ));
        assert!(!is_warning("> a-check --fail-on-warnings"));
        assert!(!is_warning("Complete!"));
    }
}
