//! Every bound of the store, by name.

use std::time::Duration;

/// The bounds that requests are checked against and that the store keeps to.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of a node id.
    pub id_bytes: usize,
    /// Bytes of the name of a type or property.
    pub name_bytes: usize,
    /// Bytes of one text value.
    pub string_bytes: usize,
    /// Properties of one node or edge.
    pub properties: usize,
    /// Bytes of all names and text values of one node or edge.
    pub properties_bytes: usize,
    /// Mutations in one call; nodes and edges together in one import batch.
    pub mutations: usize,
    /// Bytes of an idempotency key.
    pub idempotency_key_bytes: usize,
    /// How long the answer to an idempotency key is kept.
    pub idempotency_kept: Duration,
    /// Bytes of an import's name.
    pub import_id_bytes: usize,
    /// How long it is remembered how far an import has come, after its last batch.
    pub import_kept: Duration,
    /// Edges returned with a node in each direction, where the caller names no number.
    pub default_node_edges: usize,
    /// The same, at most.
    pub node_edges: usize,
    /// Ids in one call that reads many nodes.
    pub batch_ids: usize,
    /// Bytes of a filter.
    pub filter_bytes: usize,
    /// Comparisons in a filter.
    pub filter_terms: usize,
    /// How deep brackets may be in a filter.
    pub filter_depth: usize,
    /// Bytes of an order.
    pub order_bytes: usize,
    /// Fields of an order; the store knows up to four.
    pub order_keys: usize,
    /// How many characters of a text decide on its place in an order.
    pub order_chars: usize,
    /// Nodes on a page of a list, where the caller names no number.
    pub default_list_page: usize,
    /// Bytes of a search query.
    pub query_bytes: usize,
    /// Words of a search query.
    pub query_words: usize,
    /// Hits on a page of a search, where the caller names no number.
    pub default_search_page: usize,
    /// Items on any page, at most; who asks for more gets so many.
    pub page: usize,
    /// How many hits of one search can be paged through.
    pub search_depth: usize,
    /// Characters of a highlight's snippet.
    pub snippet_chars: usize,
    /// Highlights of one hit.
    pub highlights: usize,
    /// Types in a filter by type.
    pub type_filter: usize,
    /// Edges of a path, where the caller names no number.
    pub default_path_depth: usize,
    /// The same, at most.
    pub path_depth: usize,
    /// Edges that one path search may look at.
    pub path_edges: usize,
    /// Nodes that a walk may start from.
    pub traverse_start: usize,
    /// Levels of a walk, where the caller names no number.
    pub default_traverse_depth: usize,
    /// The same, at most.
    pub traverse_depth: usize,
    /// Edges followed from one node, where the caller names no number.
    pub default_fan_out: usize,
    /// The same, at most.
    pub fan_out: usize,
    /// Nodes of a walk, where the caller names no number.
    pub default_traverse_nodes: usize,
    /// The same, at most.
    pub traverse_nodes: usize,
    /// Edges that are read at once.
    pub traverse_piece: usize,
    /// Ids in a summary of nodes whose edges were cut.
    pub traverse_cut_ids: usize,
    /// Changes that the feed keeps; the oldest beyond them are forgotten.
    pub feed_changes: usize,
    /// Bytes that the feed keeps, at most.
    pub feed_bytes: usize,
    /// How long the feed keeps a change, at most; what is older goes with the next write.
    pub feed_age: Duration,
    /// Changes in one part of the feed; a larger commit takes several.
    pub feed_part_changes: usize,
    /// Bytes after which a part of the feed or of an export is full.
    pub part_bytes: usize,
    /// Nodes and edges in one part of an export.
    pub export_part: usize,
    /// Snapshots that are kept for exports at one time.
    pub snapshots: usize,
    /// How long a snapshot is kept while nobody reads it.
    pub snapshot_idle: Duration,
    /// How long a snapshot is kept at most: it holds on to all that was overwritten since.
    pub snapshot_age: Duration,
    /// Node types of a schema, and edge types of one.
    pub schema_types: usize,
    /// How much of what does not fit a schema is listed.
    pub schema_violations: usize,
    /// Bytes of a page token.
    pub page_token_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            id_bytes: 512,
            name_bytes: 64,
            string_bytes: 1 << 20,
            properties: 256,
            properties_bytes: 4 << 20,
            mutations: 5_000,
            idempotency_key_bytes: 128,
            idempotency_kept: Duration::from_secs(24 * 60 * 60),
            import_id_bytes: 128,
            import_kept: Duration::from_secs(7 * 24 * 60 * 60),
            default_node_edges: 100,
            node_edges: 1_000,
            batch_ids: 1_000,
            filter_bytes: 8_192,
            filter_terms: 64,
            filter_depth: 16,
            order_bytes: 1_024,
            order_keys: 4,
            order_chars: 128,
            default_list_page: 50,
            query_bytes: 1_024,
            query_words: 32,
            default_search_page: 20,
            page: 1_000,
            search_depth: 10_000,
            snippet_chars: 160,
            highlights: 8,
            type_filter: 100,
            default_path_depth: 16,
            path_depth: 64,
            path_edges: 5_000_000,
            traverse_start: 100,
            default_traverse_depth: 3,
            traverse_depth: 16,
            default_fan_out: 100,
            fan_out: 1_000,
            default_traverse_nodes: 10_000,
            traverse_nodes: 100_000,
            traverse_piece: 8_192,
            traverse_cut_ids: 100,
            feed_changes: 100_000,
            feed_bytes: 256 << 20,
            feed_age: Duration::from_secs(24 * 60 * 60),
            feed_part_changes: 500,
            part_bytes: 1 << 20,
            export_part: 1_000,
            snapshots: 8,
            snapshot_idle: Duration::from_secs(60),
            snapshot_age: Duration::from_secs(60 * 60),
            schema_types: 500,
            schema_violations: 100,
            page_token_bytes: 32_768,
        }
    }
}
