"""What undisturbed runs make: the states that every disturbed run is held against.

In: the program, a folder to work in, the number of records. Out: a `Reference`: project folders
before and after each command, the steps of each command, the tables of the end states, and the
planned changes to ask journals with. Everything is checked here once against what the generator
knows, so that a wrong product cannot be its own measure.
"""
import csv, os, pathlib, shutil, sqlite3, time

import project, tables, witness

RULINGS = {"leaver0@contoso.com": project.upn(7), "leaver1@contoso.com": "leave"}


class Unusable(Exception):
    """The undisturbed runs are not as they must be: nothing can be held against them."""


class Reference:
    def __init__(self, program, folder, count):
        self.program, self.folder, self.count = program, pathlib.Path(folder), count
        self.steps, self.seconds = {}, {}
        self.folder.mkdir(parents=True)
        self.make()
        self.planned_changes()
        self.is_what_was_meant()

    def at(self, state):
        """The project folder in one of the states that `make` names."""
        return self.folder / state

    def environment(self, state):
        return self.at(state) / "environment.sqlite"

    def make(self):
        project.write_project(self.at("inputs"), self.count)
        self.state("loaded", "inputs", "load")
        self.older()
        self.state("reloaded", "older", "load")
        self.state("planned", "loaded", "plan")
        self.state("planned at once", "inputs", "plan")
        self.ruled()
        self.state("planned anew", "ruled", "plan")
        self.state("applied", "planned", "apply")
        self.state("undone", "applied", "undo")
        self.tables = {state: tables.rows(self.environment(state))
                       for state in ("loaded", "applied", "undone")}

    def state(self, name, before, command):
        """Runs a command in a copy of another state, counted, then timed uncounted."""
        copy(self.at(before), self.at(name))
        ended, self.steps[name] = self.program.counted(command, self.at(name))
        if ended.code != 0:
            raise Unusable(f"undisturbed {command}: exit {ended.code}\n{ended.err}")
        spare = self.folder / "timed"
        copy(self.at(before), spare)
        begun = time.monotonic()
        self.program.run(command, spare)
        self.seconds[name] = time.monotonic() - begun
        shutil.rmtree(spare)

    def older(self):
        """A project whose environment file was loaded from less than its folder holds now."""
        copy(self.at("inputs"), self.at("older"))
        less = self.folder / "less"
        project.write_project(less, self.count // 2)
        ended = self.program.run("load", less)
        if ended.code != 0:
            raise Unusable(f"undisturbed load: exit {ended.code}\n{ended.err}")
        shutil.move(less / "environment.sqlite", self.environment("older"))
        shutil.rmtree(less)

    def ruled(self):
        """A plan that was ruled on since: rulings, notes, and a column of somebody's own."""
        copy(self.at("planned"), self.at("ruled"))
        sheet = self.at("ruled") / "owners.csv"
        header, *lines = sheet.read_text(encoding="utf-8-sig").splitlines()
        ruled = [f"{header},seen by"]
        for line in lines:
            cells = line.split(",")
            ruling = RULINGS.get(cells[0])
            if ruling:
                cells[-2:] = [ruling, f"as agreed on {cells[0]}"]
            ruled.append(",".join([*cells, "Ana" if ruling else ""]))
        sheet.write_text("\ufeff" + "\n".join(ruled) + "\n", encoding="utf-8")

    def planned_changes(self):
        self.way_out, self.way_back = self.folder / "out.sqlite", self.folder / "back.sqlite"
        listing = self.program.show_changes(self.at("planned"))
        self.kinds = witness.write_planned(listing, self.environment("planned"), self.way_out)
        witness.write_way_back(self.way_out, self.way_back)
        self.total = sum(self.kinds.values())

    def is_what_was_meant(self):
        """The undisturbed end state against what the generator knows."""
        expected = project.changes(self.count)
        if self.kinds != expected:
            raise Unusable(f"planned {self.kinds}, expected {expected}")
        if self.tables["undone"] != self.tables["loaded"]:
            raise Unusable("an undisturbed undo does not end where apply began")
        for state in ("planned", "planned at once"):
            if tables.differing(self.environment(state), self.tables["loaded"]):
                raise Unusable("an undisturbed plan changes the environment file")
        self.rulings_are_kept()
        connection = sqlite3.connect(self.environment("applied"))
        copies = dict(connection.execute("SELECT root, id FROM role WHERE business_unit = ?",
                                         (project.FIELD.bytes,)))
        names, owners, roles, team_roles, stubs, users = project.wanted(self.count, copies)
        made = dict(connection.execute("SELECT upn, id FROM user WHERE stub = 1"))
        owner_of = {**names, **made, project.TEAM_NAME: project.TEAM.bytes}
        meant = {record: owner_of.get(owner) for record, owner in owners.items()}
        roles |= {(id, project.SELLER.bytes) for id in made.values()}
        if (dict(connection.execute("SELECT id, owner FROM record")) != meant or set(made) != stubs
                or set(connection.execute("SELECT user, role FROM user_role")) != roles
                or set(connection.execute("SELECT team, role FROM team_role")) != team_roles
                or {id: values for id, *values in map(list, connection.execute(
                    "SELECT id, business_unit, access_mode FROM user WHERE stub = 0"))}
                != {id: list(values) for id, values in users.items()}):
            raise Unusable("an undisturbed apply does not end where the generator says")
        connection.close()


    def rulings_are_kept(self):
        """An undisturbed plan over a sheet that was ruled on: what people wrote is still there, and
        the plan before is in the history."""
        with open(self.at("planned anew") / "owners.csv", encoding="utf-8-sig", newline="") as sheet:
            rows = {row["reference"]: row for row in csv.DictReader(sheet)}
        for reference, ruling in RULINGS.items():
            row = rows[reference]
            found = row["ruling"], row["note"], row["seen by"]
            if found != (ruling, f"as agreed on {reference}", "Ana"):
                raise Unusable(f"owners.csv: {reference} has {found}")
        before = list((self.at("planned anew") / "history").iterdir())
        if len(before) != 1 or tables.unlike_files(before[0], self.at("ruled") / "plan"):
            raise Unusable(f"history/ holds {before}, not the plan before as it was")


def copy(source, target, link=True):
    """Copies a project folder. The exports, which nobody writes to, are the same files: a link."""
    shutil.rmtree(target, ignore_errors=True)
    inputs = {"exports", "environment"}

    def one(file, place):
        if link and pathlib.Path(file).parent.name in inputs:
            os.link(file, place)
        else:
            shutil.copyfile(file, place)

    shutil.copytree(source, target, copy_function=one)
