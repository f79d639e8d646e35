"""What every scene of the crash harness is made of: a copy of a project, strikes, and a verdict.

In: a `Reference` and a job's own chance. Out: a `Verdict`: how many kills and failures fell, which
of them with some but not all changes done, and everything that is not as it must be.
"""
import dataclasses, pathlib, re, shutil

import points, reference

# The exit code of a run that the disk ended: what is read cannot be made whole (2), or the target, a
# file on that disk, cannot be reached (5).
ENDED_BY_DISK = {"load": 2, "plan": 2, "apply": 5, "undo": 5}
# Where a run ends that cannot even take the project's lock.
NOT_BEGUN = 2
LOCK = ".cutover.lock"
# The words of the cure, by what is wrong with the disk or the folder.
NO_ROOM = re.compile(r"\broom\b")
NOT_WRITABLE = re.compile(r"can be written to|writable")


@dataclasses.dataclass
class Strike:
    """One kill or failure: the command, what was done to it, where it fell, what was done by then:
    none, some or all of the changes; and the gaps that it left: intents without their commit
    (uncommitted), commits without their outcome (unheard)."""
    command: str
    what: str
    where: str
    done: str
    broke: bool = True
    gaps: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Verdict:
    strikes: list = dataclasses.field(default_factory=list)
    wrong: list = dataclasses.field(default_factory=list)
    skipped: str = ""

    def expect(self, holds, words):
        if not holds:
            self.wrong.append(words)


class Scene:
    """A copy of a project in `folder`, and the verdict on what becomes of it."""

    def __init__(self, known, folder, chance):
        self.known, self.chance = known, chance
        self.program = known.program
        self.place = pathlib.Path(folder)
        self.folder = self.place / "project"
        self.room = self.place / "room"
        self.verdict = Verdict()

    def begin(self, state):
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir(parents=True)
        reference.copy(self.known.at(state), self.folder)

    def kill(self, command, step, seconds):
        """Kills a run at a step, now and then amid the write, or sometimes by the clock."""
        if self.chance.random() < 0.05:
            moment = self.chance.uniform(0.2, 0.8) * seconds
            ended = self.program.killed_after(command, self.folder, moment)
            where = f"after {moment:.2f} s"
        else:
            action = self.chance.choice(["kill", "kill-amid"])
            ended = self.program.harmed(command, self.folder, action, step)
            where = f"{'amid' if action == 'kill-amid' else 'before'} step {step}: {ended.fell_on}"
        if not ended.killed:
            self.verdict.expect(ended.code == 0, f"{command}: exit {ended.code}: {ended.err}")
            return None
        return where

    def harm(self, command, action, step):
        """Lets the writing of a run fail from a step on, and looks at how it says so."""
        ended = self.program.harmed(command, self.folder, action, step)
        self.says_so(command, action, ended)
        return ended, f"step {step}: {ended.fell_on}"

    def says_so(self, command, what, ended):
        """A run that cannot write ends with the right code, and says file and cure, once."""
        if ended.code == 0:
            return
        expect, said = self.verdict.expect, ended.err.strip()
        begun = LOCK not in (ended.fell_on or "")
        right = ENDED_BY_DISK[command] if begun else NOT_BEGUN
        expect(ended.code == right, f"{command}: exit {ended.code}, not {right}: {said}")
        expect("panicked" not in said, f"{command}: {said}")
        expect(said.count("error:") == 1, f"{command}: not said once: {said}")
        causes = [line.removeprefix("  because ") for line in said.splitlines()[1:]]
        repeated = [one for one, next in zip(causes, causes[1:]) if one in next or next in one]
        expect(not repeated, f"{command}: a cause is said twice: {said}")
        cure = NO_ROOM if "full" in what else NOT_WRITABLE
        expect(cure.search(said), f"{command}: no cure named for {what}: {said}")
        named = re.findall(re.escape(str(self.folder)) + r"[^\s`:;,]*", said)
        expect(named, f"{command}: no file named: {said}")
        expect(len(set(named)) == len(named), f"{command}: a file is named twice: {said}")

    def run(self, command):
        """A run that nothing disturbs; its output."""
        ended = self.program.run(command, self.folder)
        self.verdict.expect(ended.code == 0, f"{command} again: exit {ended.code}: {ended.err}")
        return ended

    def anywhere(self, state):
        return points.anywhere(self.chance, self.known.steps[state])
