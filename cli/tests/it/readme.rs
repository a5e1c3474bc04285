//! The README's section on dependencies: each line of it, run as it stands, on
//! this workspace and an npm lock file, against the real services.

use std::path::{Path, PathBuf};

use crate::stack::Stack;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The commands of the section, as words.
fn lines() -> Vec<Vec<String>> {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let section = readme
        .split("\n## ")
        .find(|part| part.starts_with("Ask your dependencies"));
    let lines = section.unwrap().lines();
    let lines = lines.filter_map(|line| line.strip_prefix("    throughline "));
    lines.map(words).collect()
}

/// As a shell takes a line apart, single quotes being all that the README has.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in line.split('\'').enumerate() {
        match index % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}

/// What each line must say.
fn expected(line: &str) -> &'static [&'static str] {
    match line {
        "graph import --cargo ." => &["imported "],
        "graph import --npm cli/tests/fixtures/package-lock.json" => &["imported 17 nodes"],
        "graph why libc" => &["crate:libc@0.", "member of the workspace"],
        "graph why ms" => &[
            "npm:ms@2.0.0\n",
            "needed by npm:send@0.18.0",
            "npm:ms@2.1.2\n",
        ],
        "graph licences" => &["MIT OR Apache-2.0", "VERSIONS"],
        "graph duplicates" => &["npm:ms@2.0.0", "npm:ms@2.1.2", "crate:"],
        "graph path throughline libc" => &["crate:throughline@", "DEPENDS_ON ─▶ crate:libc@"],
        "graph traverse throughline --edge DEPENDS_ON --depth 1" => &["DEPENDS_ON ─▶ crate:clap@4"],
        "graph list --type Version --filter proc_macro = true" => &["crate:serde_derive@1"],
        "graph export --format graphml -o target/graph.graphml" => &[],
        _ => panic!("nothing is expected of `{line}` yet: add it here"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_line_does_what_it_says() {
    std::fs::create_dir_all(root().join("target")).unwrap();
    let stack = Stack::start().await;
    let lines = lines();
    assert!(lines.len() >= 10, "{lines:?}");
    for words in lines {
        let line = words.join(" ");
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let mut said = stack.traced(stack.command(&words).within(&root()), 0).await;
        for text in expected(&line) {
            said = said.prints(text);
        }
    }
    let graphml = std::fs::read_to_string(root().join("target/graph.graphml")).unwrap();
    assert!(graphml.contains("<node id=\"crate:throughline@"));
    assert!(graphml.ends_with("</graphml>\n"));
}
