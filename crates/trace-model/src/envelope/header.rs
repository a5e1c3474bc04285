//! The envelope's first line: ids, the sampling context, a DSN where a tunnel is used.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::ids::id128;
use crate::json::{clip, text};
use crate::{Limits, SamplingContext, Source};

/// What the header says.
#[derive(Debug, Default)]
pub(super) struct Header {
    pub(super) event_id: Option<String>,
    pub(super) trace_id: Option<String>,
    pub(super) sampling_context: Option<SamplingContext>,
    /// The source, completed by the header's DSN.
    pub(super) source: Source,
}

#[derive(Deserialize)]
struct Trace {
    trace: Option<BTreeMap<String, Box<RawValue>>>,
}

impl Header {
    pub(super) fn parse(line: &[u8], source: &Source, limits: &Limits) -> Result<Self, String> {
        if line.len() > limits.header_bytes {
            return Err(format!("{} bytes", line.len()));
        }
        let header: Value = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        if !header.is_object() {
            return Err("not an object".to_owned());
        }
        let sampling_context = serde_json::from_slice::<Trace>(line)
            .ok()
            .and_then(|header| header.trace)
            .map(|pairs| sampling_context(pairs, limits));
        let trace_id = sampling_context
            .as_ref()
            .and_then(|pairs| id128(pairs.get("trace_id")?));
        let mut source = source.clone();
        if let Some((key, project)) = text(&header, &["dsn"]).and_then(dsn) {
            source.key = source.key.or_else(|| Some(clip(key, limits)));
            if source.project.is_empty() {
                source.project = clip(project, limits);
            }
        }
        let event_id = text(&header, &["event_id"]).and_then(id128);
        Ok(Self {
            event_id,
            trace_id,
            sampling_context,
            source,
        })
    }
}

/// Values as the texts that came: `0.250` stays `0.250`, whether a text or a number.
fn sampling_context(pairs: BTreeMap<String, Box<RawValue>>, limits: &Limits) -> SamplingContext {
    pairs
        .into_iter()
        .filter(|(_, value)| value.get() != "null")
        .take(limits.sampling_pairs)
        .map(|(key, value)| {
            let value = serde_json::from_str::<String>(value.get())
                .unwrap_or_else(|_| value.get().to_owned());
            (clip(&key, limits), clip(&value, limits))
        })
        .collect()
}

/// Key and project of `scheme://key[:secret]@host/path/project`.
fn dsn(dsn: &str) -> Option<(&str, &str)> {
    let (keys, rest) = dsn.split_once("://")?.1.split_once('@')?;
    let project = rest
        .split(['?', '#'])
        .next()?
        .trim_end_matches('/')
        .rsplit('/')
        .next()?;
    Some((keys.split(':').next()?, project))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_values_as_they_came() {
        let line = br#"{"dsn":"http://key@host/a/7","trace":{"trace_id":"771A43a4192642f0b136d5159a501700","sample_rate":0.250,"sample_rand":"0.10","sampled":true,"org_id":null}}"#;
        let header = Header::parse(line, &Source::default(), &Limits::default()).unwrap();
        let pairs = header.sampling_context.unwrap();
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        assert_eq!(
            pairs,
            [
                ("sample_rand", "0.10"),
                ("sample_rate", "0.250"),
                ("sampled", "true"),
                ("trace_id", "771A43a4192642f0b136d5159a501700"),
            ]
        );
        assert_eq!(header.trace_id.unwrap(), "771a43a4192642f0b136d5159a501700");
        assert_eq!(
            (header.source.key.as_deref(), &*header.source.project),
            (Some("key"), "7")
        );
    }
}
