//! The house rules that no compiler knows (DESIGN, invariants 1, 2 and 8). Each
//! rule is a function from a package to what is wrong with it.

use std::path::Path;

use crate::workspace::{Package, packages, root, sources};

/// No file is longer.
const MOST_LINES: usize = 500;

fn check(rule: impl Fn(&Package) -> Vec<String>) {
    let wrong: Vec<_> = packages().values().flat_map(rule).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn says(wrong: bool, what: impl FnOnce() -> String) -> Vec<String> {
    if wrong { vec![what()] } else { Vec::new() }
}

#[test]
fn every_package_inherits_the_lints() {
    check(|package| {
        let inherits = package.manifest.contains("[lints]\nworkspace = true");
        says(!inherits, || {
            format!("{}: no `[lints] workspace = true`", package.name)
        })
    });
}

#[test]
fn every_manifest_names_the_licence() {
    check(|package| {
        let named = package.licence.as_deref() == Some("MIT OR Apache-2.0");
        says(!named, || {
            format!("{}: {:?} is not the licence", package.name, package.licence)
        })
    });
}

#[test]
fn every_file_says_what_it_is_for() {
    check(|package| {
        let without = |(path, text): (_, String)| {
            let says = text.lines().any(|line| line.starts_with("//!"));
            (!says).then(|| unexplained(path))
        };
        sources(package).into_iter().filter_map(without).collect()
    });
}

fn unexplained(path: std::path::PathBuf) -> String {
    format!("{}: no `//!` says what it is for", path.display())
}

#[test]
fn no_file_is_too_long() {
    check(|package| {
        let long = |(path, text): (std::path::PathBuf, String)| {
            let lines = text.lines().count();
            (lines > MOST_LINES).then(|| format!("{}: {lines} lines", path.display()))
        };
        sources(package).into_iter().filter_map(long).collect()
    });
}

#[test]
fn arrows_point_down() {
    let all = packages();
    check(|package| {
        let above = |name: &&String| !all[*name].folder.starts_with("crates");
        let below = package.folder.starts_with("crates");
        let wrong = package.dependencies.iter().filter(above);
        // A program may carry another as a library; a crate knows none.
        let wrong = wrong.filter(|_| below);
        wrong
            .map(|name| format!("{} depends on {name}, which is above it", package.name))
            .collect()
    });
}

#[test]
fn sentry_crates_could_be_published_as_they_stand() {
    check(|package| {
        let ours = package.name.starts_with("sentry-");
        let others = package
            .dependencies
            .iter()
            .filter(|name| *name != "sentry-propagation");
        let wrong = others.filter(|_| ours);
        wrong
            .map(|name| format!("{} depends on {name}", package.name))
            .collect()
    });
}

#[test]
fn service_kit_alone_starts_the_sdk() {
    // Built here, so that this file does not hold them itself.
    let starts = [
        format!("sentry::{}(", "init"),
        format!("sentry_core::{}(", "init"),
    ];
    check(|package| {
        if package.name == "throughline-service-kit" {
            return Vec::new();
        }
        let code = |line: &str| {
            let line = line.trim_start();
            !line.starts_with("//") && starts.iter().any(|start| line.contains(start))
        };
        let wrong = sources(package)
            .into_iter()
            .filter(|(path, _)| !in_tests(path) && !is_of_others(path))
            .filter(|(_, text)| text.lines().any(code));
        wrong
            .map(|(path, _)| format!("{}: only service-kit starts the SDK", path.display()))
            .collect()
    });
}

#[test]
fn only_sentry_crates_and_service_kit_name_the_sdk() {
    check(|package| {
        let may = package.name.starts_with("sentry-") || package.name == "throughline-service-kit";
        let depends = package
            .manifest
            .split("[dev-dependencies]")
            .next()
            .unwrap_or_default();
        let sdk = [
            "sentry.",
            "sentry ",
            "sentry-core",
            "sentry-tracing",
            "sentry-panic",
        ];
        let names = depends
            .lines()
            .any(|line| sdk.iter().any(|name| line.starts_with(name)));
        // The test kit stands in for a program, which is to say for service-kit; the
        // benches measure the SDK beside what stands on it.
        let stands_in = ["throughline-testkit", "throughline-bench"];
        let wrong = names && !may && !stands_in.contains(&package.name.as_str());
        says(wrong, || {
            format!(
                "{}: only sentry-* and service-kit name the SDK",
                package.name
            )
        })
    });
}

#[test]
fn every_guard_exists() {
    let text = std::fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
    let (_, invariants) = text.split_once("## Invariants").unwrap();
    let packages = packages();
    let code: String = packages
        .values()
        .flat_map(sources)
        .map(|(_, text)| text)
        .collect();
    // In what follows a dash, names in backquotes are tests; hyphens make a crate of one.
    let guards = invariants
        .split(" — ")
        .skip(1)
        .map(|guards| guards.split("\n1").next().unwrap_or(guards));
    let names = guards.flat_map(|guards| guards.split('`').skip(1).step_by(2));
    let names: Vec<_> = names
        .filter(|name| name.contains('_') && !name.contains('*'))
        .collect();
    assert!(
        names.len() > 15,
        "the guards are not read any more: {names:?}"
    );
    let missing = |name: &&str| {
        // Or made by a macro from a list of `name: …;`.
        !code.contains(&format!("fn {name}(")) && !code.contains(&format!("    {name}: "))
    };
    let missing: Vec<_> = names.into_iter().filter(missing).collect();
    assert!(missing.is_empty(), "no such tests: {missing:?}");
}

#[test]
fn the_lock_file_is_free_of_what_dgraph_tonic_stands_on() {
    let lock = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    let holds = |lock: &str, name: &str, version: &str| {
        lock.contains(&format!("name = \"{name}\"\nversion = \"{version}"))
    };
    let (ours, its) = (lock("Cargo.lock"), lock("interop/dgraph-tonic/Cargo.lock"));
    for (name, version) in [
        ("dgraph-tonic", ""),
        ("ring", "0.16."),
        ("rustls", "0.20."),
        ("tonic", "0.8."),
    ] {
        assert!(!holds(&ours, name, version), "{name} {version}");
        assert!(holds(&its, name, version), "{name} {version} is looked for");
    }
}

#[test]
fn nothing_that_a_build_makes_is_tracked() {
    let listed = std::process::Command::new("git")
        .arg("ls-files")
        .current_dir(root())
        .output();
    let Ok(listed) = listed else { return };
    for path in String::from_utf8_lossy(&listed.stdout).lines() {
        let first = Path::new(path)
            .components()
            .next()
            .map(|part| part.as_os_str().to_owned());
        let made = first.is_some_and(|first| first == "target" || first == ".throughline");
        assert!(
            !made && !path.contains("node_modules/"),
            "{path} is tracked"
        );
    }
}

/// Whether it shows what a program outside of this workspace does.
fn is_of_others(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "examples")
}

fn in_tests(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests")
}
