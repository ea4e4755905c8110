"""Near misses, each for a reason of its own."""

import pandas as pd


def keeps_index(parts):
    table = pd.DataFrame()
    for part in parts:
        table = pd.concat([table, pd.DataFrame({"a": [part]})])
    return table


def held_by_others(parts):
    table = pd.DataFrame()
    for part in parts:
        table = pd.concat([table, part], ignore_index=True)
    return table


def changed_afterwards(rows):
    table = pd.DataFrame()
    for row in rows:
        part = pd.DataFrame({"a": [row]})
        table = pd.concat([table, part], ignore_index=True)
        part["a"] = 0
    return table


def made_once(rows):
    table = pd.DataFrame()
    part = pd.DataFrame({"a": [0]})
    for row in rows:
        part["a"] = row
        table = pd.concat([table, part], ignore_index=True)
    return table


def read_in_the_loop(rows):
    table = pd.DataFrame()
    for row in rows:
        table = pd.concat([table, pd.DataFrame({"a": [row]})], ignore_index=True)
        print(len(table))
    return table


def in_front(rows):
    table = pd.DataFrame()
    for row in rows:
        table = pd.concat([pd.DataFrame({"a": [row]}), table], ignore_index=True)
    return table


def shares(rows, held):
    table = pd.DataFrame()
    for row in rows:
        table = pd.concat([table, pd.DataFrame(held)], ignore_index=True)
    return table
