//! Who may write.

use throughline_api::graph::v1::{GetStatsRequest, UpdateSchemaRequest, mutation::Change};
use throughline_graph::WriteToken;
use throughline_graph_store::SqliteOptions;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::harness::{Service, TOKEN, apply, node};

/// The codes of the three writes with this header, which must agree.
async fn code(service: &Service, authorization: Option<&str>) -> Code {
    let headers = authorization.map(|value| ("authorization", value.to_owned()));
    let mut client = service.client_with(headers);
    let import = client.import_graph(tokio_stream::empty()).await.err();
    let schema = client
        .update_schema(UpdateSchemaRequest::default())
        .await
        .err();
    let write = client
        .apply_mutations(apply([Change::PutNode(node("a"))]))
        .await
        .err();
    let code = write.map_or(Code::Ok, |status| status.code());
    assert_eq!(import.map_or(Code::Ok, |status| status.code()), code);
    let schema = schema.unwrap().code();
    assert_eq!(
        schema,
        if code == Code::Ok {
            Code::InvalidArgument
        } else {
            code
        }
    );
    client.get_stats(GetStatsRequest {}).await.unwrap();
    code
}

#[tokio::test]
async fn writing_asks_for_the_token_and_reading_does_not() {
    let service = Service::start().await;
    assert_eq!(code(&service, None).await, Code::Unauthenticated);
    for odd in ["", "Bearer", "Basic abc", TOKEN] {
        assert_eq!(
            code(&service, Some(odd)).await,
            Code::Unauthenticated,
            "{odd:?}"
        );
    }
    for wrong in [
        "Bearer ",
        "Bearer x",
        "Bearer the toke",
        "Bearer the token2",
    ] {
        assert_eq!(
            code(&service, Some(wrong)).await,
            Code::PermissionDenied,
            "{wrong:?}"
        );
    }
    let stats = service
        .client()
        .get_stats(GetStatsRequest {})
        .await
        .unwrap();
    assert_eq!(stats.into_inner().node_count, 0);
    for right in ["Bearer the token", "bearer the token", "Bearer   the token"] {
        assert_eq!(code(&service, Some(right)).await, Code::Ok, "{right:?}");
    }
}

#[tokio::test]
async fn without_a_token_nobody_writes() {
    for token in [WriteToken::nobody(), WriteToken::new("")] {
        let service = Service::with(token, SqliteOptions::default()).await;
        assert_eq!(code(&service, None).await, Code::Unauthenticated);
        assert_eq!(code(&service, Some("Bearer ")).await, Code::Unauthenticated);
        let status = service
            .client()
            .apply_mutations(apply([]))
            .await
            .unwrap_err();
        assert!(status.message().contains("GRAPH_WRITE_TOKEN"), "{status:?}");
        let info = status.get_error_details().error_info().cloned().unwrap();
        assert_eq!(info.reason, "WRITE_TOKEN_MISSING");
    }
}
