"""Every table of an environment file as one digest, so that two files can be compared."""
import hashlib
import sqlite3


def digests(path):
    """A digest of the sorted rows of each table, by the table's name."""
    connection = sqlite3.connect(path)
    names = [name for (name,) in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    found = {}
    for name in names:
        digest = hashlib.blake2b()
        for row in sorted(connection.execute(f'SELECT * FROM "{name}"'), key=repr):
            digest.update(repr(row).encode())
        found[name] = digest.hexdigest()
    connection.close()
    return found
