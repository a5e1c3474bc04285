//! `order_by` (AIP-132): fields, each with ` desc` where it is to be turned around.

use std::slice;

use super::Field;
use crate::{Error, Limits, check};

const FIELD: &str = "order_by";
/// Backends may rely on it.
const MOST_KEYS: usize = 4;

/// A checked order. Total: its last key is always the id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order(Vec<OrderKey>);

/// A field to order by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderKey {
    /// The field.
    pub field: Field,
    /// Whether the largest comes first.
    pub descending: bool,
}

impl Order {
    /// Parses `name desc, type`; an empty text means by id.
    ///
    /// Where no id is named, ties go by id, in the direction of the last field.
    pub fn parse(text: &str, limits: &Limits) -> Result<Self, Error> {
        let invalid = |problem: String| Error::invalid(FIELD, problem);
        check::bytes(FIELD, text, limits.order_bytes)?;
        let mut keys: Vec<OrderKey> = Vec::new();
        let parts = (!text.trim().is_empty()).then(|| text.split(','));
        for part in parts.into_iter().flatten() {
            let mut words = part.split_whitespace();
            let name = words.next().unwrap_or_default();
            let descending = match (words.next(), words.next()) {
                (None, _) | (Some("asc"), None) => false,
                (Some("desc"), None) => true,
                _ => {
                    let problem = format!("{:?}: after a field comes nothing or desc", part.trim());
                    return Err(invalid(problem));
                }
            };
            let field = Field::named(name, limits).map_err(invalid)?;
            if field == Field::Etag {
                return Err(invalid("an etag has no order".to_owned()));
            }
            if keys.iter().any(|key| key.field == field) {
                return Err(invalid(format!("{name:?} is there twice")));
            }
            keys.push(OrderKey { field, descending });
        }
        check::count(FIELD, keys.len(), 0, limits.order_keys.min(MOST_KEYS))?;
        // An id is there once, so what comes after it decides nothing.
        match keys.iter().position(|key| key.field == Field::Id) {
            Some(at) => keys.truncate(at + 1),
            None => keys.push(OrderKey {
                field: Field::Id,
                descending: keys.last().is_some_and(|key| key.descending),
            }),
        }
        Ok(Self(keys))
    }

    /// What to order by, the id last.
    pub fn keys(&self) -> slice::Iter<'_, OrderKey> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let shown = match Order::parse(text, &Limits::default()) {
            Err(error) => error.to_string(),
            Ok(order) => {
                let shown = order.keys().map(|key| {
                    let sign = if key.descending { "-" } else { "+" };
                    format!("{sign}{:?}", key.field)
                });
                shown.collect::<Vec<_>>().join(" ")
            }
        };
        assert!(shown.starts_with(expected), "{text}: {shown}");
    }

    #[test]
    fn an_order_ends_with_the_id() {
        check("", "+Id");
        check(" ", "+Id");
        check("id desc", "-Id");
        check("name desc, id", "-Property(\"name\") +Id");
        check("name desc", "-Property(\"name\") -Id");
        check("type asc,id desc,name", "+Type -Id");
        check("properties.type", "+Property(\"type\") +Id");
    }

    #[test]
    fn what_is_no_order_is_refused() {
        for text in [
            ",",
            "name,",
            "name down",
            "name desc x",
            "a.b",
            "name, name desc",
            "etag",
        ] {
            check(text, "order_by: ");
        }
        check("a, b, c, d, e", "order_by: there are 5");
        check(&" ".repeat(1_025), "order_by: it has 1025 bytes");
    }

    proptest! {
        #[test]
        fn anything_like_an_order_is_total_or_refused(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "a", "id", "type", "etag", "properties.", ",", " ", "desc", "asc", "\"", "é", "\t",
                ]),
                0..20,
            )
        ) {
            match Order::parse(&pieces.concat(), &Limits::default()) {
                Ok(order) => prop_assert_eq!(&order.keys().last().unwrap().field, &Field::Id),
                Err(error) => prop_assert!(error.to_string().starts_with("order_by: "), "{}", error),
            }
        }
    }
}
