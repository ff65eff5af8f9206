"""`ripieno refusals`, `appeal`, `decide`: what was refused of somebody's words."""

from __future__ import annotations

from itertools import islice

import click
import cloup

from ripieno.cli.exits import NotFound
from ripieno.cli.options import connect, examples, json_option
from ripieno.cli.output import day, print_json, print_rows
from ripieno.client import Ripieno
from ripieno.contracts.moderation import Refusal, RefusalStatus

_SHOWN = 100
_WORDS = 50
_refusal = cloup.argument("refusal", help="Its id, the beginning of it, or `latest`.")


@cloup.command(epilog=examples("ripieno refusals", "ripieno refusals --status granted", "ripieno refusals --appealed"))
@cloup.option(
    "--status", type=cloup.Choice(["refused", "appealed", "granted", "upheld"]), help="Only those with this status."
)
@cloup.option("--appealed", is_flag=True, help="For operators: what of everybody is appealed and not decided.")
@json_option
def refusals(status: RefusalStatus | None, appealed: bool, as_json: bool) -> None:
    """What was refused of your words: why, and by which rule."""
    if appealed and status is not None:
        raise click.UsageError("--appealed shows everybody's open appeals: leave --status out")
    with connect() as ripieno:
        found = list(islice(ripieno.appeals() if appealed else ripieno.refusals(status), _SHOWN))
    if as_json:
        print_json([one.model_dump(mode="json") for one in found])
    elif found:
        titles = ("id", "when", "status", "rule", "words", "instead")
        print_rows(titles, [_row(one) for one in found], keep=("id",))
    else:
        click.echo("nothing waits for an operator" if appealed else "nothing was refused", err=True)


@cloup.command(epilog=examples('ripieno appeal latest --because "it is my own band"'))
@_refusal
@cloup.option("--because", required=True, metavar="TEXT", help="Why it was wrong to refuse it.")
@json_option
def appeal(refusal: str, because: str, as_json: bool) -> None:
    """Ask an operator to look at a refusal."""
    with connect() as ripieno:
        said = ripieno.appeal(_meant(ripieno, refusal, appealed=False), because)
    print_json(said) if as_json else click.echo(f"an operator will look at {said.refusal_id}")


@cloup.command(epilog=examples('ripieno decide latest --grant --because "the band is theirs"'))
@_refusal
@cloup.option("--grant/--uphold", required=True, help="Let just this text pass, or leave it refused.")
@cloup.option("--because", default="", metavar="TEXT", help="Told to whoever wrote it.")
@json_option
def decide(refusal: str, grant: bool, because: str, as_json: bool) -> None:
    """Decide an appeal, for operators."""
    with connect() as ripieno:
        said = ripieno.decide_appeal(_meant(ripieno, refusal, appealed=True), granted=grant, reason=because)
    print_json(said) if as_json else click.echo(f"{said.refusal_id} is {said.status}")


# -- parts --------------------------------------------------------------------------------------------------------


def _meant(ripieno: Ripieno, text: str, *, appealed: bool) -> str:
    """The id that is meant. Raises `NotFound`."""
    if len(text) >= 32:
        return text
    newest = list(islice(ripieno.appeals() if appealed else ripieno.refusals(), _SHOWN))
    begun = newest[:1] if text == "latest" else [one for one in newest if one.refusal_id.startswith(text)]
    if len(begun) != 1:
        what = "several refusals begin" if begun else "no refusal begins"
        raise NotFound(f"{what} with {text!r}: `ripieno refusals{' --appealed' if appealed else ''}` shows them")
    return begun[0].refusal_id


def _row(one: Refusal) -> tuple[str, ...]:
    words = one.words if len(one.words) <= _WORDS else f"{one.words[: _WORDS - 1]}…"
    return (one.refusal_id, day(one.refused_at), one.status, one.rule, words, one.suggestion or "")
