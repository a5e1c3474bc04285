//! What `docs/operations.md` says of limits is what the code has.

use std::collections::BTreeSet;
use std::path::Path;

/// Where a struct stands, and the words that begin its part of the page.
const STRUCTS: &[(&str, &str)] = &[
    ("gateway/src/limits.rs", "`throughline_gateway::Limits`"),
    (
        "crates/service-kit/src/limits.rs",
        "`throughline_service_kit::Limits`",
    ),
    (
        "crates/sentry-propagation/src/limits.rs",
        "`sentry_propagation::Limits`",
    ),
    (
        "crates/sentry-tonic/src/limits.rs",
        "`sentry_tonic::Limits`",
    ),
    (
        "crates/sentry-propagation/src/transport/limits.rs",
        "`sentry_propagation::transport::Limits`",
    ),
];

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_limit_is_in_the_tables() {
    let page = read("docs/operations.md");
    for (file, words) in STRUCTS {
        let source = read(file);
        let (_, fields) = source
            .split_once("pub struct Limits {")
            .expect("it has one");
        let (fields, _) = fields.split_once("\n}").expect("it ends");
        let fields: BTreeSet<_> = fields
            .lines()
            .filter_map(|line| line.trim().strip_prefix("pub ")?.split(':').next())
            .collect();
        assert!(!fields.is_empty(), "{file}");

        let (_, part) = page
            .split_once(words)
            .unwrap_or_else(|| panic!("{words} is on the page"));
        let lines = part.lines().skip_while(|line| !line.starts_with('|'));
        let table = lines.take_while(|line| line.starts_with('|'));
        let rows: BTreeSet<_> = table
            .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
            .collect();
        assert_eq!(rows, fields, "{file} and its table");
    }
}
