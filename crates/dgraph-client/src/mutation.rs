//! What is written, as typed triples: no text is made of it, so that none has to be escaped, and no value is taken for a
//! variable as it would be in JSON. It knows no connection.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, de::Error as _};

use crate::{
    Error,
    api::{self, value::Val},
};

/// A node's number, as Dgraph gave it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(u64);

impl FromStr for Uid {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let digits = text.strip_prefix("0x").unwrap_or_default();
        let number = u64::from_str_radix(digits, 16);
        number.map(Self).map_err(|_| Error::Malformed)
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:#x}", self.0)
    }
}

impl<'de> Deserialize<'de> for Uid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// What a triple is about, or leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A node that is there.
    Uid(Uid),
    /// A new one; the same number is the same node within a request.
    New(usize),
    /// Each node of a variable of the query.
    Variable(&'static str),
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uid(uid) => write!(formatter, "{uid}"),
            Self::New(number) => write!(formatter, "_:n{number}"),
            Self::Variable(name) => write!(formatter, "uid({name})"),
        }
    }
}

impl From<Uid> for Subject {
    fn from(uid: Uid) -> Self {
        Self::Uid(uid)
    }
}

/// A value of a triple.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// A text.
    Text(String),
    /// An integer.
    Int(i64),
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

/// Triples to delete and to set. What is deleted goes first.
#[derive(Clone, Default)]
pub struct Mutation {
    set: Vec<api::NQuad>,
    delete: Vec<api::NQuad>,
    condition: Option<&'static str>,
}

impl fmt::Debug for Mutation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Mutation")
            .field("set", &self.set.len())
            .field("delete", &self.delete.len())
            .field("condition", &self.condition)
            .finish()
    }
}

/// Stands for all objects of a triple that is deleted.
const ALL: &str = "_STAR_ALL";

impl Mutation {
    /// One that is done only where this holds of the query's variables: `@if(…)`.
    pub fn only_if(condition: &'static str) -> Self {
        Self {
            condition: Some(condition),
            ..Self::default()
        }
    }

    /// The same, of one that is there already.
    pub fn set_condition(&mut self, condition: &'static str) {
        self.condition = Some(condition);
    }

    /// Sets a value.
    pub fn set(
        &mut self,
        subject: impl Into<Subject>,
        predicate: &'static str,
        value: impl Into<Value>,
    ) -> &mut Self {
        let val = match value.into() {
            Value::Text(text) => Val::StrVal(text),
            Value::Int(number) => Val::IntVal(number),
        };
        self.set.push(api::NQuad {
            object_value: Some(api::Value { val: Some(val) }),
            ..triple(subject.into(), predicate)
        });
        self
    }

    /// Sets a link to a node.
    pub fn link(
        &mut self,
        subject: impl Into<Subject>,
        predicate: &'static str,
        object: impl Into<Subject>,
    ) -> &mut Self {
        self.set.push(api::NQuad {
            object_id: object.into().to_string(),
            ..triple(subject.into(), predicate)
        });
        self
    }

    /// Deletes all objects of a predicate.
    pub fn clear(&mut self, subject: impl Into<Subject>, predicate: &'static str) -> &mut Self {
        let val = Some(Val::DefaultVal(ALL.to_owned()));
        self.delete.push(api::NQuad {
            object_value: Some(api::Value { val }),
            ..triple(subject.into(), predicate)
        });
        self
    }

    /// Whether nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.delete.is_empty()
    }

    /// How many triples it has.
    pub fn len(&self) -> usize {
        self.set.len() + self.delete.len()
    }

    /// As two messages, since within one what is set goes first.
    pub(crate) fn into_messages(self) -> impl Iterator<Item = api::Mutation> {
        let cond = self.condition.unwrap_or_default();
        let delete = api::Mutation {
            del: self.delete,
            cond: cond.to_owned(),
            ..api::Mutation::default()
        };
        let set = api::Mutation {
            set: self.set,
            cond: cond.to_owned(),
            ..api::Mutation::default()
        };
        let parts = [delete, set].into_iter();
        parts.filter(|it| !it.del.is_empty() || !it.set.is_empty())
    }
}

fn triple(subject: Subject, predicate: &str) -> api::NQuad {
    api::NQuad {
        subject: subject.to_string(),
        predicate: predicate.to_owned(),
        ..api::NQuad::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_is_hexadecimal_or_refused() {
        let parsed: Uid = "0x1f".parse().unwrap();
        assert_eq!(parsed.to_string(), "0x1f");
        for bad in [
            "",
            "0x",
            "1f",
            "0xg",
            "uid(v)",
            "0x1 0x2",
            "0x11111111111111111",
        ] {
            assert!(bad.parse::<Uid>().is_err(), "{bad}");
        }
    }

    #[test]
    fn deletions_go_first_and_values_are_not_shown() {
        let mut mutation = Mutation::only_if("@if(eq(len(m), 1))");
        mutation.set(Subject::New(0), "name", "secret");
        mutation.clear(Subject::Variable("m"), "name");
        assert!(!format!("{mutation:?}").contains("secret"));
        let parts: Vec<_> = mutation.into_messages().collect();
        assert_eq!(parts[0].del[0].subject, "uid(m)");
        assert_eq!(parts[1].set[0].subject, "_:n0");
        assert!(parts.iter().all(|it| it.cond == "@if(eq(len(m), 1))"));
    }
}
