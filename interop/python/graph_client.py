"""Asks the graph service for its stats and for one node, over grpcio.

Usage: graph_client.py TARGET DESCRIPTOR_SET NODE_ID

The messages are made from the workspace's descriptor set at run time, so that
no generated code is kept. Prints one JSON object; a gRPC error is printed as
{"code": ..., "details": ...}.
"""

import json
import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

SERVICE = "throughline.graph.v1.GraphService"


def load_pool(path: str) -> descriptor_pool.DescriptorPool:
    with open(path, "rb") as file:
        files = descriptor_pb2.FileDescriptorSet.FromString(file.read())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return pool


def call(channel: grpc.Channel, pool: descriptor_pool.DescriptorPool, method: str, fields: dict):
    descriptor = pool.FindServiceByName(SERVICE).FindMethodByName(method)
    request_class = message_factory.GetMessageClass(descriptor.input_type)
    response_class = message_factory.GetMessageClass(descriptor.output_type)
    stub = channel.unary_unary(
        f"/{SERVICE}/{method}",
        request_serializer=request_class.SerializeToString,
        response_deserializer=response_class.FromString,
    )
    try:
        response = stub(json_format.ParseDict(fields, request_class()), timeout=20)
    except grpc.RpcError as error:
        return {"code": error.code().name, "details": error.details()}
    return json_format.MessageToDict(response, descriptor_pool=pool)


def main() -> None:
    target, descriptors, node_id = sys.argv[1:]
    pool = load_pool(descriptors)
    with grpc.insecure_channel(target) as channel:
        print(
            json.dumps(
                {
                    "stats": call(channel, pool, "GetStats", {}),
                    "node": call(channel, pool, "GetNode", {"id": node_id}),
                }
            )
        )


if __name__ == "__main__":
    main()
