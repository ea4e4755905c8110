import pytest

from logstats.agents import classify_agent
from logstats.geo import country_of
from logstats.urls import is_asset, normalize_url, query_fields, referring_site, section_of


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("/", "/"),
        ("/index.html", "/"),
        ("/Products//", "/products"),
        ("/help/Shipping%20Costs", "/help/shipping costs"),
        ("/search?sort=price&q=oak+desk&utm_source=x", "/search?q=oak+desk&sort=price"),
        ("/cart?gclid=1", "/cart"),
        ("/./a//b#c", "/a/b"),
    ],
)
def test_one_page_has_one_spelling(url, page):
    assert normalize_url(url) == page


def test_assets_are_told_from_pages():
    assert is_asset("/static/app.css?v=2")
    assert is_asset("/favicon.ico")
    assert not is_asset("/products/css")


def test_sections_fields_and_referrers():
    assert section_of("/products/desk?x=1") == "/products"
    assert section_of("/") == "/"
    assert query_fields("/?a=1&b=2&a=3") == {"a": "3", "b": "2"}
    assert referring_site("https://www.bing.com/search?q=a", ("example.org",)) == "bing.com"
    assert referring_site("https://example.org/cart", ("example.org",)) is None
    assert referring_site("-", ()) is None


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/123.0.0.0 Safari/537.36 Edg/123.0",
         ("Edge 123", "Windows 10+", "desktop")),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_3) Version/17.2 Safari/605.1",
         ("Safari 17", "iOS", "phone")),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/120.0.0.0 Mobile Safari/537.36",
         ("Chrome 120", "Android", "phone")),
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", ("googlebot", "-", "bot")),
        ("", ("other", "other", "desktop")),
    ],
)
def test_agents_are_classified(agent, expected):
    assert classify_agent(agent) == expected


def test_countries_come_from_the_ranges():
    assert country_of("5.0.0.0") == "DE"
    assert country_of("4.255.255.255") == "??"
    assert country_of("212.1.1.1") == "AT"
