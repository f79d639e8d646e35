"""Times whole processes in pairs, and shows pairs as a row of a Markdown table."""

import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

MEGABYTE = 1_000_000


@dataclass
class Run:
    """What a process took: seconds of wall and of CPU, and the most memory it held, in bytes."""

    wall: float
    cpu: float
    peak: int


def measure(command):
    """Runs a command, or several one after the other, and says what that took."""
    if isinstance(command[0], list):
        runs = [measure(one) for one in command]
        return Run(sum(run.wall for run in runs), sum(run.cpu for run in runs), max(run.peak for run in runs))
    began = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    words = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    # A plan that stands on its findings ends with 1.
    if process.returncode not in (0, 1) or (process.returncode == 1 and "plan" not in command):
        sys.exit(f"{command[0]} ended with {process.returncode}: {words.decode()}")
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def compare(ours, theirs, pairs, before=lambda: None):
    """Runs both in turn, once unmeasured; `before` is called before each pair."""
    runs = []
    for pair in range(pairs + 1):
        before()
        both = (measure(ours), measure(theirs))
        if pair > 0:
            runs.append(both)
    return runs


def spread(values, unit=""):
    values = sorted(values)
    return f"{statistics.median(values):.3f}{unit} ({values[0]:.3f}-{values[-1]:.3f})"


def table_row(label, ours, theirs, pairs):
    first, second = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    cells = [
        label, ours, theirs,
        spread((run.wall for run in first), " s"), spread((run.wall for run in second), " s"),
        "**" + spread(one.wall / other.wall for one, other in pairs) + "**",
        spread(one.cpu / other.cpu for one, other in pairs),
        *(f"{max(run.peak for run in side) / MEGABYTE:.0f} MB" for side in (first, second)),
    ]
    print("| " + " | ".join(cells) + " |", flush=True)


def say_machine(program):
    """What was measured on, and the head of the table."""
    version = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    cpu = Path("/proc/cpuinfo")
    lines = cpu.read_text(encoding="utf-8").splitlines() if cpu.exists() else []
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "a machine unknown")
    load = os.getloadavg()[0]
    print(f"{version} on {os.cpu_count()} cores of {model}, load {load:.1f} at the start\n")
    print("| work | A | B | A wall | B wall | A/B wall | A/B CPU | A peak | B peak |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
