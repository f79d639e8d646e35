"""Environment files as tables, read with plain SQL, whatever the product says.

In: SQLite files, which may have been left by a killed run. Out: every table's rows, where two files
differ, and copies that can be looked at without doing what the next run has to do.
"""
import pathlib, shutil, sqlite3

HELPERS = ("-wal", "-journal")


def rows(path):
    """Every table, its columns and its rows in the order of its key, by name."""
    connection = sqlite3.connect(path)
    found = {}
    names = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
    for name, sql in sorted(names):
        info = connection.execute(f'PRAGMA table_info("{name}")').fetchall()
        key = sorted((place, column) for _, column, _, _, _, place in info if place)
        order = ", ".join(f'"{column}"' for _, column in key)
        found[name] = (sql, connection.execute(f'SELECT * FROM "{name}" ORDER BY {order}').fetchall())
    connection.close()
    return found


def differing(path, expected):
    """The names of the tables of `path` that are not as expected (from `rows`)."""
    found = rows(path)
    names = sorted(found.keys() | expected.keys())
    return [name for name in names if found.get(name) != expected.get(name)]


def copy_of(path, folder, name):
    """A copy of a SQLite file with its log, so that looking does not tidy up the one there."""
    folder.mkdir(parents=True, exist_ok=True)
    copy = pathlib.Path(folder) / name
    for ending in ("", "-shm", *HELPERS):
        copy.with_name(name + ending).unlink(missing_ok=True)
    if not path.exists():
        return None
    for ending in ("", *HELPERS):
        beside = path.with_name(path.name + ending)
        if beside.exists():
            shutil.copyfile(beside, copy.with_name(name + ending))
    return copy


def files(folder):
    """Every file below a folder by its path within, the lock apart."""
    return {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name != ".cutover.lock"}


def unlike_files(folder, expected):
    """What is in one of two folders only, or not the same byte for byte."""
    here, there = files(folder), files(expected)
    unlike = sorted(here.keys() ^ there.keys())
    both = sorted(here.keys() & there.keys())
    return unlike + [name for name in both if not same_bytes(here[name], there[name])]


def same_bytes(one, other):
    if one.samefile(other):
        return True
    return one.stat().st_size == other.stat().st_size and one.read_bytes() == other.read_bytes()
