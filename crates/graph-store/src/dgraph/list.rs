//! Listing nodes in pages that stay right while others write: a page begins after the place of the last node of the page
//! before. Indexes find candidates, which are looked at here; by id they come in order, else all of them are needed.

use serde::{Deserialize, Serialize};
use throughline_dgraph_client::Dql;

use super::{DgraphStore, commit::int, prefilter, row::NodeRow};
use crate::{
    Error, Field, Filter, Limits, ListNodes, Node, NodePage, Order,
    filter::meaning::{self, Key},
    page::Query,
};

/// Where a page ended: what its last node was ordered by, the id last.
#[derive(Debug, Serialize, Deserialize)]
struct Place(Vec<Key>);

/// A checked list.
pub(super) struct List {
    filter: Filter,
    order: Order,
    query: Query,
    place: Option<Place>,
    size: usize,
    text_chars: usize,
}

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    n: Vec<NodeRow>,
}

impl List {
    pub(super) fn new(request: &ListNodes, limits: &Limits) -> Result<Self, Error> {
        let (filter, order, size) = request.check(limits)?;
        let query = Query::new(&("list", &request.filter, &request.order_by));
        let place: Option<Place> = query.place(&request.page_token, limits)?;
        if let Some(place) = &place
            && place.0.len() != order.keys().len()
        {
            let problem = "it is not one that this service gave out";
            return Err(Error::invalid("page_token", problem));
        }
        Ok(Self {
            filter,
            order,
            query,
            place,
            size,
            text_chars: limits.order_chars,
        })
    }

    pub(super) async fn run(&self, store: &DgraphStore) -> Result<NodePage, Error> {
        let by_id = self.order.keys().next().filter(|it| it.field == Field::Id);
        let descending = by_id.is_some_and(|it| it.descending);
        let mut after = match (by_id, &self.place) {
            (Some(_), Some(Place(keys))) => match keys.as_slice() {
                [Key::Text(id)] => Some(id.clone()),
                _ => None,
            },
            _ => None,
        };
        // One more than asked for tells whether there is another page.
        let most = self.size + 1;
        let piece = match by_id {
            Some(_) => store.bounds.list_piece.min(most.max(64)),
            None => store.bounds.list_piece,
        };
        let mut nodes: Vec<(Vec<Key>, Node)> = Vec::new();
        let mut looked_at = 0;
        loop {
            let dql = self.dql(after.as_deref(), descending, piece);
            let found: Found = store.read(dql, |it: &Found| it.n.len()).await?;
            looked_at += found.n.len();
            for row in &found.n {
                let node = row.node()?;
                let keys = meaning::keys(&self.order, &node, self.text_chars);
                let behind = |it: &Place| meaning::compare(&self.order, &keys, &it.0).is_gt();
                if self.place.as_ref().is_none_or(behind) && meaning::holds(&self.filter, &node) {
                    nodes.push((keys, node));
                }
            }
            if by_id.is_none() && nodes.len() > most {
                nodes.sort_by(|one, other| meaning::compare(&self.order, &one.0, &other.0));
                nodes.truncate(most);
            }
            let ended = found.n.len() < piece || (by_id.is_some() && nodes.len() >= most);
            match found.n.last() {
                Some(last) if !ended => after = Some(last.id.clone()),
                _ => break,
            }
            if looked_at >= store.bounds.list_scan {
                return Err(Error::Exhausted {
                    limit: "list_scan",
                    allowed: store.bounds.list_scan,
                });
            }
        }
        nodes.sort_by(|one, other| meaning::compare(&self.order, &one.0, &other.0));
        let more = nodes.len() > self.size;
        nodes.truncate(self.size);
        let last = nodes.last().filter(|_| more);
        let token = last.map(|(keys, _)| self.query.token(&Place(keys.clone())));
        Ok(NodePage {
            nodes: nodes.into_iter().map(|(_, node)| node).collect(),
            next_page_token: token.unwrap_or_default(),
        })
    }

    /// The candidates after an id, or before it.
    fn dql(&self, after: Option<&str>, descending: bool, piece: usize) -> Dql {
        let condition = prefilter::of(&self.filter);
        let mut dql = Dql::new("n(func: ");
        match condition.as_ref().and_then(|it| it.root()) {
            Some(root) => root.write(&mut dql),
            None => drop(dql.push("has(tl.id)")),
        }
        dql.push(if descending {
            ", orderdesc: tl.id"
        } else {
            ", orderasc: tl.id"
        });
        dql.push(", first: ").int(int(piece as u64)).push(")");
        if condition.is_some() || after.is_some() {
            dql.push(" @filter(has(tl.id)");
            if let Some(condition) = &condition {
                dql.push(" AND ");
                condition.write(&mut dql);
            }
            if let Some(after) = after {
                dql.push(if descending {
                    " AND lt(tl.id, "
                } else {
                    " AND gt(tl.id, "
                });
                dql.value(after).push(")");
            }
            dql.push(")");
        }
        dql.push(" { tl.id tl.type tl.properties tl.revision }");
        dql
    }
}
