//! How a graph lies in Dgraph. Predicates are ours alone, whatever callers name their types and properties: an edge is a
//! node of its own between two others, its properties and those of nodes are one JSON text each, and what is searched by
//! is kept beside them.

/// A node's id.
pub(super) const ID: &str = "tl.id";
/// Its type.
pub(super) const TYPE: &str = "tl.type";
/// Properties, of a node or an edge.
pub(super) const PROPERTIES: &str = "tl.properties";
/// The revision of which its etag is made.
pub(super) const REVISION: &str = "tl.revision";
/// The words of its id and its texts.
pub(super) const WORD: &str = "tl.word";
/// The words of its id alone.
pub(super) const ID_WORD: &str = "tl.id_word";
/// Its properties as filters look them up.
pub(super) const VALUE: &str = "tl.value";
/// Its unique values.
pub(super) const UNIQUE: &str = "tl.unique";

/// An edge's key, from its source on.
pub(super) const KEY: &str = "tl.key";
/// The same from its target on.
pub(super) const BACK_KEY: &str = "tl.back_key";
/// An edge's type.
pub(super) const EDGE_TYPE: &str = "tl.edge_type";
/// The node that it leaves.
pub(super) const SOURCE: &str = "tl.source";
/// The node that it enters.
pub(super) const TARGET: &str = "tl.target";

/// The one node that says what all writes have come to.
pub(super) const META: &str = "tl.meta";
/// Counts the writes: who writes names the one before.
pub(super) const TURN: &str = "tl.turn";
/// What all writes have come to, as JSON.
pub(super) const STATE: &str = "tl.state";

/// A part of the change feed: its last place.
pub(super) const PLACE: &str = "tl.feed.place";
/// Its first.
pub(super) const FIRST: &str = "tl.feed.first";
/// When it was committed, in microseconds.
pub(super) const COMMITTED: &str = "tl.feed.committed";
/// The bytes of the feed up to it.
pub(super) const BYTES: &str = "tl.feed.bytes";
/// The changes.
pub(super) const CHANGES: &str = "tl.feed.changes";
/// What was there before.
pub(super) const BEFORE: &str = "tl.feed.before";

/// The key of an answer that is kept, or of an import that is remembered.
pub(super) const KEPT: &str = "tl.kept";
/// What is kept.
pub(super) const KEPT_TEXT: &str = "tl.kept.text";
/// Until when, in seconds.
pub(super) const KEPT_UNTIL: &str = "tl.kept.until";

/// All predicates of a node.
pub(super) const OF_NODE: [&str; 8] =
    [ID, TYPE, PROPERTIES, REVISION, WORD, ID_WORD, VALUE, UNIQUE];
/// Those that are lists, or that a put may leave out.
pub(super) const LISTS_OF_NODE: [&str; 4] = [WORD, ID_WORD, VALUE, UNIQUE];
/// All predicates of an edge.
pub(super) const OF_EDGE: [&str; 6] = [KEY, BACK_KEY, EDGE_TYPE, SOURCE, TARGET, PROPERTIES];
/// All predicates of a part of the feed.
pub(super) const OF_FEED: [&str; 6] = [PLACE, FIRST, COMMITTED, BYTES, CHANGES, BEFORE];
/// All predicates of what is kept for a time.
pub(super) const OF_KEPT: [&str; 3] = [KEPT, KEPT_TEXT, KEPT_UNTIL];

/// The layout's number; it counts up with every change that an older program would not understand.
pub(super) const VERSION: u64 = 1;

/// The predicates, as Dgraph's schema has them.
pub(super) const SCHEMA: &str = "\
tl.id: string @index(exact) @upsert .
tl.type: string @index(exact) .
tl.properties: string .
tl.revision: int .
tl.word: [string] @index(exact) .
tl.id_word: [string] @index(exact) .
tl.value: [string] @index(exact) .
tl.unique: [string] @index(exact) @upsert .
tl.key: string @index(exact) @upsert .
tl.back_key: string @index(exact) .
tl.edge_type: string @index(hash) .
tl.source: uid @reverse .
tl.target: uid @reverse .
tl.meta: string @index(exact) @upsert .
tl.turn: int @index(int) @upsert .
tl.state: string .
tl.feed.place: int @index(int) @upsert .
tl.feed.first: int .
tl.feed.committed: int @index(int) .
tl.feed.bytes: int @index(int) .
tl.feed.changes: string .
tl.feed.before: string .
tl.kept: string @index(exact) @upsert .
tl.kept.text: string .
tl.kept.until: int @index(int) .
";

/// A predicate as Dgraph tells of it.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Predicate {
    pub(super) predicate: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    list: bool,
    #[serde(default)]
    reverse: bool,
    #[serde(default)]
    upsert: bool,
    #[serde(default)]
    tokenizer: Vec<String>,
}

impl Predicate {
    fn line(&self) -> String {
        let kind = match self.list {
            true => format!("[{}]", self.kind),
            false => self.kind.clone(),
        };
        let mut line = format!("{}: {kind}", self.predicate);
        if !self.tokenizer.is_empty() {
            line += &format!(" @index({})", self.tokenizer.join(", "));
        }
        if self.reverse {
            line += " @reverse";
        }
        if self.upsert {
            line += " @upsert";
        }
        line
    }
}

/// What keeps the schema from being ours.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Difference {
    /// To be added or indexed: the line of the schema.
    Missing(&'static str),
    /// Of another type, which holds data of somebody else's: the line, and what is there.
    Other(&'static str, String),
}

/// What is there, against what should be.
pub(super) fn differences(there: &[Predicate]) -> Vec<Difference> {
    let wanted = SCHEMA.lines().map(|line| line.trim_end_matches(" ."));
    let differences = wanted.filter_map(|line| {
        let (name, rest) = line.split_once(": ")?;
        let Some(found) = there.iter().find(|it| it.predicate == name) else {
            return Some(Difference::Missing(line));
        };
        let found_line = found.line();
        let kind = |line: &str| line.split_whitespace().next().map(str::to_owned);
        let found_rest = found_line.split_once(": ").map_or("", |it| it.1);
        match kind(found_rest) == kind(rest) {
            false => Some(Difference::Other(line, found_line)),
            true => (found_line != line).then_some(Difference::Missing(line)),
        }
    });
    differences.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_type_is_told_from_a_missing_index() {
        let json = r#"[
            {"predicate":"tl.id","type":"int"},
            {"predicate":"tl.word","type":"string","list":true},
            {"predicate":"tl.source","type":"uid","reverse":true},
            {"predicate":"tl.key","type":"string","index":true,"tokenizer":["exact"],"upsert":true}
        ]"#;
        let there: Vec<Predicate> = serde_json::from_str(json).unwrap();
        let found = differences(&there);
        let other = Difference::Other("tl.id: string @index(exact) @upsert", "tl.id: int".into());
        assert!(found.contains(&other));
        assert!(found.contains(&Difference::Missing("tl.word: [string] @index(exact)")));
        assert!(found.contains(&Difference::Missing("tl.target: uid @reverse")));
        assert!(!found.iter().any(
            |it| matches!(it, Difference::Missing(line) | Difference::Other(line, _)
            if line.starts_with("tl.source:") || line.starts_with("tl.key:"))
        ));
    }

    #[test]
    fn every_predicate_is_in_the_schema() {
        let all = OF_NODE
            .iter()
            .chain(&OF_EDGE)
            .chain(&OF_FEED)
            .chain(&OF_KEPT);
        for name in all.chain(&[META, TURN, STATE]) {
            assert!(
                SCHEMA
                    .lines()
                    .any(|line| line.starts_with(&format!("{name}:"))),
                "{name}"
            );
        }
    }
}
