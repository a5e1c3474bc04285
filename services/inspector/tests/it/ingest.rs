//! Envelopes from unmodified clients, in each of their forms, and what is refused.

use std::io::Read;

use flate2::Compression;
use flate2::read::{GzEncoder, ZlibEncoder};
use throughline_api::inspector::v1::{GetIntakeRequest, GetIntakeResponse};
use throughline_inspector::Limits;

use crate::{Running, envelope, http, id, start, start_with};

type Headers<'a> = &'a [(&'a str, &'a str)];

fn pack(mut encoder: impl Read) -> Vec<u8> {
    let mut packed = Vec::new();
    encoder.read_to_end(&mut packed).unwrap();
    packed
}

#[tokio::test]
async fn each_form_of_request() {
    let mut running = start().await;
    let address = running.inspector.local_addr();
    let auth = "Sentry sentry_key=web, sentry_version=7, sentry_client=sentry.python/2";
    let gzip = |plain: &str| pack(GzEncoder::new(plain.as_bytes(), Compression::fast()));
    let zlib = |plain: &str| pack(ZlibEncoder::new(plain.as_bytes(), Compression::fast()));
    let plain = |plain: &str| plain.as_bytes().to_vec();
    type Form<'a> = (&'a str, Headers<'a>, &'a dyn Fn(&str) -> Vec<u8>);
    let forms: [Form<'_>; 6] = [
        // A browser: no preflight, the key in the query.
        (
            "/api/2/envelope/?sentry_version=7&sentry_key=web&sentry_client=x",
            &[
                ("content-type", "text/plain;charset=UTF-8"),
                ("origin", "http://shop.test"),
            ],
            &plain,
        ),
        ("/api/2/envelope?sentry_key=web", &[], &plain),
        // Node: chunked, no content type.
        (
            "/api/2/envelope/?sentry_key=web",
            &[
                ("transfer-encoding", "chunked"),
                ("content-encoding", "gzip"),
            ],
            &gzip,
        ),
        // Python and Rust.
        (
            "/api/2/envelope/",
            &[("x-sentry-auth", auth), ("content-encoding", "gzip")],
            &gzip,
        ),
        (
            "/api/2/envelope/",
            &[("authorization", auth), ("content-encoding", "deflate")],
            &zlib,
        ),
        (
            "/api/web/envelope/",
            &[("content-type", "application/x-sentry-envelope")],
            &plain,
        ),
    ];
    for (n, (path, headers, pack)) in (1..).zip(forms) {
        let body = pack(&envelope(n, 1, 0, "task", 100, 101));
        let answer = http::post(address, path, headers, &body).await;
        assert_eq!(answer.status, 200, "{path} {headers:?}: {answer:?}");
        assert_eq!(answer.body, b"{}");
        assert!(
            answer.headers.contains("access-control-allow-origin: *"),
            "{answer:?}"
        );
        let trace = running.trace(&id(n)).await;
        assert_eq!(trace.summary.unwrap().services, ["web"], "{path}");
    }
}

#[tokio::test]
async fn the_answer_has_the_events_id() {
    let running = start().await;
    let body = b"{\"event_id\":\"9ec79c33ec9942ab8353589fcb2e04dc\"}\n{\"type\":\"event\"}\n{\"message\":\"m\"}";
    let answer = http::post(
        running.inspector.local_addr(),
        "/api/1/envelope/",
        &[],
        body,
    )
    .await;
    assert_eq!(
        answer.body,
        b"{\"id\":\"9ec79c33ec9942ab8353589fcb2e04dc\"}"
    );
}

async fn intake(running: &mut Running) -> GetIntakeResponse {
    running
        .client
        .get_intake(GetIntakeRequest {})
        .await
        .unwrap()
        .into_inner()
}

#[tokio::test]
async fn what_is_refused_is_counted() {
    let limits = Limits {
        body_bytes: 2_000,
        envelope_bytes: 4_000,
        ..Limits::default()
    };
    let mut running = start_with(limits).await;
    let address = running.inspector.local_addr();
    let bomb = pack(GzEncoder::new(&[b'a'; 100_000][..], Compression::best()));
    assert!(bomb.len() < 2_000);
    let gzip = ("content-encoding", "gzip");
    type Case<'a> = (Headers<'a>, &'a [u8], u16, &'a str);
    let cases: [Case<'_>; 5] = [
        (&[], &[b'a'; 3_000], 413, "body_too_large"),
        (&[gzip], &bomb, 413, "body_too_large"),
        (&[gzip], b"no gzip", 400, "body_broken"),
        (&[("content-encoding", "zstd")], b"", 415, "body_encoding"),
        (&[], b"no envelope", 400, "envelope_header"),
    ];
    for (headers, body, status, reason) in cases {
        let answer = http::post(address, "/api/1/envelope/", headers, body).await;
        assert_eq!(answer.status, status, "{reason}: {answer:?}");
        assert!(
            answer
                .headers
                .contains(&format!("x-sentry-error: {reason}")),
            "{answer:?}"
        );
    }
    let intake = intake(&mut running).await;
    let problems = intake
        .problems
        .iter()
        .map(|p| format!("{} {}", p.reason, p.count));
    assert_eq!(
        problems.collect::<Vec<_>>(),
        [
            "body_broken 1",
            "body_encoding 1",
            "body_too_large 2",
            "envelope_header 1"
        ]
    );
    assert_eq!(intake.envelope_count, 5);
}

#[tokio::test]
async fn of_a_broken_envelope_what_can_be_read_is_kept() {
    let mut running = start().await;
    let broken = envelope(7, 1, 0, "task", 100, 101)
        + "{\"type\":\"event\"}\n{broken\n{\"type\":\"hologram\"}\n???\n{\"type\":\"client_report\"}\n\
           {\"discarded_events\":[{\"reason\":\"queue_overflow\",\"category\":\"transaction\",\"quantity\":2}]}\n";
    running.send("web", &broken).await;
    assert_eq!(running.trace(&id(7)).await.roots.len(), 1);
    let intake = intake(&mut running).await;
    let items = intake
        .items
        .iter()
        .map(|item| &*item.r#type)
        .collect::<Vec<_>>();
    assert_eq!(items, ["client_report", "event", "hologram", "transaction"]);
    assert_eq!(
        (&*intake.problems[0].reason, intake.problems[0].count),
        ("json", 1)
    );
    assert_eq!(
        (&*intake.losses[0].service, intake.losses[0].quantity),
        ("web", 2)
    );
    assert!(intake.stored_bytes > 0);
}
