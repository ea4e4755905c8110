"""What SQLite statements touch, and results that are never older than the last commit."""

import os
import sqlite3
import subprocess
import sys
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whet_runtime._steps import drive
from whet_runtime.cache import Lifetimes
from whet_runtime.cache._codec import ValueCodec
from whet_runtime.cache._disk import DiskTier
from whet_runtime.errors import MisuseError
from whet_runtime.query import QueryCache, Rows
from whet_runtime.query._sqlite import examine
from whet_runtime.query._statement import first_word, normalized

SCHEMA = """
CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, price REAL, day TEXT);
CREATE INDEX by_price ON products (price);
CREATE TABLE orders (id INTEGER PRIMARY KEY,
  product INTEGER REFERENCES products (id) ON DELETE CASCADE, count INTEGER);
CREATE TABLE stock (place TEXT, product INTEGER, PRIMARY KEY (place, product)) WITHOUT ROWID;
CREATE TABLE audit (what TEXT);
CREATE TABLE lonely (x);
CREATE VIEW sold AS SELECT p.name, o.count FROM products p JOIN orders o ON o.product = p.id;
CREATE VIEW dear AS SELECT * FROM sold WHERE count > 1;
CREATE TRIGGER ordered AFTER INSERT ON orders BEGIN INSERT INTO audit VALUES ('ordered'); END;
CREATE VIRTUAL TABLE words USING fts5 (word);
INSERT INTO products VALUES (1, 'tea', 3.5, '2026-01-01'), (2, 'cup', 8.0, '2026-01-02');
INSERT INTO orders VALUES (1, 1, 2), (2, 2, 1);
"""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(SCHEMA)
    connection.close()
    return path


@pytest.fixture
def connect(path):
    made = []

    def make(**options):
        made.append(sqlite3.connect(path, timeout=20, check_same_thread=False, **options))
        return made[-1]

    yield make
    for connection in made:
        connection.close()


@pytest.fixture
def queries():
    cache = QueryCache()
    yield cache
    cache.close()


@pytest.fixture
def shop(connect, queries):
    return queries.wrap(connect())


COUNT = "SELECT count(*) FROM products"


def loads(queries):
    return queries.statistics().loads


@pytest.mark.parametrize(
    ("statement", "tables"),
    [
        (COUNT, {"products"}),
        ("SELECT name FROM products WHERE price < 5", {"products"}),
        ("SELECT price FROM products", {"products"}),
        ("SELECT * FROM dear", {"products", "orders"}),
        ("SELECT * FROM stock WHERE place = 'a'", {"stock"}),
        ("WITH s AS (SELECT * FROM sold) SELECT sum(count) FROM s", {"products", "orders"}),
        ("SELECT 1 WHERE EXISTS (SELECT 1 FROM audit)", {"audit"}),
        ("SELECT date(day), count(*) FROM products GROUP BY 1", {"products"}),
        ("SELECT strftime('%Y-%m', day) FROM products", {"products"}),
        ("SELECT upper(name) || '!' FROM products", {"products"}),
        ("SELECT row_number() OVER (ORDER BY price) FROM products", {"products"}),
        ("VALUES ((SELECT max(x) FROM lonely))", {"lonely"}),
    ],
)
def test_tables_read_are_found_through_views_and_indexes(connect, statement, tables):
    found = examine(connect(), statement)
    assert (set(found.reads), found.refusal, found.is_write) == (tables, "", False)


@pytest.mark.parametrize(
    ("statement", "tables"),
    [
        ("UPDATE products SET price = 1", {"products"}),
        ("DELETE FROM lonely", {"lonely"}),
        ("INSERT INTO orders VALUES (9, 1, 1)", {"orders", "audit"}),
        ("INSERT INTO stock VALUES ('a', 1)", {"stock"}),
        ("REPLACE INTO products VALUES (1, 'a', 1, '')", {"products"}),
        ("WITH n AS (SELECT 1) INSERT INTO lonely SELECT * FROM n", {"lonely"}),
        ("INSERT INTO lonely VALUES (1) RETURNING x", {"lonely"}),
    ],
)
def test_tables_written_are_found_through_triggers(connect, statement, tables):
    found = examine(connect(), statement)
    assert (set(found.writes), found.writes_anything) == (tables, False)


def test_tables_that_foreign_keys_write_are_found(connect):
    connection = connect()
    connection.execute("PRAGMA foreign_keys = ON")
    assert set(examine(connection, "DELETE FROM products").writes) == {"products", "orders"}


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE t (x)",
        "DROP TABLE lonely",
        "ALTER TABLE lonely ADD COLUMN y",
        "INSERT INTO words VALUES ('a')",
        "VACUUM",
        "CREATE TEMP TABLE t (x)",
        "CREATE VIEW v AS SELECT 1",
        "DROP VIEW sold",
    ],
)
def test_changes_of_the_schema_make_everything_stale(connect, statement):
    assert examine(connect(), statement).writes_anything


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("SELECT random() FROM products", "random"),
        ("SELECT current_timestamp, * FROM products", "current_timestamp"),
        ("SELECT date('now') FROM products", "present"),
        ("SELECT date() FROM products", "present"),
        ("SELECT strftime('%s') FROM products", "present"),
        ("SELECT * FROM timed", "present"),
        ("SELECT date(lower('NOW')) FROM products", "present"),
        ("SELECT date('no' || 'w') FROM products", "present|text"),
        ("SELECT date(name || 'w') FROM products", "text"),
        ("SELECT date(substr(name, 1)) FROM products", "text"),
        ("SELECT datetime(day, 'localtime') FROM products", "local"),
        ("SELECT last_insert_rowid() FROM products", "last_insert_rowid"),
        ("SELECT changes(), * FROM products", "changes"),
        ("SELECT sqlite_version() FROM products", "sqlite_version"),
        ("SELECT * FROM words", "virtual"),
        ("SELECT * FROM pragma_table_info('products')", "virtual"),
        ("SELECT * FROM sqlite_schema", "outside"),
        ("SELECT 1", "no table"),
        ("SELECT mine(name) FROM products", "mine"),
        ("SELECT * FROM other.far", "outside"),
        ("SELECT * FROM near", "outside"),
    ],
)
def test_what_may_change_by_itself_is_not_cached(connect, statement, reason):
    connection = connect()
    connection.create_function("mine", 1, lambda text: text, deterministic=True)
    connection.execute("ATTACH ':memory:' AS other")
    connection.execute("CREATE TABLE other.far (x)")
    connection.execute("CREATE TEMP TABLE near (x)")
    connection.execute(
        "CREATE VIEW timed AS SELECT strftime('%Y, %m'), strftime('a', day) FROM products"
    )
    refusal = examine(connection, statement).refusal
    assert any(word in refusal for word in reason.split("|"))


def test_a_result_is_loaded_once_and_comes_back_equal(shop, queries):
    first = shop.query("SELECT id, name AS Name FROM products WHERE price < ?", (5,))
    first.rows.append("changed by its caller")
    again = shop.query("select id, name AS Name  from products -- cheap\n where price < ?;", (5,))
    assert again == Rows(("id", "Name"), [(1, "tea")])
    assert (loads(queries), queries.statistics().hits) == (1, 1)


@pytest.mark.parametrize("other", [1.0, True, "1", b"1", None, 2])
def test_parameters_of_another_type_are_another_result(shop, queries, other):
    shop.query("SELECT ?, count(*) FROM products", (1,))
    assert shop.query("SELECT ?, count(*) FROM products", (other,)).rows == [(other, 2)]
    assert loads(queries) == 2


def test_named_parameters_are_part_of_the_result(shop, queries):
    statement = "SELECT name FROM products WHERE id = :id"
    names = [shop.query(statement, {"id": at}).rows for at in (1, 2, 1)]
    assert names == [[("tea",)], [("cup",)], [("tea",)]]
    assert loads(queries) == 2


@pytest.mark.parametrize("statement", ["SELECT date(?) FROM lonely", "SELECT date(x) FROM lonely"])
def test_a_parameter_that_means_the_present_is_not_cached(shop, queries, statement):
    shop.query(statement, ("NOW",) if "?" in statement else ())
    assert (loads(queries) == 0) == ("?" in statement)


def test_a_committed_write_is_seen_by_every_connection(shop, queries, connect):
    other = queries.wrap(connect())
    assert shop.query(COUNT).rows == other.query(COUNT).rows == [(2,)]
    other.execute("INSERT INTO products (name) VALUES ('pot')")
    other.commit()
    assert shop.query(COUNT).rows == [(3,)]
    assert queries.statistics().renewals["products"] == 1


def test_results_of_other_tables_stay(shop, queries):
    shop.query("SELECT * FROM sold")
    shop.query(COUNT)
    with shop:
        shop.execute("INSERT INTO orders VALUES (3, 1, 1)")
    shop.query(COUNT)
    assert queries.statistics().hits == 1
    assert len(shop.query("SELECT * FROM sold").rows) == 3


def test_reads_of_a_transaction_that_wrote_see_it_and_are_not_kept(shop, queries, connect):
    other = queries.wrap(connect())
    shop.execute("DELETE FROM products WHERE id = 1")
    assert shop.query(COUNT).rows == [(1,)]
    assert other.query(COUNT).rows == [(2,)]
    shop.execute("ROLLBACK")
    assert shop.query(COUNT).rows == [(2,)]
    assert queries.statistics().bypasses == 1


def test_what_was_rolled_back_makes_nothing_stale(shop, queries):
    shop.query(COUNT)
    with pytest.raises(sqlite3.OperationalError), shop:
        _delete_and_fail(shop)
    assert shop.query(COUNT).rows == [(2,)]
    assert loads(queries) == 1


def _delete_and_fail(shop):
    shop.execute("DELETE FROM products")
    shop.execute("SELECT nothing")


def test_the_release_of_the_outermost_savepoint_is_a_commit(queries, connect):
    shop, other = (queries.wrap(connect(isolation_level=None)) for _ in range(2))
    other.query(COUNT)
    shop.execute("SAVEPOINT one")
    shop.execute("DELETE FROM products WHERE id = 1")
    shop.execute("RELEASE one")
    assert [each.query(COUNT).rows for each in (shop, other)] == [[(1,)], [(1,)]]


def test_an_explicit_transaction_is_bypassed_and_commit_is_understood(queries, connect):
    shop, other = (queries.wrap(connect(isolation_level=None)) for _ in range(2))
    other.query(COUNT)
    shop.execute("BEGIN IMMEDIATE")
    shop.execute("SAVEPOINT one")
    shop.execute("DELETE FROM products WHERE id = 2")
    shop.execute("ROLLBACK TO one")
    shop.execute("DELETE FROM products WHERE id = 1")
    assert shop.query(COUNT).rows == [(1,)]
    assert other.query(COUNT).rows == [(2,)]
    shop.execute("COMMIT")
    assert other.query(COUNT).rows == [(1,)]


@pytest.mark.parametrize("level", [None, "DEFERRED"])
def test_statements_that_commit_at_once_are_seen_at_once(queries, connect, level):
    shop = queries.wrap(connect(isolation_level=level))
    shop.query(COUNT)
    shop.execute("WITH n AS (SELECT 'pot') INSERT INTO products (name) SELECT * FROM n")
    assert shop.query(COUNT).rows == [(3,)]
    shop.execute("CREATE TABLE made (x)")
    shop.execute("VACUUM")
    assert shop.query(COUNT).rows == [(3,)]
    assert shop.execute("DELETE FROM products WHERE id > 2 RETURNING id").fetchall() == [(3,)]
    shop.commit()
    assert shop.query(COUNT).rows == [(2,)]


def test_rows_returned_by_a_write_come_back(queries, connect):
    shop = queries.wrap(connect(isolation_level=None))
    cursor = shop.execute("DELETE FROM products RETURNING id")
    assert (cursor.fetchone(), cursor.fetchall(), cursor.fetchone()) == ((1,), [(2,)], None)
    found = shop.query("INSERT INTO lonely VALUES (7) RETURNING x")
    assert found == Rows(("x",), [(7,)])
    assert shop.query("SELECT * FROM lonely").rows == [(7,)]


class Autocommitting(sqlite3.Connection):
    """A connection in the mode `autocommit=True`, as Python 3.12 has it."""

    autocommit = True

    def commit(self):
        """Does nothing in this mode."""

    rollback = commit


def test_the_mode_autocommit_of_newer_pythons_is_understood(queries, connect):
    shop = queries.wrap(connect(factory=Autocommitting, isolation_level=None))
    shop.query(COUNT)
    shop.execute("DELETE FROM products WHERE id = 1")
    assert shop.query(COUNT).rows == [(1,)]
    for end, left in ((shop.rollback, 1), (shop.commit, 0)):
        shop.execute("BEGIN")
        shop.execute("DELETE FROM products")
        end()
        assert shop.query(COUNT).rows == [(left,)]
    with pytest.raises(sqlite3.IntegrityError):
        shop.execute("INSERT INTO orders (id) VALUES (1)")
    shop.commit()


def test_a_child_process_watches_for_itself(shop, queries, connect):
    assert shop.query(COUNT).rows == [(2,)]
    plain = connect()
    child = os.fork()
    if child == 0:
        try:
            other = queries.wrap(connect())
            first = other.query(COUNT).rows
            connect().executescript("DELETE FROM products")
            os._exit(0 if (first, other.query(COUNT).rows) == ([(2,)], [(0,)]) else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert shop.query(COUNT).rows == plain.execute(COUNT).fetchall() == [(0,)]
    queries.close()
    assert shop.query(COUNT).rows == [(0,)]


def test_a_failed_write_leaves_no_transaction_open(queries, connect):
    connection = connect(isolation_level=None)
    shop = queries.wrap(connection)
    with pytest.raises(sqlite3.IntegrityError):
        shop.execute("INSERT INTO products (id) VALUES (1)")
    assert not connection.in_transaction


@pytest.mark.parametrize("level", [None, "DEFERRED"])
def test_many_rows_at_once_are_seen(queries, connect, level):
    shop = queries.wrap(connect(isolation_level=level))
    shop.query(COUNT)
    shop.executemany("INSERT INTO products (name) VALUES (?)", [("a",), ("b",)])
    shop.executemany("INSERT INTO products (name) VALUES (?)", iter([]))
    shop.commit()
    assert shop.query(COUNT).rows == [(4,)]


def test_a_write_behind_the_back_of_the_cache_is_seen(shop, queries, connect):
    shop.query(COUNT)
    shop.query("SELECT * FROM lonely")
    plain = connect()
    plain.execute("DELETE FROM products")
    plain.commit()
    assert shop.query(COUNT).rows == [(0,)]
    assert queries.statistics().renewals["*"] >= 1


def test_a_write_of_another_process_is_seen(shop, path):
    shop.query(COUNT)
    script = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); "
        "c.execute('DELETE FROM products'); c.commit()"
    )
    subprocess.run([sys.executable, "-c", script, path], check=True)
    assert shop.query(COUNT).rows == [(0,)]


def test_a_view_that_was_redefined_is_read_anew(shop, connect):
    assert len(shop.query("SELECT * FROM dear").rows) == 1
    plain = connect()
    plain.executescript("DROP VIEW dear; CREATE VIEW dear AS SELECT * FROM lonely;")
    assert shop.query("SELECT * FROM dear").rows == []
    shop.execute("INSERT INTO lonely VALUES (1)")
    shop.commit()
    assert shop.query("SELECT * FROM dear").rows == [(1,)]


def test_a_setting_of_the_connection_is_part_of_the_result(queries, connect):
    shop = queries.wrap(connect())
    like = "SELECT count(*) FROM products WHERE name LIKE 'TEA'"
    assert shop.query(like).rows == [(1,)]
    shop.execute("PRAGMA case_sensitive_like = ON")
    assert shop.query(like).rows == [(0,)]
    assert shop.query("PRAGMA user_version").rows == [(0,)]


def test_a_database_in_memory_is_its_connection_s_own(queries):
    first, second = sqlite3.connect(":memory:"), sqlite3.connect(":memory:")
    for at, connection in enumerate((first, second)):
        connection.execute("CREATE TABLE t (x)")
        connection.execute("INSERT INTO t VALUES (?)", (at,))
        connection.commit()
    cached = [queries.wrap(connection) for connection in (first, second)]
    for _ in range(2):
        assert [c.query("SELECT x FROM t").rows for c in cached] == [[(0,)], [(1,)]]
    assert queries.statistics().hits == 2
    cached[0].execute("DELETE FROM t")
    cached[0].commit()
    queries.close()
    assert cached[0].query("SELECT x FROM t").rows == []
    for connection in cached:
        connection.close()


def test_a_kind_that_is_never_kept_is_loaded_each_time(connect):
    queries = QueryCache(lifetimes=Lifetimes(live=None, expensive_from_s=0.0))
    shop = queries.wrap(connect())
    for _ in range(2):
        shop.query(COUNT, kind="live")
        shop.query("SELECT name FROM products", kind="mutation")
    assert loads(queries) == 4
    queries.close()


@pytest.mark.parametrize(
    ("statement", "life_s"),
    [
        (COUNT, 300),
        ("SELECT date(day), count(*) FROM products GROUP BY date(day)", 1_800),
        ("SELECT strftime('%W', day), sum(price) FROM products GROUP BY 1", 3_600),
        ("SELECT name FROM products", 900),
    ],
)
def test_a_result_ends_with_the_lifetime_of_its_kind(connect, statement, life_s):
    class Clock:
        now_s = 1_000.0

        def monotonic(self):
            return self.now_s

        time = monotonic

    clock = Clock()
    queries = QueryCache(clock=clock)
    shop = queries.wrap(connect())
    shop.query(statement)
    clock.now_s += life_s - 1
    shop.query(statement)
    assert loads(queries) == 1
    clock.now_s += 2
    shop.query(statement)
    assert loads(queries) == 2
    shop.query(statement + " ", kind="other", life_s=10)
    queries.close()


def test_misuse_is_refused(shop, queries, connect):
    with pytest.raises(MisuseError, match="Give one of"):
        shop.query(COUNT, kind="yearly")
    with pytest.raises(MisuseError, match="positive"):
        shop.query(COUNT, life_s=0)
    with pytest.raises(MisuseError, match=r"sqlite3 or of psycopg"):
        queries.wrap(object())
    odd = connect()
    odd.text_factory = bytes
    with pytest.raises(MisuseError, match="text_factory"):
        queries.wrap(odd)
    with pytest.raises(sqlite3.OperationalError):
        shop.query("SELEC 1")


def test_forty_threads_load_a_cold_query_once(connect, queries):
    slow = connect()
    together = threading.Barrier(40)
    results = []

    def ask():
        mine = queries.wrap(connect())
        together.wait()
        results.append(mine.query("SELECT count(*) FROM products a, products b, products c").rows)

    queries.wrap(slow).query(COUNT)
    threads = [threading.Thread(target=ask) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [[(8,)]] * 40
    assert loads(queries) == 2


def test_who_comes_while_another_loads_waits_for_its_result(connect, queries):
    arrived, go_on = threading.Event(), threading.Event()
    slow = connect()
    statement = "SELECT count(*) FROM products a, products b"
    leader = queries.wrap(slow)
    leader.query(COUNT)

    def hold():
        arrived.set()
        go_on.wait(20)

    slow.set_progress_handler(hold, 1)
    results = []

    def ask(shop):
        results.append(shop.query(statement).rows)

    threads = [threading.Thread(target=ask, args=(leader,))]
    threads[0].start()
    assert arrived.wait(20)
    hits = queries.statistics().hits
    threads += [threading.Thread(target=ask, args=(queries.wrap(connect()),)) for _ in range(3)]
    for thread in threads[1:]:
        thread.start()
    go_on.set()
    for thread in threads:
        thread.join()
    assert results == [[(4,)]] * 4
    assert queries.statistics().hits == hits + 3


def test_who_waited_for_a_load_that_failed_loads_for_itself(connect, queries):
    arrived, go_on = threading.Event(), threading.Event()
    slow = connect()
    statement = "SELECT sum(price) FROM products a"
    leader, other = queries.wrap(slow), queries.wrap(connect())
    other.query(COUNT)

    def fail():
        arrived.set()
        go_on.wait(20)
        return 1

    failures = []

    def ask():
        try:
            leader.query(statement)
        except sqlite3.OperationalError as error:
            failures.append(str(error))

    leader._dialect.footprint(statement, ())
    slow.set_progress_handler(fail, 1)
    leading = threading.Thread(target=ask)
    leading.start()
    assert arrived.wait(20)
    results = []
    waiting = threading.Thread(target=lambda: results.append(other.query(statement).rows))
    waiting.start()
    go_on.set()
    leading.join()
    waiting.join()
    assert (failures, results) == (["interrupted"], [[(11.5,)]])


def test_parameters_of_unknown_types_are_not_cached(queries, connect):
    class Number(int):
        pass

    shop = queries.wrap(connect())
    for mark, parameters in (("?", (Number(1),)), (":id", {"id": Number(1)})):
        statement = f"SELECT name FROM products WHERE id = {mark}"
        assert shop.query(statement, parameters).rows == [("tea",)]
    assert queries.statistics().loads == 0
    assert queries.statistics().hit_rate == 0


def test_a_statement_in_dollar_quotes_and_comments_is_kept_as_it_is():
    text = "SELECT  $tag$ a  -- b $tag$, \"A  b\" /* c */ from t where x = 'it''s  '"
    assert normalized(text) == ("SELECT $tag$ a  -- b $tag$, \"A  b\" FROM t WHERE x = 'it''s  '")
    assert first_word("-- c\n (SELECT 1)") == "select"
    assert first_word("42") == ""


def test_a_failed_load_is_everybody_s_own(connect, queries):
    shop = queries.wrap(connect())
    statement = "SELECT abs(-9223372036854775808) FROM products"
    for _ in range(2):
        with pytest.raises(sqlite3.OperationalError, match="overflow"):
            shop.query(statement)
    assert queries._shared.flights._flying == {}


def test_no_reader_ever_sees_less_than_the_last_commit_it_knows_of(connect, queries):
    committed = [0]
    failures = []

    def write():
        mine = queries.wrap(connect())
        for at in range(1, 41):
            mine.execute("INSERT INTO lonely VALUES (?)", (at,))
            mine.commit()
            committed[0] = at

    def read():
        mine = queries.wrap(connect())
        for _ in range(150):
            known = committed[0]
            (found,) = mine.query("SELECT count(*) FROM lonely").rows[0]
            if found < known:
                failures.append((found, known))

    threads = [threading.Thread(target=target) for target in (write, read, read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert committed == [40]
    assert failures == []


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["read", "view", "insert", "delete", "commit", "rollback", "plain"]),
            st.integers(0, 1),
        ),
        max_size=20,
    )
)
def test_cached_reads_equal_plain_reads_whatever_happens(tmp_path_factory, steps):
    path = tmp_path_factory.mktemp("db") / "shop.db"
    plain = sqlite3.connect(path, isolation_level=None, timeout=0)
    plain.execute("PRAGMA journal_mode = WAL")
    plain.executescript(SCHEMA)
    queries = QueryCache()
    inner = [sqlite3.connect(path, timeout=0) for _ in range(2)]
    cached = [queries.wrap(connection) for connection in inner]
    writes = {
        "insert": "INSERT INTO orders (product, count) VALUES (1, 3)",
        "delete": "DELETE FROM orders WHERE id = (SELECT max(id) FROM orders)",
    }
    reads = {"read": "SELECT count(*), sum(count) FROM orders", "view": "SELECT * FROM dear"}
    for step, who in steps:
        if step in reads:
            expected = inner[who].execute(reads[step]).fetchall()
            assert cached[who].query(reads[step]).rows == expected
            continue
        try:
            if step in writes:
                cached[who].execute(writes[step])
            elif step == "plain":
                plain.execute(writes["insert"])
            else:
                getattr(cached[who], step)()
        except sqlite3.OperationalError as error:
            assert "locked" in str(error)  # noqa: PT017 - one writer at a time
    for closable in (*inner, plain, queries):
        closable.close()


class TestShared:
    """Results in a tier that processes share."""

    @pytest.fixture
    def tier(self, tmp_path):
        tier = DiskTier(tmp_path / "cache", timeout_s=20)
        yield tier
        drive(tier.close())

    def test_a_result_is_loaded_once_for_two_caches(self, tier, connect):
        caches = [QueryCache(tier, codec=ValueCodec()) for _ in range(2)]
        shops = [cache.wrap(connect()) for cache in caches]
        for shop in shops:  # the first look at a database drops what was kept before
            shop.query(COUNT)
        for shop in (*shops, *shops):
            assert shop.query("SELECT name, price FROM products").rows == [
                ("tea", 3.5),
                ("cup", 8.0),
            ]
        assert [cache.statistics().loads for cache in caches] == [2, 1]
        shops[0].execute("DELETE FROM products WHERE id = 2")
        shops[0].commit()
        assert shops[1].query("SELECT name, price FROM products").rows == [("tea", 3.5)]
        close_watches(caches)

    def test_a_tier_that_is_gone_costs_nothing_but_the_load(self, tier, connect):
        cache = QueryCache(tier)
        shop = cache.wrap(connect())
        shop.query(COUNT)
        drive(tier.close())
        shop.execute("DELETE FROM products")
        shop.commit()
        assert shop.query(COUNT).rows == [(0,)]
        assert cache._shared.results._owed
        close_watches([cache])

    def test_a_renewal_that_did_not_get_through_is_repeated_first(self, tier, connect):
        cache = QueryCache(tier)
        shop = cache.wrap(connect())
        shop.query(COUNT)
        tier._breaker.open = True
        tier._breaker._prober_process = -1
        shop.execute("DELETE FROM products")
        shop.commit()
        assert shop.query(COUNT).rows == [(0,)]
        tier._breaker.open = False
        assert shop.query(COUNT).rows == [(0,)]
        assert not cache._shared.results._owed
        close_watches([cache])

    def test_values_that_the_codec_does_not_know_are_not_kept(self, tier, connect):
        class Text(str):
            __slots__ = ()

        cache = QueryCache(tier)
        connection = connect(detect_types=sqlite3.PARSE_COLNAMES)
        sqlite3.register_converter("texty", lambda raw: Text(raw.decode()))
        shop = cache.wrap(connection)
        statement = 'SELECT name AS "name [texty]" FROM products'
        assert [shop.query(statement).rows[0] for _ in range(2)] == [("tea",)] * 2
        assert cache.statistics().loads == 2
        close_watches([cache])


def close_watches(caches):
    for cache in caches:
        cache.close()
