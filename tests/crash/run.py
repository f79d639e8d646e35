#!/usr/bin/env python3
"""Kills and write failures in load, plan, apply, its resume and undo, each followed by another run.

usage: run.py CUTOVER_PROGRAM WORK_FOLDER [--changes N] [--kills N] [--failures N] [--seed N]
              [--jobs N] [--only JOB] [--quiet]

Expected of every one: the end state is the undisturbed one in every table, and what a broken run
leaves behind tells what happened. Prints a line a job (with --quiet only what is wrong) and totals;
exits 1 where anything differs, or where fewer than four fifths of all kills came with some but not
all changes done. A seed, and with --only a single job of it, can be run again. Linux, with gcc; a
file system that fills up and a user without rights need the superuser.
"""
import argparse, collections, concurrent.futures, itertools, multiprocessing, pathlib, random
import shutil, sys, time, traceback

import disk, filling, writing
from program import Program, build_library
from reference import Reference, Unusable
from scene import Scene

# Jobs of kills: what it does, and how many kills it should come to. One of these after the other.
KILLS = [("apply", 1), ("apply, resumed", 3), ("load", 1), ("undo, resumed", 3),
         ("apply, undone", 2), ("undo", 1), ("apply, resumed", 4), ("plan", 1),
         ("undo, resumed", 4), ("apply", 1), ("apply, undone", 3)]
# Jobs of failures: a command and what fails. One of these after the other.
ACTIONS = ("full", "folders", "system")
FAILURES = [(command, action) for action in ACTIONS
            for command in ("load", "plan", "apply", "apply, resumed", "undo", "undo, resumed")]
FAILURES += [(command, "disk full") for command in disk.STATES]
FAILURES += [("load", "project read-only"), ("plan", "project read-only"),
             ("apply", "plan read-only"), ("apply", "project read-only"),
             ("undo", "plan read-only"), ("undo", "project read-only")]
# Records of the project for the scenes on a file system of a few MiB.
FEW = 20_000

known = {}


def kill_job(scene, kind, times, turn):
    """One job of kills; `turn` counts the jobs of this kind, so that each variant has its turn."""
    if kind == "load":
        filling.killed(scene, filling.LOADS[turn % len(filling.LOADS)])
    elif kind == "plan":
        filling.killed(scene, filling.PLANS[turn % len(filling.PLANS)])
    elif kind == "apply, undone":
        writing.killed_late(scene, writing.out(scene))
        way = writing.back_from_here(scene)
        writing.killed(scene, way, times - 1)
        writing.finish(scene, way)
    else:
        way = writing.out(scene) if kind.startswith("apply") else writing.back(scene)
        writing.killed(scene, way, times)
        writing.finish(scene, way)


def failure_job(scene, command, what, turn):
    """One job of failures."""
    if what == "disk full":
        disk.full(scene, command)
    elif what.endswith("read-only"):
        disk.read_only(scene, command, what.split(" ")[0])
    elif command == "load":
        filling.failing(scene, filling.LOADS[turn % len(filling.LOADS)], what)
    elif command == "plan":
        filling.failing(scene, filling.PLANS[turn % len(filling.PLANS)], what)
    else:
        way = writing.out(scene) if command.startswith("apply") else writing.back(scene)
        others = [scene.chance.choice(ACTIONS)] if command.endswith("resumed") else []
        writing.failing(scene, way, [*others, what])
        writing.finish(scene, way)


def job(options, number, is_kill):
    """Does the job of this number; its name and verdict."""
    cycle = KILLS if is_kill else FAILURES
    name, what = cycle[number % len(cycle)]
    word = "kill" if is_kill else "failure"
    chance = random.Random(f"{options.seed} {word} {number}")
    real = not is_kill and what not in ACTIONS
    scene = Scene(known["few" if real else "many"],
                  options.folder / f"{word}-{number}", chance)
    turn = number // len(cycle) + (ACTIONS.index(what) if what in ACTIONS else 0)
    try:
        (kill_job if is_kill else failure_job)(scene, name, what, turn)
    except Exception:
        scene.verdict.wrong.append(traceback.format_exc())
    if not scene.verdict.wrong:
        shutil.rmtree(scene.place)
    return f"{word}-{number} {name}" + ("" if is_kill else f", {what}"), scene.verdict


class Totals:
    """What all jobs came to."""

    def __init__(self, quiet):
        self.quiet = quiet
        self.kills, self.failures = collections.Counter(), collections.Counter()
        self.gaps = collections.Counter()
        self.partly = self.survived = self.jobs = self.wrong = 0
        self.skipped = []

    def add(self, name, verdict):
        self.jobs += 1
        self.wrong += bool(verdict.wrong)
        for strike in verdict.strikes:
            if strike.what == "kill":
                self.kills[strike.command] += 1
                self.partly += strike.done == "some"
                self.gaps.update(strike.gaps)
            else:
                self.failures[f"{strike.what} in {strike.command}"] += 1
                self.survived += not strike.broke
        if verdict.skipped:
            self.skipped.append(f"{name}: {verdict.skipped}")
        if verdict.wrong or not self.quiet:
            self.tell(name, verdict)

    def tell(self, name, verdict):
        for strike in verdict.strikes:
            ending = "" if strike.broke else ", which the run survived"
            print(f"{name}: {strike.what} in {strike.command} {strike.where}{ending}, "
                  f"{strike.done} of the changes done")
        print(f"{name}: {'DIFFERENT' if verdict.wrong else verdict.skipped or 'same end state'}",
              *verdict.wrong, sep="\n    ", flush=True)

    def say(self):
        kills, failures = sum(self.kills.values()), sum(self.failures.values())
        for command, count in sorted(self.kills.items()):
            print(f"  {count:4} kills in {command}")
        print(f"  {self.gaps['uncommitted']} of them left intents without their commit, "
              f"{self.gaps['unheard']} commits without their outcome")
        for sort, count in sorted(self.failures.items()):
            print(f"  {count:4} x {sort}")
        for words in self.skipped:
            print(f"skipped: {words}")
        print(f"{kills} kills, {self.partly} of them with some but not all changes done; "
              f"{failures} write failures, {self.survived} of them survived without another run; "
              f"{self.wrong} of {self.jobs} jobs ended differently")
        if self.partly * 5 < kills * 4:
            print("fewer than four fifths of the kills came with some but not all changes done")
            return 1
        return 1 if self.wrong else 0


class Work:
    """Which jobs are still to do: those of kills until there are as many as wanted (a run that ends
    before its kill is none), then those of failures."""

    def __init__(self, options):
        self.wanted = options.kills
        self.kills = itertools.count()
        self.failures = iter(range(options.failures))
        self.under_way = {}

    def next(self):
        """The next job: its number, and whether it kills; nothing where none is to be begun now."""
        if sum(self.under_way.values()) < self.wanted:
            number = next(self.kills)
            return number, True, KILLS[number % len(KILLS)][1]
        number = next(self.failures, None)
        return None if number is None else (number, False, 0)

    def do(self, pool, options, totals):
        while True:
            while len(self.under_way) < options.jobs and (task := self.next()):
                number, is_kill, kills = task
                self.under_way[pool.submit(job, options, number, is_kill)] = kills
            if not self.under_way:
                return
            done, _ = concurrent.futures.wait(
                self.under_way, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in done:
                name, verdict = future.result()
                self.wanted -= sum(strike.what == "kill" for strike in verdict.strikes)
                del self.under_way[future]
                totals.add(name, verdict)


def prepare(options):
    folder = options.folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # Nobody must be able to get here, and the program must stay the same all along.
    folder.chmod(0o755)
    shutil.copy(options.program, folder / "cutover")
    library = build_library(pathlib.Path(__file__).with_name("faults.c"), folder)
    program = Program(folder / "cutover", library)
    known["many"] = Reference(program, folder / "many", options.changes)
    known["few"] = known["many"]
    if options.failures and options.changes > FEW:
        known["few"] = Reference(program, folder / "few", FEW)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("folder")
    parser.add_argument("--changes", type=int, default=200_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--failures", type=int, default=len(FAILURES))
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only")
    parser.add_argument("--quiet", action="store_true")
    options = parser.parse_args()
    options.folder = pathlib.Path(options.folder).resolve()
    print(f"seed {options.seed}", flush=True)
    begun = time.monotonic()
    try:
        prepare(options)
    except Unusable as trouble:
        sys.exit(str(trouble))
    print(f"{known['many'].total} changes; undisturbed: " + ", ".join(
        f"{name} {seconds:.1f} s and {len(known['many'].steps[name])} steps"
        for name, seconds in known["many"].seconds.items()), flush=True)
    totals = Totals(options.quiet)
    if options.only:
        word, number = options.only.split("-")
        totals.add(*job(options, int(number), word == "kill"))
        return totals.say()
    fork = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(options.jobs, mp_context=fork) as pool:
        Work(options).do(pool, options, totals)
    print(f"{time.monotonic() - begun:.0f} s")
    return totals.say()


if __name__ == "__main__":
    sys.exit(main())
