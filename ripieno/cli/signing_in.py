"""`ripieno login`, `logout`, `whoami`."""

from __future__ import annotations

import click
import cloup

from ripieno.cli.options import connect, examples, home, json_option
from ripieno.cli.output import print_json
from ripieno.cli.shapes import SignedInAt
from ripieno.client import Ripieno, RipienoError, local_url, oauth, token_file
from ripieno.client.token_file import SignedIn
from ripieno.contracts.identity import SignIn

_url = cloup.option("--url", metavar="ADDRESS", help="Of the Ripieno; else RIPIENO_URL, else that of this machine.")


@cloup.command(epilog=examples("ripieno login"))
@_url
@cloup.option("--code", metavar="CODE", help="Join by a code that `ripieno pair` shows where you are in already.")
@cloup.option("--name", metavar="NAME", help="What this machine is called then.")
@cloup.option("--with-token", is_flag=True, help="Take a token from the input, of whoever runs it.")
@json_option
def login(url: str | None, code: str | None, name: str | None, with_token: bool, as_json: bool) -> None:
    """Sign in, and stay signed in.

    By the issuer that the Ripieno names: it shows a code and an address, to be opened in any browser. What is kept is a
    token, in a file of yours; it is renewed before it ends.
    """
    where = (url or local_url(home())).rstrip("/")
    with Ripieno(where, token=_nobody) as anybody:
        how = anybody.sign_in()
        if "local" in how.modes and "entra" not in how.modes and code is None and not with_token and _is_in(anybody):
            found = None  # on its own machine a local stack knows its owner without
        elif with_token:
            found = SignedIn(access_token=_typed("token", hide=True))
        elif "entra" in how.modes and code is None:
            found = _by_device_code(how)
        elif how.pairing:
            paired = anybody.join(code or _typed("the code that `ripieno pair` shows", hide=False), name=name)
            found = SignedIn(access_token=paired.token, device_id=paired.device_id)
        else:
            raise RipienoError("cannot_sign_in", f"{where} is signed in at in the browser alone: ask whoever runs it")
    with token_file.locked():
        token_file.keep(where, found)  # none too: one of before would be sent, and refused
    _say_who(where, as_json)


@cloup.command(epilog=examples("ripieno logout"))
@_url
@json_option
def logout(url: str | None, as_json: bool) -> None:
    """Sign out: the token is forgotten.

    Here and, where that can be, at its issuer, or where this machine was paired.
    """
    where = (url or local_url(home())).rstrip("/")
    with token_file.locked():
        known = token_file.find(where)
        token_file.keep(where, None)  # first of all: what comes now may fail
    if known is not None:
        _forget_elsewhere(where, known)
    if as_json:
        print_json(SignedInAt(url=where, owner=None))
    else:
        click.echo(f"signed out of {where}" if known is not None else f"you were not signed in at {where}")


@cloup.command(epilog=examples("ripieno whoami", "ripieno whoami --json"))
@_url
@json_option
def whoami(url: str | None, as_json: bool) -> None:
    """Whom you are taken for, and what you may."""
    _say_who(url.rstrip("/") if url else None, as_json)


# -- parts --------------------------------------------------------------------------------------------------------


def _is_in(anybody: Ripieno) -> bool:
    try:
        return bool(anybody.me().owner)
    except RipienoError:
        return False


def _by_device_code(how: SignIn) -> SignedIn:
    if how.issuer is None or how.client_id is None:
        raise RipienoError(
            "cannot_sign_in", "this Ripieno names no client to sign in by: whoever runs it sets RIPIENO_CLIENT_ID"
        )

    def show(address: str, code: str, ready: str | None) -> None:
        click.echo(f"open {address} and type {code}", err=True)
        if ready:
            click.echo(f"or open {ready}", err=True)

    return oauth.sign_in(oauth.Issuer(how.issuer), how.client_id, how.scopes, show)


def _forget_elsewhere(where: str, known: SignedIn) -> None:
    """At the issuer, or where the device was paired. What fails is said: the token holds until its end there."""
    try:
        if known.device_id is not None:
            with Ripieno(where, token=known.access_token) as device:
                device.revoke_device(known.device_id)
        else:
            oauth.revoke(known)
    except RipienoError as fault:
        click.echo(f"ripieno: forgotten here; elsewhere it could not be: {fault}", err=True)


def _say_who(where: str | None, as_json: bool) -> None:
    with connect() if where is None else Ripieno(where) as ripieno:
        known, address = ripieno.me(), ripieno.url
    if as_json:
        print_json(SignedInAt(url=address, **known.model_dump()))
        return
    named = known.name if known.name in (None, known.owner) else f"{known.name} ({known.owner})"
    click.echo(f"{named or known.owner} at {address}: {', '.join(known.roles) or 'no role'}")


def _typed(what: str, *, hide: bool) -> str:
    return click.prompt(what, hide_input=hide, err=True).strip()


def _nobody() -> str:
    """Signing in carries no token: it may be the old one that is no good."""
    return ""
