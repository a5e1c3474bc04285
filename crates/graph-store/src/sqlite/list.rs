//! Listing nodes in pages that stay right while others write: a page begins
//! after the place of the last node of the page before, wherever that is now.

use rusqlite::{Connection, Row, types::Value as SqlValue};
use serde::{Deserialize, Serialize};

use super::{fault, filter, node, sql::Sql, statement};
use crate::{
    Error, Field, Filter, Limits, ListNodes, Node, NodePage, Order, OrderKey, page::Query,
};

/// Names for the columns that hold what is ordered by.
const KEYS: [&str; 5] = ["key1", "key2", "key3", "key4", "key5"];
/// The columns of a node come before them.
const FIRST_KEY: usize = 4;

/// Where a page ended: what its last node was ordered by, the id last.
#[derive(Debug, Serialize, Deserialize)]
struct Place(Vec<Key>);

/// A value as SQLite orders it. A double as its bits, so that it comes back exactly.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Key {
    Missing,
    Int(i64),
    Double(u64),
    Text(String),
    Bytes(Vec<u8>),
}

/// A checked list.
pub(super) struct List {
    filter: Filter,
    order: Order,
    query: Query,
    place: Option<Place>,
    size: usize,
    text_chars: i64,
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
            text_chars: i64::try_from(limits.order_chars).unwrap_or(i64::MAX),
        })
    }

    pub(super) fn run(&self, db: &Connection) -> Result<NodePage, Error> {
        let sql = self.sql()?;
        let count = self.order.keys().len();
        let read = |row: &Row<'_>| {
            let keys =
                (FIRST_KEY..FIRST_KEY + count).map(|at| row.get::<_, SqlValue>(at).map(Key::from));
            let keys = keys.collect::<Result<Vec<_>, _>>().map_err(fault::error)?;
            Ok((node::read_node(row)?, Place(keys)))
        };
        let mut rows = statement::built(db, &sql, read)?;
        let more = rows.len() > self.size;
        rows.truncate(self.size);
        let last = rows.last().filter(|_| more);
        let next_page_token = last.map_or_else(String::new, |(_, place)| self.query.token(place));
        let nodes = rows.into_iter().map(|(node, _)| node);
        Ok(NodePage {
            nodes: nodes.collect::<Vec<Node>>(),
            next_page_token,
        })
    }

    fn sql(&self) -> Result<Sql, Error> {
        let mut sql = Sql::default();
        sql.push("SELECT n.id, n.type, n.properties, n.revision");
        for (key, name) in self.order.keys().zip(KEYS) {
            sql.push(", ");
            self.expression(&mut sql, &key.field);
            sql.push(" AS ");
            sql.push(name);
        }
        sql.push(" FROM node AS n WHERE ");
        filter::condition(&mut sql, &self.filter)?;
        if let Some(place) = &self.place {
            sql.push(" AND ");
            self.after(&mut sql, place);
        }
        sql.push(" ORDER BY ");
        for (index, key) in self.order.keys().enumerate() {
            sql.push(if index == 0 { "" } else { ", " });
            sql.push(column(key).unwrap_or(KEYS[index]));
            sql.push(if key.descending { " DESC" } else { "" });
        }
        sql.push(" LIMIT ");
        // One more than asked for tells whether there is another page.
        sql.bind(i64::try_from(self.size + 1).unwrap_or(i64::MAX));
        Ok(sql)
    }

    /// What a node is ordered by: missing comes first, then numbers, with truth
    /// values as 0 and 1, then text, then times. That is how SQLite orders NULL,
    /// numbers, text and bytes.
    fn expression(&self, sql: &mut Sql, field: &Field) {
        let path = match field {
            Field::Property(name) => filter::path(name),
            Field::Type => return sql.push("n.type"),
            Field::Id | Field::Etag => return sql.push("n.id"),
        };
        sql.push("CASE json_type(n.properties, ");
        sql.bind(path.clone());
        sql.push(") WHEN 'text' THEN substr(n.properties ->> ");
        sql.bind(path.clone());
        sql.push(", 1, ");
        sql.bind(self.text_chars);
        sql.push(") WHEN 'object' THEN coalesce(CAST(n.properties ->> ");
        sql.bind(format!("{path}.double"));
        sql.push(" AS REAL), CAST(format('%012d%09d', 62135596800 + (n.properties ->> ");
        sql.bind(format!("{path}.timestamp[0]"));
        sql.push("), n.properties ->> ");
        sql.bind(format!("{path}.timestamp[1]"));
        sql.push(") AS BLOB)) ELSE n.properties ->> ");
        sql.bind(path);
        sql.push(" END");
    }

    /// The condition that a node comes after a place.
    fn after(&self, sql: &mut Sql, place: &Place) {
        let keys: Vec<_> = self.order.keys().zip(&place.0).collect();
        let descending = keys[0].0.descending;
        let even = keys.iter().all(|(key, _)| key.descending == descending);
        if even && keys.iter().all(|(key, _)| column(key).is_some()) {
            // In this form an index finds the place.
            row(sql, &keys, |sql, (key, _)| {
                sql.push(column(key).unwrap_or("n.id"))
            });
            sql.push(if descending { " < " } else { " > " });
            return row(sql, &keys, |sql, (_, value)| {
                sql.bind(SqlValue::from(*value))
            });
        }
        let names = keys
            .iter()
            .zip(KEYS)
            .map(|((key, _), name)| column(key).unwrap_or(name));
        let names: Vec<&'static str> = names.collect();
        for (index, (key, value)) in keys.iter().enumerate() {
            let name = names[index];
            sql.push(if index == 0 { "(" } else { " AND (" });
            match (key.descending, value) {
                (false, Key::Missing) => {
                    sql.push(name);
                    sql.push(" IS NOT NULL");
                }
                (true, Key::Missing) => sql.push("0"),
                (descending, value) => {
                    sql.push(name);
                    sql.push(if descending { " < " } else { " > " });
                    sql.bind(SqlValue::from(*value));
                    if descending {
                        sql.push(" OR ");
                        sql.push(name);
                        sql.push(" IS NULL");
                    }
                }
            }
            if index + 1 < keys.len() {
                sql.push(" OR ");
                sql.push(name);
                sql.push(" IS ");
                sql.bind(SqlValue::from(*value));
            }
        }
        for _ in &keys {
            sql.push(")");
        }
    }
}

fn row<T>(sql: &mut Sql, items: &[T], mut each: impl FnMut(&mut Sql, &T)) {
    for (index, item) in items.iter().enumerate() {
        sql.push(if index == 0 { "(" } else { ", " });
        each(sql, item);
    }
    sql.push(")");
}

/// The column of a field that has one of its own.
fn column(key: &OrderKey) -> Option<&'static str> {
    match key.field {
        Field::Id => Some("n.id"),
        Field::Type => Some("n.type"),
        Field::Etag | Field::Property(_) => None,
    }
}

impl From<SqlValue> for Key {
    fn from(value: SqlValue) -> Self {
        match value {
            SqlValue::Null => Self::Missing,
            SqlValue::Integer(number) => Self::Int(number),
            SqlValue::Real(number) => Self::Double(number.to_bits()),
            SqlValue::Text(text) => Self::Text(text),
            SqlValue::Blob(bytes) => Self::Bytes(bytes),
        }
    }
}

impl From<&Key> for SqlValue {
    fn from(key: &Key) -> Self {
        match key {
            Key::Missing => Self::Null,
            Key::Int(number) => Self::Integer(*number),
            Key::Double(bits) => Self::Real(f64::from_bits(*bits)),
            Key::Text(text) => Self::Text(text.clone()),
            Key::Bytes(bytes) => Self::Blob(bytes.clone()),
        }
    }
}
