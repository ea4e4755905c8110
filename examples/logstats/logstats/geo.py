"""Countries of addresses, from a small table of ranges."""

from bisect import bisect_right

# First address of each range and the country it belongs to.
RANGES = (
    ("0.0.0.0", "??"), ("5.0.0.0", "DE"), ("14.0.0.0", "JP"), ("24.0.0.0", "US"),
    ("31.0.0.0", "NL"), ("41.0.0.0", "ZA"), ("46.0.0.0", "SE"), ("52.0.0.0", "US"),
    ("58.0.0.0", "CN"), ("62.0.0.0", "GB"), ("77.0.0.0", "PL"), ("80.0.0.0", "FR"),
    ("84.0.0.0", "DE"), ("91.0.0.0", "IT"), ("101.0.0.0", "AU"), ("110.0.0.0", "IN"),
    ("121.0.0.0", "KR"), ("134.0.0.0", "CA"), ("151.0.0.0", "CH"), ("177.0.0.0", "BR"),
    ("185.0.0.0", "ES"), ("200.0.0.0", "AR"), ("203.0.0.0", "SG"), ("212.0.0.0", "AT"),
    ("224.0.0.0", "??"),
)


def address_number(address):
    a, b, c, d = address.split(".")
    return (int(a) << 24) + (int(b) << 16) + (int(c) << 8) + int(d)


STARTS = tuple(address_number(start) for start, _ in RANGES)


def country_of(address):
    return RANGES[bisect_right(STARTS, address_number(address)) - 1][1]
