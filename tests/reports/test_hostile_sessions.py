"""Whatever the user's program is called or holds, a report neither acts on it nor leaks it."""

from __future__ import annotations

import csv as csv_format
import io
import unicodedata
from html.parser import HTMLParser

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from whet.reports import _inert, csv, full, html, markdown, terminal
from whet.reports.redaction import HIDDEN, redact, redact_words

TAGS = {
    "html", "head", "meta", "title", "style", "body", "main", "header", "p", "h1", "h2", "h3",
    "code", "pre", "span", "figure", "figcaption", "svg", "line", "text", "circle", "rect",
    "polygon", "polyline", "table", "thead", "tbody", "tr", "th", "td", "br", "ul", "li", "dl",
    "dt", "dd", "article", "div", "strong", "g", "desc",
}  # fmt: skip
quick = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


class Page(HTMLParser):
    """Collects the tags and attributes of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes


def unseen(text, keep="\n"):
    return [
        char
        for char in text
        if char not in keep and unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    ]


@quick
@given(st.data())
def test_a_page_holds_only_its_own_markup(any_session, data):
    text = html.render(data.draw(any_session))
    page = Page(text)
    assert set(page.tags) <= TAGS
    assert page.tags.count("style") <= 2
    for name, value in page.attributes:
        assert not name.startswith("on")
        assert name not in {"src", "style"}
        assert name != "href" or value.startswith("#")
    assert unseen(text) == []


@quick
@given(st.data())
def test_the_terminal_sees_no_control_character(any_session, data):
    text = terminal.render(data.draw(any_session))
    assert unseen(text) == []


@quick
@given(st.data())
def test_markdown_holds_no_markup_of_the_users_program(any_session, data):
    text = markdown.render(data.draw(any_session))
    assert unseen(text, keep="\n\t") == []
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    inline = [child for token in tokens for child in token.children or ()]
    kinds = {token.type for token in tokens + inline}
    assert not kinds & {"html_block", "html_inline", "link_open", "image", "code_block", "hr"}
    assert {token.tag for token in tokens if token.type == "heading_open"} <= {"h1", "h2", "h3"}
    assert sum(token.tag == "h1" for token in tokens if token.type == "heading_open") == 1


@quick
@given(st.data())
def test_no_csv_cell_is_a_formula_and_every_row_is_whole(any_session, data):
    rows = list(csv_format.reader(io.StringIO(csv.render(data.draw(any_session)), newline="")))
    for row in rows:
        assert len(row) == len(csv.HEADER)
        for cell in row:
            assert not cell.startswith(("=", "+", "@", "\t", "\r"))
            assert not cell.startswith("-") or float(cell) < 0


@quick
@given(st.data())
def test_redaction_changes_no_figure_and_can_be_repeated(any_session, data):
    session = data.draw(any_session)
    once = redact(session, home="/home/someone")
    assert redact(once, home="/home/someone").whole == once.whole
    assert [entry.effect for entry in once.whole] == [entry.effect for entry in session.whole]
    full.render(once)


def everything(session):
    return "".join(
        (
            full.render(session).decode(),
            html.render(session),
            markdown.render(session),
            terminal.render(session),
            csv.render(session),
        )
    )


SECRETS = ("hunter22", "sesame-open", "visa-4111", "/home/someone")


def test_recorded_values_and_secrets_are_in_no_report(session):
    secret = msgspec.structs.replace(
        session,
        notes=("connecting to postgres://bob:pw@db/shop with sesame-open",),
        settings={"workload": {"env": {"TOKEN": "from-settings"}}, "api_key": "k-12345"},
    )
    text = everything(redact(secret, home="/home/someone"))
    for value in (*SECRETS, "bob:pw", "from-settings", "k-12345"):
        assert value not in text
    assert HIDDEN in text


def test_values_are_shown_to_the_one_who_asks(session):
    text = everything(session)
    for value in SECRETS:
        assert value in text


def test_figures_about_values_stay(session):
    shared = redact(session, home="/home/someone")
    assert shared.fixes[0].evidence == {
        "calls": 300, "types": {"list": 300}, "examples": HIDDEN,
    }  # fmt: skip
    assert shared.workload.env == {"API": HIDDEN}


def test_a_secret_that_reads_like_a_word_of_whet_spoils_no_report(session):
    workload = msgspec.structs.replace(session.workload, env={"MODE": "done", "ID": "opt-2026"})
    shared = redact(msgspec.structs.replace(session, workload=workload), home="/home/someone")
    assert (shared.status, shared.session_id) == ("done", session.session_id)
    full.render(shared)


@pytest.mark.parametrize(
    ("words", "redacted"),
    [
        (("--token=abc", "x"), ("--token=[redacted]", "x")),
        (("--password", "abc", "x"), ("--password", HIDDEN, "x")),
        (("API_KEY=abc",), ("API_KEY=[redacted]",)),
        (("--size=3", "key.txt"), ("--size=3", "key.txt")),
        (("--password",), ("--password",)),
    ],
)
def test_secret_words_of_a_command_line_are_taken_out(words, redacted):
    assert redact_words(words) == redacted


def test_a_home_folder_is_shortened_only_as_a_whole_name(session):
    moved = msgspec.structs.replace(session, notes=("/home/someone-else/x", "/home/someone/x"))
    assert redact(moved, home="/home/someone").notes == ("/home/someone-else/x", "~/x")


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"), ("  @SUM", "'  @SUM"), ("plain", "plain"), (None, ""), (True, "yes"),
        (False, "no"), (0.5, "0.5"), (-3, "-3"), ("\x1b[2J", "\\x1b[2J"), ("\t=1", "\\t=1"),
    ],
)  # fmt: skip
def test_a_csv_cell_is_a_number_or_harmless_text(text, cell):
    assert _inert.csv_cell(text) == cell


def test_a_long_text_is_cut_and_says_so():
    text = _inert.shortened("x" * 1000, 100)
    assert len(text) < 120
    assert "940 characters left out" in text
