"""Steps of a batch job that says a lot."""

import logging

log = logging.getLogger("whet.test.quiet")
log.setLevel(logging.WARNING)


class Job:
    def __init__(self, total):
        self.total = total
        self.log = log

    def step(self, batch, share):
        log.debug(f"{len(batch)} of {self.total} left, 100% sure: {share:.2f}")  # whet: expect
        self.log.info(
            f"""now "{self.total!r}" """ f"{share=}", extra={"batch": 1}
        )  # whet: expect
        return sum(batch)


def walk(rows):
    total = 0
    for number, row in enumerate(rows):
        # Much to say.
        log.debug(f"row {number}: {row}")  # whet: expect
        total += row[0]
    return total


async def quiet(text):
	kept = text * 2
	log.info(f"got {kept!r} for {text}")  # whet: expect
	return kept
