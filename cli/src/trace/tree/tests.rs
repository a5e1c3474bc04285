//! Pictures of traces, held against what they must look like.

use throughline_api::inspector::v1::{
    Diagnosis, DiagnosisKind, Side, Span, SpanNode, Trace, TraceSummary,
};

use super::super::rows::samples::{event, lasting, log, node, span};
use super::draw;
use crate::render::{Canvas, Palette};

fn of(service: &str, op: &str, mut span: Span) -> Span {
    span.service = service.into();
    span.op = op.into();
    span
}

fn whole() -> Trace {
    // A database's span is sent by the service that asked it.
    let mut asked = of("graph", "db.query", span("SELECT …", 40, 30));
    asked
        .attributes
        .insert("db.system".into(), r#""sqlite""#.into());
    let mut query = node(asked, vec![]);
    query.logs.push(log("3 rows", 45));
    let mut server = node(
        of("graph", "rpc.server", span("g.Graph/FindPath", 30, 60)),
        vec![query],
    );
    server.span.as_mut().unwrap().status = "internal_error".into();
    let mut oops = event("Panic: oops", 80);
    oops.culprit = "find_path at path.rs:7".into();
    server.events.push(oops);
    let head = of(
        "throughline",
        "cli.command",
        span("throughline graph path", 0, 100),
    );
    trace(
        vec![node(head, vec![server])],
        &["throughline", "graph", "sqlite"],
    )
}

fn trace(roots: Vec<SpanNode>, services: &[&str]) -> Trace {
    Trace {
        summary: Some(TraceSummary {
            trace_id: "0123456789abcdef0123456789abcdef".into(),
            duration: lasting(100),
            services: services.iter().map(|s| (*s).into()).collect(),
            span_count: 3,
            error_count: 1,
            ..Default::default()
        }),
        roots,
        quiet: true,
        ..Default::default()
    }
}

fn check(trace: &Trace, canvas: Canvas, expected: &str) {
    let drawn = draw(trace, &canvas);
    assert_eq!(drawn, expected, "\n{drawn}");
    let Some(width) = canvas.width else { return };
    for line in drawn.lines().skip(1) {
        assert!(
            crate::render::text::columns(line) <= width,
            "too wide: {line}"
        );
    }
}

#[test]
fn a_pipe_gets_everything() {
    check(
        &whole(),
        Canvas::PIPE,
        "\
trace 0123456789abcdef0123456789abcdef  100 ms · 3 services · 3 spans · 1 error

throughline  cli.command  throughline graph path   100 ms  ok              ████████████████████████████████
└─ graph  rpc.server  g.Graph/FindPath            60.0 ms  internal_error            ███████████████████
   ├─ sqlite  db.query  SELECT …                  30.0 ms  ok                           █████████
   │  └─ · info  3 rows
   └─ ✗ error  Panic: oops  in find_path at path.rs:7
",
    );
}

#[test]
fn a_narrow_terminal_cuts_names_and_then_bars() {
    let canvas = Canvas {
        width: Some(70),
        ..Canvas::PIPE
    };
    check(
        &whole(),
        canvas,
        "\
trace 0123456789abcdef0123456789abcdef  100 ms · 3 services · 3 spans · 1 error

throughline  cli.command  throu…   100 ms  ok              ███████████
└─ graph  rpc.server  Graph/Fin…  60.0 ms  internal_error     ███████
   ├─ sqlite  db.query  SELECT …  30.0 ms  ok                  ████
   │  └─ · info  3 rows
   └─ ✗ error  Panic: oops  in find_path at path.rs:7
",
    );
}

#[test]
fn what_is_broken_is_said_under_the_tree() {
    let mut orphan = of("graph", "rpc.server", span("g.Graph/FindPath", 0, 100));
    orphan.orphan = true;
    orphan.parent_span_id = "00000000000000aa".into();
    let mut trace = trace(vec![node(orphan, vec![])], &["graph"]);
    trace.stray_logs.push(log("lonely", 5));
    trace.quiet = false;
    trace.diagnoses.push(Diagnosis {
        kind: DiagnosisKind::HeadNeverRecorded.into(),
        service: "gateway".into(),
        side: Side::Client.into(),
        message: "no span 00000000000000aa arrived".into(),
        ..Default::default()
    });
    check(
        &trace,
        Canvas::PIPE,
        "\
trace 0123456789abcdef0123456789abcdef  100 ms · 1 service · 3 spans · 1 error

graph  rpc.server  g.Graph/FindPath  (parent 00000000000000aa did not arrive)   100 ms  ok  ████████████████████████████████
Under no span of this trace:
  · info  lonely

Why this trace is not whole:
  head never recorded (gateway, client side): no span 00000000000000aa arrived

More of this trace may yet arrive; --wait gives it time to.
",
    );
}

#[test]
fn colour_is_all_that_colour_adds() {
    let coloured = Canvas {
        width: None,
        palette: Palette::coloured(),
    };
    let drawn = draw(&whole(), &coloured);
    assert!(drawn.contains("\u{1b}["), "{drawn}");
    let plain = anstream::adapter::strip_str(&drawn).to_string();
    assert_eq!(plain, draw(&whole(), &Canvas::PIPE));
}

#[test]
fn what_a_service_sent_cannot_steer_the_terminal() {
    let mut nasty = span("a\u{1b}[2Jb", 0, 1);
    nasty.service = "s\r".into();
    nasty.status = "\u{1b}[31m".into();
    let mut root = node(nasty, vec![]);
    root.events.push(event("one\ntwo\u{7}", 0));
    let drawn = draw(&trace(vec![root], &[]), &Canvas::PIPE);
    assert!(!drawn.contains(['\u{1b}', '\r', '\u{7}']), "{drawn:?}");
    assert_eq!(drawn.lines().count(), 4, "{drawn}");
}
