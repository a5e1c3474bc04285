//! Searching by words, over an FTS5 table of words.

use rusqlite::Connection;

use super::{fault, node, statement};
use crate::{
    Error, Limits, Node, SearchHit, SearchNodes, SearchPage, Value, highlight::highlights,
    page::Query, words, words::Wanted,
};

/// A word in the id weighs four times one in a property.
macro_rules! search {
    ($filter:literal) => {
        concat!(
            "SELECT n.id, n.type, n.properties, n.revision, bm25(node_text, 4.0, 1.0) AS rank ",
            "FROM node_text JOIN node AS n ON n.key = node_text.rowid ",
            "WHERE node_text MATCH ?1 ",
            $filter,
            "ORDER BY rank, n.id LIMIT ?2 OFFSET ?3"
        )
    };
}

const SEARCH: &str = search!("");
const SEARCH_TYPES: &str = search!("AND n.type IN (SELECT value FROM json_each(?4)) ");

/// A checked search.
pub(super) struct Search {
    wanted: Wanted,
    types: Vec<String>,
    query: Query,
    offset: usize,
    size: usize,
}

impl Search {
    pub(super) fn new(request: SearchNodes, limits: &Limits) -> Result<Self, Error> {
        let (words, size) = request.check(limits)?;
        let query = Query::new(&("search", &words, &request.types));
        let offset = query.place(&request.page_token, limits)?.unwrap_or(0);
        Ok(Self {
            wanted: Wanted::new(words),
            types: request.types,
            query,
            offset,
            size: size.min(limits.search_depth.saturating_sub(offset)),
        })
    }

    pub(super) fn run(&self, db: &Connection, limits: &Limits) -> Result<SearchPage, Error> {
        let read = |row: &rusqlite::Row<'_>| {
            let node = node::read_node(row)?;
            Ok(SearchHit {
                score: -row.get::<_, f64>(4).map_err(fault::error)?,
                highlights: highlights(&node, &self.wanted, limits),
                node,
            })
        };
        let words = expression(&self.wanted);
        // One more than asked for tells whether there is another page.
        let most = self.size + 1;
        let mut hits = if self.types.is_empty() {
            statement::rows(db, SEARCH, (words, most, self.offset), read)?
        } else {
            let types = node::json(&self.types)?;
            statement::rows(db, SEARCH_TYPES, (words, most, self.offset, types), read)?
        };
        let next = self.offset + self.size;
        let more = hits.len() > self.size && next < limits.search_depth;
        hits.truncate(self.size);
        let next_page_token = if more {
            self.query.token(&next)
        } else {
            String::new()
        };
        Ok(SearchPage {
            hits,
            next_page_token,
        })
    }
}

/// All words, the last as a prefix. Words hold letters and digits only, so quoting is safe.
fn expression(wanted: &Wanted) -> String {
    let mut expression = String::new();
    for word in wanted.whole() {
        expression.push_str(&format!("\"{word}\" AND "));
    }
    expression.push_str(&format!("\"{}\" *", wanted.prefix()));
    expression
}

/// What is indexed of a node: the words of its id, and those of its string properties.
pub(super) fn indexed(node: &Node) -> (String, String) {
    let mut properties = String::new();
    for value in node.properties.values() {
        if let Value::String(text) = value {
            join(&mut properties, text);
        }
    }
    let mut id = String::new();
    join(&mut id, &node.id);
    (id, properties)
}

fn join(line: &mut String, text: &str) {
    for word in words(text) {
        line.push_str(&word.folded);
        line.push(' ');
    }
}
