//! Writing in one request: what is new needs no reading first. The write is planned as if nothing were there of what it
//! names, by what the last one left, on the condition that both are so; where they are not, the answer to the same request
//! says what is there. It knows no mutation.

use super::{load::Loaded, row::Meta};

/// What the last write of this process left.
#[derive(Debug)]
pub(super) struct Last {
    meta: Option<Meta>,
    /// Whether the next one is to guess: the last one could have.
    guesses: bool,
}

impl Last {
    /// Of a graph that was opened just now.
    pub(super) fn opened(meta: Meta) -> Self {
        Self {
            meta: Some(meta),
            guesses: true,
        }
    }

    /// What is there, if nothing is of what is named, and nobody wrote meanwhile.
    pub(super) fn guess(&self) -> Option<Loaded> {
        let meta = self.meta.as_ref().filter(|_| self.guesses)?;
        Some(Loaded::nothing_but(meta.clone()))
    }

    /// Takes note of what was there, and of how the graph stands now.
    pub(super) fn note(&mut self, loaded: &Loaded, now: Meta) {
        let turn = self.meta.as_ref().map(|it| it.turn);
        self.guesses = loaded.is_nothing() && turn == Some(loaded.meta.turn);
        self.meta = Some(now);
    }
}
