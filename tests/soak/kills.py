#!/usr/bin/env python3
"""Kills an apply at random points and expects every resumed run to end where an undisturbed one ends.

usage: kills.py CUTOVER_PROGRAM WORK_FOLDER [--changes N] [--kills N] [--seed N]

Makes a project of N records, plans it, applies a copy undisturbed, then for each kill: applies a
fresh copy, sends SIGKILL after a random part of the undisturbed time, resumes, and compares every
table of the environment file. Prints one line a kill and the totals; exits 1 on any difference.
"""
import argparse, pathlib, random, shutil, signal, sqlite3, subprocess, sys, time, uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))
from environment_tables import digests


def write_project(folder, changes):
    space = uuid.UUID("6f1f6f3e-0000-4000-8000-000000000000")
    unit, role = uuid.uuid5(space, "unit"), uuid.uuid5(space, "role")
    users = [uuid.uuid5(space, f"user {n}") for n in range(50)]
    environment = folder / "environment"
    exports = folder / "exports"
    environment.mkdir(parents=True)
    exports.mkdir()

    def table(place, header, rows):
        with open(place, "w", encoding="utf-8", newline="\n") as file:
            file.write(header + "\n")
            for row in rows:
                file.write(row + "\n")

    table(environment / "business_units.csv", "id,name,parent", [f"{unit},Contoso,"])
    table(environment / "users.csv", "id,upn,mail,first_name,last_name,business_unit",
          [f"{user},user{n}@contoso.com,user{n}@contoso.com,User,Number {n},Contoso" for n, user in enumerate(users)])
    table(environment / "roles.csv", "id,name,business_unit", [f"{role},Salesperson,Contoso"])
    table(environment / "role_privileges.csv", "role,privilege,depth", ["Salesperson,prvReadAccount,user"])
    table(environment / "user_roles.csv", "user,role", [f"{user},{role}" for user in users])
    for name, header in (("teams", "id,name,business_unit,type"), ("team_members", "team,user"),
                         ("team_roles", "team,role,inheritance")):
        table(environment / f"{name}.csv", header, [])
    table(environment / "entities.csv", "name,ownership", ["account,user"])
    records = [uuid.uuid5(space, f"record {n}") for n in range(changes)]
    table(environment / "records-account.csv", "id,owner", (f"{record},{users[0]}" for record in records))
    # Thirty leavers become stub users, so that kills fall into the first stage too.
    table(exports / "users.csv", "id,upn,mail,first_name,last_name",
          [f"{n},leaver{n}@contoso.com,leaver{n}@contoso.com,Leaver,Number {n}" for n in range(30)])
    def owner(n):
        return f"leaver{n % 30}@contoso.com" if n % 7 == 0 else f"user{1 + n % 49}@contoso.com"
    table(exports / "accounts.csv", "accountid,ownerid", (f"{record},{owner(n)}" for n, record in enumerate(records)))
    (folder / "cutover.toml").write_text(
        '[environment]\nfrom = "environment/"\n\n[[users]]\nfile = "exports/users.csv"\n\n'
        '[[records]]\nfile = "exports/accounts.csv"\ntable = "account"\n')


def done(folder):
    """How many changes the journal knows as written, before the resume."""
    journal = folder / "plan" / "journal.sqlite"
    if not journal.exists():
        return 0
    connection = sqlite3.connect(journal)
    try:
        return connection.execute("SELECT count(*) FROM change WHERE state <> 0").fetchone()[0]
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("folder")
    parser.add_argument("--changes", type=int, default=200_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    options = parser.parse_args()
    chance = random.Random(options.seed)
    print(f"seed {options.seed}")
    work = pathlib.Path(options.folder)
    shutil.rmtree(work, ignore_errors=True)
    original = work / "original"
    original.mkdir(parents=True)
    write_project(original, options.changes)
    program = str(pathlib.Path(options.program).resolve())
    subprocess.run([program, "plan", str(original)], check=True, stdout=subprocess.DEVNULL)

    def apply(folder):
        return [program, "apply", str(folder), "--yes", "--quiet"]

    reference = work / "reference"
    shutil.copytree(original, reference)
    begun = time.monotonic()
    subprocess.run(apply(reference), check=True, stdout=subprocess.DEVNULL)
    duration = time.monotonic() - begun
    expected = digests(reference / "environment.sqlite")
    print(f"undisturbed apply: {duration:.2f} s")
    partly = wrong = 0
    for number in range(options.kills):
        folder = work / "killed"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(original, folder)
        moment = chance.uniform(0.02, 0.98) * duration
        process = subprocess.Popen(apply(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(moment)
        process.send_signal(signal.SIGKILL)
        process.wait()
        written = done(folder)
        partly += 0 < written < options.changes
        resumed = subprocess.run(apply(folder), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        found = digests(folder / "environment.sqlite")
        same = resumed.returncode == 0 and found == expected
        wrong += not same
        print(f"kill {number + 1}: after {moment:.2f} s, {written} changes known as written, "
              f"resumed with exit {resumed.returncode}, {'same end state' if same else 'DIFFERENT'}")
        if not same:
            print(resumed.stderr, [name for name in expected if found.get(name) != expected[name]])
    print(f"{options.kills} kills, {partly} with some but not all changes done, {wrong} end states differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
