"""Compares the log of the rehearsal server with the writes that the scenarios say they made.

In: the server's log, and one file of writes for each scenario, in the order in which they ran. Out: nothing where
the log holds each of them once, in their order, and nothing else; else the first difference, and exit 1.
"""

import itertools
import json
import sys


def main(log, *writes):
    wanted = [json.loads(line) for path in writes for line in open(path, encoding="utf-8")]
    found = []
    for line in open(log, encoding="utf-8"):
        line = json.loads(line)
        del line["request"]
        found.append(line)
    for number, (one, other) in enumerate(itertools.zip_longest(found, wanted), start=1):
        if one != other:
            print(f"write {number}: the log holds {one}, the scenarios wrote {other}", file=sys.stderr)
            return 1
    print(f"the log holds the {len(wanted)} writes of the scenarios, each once")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
