"""URLs: one spelling for the same page, kinds of pages, campaigns."""

import re
from urllib.parse import parse_qsl, urlsplit

TRACKING = ("utm_source", "utm_medium", "utm_campaign", "fbclid", "gclid", "ref")


def normalize_url(url):
    """The page behind a URL: lower-case, no tracking parameters, sorted query."""
    url = url.split("#", 1)[0]
    path, _, query = url.partition("?")
    path = path.replace("%20", " ").replace("+", " ").lower()
    names = [name.strip() for name in path.split("/") if name.strip() not in ("", ".")]
    if names and names[-1] in ("index.html", "index.htm", "index.php"):
        names.pop()
    fields = []
    for field in query.split("&"):
        key, _, value = field.partition("=")
        if value and key.lower() not in TRACKING:
            fields.append(key.lower() + "=" + value.replace("%20", "+"))
    page = "/" + "/".join(names)
    if not fields:
        return page
    return page + "?" + "&".join(sorted(fields))


def is_asset(url):
    return re.search(r"\.(?:css|js|png|jpe?g|svg|ico|woff2?)(?:\?|$)", url, re.ASCII) is not None


def section_of(page):
    """The first part of a page's path."""
    path = page.split("?", 1)[0]
    first = path.strip("/").split("/", 1)[0]
    return "/" + first


def query_fields(url):
    """The fields of a URL's query."""
    return dict(parse_qsl(urlsplit(url).query))


def referring_site(referrer, internal_hosts):
    """The site that a visitor came from; None for the own site and for no referrer."""
    if referrer in ("", "-"):
        return None
    host = referrer.split("//", 1)[-1].split("/", 1)[0].lower()
    if host in internal_hosts:
        return None
    return host[4:] if host.startswith("www.") else host
