"""Python processes that train together, or alone."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def start(*arguments, worker=None, ports=()):
    """`python -m ARGUMENTS`; as one of the workers at `ports` where it has a number."""
    environment = dict(os.environ)
    if worker is not None:
        addresses = [f"localhost:{port}" for port in ports]
        task = {"type": "worker", "index": worker}
        config = {"cluster": {"worker": addresses}, "task": task}
        environment["TF_CONFIG"] = json.dumps(config)
    return subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("localhost", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def finish(process, code=0):
    out, err = process.communicate()
    assert process.returncode == code, err
    return out, err
