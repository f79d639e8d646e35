"""Runs the product: undisturbed, counted, killed or harmed at a step, killed at a moment.

In: the program, the fault library (`faults.c`), a command and its project folder. Out: how the run
ended (`Ended`), and of a counted run its steps (`Step`), from which points are chosen (`points.py`).
"""
import dataclasses, os, pathlib, signal, subprocess, time

WORDS = {
    "load": ["load", "--quiet"],
    "plan": ["plan", "--quiet"],
    "apply": ["apply", "--yes", "--quiet", "--format", "json"],
    "undo": ["undo", "--yes", "--quiet", "--format", "json"],
    "verify": ["verify", "--quiet"],
}
# The user and group that an unprivileged run has.
NOBODY = 65534
PATIENCE = 600


@dataclasses.dataclass
class Ended:
    """How a run ended; `fell_on` is the step that the fault fell on, `operation file`."""
    code: int
    out: str
    err: str
    fell_on: str | None = None

    @property
    def killed(self):
        return self.code == -signal.SIGKILL


@dataclasses.dataclass
class Step:
    """A durable step: its number, what was done to which file of the project, up to which byte."""
    number: int
    operation: str
    file: str
    end: int


class Program:
    """The product, and the library that harms it."""

    def __init__(self, program, library):
        self.program = str(pathlib.Path(program).resolve())
        self.library = str(pathlib.Path(library).resolve())

    def command(self, name, folder):
        return [self.program, *WORDS[name], str(folder)]

    def run(self, name, folder):
        return self._end(subprocess.Popen(self.command(name, folder), **pipes()))

    def show_changes(self, folder):
        words = [self.program, "show", str(folder), "changes", "--format", "csv"]
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout

    def counted(self, name, folder):
        """An undisturbed run, and all its steps in order."""
        trace = folder.parent / f"{folder.name}.trace"
        ended = self._end(self._faulty(name, folder, "", 0, trace))
        steps = [read_step(line) for line in trace.read_text().splitlines()]
        trace.unlink()
        return ended, steps

    def harmed(self, name, folder, action, step):
        """A run on which a fault falls at its `step`."""
        trace = folder.parent / f"{folder.name}.trace"
        ended = self._end(self._faulty(name, folder, action, step, trace))
        ended.fell_on = fell_on(trace)
        return ended

    def killed_after(self, name, folder, seconds):
        """A run killed from outside, wherever it is by then."""
        process = subprocess.Popen(self.command(name, folder), **pipes())
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        return self._end(process)

    def paused(self, name, folder, step, meanwhile):
        """A run of nobody's, stopped before `step`; `meanwhile` happens before it goes on."""
        trace = folder.parent / f"{folder.name}.trace"
        trace.touch()
        trace.chmod(0o666)
        process = self._faulty(name, folder, "pause", step, trace, as_nobody())
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            process.returncode = os.waitstatus_to_exitcode(status)
            return self._end(process)
        meanwhile()
        process.send_signal(signal.SIGCONT)
        ended = self._end(process)
        ended.fell_on = fell_on(trace)
        return ended

    def as_nobody(self, name, folder):
        command = [*as_nobody(), *self.command(name, folder)]
        return self._end(subprocess.Popen(command, **pipes()))

    def _faulty(self, name, folder, action, step, trace, before=()):
        # Set by `env`, so that the faults begin with the product and not with what changes the user.
        faults = [f"FAULT_FOLDER={folder}", f"FAULT_TRACE={trace}", f"FAULT_ACTION={action}",
                  f"FAULT_STEP={step}", f"LD_PRELOAD={self.library}"]
        command = [*before, "env", *faults, *self.command(name, folder)]
        return subprocess.Popen(command, **pipes())

    def _end(self, process):
        out, err = process.communicate(timeout=PATIENCE)
        return Ended(process.returncode, out, err)


def pipes():
    return {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}


def as_nobody():
    """The words before a command that run it as nobody, where we are the superuser."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


def read_step(line):
    # A file without a name, such as what a library puts aside, is called so by the system, with a blank.
    number, operation, rest = line.split(" ", 2)
    file, end = rest.rsplit(" ", 1)
    return Step(int(number), operation, file, int(end))


def fell_on(trace):
    """The step that a fault fell on; nothing where the run ended before it."""
    line = trace.read_text() if trace.exists() else ""
    trace.unlink(missing_ok=True)
    if not line:
        return None
    step = read_step(line.splitlines()[0])
    return f"{step.operation} {step.file}"


def build_library(source, folder):
    """Compiles the fault library into a folder."""
    library = folder / "faults.so"
    subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC",
                    "-o", str(library), str(source), "-ldl"], check=True)
    return library
