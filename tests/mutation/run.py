#!/usr/bin/env python3
"""Switches each refusal, guarding rule and promise off, one at a time, and expects the worlds to notice.

usage: run.py WORK_FOLDER [--only WORD]

In: switches.toml beside this file, and what is committed. Out: a line a switch, then how many there are
and how many were caught; exit 1 where one survives, 2 where one has no verdict because the table no
longer fits the code, or the run does not end.

Every switch is an edit of the source in a clone, which is built anew. A switch is caught where the
worlds tell a fault (a refusal that was not foretold, one that did not come, a wrong person, other
cells than planned): that a rule or refusal was never reached does not count.
"""
import argparse, os, pathlib, re, subprocess, sys, time, tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
WORLDS = "worlds::the_dry_run_and_the_service_agree"


# A switch may make something run for ever; the worlds take a minute.
SECONDS_MAX = 900


def run(command, folder, **more):
    return subprocess.run(command, cwd=folder, text=True, capture_output=True, **more)


class Tree:
    """A clone of what is committed, with a target folder of its own."""

    def __init__(self, work):
        self.folder = work / "tree"
        if self.folder.exists():
            subprocess.run(["git", "fetch", "--quiet", "origin"], cwd=self.folder, check=True)
        else:
            subprocess.run(["git", "clone", "--quiet", str(ROOT), str(self.folder)], check=True)
        head = run(["git", "rev-parse", "HEAD"], ROOT).stdout.strip()
        subprocess.run(["git", "checkout", "--quiet", "--force", head], cwd=self.folder, check=True)
        self.environment = {
            **os.environ,
            "CARGO_TARGET_DIR": str(work / "target"),
            "CUTOVER_WORLDS": "0",
            "CUTOVER_STOP_AT_FIRST": "1",
            # Nobody debugs these builds, and without what a debugger needs they are quicker.
            "CARGO_PROFILE_DEV_DEBUG": "0",
        }

    def faults(self):
        """How many faults the worlds tell; None where the tree does not build or the run does not end."""
        build = ["cargo", "test", "--locked", "--test", "it", "--no-run"]
        built = run(build, self.folder, env=self.environment)
        if built.returncode != 0:
            print(built.stderr[-2000:], file=sys.stderr)
            return None
        test = ["cargo", "test", "--locked", "--test", "it", "--", "--exact", WORLDS, "--nocapture"]
        try:
            said = run(test, self.folder, env=self.environment, timeout=SECONDS_MAX).stdout
        except subprocess.TimeoutExpired:
            print(f"no end within {SECONDS_MAX} s", file=sys.stderr)
            return None
        found = re.search(r"^faults\s+(\d+)", said, re.MULTILINE)
        if not found:
            print(said[-2000:], file=sys.stderr)
            return None
        return int(found[1])

    def switched(self, switch):
        """The faults with one switch off; the file is as before afterwards."""
        path = self.folder / switch["file"]
        text = path.read_text(encoding="utf-8")
        if text.count(switch["find"]) != 1:
            return None
        path.write_text(text.replace(switch["find"], switch["replace"]), encoding="utf-8")
        try:
            return self.faults()
        finally:
            path.write_text(text, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work")
    parser.add_argument("--only", default="", help="switches whose name holds this word")
    options = parser.parse_args()
    work = pathlib.Path(options.work)
    work.mkdir(parents=True, exist_ok=True)
    table = tomllib.loads((ROOT / "tests/mutation/switches.toml").read_text(encoding="utf-8"))
    switches = [(kind, switch) for kind in ("refusal", "rule", "promise") for switch in table[kind]]
    tree = Tree(work)
    calm = tree.faults()
    if calm != 0:
        print(f"with nothing switched off: {calm} faults", file=sys.stderr)
        return 2
    counts = {kind: [0, 0] for kind in table}
    survivors, unfit = [], []
    for kind, switch in switches:
        name = f"{kind} {switch['of']} in {switch['file']}"
        if options.only not in name:
            continue
        begun = time.monotonic()
        faults = tree.switched(switch)
        caught = bool(faults)
        counts[kind][0] += 1
        counts[kind][1] += caught
        if faults is None:
            unfit.append(name)
        elif not caught:
            survivors.append(name)
        verdict = "NO VERDICT" if faults is None else "caught" if caught else "SURVIVES"
        print(f"{name}: {verdict} ({time.monotonic() - begun:.0f} s)", flush=True)
    for kind, (all_of_it, caught) in counts.items():
        print(f"{kind}: {all_of_it} switches, {caught} caught")
    total = sum(count for count, _ in counts.values())
    print(f"{total} switches, {len(survivors)} survive, {len(unfit)} without a verdict")
    return 2 if unfit or total == 0 else 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
