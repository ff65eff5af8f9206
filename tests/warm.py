"""`ripieno` as a command that is warm: one process has imported it, and each run is a fork of that.

What a test starts is a script of some lines that hands its arguments, environment, folder and open files over, and ends
with the exit code of the fork. Half a second of processor less for each of a few hundred runs. Where a test sends
signals, or asks what an import costs, it starts `python -m ripieno.cli` instead.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

from ripieno.local.stack import PROJECT

_SCRIPT = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as there:
    there.connect({address!r})
    order = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(there, [b"%12d" % len(order)], [0, 1, 2])
    there.sendall(order)
    sys.exit(int(there.recv(4) or 137))
"""


@contextlib.contextmanager
def command(folder: Path) -> Iterator[Path]:
    """A script in `folder` that does as `ripieno` does, for as long as this is open."""
    address, script = folder / "s", folder / "ripieno"
    script.write_text(_SCRIPT.format(python=sys.executable, address=str(address)))
    script.chmod(0o755)
    with subprocess.Popen(
        [sys.executable, "-m", "tests.warm", str(address)], cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as server:
        assert server.stdin is not None and server.stdout is not None
        assert server.stdout.readline() == b"warm\n"
        yield script
        server.stdin.close()  # it ends when its input does


def serve(address: str) -> None:
    from ripieno.cli import __main__ as cli

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(address)
        door.listen(64)
        print("warm", flush=True)
        while door in select.select([door, sys.stdin], [], [])[0]:
            there, _ = door.accept()
            if os.fork() == 0:
                door.close()
                _run(there, cli)
            there.close()


def _run(there: socket.socket, cli) -> None:
    """In the fork: become what was started."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    code = 1
    try:
        head, files, _, _ = socket.recv_fds(there, 12, 3)
        body = b""
        while len(body) < int(head):
            body += there.recv(1 << 20)
        arguments, folder, environment = json.loads(body)
        for number, file in enumerate(files):
            os.dup2(file, number)
            os.close(file)
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        sys.argv = ["ripieno", *arguments]
        cli.main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        there.sendall(str(code).encode())
        os._exit(code)


if __name__ == "__main__":
    serve(sys.argv[1])
