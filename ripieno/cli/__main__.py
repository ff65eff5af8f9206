"""`ripieno`: the command line."""

from __future__ import annotations

import os
import sys

import click
import cloup

from ripieno import __version__
from ripieno.cli import exits
from ripieno.cli.analyze import analyze
from ripieno.cli.catalogue import catalogue
from ripieno.cli.completion import completion
from ripieno.cli.compose import compose, refine, rollback, versions
from ripieno.cli.download import download
from ripieno.cli.generate import generate
from ripieno.cli.library import delete, jams, list_songs, search, show, status, stems
from ripieno.cli.mix import mix
from ripieno.cli.models import models
from ripieno.cli.ops import ops
from ripieno.cli.pairing import devices, pair
from ripieno.cli.pieces import compositions, rate
from ripieno.cli.preferences import preferences
from ripieno.cli.refusals import appeal, decide, refusals
from ripieno.cli.reviews import approve, cancel, generations, reject
from ripieno.cli.set_edits import dj_set
from ripieno.cli.shares import share, shares, unshare
from ripieno.cli.signing_in import login, logout, whoami
from ripieno.cli.stack import doctor, down, up
from ripieno.cli.stages import harmonize, lyrics, master
from ripieno.cli.understand import understand
from ripieno.cli.usage import usage
from ripieno.cli.voice import voice
from ripieno.cli.webhooks import webhooks
from ripieno.client import RipienoError

_SECTIONS = [
    cloup.Section("Songs", [analyze, list_songs, search, show, status, stems, jams, delete]),
    cloup.Section(
        "New music", [generate, generations, approve, reject, mix, cancel, preferences, understand, catalogue]
    ),
    cloup.Section(
        "Whole pieces", [compose, refine, compositions, versions, rollback, download, rate, lyrics, harmonize, master]
    ),
    cloup.Section("DJ sets", [dj_set]),
    cloup.Section("Shared with others", [share, shares, unshare]),
    cloup.Section("What was refused", [refusals, appeal, decide]),
    cloup.Section("Voices", [voice]),
    cloup.Section("Who you are", [login, logout, whoami, pair, devices, usage]),
    cloup.Section("Webhooks", [webhooks]),
    cloup.Section("For operators", [ops]),
    cloup.Section("The stack on this machine", [up, down, doctor, models, completion]),
]
_EPILOG = (
    "\b\nStart here:\n  ripieno up --detach\n  ripieno analyze song.mp3\n"
    '  ripieno generate song.mp3 --stems bass --section "second chorus" --mix\n\n'
    "\b\nEnvironment:\n"
    "  RIPIENO_URL   where Ripieno answers; else the stack of this machine\n"
    "  RIPIENO_TOKEN a token for it, where you did not `ripieno login`\n"
    "  RIPIENO_OWNER for an Admin: whose things are meant, where they are another's\n"
    "  NO_COLOR      no colours\n\n"
    "\b\nExit codes:\n" + "\n".join(f"  {code:<5} {meaning}" for code, meaning in exits.MEANINGS.items())
)
_HEADINGS = cloup.HelpTheme(heading=cloup.Style(bold=True), invoked_command=cloup.Style(bold=True))


@cloup.group(
    sections=_SECTIONS,
    epilog=_EPILOG,
    context_settings=cloup.Context.settings(
        help_option_names=["-h", "--help"],
        formatter_settings=cloup.HelpFormatter.settings(theme=_HEADINGS),
    )
    | ({"color": False} if os.environ.get("NO_COLOR") else {}),
)
@click.version_option(__version__, prog_name="ripieno")
def ripieno() -> None:
    """Songs in; stems, tempo, beats, key, chords, sections and tuning out; then new stems that fit them.

    What takes a song takes its id, the beginning of its id, its name, or a file.
    """


def main() -> None:
    """Run the command and exit as `exits` says."""
    try:
        ripieno(prog_name="ripieno", standalone_mode=False)
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except click.ClickException as fault:
        fault.show()
        sys.exit(fault.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(exits.INTERRUPTED)
    except RipienoError as fault:
        click.echo(f"ripieno: {fault}", err=True)
        sys.exit(exits.code_of(fault))
    except TimeoutError as fault:
        click.echo(f"ripieno: {fault}", err=True)
        sys.exit(exits.FAILED)
    except BrokenPipeError:  # whoever read our output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(exits.WELL)


if __name__ == "__main__":
    main()
