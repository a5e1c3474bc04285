//! Callers who want too much at once.

use bytes::Bytes;

use super::{PATH, Stage, UNHURRIED, WEB, rest, scaled};
use crate::stack::frame;

fn request() -> http::Request<()> {
    let request = http::Request::post(format!("http://x{PATH}")).header("content-type", WEB);
    request.body(()).expect("a request")
}

#[tokio::test]
async fn so_many_calls_at_once_and_no_more() {
    let [patience, timeout] = UNHURRIED;
    let calls = ("GATEWAY_PEER_CALLS", "150");
    let rate = ("GATEWAY_PEER_BURST", "1000000");
    let stage = Stage::start(&[calls, rate, patience, timeout]).await;
    let number = scaled(500);
    let (mut clients, mut bodies, mut answers) = (Vec::new(), Vec::new(), Vec::new());
    for index in 0..number {
        if index % 100 == 0 {
            clients.push(stage.intruder_h2().await);
        }
        let client = clients.last_mut().expect("one at least").clone();
        let mut client = client.ready().await.expect("ready");
        let (answer, body) = client.send_request(request(), false).expect("sent");
        bodies.push(body);
        answers.push(answer);
    }
    stage.until_refused("peer_calls", number - 150).await;
    assert!(stage.metric("throughline_calls_in_flight").await <= 151);
    stage.is_unharmed().await;
    drop((bodies, clients));
}

#[tokio::test]
async fn rapid_reset_is_bounded() {
    let [patience, timeout] = UNHURRIED;
    let stage = Stage::start(&[("GATEWAY_PEER_BURST", "300"), patience, timeout]).await;
    let client = stage.intruder_h2().await;
    for _ in 0..scaled(2000) {
        let Ok(mut client) = client.clone().ready().await else {
            break;
        };
        let Ok((_, mut body)) = client.send_request(request(), false) else {
            break;
        };
        // Lets it go out first: what was not sent needs no reset.
        for _ in 0..4 {
            tokio::task::yield_now().await;
        }
        body.send_reset(h2::Reason::CANCEL);
    }
    // Which of the two it is depends on how much the gateway reads at once; it may not have begun to.
    let told_or_cut =
        async || stage.refused("peer_rate").await > 0 || client.clone().ready().await.is_err();
    stage.until("it is told or cut off", told_or_cut).await;
    stage.is_unharmed().await;
    let over = async || stage.metric("throughline_calls_in_flight").await <= 1;
    stage.until("its calls have ended", over).await;
}

#[tokio::test]
async fn so_many_requests_a_second_and_no_more() {
    let limits = [("GATEWAY_PEER_RATE", "1"), ("GATEWAY_PEER_BURST", "20")];
    let stage = Stage::start(&limits).await;
    let client = stage.intruder_h2().await;
    let (since, mut told) = (std::time::Instant::now(), 0);
    for _ in 0..60 {
        let mut client = client.clone().ready().await.expect("ready");
        let (answer, mut body) = client.send_request(request(), false).expect("sent");
        body.send_data(Bytes::from(frame("serde")), true).ok();
        let answer = answer.await.expect("an answer");
        if answer
            .headers()
            .get("grpc-status")
            .is_some_and(|it| it == "8")
        {
            // google.rpc.RetryInfo says when to come back.
            assert!(
                answer.headers().contains_key("grpc-status-details-bin"),
                "{answer:?}"
            );
            told += 1;
        }
    }
    // Twenty at once, and one for each second that has begun since.
    let most = 20 + since.elapsed().as_secs() + 1;
    assert!(
        60 - told <= most,
        "{told} refused, where {most} may be served"
    );
    assert_eq!(stage.refused("peer_rate").await, told);
    stage.is_unharmed().await;
}

#[tokio::test]
async fn so_many_connections_and_no_more() {
    let [patience, _] = UNHURRIED;
    let stage = Stage::start(&[("GATEWAY_PEER_CONNECTIONS", "10"), patience]).await;
    let number = scaled(50);
    let mut open = Vec::new();
    for _ in 0..number {
        open.push(stage.intruder().await);
    }
    stage.until_refused("peer_connections", number - 10).await;
    // Those beyond are closed; the first ten are not.
    rest(open.pop().expect("the last")).await;
    stage.is_unharmed().await;
}

#[tokio::test]
async fn pages_of_a_wrong_origin_are_refused_one_by_one() {
    let stage = Stage::start(&[]).await;
    let client = stage.intruder_h2().await;
    for _ in 0..scaled(300) {
        let mut client = client.clone().ready().await.expect("ready");
        let mut request = request();
        let origin = http::HeaderValue::from_static("https://evil.example");
        request.headers_mut().insert("origin", origin);
        let (answer, _) = client.send_request(request, true).expect("sent");
        let answer = answer.await.expect("an answer");
        assert_ne!(answer.headers().get("grpc-status"), None, "{answer:?}");
    }
    assert!(stage.refused("origin").await > 0);
    stage.is_unharmed().await;
    // None of them became a call.
    assert_eq!(
        stage
            .metric("throughline_calls_total{method=\"other\"")
            .await,
        0
    );
}
