"""The tools that `cutover` is run beside, and whether they found the same."""

import json
import subprocess
import sys

REQUIRED = ("duckdb", "polars")

# Counts the rows of which the two sides do not say the same; a plan says nothing of rows that are not changed.
SAME_OWNERS = """
SELECT count(*), count(p.record), count(*) FILTER (d.status = 'ok' AND p.owner IS DISTINCT FROM d.owner),
       count(*) FILTER (d.status <> 'ok' AND p.record IS NOT NULL), count(*) FILTER (d.status = 'missing'),
       count(*) FILTER (d.status = 'ambiguous'), count(*) FILTER (d.record IS NULL)
FROM (SELECT lower(accountid) AS record, lower(systemuserid) AS owner, status FROM '{theirs}') d
FULL JOIN (SELECT {record} AS record, {after} AS owner FROM '{ours}') p ON d.record = p.record
"""

QUERY = """
import duckdb, json, sys
duck = duckdb.connect()
duck.execute("SET enable_progress_bar = false")
print(json.dumps(duck.execute(sys.argv[1]).fetchone()))
"""
STAGE = """
import duckdb, sqlite3, sys, uuid
staged, environment, changes = sys.argv[1:]
made = sqlite3.connect(staged)
entity, = sqlite3.connect(environment).execute("SELECT number FROM entity WHERE name = 'account'").fetchone()
made.execute("CREATE TABLE staged (entity INTEGER, id BLOB, owner_type INTEGER, owner BLOB)")
duck = duckdb.connect()
duck.execute("SET enable_progress_bar = false")
rows = duck.execute(f"SELECT record::VARCHAR, after_type, after::VARCHAR FROM '{changes}' ORDER BY seq")
while some := rows.fetchmany(10000):
    made.executemany("INSERT INTO staged VALUES (?, ?, ?, ?)",
                     [(entity, uuid.UUID(record).bytes, kind, uuid.UUID(owner).bytes) for record, kind, owner in some])
made.commit()
"""


class Peers:
    """DuckDB and polars of the versions that the peers' folder names, and SQLite's shell."""

    def __init__(self, work, folder):
        self.work, self.folder = work, folder
        self.python = work / "venv" / "bin" / "python"

    def installed(self):
        """The interpreter that has them."""
        if not self.python.exists():
            wanted = (self.folder / "requirements.txt").read_text(encoding="utf-8").split()
            wanted = [line for line in wanted if line.startswith(REQUIRED)]
            subprocess.run([sys.executable, "-m", "venv", self.work / "venv"], check=True)
            subprocess.run([self.python, "-m", "pip", "install", "--quiet", *wanted], check=True)
        return self.python

    def duckdb_job(self, exports, out):
        return [self.installed(), self.folder / "duckdb_job.py", exports, "accounts.csv", "parquet", out]

    def polars_job(self, exports, out):
        return [self.installed(), self.folder / "polars_job.py", exports, "accounts.csv", "parquet", out, "--ordered"]

    def query(self, text):
        """The first row of what DuckDB answers."""
        answer = subprocess.run([self.installed(), "-c", QUERY, text], check=True, capture_output=True, text=True)
        return json.loads(answer.stdout)

    def compare_plan(self, project, theirs):
        """Every row that the job found an owner for has that owner in the plan, and no other row is changed."""
        ours = project / "plan" / "changes" / "4-account.parquet"
        kind = self.query(f"SELECT typeof(record) FROM '{ours}' LIMIT 1")[0]
        shown = {"UUID": "{}::VARCHAR", "BLOB": "lower(hex({}))"}[kind]
        record, after = (shown.format(column) for column in ("record", "after"))
        query = SAME_OWNERS.format(theirs=theirs, ours=ours, record=record, after=after)
        if kind == "BLOB":
            query = query.replace("lower(accountid)", "replace(lower(accountid), '-', '')")
            query = query.replace("lower(systemuserid)", "replace(lower(systemuserid), '-', '')")
        rows, changes, other_owner, wrongly, missing, ambiguous, unknown = self.query(query)
        ledger = json.loads((project / "plan" / "plan.json").read_text(encoding="utf-8"))["ledgers"][0]
        kept_out = ledger["kept_out"].get("OWN002", 0)
        found = (other_owner, wrongly, unknown, ledger["left"], kept_out, ledger["changes"], ledger["rows"])
        wanted = (0, 0, 0, missing, ambiguous, changes, rows)
        if found != wanted:
            sys.exit(f"the results differ: other owners, changes that should be none, records unknown, left, kept out, "
                     f"changes, rows are {found}, expected {wanted}")
        return (f"the same, row by row: {rows:,} rows, {changes:,} owners, {missing:,} of people who are missing, "
                f"{ambiguous:,} of ambiguous names; asked in DuckDB: `SELECT record, after FROM "
                f"'plan/changes/4-account.parquet'`")

    def stage_changes(self, project, staged):
        """The plan's changes of owners as a table of SQLite, in the order of the plan."""
        staged.unlink(missing_ok=True)
        changes = project / "plan" / "changes" / "4-account.parquet"
        files = (staged, project / "environment.sqlite", changes)
        subprocess.run([self.installed(), "-c", STAGE, *files], check=True)

    def sqlite(self, file, *commands):
        return subprocess.run(["sqlite3", file, *commands], check=True, capture_output=True, text=True).stdout

    def compare_files(self, ours, theirs):
        """Both environment files hold the same owners."""
        owners = "SELECT entity, id, owner_type, owner FROM {}"
        ours_ = owners.format("main.record")
        theirs_ = owners.format("other.record")
        count = self.sqlite(ours, f"ATTACH '{theirs}' AS other; SELECT (SELECT count(*) FROM ({ours_} EXCEPT {theirs_})) + "
                                  f"(SELECT count(*) FROM ({theirs_} EXCEPT {ours_})), (SELECT count(*) FROM record);")
        differ, rows = count.strip().split("|")
        if differ != "0":
            sys.exit(f"after apply {differ} records have other owners than after SQLite's own updates")
        return f"after apply and after SQLite's own updates the same owners stand in all {int(rows):,} records"
