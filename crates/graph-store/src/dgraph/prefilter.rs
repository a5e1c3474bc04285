//! What of a filter Dgraph's indexes can say: they may leave too much, never too little.

use throughline_dgraph_client::Dql;

use super::token::{self, BETWEEN, LAST};
use crate::{Comparator, Field, Filter, Term, Value};

/// A condition that an index can say.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    /// A predicate has one of some values.
    Equal(On, Vec<String>),
    /// A predicate has a value between two, both included.
    Between(On, String, String),
}

/// On which predicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum On {
    Id,
    Type,
    Value,
}

impl On {
    fn equal(self) -> &'static str {
        match self {
            Self::Id => "eq(tl.id, ",
            Self::Type => "eq(tl.type, ",
            Self::Value => "eq(tl.value, ",
        }
    }

    fn between(self) -> &'static str {
        match self {
            Self::Id => "between(tl.id, ",
            Self::Type => "between(tl.type, ",
            Self::Value => "between(tl.value, ",
        }
    }
}

/// The condition that every node meets for which the filter holds; nothing where there is none.
pub(super) fn of(filter: &Filter) -> Option<Condition> {
    match filter {
        Filter::All(parts) => {
            let parts: Vec<_> = parts.iter().filter_map(of).collect();
            (!parts.is_empty()).then_some(Condition::All(parts))
        }
        Filter::Any(parts) => {
            let parts = parts.iter().map(of).collect::<Option<Vec<_>>>()?;
            (!parts.is_empty()).then_some(Condition::Any(parts))
        }
        Filter::Not(_) => None,
        Filter::Term(term) => self::term(term),
    }
}

fn term(term: &Term) -> Option<Condition> {
    let on = match &term.field {
        Field::Etag => return None,
        Field::Property(name) => return property(name, term),
        Field::Id => On::Id,
        Field::Type => On::Type,
    };
    let Some(Value::String(text)) = term.values.first() else {
        return None;
    };
    let least = String::new;
    let most = || LAST.to_string();
    match term.comparator {
        Comparator::Equal => Some(Condition::Equal(on, vec![text.clone()])),
        Comparator::Less | Comparator::LessOrEqual => {
            Some(Condition::Between(on, least(), text.clone()))
        }
        Comparator::Greater | Comparator::GreaterOrEqual => {
            Some(Condition::Between(on, text.clone(), most()))
        }
        Comparator::Contains | Comparator::Present => None,
    }
}

fn property(name: &str, term: &Term) -> Option<Condition> {
    let begin = format!("{name}{BETWEEN}");
    let tokens = || term.values.iter().map(|it| token::value(name, it));
    let between = |range: fn(String, String, String) -> (String, String)| {
        let ranges = term.values.iter().map(|value| {
            // All of the kind: from its letter to what comes after it.
            let kind = format!("{begin}{}", token::kind(value));
            let after = format!("{kind}{LAST}");
            let (from, to) = range(kind, token::value(name, value), after);
            Condition::Between(On::Value, from, to)
        });
        Some(Condition::Any(ranges.collect()))
    };
    match term.comparator {
        Comparator::Equal => Some(Condition::Equal(On::Value, tokens().collect())),
        // A text of which the token keeps only the beginning may be before or after it.
        Comparator::Less | Comparator::LessOrEqual => between(|least, token, _| (least, token)),
        Comparator::Greater | Comparator::GreaterOrEqual => between(|_, token, most| (token, most)),
        Comparator::Contains => {
            let text = format!("{begin}s");
            let after = format!("{text}{LAST}");
            Some(Condition::Between(On::Value, text, after))
        }
        Comparator::Present => {
            let after = format!("{begin}{LAST}");
            Some(Condition::Between(On::Value, begin, after))
        }
    }
}

impl Condition {
    /// Adds it to a query.
    pub(super) fn write(&self, dql: &mut Dql) {
        match self {
            Self::All(parts) => join(dql, parts, " AND "),
            Self::Any(parts) => join(dql, parts, " OR "),
            Self::Equal(on, values) => {
                dql.push(on.equal()).values(values).push(")");
            }
            Self::Between(on, from, to) => {
                dql.push(on.between())
                    .value(from)
                    .push(", ")
                    .value(to)
                    .push(")");
            }
        }
    }

    /// The part to begin with, as one function; the whole is to be met as well.
    pub(super) fn root(&self) -> Option<&Self> {
        match self {
            Self::Equal(..) | Self::Between(..) => Some(self),
            Self::Any(parts) => match parts.as_slice() {
                [one] => one.root(),
                _ => None,
            },
            Self::All(parts) => {
                let equal = |it: &&Self| matches!(it, Self::Equal(..));
                let roots = || parts.iter().filter_map(Self::root);
                roots().find(equal).or_else(|| roots().next())
            }
        }
    }
}

fn join(dql: &mut Dql, parts: &[Condition], between: &'static str) {
    for (index, part) in parts.iter().enumerate() {
        dql.push(if index == 0 { "(" } else { between });
        part.write(dql);
    }
    dql.push(")");
}
