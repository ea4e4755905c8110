"""Near misses, each for a reason of its own."""

import logging

log = logging.getLogger("whet.test.quiet")


def constant(x):
    log.debug(f"nothing to format")


def percent(x):
    log.debug("%s", x)


def both(x):
    log.debug(f"{x} %s", x)


def aligned(x):
    log.debug(f"{x:>10}")


def nested(x, width):
    log.debug(f"{x:{width}}")


def ascii_only(x):
    log.debug(f"{x!a}")


def asked(x):
    if log.isEnabledFor(logging.DEBUG):
        log.debug(f"{x}")


def walrus(x):
    log.debug(f"{(y := x)}")
    return y


def inner(x):
    log.debug(f"{f'{x}'}")


def level(x):
    log.log(10, f"{x}")


def exception(x):
    log.exception(f"{x}")


def more(x, **rest):
    log.debug(f"{x}", **rest)


def several(x, y):
    log.debug(f"{x, y}")


def made(x):
    logging.getLogger("a").debug(f"{x}")


def commented(x):
    log.debug(
        # why
        f"{x}",
    )
