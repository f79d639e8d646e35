"""Scenes on a real file system: one of a few MiB that fills up, and a folder that stops being
writable while the command runs.

In: a `Scene` over a small project, and a command. Out: its verdict, or why it was skipped. The file
system is a tmpfs mounted here over the project's folder and taken away again; for the folder the
command runs as nobody, is stopped just before a step that needs the permission, and goes on.
"""
import os, shutil, subprocess

import filling, points, reference, tables, writing
from program import NOBODY
from scene import Strike

# Command: state before and after.
STATES = {"load": ("older", "reloaded"), "plan": ("ruled", "planned anew"),
          "apply": ("planned", "applied"), "undo": ("applied", "undone")}
# Room for the rest, once the disk is full: more than any command needs.
ROOM = 256 << 20
# What a file system keeps for itself, and names.
SPARE = 64 << 10


def mount(place, size, options=""):
    words = ["mount", "-t", "tmpfs", "-o", f"{options}size={size},mode=0755", "tmpfs", str(place)]
    done = subprocess.run(words, capture_output=True, text=True)
    return done.stderr.strip() if done.returncode else None


def full(scene, command):
    """Runs a command on a disk that has too little room for it, then makes room and runs it again."""
    scene.begin(STATES[command][0])
    shutil.rmtree(scene.folder)
    scene.folder.mkdir()
    refused = mount(scene.folder, ROOM)
    if refused:
        scene.verdict.skipped = f"cannot mount a tmpfs: {refused}"
        return
    try:
        fill_up(scene, command)
    finally:
        subprocess.run(["umount", str(scene.folder)], check=True)


def fill_up(scene, command):
    before, after = STATES[command]
    source = scene.known.at(before)
    sizes = {name: path.stat().st_size for name, path in tables.files(source).items()}
    growth = points.growth(scene.known.steps[after], sizes)
    share = scene.chance.uniform(0.02, 0.7)
    way = None
    while True:
        copy_into(scene, source)
        way = begin(scene, command)
        room = int(growth * share)
        mount(scene.folder, used(scene.folder) + SPARE + room, "remount,")
        ended = scene.program.run(command, scene.folder)
        if ended.code != 0 or share < 0.001:
            break
        share /= 2
    scene.verdict.expect(ended.code != 0, f"{command}: the disk did not fill")
    scene.says_so(command, "disk full", ended)
    mount(scene.folder, ROOM, "remount,")
    end(scene, command, way, "disk full", f"with room for {room} bytes", ended)


def copy_into(scene, source):
    for path in scene.folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    mount(scene.folder, ROOM, "remount,")
    for path in source.iterdir():
        copier = shutil.copytree if path.is_dir() else shutil.copyfile
        copier(path, scene.folder / path.name)


def used(folder):
    state = os.statvfs(folder)
    return (state.f_blocks - state.f_bfree) * state.f_frsize


def read_only(scene, command, which):
    """Takes the right to write a folder away midway: the project's, or the plan's."""
    before, after = STATES[command]
    scene.begin(before)
    reference.copy(scene.known.at(before), scene.folder, link=False)
    give_to_nobody(scene.folder)
    way = begin(scene, command)
    folder = scene.folder if which == "project" else scene.folder / "plan"
    within = [step for step in points.naming(scene.known.steps[after])
              if (step.file.rpartition("/")[0] == "") == (which == "project")]
    step = scene.chance.choice(within).number
    ended = scene.program.paused(command, scene.folder, step, lambda: folder.chmod(0o555))
    for path in (scene.folder, scene.folder / "plan"):
        if path.exists():
            path.chmod(0o755)
    what = f"{which} folder read-only"
    scene.says_so(command, what, ended)
    end(scene, command, way, what, f"step {step}: {ended.fell_on}", ended)


def give_to_nobody(folder):
    if os.geteuid() != 0:
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)


def begin(scene, command):
    if command not in writing.JOURNALS:
        return None
    return writing.Way(scene, command, scene.known.environment(STATES[command][0]))


def end(scene, command, way, what, where, ended):
    before, after = STATES[command]
    broke = ended.code != 0
    if way is None:
        scene.verdict.strikes.append(Strike(command, what, where, "none", broke))
        filling.whole_or_not(scene, before, after)
        filling.finish(scene, command, after)
    else:
        way.note(what, where, broke)
        writing.finish(scene, way)
