"""Experiments made of `nasnet` commands, each in a process of its own."""

import shlex
import subprocess
import sys
from pathlib import Path

from nasnet.experiments.console.lines import say
from nasnet.experiments.errors import OK
from nasnet.runtime.files import write_atomically


def run_nasnet(arguments: list[str], output: Path | None = None) -> int:
    """Says a command and runs it.

    Args:
        arguments: of `nasnet`.
        output: a file that gets what the command prints, once it has ended well; without one it is
            printed.

    Returns:
        The command's exit code; that of an interrupted one where Ctrl-C came, which goes to it.
    """
    say(f"$ nasnet {shlex.join(arguments)}")
    pipe = None if output is None else subprocess.PIPE
    command = [sys.executable, "-m", "nasnet.experiments.cli", *arguments]
    with subprocess.Popen(command, stdout=pipe, text=True) as process:
        while True:
            try:
                text, _ = process.communicate()
                break
            except KeyboardInterrupt:  # the command got it, too, and ends in its own way
                continue
    if process.returncode == OK and output is not None:
        write_atomically(output, text)
    return process.returncode
