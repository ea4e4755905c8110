"""Addresses that hold their own answer: nothing is asked of a network."""


def run(module, make=str):
    return module.texts([str(make(f"data:,text{n}")) for n in range(12)])
