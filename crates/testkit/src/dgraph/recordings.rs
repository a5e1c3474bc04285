//! What a real Dgraph v25.4.0 answered, call by call.

use std::{collections::HashMap, sync::OnceLock};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use prost::Message as _;
use serde::Deserialize;
use throughline_dgraph_client::api::{Request, Response};
use tonic::{Code, Status};

const RECORDED: &str = include_str!("../../data/dgraph-v25.4.0.jsonl");
const QUERY: &str = "/api.Dgraph/Query";

#[derive(Deserialize)]
struct Line {
    rpc: String,
    request_b64: String,
    code: i32,
    #[serde(default)]
    response_b64: String,
    #[serde(default)]
    message: String,
}

/// What a recorded request is known by: its text, its values in order, and the size of what it writes.
type Key = (String, Vec<(String, String)>, usize);

/// What was answered: a code, a message, or bytes.
type Answered = (i32, String, Vec<u8>);

fn key(request: &Request) -> Key {
    let mut values: Vec<_> = request.vars.clone().into_iter().collect();
    values.sort();
    let sizes = request.mutations.iter().map(prost::Message::encoded_len);
    (request.query.clone(), values, sizes.sum())
}

/// The answer to a request that was recorded outside of a transaction of several requests.
pub(super) fn answer(request: &Request) -> Option<Result<Response, Status>> {
    static ALL: OnceLock<HashMap<Key, Answered>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let lines = RECORDED.lines();
        let lines = lines.map(|line| serde_json::from_str::<Line>(line).expect("a recorded line"));
        let queries = lines.filter(|line| line.rpc == QUERY);
        let bytes = |text: &str| BASE64.decode(text).expect("recorded bytes");
        let entries = queries.filter_map(|line| {
            let request = Request::decode(bytes(&line.request_b64).as_slice());
            let request = request.expect("a recorded request");
            let alone = request.start_ts == 0 && (request.read_only || request.commit_now);
            let answer = (line.code, line.message, bytes(&line.response_b64));
            alone.then(|| (key(&request), answer))
        });
        entries.collect()
    });
    let (code, message, bytes) = all.get(&key(request))?;
    Some(match code {
        0 => Ok(Response::decode(bytes.as_slice()).expect("a recorded answer")),
        code => Err(Status::new(Code::from_i32(*code), message.clone())),
    })
}

/// How many answers are known.
#[cfg(test)]
pub(super) fn requests() -> Vec<Request> {
    let lines = RECORDED
        .lines()
        .map(|line| serde_json::from_str::<Line>(line).unwrap());
    let queries = lines.filter(|line| line.rpc == QUERY);
    let bytes = |text: &str| BASE64.decode(text).unwrap();
    queries
        .map(|line| Request::decode(bytes(&line.request_b64).as_slice()).unwrap())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_recorded_is_answered() {
        let known = requests().iter().filter(|it| answer(it).is_some()).count();
        assert!(known >= 20, "{known}");
    }
}
