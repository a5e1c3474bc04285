//! Lock files of npm, good, bad and hostile.

use proptest::prelude::*;

use super::*;

const LOCK: &str = include_str!("../../../tests/fixtures/package-lock.json");

fn graph(json: &str) -> Result<Graph, String> {
    read(json, "folder", &Limits::default()).map_err(|fault| fault.to_string())
}

#[test]
fn a_lock_file_is_a_graph() {
    let graph = graph(LOCK).unwrap();
    let has = |from: &str, edge_type: &str, to: &str| {
        let key = (from.to_owned(), edge_type.to_owned(), to.to_owned());
        graph.edges.get(&key)
    };
    let kind = |from: &str, to: &str| {
        has(from, "DEPENDS_ON", to).map(|edge| edge.properties["kind"].clone())
    };
    // Nearest first: debug has an ms of its own.
    assert_eq!(
        kind("npm:debug@4.3.4", "npm:ms@2.1.2"),
        Some(text("normal"))
    );
    assert_eq!(kind("npm:debug@4.3.4", "npm:ms@2.0.0"), None);
    assert_eq!(
        kind("npm:send@0.18.0", "npm:ms@2.0.0"),
        Some(text("normal"))
    );
    // Through a link to a member of the workspace, and from that member upwards.
    assert_eq!(
        kind("npm:shop@1.0.0", "npm:@shop/cart@0.2.0"),
        Some(text("normal"))
    );
    assert_eq!(
        kind("npm:@shop/cart@0.2.0", "npm:ms@2.0.0"),
        Some(text("dev"))
    );
    // What is optional may be missing; what is there is an edge.
    assert_eq!(
        kind("npm:send@0.18.0", "npm:fsevents@2.3.3"),
        Some(text("optional"))
    );
    assert!(has("npm:shop@1.0.0", "MEMBER_OF", "workspace:shop").is_some());
    assert!(has("npm:@shop/cart@0.2.0", "MEMBER_OF", "workspace:shop").is_some());
    assert!(has("npm:ms@2.0.0", "VERSION_OF", "npm:ms").is_some());
    assert!(has("npm:send@0.18.0", "LICENSED_UNDER", "licence:Apache-2.0").is_some());
    assert!(!graph.nodes.keys().any(|id| id.contains("node_modules")));
}

#[test]
fn each_fault_names_its_line() {
    for (json, expected) in [
        ("{", "line 1: EOF while parsing an object (column 1)"),
        (
            "{\n\"lockfileVersion\": 1}",
            "line 2: lock files of version 1 are not read",
        ),
        (
            "{\"lockfileVersion\":3,\"packages\":{\n\"node_modules/a\":{}}}",
            "line 2: `node_modules/a` has no version",
        ),
        (
            "{\"lockfileVersion\":3,\"packages\":{\n\n\"\":{\"dependencies\":{\"a\":\"^1\"}}}}",
            "line 3: `npm:folder@0.0.0` needs `a` ^1, which the lock file lacks",
        ),
        (
            "{\"lockfileVersion\":3,\"packages\":{\n\"node_modules/a\":{\"version\":7}}}",
            "line 2: invalid type: integer `7`, expected a string",
        ),
    ] {
        let said = graph(json).expect_err(json);
        assert!(said.starts_with(expected), "{said}");
    }
}

proptest! {
    #[test]
    fn any_paths_and_names_end(
        entries in prop::collection::btree_map(
            "((packages/)?[ab]?(/?node_modules/[abc])*|node_modules|/)",
            ("[0-9]\\.0", "[abc]", any::<bool>(), "((node_modules/)?[abc])?"),
            0..12,
        ),
    ) {
        let packages: BTreeMap<_, _> = entries
            .into_iter()
            .map(|(path, (version, needs, link, target))| {
                let entry = serde_json::json!({
                    "version": version, "link": link, "resolved": target,
                    "optionalDependencies": { needs: "*" },
                });
                (path, entry)
            })
            .collect();
        let json = serde_json::json!({ "lockfileVersion": 3, "packages": packages }).to_string();
        if let Ok(graph) = graph(&json) {
            prop_assert_eq!(graph.check(&Limits::default()), Ok(()));
        }
    }

    #[test]
    fn any_text_ends(text in ".*") {
        let _ = graph(&text);
    }
}
