//! Each check holds on a whole chain and fails, naming the hop, on one that is not.

use throughline_trace_model::{
    DiagnosisKind, Event, Expectations, LossReport, Timestamp, TraceInput, TraceTree, Verdict,
    check, verdict,
};

use crate::scene::{WHOLE, input, span_id, trace_id};

fn all() -> Expectations {
    Expectations {
        services: ["shop", "edge", "core", "sqlite"]
            .map(str::to_owned)
            .to_vec(),
        no_orphans: true,
        one_root: true,
        errors: Some(1),
        same_baggage: true,
    }
}

fn whole() -> TraceInput {
    let mut input = input(WHOLE);
    input.events.push(Event {
        event_id: "e".to_owned(),
        trace_id: Some(trace_id("a")),
        span_id: Some(span_id("5")),
        service: "core".to_owned(),
        level: "error".to_owned(),
        title: "Oh: no".to_owned(),
        sampling_context: input.spans[0].sampling_context.clone(),
        ..Event::default()
    });
    input
}

#[test]
fn everything_holds_on_a_whole_chain() {
    let results = check(&TraceTree::build(whole()), &all());
    assert_eq!(verdict(&results), Verdict::Holds, "{results:#?}");
    let checks: Vec<_> = results.iter().map(|line| &*line.check).collect();
    let services = ["services"; 4];
    let flags = [
        "no-orphans",
        "one-root",
        "errors",
        "same-baggage",
        "unbroken",
    ];
    assert_eq!(checks, [&services[..], &flags[..]].concat());
}

#[test]
fn who_has_no_place_for_a_context_is_no_hop_to_compare() {
    // The middle one speaks OTLP; the last still has to have the head's.
    let mut input = whole();
    input.spans[2].otlp = true;
    input.spans[2].sampling_context = None;
    let results = check(&TraceTree::build(input.clone()), &all());
    assert_eq!(verdict(&results), Verdict::Holds, "{results:#?}");
    let pairs = input.spans[4].sampling_context.as_mut().unwrap();
    pairs.insert("release".to_owned(), "2".to_owned());
    let results = check(&TraceTree::build(input), &all());
    let broken = results
        .iter()
        .find(|line| line.verdict == Verdict::Fails)
        .unwrap();
    assert_eq!((&*broken.check, &*broken.service), ("same-baggage", "core"));
}

#[test]
fn a_replay_may_begin_after_the_head_was_frozen() {
    let mut input = whole();
    let pairs = input.spans[0].sampling_context.as_mut().unwrap();
    pairs.insert("replay_id".to_owned(), "a".to_owned());
    let results = check(&TraceTree::build(input), &all());
    assert_eq!(verdict(&results), Verdict::Holds, "{results:#?}");
}

/// Exactly this check does not hold, and it names this service.
#[track_caller]
fn fails(
    expected: &Expectations,
    check_name: &str,
    service: &str,
    outcome: Verdict,
    spoil: impl FnOnce(&mut TraceInput),
) {
    let mut input = whole();
    spoil(&mut input);
    let results = check(&TraceTree::build(input), expected);
    assert_eq!(verdict(&results), outcome, "{results:#?}");
    let line = results.iter().find(|line| line.verdict == outcome).unwrap();
    assert_eq!(
        (&*line.check, &*line.service),
        (check_name, service),
        "{results:#?}"
    );
    assert!(!line.message.is_empty());
}

#[test]
fn each_fails_alone() {
    let only = |set: fn(&mut Expectations)| {
        let mut expected = Expectations::default();
        set(&mut expected);
        expected
    };
    let services = only(|e| e.services = vec!["mail".to_owned()]);
    fails(&services, "services", "mail", Verdict::Fails, |_| {});
    let database = only(|e| e.services = vec!["sqlite".to_owned()]);
    fails(&database, "services", "sqlite", Verdict::Fails, |input| {
        drop(input.spans.pop())
    });

    let orphans = only(|e| e.no_orphans = true);
    fails(&orphans, "no-orphans", "shop", Verdict::Fails, |input| {
        drop(input.spans.remove(0))
    });

    let root = only(|e| e.one_root = true);
    fails(&root, "one-root", "shop", Verdict::Fails, |input| {
        drop(input.spans.remove(0))
    });
    fails(&root, "one-root", "mail", Verdict::Fails, |input| {
        input
            .spans
            .extend(crate::scene::spans("a 9 - mail task send 100 200"));
    });
    fails(&root, "one-root", "core", Verdict::Fails, |input| {
        input.spans.extend(crate::scene::spans(
            "a 9 8 core task loop 100 200\n a 8 9 core task loop 110 200",
        ));
    });

    let errors = only(|e| e.errors = Some(0));
    fails(&errors, "errors", "core", Verdict::Fails, |_| {});
    let errors = only(|e| e.errors = Some(2));
    fails(&errors, "errors", "core", Verdict::Fails, |_| {});
    let errors = only(|e| e.errors = Some(0));
    fails(&errors, "errors", "edge", Verdict::Fails, |input| {
        // One that hangs under no span counts as well.
        input.events[0].span_id = None;
        input.events[0].service = "edge".to_owned();
    });
    let errors = only(|e| e.errors = Some(1));
    fails(&errors, "errors", "core", Verdict::Unknown, |input| {
        input.losses.push(LossReport {
            service: "core".to_owned(),
            reason: "queue_overflow".to_owned(),
            category: "error".to_owned(),
            quantity: 1,
            ..LossReport::default()
        });
    });

    let baggage = only(|e| e.same_baggage = true);
    let release = |input: &mut TraceInput, place: usize, value: &str| {
        let pairs = input.spans[place].sampling_context.as_mut().unwrap();
        pairs.insert("release".to_owned(), value.to_owned());
    };
    fails(&baggage, "same-baggage", "edge", Verdict::Fails, |input| {
        release(input, 2, "2")
    });
    fails(&baggage, "same-baggage", "core", Verdict::Fails, |input| {
        for place in [0, 2] {
            release(input, place, "0.250");
        }
        release(input, 4, "0.25");
        input.events.clear();
    });
    let replay = |input: &mut TraceInput, place: usize, value: &str| {
        let pairs = input.spans[place].sampling_context.as_mut().unwrap();
        pairs.insert("replay_id".to_owned(), value.to_owned());
    };
    fails(&baggage, "same-baggage", "edge", Verdict::Fails, |input| {
        replay(input, 0, "a");
        replay(input, 2, "b");
        replay(input, 4, "b");
        input.events.clear();
    });
    fails(&baggage, "same-baggage", "core", Verdict::Fails, |input| {
        input.events[0].sampling_context = None
    });
    fails(&baggage, "same-baggage", "edge", Verdict::Fails, |input| {
        input.spans[2].sampling_context = None
    });
    fails(
        &baggage,
        "same-baggage",
        "edge",
        Verdict::Unknown,
        |input| {
            input
                .spans
                .iter_mut()
                .for_each(|span| span.sampling_context = None);
            input.events.clear();
        },
    );
    fails(&baggage, "same-baggage", "", Verdict::Unknown, |input| {
        input.spans.truncate(2);
        input.spans[1].op = "task".to_owned();
        input.events.clear();
    });

    fails(
        &Expectations::default(),
        "unbroken",
        "core",
        Verdict::Fails,
        |input| {
            input.spans.truncate(4);
            input.nearby = crate::scene::spans("b 5 - core db.query SELECT 250 750");
        },
    );
}

#[test]
fn what_cannot_be_judged_does_not_hold() {
    let judged = |input: TraceInput| verdict(&check(&TraceTree::build(input), &all()));
    assert_eq!(judged(TraceInput::default()), Verdict::Unknown);
    assert_eq!(
        judged(TraceInput {
            now: Some(Timestamp(1)),
            ..whole()
        }),
        Verdict::Unknown
    );
    // The head decided against it: its error came, no span did.
    let mut input = whole();
    input.spans.clear();
    let pairs = input.events[0].sampling_context.as_mut().unwrap();
    pairs.insert("sampled".to_owned(), "false".to_owned());
    let tree = TraceTree::build(input.clone());
    assert_eq!(tree.diagnoses[0].kind, DiagnosisKind::SampledAway);
    assert_eq!(judged(input), Verdict::Unknown);
}

#[test]
fn no_link_can_be_cut_unseen() {
    // Whatever single span or parent is taken away, something fails.
    let count = whole().spans.len();
    for place in 0..count {
        let mut input = whole();
        input.spans.remove(place);
        assert_ne!(
            verdict(&check(&TraceTree::build(input), &all())),
            Verdict::Holds,
            "span {place}"
        );
    }
    for place in 1..count {
        let mut input = whole();
        input.spans[place].parent_span_id = None;
        assert_eq!(
            verdict(&check(&TraceTree::build(input), &all())),
            Verdict::Fails,
            "parent {place}"
        );
    }
    for place in 1..count {
        let mut input = whole();
        input.spans[place].parent_span_id = Some(span_id("abc"));
        assert_eq!(
            verdict(&check(&TraceTree::build(input), &all())),
            Verdict::Fails,
            "parent {place}"
        );
    }
}
