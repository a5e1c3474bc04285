//! Against a real Dgraph with access control.

use prost::Message as _;
use throughline_dgraph_client::{
    Dgraph, Dql, Error, Login, Options, Subject,
    api::{self, dgraph_client::DgraphClient},
};
use throughline_testkit::dgraph::{ClusterOptions, DgraphCluster, skipped};
use tonic::{Request, metadata::AsciiMetadataValue, transport::Channel};

use crate::{by_name, find, put};

fn client(cluster: &DgraphCluster, user: &str, password: &str, namespace: u64) -> Dgraph {
    let login = Login {
        user: user.to_owned(),
        password: password.to_owned(),
        namespace,
    };
    let options = Options {
        login: Some(login),
        ..cluster.client_options()
    };
    Dgraph::new(options).unwrap()
}

async fn count(dgraph: &Dgraph, name: &str) -> Result<usize, Error> {
    Ok(find(dgraph, name).await?.len())
}

/// The API without our client over it.
struct Bare {
    api: DgraphClient<Channel>,
    access: String,
}

impl Bare {
    async fn log_in(cluster: &DgraphCluster) -> Self {
        let login = cluster.client_options().login.unwrap();
        let url = format!("http://{}", cluster.endpoints()[0]);
        let mut api = DgraphClient::connect(url).await.unwrap();
        let request = api::LoginRequest {
            userid: login.user,
            password: login.password,
            ..api::LoginRequest::default()
        };
        let answer = api.login(request).await.unwrap().into_inner();
        let jwt = api::Jwt::decode(answer.json.as_slice()).unwrap();
        Self {
            api,
            access: jwt.access_jwt,
        }
    }

    async fn wait_until_it_has_expired(&mut self) {
        loop {
            let mut request = Request::new(api::Request {
                query: "{ q(func: uid(0x1)) { uid } }".to_owned(),
                read_only: true,
                ..api::Request::default()
            });
            let token = AsciiMetadataValue::try_from(&self.access).unwrap();
            request.metadata_mut().insert("accessjwt", token);
            if let Err(refused) = self.api.query(request).await {
                assert_eq!(Error::from(refused), Error::Expired);
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn access_control_of_a_real_dgraph() {
    let options = ClusterOptions {
        login: Some("2s"),
        ..ClusterOptions::default()
    };
    let Some(cluster) = DgraphCluster::start(options).await else {
        skipped("secured::access_control_of_a_real_dgraph");
        return;
    };
    let dgraph = Dgraph::new(cluster.client_options()).unwrap();
    let schema = "name: string @index(exact) @upsert .";
    dgraph.alter(schema).await.unwrap();

    // A login that expires between the requests of a transaction, which has a hash to send back.
    let mut transaction = dgraph.transaction();
    transaction.query(by_name("a")).await.unwrap();
    Bare::log_in(&cluster)
        .await
        .wait_until_it_has_expired()
        .await;
    let new = put(Subject::New(0), "a");
    transaction.mutate(Dql::default(), new).await.unwrap();
    Bare::log_in(&cluster)
        .await
        .wait_until_it_has_expired()
        .await;
    assert!(transaction.commit().await.unwrap() > 0);
    assert_eq!(count(&dgraph, "a").await, Ok(1));

    let wrong = client(&cluster, "groot", "wr0ng-password", 0);
    assert_eq!(count(&wrong, "a").await, Err(Error::Credentials));
    let nobody = Options {
        login: None,
        ..cluster.client_options()
    };
    let nobody = Dgraph::new(nobody).unwrap();
    assert!(nobody.version().await.unwrap().starts_with('v'));
    assert_eq!(count(&nobody, "a").await, Err(Error::Credentials));

    // Another namespace has a graph and users of its own.
    let admin = Bare::log_in(&cluster).await.access;
    let added = "mutation { addNamespace(input: { password: \"of-its-own\" }) { namespaceId } }";
    let added = cluster.admin(&admin, added).await;
    let namespace = added["data"]["addNamespace"]["namespaceId"].as_u64();
    let namespace = namespace.unwrap_or_else(|| panic!("{added}"));
    let other = client(&cluster, "groot", "of-its-own", namespace);
    other.alter(schema).await.unwrap();
    assert_eq!(count(&other, "a").await, Ok(0));
    let new = put(Subject::New(0), "b");
    other.upsert(Dql::default(), new).await.unwrap();
    assert_eq!(count(&other, "b").await, Ok(1));
    assert_eq!(count(&dgraph, "b").await, Ok(0));
    let wrong = client(&cluster, "groot", "of-its-own", 0);
    assert_eq!(count(&wrong, "a").await, Err(Error::Credentials));

    // A user who may do nothing.
    let admin = Bare::log_in(&cluster).await.access;
    let added = "mutation { addUser(input: [{ name: \"guest\", password: \"guest-password\" }]) { user { name } } }";
    let added = cluster.admin(&admin, added).await;
    assert_eq!(
        added["data"]["addUser"]["user"][0]["name"], "guest",
        "{added}"
    );
    let guest = client(&cluster, "guest", "guest-password", 0);
    let new = put(Subject::New(0), "c");
    let refused = guest.upsert(Dql::default(), new).await.unwrap_err();
    assert_eq!(refused, Error::Denied);
    assert_eq!(guest.alter(schema).await, Err(Error::Denied));
}
