//! ListTraces: pages, the newest first.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use throughline_api::inspector::v1 as pb;
use throughline_trace_store::Cursor;
use tonic::Status;

use crate::app::{App, now};

use super::reference::invalid;
use super::{convert, failed};

pub(super) async fn list(
    app: &App,
    request: pb::ListTracesRequest,
) -> Result<pb::ListTracesResponse, Status> {
    let size = match usize::try_from(request.page_size) {
        Ok(0) => 50,
        Ok(size) => size.min(1_000),
        Err(_) => return Err(invalid("page_size", "not a negative count")),
    };
    let after = match &*request.page_token {
        "" => None,
        token => {
            Some(cursor(token).ok_or_else(|| invalid("page_token", "one of this list's own"))?)
        }
    };
    let service = request.service;
    let (traces, next) = app
        .read(move |store| {
            let mut page = store.list(after.as_ref(), &service, size + 1)?;
            let more = page.len() > size;
            page.truncate(size);
            let next = page.last().filter(|_| more).map(token);
            let mut traces = Vec::with_capacity(page.len());
            for trace in page {
                // One that retention took away in between is left out.
                traces.extend(
                    store
                        .outline(&trace.trace_id, now())?
                        .as_ref()
                        .map(convert::summary),
                );
            }
            Ok((traces, next))
        })
        .await
        .map_err(failed)?;
    Ok(pb::ListTracesResponse {
        traces,
        next_page_token: next.unwrap_or_default(),
    })
}

fn token(cursor: &Cursor) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("{} {}", cursor.start, cursor.trace_id))
}

fn cursor(token: &str) -> Option<Cursor> {
    let plain = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (start, trace_id) = plain.split_once(' ')?;
    Some(Cursor {
        start: start.parse().ok()?,
        trace_id: trace_id.to_owned(),
    })
}
