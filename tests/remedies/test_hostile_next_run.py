"""A fix is also right in the next run, which gives its functions other values than this one."""

from __future__ import annotations

import copy
from typing import NamedTuple

import pytest

from whet.remedies import find_remedy

N = list(range(100))


class Case(NamedTuple):
    """A program that a careless fix breaks for arguments that the evidence run did not give."""

    name: str
    remedy: str
    source: str
    seen: list
    others: list


CASES = [
    Case(
        "a function called in the loop is given the list",
        "membership_in_list",
        """
def remember(known, w):
    known.append(w)
def f(words, known):
    out = []
    for w in words:
        if w not in known:
            remember(known, w)
            out.append(w)
    return out
""",
        [[*range(200, 260)], N],
        [[[5, 500, 500, 501], N]],
    ),
    Case(
        "an object called in the loop holds the list",
        "membership_in_list",
        """
class R:
    def __init__(self): self.known=[]
    def add(self, w):
        self.known.append(w)
def f(words, start):
    r = R()
    for s in start: r.add(s)
    known = r.known
    out = []
    for w in words:
        if w not in known:
            r.add(w)
            out.append(w)
    return out
""",
        [[*range(200, 260)], N],
        [[[5, 500, 500, 501], N]],
    ),
    Case(
        "a list of the module is given away",
        "membership_in_list",
        """
WORDS = [1,2,3,4,5,6,7,8,9,10,11,12]
def load(into, more):
    into.extend(more)
def f(words, more):
    load(WORDS, more)
    return [w for w in words if w in WORDS]
""",
        [[*range(200, 260)], []],
        [[[5, 500, 500, 501], [500]]],
    ),
    Case(
        "the loop asks whether there is a list",
        "membership_in_list",
        """
def f(words, known):
    out = []
    for w in words:
        if known is not None and w in known:
            out.append(w)
    return out
""",
        [[*range(200, 260)], N],
        [[[5, 500, 500, 501], None]],
    ),
    Case(
        "no list by default, places",
        "index_in_loop",
        """
def f(words, order=None):
    out = []
    for w in words:
        out.append(order.index(w) if order else -1)
    return out
""",
        [N, N],
        [[[5], None], [[5]], [[5], []]],
    ),
    Case(
        "the loop changes the keys",
        "nested_loop_join",
        """
class N:
    def __init__(self, k): self.k = k
def f(pairs, n):
    nodes = [N(i) for i in range(n)]
    for a, b in pairs:
        for node in nodes:
            if node.k == a:
                node.k = b
    return [x.k for x in nodes]
""",
        [[(1, 200), (2, 202)] * 20, 100],
        [[[(1, 5), (5, 9)], 100]],
    ),
    Case(
        "the loop asks whether there are rows",
        "nested_loop_join",
        """
def f(orders, customers):
    out = []
    for o in orders:
        if customers:
            for c in customers:
                if c["id"] == o:
                    out.append(c["n"])
    return out
""",
        [N, [{"id": i, "n": i} for i in N]],
        [[N, None]],
    ),
    Case(
        "a bare tuple that begins with a bracket",
        "copy_by_append",
        """
def f(a):
    out = []
    for x in (a), a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a:
        out.append(x)
    return out
""",
        [1],
        [],
    ),
    Case(
        "a bare key that begins with a bracket",
        "key_missing_by_exception",
        """
def f(n):
    d = {}
    s = 0
    for i in range(n):
        try:
            v = d[(i), 1]
        except KeyError:
            v = 5
        s += v
    return s
""",
        [300],
        [],
    ),
    Case(
        "a key on two lines",
        "key_missing_by_exception",
        """
def f(n):
    d = {}
    s = 0
    for i in range(n):
        try:
            v = d["a"
                "b"]
        except KeyError:
            v = 5
        s += v
    return s
""",
        [300],
        [],
    ),
    Case(
        "a limit that is None by default",
        "sorted_for_few",
        """
def f(xs, n=None):
    return sorted(xs)[:n]
""",
        [N, 3],
        [[N], [N, None]],
    ),
    Case(
        "a limit that the elements change",
        "sorted_for_few",
        """
class A:
    def __init__(self): self.n = 3
    def collect(self, xs, m):
        self.n = m
        return list(xs)
    def go(self, xs, m):
        return sorted(self.collect(xs, m))[:self.n]
def f(xs, m):
    return A().go(xs, m)
""",
        [N, 3],
        [[N, 5]],
    ),
    Case(
        "keys that change while elements are taken",
        "sorted_for_few",
        """
def f(words):
    counts = {}
    def feed():
        for w in words:
            counts[w] = counts.get(w, 0) + 1
            if counts[w] == 1:
                yield w
    return sorted((w for w in feed()), key=lambda w: -counts[w])[:3]
""",
        [N * 2],
        [[[1, 2, 3, 4, 5, 6, 7, 7, 8, 8, 8] * 3]],
    ),
    Case(
        "keys that change what is sorted",
        "sorted_for_few",
        """
MEMO = {}
def score(k):
    MEMO[k * 7 % 13 + 50] = 1
    return k % 10
def f(n):
    MEMO.clear()
    for i in range(n): MEMO[i] = 1
    return sorted(MEMO, key=lambda k: score(k))[:3]
""",
        [80],
        [[40]],
    ),
    Case(
        "a handler between sort and use",
        "sort_for_few",
        """
def f(rows):
    items = [r for r in rows]
    items.sort(key=lambda r: r["x"])
    try:
        return items[0]
    except (IndexError, KeyError):
        return None
""",
        [[{"x": i} for i in N]],
        [[[{"y": 1}, {"x": 1}]]],
    ),
    Case(
        "a call between sort and use",
        "sort_for_few",
        """
def bump(rows):
    for r in rows:
        r["x"] = -r["x"]
def f(rows):
    items = [r for r in rows]
    items.sort(key=lambda r: r["x"])
    return bump(rows), items[0]
""",
        [[{"x": 1} for i in N]],
        [[[{"x": 1}, {"x": 2}]]],
    ),
    Case(
        "a queue that grows while it is enumerated",
        "queue_in_list",
        """
def f(n, grow):
    queue = list(range(n))
    for i, x in enumerate(queue):
        if grow and i < 5:
            queue.append(x)
    out = 0
    while queue:
        out += queue.pop(0)
    return out
""",
        [100, False],
        [[100, True]],
    ),
    Case(
        "a queue that changes before a generator ends",
        "queue_in_list",
        """
def f(n):
    queue = list(range(n))
    lazy = (x for x in queue)
    out = next(lazy)
    queue.append(9)
    out += sum(lazy)
    while queue:
        out += queue.pop(0)
    return out
""",
        [100],
        [[100]],
    ),
    Case(
        "a queue that finally empties",
        "queue_in_list",
        """
def f(n):
    queue = list(range(n))
    try:
        queue.insert(0, 1)
        return queue
    finally:
        queue.clear()
""",
        [100],
        [[100]],
    ),
    Case(
        "a parameter named list",
        "queue_in_list",
        """
def f(list):
    queue = []
    for x in list:
        queue.insert(0, x)
    return queue
""",
        [N],
        [],
    ),
    Case(
        "the keys of a dict are removed",
        "remove_in_loop",
        """
def f(source, gone):
    items = list(source)
    for x in gone:
        if x in items:
            items.remove(x)
    return items
""",
        [N * 4, dict.fromkeys(range(60), 3)],
        [],
    ),
    Case(
        "something else put in last",
        "smallest_by_min_and_remove",
        """
def f(n, stop):
    items = list(range(n))
    out = []
    while items:
        least = min(items)
        items.remove(least)
        out.append(least)
        if least == stop:
            items.append(None)
            break
    return out
""",
        [100, 50],
        [[100, 5]],
    ),
    Case(
        "a generator that sees the order",
        "smallest_by_min_and_remove",
        """
def f(xs):
    items = list(xs)
    lazy = (x for x in items)
    out = []
    while items:
        least = min(items)
        items.remove(least)
        out.append(least)
        if least > 80: out.append(next(lazy, -1))
    return out
""",
        [N[::-1]],
        [],
    ),
    Case(
        "no numbers by default",
        "prefix_sum_in_loop",
        """
def f(numbers=None):
    return [sum(numbers[:i]) for i in range(len(numbers))] if numbers is not None else []
""",
        [N],
        [[], [None]],
    ),
    Case(
        "the object among those gone through",
        "text_grown_in_attribute",
        """
class T:
    def __init__(self):
        self.text = ""
    def merge(self, others):
        for o in others:
            self.text += o.text
def make(s):
    t = T()
    t.text = ""
    t.text += s
    return t
def f(n, selfish):
    a = make("a" * 50)
    others = [make("b" * 50) for _ in range(n)]
    if selfish:
        others.append(a)
    a.merge(others)
    return a.text
""",
        [200, False],
        [[200, True]],
    ),
    Case(
        "a method of the object by another name",
        "text_grown_in_attribute",
        """
class T:
    def __init__(self):
        self.text = ""
        self.n = 0
    def copy(self):
        return self.text[:3]
    def merge(self, others):
        for o in others:
            self.text += o.copy()
def f(n, selfish):
    a = T()
    a.text = "a"
    others = []
    for _ in range(n):
        b = T(); b.text = "b" * 100; others.append(b)
    if selfish:
        others.append(a)
    a.merge(others)
    return a.text
""",
        [2000, False],
        [[200, True]],
    ),
    Case(
        "the list measured by another name",
        "remove_in_loop",
        """
class A:
    def __init__(self, xs): self.items = xs
    def trim(self, most):
        items = self.items
        for x in list(items):
            if len(self.items) > most:
                items.remove(x)
def f(xs, n):
    a = A(xs); a.trim(n); return a.items
""",
        [N, 1],
        [[N, 50]],
    ),
    Case(
        "a generator changes the list that a loop over it asks",
        "membership_in_list",
        """
def feed(xs, known):
    for x in xs:
        yield x
        known.append(x)
def g(words, known):
    return [w for w in words if w not in known]
def f(xs):
    known = [-x for x in range(100)]
    return g(feed(xs, known), known)
""",
        [N[1:]],
        [[[5, 5, 5]]],
    ),
    Case(
        "a generator moves what a loop over it looks for",
        "index_in_loop",
        """
def feed(xs, known):
    for x in xs:
        yield x
        if x == 7:
            known.insert(0, -7)
def g(words, known):
    return [known.index(w) for w in words]
def f(xs):
    known = list(range(100))
    return g(feed(xs, known), known)
""",
        [N[8:]],
        [[[5, 7, 5]]],
    ),
    Case(
        "a row by another name changes its key",
        "nested_loop_join",
        """
def f(left, right):
    own = {"id": -1}
    rows = [{"id": x} for x in right]
    rows.append(own)
    out = []
    for a in left:
        own["id"] = a
        for b in rows:
            if a == b["id"]:
                out.append(b["id"])
    return out
""",
        [N, N],
        [[[500, 501], N]],
    ),
    Case(
        "bools among the numbers",
        "prefix_sum_in_loop",
        "def f(xs):\n    return [sum(xs[:i]) for i in range(len(xs) + 1)]\n",
        [N],
        [[[True, False, 2]]],
    ),
    Case(
        "a text that shows how membership is tested",
        "membership_in_list",
        """
def f(xs, known):
    out = []
    for x in xs:
        out.append(f"{x in known=} {x in [1, 2, 3, 4, 5, 6, 7, 8, 9]=}")
    return out
""",
        [N, N],
        [],
    ),
    Case(
        "a text that shows how elements are sorted",
        "sorted_for_few",
        "def f(xs):\n    return f'{sorted(xs)[0]=}'\n",
        [N],
        [],
    ),
    Case(
        "a text that shows how elements are taken",
        "queue_in_list",
        """
def f(xs):
    queue, out = list(xs), []
    queue = queue
    rest = list(xs)
    while rest:
        out.append(f"{rest.pop(0)=}")
    return out
""",
        [N],
        [],
    ),
    Case(
        "the object put into words",
        "text_grown_in_attribute",
        """
class T:
    def __init__(self):
        self.text = ""
    def __str__(self):
        return self.text
    def merge(self, others):
        for o in others:
            self.text += str(o)
def f(n, own):
    a = T()
    a.text = "a"
    others = ["b" * 100 for i in range(n)]
    if own:
        others.insert(1, a)
    a.merge(others)
    return a.text
""",
        [2000, False],
        [[5, True]],
    ),
    Case(
        "the object in a text",
        "text_grown_in_attribute",
        """
class T:
    def __init__(self):
        self.text = ""
    def __str__(self):
        return self.text
    def merge(self, others):
        for o in others:
            self.text += f"{o}"
def f(n, own):
    a = T()
    a.text = "a"
    others = ["b" * 100 for i in range(n)]
    if own:
        others.insert(1, a)
    a.merge(others)
    return a.text
""",
        [2000, False],
        [[5, True]],
    ),
    Case(
        "the list counted by another name",
        "remove_in_loop",
        """
def f(items):
    other = items
    for x in list(items):
        if other.count(x) > 1:
            items.remove(x)
    return items
""",
        [N * 2],
        [[[1, 1, 1]]],
    ),
    Case(
        "an equality that a class is given later",
        "remove_in_loop",
        """
class P:
    def __init__(self, n):
        self.n = n
def same(a, b):
    return True
P.__eq__ = same
def f(n):
    items = [P(i) for i in range(n)]
    for x in items[:]:
        if x.n % 2:
            items.remove(x)
    return [x.n for x in items]
""",
        [200],
        [[3]],
    ),
]


def outcome(module, arguments):
    """Result or exception of `f`, and what the arguments became."""
    given = copy.deepcopy(arguments)
    try:
        result = repr(module.f(*given))
    except Exception as error:  # noqa: BLE001 -- compared, whatever it is
        result = type(error).__name__, str(error)
    return result, repr(given)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_other_arguments_give_the_same_or_the_fix_is_refused(bench, case):
    fixed = bench.fix(case.source, case.remedy, lambda m: m.f(*copy.deepcopy(case.seen)))
    for arguments in [case.seen, *case.others] if fixed is not None else ():
        before = outcome(bench.load(case.source), arguments)
        assert outcome(bench.load(fixed), arguments) == before, fixed


QUIET = {
    "membership_in_list": """
def f(words, known):
    if known is None:
        known = []
    out = []
    for w in words:
        if w not in known:
            print(w, end="")
            out.append(w)
    return out
""",
    "index_in_loop": """
def f(words, order):
    if not order:
        return []
    return [order.index(w) for w in words]
""",
    "nested_loop_join": """
def f(left, right):
    if not right:
        return []
    return [a + b for a in left for b in right if a == b]
""",
    "prefix_sum_in_loop": """
def f(numbers, names):
    found = []
    for i, _ in enumerate(numbers):
        found.append((names[i], sum(numbers[:i])))
    return found
""",
    "queue_in_list": """
def f(items, others):
    queue = list(items)
    total = sum(x for x in queue)
    for place, x in enumerate(queue):
        total += place * x
    while queue:
        total += queue.pop(0)
    return total, others
""",
    "remove_in_loop": """
def f(items, gone):
    for x in list(items):
        if x % 3 == 0 or x in gone:
            items.remove(x)
    return items
""",
    "smallest_by_min_and_remove": """
def f(items, more):
    held = list(items)
    out = 0
    while held:
        least = min(held)
        held.remove(least)
        out = out * 3 + least
        if least == 7:
            held.append(50)
    return out, more
""",
    "sort_for_few": """
def f(items, shift):
    found = [x for x in items]
    found.sort(key=lambda x: x * 31 % 101)
    return found[0], len(shift)
""",
    "sorted_for_few": """
def f(items, shift):
    n = 3
    return sorted(items, key=lambda x: x * 31 % 101)[:n], shift
""",
    "copy_by_append": """
def f(items, more):
    out = []
    for x in (items):
        out.append(x)
    return out, more
""",
}


@pytest.mark.parametrize("remedy", QUIET)
def test_programs_that_only_look_hostile_are_admitted(bench, remedy):
    source = QUIET[remedy]
    fixed = bench.fix(source, remedy, lambda m: m.f(list(N), list(N)))
    assert fixed is not None
    for arguments in ([N, N], [[], []], [N[::-1], N], [[5, 5, 7], [5, 7]]):
        assert outcome(bench.load(fixed), arguments) == outcome(bench.load(source), arguments)


def test_a_list_given_under_two_names_is_not_summed_beforehand(bench):
    source = """
def f(numbers, out):
    for i in range(len(numbers)):
        out[i] = sum(numbers[:i + 1])
    return out
"""
    fixed = bench.fix(source, "prefix_sum_in_loop", lambda m: m.f(list(N), list(N)))
    assert fixed is None


@pytest.mark.parametrize(
    ("test", "safety"),
    [
        ("x.startswith('a')", "gated"),
        ("len(x) > 3", "gated"),
        ("int(x) > 3", "consent"),
        ("x['key'] > 3", "consent"),
        ("1 / x > 3", "consent"),
        ("x.index('a') > 3", "consent"),
    ],
)
def test_to_stop_before_an_element_that_would_raise_needs_consent(bench, test, safety):
    module = bench.module(f"def f(xs):\n    return any([{test} for x in xs])\n")
    (match,) = bench.matches(module, find_remedy("any_of_a_list"))
    assert match.safety == safety


@pytest.mark.parametrize(
    ("remedy", "source", "safety"),
    [
        ("membership_in_list", QUIET["membership_in_list"], "gated"),
        ("membership_in_list", "def f(x):\n    return x in [1, 2, 3, 4, 5, 6, 7, 8]\n", "gated"),
        ("sorted_for_few", "def f(xs):\n    return sorted(xs)[0]\n", "gated"),
        ("queue_in_list", QUIET["queue_in_list"], "safe"),
    ],
)
def test_what_needs_elements_of_certain_types_is_not_safe_by_construction(
    bench, remedy, source, safety
):
    (match,) = bench.matches(bench.module(source), find_remedy(remedy))
    assert match.safety == safety
