//! What a word is, for searching and for highlighting; the same on every backend.

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// In lower case: what is compared.
    pub folded: String,
    /// Its first character's place in the text, counted in characters.
    pub start: usize,
    /// One past its last character's.
    pub end: usize,
}

/// The words of a text: the longest runs of letters and digits, of any script.
///
/// ```
/// let words: Vec<_> = throughline_graph_store::words("crate:Serde_json@1.0")
///     .map(|word| word.folded)
///     .collect();
/// assert_eq!(words, ["crate", "serde", "json", "1", "0"]);
/// ```
pub fn words(text: &str) -> impl Iterator<Item = Word> {
    let mut chars = text.chars().enumerate().peekable();
    std::iter::from_fn(move || {
        let (start, first) = chars.find(|(_, c)| c.is_alphanumeric())?;
        let mut folded: String = first.to_lowercase().collect();
        let mut end = start + 1;
        while let Some((at, c)) = chars.next_if(|(_, c)| c.is_alphanumeric()) {
            folded.extend(c.to_lowercase());
            end = at + 1;
        }
        Some(Word { folded, start, end })
    })
}

/// What of a query a word of a text answers to.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    whole: Vec<String>,
    prefix: String,
}

impl Wanted {
    /// The words of a query, of which there is at least one.
    pub(crate) fn new(mut words: Vec<String>) -> Self {
        let prefix = words.pop().unwrap_or_default();
        Self {
            whole: words,
            prefix,
        }
    }

    pub(crate) fn matches(&self, word: &Word) -> bool {
        word.folded.starts_with(&self.prefix) || self.whole.contains(&word.folded)
    }

    pub(crate) fn whole(&self) -> &[String] {
        &self.whole
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }
}
