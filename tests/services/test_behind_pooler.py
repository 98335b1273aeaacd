"""What a pooler in transaction mode asks for: nothing stays with a session.

The real PgBouncer is part of `make soak` (tests/soak/debian/pgbouncer.py).
"""

from __future__ import annotations

import json

import pytest

from tests.services.services import Services

pytestmark = pytest.mark.services
LOOK = """
import json, django
django.setup()
from django.db import connection, transaction
from budget_site.postgresql.held_lock import held_lock
from budget_site.postgresql.portions import reading_in_portions
from tracker.changes.access.api_keys import create_project
from tracker.ingest.rows import sql
from tracker.models import Project
from tracker.upkeep.weeks.dropping import Running, only_one

def ask(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]

LOCKS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
OWN = LOCKS + " AND pid = pg_backend_pid()"
found = {}
with held_lock(7) as first, held_lock(7) as nested:
    found["held"] = [first, nested, ask(LOCKS), ask(OWN)]
    found["to others"] = ask("SELECT pg_try_advisory_lock(7)")
found["given back"] = ask("SELECT pg_try_advisory_lock(7)")
with held_lock(7) as refused:
    found["while a session holds it"] = refused
ask("SELECT 1 FROM pg_advisory_unlock(7)")
with held_lock(7) as again:
    found["afterwards"] = again
with only_one():
    found["one prune"] = ask(LOCKS)
found["left"] = ask(LOCKS)

for number in range(3):
    create_project(slug=f"p{number}")

def cursors_while_reading():
    rows = Project.objects.order_by("pk").iterator(chunk_size=1)
    first = next(rows)
    count = ask("SELECT count(*) FROM pg_cursors")
    return [count, 1 + len(list(rows)) >= 3]

found["outside a transaction"] = cursors_while_reading()
with reading_in_portions():
    found["within one"] = cursors_while_reading()

def prepared():
    connection.close()
    sql.wait_at_most(5)
    sql.run("SELECT 'ours'")
    return ask("SELECT count(*) FROM pg_prepared_statements")

found["prepared"] = prepared()
connection.connection.close()
sql._is_direct = lambda raw: False
found["prepared behind a pooler"] = prepared()
print(json.dumps(found))
"""


def test_nothing_stays_with_a_session(cluster: Services) -> None:
    own = cluster.with_database("pooled")

    assert json.loads(own.run("-c", LOOK)) == {
        "held": [True, True, 1, 0],
        "to others": False,
        "given back": True,
        "while a session holds it": False,
        "afterwards": True,
        "one prune": 1,
        "left": 0,
        "outside a transaction": [0, True],
        "within one": [1, True],
        "prepared": 1,
        "prepared behind a pooler": 0,
    }
