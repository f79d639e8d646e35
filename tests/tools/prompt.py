"""Runs a program on a terminal of its own and types at its question.

python3 prompt.py KEYS PROGRAM ARGUMENT... waits for `[y/N] `, types KEYS (with `\\x03` for Ctrl-C), waits, and prints
all that the program said; its own exit code is the program's. Unix only.
"""

import os
import pty
import select
import sys
import time

SECONDS_MAX = 30


def main():
    keys = sys.argv[1].encode().decode("unicode_escape").encode()
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.argv[2], sys.argv[2:])
    said, typed, until = b"", 0, time.time() + SECONDS_MAX
    while time.time() < until:
        ready, _, _ = select.select([terminal], [], [], 0.3)
        if ready:
            try:
                heard = os.read(terminal, 4096)
            except OSError:
                break
            if not heard:
                break
            said += heard
        elif b"[y/N] " in said and typed < len(keys):
            # One key after the other, each when the program has said what it had to say to the last.
            os.write(terminal, keys[typed : typed + 1])
            typed += 1
    else:
        os.kill(child, 9)
    _, status = os.waitpid(child, 0)
    sys.stdout.write(said.decode(errors="replace"))
    return os.waitstatus_to_exitcode(status)


sys.exit(main())
