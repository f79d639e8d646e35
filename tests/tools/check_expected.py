#!/usr/bin/env python3
"""Plans a project and holds it against its `expected.toml`; where it plans, applies it too.

usage: check_expected.py CUTOVER_PROGRAM PROJECT...

In: project folders made by the other tools here, which know who was meant. Out: one line a project;
exits 1 if any differs. A project that plans without an error is applied, verified and undone, and
every table of the environment file must be as before.
"""
import json, pathlib, subprocess, sys, tomllib

from environment_tables import digests


def run(program, *words):
    return subprocess.run([program, *words], capture_output=True, text=True)


def differences(program, project):
    expected = tomllib.loads((project / "expected.toml").read_text())
    planned = run(program, "plan", str(project), "--format", "json", "--quiet")
    if planned.returncode != expected["exit_code"]:
        return [f"plan exits {planned.returncode}, expected {expected['exit_code']}: {planned.stderr}"]
    if planned.returncode == 2:
        said = [expected["code"], *expected["says"], *expected.get("headers_shown", [])]
        return [f"does not say `{words}`" for words in said if words not in planned.stderr]
    found = []
    plan = json.loads(planned.stdout)
    names = {one["file"]: one["name"] for one in plan["inputs"]}
    changes = {kind.replace("_", " "): count for kind, count in plan["totals"]["changes"].items() if count}
    wanted = {kind: count for kind, count in expected["changes"].items() if count}
    if changes != wanted:
        found.append(f"changes {changes}, expected {wanted}")
    for ledger in plan["ledgers"]:
        fates = expected["files"][names[ledger["file"]]]
        for key, value in fates.items():
            if ledger[key] != value:
                found.append(f"{names[ledger['file']]}: {key} is {ledger[key]}, expected {value}")
    if planned.returncode == 0 and not found:
        before = digests(project / "environment.sqlite")
        for command in (["apply", "--yes"], ["apply", "--yes"], ["verify"], ["undo", "--yes"]):
            ended = run(program, command[0], str(project), *command[1:])
            if ended.returncode:
                found.append(f"{command[0]} exits {ended.returncode}: {ended.stderr}")
        if digests(project / "environment.sqlite") != before:
            found.append("a table is not as before")
    return found


def main():
    program, *projects = sys.argv[1:]
    wrong = 0
    for project in map(pathlib.Path, projects):
        found = differences(str(pathlib.Path(program).resolve()), project)
        wrong += bool(found)
        print(f"{project.name}: {'as expected' if not found else '; '.join(found)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
