//! Finding nodes by words.

use crate::{Error, Limits, Node, check, words};

/// Asks for nodes by words.
///
/// A [word](crate::words) is a run of letters and digits, compared in lower case.
/// Found is who has every word of the query in its id or string properties; the
/// last word of the query is also found as the beginning of one.
#[derive(Clone, Debug, Default)]
pub struct SearchNodes {
    /// The words.
    pub query: String,
    /// Only nodes of these types; all types if empty.
    pub types: Vec<String>,
    /// At most so many hits; 0 means the default.
    pub page_size: usize,
    /// Where the page before ended; empty for the first.
    pub page_token: String,
}

impl SearchNodes {
    /// Checks every field but the token; returns the words and the size of the page.
    pub fn check(&self, limits: &Limits) -> Result<(Vec<String>, usize), Error> {
        const FIELD: &str = "query";
        check::required(FIELD, &self.query)?;
        check::bytes(FIELD, &self.query, limits.query_bytes)?;
        check::types("types", &self.types, limits)?;
        let words: Vec<_> = words(&self.query).map(|word| word.folded).collect();
        if words.is_empty() {
            return Err(Error::invalid(FIELD, "there is no letter or digit in it"));
        }
        check::count(FIELD, words.len(), 1, limits.query_words)?;
        let size = check::page_size(self.page_size, limits.default_search_page, limits);
        Ok((words, size))
    }
}

/// One page of hits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SearchPage {
    /// The hits, best first.
    pub hits: Vec<SearchHit>,
    /// Where the next page begins; empty on the last.
    pub next_page_token: String,
}

/// A node found by a search.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SearchHit {
    /// The node.
    pub node: Node,
    /// Higher is better; comparable within one search only.
    pub score: f64,
    /// Where the words were found.
    pub highlights: Vec<Highlight>,
}

/// A place where a search found its words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Highlight {
    /// The property's name, or `id`.
    pub property: String,
    /// The text around the match.
    pub snippet: String,
    /// The matched parts of the snippet, in order.
    pub ranges: Vec<TextRange>,
}

/// A range of characters (Unicode scalar values, not bytes).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextRange {
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
}
