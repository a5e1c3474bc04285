//! Each mode of the collector, seen from a client.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use throughline_testkit::{Collector, Mode, SAFETY};

const ENVELOPE: &str = "{}\n";
/// After so much silence a collector is taken for one that does not answer; nothing is asserted on its length.
const SILENCE: Duration = Duration::from_millis(300);

fn addr(collector: &Collector) -> String {
    let dsn = collector.dsn("graph");
    let (_, rest) = dsn.split_once('@').expect("a DSN has a key");
    rest.split('/').next().expect("a DSN has a host").to_owned()
}

/// Sends an envelope and returns what comes back until the connection ends, as it does after an answer, or until there is
/// silence for so long.
fn send(collector: &Collector, silence: Duration) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(addr(collector))?;
    stream.set_read_timeout(Some(silence))?;
    write!(
        stream,
        "POST /api/3/envelope/ HTTP/1.1\r\nhost: x\r\nx-sentry-auth: Sentry sentry_key=graph\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{ENVELOPE}",
        ENVELOPE.len()
    )?;
    let mut answer = String::new();
    match stream.read_to_string(&mut answer) {
        Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error),
        _ => Ok(answer),
    }
}

#[tokio::test]
async fn takes_envelopes_and_names_their_sender() {
    let collector = Collector::start();
    assert!(
        send(&collector, SAFETY)
            .expect("answering")
            .starts_with("HTTP/1.1 200")
    );
    let envelopes = collector.wait_for_envelopes(1).await;
    assert_eq!(envelopes[0].project, "3");
    assert_eq!(envelopes[0].key, "graph");
    assert_eq!(envelopes[0].body, ENVELOPE);
}

#[tokio::test]
async fn keeps_its_port_through_all_modes() {
    let collector = Collector::start();
    let dsn = collector.dsn("graph");
    for round in 0..3 {
        collector.switch(Mode::Refusing).await;
        let refused = send(&collector, SILENCE).expect_err("refusing");
        assert_eq!(
            refused.kind(),
            ErrorKind::ConnectionRefused,
            "round {round}"
        );
        collector.switch(Mode::Hanging).await;
        assert_eq!(send(&collector, SILENCE).expect("hanging"), "");
        collector.switch(Mode::Trickling).await;
        assert!(send(&collector, SILENCE).expect("trickling").len() < 15);
        collector.switch(Mode::Answering).await;
        let answer = send(&collector, SAFETY).expect("answering");
        assert!(answer.ends_with("{}"), "round {round}: {answer:?}");
        assert_eq!(collector.dsn("graph"), dsn);
        assert_eq!(
            collector.envelopes().len(),
            round + 1,
            "only answered ones are taken"
        );
    }
}

#[tokio::test]
async fn a_change_of_mode_cuts_off_what_hangs() {
    let collector = Collector::start();
    collector.switch(Mode::Hanging).await;
    let mut stream = TcpStream::connect(addr(&collector)).expect("hanging accepts");
    write!(
        stream,
        "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    )
    .expect("a request");
    collector.switch(Mode::Answering).await;
    // Cut off, or answered if it was not accepted before the switch; either way, over.
    let over = tokio::task::spawn_blocking(move || stream.read_to_end(&mut Vec::new()));
    let over = tokio::time::timeout(SAFETY, over).await;
    over.expect("the connection ends").expect("no panic").ok();
}

#[test]
fn services_have_projects_of_their_own() {
    let collector = Collector::start();
    let mut projects: Vec<_> = ["throughline", "gateway", "graph", "mailer", "accounts"]
        .map(|service| collector.dsn(service).rsplit('/').next().map(str::to_owned))
        .into();
    projects.sort();
    projects.dedup();
    assert_eq!(projects.len(), 5);
}

#[tokio::test]
async fn senders_who_give_up_are_counted() {
    let collector = Collector::start();
    collector.switch(Mode::Hanging).await;
    let address = collector.dsn("graph");
    let address = address.split(['@', '/']).nth(3).expect("host and port");
    let sender = tokio::net::TcpStream::connect(address).await.unwrap();
    assert_eq!(collector.given_up(), 0);
    drop(sender);
    throughline_testkit::eventually("it is counted", || collector.given_up() == 1).await;
}
