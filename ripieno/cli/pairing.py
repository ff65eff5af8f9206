"""`ripieno pair`, `ripieno devices`: a phone or a second machine joins, and leaves."""

from __future__ import annotations

import click
import cloup

from ripieno.cli.exits import NotFound
from ripieno.cli.options import connect, examples, home, json_option
from ripieno.cli.output import day, print_json, print_rows
from ripieno.client.address import network_url
from ripieno.contracts.enums import Role
from ripieno.contracts.identity import CODE_MINUTES, DeviceView


@cloup.command(epilog=examples("ripieno pair --role Viewer --name phone", "ripieno pair --json"))
@cloup.option(
    "--role", type=cloup.Choice([one.value for one in Role]), default=Role.GENERATOR.value, help="What it may do."
)
@cloup.option("--name", metavar="NAME", help="What the device is called.")
@json_option
def pair(role: str, name: str | None, as_json: bool) -> None:
    """Show a code by which one device may join.

    It acts for you, with the role that you give it, until you revoke it or 90 days are over.
    """
    with connect() as ripieno:
        shown, where = ripieno.pair(role, name=name), network_url(home()) or ripieno.url
    if as_json:
        print_json(shown)
        return
    click.echo(shown.code)
    click.echo(f"for one device, for {CODE_MINUTES} minutes, as {shown.role}. On the other machine:", err=True)
    click.echo(f"  ripieno login --url {where} --code {shown.code}", err=True)
    if network_url(home()) is None and "://127.0.0.1" in where:
        click.echo("the network is not served: start the stack with `ripieno up --lan`", err=True)


@cloup.command(epilog=examples("ripieno devices", "ripieno devices --json"))
@cloup.option("--revoke", metavar="DEVICE", multiple=True, help="Take back the token of this one: its id or its name.")
@json_option
def devices(revoke: tuple[str, ...], as_json: bool) -> None:
    """The devices that have joined, and taking one back."""
    with connect() as ripieno:
        known = ripieno.devices()
        for named in revoke:
            known = ripieno.revoke_device(_meant(named, known))
    if as_json:
        print_json(list(known))
        return
    print_rows(
        ("id", "name", "role", "joined", "last used", "until"),
        [
            (
                one.device_id,
                one.name or "",
                one.role,
                day(one.created_at),
                day(one.last_used_at or ""),
                day(one.expires_at),
            )
            for one in known
        ],
        keep=("id",),
    )


def _meant(named: str, known: list[DeviceView]) -> str:
    found = [one.device_id for one in known if named in (one.device_id, one.name)]
    if len(found) != 1:
        raise NotFound(f"{'no device is' if not found else 'several devices are'} called {named}: ripieno devices")
    return found[0]
