"""What the Python scenario expects, and which writes it has made.

In: values, calls that shall be refused, and writes as they are made. Out: an `AssertionError` that says what was
expected and what came; the writes as lines of the server's log, for `compare_log.py`.
"""

import json

from PowerPlatform.Dataverse.core.errors import HttpError


def same(what, found, wanted):
    """Two values are equal."""
    if found != wanted:
        raise AssertionError(f"{what}: found {found!r}, expected {wanted!r}")


def true(what, holds):
    """Something holds."""
    if not holds:
        raise AssertionError(f"{what}: does not hold")


async def refused(what, call, status, code):
    """A call is refused with this status and code, as the client hands them on; of `None` any code will do."""
    try:
        found = await call
    except HttpError as error:
        met = str(error.details.get("service_error_code")).lower()
        same(f"{what} ({error.message})", (error.status_code, met), (status, code or met))
    else:
        raise AssertionError(f"{what}: was not refused, but answered {found!r}")


class Writes:
    """The writes of a scenario, in their order."""

    def __init__(self):
        self._lines = []

    def row(self, what, table, row):
        """A row was made, changed or deleted."""
        self._lines.append({"what": what, "table": table, "id": row})

    def owner(self, table, row, owner):
        """A record got an owner."""
        self._lines.append({"what": "assign", "table": table, "id": row, "owner": owner})

    def role(self, what, holder, role):
        """A role was given or taken."""
        self._lines.append({"what": what, "id": holder, "role": role})

    def keep(self, path):
        """Writes them down."""
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(line, sort_keys=True) + "\n" for line in self._lines)
