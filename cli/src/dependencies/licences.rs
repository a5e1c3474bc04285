//! The licences of what is shipped, as each version states them. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::snapshot::{Snapshot, text};
use crate::render::Canvas;
use crate::render::table::Table;

/// Versions by what they state, the most frequent first; the ones that state
/// nothing last, under an empty text.
pub(crate) fn of<'a>(
    snapshot: &'a Snapshot,
    among: &BTreeSet<&'a str>,
) -> Vec<(String, Vec<&'a str>)> {
    let mut by_licence: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for id in among {
        let Some(node) = snapshot.versions.get(*id) else {
            continue;
        };
        // The two ways of writing one choice are one.
        let stated = text(node, "license")
            .unwrap_or_default()
            .replace('/', " OR ");
        by_licence.entry(stated).or_default().push(id);
    }
    let mut found: Vec<_> = by_licence.into_iter().collect();
    found.sort_by_key(|(licence, ids)| (licence.is_empty(), std::cmp::Reverse(ids.len())));
    found
}

/// So many are named in the table.
const EXAMPLES: usize = 3;

pub(crate) fn draw(found: &[(String, Vec<&str>)], canvas: &Canvas) -> String {
    let mut table = Table::new(&["LICENCE", ">VERSIONS", "OF"]);
    for (licence, ids) in found {
        let licence = if licence.is_empty() {
            "(none stated)"
        } else {
            licence
        };
        let mut of: Vec<&str> = ids.iter().take(EXAMPLES).copied().collect();
        if ids.len() > EXAMPLES {
            of.push("…");
        }
        table.row([licence.to_owned(), ids.len().to_string(), of.join(", ")]);
    }
    table.draw(canvas)
}

pub(crate) fn json(found: &[(String, Vec<&str>)]) -> Value {
    let each = found
        .iter()
        .map(|(licence, ids)| json!({ "licence": licence, "versions": ids }));
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::super::snapshot::samples::workspace;
    use super::*;

    #[test]
    fn versions_stand_by_what_they_state() {
        let all = workspace();
        let found = of(&all, &all.reached(true));
        let expected = "\
LICENCE            VERSIONS  OF
MIT                       2  crate:a@0.1.0, crate:b@0.1.0
MIT OR Apache-2.0         2  crate:x@1.0.0, crate:x@2.0.0
(none stated)             1  crate:y@1.0.0
";
        assert_eq!(draw(&found, &Canvas::PIPE), expected);
        assert_eq!(json(&found)[0]["licence"], "MIT");
    }
}
