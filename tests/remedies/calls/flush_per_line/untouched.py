"""Near misses."""

import sys


def shown(lines):
    for line in lines:
        sys.stdout.write(line)
        sys.stdout.flush()


def given(out, lines):
    for line in lines:
        out.write(line)
        out.flush()


def alone(path, lines):
    with open(path, "w") as out:
        for line in lines:
            if out.write(line):
                out.flush()


def once(path, lines):
    with open(path, "w") as out:
        out.writelines(lines)
        out.flush()


def handed_on(path, lines, check):
    with open(path, "w") as out:
        for line in lines:
            out.write(line)
            out.flush()
            check(out)


def asked_where(path, lines):
    with open(path, "w") as out:
        for line in lines:
            out.write(line)
            out.flush()
            print(out.tell())


def hands_out(path, lines):
    with open(path, "w") as out:
        for line in lines:
            out.write(line)
            out.flush()
            yield line


def same_line(path, lines):
    with open(path, "w") as out:
        for line in lines:
            out.write(line); out.flush()


async def later(path, lines):
    with open(path, "w") as out:
        for line in lines:
            out.write(line)
            out.flush()
