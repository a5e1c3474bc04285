//! Logging in, and staying logged in.

use throughline_dgraph_client::{Dgraph, Dql, Error, Login, Options, Subject};
use throughline_testkit::dgraph::FakeDgraph;

use crate::{by_name, limits, put};

fn logged_in(fake: &FakeDgraph, password: &str) -> Dgraph {
    let options = Options {
        login: Some(Login {
            user: "groot".to_owned(),
            password: password.to_owned(),
            namespace: 0,
        }),
        limits: limits(),
        ..Options::new([fake.address()])
    };
    Dgraph::new(options).unwrap()
}

fn logins(fake: &FakeDgraph) -> usize {
    fake.recorded()
        .iter()
        .filter(|it| it.method == "Login")
        .count()
}

#[tokio::test]
async fn one_login_serves_all_calls_until_it_expires() {
    let fake = FakeDgraph::start().await;
    fake.need_login("groot", "right");
    let dgraph = logged_in(&fake, "right");
    let calls = (0..8).map(|_| {
        let dgraph = dgraph.clone();
        tokio::spawn(async move { dgraph.read().query(by_name("a")).await.map(drop) })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
    assert_eq!(logins(&fake), 1);
    fake.expire_logins();
    dgraph.read().query(by_name("a")).await.unwrap();
    assert_eq!(logins(&fake), 2);
}

#[tokio::test]
async fn a_login_that_expires_in_a_transaction_does_not_end_it() {
    let fake = FakeDgraph::start().await;
    fake.need_login("groot", "right");
    let dgraph = logged_in(&fake, "right");
    let mut transaction = dgraph.transaction();
    transaction.query(by_name("a")).await.unwrap();
    fake.expire_logins();
    // Both are refused in other words than a first request is.
    transaction
        .mutate(Dql::default(), put(Subject::New(0), "a"))
        .await
        .unwrap();
    fake.expire_logins();
    assert!(transaction.commit().await.unwrap() > 0);
    assert_eq!(logins(&fake), 3);
}

#[tokio::test]
async fn a_wrong_password_is_said_and_never_shown() {
    let fake = FakeDgraph::start().await;
    fake.need_login("groot", "right");
    let dgraph = logged_in(&fake, "wr0ng-s3cret");
    let error = dgraph.read().query(by_name("a")).await.unwrap_err();
    assert_eq!(error, Error::Credentials);
    assert!(!format!("{error:?} {dgraph:?}").contains("wr0ng"));
    fake.forget();
    // Without a login at all.
    let error = crate::client(&[&fake])
        .read()
        .query(by_name("a"))
        .await
        .unwrap_err();
    assert_eq!(error, Error::Credentials);
}
