//! Statements whose text depends on the request: built of constant parts and of
//! numbered parameters, so that no value can get into the text.

use rusqlite::types::Value;

/// A statement and its parameters.
#[derive(Debug, Default)]
pub(super) struct Sql {
    text: String,
    values: Vec<Value>,
}

impl Sql {
    /// With the first parameters left open: NULL until they are [set](Self::set).
    pub(super) fn with_open(parameters: usize) -> Self {
        Self {
            text: String::new(),
            values: vec![Value::Null; parameters],
        }
    }

    /// Sets the parameter of this number.
    pub(super) fn set(&mut self, number: usize, value: impl Into<Value>) {
        if let Some(open) = self.values.get_mut(number - 1) {
            *open = value.into();
        }
    }

    /// Adds a constant part.
    pub(super) fn push(&mut self, part: &'static str) {
        self.text.push_str(part);
    }

    /// Adds a parameter.
    pub(super) fn bind(&mut self, value: impl Into<Value>) {
        let value = value.into();
        let known = self.values.iter().position(|other| *other == value);
        let number = known.unwrap_or_else(|| {
            self.values.push(value);
            self.values.len() - 1
        });
        self.text.push_str(&format!("?{}", number + 1));
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn values(&self) -> &[Value] {
        &self.values
    }
}
