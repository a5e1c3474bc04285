//! Listing nodes.

use crate::{Error, Filter, Limits, Node, check, filter::Order};

/// Asks for the nodes that a filter holds for, in an order, page by page.
#[derive(Clone, Debug, Default)]
pub struct ListNodes {
    /// An AIP-160 filter; every node if empty.
    pub filter: String,
    /// Fields to order by; by id if empty.
    pub order_by: String,
    /// At most so many nodes; 0 means the default.
    pub page_size: usize,
    /// Where the page before ended; empty for the first.
    pub page_token: String,
}

impl ListNodes {
    /// Checks every field but the token; returns the filter, the order and the size of the page.
    pub fn check(&self, limits: &Limits) -> Result<(Filter, Order, usize), Error> {
        let filter = Filter::parse(&self.filter, limits)?;
        let order = Order::parse(&self.order_by, limits)?;
        let size = check::page_size(self.page_size, limits.default_list_page, limits);
        Ok((filter, order, size))
    }
}

/// One page of nodes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodePage {
    /// The nodes, in order.
    pub nodes: Vec<Node>,
    /// Where the next page begins; empty on the last.
    pub next_page_token: String,
}
