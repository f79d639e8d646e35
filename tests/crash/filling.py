"""Scenes of `load` and `plan`: what they make is there as a whole or not at all, and a second run
makes it as if the first had never been.

In: a `Scene`, and whether it is killed or its writing fails. Out: its verdict. After the strike and
before the second run: the environment file is the old one or the new one, the owners sheet too;
after the second every file of the project is, byte for byte, that of an undisturbed run (there is
no exception: nothing that they write holds a clock or a chance).
"""
import pathlib

import points, tables
from scene import Strike

# State before, command, state after.
LOADS = [("inputs", "load", "loaded"), ("older", "load", "reloaded")]
PLANS = [("loaded", "plan", "planned"), ("ruled", "plan", "planned anew"),
         ("inputs", "plan", "planned at once")]


def killed(scene, way):
    before, command, after = way
    scene.begin(before)
    where = scene.kill(command, scene.anywhere(after), scene.known.seconds[after])
    if where is not None:
        scene.verdict.strikes.append(Strike(command, "kill", where, "none"))
    whole_or_not(scene, before, after)
    finish(scene, command, after)


def failing(scene, way, action):
    before, command, after = way
    scene.begin(before)
    steps = scene.known.steps[after]
    if action == "folders":
        step = scene.chance.choice(points.naming(steps)).number
    else:
        step = points.anywhere(scene.chance, steps)
    ended, where = scene.harm(command, action, step)
    broke = ended.code != 0
    scene.verdict.strikes.append(Strike(command, action, where, "none", broke))
    if broke:
        whole_or_not(scene, before, after)
    else:
        unlike = tables.unlike_files(scene.folder, scene.known.at(after))
        scene.verdict.expect(not unlike, f"{command}: exit 0 with {unlike} not as undisturbed")
    finish(scene, command, after)


def whole_or_not(scene, before, after):
    """Each file that is not rewritten in place stands as before or as it will."""
    for name in ("environment.sqlite", "owners.csv"):
        old, new = scene.known.at(before) / name, scene.known.at(after) / name
        found = scene.folder / name
        stands = [path for path in (old, new) if path.exists() and found.exists()
                  and tables.same_bytes(path, found)]
        gone = not found.exists() and not old.exists()
        scene.verdict.expect(stands or gone, f"{name} is neither the old one nor the new one")
    plan = scene.folder / "plan"
    if plan.exists():
        states = [scene.known.at(state) / "plan" for state in (before, after)]
        whole = any(state.exists() and not tables.unlike_files(plan, state) for state in states)
        scene.verdict.expect(whole, "plan/ is neither the old one nor the new one")


def finish(scene, command, after):
    scene.run(command)
    unlike = tables.unlike_files(scene.folder, scene.known.at(after))
    scene.verdict.expect(not unlike, f"after {command} again, unlike undisturbed: {unlike}")
    if not pathlib.Path(scene.folder / "environment.sqlite").exists():
        return
    differing = tables.differing(scene.folder / "environment.sqlite", scene.known.tables["loaded"])
    scene.verdict.expect(not differing, f"tables differ: {differing}")
