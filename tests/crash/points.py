"""Where a run is disturbed: points spread over all its steps, by chance that a seed decides.

In: the steps of an undisturbed run. Out: step numbers. Half of the points are drawn from all steps
alike, so that they fall where most is written; the other half from the runs of like steps (one
operation on one file), so that the few steps between an intent, its commit and its outcome are hit
as often as the thousands of writes of one commit.
"""
import itertools

TARGET_LOG = "environment.sqlite-wal"


def runs(steps):
    """Steps in runs of one operation on one file: first and last number of each."""
    found = []
    for _, run in itertools.groupby(steps, key=lambda step: (step.operation, step.file)):
        run = list(run)
        found.append((run[0].number, run[-1].number))
    return found


def anywhere(chance, steps):
    """A step of the whole run."""
    if chance.random() < 0.5:
        return chance.choice(steps).number
    return chance.randint(*chance.choice(runs(steps)))


def commits(steps):
    """The numbers of the steps that bring a commit to the target's disk: a sync of its log after
    more than the header of a fresh log."""
    found, written = [], 0
    for step in steps:
        if step.file != TARGET_LOG:
            continue
        if step.operation == "pwrite":
            written += 1
        elif step.operation == "fsync":
            if written > 1:
                found.append(step.number)
            written = 0
    return found


def write_phase(steps):
    """The steps after the first commit to the target, up to the last one, which is not done yet."""
    numbers = commits(steps)
    return [step for step in steps if numbers[0] < step.number <= numbers[-1]]


def amid(chance, steps, first, last):
    """A step of the write phase, between two shares of it."""
    phase = write_phase(steps)
    begin = min(round(len(phase) * first), len(phase) - 1)
    return anywhere(chance, phase[begin:max(begin + 1, round(len(phase) * last))])


def naming(steps):
    """The steps that make, move or remove names: those that a folder's permission forbids."""
    operations = {"create", "rename", "link", "unlink", "mkdir", "rmdir"}
    return [step for step in steps if step.operation in operations]


def growth(steps, sizes):
    """How many bytes a run lets the files of a project grow, at most."""
    ends = {}
    for step in steps:
        if step.operation == "pwrite":
            ends[step.file] = max(ends.get(step.file, 0), step.end)
        elif step.operation in ("write", "writev"):
            ends[step.file] = ends.get(step.file, 0) + step.end
    return sum(max(0, end - sizes.get(file, 0)) for file, end in ends.items())
