//! Query text. It is put together from constant pieces and checked identifiers alone: what a caller sent travels as the
//! value of a variable, beside the text. It knows no connection.

use std::{collections::HashMap, fmt::Write as _};

use crate::{Error, Uid};

/// A query, its variables, and its shape: the text with lists of any length written alike, which is what telemetry shows.
///
/// ```
/// use throughline_dgraph_client::Dql;
///
/// let mut dql = Dql::new("q(func: eq(name, ");
/// dql.values(["\") { uid } }", "Ann"]).push(")) { uid }");
/// assert_eq!(dql.text(), "query q($v0: string, $v1: string) { q(func: eq(name, [$v0, $v1])) { uid } }");
/// assert_eq!(dql.shape(), "{ q(func: eq(name, [$])) { uid } }");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Dql {
    body: String,
    shape: String,
    variables: Vec<Variable>,
    /// The text is the whole, braces included.
    whole: bool,
}

/// What most statements fit in.
const USUAL_BYTES: usize = 192;

#[derive(Clone)]
struct Variable {
    kind: &'static str,
    value: String,
}

impl std::fmt::Debug for Variable {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}, {} bytes", self.kind, self.value.len())
    }
}

/// A name that may stand in a query or a schema: an ASCII letter, then letters, digits, `_` and `.`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifier(String);

impl Identifier {
    const MOST_BYTES: usize = 128;

    /// Checks a name.
    pub fn new(name: &str) -> Result<Self, Error> {
        let mut bytes = name.bytes();
        let begins = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic());
        let goes_on = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
        match begins && name.len() <= Self::MOST_BYTES && bytes.all(goes_on) {
            true => Ok(Self(name.to_owned())),
            false => Err(Error::Identifier),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Dql {
    /// A query that begins with this text; blocks, without the outer braces.
    pub fn new(text: &'static str) -> Self {
        let mut dql = Self {
            body: String::with_capacity(USUAL_BYTES),
            shape: String::with_capacity(USUAL_BYTES),
            ..Self::default()
        };
        dql.push(text);
        dql
    }

    /// Asks for the schema.
    pub(crate) fn schema() -> Self {
        let mut dql = Self::new("schema {}");
        dql.whole = true;
        dql
    }

    /// Adds constant text.
    pub fn push(&mut self, text: &'static str) -> &mut Self {
        self.both(text)
    }

    /// Adds a checked name.
    pub fn identifier(&mut self, name: &Identifier) -> &mut Self {
        self.both(name.as_str())
    }

    /// Adds a text, by a variable.
    pub fn value(&mut self, value: impl Into<String>) -> &mut Self {
        self.shape.push('$');
        self.variable("string", value.into());
        self
    }

    /// Adds a number, by a variable.
    pub fn int(&mut self, value: i64) -> &mut Self {
        self.shape.push('$');
        self.variable("int", value.to_string());
        self
    }

    /// Adds a list of texts in brackets, each by a variable.
    pub fn values<V: Into<String>>(&mut self, values: impl IntoIterator<Item = V>) -> &mut Self {
        self.shape.push_str("[$]");
        self.body.push('[');
        for (index, value) in values.into_iter().enumerate() {
            self.body.push_str(if index == 0 { "" } else { ", " });
            self.variable("string", value.into());
        }
        self.body.push(']');
        self
    }

    /// Adds nodes, by one variable.
    pub fn uids<'a>(&mut self, uids: impl IntoIterator<Item = &'a Uid>) -> &mut Self {
        let uids: Vec<_> = uids.into_iter().map(Uid::to_string).collect();
        self.shape.push('$');
        self.variable("string", format!("[{}]", uids.join(", ")));
        self
    }

    /// What is sent.
    pub fn text(&self) -> String {
        if self.body.is_empty() || self.whole {
            return self.body.clone();
        }
        let mut text = String::with_capacity(self.body.len() + 16 * self.variables.len() + 16);
        for (index, variable) in self.variables.iter().enumerate() {
            text.push_str(if index == 0 { "query q(" } else { ", " });
            name(&mut text, index);
            text.push_str(": ");
            text.push_str(variable.kind);
        }
        text.push_str(if text.is_empty() { "{ " } else { ") { " });
        text.push_str(&self.body);
        text.push_str(" }");
        text
    }

    /// What is shown.
    pub fn shape(&self) -> String {
        match self.shape.is_empty() || self.whole {
            true => self.shape.clone(),
            false => format!("{{ {} }}", self.shape),
        }
    }

    pub(crate) fn into_request(self) -> (String, HashMap<String, String>) {
        let text = self.text();
        let variables = self.variables.into_iter().enumerate();
        let variables = variables.map(|(index, it)| {
            let mut key = String::with_capacity(8);
            name(&mut key, index);
            (key, it.value)
        });
        (text, variables.collect())
    }

    fn both(&mut self, text: &str) -> &mut Self {
        self.body.push_str(text);
        self.shape.push_str(text);
        self
    }

    fn variable(&mut self, kind: &'static str, value: String) {
        name(&mut self.body, self.variables.len());
        self.variables.push(Variable { kind, value });
    }
}

/// Adds the name of the variable with this number: `$v0`.
fn name(text: &mut String, number: usize) {
    text.push_str("$v");
    match u8::try_from(number) {
        Ok(digit @ 0..10) => text.push(char::from(b'0' + digit)),
        // Writing to a String cannot fail.
        _ => drop(write!(text, "{number}")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_query_without_variables_declares_none() {
        assert_eq!(
            Dql::new("q(func: has(name)) { uid }").text(),
            "{ q(func: has(name)) { uid } }"
        );
        assert_eq!(Dql::default().text(), "");
    }

    #[test]
    fn identifiers_are_checked() {
        for good in ["a", "tl.id", "A_9.b"] {
            assert!(Identifier::new(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "9",
            ".a",
            "a b",
            "a)",
            "ä",
            "a\"",
            "a@b",
            "~a",
            &"a".repeat(129),
        ] {
            assert!(Identifier::new(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_value_is_in_the_text(values in prop::collection::vec(any::<String>(), 1..5)) {
            let plain = |count: usize| {
                let mut dql = Dql::new("q(func: eq(name, ");
                dql.values(vec!["x"; count]).push(")) { uid }");
                dql.text()
            };
            let mut dql = Dql::new("q(func: eq(name, ");
            dql.values(values.clone()).push(")) { uid }");
            prop_assert_eq!(dql.text(), plain(values.len()));
            let (_, sent) = dql.into_request();
            for (index, value) in values.iter().enumerate() {
                prop_assert_eq!(&sent[&format!("$v{index}")], value);
            }
        }
    }
}
