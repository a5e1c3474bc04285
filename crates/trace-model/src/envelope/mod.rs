//! Decodes an envelope: framing by `frame`, one module per kind of item. What is not
//! understood is kept as it came; what is broken is named, and the rest kept.

mod entry;
mod event;
mod frame;
mod header;
mod payload;
mod report;
mod transaction;

use std::collections::BTreeMap;

use crate::{Limits, Record, Source};
use frame::Item;
use header::Header;

/// What an envelope held.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Decoded {
    /// The id in the envelope's header.
    pub event_id: Option<String>,
    /// What was understood.
    pub records: Vec<Record>,
    /// Items not understood, and those broken, as they came.
    pub raw: Vec<RawItem>,
    /// What could not be read; at most `Limits::problems`.
    pub problems: Vec<Problem>,
    /// How many items of each type.
    pub items: BTreeMap<String, u64>,
}

/// An item kept as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawItem {
    /// The `type` in its header.
    pub item_type: String,
    /// Its header line.
    pub header: Vec<u8>,
    /// Its payload.
    pub payload: Vec<u8>,
    /// The trace in the envelope's header, if there is one.
    pub trace_id: Option<String>,
}

/// A part that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Why.
    pub reason: Reason,
    /// The type of the item, empty if it is the envelope.
    pub item_type: String,
    /// More for a person.
    pub detail: String,
}

/// Why a part could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The envelope is larger than `Limits::envelope_bytes`.
    EnvelopeTooLarge,
    /// The envelope's first line is not a JSON object.
    EnvelopeHeader,
    /// An item's header is not a JSON object with a type.
    ItemHeader,
    /// An item's `length` is not where the item ends.
    ItemLength,
    /// More items than `Limits::items`.
    TooManyItems,
    /// More entries than `Limits::entries`.
    TooManyEntries,
    /// A container's `item_count` is not the count of its items.
    ItemCount,
    /// A payload is not JSON of the right form.
    Json,
    /// A payload is not protobuf of the right form.
    Protobuf,
    /// An id is missing or malformed.
    Id,
    /// A time is missing or malformed.
    Time,
}

impl Reason {
    /// A stable name for counters.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::EnvelopeTooLarge => "envelope_too_large",
            Self::EnvelopeHeader => "envelope_header",
            Self::ItemHeader => "item_header",
            Self::ItemLength => "item_length",
            Self::TooManyItems => "too_many_items",
            Self::TooManyEntries => "too_many_entries",
            Self::ItemCount => "item_count",
            Self::Json => "json",
            Self::Protobuf => "protobuf",
            Self::Id => "id",
            Self::Time => "time",
        }
    }
}

/// Decodes the plain bytes of an envelope.
#[must_use]
pub fn decode_envelope(bytes: &[u8], source: &Source, limits: &Limits) -> Decoded {
    let mut out = Decoder {
        limits,
        decoded: Decoded::default(),
    };
    if bytes.len() > limits.envelope_bytes {
        out.problem(
            Reason::EnvelopeTooLarge,
            "",
            format!("{} bytes", bytes.len()),
        );
        return out.decoded;
    }
    let (line, rest) = frame::line(bytes);
    let header = Header::parse(line, source, limits).unwrap_or_else(|detail| {
        out.problem(Reason::EnvelopeHeader, "", detail);
        Header {
            source: source.clone(),
            ..Header::default()
        }
    });
    out.decoded.event_id.clone_from(&header.event_id);
    for (index, part) in frame::items(rest, limits).enumerate() {
        if index >= limits.items {
            out.problem(
                Reason::TooManyItems,
                "",
                format!("more than {}", limits.items),
            );
            break;
        }
        match part {
            Ok(item) => out.item(&item, &header),
            Err(detail) => out.problem(Reason::ItemHeader, "", detail),
        }
    }
    out.decoded
}

/// The state of one decoding.
struct Decoder<'a> {
    limits: &'a Limits,
    decoded: Decoded,
}

impl Decoder<'_> {
    fn item(&mut self, item: &Item<'_>, header: &Header) {
        // A type is an outside word and becomes a counter's name.
        let known = item.item_type.len() <= 64;
        let counted = if known {
            item.item_type.as_str()
        } else {
            "(long)"
        };
        *self.decoded.items.entry(counted.to_owned()).or_default() += 1;
        if let Some(detail) = &item.length_problem {
            self.problem(Reason::ItemLength, &item.item_type, detail.clone());
        }
        let outcome = match item.item_type.as_str() {
            "transaction" => self.transaction(item, header),
            "event" => self.event(item, header),
            "span" | "log" => self.container(item, header),
            "client_report" => self.report(item, header),
            _ => Err(None),
        };
        if let Err(problem) = outcome {
            if let Some((reason, detail)) = problem {
                self.problem(reason, &item.item_type, detail);
            }
            self.decoded.raw.push(RawItem {
                item_type: item.item_type.clone(),
                header: item.header.to_vec(),
                payload: item.payload.to_vec(),
                trace_id: header.trace_id.clone(),
            });
        }
    }

    fn problem(&mut self, reason: Reason, item_type: &str, detail: impl Into<String>) {
        if self.decoded.problems.len() < self.limits.problems {
            let item_type = crate::json::clip(item_type, self.limits);
            self.decoded.problems.push(Problem {
                reason,
                item_type,
                detail: detail.into(),
            });
        }
    }
}

/// What became of an item: `Err` keeps it as it came, with a problem or without.
type Outcome = Result<(), Option<(Reason, String)>>;
