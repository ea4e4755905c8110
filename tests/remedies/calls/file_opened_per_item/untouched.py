"""Near misses."""


def anew(path, lines):
    for line in lines:
        with open(path, "w") as out:
            out.write(line)


def each_its_own(folder, lines):
    for line in lines:
        with open(folder + line, "a") as out:
            out.write(line)


def both(path, lines):
    for line in lines:
        with open(path, "a") as out, open(line) as file:
            out.write(file.read())


def kept(path, lines):
    for line in lines:
        with open(path, "a") as out:
            out.write(line)
    return out


def hands_out(path, lines):
    for line in lines:
        with open(path, "a") as out:
            out.write(line)
        yield line


def below(path, lines):
    for line in lines:
        if line:
            with open(path, "a") as out:
                out.write(line)


def long_text(path, lines):
    for line in lines:
        with open(path, "a") as out:
            out.write(line + """
            and more""")


def one_line(path, lines):
    for line in lines:
        with open(path, "a") as out: out.write(line)


def rebound(path, lines):
    for line in lines:
        with open(path, "a") as out:
            out.write(line)
        path = path + "x"


def otherwise(path, lines):
    for line in lines:
        with open(path, "a") as out:
            out.write(line)
    else:
        print("done")
