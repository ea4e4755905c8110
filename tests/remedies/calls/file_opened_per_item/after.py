"""Opens its log for every line."""


def log(path, lines):
    """Writes lines."""
    with open(path, "a", encoding="utf-8") as out:  # whet: expect
        for line in lines:
            out.write(line)


def report(path, rows, quiet=False):
    count = 0
    with open(path, mode="a") as out:  # whet: expect
        for number, row in enumerate(rows):
            text = " ".join([
                str(number), str(row),
            ]) if quiet else f"{number} {row}"
            # and now

            print(text, file=out)
            if quiet:
                break
            count += 1

    return count
