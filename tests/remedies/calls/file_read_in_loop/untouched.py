"""Near misses."""

import json


def each_its_own(paths):
    found = []
    for path in paths:
        with open(path) as file:
            data = json.load(file)
        found.append(data["x"])
    return found


def changed(rows, path):
    for row in rows:
        with open(path) as file:
            data = json.load(file)
        data["seen"] = row
    return None


def handed_on(rows, path, keep):
    for row in rows:
        with open(path) as file:
            data = json.load(file)
        keep(row, data)


def inner_changed(rows, path):
    for row in rows:
        with open(path) as file:
            data = json.load(file)
        data["rows"].append(row)


def used_after(rows, path):
    for row in rows:
        with open(path) as file:
            text = file.read()
        print(row, len(text))
    return text


def used_before(rows, path):
    text = ""
    for row in rows:
        print(len(text))
        with open(path) as file:
            text = file.read()


def rebound_path(rows, path):
    for row in rows:
        with open(path) as file:
            text = file.read()
        path = text.strip() + row


def yields(rows, path):
    for row in rows:
        with open(path) as file:
            text = file.read()
        yield row in text


def captured(rows, path):
    tests = []
    for row in rows:
        with open(path) as file:
            text = file.read()
        tests.append(lambda: row in text)
    return tests


def long_text(rows, path):
    for row in rows:
        text = open(path).read() + """
        kept as it is"""
        print(row, len(text))


def lazily(rows, path):
    for row in rows:
        lines = map(str.strip, open(path).read())
        print(row in lines)


def no_loop(path):
    with open(path) as file:
        text = file.read()
    return len(text)


def own_work(rows, path, parse):
    for row in rows:
        data = parse(open(path).read())
        print(row in data)


def sometimes(rows, path):
    for row in rows:
        if row:
            text = open(path).read()
        print(len(text))


def by_attribute(rows, config):
    for row in rows:
        text = open(config.path).read()
        print(row in text)


def one_line(rows, path):
    for row in rows: text = open(path).read(); print(row in text)
