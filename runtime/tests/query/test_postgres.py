"""What PostgreSQL statements touch, and results that go with the tables they read."""

import os
import uuid

import pytest

pytest.importorskip("sqlglot", reason="cached queries of PostgreSQL need the extra `sql`")
psycopg = pytest.importorskip("psycopg")

from whet_runtime.query import QueryCache  # noqa: E402 - after the check for its packages
from whet_runtime.query._postgres import examine  # noqa: E402
from whet_runtime.query._postgres_connection import PostgresConnection  # noqa: E402

SCHEMA = """
CREATE TABLE products (id serial PRIMARY KEY, name text, price numeric, day date);
CREATE TABLE orders (id serial PRIMARY KEY,
  product int REFERENCES products (id) ON DELETE CASCADE, count int);
CREATE TABLE lines (id serial PRIMARY KEY, ordered int REFERENCES orders (id) ON DELETE SET NULL);
CREATE TABLE lonely (x int);
CREATE TABLE "Odd name" (x int);
CREATE TABLE parent (x int);
CREATE TABLE child () INHERITS (parent);
CREATE TABLE secret (x int);
ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
CREATE TABLE watched (x int);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO lonely VALUES (1); RETURN NULL; END $$;
CREATE TRIGGER noted AFTER INSERT ON watched FOR EACH ROW EXECUTE FUNCTION note();
CREATE FUNCTION twice(x int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 2 * x';
CREATE FUNCTION add() RETURNS int LANGUAGE sql AS 'INSERT INTO lonely VALUES (1) RETURNING x';
CREATE VIEW sold AS SELECT p.name, o.count FROM products p JOIN orders o ON o.product = p.id;
CREATE VIEW dear AS SELECT * FROM sold WHERE count > 1;
CREATE VIEW "Odd view" AS SELECT x FROM "Odd name";
CREATE VIEW timed AS SELECT now() AS at, x FROM lonely;
CREATE MATERIALIZED VIEW kept AS SELECT count(*) FROM products;
INSERT INTO products (name, price, day)
  VALUES ('tea', 3.5, '2026-01-01'), ('cup', 8, '2026-01-02');
INSERT INTO orders (product, count) VALUES (1, 2), (2, 1);
"""
COUNT = "SELECT count(*) FROM products"


@pytest.fixture(scope="module")
def schema():
    url = os.environ.get("WHET_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")
    name = f"whet_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
        connection.execute(f"SET search_path = {name}")
        connection.execute(SCHEMA)
        yield url, name
        connection.execute(f"DROP SCHEMA {name} CASCADE")


@pytest.fixture
def connect(schema):
    url, name = schema
    made = []

    def make(**options):
        options = {"options": f"-c search_path={name}"} | options
        made.append(psycopg.connect(url, **options))
        return made[-1]

    yield make
    for connection in made:
        connection.close()


@pytest.fixture
def queries():
    return QueryCache()


@pytest.fixture
def footprint(connect, schema):
    dialect = PostgresConnection(connect())

    def examined(statement):
        found = examine(statement, dialect)
        bare = [{n.removeprefix(f"{schema[1]}.") for n in names} for names in found[:2]]
        return found._replace(reads=bare[0], writes=bare[1])

    return examined


@pytest.mark.parametrize(
    ("statement", "tables"),
    [
        (COUNT, {"products"}),
        ("SELECT name FROM products WHERE price < %s", {"products"}),
        ("SELECT * FROM dear", {"products", "orders"}),
        ("WITH s AS (SELECT * FROM sold) SELECT sum(count) FROM s", {"products", "orders"}),
        ("SELECT x FROM lonely UNION SELECT id FROM orders", {"lonely", "orders"}),
        ('SELECT x FROM "Odd name"', {"Odd name"}),
        ("SELECT date_trunc('day', day), count(*) FROM products GROUP BY 1", {"products"}),
        ("SELECT twice(id), coalesce(upper(name), 'a') FROM products", {"products"}),
        (
            "SELECT * FROM products WHERE id IN (SELECT product FROM orders)",
            {"products", "orders"},
        ),
        ("SELECT name, rank() OVER (ORDER BY price) FROM products", {"products"}),
    ],
)
def test_tables_read_are_found_through_views(footprint, statement, tables):
    found = footprint(statement)
    assert (found.reads, found.refusal, found.is_write) == (tables, "", False)


@pytest.mark.parametrize(
    ("statement", "tables"),
    [
        ("UPDATE products SET price = 1", {"products", "orders", "lines"}),
        ("DELETE FROM orders WHERE id = 1", {"orders", "lines"}),
        ("INSERT INTO lonely (x) VALUES (1)", {"lonely"}),
        ('INSERT INTO "Odd name" SELECT x FROM lonely', {"Odd name"}),
    ],
)
def test_tables_written_are_found_through_foreign_keys(footprint, statement, tables):
    found = footprint(statement)
    assert (found.writes, found.writes_anything) == (tables, False)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO watched VALUES (1)",
        "INSERT INTO sold VALUES ('a', 1)",
        "INSERT INTO parent VALUES (1)",
        "INSERT INTO missing VALUES (1)",
        "WITH d AS (DELETE FROM lonely RETURNING x) SELECT * FROM d",
        "WITH d AS (DELETE FROM lonely RETURNING x) INSERT INTO orders (count) SELECT x FROM d",
        "UPDATE lonely SET x = add()",
        "SELECT add()",
        "SELECT nextval('products_id_seq') FROM lonely",
        "SELECT * FROM lonely FOR UPDATE",
        "SELECT 1; DELETE FROM lonely",
        "TRUNCATE lonely",
        "CREATE TABLE t (x int)",
        "REFRESH MATERIALIZED VIEW kept",
        "CALL something()",
        "this is no statement at all",
    ],
)
def test_what_may_write_anything_makes_everything_stale(footprint, statement):
    assert footprint(statement).writes_anything


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("SELECT now(), * FROM lonely", "differently"),
        ("SELECT CURRENT_TIMESTAMP FROM lonely", "differently"),
        ("SELECT CURRENT_DATE FROM lonely", "differently"),
        ("SELECT random() FROM lonely", "differently"),
        ("SELECT 'now'::timestamp FROM lonely", "present"),
        ("SELECT * FROM timed", "differently"),
        ("SELECT * FROM kept", "no plain"),
        ("SELECT * FROM parent", "no plain"),
        ("SELECT * FROM secret", "no plain"),
        ("SELECT * FROM missing", "no plain"),
        ("SELECT * FROM pg_class", "no plain"),
        ("SELECT * FROM pg_catalog.pg_class", "no plain"),
        ("SELECT * FROM generate_series(1, 3)", "no plain"),
        ("SELECT to_char(day, 'YYYY') FROM products", "differently"),
        ("SELECT pg_sleep(0), x FROM lonely", "differently"),
        ("SELECT * FROM twice(2)", "no plain"),
        ("SELECT * FROM other.public.lonely", "no plain"),
        ("SELECT 1", "no table"),
    ],
)
def test_what_may_change_by_itself_is_not_cached(footprint, statement, reason):
    found = footprint(statement)
    assert reason in found.refusal
    assert not found.is_write


@pytest.mark.parametrize("autocommit", [False, True])
def test_a_result_goes_with_a_committed_write(connect, queries, autocommit):
    shop, other = (queries.wrap(connect(autocommit=autocommit)) for _ in range(2))
    assert [shop.query(COUNT).rows for _ in range(3)] == [[(2,)]] * 3
    assert other.query(COUNT).columns == ("count",)
    assert queries.statistics().loads == 1
    other.execute("INSERT INTO products (name) VALUES (%s)", ("pot",))
    if not autocommit:
        assert other.query(COUNT).rows == [(3,)]
        assert shop.query(COUNT).rows == [(2,)]
        other.commit()
    assert shop.query(COUNT).rows == [(3,)]
    other.execute("DELETE FROM products WHERE name = 'pot'")
    other.commit()
    assert shop.query(COUNT).rows == [(2,)]


def test_what_was_rolled_back_makes_nothing_stale(connect, queries):
    shop = queries.wrap(connect())
    shop.query(COUNT)
    shop.execute("DELETE FROM products")
    shop.rollback()
    assert shop.query(COUNT).rows == [(2,)]
    assert queries.statistics().loads == 1


def test_a_function_that_writes_is_carried_out_and_makes_everything_stale(connect, queries):
    shop = queries.wrap(connect(autocommit=True))
    before = shop.query("SELECT count(*) FROM lonely").rows[0][0]
    for _ in range(2):
        shop.query("SELECT add()")
    assert shop.query("SELECT count(*) FROM lonely").rows == [(before + 2,)]


def test_settings_of_the_session_are_part_of_the_result(connect, queries):
    shop = queries.wrap(connect(autocommit=True))
    statement = "SELECT day::text FROM products WHERE id = 1"
    assert shop.query(statement).rows == [("2026-01-01",)]
    shop.execute("SET DateStyle = 'German'")
    assert [shop.query(statement).rows for _ in range(2)] == [[("01.01.2026",)]] * 2
    assert queries.statistics().loads == 2


def test_settings_of_an_open_transaction_are_bypassed(connect, queries):
    shop = queries.wrap(connect())
    statement = "SELECT day::text FROM products WHERE id = 2"
    shop.query(statement)
    shop.execute("SET LOCAL DateStyle = 'German'")
    assert shop.query(statement).rows == [("02.01.2026",)]
    shop.rollback()
    assert shop.query(statement).rows == [("2026-01-02",)]
    assert queries.statistics().hits == 1


def test_a_stricter_isolation_is_bypassed(connect, queries):
    connection = connect()
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    shop = queries.wrap(connection)
    assert shop.query(COUNT).rows == [(2,)]
    assert queries.statistics().bypasses == 1


def test_a_failed_transaction_fails_as_without_the_cache(connect, queries):
    shop = queries.wrap(connect())
    with pytest.raises(psycopg.errors.UndefinedTable):
        shop.query("SELECT * FROM missing")
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        shop.query(COUNT)
    shop.rollback()
    assert shop.query(COUNT).rows == [(2,)]


def test_parameters_that_mean_the_present_are_not_cached(connect, queries):
    shop = queries.wrap(connect())
    shop.query("SELECT * FROM products WHERE day < %s", ("today",))
    shop.query("SELECT * FROM products WHERE name = %s", ("snow",))
    assert queries.statistics().loads == 1


def test_a_schema_changed_through_the_cache_is_seen_at_once(connect, queries):
    shop = queries.wrap(connect(autocommit=True))
    shop.execute("CREATE VIEW mine AS SELECT 1 AS x FROM lonely LIMIT 1")
    shop.execute("CREATE OR REPLACE VIEW mine AS SELECT count(*)::int AS x FROM orders")
    assert shop.query("SELECT x FROM mine").rows == [(2,)]
    shop.executemany("INSERT INTO orders (count) VALUES (%s)", [(1,), (2,)])
    assert shop.query("SELECT x FROM mine").rows == [(4,)]
    shop.execute("DELETE FROM orders WHERE product IS NULL")
    shop.execute("DROP VIEW mine")
    shop.close()
