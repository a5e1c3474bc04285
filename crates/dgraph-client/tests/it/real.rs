//! Against a real Dgraph.

use throughline_dgraph_client::{Dgraph, Dql, Error, Mutation, Options, Refusal, Subject};
use throughline_testkit::dgraph::lock_real;

use crate::{find, put};

#[tokio::test]
async fn a_real_dgraph_does_as_the_double() {
    let Some(real) = lock_real("a_real_dgraph_does_as_the_double").await else {
        return;
    };
    let dgraph = Dgraph::new(Options::new([real.endpoint()])).unwrap();
    dgraph.drop_all().await.unwrap();
    assert!(dgraph.version().await.unwrap().starts_with('v'));
    dgraph
        .alter("name: string @index(exact) @upsert .\nother: string .")
        .await
        .unwrap();
    let odd = "\") { uid } } # @if(eq(len(v), 0)) [\"a\"] val(v) uid(v) _STAR_ALL \u{0} ü";
    let answer = dgraph
        .upsert(Dql::default(), put(Subject::New(0), odd))
        .await
        .unwrap();
    let uid = answer.uid(0).unwrap();
    assert_eq!(find(&dgraph, odd).await.unwrap(), [uid]);
    for value in ["_STAR_ALL", "val(v)", "uid(v)", "[\"x\"]", "$v0", ""] {
        dgraph
            .upsert(Dql::default(), put(Subject::Uid(uid), value))
            .await
            .unwrap();
        assert_eq!(find(&dgraph, value).await.unwrap(), [uid], "{value:?}");
    }

    let (mut one, mut other) = (dgraph.transaction(), dgraph.transaction());
    one.mutate(Dql::default(), put(Subject::Uid(uid), "one"))
        .await
        .unwrap();
    other
        .mutate(Dql::default(), put(Subject::Uid(uid), "other"))
        .await
        .unwrap();
    one.commit().await.unwrap();
    assert_eq!(other.commit().await, Err(Error::Aborted));
    assert_eq!(find(&dgraph, "one").await.unwrap(), [uid]);

    let mut clear = Mutation::only_if("@if(eq(len(v), 1))");
    clear.clear(Subject::Variable("v"), "name");
    clear.set(Subject::Variable("v"), "name", "after");
    let mut dql = Dql::new("v as var(func: eq(name, ");
    dql.value("one").push("))");
    dgraph.upsert(dql, vec![clear]).await.unwrap();
    assert_eq!(find(&dgraph, "after").await.unwrap(), [uid]);
    let mut refused = Dql::new("q(func: eq(other, ");
    refused.value("x").push(")) { uid }");
    let error = dgraph.read().query(refused).await.unwrap_err();
    assert_eq!(error, Error::Refused(Refusal::Index));
}
