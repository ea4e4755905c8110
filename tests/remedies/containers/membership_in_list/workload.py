"""Asks often enough for a set to pay."""


def run(module, make=str):
    names = [make(i * 7 % 90) for i in range(300)]
    days = [make(day) for day in ["mon", "dim", "sun", "x"]]
    return [
        module.unique(list(names)),
        module.count_new(names),
        module.common(names, [make(i) for i in range(60)]),
        module.kept([make(w) for w in ["the", "cat", "on", "mat"] * 20]),
        [module.is_weekday_like(day) for day in days],
        module.Filter([make(i) for i in range(60)]).keep(names),
        module.both([make(i) for i in range(40)], [",".join("0123456789" * 4)] * 5),
    ]


def measure(module):
    names = [i * 7 % 3_000 for i in range(6_000)]
    words = ["the", "cat", "on", "mat"] * 5_000
    return [
        module.unique(names),
        module.count_new(names),
        module.common(names, list(range(0, 6_000, 3))),
        module.kept(words),
        module.Filter(list(range(0, 6_000, 3))).keep(names),
        module.both(list(range(40)), [",".join("0123456789" * 4)] * 100),
    ]
