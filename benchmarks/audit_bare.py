"""The same SQL in the bare `sqlite3` module, for `audit.py` to measure: every row is fetched, nothing is done with it.

python audit_bare.py TABLES STATEMENTS
"""

import json
import sqlite3
import sys


def main(tables: str, statements: str) -> None:
    """Ask what an audit asked, on the same file attached under the same name."""
    database = sqlite3.connect("file:?mode=memory", uri=True, isolation_level=None)
    database.execute("ATTACH ? AS source0", (f"file:{tables}?mode=ro",))
    with open(statements, encoding="utf-8") as file:  # noqa: PTH123  pathlib would be some of this process
        asked = json.load(file)
    for statement in asked:
        for _ in database.execute(statement):
            pass


if __name__ == "__main__":
    main(*sys.argv[1:])
