//! The service on a real Dgraph with access control and TLS.

use std::path::Path;

use throughline_api::graph::v1::{
    GetNodeRequest, graph_service_client::GraphServiceClient, mutation::Change,
};
use throughline_testkit::{
    Process, ProcessBuilder,
    dgraph::{ClusterOptions, DgraphCluster, skipped},
};
use tonic::transport::Channel;

use crate::harness::{apply, node};

fn service(cluster: &DgraphCluster, authority: &Path, password: &str) -> ProcessBuilder {
    // By name: it is what the certificate says.
    let alpha = cluster.endpoints()[0].replace("127.0.0.1", "localhost");
    Process::builder("throughline-graph")
        .env("GRAPH_LISTEN", "127.0.0.1:0")
        .env("RUST_LOG", "trace")
        .env("GRAPH_STORE", format!("dgraph://{alpha}"))
        .env("GRAPH_DGRAPH_CA", authority)
        .env("GRAPH_WRITE_TOKEN", "canary-token")
        .env("GRAPH_DGRAPH_USER", "groot")
        .env("GRAPH_DGRAPH_PASSWORD", password)
}

async fn says_why(service: ProcessBuilder, says: &str) {
    let ended = service.output().await;
    assert!(!ended.status.success());
    assert!(ended.stderr.contains(says), "{says:?}: {}", ended.stderr);
    assert!(!ended.stderr.contains("s3cret"), "{}", ended.stderr);
}

#[tokio::test]
async fn it_logs_in_over_tls() {
    let options = ClusterOptions {
        login: Some("2s"),
        tls: true,
        ..ClusterOptions::default()
    };
    let Some(cluster) = DgraphCluster::start(options).await else {
        skipped("secured::it_logs_in_over_tls");
        return;
    };
    let authority = cluster.authority();
    let wrong = service(&cluster, &authority, "s3cret-and-wrong");
    says_why(wrong, "Dgraph does not accept the user and password").await;
    let elsewhere = service(&cluster, &authority, "password");
    let store = format!("dgraph://{}?namespace=77", cluster.endpoints()[0]);
    let elsewhere = elsewhere.env("GRAPH_STORE", store);
    says_why(elsewhere, "Dgraph does not accept the user and password").await;
    // Some other authority's certificate.
    let other = cluster.make_authority("other");
    let untrusting = service(&cluster, &other, "password");
    says_why(untrusting, "Dgraph cannot be reached").await;

    let service = service(&cluster, &authority, "password").spawn().await;
    let channel = Channel::from_shared(service.url().to_owned())
        .unwrap()
        .connect_lazy();
    let mut client = GraphServiceClient::new(channel);
    let mut write = tonic::Request::new(apply([Change::PutNode(node("ada"))]));
    let token = "Bearer canary-token".parse().unwrap();
    write.metadata_mut().insert("authorization", token);
    client.apply_mutations(write).await.unwrap();
    let request = GetNodeRequest {
        id: "ada".into(),
        ..GetNodeRequest::default()
    };
    let found = client.get_node(request).await.unwrap().into_inner();
    assert_eq!(found.node.unwrap().id, "ada");
    let log = service.stop().await.stderr;
    // What a JWT begins with.
    for secret in ["eyJ", "canary-token"] {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}

#[tokio::test]
async fn it_shows_a_certificate_to_a_dgraph_that_asks_for_one() {
    let options = ClusterOptions {
        tls: true,
        client_certificate: true,
        ..ClusterOptions::default()
    };
    let Some(cluster) = DgraphCluster::start(options).await else {
        skipped("secured::it_shows_a_certificate_to_a_dgraph_that_asks_for_one");
        return;
    };
    let authority = cluster.authority();
    let service = || {
        let alpha = cluster.endpoints()[0].replace("127.0.0.1", "localhost");
        Process::builder("throughline-graph")
            .env("GRAPH_LISTEN", "127.0.0.1:0")
            .env("GRAPH_STORE", format!("dgraph://{alpha}"))
            .env("GRAPH_DGRAPH_CA", &authority)
    };
    // Dgraph hangs up; how far the call was by then is chance.
    says_why(service(), "cannot open the graph in Dgraph").await;
    let [certificate, key] = cluster.identity();
    let half = service().env("GRAPH_DGRAPH_CERT", &certificate);
    says_why(half, "--dgraph-key").await;
    let service = service()
        .env("GRAPH_DGRAPH_CERT", certificate)
        .env("GRAPH_DGRAPH_KEY", key);
    service.spawn().await.stop().await;
}
