//! The head of a trace, as a driver of the chain has it: the ids, the decision and the frozen baggage, and its own span.

use std::time::Duration;

use rand::Rng;
use throughline_trace_model::{SamplingContext, Span, Timestamp};
use tonic::{Code, Request};

use crate::WRITE_TOKEN;

/// The head of one trace.
#[derive(Debug, Clone)]
pub struct Root {
    /// 32 hex digits.
    pub trace_id: String,
    /// 16 hex digits: the driver's own span, under which everything must hang.
    pub span_id: String,
    /// What the head decided; `None` leaves it to who comes next.
    pub sampled: Option<bool>,
    /// The number that decides where the head did not.
    pub sample_rand: f64,
    /// The value of `x-throughline-fault`.
    pub fault: Option<String>,
    /// How long the caller waits.
    pub timeout: Option<Duration>,
}

impl Root {
    /// The head of a sampled trace.
    pub fn sampled(chance: &mut impl Rng) -> Self {
        Self {
            trace_id: format!("{:032x}", chance.random_range(1..u128::MAX)),
            span_id: format!("{:016x}", chance.random_range(1..u64::MAX)),
            sampled: Some(true),
            sample_rand: f64::from(chance.random_range(0..1_000_000)) / 1e6,
            fault: None,
            timeout: None,
        }
    }

    /// The same head, asking for a fault.
    #[must_use]
    pub fn with_fault(mut self, fault: &str) -> Self {
        self.fault = (!fault.is_empty()).then(|| fault.to_owned());
        self
    }

    /// The frozen pairs, as each hop's envelopes must carry them.
    pub fn pairs(&self) -> SamplingContext {
        let mut pairs = vec![
            ("trace_id", self.trace_id.clone()),
            ("public_key", "driver".to_owned()),
            ("sample_rate", "0.100".to_owned()),
            ("sample_rand", format!("{:.6}", self.sample_rand)),
            ("release", "driver-1.0".to_owned()),
            // Of no SDK and of this call alone: only what was carried on can have it.
            ("of_this_call", self.span_id.clone()),
        ];
        if let Some(sampled) = self.sampled {
            pairs.push(("sampled", sampled.to_string()));
        }
        pairs
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect()
    }

    /// The headers of a request of this trace, with the token of writers.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let flag = match self.sampled {
            Some(true) => "-1",
            Some(false) => "-0",
            None => "",
        };
        let baggage: Vec<String> = self
            .pairs()
            .iter()
            .map(|(key, value)| format!("sentry-{key}={value}"))
            .collect();
        let mut headers = vec![
            (
                "sentry-trace",
                format!("{}-{}{flag}", self.trace_id, self.span_id),
            ),
            ("baggage", baggage.join(",")),
            ("authorization", format!("Bearer {WRITE_TOKEN}")),
        ];
        headers.extend((self.fault.clone()).map(|fault| ("x-throughline-fault", fault)));
        headers
    }

    /// A request of this trace, with these headers.
    pub fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        for (name, value) in self.headers() {
            let value = value.parse().expect("a driver's header is ASCII");
            request.metadata_mut().insert(name, value);
        }
        if let Some(timeout) = self.timeout {
            request.set_timeout(timeout);
        }
        request
    }

    /// The driver's own span, which it keeps itself instead of sending it.
    pub fn span(&self, code: Code) -> Span {
        Span {
            trace_id: self.trace_id.clone(),
            span_id: self.span_id.clone(),
            segment: true,
            service: "driver".to_owned(),
            op: "rpc.client".to_owned(),
            name: "driver".to_owned(),
            status: if code == Code::Ok { "ok" } else { "error" }.to_owned(),
            // Around everything: its clock is not what is looked at.
            start: Timestamp::default(),
            sampling_context: Some(self.pairs()),
            ..Span::default()
        }
    }
}
