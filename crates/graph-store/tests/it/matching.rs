//! Which nodes a search finds, as plainly as it can be said.

use std::collections::BTreeSet;

use throughline_graph_store::{Node, Value};

/// Whether a node has all words, the last of them as the beginning of one.
pub(crate) fn matches(node: &Node, words: &[String]) -> bool {
    let mut has = split(&node.id);
    for value in node.properties.values() {
        if let Value::String(text) = value {
            has.extend(split(text));
        }
    }
    let (last, whole) = words.split_last().unwrap();
    whole.iter().all(|word| has.contains(word)) && has.iter().any(|word| word.starts_with(last))
}

fn split(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words
        .map(|word| word.chars().flat_map(char::to_lowercase).collect())
        .collect()
}
