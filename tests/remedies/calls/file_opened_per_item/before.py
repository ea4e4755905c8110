"""Opens its log for every line."""


def log(path, lines):
    """Writes lines."""
    for line in lines:
        with open(path, "a", encoding="utf-8") as out:  # whet: expect
            out.write(line)


def report(path, rows, quiet=False):
    count = 0
    for number, row in enumerate(rows):
        text = " ".join([
            str(number), str(row),
        ]) if quiet else f"{number} {row}"
        # and now

        with open(path, mode="a") as out:  # whet: expect
            print(text, file=out)
            if quiet:
                break
        count += 1

    return count
