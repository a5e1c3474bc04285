//! The rows of the hops that a reader sees: the browser and the site's server. Their faults are made by clicks and page loads in
//! Chromium, by the site's own tests, which say in a file what does not hold of each cell. What each fault means
//! there stands beside them, in `astro-frontend/site/tests/browser/continuity/rows.ts`.

use std::collections::HashMap;
use std::path::Path;

use super::{FAULTS, Outcome};

/// Names the file; where it is not set, these rows are not asked for.
pub const FILE: &str = "THROUGHLINE_CONTINUITY_SITE";

/// The hops, by their order in a call.
pub const HOPS: [&str; 2] = ["browser", "ssr"];

/// The rows that the file tells of. A cell that is missing has not held.
pub fn rows(file: &Path) -> Vec<(&'static str, Vec<Outcome>)> {
    parse(&std::fs::read_to_string(file).unwrap_or_default())
}

fn parse(said: &str) -> Vec<(&'static str, Vec<Outcome>)> {
    let cells: HashMap<String, Outcome> = serde_json::from_str(said).unwrap_or_default();
    let row = |hop| {
        let cell = |fault| {
            let cell = cells.get(&format!("{hop} × {fault}"));
            cell.map_or_else(|| vec!["no result".to_owned()], Clone::clone)
        };
        (hop, FAULTS.into_iter().map(cell).collect())
    };
    HOPS.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_has_not_held() {
        for nothing in ["", "{", "[]", r#"{"browser × ok": true}"#] {
            let cells = parse(nothing).into_iter().flat_map(|(_, cells)| cells);
            assert_eq!(cells.filter(|cell| cell == &["no result"]).count(), 16);
        }
        let rows = parse(r#"{"browser × ok": [], "ssr × panic": ["two events"]}"#);
        assert_eq!(rows[0].1[0], Outcome::default());
        assert_eq!(rows[0].1[1], ["no result"]);
        assert_eq!(rows[1].1[2], ["two events"]);
    }
}
