"""`ripieno completion`: what a shell runs to complete commands, options, songs and generations."""

from __future__ import annotations

import click
import cloup
from click.shell_completion import get_completion_class

from ripieno.cli.options import examples

_VARIABLE = "_RIPIENO_COMPLETE"  # click's own, for a command of this name


@cloup.command(
    epilog=examples("ripieno completion bash", "ripieno completion zsh", "ripieno completion fish")
    + "\n\n\b\nTo have it in every shell:\n"
    + "  bash   echo 'eval \"$(ripieno completion bash)\"' >> ~/.bashrc\n"
    + "  zsh    echo 'eval \"$(ripieno completion zsh)\"' >> ~/.zshrc\n"
    + "  fish   ripieno completion fish > ~/.config/fish/completions/ripieno.fish"
)
@cloup.argument("shell", type=cloup.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """The script that makes a shell complete `ripieno`."""
    made = get_completion_class(shell)
    assert made is not None  # the choice holds those that click has
    click.echo(made(ctx.find_root().command, {}, "ripieno", _VARIABLE).source())
