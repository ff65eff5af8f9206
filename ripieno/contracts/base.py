"""The base of all contracts."""

from pydantic import BaseModel, ConfigDict


class Contract(BaseModel):
    """A message: unknown fields are ignored on reading (a newer peer may send more), values are validated."""

    model_config = ConfigDict(extra="ignore", use_enum_values=True, validate_default=True)


class Request(Contract):
    """A message a user writes: an unknown field is a mistake worth telling."""

    model_config = ConfigDict(extra="forbid", use_enum_values=True, validate_default=True)
