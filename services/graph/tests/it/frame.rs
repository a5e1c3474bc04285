//! What every service has: health, reflection, a graceful stop, and panics answered.

use throughline_api::graph::v1::{GetStatsRequest, ImportGraphRequest};
use tokio_stream::StreamExt as _;
use tonic::Code;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

use crate::harness::{Service, node};

const NAME: &str = "throughline.graph.v1.GraphService";

#[tokio::test]
async fn health_is_told_for_the_service() {
    let service = Service::start().await;
    for name in ["", NAME] {
        let request = HealthCheckRequest {
            service: name.into(),
        };
        let answer = HealthClient::new(service.channel.clone())
            .check(request)
            .await
            .unwrap();
        assert_eq!(
            answer.into_inner().status(),
            ServingStatus::Serving,
            "{name:?}"
        );
    }
}

#[tokio::test]
async fn reflection_names_every_method() {
    let service = Service::start().await;
    let ask = |message| ServerReflectionRequest {
        host: String::new(),
        message_request: Some(message),
    };
    let requests = tokio_stream::iter([
        ask(MessageRequest::ListServices(String::new())),
        ask(MessageRequest::FileContainingSymbol(NAME.into())),
    ]);
    let mut client = ServerReflectionClient::new(service.channel.clone());
    let mut answers = client
        .server_reflection_info(requests)
        .await
        .unwrap()
        .into_inner();
    let services = answers.next().await.unwrap().unwrap().message_response;
    let Some(MessageResponse::ListServicesResponse(services)) = services else {
        panic!("{services:?}");
    };
    assert!(
        services.service.iter().any(|service| service.name == NAME),
        "{services:?}"
    );
    let file = answers.next().await.unwrap().unwrap().message_response;
    let Some(MessageResponse::FileDescriptorResponse(file)) = file else {
        panic!("{file:?}");
    };
    let file = String::from_utf8_lossy(&file.file_descriptor_proto[0]).into_owned();
    assert!(file.contains("WatchChanges"));
}

#[tokio::test]
async fn a_stop_lets_calls_end() {
    let service = Service::start().await;
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    let mut client = service.client();
    let stream = tokio_stream::wrappers::ReceiverStream::new(receiver);
    let call = throughline_service_kit::spawn(async move { client.import_graph(stream).await });
    let batch = ImportGraphRequest {
        sequence: 1,
        nodes: vec![node("a")],
        ..ImportGraphRequest::default()
    };
    sender.send(batch).await.unwrap();
    while service
        .client()
        .get_stats(GetStatsRequest {})
        .await
        .unwrap()
        .into_inner()
        .node_count
        == 0
    {
        tokio::task::yield_now().await;
    }
    service.shutdown.request();
    drop(sender);
    assert_eq!(call.await.unwrap().unwrap().into_inner().node_count, 1);
    service.serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_panic_is_answered_and_the_next_call_goes_on() {
    let service = Service::start().await;
    let mut faulty = service.client_with([("x-throughline-fault", "graph=panic".to_owned())]);
    let status = faulty.get_stats(GetStatsRequest {}).await.unwrap_err();
    assert_eq!(status.code(), Code::Internal, "{status:?}");
    service
        .client()
        .get_stats(GetStatsRequest {})
        .await
        .unwrap();
}
