//! The pipeline: its jobs run what the README and `cargo xtask test` do, on the compilers and the Dgraph that the rest has.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_norway::{Mapping, Value};

use super::{compose, read};
use crate::test::steps;

#[derive(Debug, Deserialize)]
struct Job {
    stage: String,
    image: String,
    script: Vec<String>,
    #[serde(default)]
    before_script: Vec<String>,
    #[serde(default)]
    services: Vec<Service>,
    #[serde(default)]
    variables: BTreeMap<String, String>,
    parallel: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Service {
    Image(String),
    Named { name: String, command: Vec<String> },
}

/// What is no job.
const KEYS: [&str; 4] = ["stages", "workflow", "default", "variables"];

fn pipeline() -> Mapping {
    serde_norway::from_str(&read(".gitlab-ci.yml")).unwrap()
}

/// The jobs, each with what it extends.
fn jobs() -> BTreeMap<String, Job> {
    let file = pipeline();
    let named = |(name, job): (&Value, &Value)| {
        let name = name.as_str().unwrap().to_owned();
        let is_job = !KEYS.contains(&&*name) && !name.starts_with('.');
        let mut about = job.as_mapping().cloned().filter(|_| is_job)?;
        if let Some(base) = about.get("extends") {
            for (key, value) in file[base].as_mapping().unwrap() {
                about.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        let about = serde_norway::from_value(Value::Mapping(about)).unwrap();
        Some((name, about))
    };
    file.iter().filter_map(named).collect()
}

#[test]
fn each_stage_has_its_job() {
    let file = pipeline();
    let stages: Vec<String> = serde_norway::from_value(file["stages"].clone()).unwrap();
    let jobs = jobs();
    let of = |stage: &String| jobs.values().filter(|job| job.stage == *stage).count();
    assert_eq!(stages, ["check", "test", "images"]);
    assert_eq!(stages.iter().map(of).collect::<Vec<_>>(), [1, 1, 1]);
}

#[test]
fn it_checks_what_the_tests_check_first() {
    let checks = steps::checks().into_iter();
    let checks = checks.filter(|(name, _)| ["fmt", "clippy"].contains(name));
    let checks = checks.map(|(_, command)| {
        let words = command.as_std().get_args();
        let words = words.map(|it| it.to_str().unwrap().to_owned());
        ["cargo".to_owned()]
            .into_iter()
            .chain(words)
            .collect::<Vec<_>>()
    });
    let script = jobs().remove("check").unwrap().script;
    let script = script.iter().map(|line| {
        // A pipeline takes what the lock file says.
        let words = line.split_whitespace().filter(|it| *it != "--locked");
        words.map(str::to_owned).collect::<Vec<_>>()
    });
    assert_eq!(script.collect::<Vec<_>>(), checks.collect::<Vec<_>>());
}

#[test]
fn it_tests_as_the_readme_says() {
    let jobs = jobs();
    assert_eq!(jobs["test"].script, [".ci/run $TESTS"]);
    assert_eq!(jobs["test"].variables["TESTS"], "", "all of them");
    let run = read(".ci/run");
    let last = run.lines().last().unwrap().strip_prefix("exec ").unwrap();
    let last = last.strip_suffix(" \"$@\"").unwrap();
    let readme = read("README.md");
    assert!(readme.contains(&format!("## Test it\n\n    {last}\n")));
}

#[test]
fn its_compiler_and_its_dgraph_are_those_of_the_rest() {
    let jobs = jobs();
    let dockerfile = read("Dockerfile");
    for job in [&jobs["check"], &jobs["test"]] {
        assert!(dockerfile.contains(&format!("FROM {} AS build\n", job.image)));
        assert_eq!(job.before_script[0], "rustup component add rustfmt clippy");
    }
    let dgraph = &compose().services["dgraph-alpha1"].image;
    let mut kinds = Vec::new();
    for service in &jobs["test"].services {
        let Service::Named { name, command } = service else {
            panic!("{service:?}");
        };
        assert_eq!(name, dgraph);
        assert!(command.contains(&"--telemetry=reports=false; sentry=false;".to_owned()));
        kinds.push(command[1].as_str());
    }
    assert_eq!(kinds, ["zero", "alpha"]);
    assert_eq!(jobs["test"].variables["DGRAPH_ENDPOINT"], "alpha:9080");
}

#[test]
fn it_builds_the_images_that_compose_runs() {
    let job = jobs().remove("images").unwrap();
    let built = &job.parallel.unwrap()["matrix"][0]["TARGET"];
    let built: Vec<String> = serde_norway::from_value(built.clone()).unwrap();
    let services = compose().services;
    let run = services.values().filter_map(|it| it.build.as_ref());
    let mut run: Vec<_> = run.map(|it| it.target.clone()).collect();
    run.sort();
    run.dedup();
    assert_eq!(run.len(), built.len());
    assert!(run.iter().all(|it| built.contains(it)), "{run:?} {built:?}");
}

#[test]
fn it_names_no_host_and_holds_no_secret() {
    let jobs = jobs();
    for (name, job) in &jobs {
        let services = job.services.iter().map(|service| match service {
            Service::Image(name) | Service::Named { name, .. } => name,
        });
        for image in services.chain([&job.image]) {
            let host = image.split_once('/').map(|(host, _)| host);
            let is_host = host.is_some_and(|it| it.contains(['.', ':']));
            assert!(!is_host, "{name} names {image}");
        }
        for line in job.before_script.iter().chain(&job.script) {
            assert!(!line.contains("://"), "{name}: {line}");
            let hidden = line.split_whitespace().find(|word| {
                let word = word.to_lowercase();
                let secret = ["password", "token", "secret"];
                // What GitLab gives a job, or says that it is to be read from there.
                let given = word.contains("$ci_") || word == "--password-stdin";
                secret.iter().any(|it| word.contains(it)) && !given
            });
            assert_eq!(hidden, None, "{name}: {line}");
        }
    }
}
