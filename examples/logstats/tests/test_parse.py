from logstats.parse import parse_line, parse_time

LINE = (
    '80.1.2.3 - ada [02/Mar/2026:06:00:01 +0100] "GET /Cart?b=2&a=1 HTTP/1.1" 200 512 '
    '"https://www.google.com/" "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/122.0"'
)


def test_a_line_becomes_a_request():
    request = parse_line(LINE)
    assert (request.host, request.user, request.method) == ("80.1.2.3", "ada", "GET")
    assert (request.url, request.status, request.size) == ("/Cart?b=2&a=1", 200, 512)
    assert request.referrer == "https://www.google.com/"
    assert request.time == 1772427601


def test_a_missing_size_is_zero():
    assert parse_line(LINE.replace(" 512 ", " - ")).size == 0


def test_a_broken_line_is_none():
    assert parse_line("") is None
    assert parse_line('- - - [] "\\x16\\x03\\x01" 400 -') is None


def test_offsets_of_time_zones_count():
    assert parse_time("01/Jan/1970:01:00:00 +0100") == 0
    assert parse_time("31/Dec/1969:19:30:00 -0430") == 0
