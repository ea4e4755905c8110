"""Flushes every line."""


def save(path, lines):
    with open(path, "w", encoding="utf-8") as out:
        for line in lines:
            out.write(line)
            out.flush()  # whet: expect
    return path


def table(path, rows):
    with open(path, "wb") as out:
        while rows:
            out.write(b"%d\n" % len(rows))
            if len(rows) % 2:
                print("odd")
                out.flush()  # whet: expect
            rows = rows[1:]
