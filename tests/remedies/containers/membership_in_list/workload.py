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
