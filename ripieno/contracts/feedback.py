"""What people think of what was made: a rating or a skip, with a comment, kept for what learns from it."""

from __future__ import annotations

from pydantic import Field, model_validator

from ripieno.contracts.base import Contract, Request

MOST_COMMENT = 1000
MOST_OF_ONE_TARGET = 200
"""How much is kept of what is said about one thing: the oldest goes first."""


class Opinion(Request):
    """`POST /compositions/{id}/feedback`: a `rating` from 1 (not at all) to 5 (just right), or `skip` where somebody
    went on to the next without one; of a `version`, the current one where it is None."""

    version: int | None = Field(default=None, ge=1)
    rating: int | None = Field(default=None, ge=1, le=5)
    skip: bool = False
    comment: str = Field(default="", max_length=MOST_COMMENT)

    @model_validator(mode="after")
    def _says_something(self) -> Opinion:
        if self.rating is not None and self.skip:
            raise ValueError("give a rating or skip, not both: who skips has not rated")
        if self.rating is None and not self.skip and not self.comment.strip():
            raise ValueError("nothing is said: give a rating from 1 to 5, skip, or a comment")
        return self


class FeedbackOrder(Opinion):
    """`POST /feedback`: what somebody thinks of a composition, or of a generation, by its id."""

    target: str = Field(min_length=1, max_length=100)


class Feedback(Contract):
    """What was said of one version of one thing, and when; `kind` is what it is: composition or stems."""

    feedback_id: str
    target: str
    kind: str
    version: int | None = None
    rating: int | None = None
    skip: bool = False
    comment: str = ""
    created_at: str


class FeedbackList(Contract):
    """A page of what was said, newest first."""

    items: list[Feedback]
    next_cursor: str | None = None
