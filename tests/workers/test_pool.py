"""Worker processes end with the process they work for, however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psutil

SERVER = """
import os, sys, time
from tracker.workers.pool import run_in_worker
import django
django.setup()
print(run_in_worker(os.getpid), flush=True)
time.sleep(60)
"""


def test_a_worker_ends_when_its_server_is_killed() -> None:
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    worker = int(server.stdout.readline())
    assert psutil.pid_exists(worker)

    os.kill(server.pid, signal.SIGKILL)
    server.wait(60)
    server.stdout.close()

    for _ in range(1_200):
        if not psutil.pid_exists(worker):
            return
        time.sleep(0.05)  # nobody tells of a process that is no child of ours
    os.kill(worker, signal.SIGKILL)
    raise AssertionError("the worker outlived its server by a minute")
