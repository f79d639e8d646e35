#!/usr/bin/env python3
"""A live environment on a bad line, killed on the way: nothing lost, nothing twice.

usage: run.py CUTOVER_PROGRAM WORK_FOLDER [--records N] [--faults SHARE] [--kills N] [--seed N]
              [--latency TIME] [--limits off|scaled|real] [--stubs import|api] [--undo]

The rehearsal server serves a generated environment (the one of ../crash, with a caller) and meets a
share of all requests with a fault: throttled, cut before or after it was done, broken off halfway, out
of order, its token ended. The project is pulled and planned against it; then apply is killed so many
times, each at another place, and run again until it ends by itself. Expected: the served file holds what
the generator says, verify agrees, and the server's own log has every change once. With --undo the way
back is gone as well, killed as often. Prints what it saw; exits 1 where anything differs, or where a
writing command took more than 200 MB. Linux.
"""
import argparse, json, os, pathlib, random, re, shutil, signal, sqlite3, subprocess, sys, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "crash"))
import project

ADMINISTRATOR, ADMINISTRATORS = project.made("administrator"), project.made("administrators")
TEMPLATE = "627090ff-40a3-4053-8790-584edc5be201"
# How often the log is looked at, in seconds.
LOOK = 0.01
# What a writing command may take of memory, in MB.
MEMORY_MAX = 200


def write_served(folder, count):
    """The environment, with somebody who may do everything as the caller."""
    environment = folder / "environment"
    project.write_environment(environment, count)
    with open(environment / "users.csv", "a", encoding="utf-8", newline="\n") as file:
        file.write(f"{ADMINISTRATOR},admin@contoso.com,admin@contoso.com,The,Administrator,Contoso\n")
    with open(environment / "user_roles.csv", "a", encoding="utf-8", newline="\n") as file:
        file.write(f"{ADMINISTRATOR},{ADMINISTRATORS}\n")
    roles = (environment / "roles.csv").read_text().splitlines()
    rows = [roles[0] + ",template", *(row + "," for row in roles[1:]),
            f"{ADMINISTRATORS},System Administrator,Contoso,{TEMPLATE}"]
    (environment / "roles.csv").write_text("\n".join(rows) + "\n")
    project.sheet(environment / "settings.csv", "name,value",
                  [f"caller,{ADMINISTRATOR}", "AllowRoleAssignmentOnDisabledUsers,true"])
    (folder / "cutover.toml").write_text('[environment]\nfrom = "environment/"\n')


def write_project(folder, count, url, stubs):
    """The exports, and a manifest that names the server."""
    project.write_exports(folder / "exports", count)
    rest = project.MANIFEST.split("\n", 2)[2]
    # No directory is there that could say who is real.
    (folder / "cutover.toml").write_text(
        f'[environment]\nurl = "{url}"\nstubs = "{stubs}"\n{rest}\n[accept]\nunchecked = ["STB006"]\n')


class Server:
    def __init__(self, options, folder):
        self.log = folder / "log.jsonl"
        said, address = open(folder / "said", "w"), folder / "address"
        self.process = subprocess.Popen(
            [options.program, "rehearse", folder, "--port", "0", "--in-place", "--log", self.log,
             "--faults", options.faults, "--seed", str(options.seed), "--latency", options.latency,
             "--limits", options.limits], stdout=open(address, "w"), stderr=said)
        while True:
            found = re.fullmatch(r"http://([0-9.:]+)\n", address.read_text())
            if found:
                self.host = found.group(1)
                return
            if self.process.poll() is not None:
                raise SystemExit(f"the server ended: {(folder / 'said').read_text()}")
            time.sleep(LOOK)

    def lines(self):
        with open(self.log, "rb") as file:
            return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))

    def end(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait()


class Runs:
    """The commands of one project against one server, and what they cost."""

    def __init__(self, options, folder, server):
        self.options, self.folder, self.server = options, folder, server
        self.memory, self.killed = 0, 0

    def command(self, *words):
        began = time.monotonic()
        ended = subprocess.run([self.options.program, *words], capture_output=True, text=True)
        took = time.monotonic() - began
        print(f"{words[0]}: {took:.1f} s, exit {ended.returncode}", flush=True)
        if ended.returncode != 0:
            raise SystemExit(f"{ended.stdout}\n{ended.stderr}")
        return ended.stdout

    def killed_until_done(self, word, chance, changes):
        """Runs a writing command; kills it when the log has grown to each of some places."""
        seal = json.loads((self.folder / "plan/plan.json").read_text())["seal"]
        words = [self.options.program, word, self.folder, "--target", self.server.host, "--seal", seal]
        before = self.server.lines()
        kills = self.options.kills
        places = sorted(before + chance.randrange(changes * at // (kills + 1), changes * (at + 1) // (kills + 1))
                        for at in range(kills))
        began = time.monotonic()
        while True:
            process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            if places and self.wait_for(process, places[0]):
                process.kill()
                self.killed += 1
            if places:
                places.pop(0)
            out, err = process.communicate()
            if process.returncode == -signal.SIGKILL:
                continue
            if process.returncode != 0:
                raise SystemExit(f"{word}: exit {process.returncode}\n{out}\n{err}")
            if places:
                print(f"{word} ended by itself, {len(places)} kills to come", flush=True)
            took = time.monotonic() - began
            print(f"{word}: {took:.1f} s with its kills, {changes / took:.0f} changes a second", flush=True)
            return

    def wait_for(self, process, place):
        """Waits until the log has so many lines; false where the command ends before."""
        while process.poll() is None:
            self.measure(process.pid)
            if self.server.lines() >= place:
                return True
            time.sleep(LOOK)
        return False

    def measure(self, pid):
        try:
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
        except OSError:
            return
        found = re.search(r"VmHWM:\s+(\d+)", status)
        self.memory = max(self.memory, int(found.group(1)) if found else 0)


def compare(served, count):
    """What differs from what the generator says, in words."""
    connection = sqlite3.connect(served / "environment.sqlite")
    copies = dict(connection.execute("SELECT root, id FROM role WHERE business_unit = ?",
                                     (project.FIELD.bytes,)))
    names, owners, roles, team_roles, stubs, users = project.wanted(count, copies)
    made = dict(connection.execute("SELECT upn, id FROM user WHERE stub = 1"))
    owner_of = {**names, **made, project.TEAM_NAME: project.TEAM.bytes}
    meant = {record: owner_of.get(owner) for record, owner in owners.items()}
    roles |= {(id, project.SELLER.bytes) for id in made.values()}
    roles |= {(ADMINISTRATOR.bytes, ADMINISTRATORS.bytes)}
    users = {**users, ADMINISTRATOR.bytes: (project.UNIT.bytes, 0)}
    faults = []

    def same(what, found, expected):
        if found != expected:
            faults.append(f"{what}: {len(found)} found, {len(expected)} expected")

    same("owners", dict(connection.execute("SELECT id, owner FROM record")), meant)
    same("stub users", set(made), stubs)
    same("roles", set(connection.execute("SELECT user, role FROM user_role")), roles)
    same("roles of teams", set(connection.execute("SELECT team, role FROM team_role")), team_roles)
    same("users", {id: tuple(values) for id, *values in connection.execute(
        "SELECT id, business_unit, access_mode FROM user WHERE stub = 0")}, users)
    connection.close()
    return faults


def state(served):
    connection = sqlite3.connect(served / "environment.sqlite")
    rows = {table: set(connection.execute(f"SELECT * FROM {table}"))
            for table in ("record", "user", "user_role", "team_role")}
    connection.close()
    return rows


def twice(log, first):
    """Lines of the log, from one on, that say the same as one before them."""
    known, again, kinds = set(), [], {}
    with open(log, encoding="utf-8") as file:
        for number, line in enumerate(file):
            if number < first:
                continue
            change = json.loads(line)
            change.pop("request")
            kinds[change["what"]] = kinds.get(change["what"], 0) + 1
            key = json.dumps(change, sort_keys=True)
            if key in known:
                again.append(key)
            known.add(key)
    return again, kinds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--faults", default="2%")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--latency", default="0ms")
    parser.add_argument("--limits", default="off")
    parser.add_argument("--stubs", default="import")
    parser.add_argument("--undo", action="store_true")
    options = parser.parse_args()
    options.program = options.program.resolve()
    chance = random.Random(options.seed)
    shutil.rmtree(options.folder, ignore_errors=True)
    served, folder = options.folder / "served", options.folder / "project"
    served.mkdir(parents=True)
    folder.mkdir()
    write_served(served, options.records)
    server = Server(options, served)
    runs = Runs(options, folder, server)
    try:
        write_project(folder, options.records, f"http://{server.host}", options.stubs)
        runs.command("pull", folder)
        runs.command("plan", folder)
        if server.lines():
            raise SystemExit("pull or plan has written")
        before = state(served)
        changes = sum(project.changes(options.records).values())
        runs.killed_until_done("apply", chance, changes)
        runs.command("verify", folder)
        faults = compare(served, options.records)
        written = server.lines()
        again, kinds = twice(server.log, 0)
        print(f"written: {kinds}")
        if options.undo:
            runs.killed_until_done("undo", chance, changes)
            runs.command("verify", folder)
            after = state(served)
            faults += [f"undo: {table} differs in {len(after[table] ^ before[table])} rows"
                       for table in before if after[table] != before[table]]
            more, kinds = twice(server.log, written)
            again += more
            print(f"taken back: {kinds}")
    finally:
        server.end()
    faults += [f"written twice: {line}" for line in again[:5]]
    if runs.memory > MEMORY_MAX * 1024:
        faults.append(f"more memory than {MEMORY_MAX} MB")
    print(f"{runs.killed} kills; {len(again)} written twice; memory at most {runs.memory / 1024:.0f} MB; "
          f"{len(faults)} faults")
    print(*faults, sep="\n")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
