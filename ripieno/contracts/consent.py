"""Whose leave a voice is used by: for what, until when; and the mark that whatever was made with it carries.

Nothing is sung or converted in a voice without a consent that is in force: at the moment it is asked for, when the job
is begun, and when what it made is kept.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from ripieno.contracts.base import Contract, Request

MOST_WHO = 200
MOST_REASON = 500


class Purpose(StrEnum):
    """What somebody lets their voice be used for. A profile is measured for any of them, a model learned for
    `training`."""

    SINGING = "singing"
    CONVERSION = "conversion"
    TRAINING = "training"


def _whole_day(given: Any) -> Any:
    is_a_day = isinstance(given, str) and len(given.strip()) == len("2027-12-31")
    return f"{given.strip()}T23:59:59" if is_a_day else given


def _in_utc(moment: datetime) -> datetime:
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        raise ValueError("name a day that a calendar has: 2027-12-31") from None


Until = Annotated[datetime, BeforeValidator(_whole_day), AfterValidator(_in_utc)]
"""UTC where it names no zone; a day is meant to its end."""


class ConsentOrder(Request):
    """`POST /voices/{id}/consent`: `who` lets their voice be used, for which `purposes`, `until` when; `sample_id` is
    the sample in which they say so themselves. It takes the place of the consent before."""

    who: str = Field(min_length=1, max_length=MOST_WHO)
    purposes: list[Purpose] = Field(min_length=1, max_length=len(Purpose))
    until: Until
    sample_id: str = Field(min_length=1, max_length=100)


class Consent(Contract):
    """A consent as it was given; `sample_sha256` is of the recording in which it was spoken, which is deleted when it
    is taken back. `revoked_at` is None while it was not."""

    who: str
    purposes: list[Purpose]
    until: str
    sample_id: str
    sample_sha256: str
    given_at: str
    revoked_at: str | None = None
    reason: str = ""


class Revocation(Request):
    """`POST /voices/{id}/revoke`: why, where somebody wants to say so."""

    reason: str = Field(default="", max_length=MOST_REASON)


class UsedVoice(Contract):
    """The mark of a work that somebody's voice is in: which version of which voice, and what for. `withdrawn_at` is
    when the consent to it was taken back, or the voice deleted: what was made before is kept and says so."""

    voice_id: str
    version: int
    purpose: Purpose
    withdrawn_at: str | None = None
    withdrawn_because: str = ""
