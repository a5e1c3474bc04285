"""Makes calls of which it knows nothing but what reflection says, over grpcio.

Usage: reflect.py TARGET SERVICE < CALLS

Each line of CALLS is a JSON object: `method`, `messages`, `metadata` and, for a stream
that has no end, `until`: the field that the last message to be taken has. Prints a line
for each, the messages of its answer.
"""

import json
import sys

import grpc
from google.protobuf import descriptor_pool, json_format, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase


def call(channel: grpc.Channel, pool, service: str, asked: dict) -> list[dict]:
    method = pool.FindServiceByName(service).FindMethodByName(asked["method"])
    request_class = message_factory.GetMessageClass(method.input_type)
    response_class = message_factory.GetMessageClass(method.output_type)
    requests = [json_format.ParseDict(message, request_class()) for message in asked["messages"]]
    kind = "_".join("stream" if streams else "unary" for streams in (method.client_streaming, method.server_streaming))
    stub = getattr(channel, kind)(
        f"/{service}/{method.name}",
        request_serializer=request_class.SerializeToString,
        response_deserializer=response_class.FromString,
    )
    request = iter(requests) if method.client_streaming else requests[0]
    answer = stub(request, metadata=list(asked["metadata"].items()), timeout=60)
    if not method.server_streaming:
        return [json_format.MessageToDict(answer, descriptor_pool=pool)]
    messages = []
    for message in answer:
        messages.append(json_format.MessageToDict(message, descriptor_pool=pool))
        if asked.get("until") in messages[-1]:
            answer.cancel()
            break
    return messages


def main() -> None:
    target, service = sys.argv[1:]
    with grpc.insecure_channel(target) as channel:
        pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
        for line in sys.stdin:
            print(json.dumps(call(channel, pool, service, json.loads(line))))


if __name__ == "__main__":
    main()
