//! `docker-compose.yml` and `.gitlab-ci.yml` as those take them who run them: the schemas that their makers publish, and each
//! variable and flag known to the program that it is given to. That they keep step with `up` is held in `xtask`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_norway::Value;
use throughline_testkit::{Process, dgraph::skipped};

use crate::interop::program;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub(crate) fn services() -> Vec<(String, Value)> {
    let text = std::fs::read_to_string(root().join("docker-compose.yml")).expect("it is there");
    let mut file: Value = serde_norway::from_str(&text).expect("it is YAML");
    file.apply_merge().expect("its anchors exist");
    let services = file["services"].as_mapping().expect("services").clone();
    let name = |name: Value| name.as_str().expect("a name").to_owned();
    services
        .into_iter()
        .map(|(key, about)| (name(key), about))
        .collect()
}

pub(crate) fn words(value: &Value) -> Vec<&str> {
    let words = value.as_sequence().map(Vec::as_slice).unwrap_or_default();
    words.iter().filter_map(Value::as_str).collect()
}

fn variables(about: &Value) -> BTreeSet<&str> {
    let set = about["environment"].as_mapping();
    set.into_iter()
        .flatten()
        .filter_map(|(name, _)| name.as_str())
        .collect()
}

#[test]
fn they_hold_to_the_schemas_of_compose_and_of_gitlab() {
    let Some(check) = program("THROUGHLINE_CHECK_JSONSCHEMA") else {
        return;
    };
    for (schema, file) in [
        ("vendor.compose-spec", "docker-compose.yml"),
        ("vendor.gitlab-ci", ".gitlab-ci.yml"),
    ] {
        let checked = Command::new(&check)
            .args(["--builtin-schema", schema, file])
            .current_dir(root())
            .output()
            .expect("it runs");
        let said = String::from_utf8_lossy(&checked.stdout);
        assert!(checked.status.success(), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_variable_is_one_that_its_program_knows() {
    let mut asked = 0;
    for (service, about) in services() {
        let command = words(&about["command"]);
        let Some((binary, arguments)) = command.split_first() else {
            continue;
        };
        if !binary.starts_with("throughline") {
            continue;
        }
        let help = Process::builder(binary).args(arguments.iter().copied().chain(["--help"]));
        let help = help.output().await;
        assert!(help.status.success(), "{service}: {}", help.stderr);
        for variable in variables(&about) {
            let known = ["=", "]"].map(|end| format!("[env: {variable}{end}"));
            let known = known.iter().any(|it| help.stdout.contains(it));
            assert!(known, "{binary} knows no {variable}");
            asked += 1;
        }
    }
    assert!(asked > 10, "the file is not read any more");
}

#[test]
fn each_variable_of_the_site_is_read_by_it() {
    let mut text = String::new();
    let site = root().join("astro-frontend/site");
    let mut folders = vec![
        site.join("src"),
        site.join("server"),
        site.join("sentry.server.config.ts"),
    ];
    while let Some(path) = folders.pop() {
        match std::fs::read_dir(&path) {
            Ok(entries) => folders.extend(entries.flatten().map(|entry| entry.path())),
            Err(_) => text.push_str(&std::fs::read_to_string(&path).expect("a source")),
        }
    }
    // As names, not within longer ones.
    let names: BTreeSet<_> = text
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .collect();
    let services = services();
    let (_, about) = services
        .iter()
        .find(|(name, _)| name == "site")
        .expect("the site");
    let given = variables(about);
    assert!(given.len() > 5, "{given:?}");
    for variable in given {
        assert!(names.contains(variable), "the site reads no {variable}");
    }
}

#[test]
fn each_flag_of_dgraph_is_one_that_it_knows() {
    let mut commands: Vec<Vec<String>> = Vec::new();
    for (_, about) in services() {
        let command = words(&about["command"]);
        commands.push(command.into_iter().map(str::to_owned).collect());
    }
    commands.retain(|command| command.first().is_some_and(|it| it == "dgraph"));
    let said = documented();
    assert!(commands.len() > 5 && said.len() > 5, "they are not read");
    for command in commands.into_iter().chain(said) {
        let [_, kind, flags @ ..] = command.as_slice() else {
            panic!("{command:?}");
        };
        let Some(help) = help(kind) else {
            return skipped("compose::each_flag_of_dgraph_is_one_that_it_knows");
        };
        for flag in flags {
            let (flag, value) = flag.split_once('=').expect("--flag=value");
            check_flag(&help, kind, flag, value);
        }
    }
}

/// The commands of `dgraph` that its page names.
fn documented() -> Vec<Vec<String>> {
    let page = std::fs::read_to_string(root().join("docs/dgraph.md")).expect("it is there");
    let page = page.replace("\\\n", " ");
    let commands = page.lines().filter(|line| line.starts_with("    dgraph "));
    let words = |line: &str| {
        // Every other part stands in quotes.
        let parts = line.split('"').enumerate().map(|(at, part)| match at % 2 {
            0 => part.to_owned(),
            _ => part.replace(' ', "\u{a0}"),
        });
        let line: String = parts.collect();
        let words = line.split(' ').filter(|word| !word.is_empty());
        words.map(|word| word.replace('\u{a0}', " ")).collect()
    };
    commands.map(words).collect()
}

fn help(kind: &str) -> Option<String> {
    let binary = std::env::var_os("DGRAPH_BIN").unwrap_or_else(|| "dgraph".into());
    let help = Command::new(binary).args([kind, "--help"]).output().ok()?;
    let help = [help.stdout, help.stderr].concat();
    Some(String::from_utf8_lossy(&help).into_owned())
}

fn check_flag(help: &str, kind: &str, flag: &str, value: &str) {
    let is_flag = |line: &str| line.trim_start().starts_with('-');
    let said = help.lines();
    let said = said.skip_while(|line| !is_flag(line) || !line.contains(&format!("{flag} ")));
    let said: Vec<_> = said
        .enumerate()
        .take_while(|(at, line)| *at == 0 || !is_flag(line))
        .map(|(_, line)| line)
        .collect();
    assert!(!said.is_empty(), "dgraph {kind} knows no {flag}");
    // `--trace=ratio=1.0; jaeger=…`: options of its own.
    for option in value
        .split(';')
        .filter_map(|it| Some(it.split_once('=')?.0.trim()))
    {
        let known = said
            .iter()
            .any(|line| line.trim_start().starts_with(&format!("{option}=")));
        assert!(known, "{flag} of dgraph {kind} knows no {option}");
    }
}
