//! Each way in which a chain breaks is found, and laid at the right door.

use throughline_trace_model::{
    DiagnosisKind as Kind, Expectations, Side, Verdict, check, diagnose_expected, verdict,
};

use crate::scene::{WHOLE, tree};

const CLIENT: Option<Side> = Some(Side::Client);
const SERVER: Option<Side> = Some(Side::Server);

/// The first diagnosis is of this kind, service and side; and the check fails with that
/// service, whether or not anyone was expected.
#[track_caller]
fn check_break(what: &str, lines: &str, kind: Kind, service: &str, side: Option<Side>) {
    let tree = tree(lines);
    let first = tree
        .diagnoses
        .first()
        .unwrap_or_else(|| panic!("{what}: no diagnosis"));
    let got = (first.kind, &*first.service, first.side);
    assert_eq!(got, (kind, service, side), "{what}: {:#?}", tree.diagnoses);
    if kind == Kind::NotPropagated {
        assert!(
            first.message.contains("sentry-trace"),
            "{what}: {}",
            first.message
        );
    }
    for services in [vec![], vec!["shop", "edge", "core", "sqlite"]] {
        let services = services.into_iter().map(str::to_owned).collect();
        let expected = Expectations {
            services,
            ..Expectations::default()
        };
        let results = check(&tree, &expected);
        assert_eq!(verdict(&results), Verdict::Fails, "{what}");
        let unbroken = results
            .iter()
            .find(|line| line.check == "unbroken")
            .unwrap();
        assert_eq!(unbroken.service, service, "{what}: {results:#?}");
    }
}

#[test]
fn client_side_of_a_head() {
    check_break(
        "the command makes no client span, its callee is a head",
        "a 1 - shop cli.command buy 0 1000
         b 3 - edge rpc.server p.S/M 150 850
         b 4 3 edge rpc.client p.S/M 200 800
         b 5 4 core rpc.server p.S/M 250 750
         b 6 5 core db.query SELECT 300 400 db.system=sqlite",
        Kind::NotPropagated,
        "shop",
        CLIENT,
    );
    check_break(
        "only the root of the other trace is known",
        "a 1 - shop cli.command buy 0 1000
         b 3 - edge rpc.server p.S/M 150 850",
        Kind::NotPropagated,
        "shop",
        CLIENT,
    );
}

#[test]
fn client_side_in_the_middle() {
    let own = "a 1 - shop cli.command buy 0 1000
               a 2 1 shop rpc.client p.S/M 100 900
               a 3 2 edge rpc.server p.S/M 150 850\n";
    check_break(
        "it sends nothing",
        &format!("{own} b 5 - core rpc.server p.S/M 250 750"),
        Kind::NotPropagated,
        "edge",
        CLIENT,
    );
    check_break(
        "it sends on what it got",
        &format!("{own} a 5 2 core rpc.server p.S/M 250 750"),
        Kind::NotPropagated,
        "edge",
        CLIENT,
    );
    check_break(
        "it sends on what it got, from a head that no one recorded",
        "a 3 2 edge rpc.server p.S/M 150 850
         a 5 2 core rpc.server p.S/M 250 750
         a 6 5 core db.query SELECT 300 400 db.system=sqlite",
        Kind::NotPropagated,
        "edge",
        CLIENT,
    );
    check_break(
        "seen from the callee",
        "b 1 - shop cli.command buy 0 1000
         b 2 1 shop rpc.client p.S/M 100 900
         b 3 2 edge rpc.server p.S/M 150 850
         a 5 - core rpc.server p.S/M 250 750",
        Kind::NotPropagated,
        "edge",
        CLIENT,
    );
}

#[test]
fn a_head_is_not_accused_of_the_calls_under_it() {
    // All of it within the time by which clocks may be apart.
    let tree = tree(
        "a 1 - shop cli.command buy 0 10
         a 2 1 shop rpc.client p.S/M 1 9
         a 3 2 edge rpc.server p.S/M 2 8
         a 4 3 edge rpc.client p.S/M 3 7
         b 5 - core db.query SELECT 4 5 db.system=sqlite",
    );
    assert!(!tree.diagnoses.is_empty());
    for diagnosis in &tree.diagnoses {
        let accused = (&*diagnosis.service, diagnosis.side);
        assert_eq!(accused, ("core", SERVER), "{:#?}", tree.diagnoses);
    }
}

#[test]
fn server_side_in_the_middle() {
    let own = "a 1 - shop cli.command buy 0 1000
               a 2 1 shop rpc.client p.S/M 100 900 server.address=edge.test\n";
    check_break(
        "its own call heads another trace",
        &format!(
            "{own} b 4 - edge rpc.client p.S/M 200 800
                        b 5 4 core rpc.server p.S/M 250 750"
        ),
        Kind::NotPropagated,
        "edge",
        SERVER,
    );
    check_break(
        "its own call hangs directly under the caller's",
        &format!(
            "{own} a 4 2 edge rpc.client p.S/M 200 800
                        a 5 4 core rpc.server p.S/M 250 750"
        ),
        Kind::HopNotRecorded,
        "edge",
        SERVER,
    );
    check_break(
        "seen from the callee",
        "b 1 - shop cli.command buy 0 1000
         b 2 1 shop rpc.client p.S/M 100 900
         a 4 - edge rpc.client p.S/M 200 800
         a 5 4 core rpc.server p.S/M 250 750",
        Kind::NotPropagated,
        "edge",
        SERVER,
    );
    check_break(
        "it takes the call, but begins anew (it does not trust the caller)",
        &format!(
            "{own} b 3 - edge rpc.server p.S/M 150 850
                        b 4 3 edge rpc.client p.S/M 200 800
                        b 5 4 core rpc.server p.S/M 250 750"
        ),
        Kind::NotPropagated,
        "edge",
        SERVER,
    );
}

#[test]
fn server_side_at_the_end() {
    let own = "a 1 - shop cli.command buy 0 1000
               a 2 1 shop rpc.client p.S/M 100 900
               a 3 2 edge rpc.server p.S/M 150 850
               a 4 3 edge rpc.client p.S/M 200 800\n";
    check_break(
        "its queries head other traces",
        &format!(
            "{own} b 6 - core db.query SELECT 300 400 db.system=sqlite
                        c 7 - core db.query SELECT 400 500 db.system=sqlite"
        ),
        Kind::NotPropagated,
        "core",
        SERVER,
    );
    check_break(
        "its queries hang directly under the caller's call",
        &format!("{own} a 6 4 core db.query SELECT 300 400 db.system=sqlite"),
        Kind::HopNotRecorded,
        "core",
        SERVER,
    );
}

#[test]
fn server_side_that_recorded_nothing_is_known_by_address_or_by_expectation() {
    let lines = "a 1 - shop cli.command buy 0 1000
                 a 2 1 shop rpc.client p.S/M 100 900 server.address=edge.test";
    let tree = tree(lines);
    let first = &tree.diagnoses[0];
    assert_eq!(
        (first.kind, &*first.service),
        (Kind::NotPropagated, "edge.test")
    );

    let services = vec!["shop".to_owned(), "edge".to_owned(), "core".to_owned()];
    let expected = Expectations {
        services,
        ..Expectations::default()
    };
    let first = &diagnose_expected(&tree, &expected)[0];
    assert_eq!(
        (first.kind, &*first.service, first.side),
        (Kind::NotPropagated, "edge", SERVER)
    );
    assert_eq!(
        verdict(&check(&tree, &Expectations::default())),
        Verdict::Fails
    );

    // Its callee is called without a header.
    let callee = format!("{lines}\n b 5 - core rpc.server p.S/M 250 750");
    let first = &diagnose_expected(&crate::scene::tree(&callee), &expected)[0];
    assert_eq!(
        (first.kind, &*first.service, first.side),
        (Kind::NotPropagated, "edge", SERVER)
    );
    // One that should come after it is not between.
    let services = vec!["shop".to_owned(), "core".to_owned(), "edge".to_owned()];
    let other = Expectations {
        services,
        ..Expectations::default()
    };
    let first = &diagnose_expected(&crate::scene::tree(&callee), &other)[0];
    assert_eq!((&*first.service, first.side), ("core", SERVER));

    // Its callee continues a span of a trace that no one recorded.
    let lines = format!("{lines}\n b 5 9 core rpc.server p.S/M 250 750");
    let first = &diagnose_expected(&crate::scene::tree(&lines), &expected)[0];
    assert_eq!(
        (first.kind, &*first.service, first.side),
        (Kind::NotPropagated, "edge", SERVER)
    );
}

#[test]
fn a_hop_that_only_passes_on_is_missed_only_by_who_expects_it() {
    let tree = tree(
        "a 1 - shop cli.command buy 0 1000
         a 2 1 shop rpc.client p.S/M 100 900
         a 5 2 core rpc.server p.S/M 250 750",
    );
    assert_eq!(tree.diagnoses, []);
    let expect = |services: &[&str]| {
        let services = services
            .iter()
            .map(|service| (*service).to_owned())
            .collect();
        Expectations {
            services,
            ..Expectations::default()
        }
    };
    assert_eq!(
        verdict(&check(&tree, &expect(&["shop", "core"]))),
        Verdict::Holds
    );
    let expected = expect(&["shop", "edge", "core"]);
    assert_eq!(verdict(&check(&tree, &expected)), Verdict::Fails);
    let found = diagnose_expected(&tree, &expected);
    assert_eq!(
        (found[0].kind, &*found[0].service),
        (Kind::HopNotRecorded, "edge")
    );
}

#[test]
fn a_caller_is_found_from_its_callees_trace() {
    let tree = tree(
        "b 1 - shop cli.command buy 0 1000
         a 3 - edge rpc.server p.S/M 150 850
         a 4 3 edge rpc.client p.S/M 200 800
         a 5 4 core rpc.server p.S/M 250 750",
    );
    // Without an expectation it may stand there by chance.
    assert_eq!(tree.diagnoses, []);
    let services = vec!["shop".to_owned(), "edge".to_owned(), "core".to_owned()];
    let expected = Expectations {
        services,
        ..Expectations::default()
    };
    let first = &diagnose_expected(&tree, &expected)[0];
    assert_eq!(
        (first.kind, &*first.service, first.side),
        (Kind::NotPropagated, "shop", CLIENT)
    );
    let results = check(&tree, &expected);
    assert!(
        results
            .iter()
            .any(|line| line.verdict == Verdict::Fails && line.service == "shop")
    );
}

#[test]
fn a_parent_that_no_one_recorded() {
    let tree = tree(
        "a 3 2 edge rpc.server p.S/M 150 850
         a 4 3 edge rpc.client p.S/M 200 800
         a 5 4 core rpc.server p.S/M 250 750",
    );
    let kinds: Vec<_> = tree.diagnoses.iter().map(|found| found.kind).collect();
    assert_eq!(kinds, [Kind::HeadNeverRecorded]);
    assert_eq!(
        verdict(&check(&tree, &Expectations::default())),
        Verdict::Holds
    );
    let strict = Expectations {
        no_orphans: true,
        ..Expectations::default()
    };
    assert_eq!(verdict(&check(&tree, &strict)), Verdict::Fails);
    check_break(
        "in the middle it is a gap",
        "a 1 - shop cli.command buy 0 1000
         a 2 1 shop rpc.client p.S/M 100 900
         a 3 2 edge rpc.server p.S/M 150 850
         a 5 9 core rpc.server p.S/M 250 750",
        Kind::HopNotRecorded,
        "edge",
        CLIENT,
    );
    check_break(
        "a server that has the trace's id alone",
        "a 1 - shop task buy 0 1000
         a 5 - core rpc.server p.S/M 1250 1750",
        Kind::NotPropagated,
        "core",
        SERVER,
    );
}

#[test]
fn what_is_whole_accuses_no_one() {
    let whole = |what: &str, lines: &str| {
        let tree = tree(lines);
        assert_eq!(tree.diagnoses, [], "{what}");
        assert_eq!(
            verdict(&check(&tree, &Expectations::default())),
            Verdict::Holds,
            "{what}"
        );
    };
    whole("alone", WHOLE);
    whole(
        "a server there by chance",
        &format!("{WHOLE} b 9 - mail rpc.server q.T/N 320 390"),
    );
    whole(
        "beside it by chance",
        &format!("{WHOLE} b 9 - mail rpc.server p.S/M 200 1200"),
    );
    whole(
        "around it by chance",
        &format!("{WHOLE} b 9 - mail cli.command send -50 1200"),
    );
    whole(
        "another of its kind at the same time",
        &format!("{WHOLE} {}", WHOLE.replace(" a ", " b ")),
    );
    whole(
        "the last service is plain, another trace overlaps",
        "a 1 - shop cli.command buy 0 1000
         a 2 1 shop rpc.client p.S/M 100 900
         a 3 2 edge rpc.server p.S/M 150 850
         b 9 - mail rpc.server q.T/N 200 800",
    );
    whole(
        "a command that calls no one",
        "a 1 - shop cli.command buy 0 1000
         b 9 - edge rpc.server p.S/M 500 1500",
    );
    whole(
        "a call that reached no one",
        "a 1 - shop cli.command buy 0 1000
         a 2 1 shop rpc.client p.S/M 100 900 status=unavailable",
    );
    whole(
        "HTTP to a stranger",
        "a 1 - shop cli.command buy 0 1000
         a 2 1 shop http.client GET 100 900",
    );
    whole(
        "a redirect",
        "a 1 - shop cli.command buy 0 1000
         a 2 1 shop http.client GET 100 900
         a 3 2 edge http.server /a 150 250
         a 4 2 core http.server /b 350 450",
    );
    whole(
        "a retry",
        "a 1 - shop cli.command buy 0 1000
         a 2 1 shop rpc.client p.S/M 100 900
         a 3 2 edge rpc.server p.S/M 150 250
         a 4 2 edge rpc.server p.S/M 350 450",
    );
    whole(
        "two spans for one call",
        "a 1 - shop cli.command buy 0 1000
         a 2 1 shop rpc.client p.S/M 100 900
         a 3 2 shop http.client POST 110 890
         a 4 3 edge rpc.server p.S/M 150 850",
    );
}
