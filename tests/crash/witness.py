"""Does the journal tell what happened? Asked with plain SQL, after a run broke off, before the next.

In: copies of the environment file and of the journal that were left, the state before the run, and
the planned changes as `cutover show DIR changes` lists them. Out: what is wrong, in words (nothing,
it is hoped), and how many changes have come about. Knows nothing of the product but its tables.

What is asked: no change is done in the journal that the environment file does not hold; nothing in
the environment file differs from the state before without an entry in the journal; what was read
before a write is what was there; nothing failed.
"""
import csv, dataclasses, io, sqlite3, uuid

import tables

SCHEMA = """
CREATE TABLE record_change (seq INTEGER PRIMARY KEY, entity INTEGER, id BLOB, before BLOB,
                            before_type INTEGER, after BLOB, after_type INTEGER);
CREATE UNIQUE INDEX record_changed ON record_change (entity, id);
CREATE TABLE role_change (seq INTEGER PRIMARY KEY, principal BLOB, role BLOB, after INTEGER);
CREATE UNIQUE INDEX role_changed ON role_change (principal, role);
CREATE TABLE stub_change (seq INTEGER PRIMARY KEY, upn TEXT UNIQUE, after INTEGER);
CREATE TABLE user_change (seq INTEGER PRIMARY KEY, user BLOB UNIQUE, unit_before BLOB, unit_after BLOB,
                          mode_before INTEGER, mode_after INTEGER, way INTEGER);
CREATE TABLE user_change_role (user BLOB, role BLOB, after INTEGER);
"""
OTHER_TABLES = "business_unit role role_privilege team team_member entity cascade record_key setting " \
               "licence user_licence directory_person directory_licence directory_role " \
               "directory_group loaded meta".split()

# Every planned change, and whether what it leads to stands in the environment file. The roles of a user
# who changes are those planned, but for what other changes take from him; and what those take, they take
# (or give back) between his change and the end.
HOLDS = """
CREATE TEMP TABLE apart AS
SELECT user, after, role FROM (
    SELECT user, after, role FROM user_change_role
    UNION ALL SELECT c.user, x.after, r.role FROM user_change c JOIN env.user_role r ON r.user = c.user
    JOIN (SELECT 0 AS after UNION SELECT 1) x
    WHERE EXISTS (SELECT 1 FROM user_change_role p WHERE p.user = c.user)) all_roles
WHERE NOT EXISTS (SELECT 1 FROM role_change t WHERE t.principal = all_roles.user AND t.role = all_roles.role)
GROUP BY user, after, role HAVING count(*) = 1;
CREATE TEMP TABLE user_holds AS
SELECT c.seq, c.user, c.way,
       coalesce(u.business_unit = c.unit_after, 1) AND coalesce(u.access_mode = c.mode_after, 1)
       AND NOT EXISTS (SELECT 1 FROM apart a WHERE a.user = c.user AND a.after) AS after,
       coalesce(u.business_unit = c.unit_before, 1) AND coalesce(u.access_mode = c.mode_before, 1)
       AND NOT EXISTS (SELECT 1 FROM apart a WHERE a.user = c.user AND NOT a.after) AS before
FROM user_change c JOIN env.user u ON u.id = c.user;
CREATE UNIQUE INDEX temp.user_held ON user_holds (user);
CREATE TEMP TABLE holds AS
SELECT seq, coalesce(r.owner = c.after AND r.owner_type = c.after_type, 0) AS after,
       coalesce(r.owner = c.before AND r.owner_type = c.before_type, 0) AS before
FROM record_change c LEFT JOIN env.record r ON r.entity = c.entity AND r.id = c.id
UNION ALL
SELECT seq, after, NOT after FROM (
    SELECT seq, CASE WHEN way = 1 THEN has = wanted AND moved WHEN way = -1 THEN has = wanted OR moved
                ELSE has = wanted END AS after
    FROM (SELECT c.seq, c.after AS wanted, u.way AS way, u.after AS moved,
              EXISTS (SELECT 1 FROM env.user_role r WHERE r.user = c.principal AND r.role = c.role)
              OR EXISTS (SELECT 1 FROM env.team_role r WHERE r.team = c.principal AND r.role = c.role)
              AS has
          FROM role_change c LEFT JOIN user_holds u ON u.user = c.principal))
UNION ALL
SELECT seq, after, before FROM user_holds
UNION ALL
SELECT seq, has = after, has <> after FROM (
    SELECT seq, after, EXISTS (SELECT 1 FROM env.user u WHERE u.upn = c.upn AND u.stub = 1) AS has
    FROM stub_change c);
"""

# What differs between the state before (`old`) and now (`env`), with the change that planned it. A role that
# another change takes from a user who changes is his by then; on the way back it is given back first.
MOVED = """
CREATE TEMP TABLE moved AS
SELECT 'record ' || hex(n.id) AS what, c.seq AS seq
FROM env.record n LEFT JOIN old.record o ON o.entity = n.entity AND o.id = n.id
LEFT JOIN record_change c ON c.entity = n.entity AND c.id = n.id
WHERE (n.owner, n.owner_type) IS NOT (o.owner, o.owner_type);
INSERT INTO moved SELECT 'record gone ' || hex(o.id), NULL FROM old.record o
WHERE NOT EXISTS (SELECT 1 FROM env.record n WHERE n.entity = o.entity AND n.id = o.id);
INSERT INTO moved SELECT 'user ' || m.upn, coalesce(s.seq, c.seq) FROM
    (SELECT * FROM (SELECT * FROM env.user EXCEPT SELECT * FROM old.user)
     UNION ALL SELECT * FROM (SELECT * FROM old.user EXCEPT SELECT * FROM env.user)) m
    LEFT JOIN stub_change s USING (upn) LEFT JOIN user_change c ON c.user = m.id;
CREATE TEMP VIEW roles_moved AS
    SELECT * FROM (SELECT * FROM env.user_role EXCEPT SELECT * FROM old.user_role)
    UNION ALL SELECT * FROM (SELECT * FROM old.user_role EXCEPT SELECT * FROM env.user_role)
    UNION ALL SELECT * FROM (SELECT * FROM env.team_role EXCEPT SELECT * FROM old.team_role)
    UNION ALL SELECT * FROM (SELECT * FROM old.team_role EXCEPT SELECT * FROM env.team_role);
INSERT INTO moved SELECT 'role of ' || hex(m.user),
    CASE WHEN w.way = 1 THEN w.seq
         -- Of an apply that was broken off, what was to take the role was never done, nor is it taken back.
         WHEN w.way = -1 AND c.seq NOT IN (SELECT seq FROM journal.change) THEN w.seq
         ELSE coalesce(c.seq, w.seq, s.seq) END FROM roles_moved m
    LEFT JOIN user_change w ON w.user = m.user
        AND EXISTS (SELECT 1 FROM user_change_role p WHERE p.user = m.user)
    LEFT JOIN role_change c ON c.principal = m.user AND c.role = m.role
    LEFT JOIN (SELECT id, upn FROM env.user UNION SELECT id, upn FROM old.user) u ON u.id = m.user
    LEFT JOIN stub_change s ON s.upn = u.upn;
"""

# Question, and what answers it wrongly. States: 0 intended, 1 done, 2 no change needed.
QUESTIONS = [
    ("done in the journal, and not in the environment file",
     "SELECT seq FROM journal.change JOIN holds USING (seq) WHERE state = 1 AND NOT after"),
    ("neither as before nor as planned",
     "SELECT seq FROM holds WHERE NOT after AND NOT before"),
    ("an entry of no planned change",
     "SELECT seq FROM journal.change WHERE seq NOT IN (SELECT seq FROM holds)"),
    ("failed, drifted or skipped, though nobody else writes",
     "SELECT seq FROM journal.change WHERE state NOT IN (0, 1, 2)"),
    ("no change needed in the journal, though it was needed",
     "SELECT seq FROM journal.change JOIN holds USING (seq) "
     "WHERE state = 2 AND (NOT after OR seq IN (SELECT seq FROM moved WHERE seq IS NOT NULL))"),
    ("written without an intent",
     "SELECT what FROM moved WHERE seq IS NULL OR seq NOT IN (SELECT seq FROM journal.change)"),
    ("what was read before the write is not what was there",
     "SELECT seq FROM journal.change JOIN record_change c USING (seq) "
     "WHERE state IN (0, 1) AND (substr(value_read, 3) IS NOT c.before "
     "OR substr(value_read, 1, 1) IS NOT x'02')"),
]


@dataclasses.dataclass
class Answer:
    """What is wrong, in words; how many planned changes stand in the environment file; and how many
    intents without an outcome are open, written or not."""
    wrong: list
    stand: int
    open_unwritten: int
    open_written: int


def write_planned(listing, environment, path):
    """Puts the planned changes, as the product lists them, into a database to ask with."""
    connection = sqlite3.connect(path)
    connection.executescript(SCHEMA)
    connection.execute("ATTACH ? AS env", (str(environment),))
    entities = dict(connection.execute("SELECT name, number FROM env.entity"))
    teams = {row[0] for row in connection.execute("SELECT id FROM env.team")}

    def principal(text):
        id = uuid.UUID(text).bytes
        return id, 9 if id in teams else 8

    counts = {}
    for row in csv.DictReader(io.StringIO(listing)):
        kind, seq, subject = row["kind"], int(row["seq"]), row["subject"]
        counts[kind] = counts.get(kind, 0) + 1
        if kind == "assign record":
            connection.execute("INSERT INTO record_change VALUES (?, ?, ?, ?, ?, ?, ?)", (
                seq, entities[row["entity"]], uuid.UUID(subject).bytes,
                *principal(row["before"]), *principal(row["after"])))
        elif kind == "create stub user":
            connection.execute("INSERT INTO stub_change VALUES (?, ?, 1)", (seq, row["after"]))
        elif kind == "change user":
            add_user_change(connection, seq, uuid.UUID(subject).bytes, row["before"], row["after"])
        else:
            user, role = subject.split(" ")
            connection.execute("INSERT INTO role_change VALUES (?, ?, ?, ?)", (
                seq, uuid.UUID(user).bytes, uuid.UUID(role).bytes, kind == "give role"))
    connection.commit()
    connection.close()
    return counts


def add_user_change(connection, seq, user, before, after):
    """A user's values as they are listed: words, then the value, one after the other."""
    modes = {"read-write": 0, "administrative": 1}
    sides = []
    for side, text in enumerate((before, after)):
        unit = mode = None
        for part in text.split("; "):
            if part.startswith("business unit "):
                unit = uuid.UUID(part.removeprefix("business unit ")).bytes
            elif part.startswith("access mode "):
                mode = modes[part.removeprefix("access mode ")]
            else:
                roles = part.removeprefix("roles ").split(", ")
                connection.executemany("INSERT INTO user_change_role VALUES (?, ?, ?)",
                                       [(user, uuid.UUID(role).bytes, side) for role in roles])
        sides.append((unit, mode))
    (unit, mode), (unit_after, mode_after) = sides
    connection.execute("INSERT INTO user_change VALUES (?, ?, ?, ?, ?, ?, 1)",
                       (seq, user, unit, unit_after, mode, mode_after))


def write_way_back(planned, path):
    """The opposite of all planned changes, to ask about an undo with."""
    connection = sqlite3.connect(path)
    connection.executescript(SCHEMA)
    connection.execute("ATTACH ? AS out", (str(planned),))
    connection.execute("INSERT INTO record_change SELECT seq, entity, id, after, after_type, before, "
                       "before_type FROM out.record_change")
    connection.execute("INSERT INTO role_change SELECT seq, principal, role, NOT after "
                       "FROM out.role_change")
    connection.execute("INSERT INTO stub_change SELECT seq, upn, NOT after FROM out.stub_change")
    connection.execute("INSERT INTO user_change SELECT seq, user, unit_after, unit_before, mode_after, "
                       "mode_before, -way FROM out.user_change")
    connection.execute("INSERT INTO user_change_role SELECT user, role, NOT after "
                       "FROM out.user_change_role")
    connection.commit()
    connection.close()


def ask(planned, environment, journal, before):
    """Asks everything about what a run has left."""
    connection = sqlite3.connect(f"file:{planned}?mode=ro", uri=True)
    connection.execute("ATTACH ? AS env", (str(environment),))
    connection.execute("ATTACH ? AS old", (f"file:{before}?mode=ro",))
    attach_journal(connection, journal)
    connection.executescript(HOLDS + "CREATE UNIQUE INDEX temp.held ON holds (seq);" + MOVED)
    wrong = []
    for question, sql in QUESTIONS:
        answers = [row[0] for row in connection.execute(f"{sql} LIMIT 3")]
        if answers:
            wrong.append(f"{question}: {answers}")
    for name in OTHER_TABLES:
        differ = connection.execute(
            f"SELECT count(*) FROM (SELECT * FROM env.{name} EXCEPT SELECT * FROM old.{name})"
            f" UNION ALL SELECT count(*) FROM (SELECT * FROM old.{name} EXCEPT SELECT * FROM env.{name})")
        if any(count for (count,) in differ):
            wrong.append(f"table {name} has moved")
    stand = connection.execute("SELECT count(*) FROM holds WHERE after").fetchone()[0]
    gaps = connection.execute("SELECT count(*) FILTER (WHERE NOT after), count(*) FILTER (WHERE after) "
                              "FROM journal.change JOIN holds USING (seq) WHERE state = 0").fetchone()
    connection.close()
    return Answer(wrong, stand, *gaps)


def attach_journal(connection, journal):
    """Attaches the journal that was left; an empty one where none was, or only its bare file."""
    if journal is not None:
        connection.execute("ATTACH ? AS journal", (str(journal),))
        if connection.execute("SELECT count(*) FROM journal.sqlite_master").fetchone()[0]:
            return
        connection.execute("DETACH journal")
    connection.execute("ATTACH ':memory:' AS journal")
    connection.execute("CREATE TABLE journal.change (seq INTEGER PRIMARY KEY, state, value_read)")


def look(planned, folder, journal_name, before, room):
    """Asks about a project that a run has left, through copies in `room`."""
    environment = tables.copy_of(folder / "environment.sqlite", room, "environment.sqlite")
    journal = tables.copy_of(folder / "plan" / journal_name, room, journal_name)
    return ask(planned, environment, journal, before)
