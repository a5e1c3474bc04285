//! The characters of a filter, read one piece at a time.

/// A place in a text.
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Whether the rest began with this piece, which is read.
    pub(super) fn eat(&mut self, piece: &str) -> bool {
        let begins = self.rest().starts_with(piece);
        if begins {
            self.at += piece.len();
        }
        begins
    }

    /// Whether the rest began with this word, and not only as the start of a longer
    /// one; it is read.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let ends = |rest: &str| rest.is_empty() || rest.starts_with([' ', '\t', '\n', '\r', '(']);
        let begins = self.rest().strip_prefix(word).is_some_and(ends);
        begins && self.eat(word)
    }

    /// The characters up to white space, a quote, a bracket or one of `ends`; maybe none.
    pub(super) fn word(&mut self, ends: &[char]) -> &'a str {
        let ends = |c: char| {
            c.is_whitespace() || matches!(c, '(' | ')' | '"' | '\'' | ',') || ends.contains(&c)
        };
        let rest = self.rest();
        let word = &rest[..rest.find(ends).unwrap_or(rest.len())];
        self.at += word.len();
        word
    }

    /// A text in quotes, if one begins here.
    pub(super) fn quoted(&mut self) -> Option<Result<String, String>> {
        let quote = self.rest().chars().next();
        let quote = quote.filter(|c| matches!(c, '"' | '\''))?;
        let begin = self.position();
        self.at += 1;
        let mut text = String::new();
        let mut chars = self.rest().char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    Some((_, c @ ('\\' | '"' | '\''))) => text.push(c),
                    _ => {
                        self.at += at;
                        return Some(Err(
                            self.problem("after a backslash comes a quote or another backslash")
                        ));
                    }
                },
                c if c == quote => {
                    self.at += at + 1;
                    return Some(Ok(text));
                }
                c => text.push(c),
            }
        }
        Some(Err(format!(
            "at character {begin}: the quote is never closed"
        )))
    }

    /// The number of the character at which the rest begins, from 1.
    fn position(&self) -> usize {
        self.text[..self.at].chars().count() + 1
    }

    pub(super) fn problem(&self, problem: impl std::fmt::Display) -> String {
        format!("at character {}: {problem}", self.position())
    }
}
