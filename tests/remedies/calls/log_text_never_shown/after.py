"""Steps of a batch job that says a lot."""

import logging

log = logging.getLogger("whet.test.quiet")
log.setLevel(logging.WARNING)


class Job:
    def __init__(self, total):
        self.total = total
        self.log = log

    def step(self, batch, share):
        log.debug("%s of %s left, 100%% sure: %.2f", len(batch), self.total, share)  # whet: expect
        self.log.info(
            'now "%r" share=%r', self.total, share, extra={"batch": 1}
        )  # whet: expect
        return sum(batch)


def walk(rows):
    total = 0
    for number, row in enumerate(rows):
        # Much to say.
        if log.isEnabledFor(logging.DEBUG):
            log.debug(f"row {number}: {row}")  # whet: expect
        total += row[0]
    return total


async def quiet(text):
	kept = text * 2
	if log.isEnabledFor(logging.INFO):
		log.info(f"got {kept!r} for {text}")  # whet: expect
	return kept
