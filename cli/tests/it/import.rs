//! `graph import`, into the real graph service.

use std::path::Path;

use tempfile::TempDir;

use crate::command::{Said, throughline};
use crate::servers::{Running, TOKEN, graph, nobody};

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

/// Imports what lies at `path` into `graph`.
pub(crate) async fn import(path: &Path, graph: &Running, token: &str) -> Said {
    throughline(["graph", "import", "--graph", &graph.url(), "--token", token])
        .path("--cargo", path)
        .run()
        .await
}

async fn nodes(graph: &Running) -> String {
    let said = throughline(["graph", "stats", "--json", "--gateway", &graph.url()])
        .run()
        .await
        .exits(0);
    let stats: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    stats["nodeCount"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_is_imported_from_its_folder_its_manifest_or_its_lock() {
    let workspace = workspace();
    let graph = graph().await;
    for path in ["", "Cargo.toml", "Cargo.lock", "b"] {
        let said = import(&workspace.path().join(path), &graph, TOKEN)
            .await
            .exits(0);
        // 3 crates, 3 versions, 1 licence, 1 workspace; 2 dependencies and, of
        // each version, its crate, licence and workspace.
        said.prints("imported 8 nodes and 11 edges in 1 batch")
            .says("reading");
    }
    assert_eq!(nodes(&graph).await, "8", "the same again changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_named_and_nothing_is_applied() {
    let workspace = workspace();
    let graph = graph().await;
    let lock = workspace.path().join("Cargo.lock");
    for (broken, why) in [
        ("version = 4\n[[package]]\nname = 7\n", "Cargo.lock"),
        ("\u{0}", "Cargo.lock"),
        ("version = 4\n", "out of date"),
    ] {
        std::fs::write(&lock, broken).unwrap();
        let said = import(workspace.path(), &graph, TOKEN).await.exits(1);
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
    import(workspace.path(), &graph, TOKEN)
        .await
        .exits(1)
        .says("b/Cargo.toml");
    import(Path::new("/nowhere"), &graph, TOKEN)
        .await
        .exits(1)
        .says("/nowhere");
    assert_eq!(nodes(&graph).await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn writing_asks_for_the_token() {
    let workspace = workspace();
    let graph = graph().await;
    let said = import(workspace.path(), &graph, "wrong").await.exits(1);
    said.says("PERMISSION_DENIED").says("--token");
    let run = throughline(["graph", "import", "--graph", &graph.url()]);
    let said = run.path("--cargo", workspace.path()).run().await.exits(1);
    said.says("UNAUTHENTICATED").says("THROUGHLINE_WRITE_TOKEN");
    assert_eq!(nodes(&graph).await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_not_there_is_named() {
    let workspace = workspace();
    let url = nobody().await;
    let run = throughline(["graph", "import", "--graph", &url]);
    let said = run.path("--cargo", workspace.path()).run().await.exits(1);
    said.says("UNAVAILABLE").says(&url).says("--graph");
}
