//! N-Quads as Dgraph writes them, good, bad and hostile.

use proptest::prelude::*;

use super::super::graph::int;
use super::*;

fn graph(rdf: &str) -> Result<Graph, String> {
    read(rdf.as_bytes(), &Limits::default()).map_err(|fault| fault.to_string())
}

#[test]
fn quads_are_a_graph() {
    let graph = graph(
        "<0x1> <dgraph.type> \"Film\" .\n\
         <0x1> <name> \"Up\" (origin=\"disc\") .\n\
         <0x1> <name> \"Là-haut\"@fr .\n\
         <0x1> <name> \"Oben\" .\n\
         <0x1> <name> \"Up\" .\n\
         <0x1> <film.genre> _:g (weight=3) .\n\
         <0x1> <dgraph.type> \"Work\" .\n",
    )
    .unwrap();
    let film = &graph.nodes["0x1"];
    assert_eq!(film.r#type, "Film");
    let expected = graph::properties([
        ("name", text("Up")),
        ("name__facet_origin", text("disc")),
        ("name__fr", text("Là-haut")),
        ("name__2", text("Oben")),
        ("type", text("Work")),
    ]);
    assert_eq!(film.properties, expected);
    assert_eq!(graph.nodes["_:g"].r#type, "Node");
    let key = ("0x1".to_owned(), "film_genre".to_owned(), "_:g".to_owned());
    assert_eq!(graph.edges[&key].properties["weight"], int(3));
}

#[test]
fn each_fault_names_its_line() {
    for (rdf, expected) in [
        ("# a\n<a> <b> <c>\n", "line 2: column 12: `.` is expected"),
        (
            "<a> <b> <c> .\n<a> <x.y> <c> .\n<a> <x_y> <c> .",
            "line 3: `x.y` and `x_y` would both",
        ),
        (
            "\n<a\\u0000> <b> <c> .",
            "line 2: the id \"a\\0\" has control characters",
        ),
        (
            "<a> <dgraph.type> \"7\"^^<xs:int> .",
            "line 1: a type is a text",
        ),
    ] {
        let said = graph(rdf).expect_err(rdf);
        assert!(said.starts_with(expected), "{said}");
    }
    let many: String = (0..300).map(|n| format!("<a> <p> \"{n}\" .\n")).collect();
    assert_eq!(
        graph(&many).unwrap_err(),
        "line 257: `a` has more than 256 properties"
    );
    let few = Limits {
        items: 2,
        ..Limits::default()
    };
    let fault = read(&b"<a> <p> <b> .\n<a> <p> <c> ."[..], &few).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "line 2: there are more than 2 nodes and edges"
    );
}

proptest! {
    #[test]
    fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&*bytes, &Limits::default());
    }

    #[test]
    fn any_line_of_tokens_ends_in_a_graph_that_holds(
        tokens in prop::collection::vec(
            prop::sample::select(vec![
                "<a>", "<b.c>", "_:x", "_:y.z", "\"t\"", "@en", "^^<xs:int>", "\"7\"", "(", ")",
                "k=1", "k=\"v\"", ",", ".", "\n", "*", "#", "\\", "<dgraph.type>", " ",
            ]),
            0..24,
        ),
    ) {
        if let Ok(graph) = graph(&tokens.join(" ")) {
            prop_assert_eq!(graph.check(&Limits::default()), Ok(()));
        }
    }
}
