//! Which nodes a list holds (AIP-160) and in which order (AIP-132).
//!
//! Pure: text goes in, a checked tree comes out, bounded in bytes, terms and
//! depth; each backend says it in its own language. The comments of ListNodes in
//! the protocol are the reference.

pub(crate) mod meaning;
mod order;
mod parse;
mod text;

pub use self::order::{Order, OrderKey};
use crate::{Error, Limits, Value};

/// A checked filter. Without any parts, `All` holds for every node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Every part holds.
    All(Vec<Filter>),
    /// At least one part holds.
    Any(Vec<Filter>),
    /// The part does not hold.
    Not(Box<Filter>),
    /// A field compared with a value.
    Term(Term),
}

/// A field compared with a value. It does not hold where the field is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The field.
    pub field: Field,
    /// How it is compared.
    pub comparator: Comparator,
    /// What the value may mean, one or two; compared is only what is of a kind,
    /// integers and doubles being of one. None for [`Comparator::Present`].
    pub values: Vec<Value>,
}

/// A field of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// `id`
    Id,
    /// `type`
    Type,
    /// `etag`
    Etag,
    /// `name` or `properties.name`: the checked name of a property.
    Property(String),
}

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparator {
    /// `=`
    Equal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `:` with a text, which the field's text contains.
    Contains,
    /// `:*`: the field is there.
    Present,
}

impl Filter {
    /// Parses a filter; an empty one holds for every node.
    ///
    /// ```
    /// use throughline_graph_store::{Filter, Limits};
    ///
    /// let limits = Limits::default();
    /// assert!(Filter::parse(r#"type = "Crate" AND license : "MIT""#, &limits).is_ok());
    /// let error = Filter::parse("type = ", &limits).unwrap_err();
    /// assert_eq!(error.to_string(), "filter: at character 8: a value is missing");
    /// ```
    pub fn parse(text: &str, limits: &Limits) -> Result<Self, Error> {
        parse::parse(text, limits)
    }
}

impl Field {
    /// The field of this name, or what is wrong with the name.
    fn named(path: &str, limits: &Limits) -> Result<Self, String> {
        match path {
            "id" => return Ok(Self::Id),
            "type" => return Ok(Self::Type),
            "etag" => return Ok(Self::Etag),
            _ => {}
        }
        let name = path.strip_prefix("properties.").unwrap_or(path);
        match crate::check::name("", name, limits) {
            Ok(()) => Ok(Self::Property(name.to_owned())),
            Err(_) => Err(format!(
                "{path:?} is no field of a node; there are id, type, etag, and properties by \
                 their name or as properties.<name>"
            )),
        }
    }
}
