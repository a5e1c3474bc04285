//! Searching by words: who has one of them in the id comes first, then the others, each by id.

use serde::{Deserialize, Serialize};
use throughline_dgraph_client::Dql;

use super::{
    DgraphStore,
    commit::int,
    row::NodeRow,
    token::{LAST, short},
};
use crate::{
    Error, Limits, SearchHit, SearchNodes, SearchPage, Value, highlight::highlights, page::Query,
    words, words::Wanted,
};

/// Where a page ended.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Place {
    /// Whether those with a word in the id are all through.
    others: bool,
    /// How many of the kind were shown.
    offset: usize,
    /// How many of both.
    shown: usize,
}

/// A checked search.
pub(super) struct Search {
    wanted: Wanted,
    types: Vec<String>,
    query: Query,
    place: Place,
    size: usize,
}

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    first: Vec<NodeRow>,
    #[serde(default)]
    other: Vec<NodeRow>,
}

impl Search {
    pub(super) fn new(request: SearchNodes, limits: &Limits) -> Result<Self, Error> {
        let (words, size) = request.check(limits)?;
        let query = Query::new(&("search", &words, &request.types));
        let place: Place = query
            .place(&request.page_token, limits)?
            .unwrap_or_default();
        Ok(Self {
            wanted: Wanted::new(words),
            types: request.types,
            query,
            place,
            size: size.min(limits.search_depth.saturating_sub(place.shown)),
        })
    }

    pub(super) async fn run(&self, store: &DgraphStore) -> Result<SearchPage, Error> {
        let rows = |it: &Found| it.first.len() + it.other.len();
        let found: Found = store.read(self.dql(), rows).await?;
        let firsts = found.first.len();
        let rows: Vec<_> = found.first.iter().chain(&found.other).collect();
        let shown = rows.len().min(self.size);
        let limits = store.limits.as_ref();
        let mut hits = Vec::with_capacity(shown);
        for (index, row) in rows.iter().take(shown).enumerate() {
            let node = row.node()?;
            // A token keeps the beginning of a long word only.
            if self.holds(&node) {
                hits.push(SearchHit {
                    score: if index < firsts { 2.0 } else { 1.0 },
                    highlights: highlights(&node, &self.wanted, limits),
                    node,
                });
            }
        }
        let next = match self.place.others || shown > firsts {
            false => Place {
                offset: self.place.offset + shown,
                ..self.place
            },
            true => Place {
                others: true,
                offset: match self.place.others {
                    true => self.place.offset + shown,
                    false => shown - firsts,
                },
                ..self.place
            },
        };
        let next = Place {
            shown: self.place.shown + shown,
            ..next
        };
        let more = rows.len() > shown && next.shown < limits.search_depth;
        Ok(SearchPage {
            hits,
            next_page_token: if more {
                self.query.token(&next)
            } else {
                String::new()
            },
        })
    }

    fn holds(&self, node: &crate::Node) -> bool {
        let mut texts = vec![node.id.as_str()];
        texts.extend(node.properties.values().filter_map(|value| match value {
            Value::String(text) => Some(text.as_str()),
            _ => None,
        }));
        let all: std::collections::HashSet<_> = texts
            .iter()
            .flat_map(|text| words(text))
            .map(|word| word.folded)
            .collect();
        self.wanted.whole().iter().all(|word| all.contains(word))
            && all
                .iter()
                .any(|word| word.starts_with(self.wanted.prefix()))
    }

    fn dql(&self) -> Dql {
        let prefix = short(self.wanted.prefix()).to_owned();
        let most = format!("{prefix}{LAST}");
        let mut dql = Dql::new("hits as var(func: between(tl.word, ");
        dql.value(&prefix)
            .push(", ")
            .value(&most)
            .push(")) @filter(has(tl.id)");
        for word in self.wanted.whole() {
            dql.push(" AND eq(tl.word, ").value(short(word)).push(")");
        }
        if !self.types.is_empty() {
            dql.push(" AND eq(tl.type, ").values(&self.types).push(")");
        }
        dql.push(") named as var(func: uid(hits)) @filter(between(tl.id_word, ");
        dql.value(&prefix).push(", ").value(&most).push(")");
        if !self.wanted.whole().is_empty() {
            dql.push(" OR eq(tl.id_word, ");
            dql.values(self.wanted.whole().iter().map(|word| short(word)))
                .push(")");
        }
        dql.push(")");
        // One more than asked for tells whether there is another page.
        let size = int(self.size as u64 + 1);
        let offset = int(self.place.offset as u64);
        if !self.place.others {
            dql.push(" first(func: uid(named), orderasc: tl.id, first: ")
                .int(size);
            dql.push(", offset: ").int(offset);
            dql.push(") { tl.id tl.type tl.properties tl.revision }");
        }
        dql.push(" other(func: uid(hits), orderasc: tl.id, first: ")
            .int(size);
        dql.push(", offset: ")
            .int(if self.place.others { offset } else { 0 });
        dql.push(") @filter(NOT uid(named)) { tl.id tl.type tl.properties tl.revision }");
        dql
    }
}
