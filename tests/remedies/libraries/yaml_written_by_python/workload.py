"""Small documents."""


def run(module, make=str):
    rows = [{"id": n, "tags": ["a", "b"], "name": f"n{n}"} for n in range(3)]
    return [module.save({"rows": rows}), module.Texts().all(rows)]


def measure(module):
    rows = [{"id": n, "tags": ["a", "b"], "name": f"n{n}"} for n in range(150)]
    return module.save({"rows": rows})
