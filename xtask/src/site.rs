//! The site in `astro-frontend/`: its packages, its build, and the Node that its packages bring along. Knows nothing of
//! what the site does.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::SystemTime;

use tokio::process::Command;

use crate::workspace;

/// What the site is made of, from the workspace's root.
const SOURCES: [&str; 3] = ["proto", "astro-frontend/shared", "astro-frontend/site"];

/// What is made of it, and no source.
const MADE: [&str; 5] = ["node_modules", "dist", ".astro", ".svelte-kit", "gen"];

/// What npm said when it installed the packages, beside them.
const SAID: &str = "node_modules/.installed-said.txt";

/// Where the packages are.
pub(crate) fn folder() -> PathBuf {
    workspace::root().join("astro-frontend")
}

/// Where the site's server is started.
pub(crate) fn server() -> PathBuf {
    folder().join("site")
}

/// The Node that the packages bring along.
pub(crate) fn node() -> PathBuf {
    folder().join("node_modules/.bin/node")
}

/// npm among the packages, with their Node before any other.
pub(crate) fn npm(arguments: &[&str]) -> Command {
    let bin = folder().join("node_modules/.bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(bin).chain(std::env::split_paths(&path));
    let mut command = Command::new("npm");
    command
        .args(arguments)
        .current_dir(folder())
        .env("ASTRO_TELEMETRY_DISABLED", "1")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    if let Ok(path) = std::env::join_paths(all) {
        command.env("PATH", path);
    }
    command
}

/// Installs the packages that the lock file names, unless they are there; or says why they cannot be had.
pub(crate) async fn install() -> Result<(), String> {
    let lock = folder().join("package-lock.json");
    let installed = folder().join("node_modules/.installed-lock.json");
    let wanted = std::fs::read(&lock).map_err(|error| error.to_string())?;
    if std::fs::read(&installed).is_ok_and(|there| there == wanted) && said().is_ok() {
        return Ok(());
    }
    eprintln!("installing the site's packages");
    let said = silent(npm(&["ci", "--no-audit", "--no-fund"])).await?;
    std::fs::write(folder().join(SAID), said).map_err(|error| error.to_string())?;
    std::fs::write(&installed, wanted).map_err(|error| error.to_string())
}

/// What npm said when it installed the packages that are there.
pub(crate) fn said() -> std::io::Result<String> {
    std::fs::read_to_string(folder().join(SAID))
}

/// Builds the site, unless it is newer than what it is made of; or says why it cannot be had.
pub(crate) async fn build() -> Result<(), String> {
    install().await?;
    let built = modified(&server().join("dist/release.txt"));
    let root = workspace::root();
    let mut newest = modified(&folder().join("package-lock.json"));
    for source in SOURCES {
        newest = newest.max(newest_in(&root.join(source)));
    }
    if built.is_some() && built > newest {
        return Ok(());
    }
    eprintln!("building the site");
    silent(npm(&["run", "generate"])).await?;
    silent(npm(&["run", "build"])).await?;
    Ok(())
}

/// The time of the newest source in a folder.
fn newest_in(folder: &Path) -> Option<SystemTime> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let name = entry.file_name();
            if MADE.iter().any(|made| name == *made) {
                return None;
            }
            if entry.file_type().ok()?.is_dir() {
                newest_in(&entry.path())
            } else {
                modified(&entry.path())
            }
        })
        .max()
}

fn modified(file: &Path) -> Option<SystemTime> {
    std::fs::metadata(file).ok()?.modified().ok()
}

/// Runs a command whose output is of no interest meanwhile, and gives it.
async fn silent(mut command: Command) -> Result<String, String> {
    let what = format!("{:?}", command.as_std().get_args().collect::<Vec<_>>());
    let output = command
        .output()
        .await
        .map_err(|error| format!("npm: {error}"))?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    if output.status.success() {
        return Ok(said.into_owned());
    }
    Err(format!("npm {what} failed: {}", said.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_is_no_source() {
        let folder = std::env::temp_dir().join(format!("xtask-site-{}", std::process::id()));
        for made in ["src", "dist", "src/gen"] {
            std::fs::create_dir_all(folder.join(made)).unwrap();
        }
        std::fs::write(folder.join("src/page.astro"), "").unwrap();
        let source = newest_in(&folder);
        assert!(source.is_some());
        let later = SystemTime::now() + std::time::Duration::from_secs(60);
        for made in ["dist/page.js", "src/gen/page.ts"] {
            let file = std::fs::File::create(folder.join(made)).unwrap();
            file.set_modified(later).unwrap();
        }
        assert_eq!(newest_in(&folder), source);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
