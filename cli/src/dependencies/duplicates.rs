//! What is there in more than one version, and who needs each. Pure.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::snapshot::{Snapshot, text};
use crate::render::Canvas;
use crate::render::table::Table;

/// A version, and who needs it.
pub(crate) type Version<'a> = (&'a str, Vec<&'a str>);

/// Names with their versions, where a name has more than one.
pub(crate) fn of(snapshot: &Snapshot) -> Vec<(String, Vec<Version<'_>>)> {
    let reached = snapshot.reached(false);
    let mut by_name: BTreeMap<String, Vec<Version<'_>>> = BTreeMap::new();
    for (id, node) in &snapshot.versions {
        if !reached.contains(id.as_str()) {
            continue;
        }
        let kind = id.split_once(':').map_or("", |(kind, _)| kind);
        let name = format!("{kind}:{}", text(node, "name").unwrap_or(id));
        let by = snapshot.needed_by.get(id).into_iter().flatten();
        let mut by: Vec<_> = by.map(|edge| edge.from.as_str()).collect();
        by.sort_unstable();
        by.dedup();
        by_name.entry(name).or_default().push((id, by));
    }
    let found = by_name
        .into_iter()
        .filter(|(_, versions)| versions.len() > 1);
    found.collect()
}

/// So many are named in the table.
const EXAMPLES: usize = 3;

pub(crate) fn draw(found: &[(String, Vec<Version<'_>>)], canvas: &Canvas) -> String {
    let mut table = Table::new(&["VERSION", ">NEEDED BY", "WHICH ARE"]);
    for (id, by) in found.iter().flat_map(|(_, versions)| versions) {
        let mut which: Vec<&str> = by.iter().take(EXAMPLES).copied().collect();
        if by.len() > EXAMPLES {
            which.push("…");
        }
        table.row([(*id).to_owned(), by.len().to_string(), which.join(", ")]);
    }
    table.draw(canvas)
}

pub(crate) fn json(found: &[(String, Vec<Version<'_>>)]) -> Value {
    let each = found.iter().map(|(name, versions)| {
        let versions = versions
            .iter()
            .map(|(id, by)| json!({ "id": id, "neededBy": by }));
        json!({ "name": name, "versions": versions.collect::<Vec<_>>() })
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::super::snapshot::samples::workspace;
    use super::*;

    #[test]
    fn doubled_names_stand_with_who_needs_them() {
        let all = workspace();
        let found = of(&all);
        let expected = "\
VERSION        NEEDED BY  WHICH ARE
crate:x@1.0.0          1  crate:a@0.1.0
crate:x@2.0.0          2  crate:t@1.0.0, crate:y@1.0.0
";
        assert_eq!(draw(&found, &Canvas::PIPE), expected);
        assert_eq!(json(&found)[0]["name"], "crate:x");
    }
}
