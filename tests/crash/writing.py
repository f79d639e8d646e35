"""Scenes of `apply`, its resume and `undo`: broken off again and again, they end where an
undisturbed run ends, and the journal tells at each break what happened.

In: a `Scene` and which runs are struck, how. Out: its verdict. At each break the journal and the
environment file are asked (`witness.py`) before the next run may tidy up; at the end every table
is compared with the undisturbed one, the counts printed with the planned ones, and `verify` asked.
"""
import json, sqlite3

import points, tables, witness
from scene import Strike

JOURNALS = {"apply": "journal.sqlite", "undo": "undo.sqlite"}
# What the states of the reference are called before and after each command.
AFTER = {"apply": "applied", "undo": "undone"}


class Way:
    """The way out or back of one scene: how far it has come, and what is asked at each break."""

    def __init__(self, scene, command, before):
        self.scene, self.command, self.known = scene, command, scene.known
        self.planned = self.known.way_out if command == "apply" else self.known.way_back
        self.before = before
        self.breaks = 0
        self.base = self.stand = 0

    def begun(self):
        return self.stand / self.known.total

    def settle(self):
        """Takes the state that is there now, whatever left it, for the one before."""
        self.before = tables.copy_of(self.scene.folder / "environment.sqlite",
                                     self.scene.place / "before", "environment.sqlite")
        connection = sqlite3.connect(self.before)
        connection.execute("PRAGMA journal_mode = DELETE").fetchone()
        connection.close()
        self.base = self.stand = self.ask().stand

    def ask(self):
        return witness.look(self.planned, self.scene.folder, JOURNALS[self.command], self.before,
                            self.scene.room)

    def note(self, what, where, broke=True):
        """Asks what has been done, after a strike."""
        answer = self.ask()
        self.stand = answer.stand
        self.breaks += 1
        name = self.command if self.breaks == 1 else f"{self.command} resumed"
        self.scene.verdict.wrong.extend(f"{name}, {where}: {words}" for words in answer.wrong)
        done = "none" if self.stand == self.base else "some"
        if self.stand == self.known.total:
            done = "all"
        gaps = [name for name, count in (("uncommitted", answer.open_unwritten),
                                         ("unheard", answer.open_written)) if count]
        self.scene.verdict.strikes.append(Strike(name, what, where, done, broke, gaps))

    def point(self, more):
        """Where to strike next; early enough that `more` strikes find something to do, and, on the
        way back of a part, not before its first commit, which comes later than that of the whole."""
        chance, steps = self.scene.chance, self.known.steps[AFTER[self.command]]
        if self.breaks == 0 and more == 0 and chance.random() < 0.1:
            return points.anywhere(chance, steps)
        left = 1 - self.begun()
        first = 0.4 * left if 0 < self.base == self.stand else 0
        return points.amid(chance, steps, first, left * (0.9 if more == 0 else 0.5))


def killed_late(scene, way):
    """Kills a run when there is something to take back already."""
    step = points.amid(scene.chance, scene.known.steps[AFTER[way.command]], 0.4, 1)
    where = scene.kill(way.command, step, scene.known.seconds[AFTER[way.command]])
    if where is not None:
        way.note("kill", where)


def killed(scene, way, times):
    """Kills `times` runs of one way, each where the last one left off."""
    seconds = scene.known.seconds[AFTER[way.command]]
    for more in reversed(range(times)):
        where = scene.kill(way.command, way.point(more), seconds * (1 - way.begun()))
        if where is None:
            return
        way.note("kill", where)


def failing(scene, way, actions):
    """Lets the writing of runs of one way fail, one action each."""
    for more, action in zip(reversed(range(len(actions))), actions):
        if action == "folders":
            steps = points.naming(scene.known.steps[AFTER[way.command]])
            step = scene.chance.choice(steps).number
        else:
            step = way.point(more)
        ended, where = scene.harm(way.command, action, step)
        way.note(action, where, ended.code != 0)
        if ended.code == 0:
            scene.verdict.expect(way.stand == way.known.total, f"{way.command}: exit 0, not all done")


def out(scene):
    """The way out, from a plan that nobody has applied."""
    scene.begin("planned")
    return Way(scene, "apply", scene.known.environment("planned"))


def back(scene):
    """The way back, of a plan that was applied undisturbed."""
    scene.begin("applied")
    return Way(scene, "undo", scene.known.environment("applied"))


def back_from_here(scene):
    """The way back of whatever a broken apply has left."""
    way = Way(scene, "undo", None)
    way.settle()
    return way


def finish(scene, way):
    """Runs the command to its end, and holds everything against an undisturbed run."""
    expect = scene.verdict.expect
    nothing_left = way.command == "undo" and nothing_to_undo(scene.folder / "plan")
    ended = scene.run(way.command)
    if ended.code != 0:
        return
    environment = scene.folder / "environment.sqlite"
    differing = tables.differing(environment, scene.known.tables[AFTER[way.command]])
    expect(not differing, f"after {way.command}: tables differ: {differing}")
    if nothing_left:
        # Nothing to take back, so there are no counts either.
        expect(not ended.out, f"an undo of nothing printed {ended.out}")
    else:
        counts_add_up(scene, way, json.loads(ended.out))
    if way.command == "apply":
        scene.run("verify")

def nothing_to_undo(plan):
    """Whether everything was taken back already, or nothing was ever about to be written."""
    written = ask_journal(plan / JOURNALS["apply"], "SELECT count(*) FROM change")
    return not written or bool(ask_journal(plan / JOURNALS["undo"], "SELECT ended FROM run"))


def ask_journal(journal, question):
    """The answer of a journal, as it lies there; nothing where there is none yet."""
    if not journal.exists():
        return None
    connection = sqlite3.connect(journal)
    laid_out = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    answer = connection.execute(question).fetchone()[0] if laid_out else None
    connection.close()
    return answer


def counts_add_up(scene, way, printed):
    """What the last run printed against the plan and against the journal."""
    expect = scene.verdict.expect
    journal = sqlite3.connect(scene.folder / "plan" / JOURNALS[way.command])
    states = dict(journal.execute("SELECT state, count(*) FROM change GROUP BY state"))
    journal.close()
    entries = sum(states.values())
    expect(states.keys() <= {1, 2}, f"{way.command} ended with states {states}")
    good = {row["kind"]: row["done"] + row["no_change"] for row in printed["counts"]}
    bad = sum(row[name] for row in printed["counts"] for name in ("failed", "drifted", "skipped"))
    expect(bad == printed["open"] == 0 and not printed["failures"], f"printed {printed}")
    expect(sum(good.values()) == entries, f"printed {good}, the journal holds {entries} entries")
    if way.command == "apply":
        expect(good == scene.known.kinds, f"printed {good}, planned {scene.known.kinds}")
        expect(states == {1: way.known.total}, f"the journal ends with {states}")
