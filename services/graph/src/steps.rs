//! The steps of a call that may have very many of them: the first are traced
//! statement by statement, the others are counted on one span.

use std::future::Future;

use throughline_graph_store::{traced_at_most, untraced};
use tracing::{Instrument as _, Span, field::Empty};

use crate::Limits;

/// Counts the steps of one call.
pub(crate) struct Steps {
    name: &'static str,
    traced: usize,
    counted: u64,
    rest: Span,
}

impl Steps {
    pub(crate) fn new(name: &'static str, limits: &Limits) -> Self {
        Self {
            name,
            traced: limits.traced_steps,
            counted: 0,
            rest: Span::none(),
        }
    }

    /// Runs the next step.
    pub(crate) async fn run<F: Future>(&mut self, step: F) -> F::Output {
        if self.traced > 0 {
            self.traced -= 1;
            return step.await;
        }
        if self.counted == 0 {
            self.rest = rest(self.name);
        }
        self.counted += 1;
        untraced(step.instrument(self.rest.clone())).await
    }
}

/// Runs work that has the store take many steps by itself.
pub(crate) async fn within<F: Future>(name: &'static str, limits: &Limits, work: F) -> F::Output {
    let (output, counted) = traced_at_most(limits.traced_steps, work).await;
    if counted > 0 {
        rest(name).record("step.count", counted);
    }
    output
}

fn rest(name: &'static str) -> Span {
    tracing::info_span!(
        "steps",
        sentry.op = name,
        sentry.name = "further steps, counted",
        step.count = Empty,
    )
}

impl Drop for Steps {
    fn drop(&mut self) {
        self.rest.record("step.count", self.counted);
    }
}
