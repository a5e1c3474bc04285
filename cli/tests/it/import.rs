//! `graph import`, into the real graph service.

use std::path::Path;

use tempfile::TempDir;

use crate::command::{Run, throughline};
use crate::servers::nobody;
use crate::stack::Stack;

/// A workspace of three crates in a row, which need no registry.
pub(crate) fn workspace() -> TempDir {
    let dir = tempfile::Builder::new()
        .prefix("rows-")
        .rand_bytes(6)
        .tempdir()
        .unwrap();
    let write = |path: &str, text: &str| {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"a\", \"b\", \"c\"]\n",
    );
    let mut lock = String::from("version = 4\n");
    for (name, needs) in [("a", Some("b")), ("b", Some("c")), ("c", None)] {
        let dependency = needs.map_or(String::new(), |on| {
            format!("{on} = {{ path = \"../{on}\", version = \"0.1\" }}\n")
        });
        write(
            &format!("{name}/Cargo.toml"),
            &format!(
                "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\nlicense = \"MIT\"\n[dependencies]\n{dependency}"
            ),
        );
        write(&format!("{name}/src/lib.rs"), "");
        lock += &format!("\n[[package]]\nname = \"{name}\"\nversion = \"0.1.0\"\n");
        if let Some(on) = needs {
            lock += &format!("dependencies = [\n \"{on}\",\n]\n");
        }
    }
    write("Cargo.lock", &lock);
    dir
}

/// The services, with that workspace imported.
pub(crate) async fn filled() -> Stack {
    let stack = Stack::start().await;
    stack.traced(import(workspace().path(), &stack), 0).await;
    stack
}

/// The import of what lies at `path` into `stack`, about to be run.
fn import(path: &Path, stack: &Stack) -> Run {
    stack.command(&["graph", "import"]).path("--cargo", path)
}

async fn nodes(stack: &Stack) -> String {
    let said = stack.ask(&["stats", "--json"], 0).await;
    let stats: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    stats["nodeCount"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_is_imported_from_its_folder_its_manifest_or_its_lock() {
    let workspace = workspace();
    let stack = Stack::start().await;
    for path in ["", "Cargo.toml", "Cargo.lock", "b"] {
        let import = import(&workspace.path().join(path), &stack);
        let said = stack.traced(import, 0).await;
        // 3 crates, 3 versions, 1 licence, 1 workspace; 2 dependencies and, of
        // each version, its crate, licence and workspace.
        said.prints("imported 8 nodes and 11 edges in 1 batch")
            .says("reading");
    }
    assert_eq!(nodes(&stack).await, "8", "the same again changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_named_and_nothing_is_applied() {
    let workspace = workspace();
    let stack = Stack::start().await;
    let lock = workspace.path().join("Cargo.lock");
    for (broken, why) in [
        ("version = 4\n[[package]]\nname = 7\n", "Cargo.lock"),
        ("\u{0}", "Cargo.lock"),
        ("version = 4\n", "out of date"),
    ] {
        std::fs::write(&lock, broken).unwrap();
        let said = import(workspace.path(), &stack).run().await.exits(1);
        assert!(said.stdout.is_empty(), "{said:?}");
        said.says(why);
        assert_eq!(
            std::fs::read_to_string(&lock).unwrap(),
            broken,
            "it is never written"
        );
    }
    let manifest = workspace.path().join("b/Cargo.toml");
    std::fs::write(&manifest, "[package\n").unwrap();
    let said = import(workspace.path(), &stack).run().await;
    said.exits(1).says("b/Cargo.toml");
    let said = import(Path::new("/nowhere"), &stack).run().await;
    said.exits(1).says("/nowhere");
    assert_eq!(nodes(&stack).await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn writing_asks_for_the_token() {
    let workspace = workspace();
    let stack = Stack::start().await;
    let import = || import(workspace.path(), &stack);
    let wrong = import().env("THROUGHLINE_WRITE_TOKEN", "wrong");
    let said = stack.traced(wrong, 1).await;
    said.says("PERMISSION_DENIED").says("--token");
    let none = import().without("THROUGHLINE_WRITE_TOKEN");
    let said = stack.traced(none, 1).await;
    said.says("UNAUTHENTICATED").says("THROUGHLINE_WRITE_TOKEN");
    assert_eq!(nodes(&stack).await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_not_there_is_named() {
    let workspace = workspace();
    let nobody = nobody();
    let url = nobody.url();
    let run = throughline(["graph", "import", "--graph", url]);
    let said = run.path("--cargo", workspace.path()).run().await.exits(1);
    said.says("UNAVAILABLE").says(url).says("--graph");
}
