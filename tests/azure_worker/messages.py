"""Messages of Azure's FunctionRpc protocol, as far as azure-functions-runtime builds or reads them.

It takes the classes as a parameter and asks them for constructors, fields and `WhichOneof`; of what the host would
compile from FunctionRpc.proto the names and meanings are kept, and no gRPC is needed.
"""

from __future__ import annotations

from typing import Any


class Message:
    def __init__(self, **fields: Any):
        self.__dict__.update(fields)

    def WhichOneof(self, group: str) -> str | None:
        """The field that is set; each of these messages has one group of alternatives at most."""
        if self.__dict__.get("data") is not None:
            return "data"
        return next((name for name, value in self.__dict__.items() if value is not None), None)


class StatusResult(Message):
    Failure, Success, Cancelled = range(3)


class BindingInfo(Message):
    inout, out, undefined = 2, 1, 0


class RpcHttpCookie(Message):
    class SameSite:
        Lax, Strict, ExplicitNone = 1, 2, 3


setattr(RpcHttpCookie.SameSite, "None", 0)


class TypedData(Message):
    pass


class ParameterBinding(Message):
    pass


class RpcHttp(Message):
    pass


class RpcException(Message):
    pass


class RpcFunctionMetadata(Message):
    pass


class RpcRetryOptions(Message):
    pass


class WorkerMetadata(Message):
    pass


class WorkerInitResponse(Message):
    pass


class FunctionMetadataResponse(Message):
    pass


class FunctionLoadResponse(Message):
    pass


class InvocationResponse(Message):
    pass


class NullableString(Message):
    pass


class NullableBool(Message):
    pass


class NullableDouble(Message):
    pass


class NullableTimestamp(Message):
    pass
