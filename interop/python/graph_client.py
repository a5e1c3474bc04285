"""A client of the graph service over grpcio, from the same proto, traced by the Sentry SDK:
three calls, a stream, and an error with its details read.

Usage: SENTRY_DSN=... graph_client.py GATEWAY FROM TO

GATEWAY is host:port, for example 127.0.0.1:8080. Prints the trace's id last.
"""

import pathlib
import sys

import grpc
import sentry_sdk
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from sentry_sdk.integrations.grpc import GRPCIntegration

# grpcio-tools makes the messages and the stub at run time; a project of its own would make them at build time.
sys.path.append(str(pathlib.Path(__file__).parents[2] / "proto"))
graph, services = grpc.protos_and_services("throughline/graph/v1/graph.proto")


def ask(client, start: str, end: str) -> None:
    # A list, by a filter (AIP-160), in pages: next_page_token is empty on the last.
    page = client.ListNodes(graph.ListNodesRequest(order_by="id", page_size=3))
    print("the first nodes are", ", ".join(node.id for node in page.nodes))

    # Words, ranked.
    found = client.SearchNodes(graph.SearchNodesRequest(query=start))
    print(len(found.hits), "nodes hold the word", start)

    # That there is no path is an answer, not an error.
    path = client.FindPath(graph.FindPathRequest(**{"from": start, "to": end}))
    print("the path is", " -> ".join(node.id for node in path.nodes))

    # A stream, level by level.
    for part in client.Traverse(graph.TraverseRequest(start=[start], max_depth=2)):
        print(f"level {part.level}: {len(part.nodes)} nodes")

    # An error: its code says what to do, its details what it is about.
    try:
        client.GetNode(graph.GetNodeRequest(id="nobody"))
    except grpc.RpcError as error:
        reason = resource = ""
        for detail in rpc_status.from_call(error).details:
            info, about = error_details_pb2.ErrorInfo(), error_details_pb2.ResourceInfo()
            if detail.Unpack(info):
                reason = info.reason
            if detail.Unpack(about):
                resource = about.resource_name
        print(f"{error.code().name}, {reason}: {resource!r}")


def main() -> None:
    gateway, start, end = sys.argv[1:]
    # The integration is not among those that come by themselves. The DSN comes from SENTRY_DSN.
    sentry_sdk.init(traces_sample_rate=1.0, integrations=[GRPCIntegration()])
    with grpc.insecure_channel(gateway) as channel:
        # What is one piece of work to you is one transaction; each call becomes a span of it.
        with sentry_sdk.start_transaction(op="task", name="ask the graph") as transaction:
            ask(services.GraphServiceStub(channel), start, end)
    sentry_sdk.flush(timeout=10)
    print("trace", transaction.trace_id)


if __name__ == "__main__":
    main()
