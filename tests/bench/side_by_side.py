"""Runs `cutover` beside what does the same work elsewhere, in pairs, and prints what came out as Markdown.

Usage: side_by_side.py WORK --program PROGRAM --peers PEERS (--generator GENERATOR | --data DATA)
                       [--rows 10000000] [--pairs 5] [ROW..]

WORK is a folder with room: about 8 GB for ten million rows. PROGRAM is a release build of `cutover`. PEERS holds
duckdb_job.py, polars_job.py and requirements.txt, of which duckdb and polars are installed into WORK. GENERATOR is the
crate of the record generator; DATA a folder where it wrote users.csv and records-<rows>.csv before. ROW names rows of
the table; without one, all are measured but `growth`, which takes 20 GB more.

Whole processes are timed, one after the other in turn (A B A B), everything in the page cache. A ratio is taken within
each pair; shown are median, least and greatest. CPU is user and system time of all threads; peak memory that of the
process. What both sides found is compared row by row, and nothing is printed where it differs.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

from peers import Peers
from projects import Projects
from timing import MEGABYTE, compare, measure, say_machine, table_row


class Bench:
    """Where everything is, and how often a pair is run."""

    def __init__(self, chosen):
        self.work = chosen.work.resolve()
        self.program = chosen.program.resolve()
        self.rows, self.pairs = chosen.rows, chosen.pairs
        self.out = self.work / "out"
        self.out.mkdir(parents=True, exist_ok=True)
        self.projects = Projects(self.work, self.program, chosen.generator, chosen.data)
        self.peers = Peers(self.work, chosen.peers.resolve())

    def plan(self, project):
        return [self.program, "plan", project, "--quiet"]

    def beside_duckdb(self, label, project):
        """`plan` of a project beside DuckDB; gives the pairs."""
        duckdb = self.peers.duckdb_job(project / "exports", self.out)
        pairs = compare(self.plan(project), duckdb, self.pairs)
        table_row(label, "`plan`", "DuckDB, join and Parquet", pairs)
        return pairs


def limit(label, pairs, rows, bytes_a_row):
    """A line on peak memory against what is promised."""
    peak = max(first.peak for first, _ in pairs)
    most = 64 * MEGABYTE + bytes_a_row * rows
    kept = "kept" if peak <= most else "NOT kept"
    return f"{label}: peak {peak / MEGABYTE:.0f} MB, promised {most / MEGABYTE:.0f} MB: {kept}"


def plan(bench):
    """`plan` beside DuckDB and polars, every record in the environment, every row's owner compared."""
    project = bench.projects.with_records(bench.rows)
    pairs = bench.beside_duckdb(f"plan {bench.rows:,} rows, records loaded", project)
    polars = bench.peers.polars_job(project / "exports", bench.out)
    table_row("the same", "`plan`", "polars, ordered", compare(bench.plan(project), polars, bench.pairs))
    same = bench.peers.compare_plan(project, bench.out / "duck.parquet")
    return [limit("plan, records loaded", pairs, bench.rows, 40), same]


def plan_alone(bench):
    """`plan` where no records were loaded: all is read, resolved and checked, and REC002 stops every change."""
    project = bench.projects.without_records(bench.rows)
    pairs = bench.beside_duckdb(f"plan {bench.rows:,} rows, no records loaded (no changes)", project)
    polars = bench.peers.polars_job(project / "exports", bench.out)
    table_row("the same", "`plan`", "polars, ordered", compare(bench.plan(project), polars, bench.pairs))
    return [limit("plan, no records loaded", pairs, bench.rows, 16)]


def records(bench):
    """`plan` with records in the environment, beside SQLite reading them all and the plan without."""
    loaded = bench.projects.with_records(bench.rows)
    alone = bench.projects.without_records(bench.rows)
    read = "SELECT count(*), max(id), max(owner) FROM record NOT INDEXED"
    yardstick = [["sqlite3", loaded / "environment.sqlite", read], bench.plan(alone)]
    pairs = compare(bench.plan(loaded), yardstick, bench.pairs)
    table_row(f"plan {bench.rows:,} rows, records loaded", "`plan`", "`sqlite3` reading them, and `plan` without", pairs)


def apply(bench):
    """`apply` of a million changes beside the shell of SQLite; the same owners stand in both files then."""
    rows = min(bench.rows, 1_000_000)
    project = bench.projects.with_records(rows)
    measure(bench.plan(project))
    bench.peers.stage_changes(project, bench.work / "staged.sqlite")
    copies = bench.work / "apply"
    ours, theirs = copies / "project", copies / "theirs.sqlite"

    def afresh():
        shutil.rmtree(copies, ignore_errors=True)
        shutil.copytree(project, ours)
        shutil.copyfile(project / "environment.sqlite", theirs)
        os.sync()

    update = (f"ATTACH '{bench.work / 'staged.sqlite'}' AS made; BEGIN; UPDATE record SET owner_type = staged.owner_type, "
              "owner = staged.owner FROM made.staged WHERE record.entity = staged.entity AND record.id = staged.id; COMMIT;")
    pairs = compare([bench.program, "apply", ours, "--yes", "--quiet"], ["sqlite3", theirs, update], bench.pairs, afresh)
    table_row(f"apply of a plan of {rows:,} rows, with journal", "`apply --yes`", "`sqlite3`, one transaction", pairs)
    return [bench.peers.compare_files(ours / "environment.sqlite", theirs)]


def xlsx(bench):
    """`plan` of a workbook beside calamine's cell reader on one thread."""
    rows = min(bench.rows, 1_000_000)
    project = bench.projects.workbook(rows)
    reader = bench.projects.cell_reader()
    pairs = compare(bench.plan(project), [reader, project / "exports" / "accounts.xlsx"], bench.pairs)
    table_row(f"plan {rows:,} rows of XLSX", "`plan`", "calamine's cell reader", pairs)


def start(bench):
    """How long it takes to start, and to plan next to nothing."""
    clean = bench.work / "clean"
    shutil.rmtree(clean, ignore_errors=True)
    shutil.copytree(Path(__file__).parent.parent.parent / "samples" / "clean", clean)
    notes = []
    for label, command, most in (("`--version`", [bench.program, "--version"], 0.010),
                                 ("`plan samples/clean`", bench.plan(clean), 0.100)):
        walls = sorted(measure(command).wall for _ in range(max(5, bench.pairs)))
        middle = walls[len(walls) // 2]
        notes.append(f"{label}: {middle * 1000:.1f} ms ({walls[0] * 1000:.1f} to {walls[-1] * 1000:.1f}), "
                     f"promised {most * 1000:.0f} ms")
    return notes


def growth(bench):
    """From ten thousand rows to a hundred million, the last as ten files."""
    notes = ["rows, wall of `plan`, nanoseconds a row, peak memory (no records loaded):"]
    for rows in (10_000, 100_000, 1_000_000, 10_000_000, 100_000_000):
        project = bench.projects.without_records(rows)
        runs = sorted((measure(bench.plan(project)) for _ in range(3)), key=lambda run: run.wall)
        wall, peak = runs[1].wall, max(run.peak for run in runs)
        notes.append(f"{rows:,}: {wall:.3f} s, {wall / rows * 1e9:.0f} ns, {peak / MEGABYTE:.0f} MB")
    return notes


ROWS = {function.__name__: function for function in (plan, plan_alone, records, apply, xlsx, start, growth)}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("work", type=Path)
    arguments.add_argument("--program", type=Path, required=True)
    arguments.add_argument("--peers", type=Path, required=True)
    arguments.add_argument("--generator", type=Path)
    arguments.add_argument("--data", type=Path)
    arguments.add_argument("--rows", type=int, default=10_000_000)
    arguments.add_argument("--pairs", type=int, default=5)
    arguments.add_argument("row", nargs="*", help=", ".join(ROWS))
    chosen = arguments.parse_intermixed_args()
    unknown = [name for name in chosen.row if name not in ROWS]
    if unknown or not (chosen.generator or chosen.data):
        arguments.error(f"no row `{unknown[0]}`" if unknown else "name --generator or --data")
    bench = Bench(chosen)
    say_machine(bench.program)
    notes = []
    for name in chosen.row or [name for name in ROWS if name != "growth"]:
        notes += ROWS[name](bench) or []
        sys.stdout.flush()
    print()
    for note in notes:
        print(f"- {note}")


if __name__ == "__main__":
    main()
