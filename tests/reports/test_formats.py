"""What each format of a session's report says."""

from __future__ import annotations

import msgspec
import pytest

from whet.records import Deployment
from whet.reports import _charts, csv, html, markdown, terminal
from whet.reports._figures import amount, effect, headline, seconds


def changed(session, **changes):
    return msgspec.structs.replace(session, **changes)


def with_whole(session, **changes):
    return changed(session, whole=(msgspec.structs.replace(session.whole[0], **changes),))


def test_the_summary_begins_with_what_became_faster_and_its_interval(session):
    lines = terminal.render(session).splitlines()
    assert "CPU time 2.50\u00d7 faster (2.33\u00d7 to 2.63\u00d7, 99 % interval)" in lines[3]


def test_the_summary_names_what_was_kept_dropped_and_left_alone_with_reasons(session):
    text = terminal.render(session)
    for part in (
        "+ shop/cart.py:11  smallest without sorting",
        "x shop/cart.py:11  membership in a set",
        "results differ",
        "o shop/tax.py:5  the same call again and again",
        "hit rate 10 %: a memo would cost more than it saves",
        "imports: the run was killed",
        "execution_time_improvement: 20 % wanted, reached (60.0 %)",
        "throughput_increase: 25 % wanted, not measured",
    ):
        assert part in text


def test_the_summary_ends_with_the_next_command(session):
    text = terminal.render(session)
    assert "git apply .whet/patches/*.patch" in text.partition("Next:")[2]


@pytest.mark.parametrize(
    ("deployment", "command"),
    [
        (Deployment(fix_ids=("x1",), form="branch", target="whet/fixes"), "git log -p whet/fixes"),
        (Deployment(fix_ids=("x1",), form="in-place", target="."), "whet revert"),
        (Deployment(fix_ids=("x1",), form="patch", target="a b"), "git apply 'a b'/*.patch"),
        (Deployment(fix_ids=("x1",), form="patch", target="~/a b"), "git apply ~/'a b'/*.patch"),
        (Deployment(fix_ids=("x1",), form="patch", target="x.patch"), "git apply x.patch"),
        (
            Deployment(fix_ids=("x1",), form="patch", target="x", reverted=True),
            "whet fix --branch whet/fixes",
        ),
    ],
)
def test_the_next_command_follows_what_was_delivered(session, deployment, command):
    text = terminal.render(changed(session, deployments=(deployment,)))
    assert f"  {command}  " in text.partition("Next:")[2]


def test_an_interrupted_session_says_how_to_go_on(bare_session):
    text = terminal.render(changed(bare_session, status="interrupted"))
    assert "whet run --resume" in text
    assert "nothing has been proven yet" in text
    assert "workload failed: nothing to run" in text


def test_color_is_emphasis_only(session):
    plain = terminal.render(session)
    painted = terminal.render(session, color=True)
    assert "\x1b[" not in plain
    assert "\x1b[1m" in painted
    stripped = painted
    for code in ("1", "2", "31", "32", "33", "0"):
        stripped = stripped.replace(f"\x1b[{code}m", "")
    assert stripped == plain


def test_more_refused_findings_than_fit_are_counted(session):
    text = terminal.render(changed(session, findings=session.findings * 15))
    assert "and 3 more" in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"outcome": "undecided", "effect": 0.97}, "undecided"),
        ({"outcome": "void", "effect": None, "reason": "host not fit"}, "host not fit"),
        ({"outcome": "slower", "effect": 1.2}, "slower"),
    ],
)
def test_a_headline_never_claims_a_gain_that_was_not_decided(session, changes, words):
    text = headline(with_whole(session, **changes))
    assert words in text
    assert "faster" not in text


def test_a_session_that_kept_nothing_says_so(session):
    assert headline(changed(session, fix_verdicts=session.fix_verdicts[1:])) == (
        "No change was proven to be an improvement; the project is as it was."
    )


def test_a_fix_that_was_not_tried_is_not_called_dropped(session):
    fix = msgspec.structs.replace(
        session.fix_verdicts[1], fix_id="x9", verdicts=(), reason="no time was left"
    )
    untried = changed(session, fix_verdicts=(fix,))
    assert headline(untried).endswith("as it was. 1 possible fix was not tried.")
    for text in (terminal.render(untried), markdown.render(untried), html.render(untried)):
        assert "Tried and dropped" not in text
        assert "no time was left" in text.partition("Not tried")[2]


def test_kept_fixes_without_a_whole_verdict_are_not_added_up(session):
    assert "together were not measured" in headline(changed(session, whole=()))


def test_a_memory_session_is_judged_by_memory(session):
    smaller = msgspec.structs.replace(
        session.whole[1], outcome="smaller", effect=0.5, low=0.49, high=0.51
    )
    memory = changed(session, objective="memory", whole=(session.whole[0], smaller))
    assert headline(memory).startswith("Peak memory 2.00\u00d7 less (1.96\u00d7 to 2.04\u00d7")


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "not measured"), (0.0000123, "12.3 \u00b5s"), (0.0123, "12.3 ms"), (1.234, "1.23 s"),
     (99.96, "100 s"), (1234.5, "1234 s")],
)  # fmt: skip
def test_a_duration_has_three_digits_and_a_unit(value, text):
    assert seconds(value) == text


def test_every_metric_has_its_unit():
    assert amount("cpu_time", 0.5) == "500 ms"
    assert amount("peak_memory", 2_500_000) == "2.5 MB"
    assert amount("io_operations", 12345) == "12,345 calls"
    assert amount("io_operations", None) == "not measured"


def test_an_effect_without_bounds_shows_none(session):
    alone = msgspec.structs.replace(session.whole[0], low=None, high=None)
    assert effect(alone) == "2.50\u00d7 faster"


def test_a_page_is_offline_small_and_allows_nothing(session):
    page = html.render(session)
    assert len(page.encode()) < html.LIMIT_BYTES
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert "http://www.w3.org/2000/svg" in page
    assert page.count("http") == page.count("http://www.w3.org/2000/svg") + 1  # http-equiv


def test_a_page_shows_diff_evidence_verdict_counterexample_and_environment(session):
    page = html.render(session)
    for part in (
        '<span class="removed">-    return sorted(cart)[0]</span>',
        '<span class="added">+    return min(cart)</span>',
        "attainable at the most 66.0 %",
        "2.50\u00d7 faster",
        "shop/cart.py::find",
        "hit rate 10 %: a memo would cost more than it saves",
        "Test CPU",
        "whet compare a b -w app.py",
        "prefers-color-scheme",
        "@media print",
        "throughput_increase",
    ):
        assert part in page


@pytest.mark.parametrize("times", [40, 400])
def test_a_huge_session_still_fits_one_page_and_says_what_is_left_out(session, times):
    long_patch = "\n".join(f"+{'<x>' * 40} {number}" for number in range(3000))
    fix = msgspec.structs.replace(session.fix_verdicts[0], patch=long_patch, reason="r" * 9000)
    finding = msgspec.structs.replace(session.findings[0], message="&" * 5000)
    huge = changed(
        session, fix_verdicts=(fix,) * times, findings=(finding,) * times,
        notes=("n" * 5000,) * times,
    )  # fmt: skip
    page = html.render(huge)
    assert len(page.encode()) < html.LIMIT_BYTES
    assert "more are in the full document" in page
    assert "characters left out" in page


def test_a_page_of_a_session_without_figures_is_still_a_page(bare_session):
    page = html.render(bare_session)
    assert "nothing has been proven yet" in page
    assert "nothing to run" in page


def test_markdown_tells_the_same_story(session):
    text = markdown.render(session)
    for part in (
        "| CPU time | 600 ms | 240 ms | faster |",
        "```diff\n--- a/shop/cart.py",
        "## Tried and dropped",
        "## Found but not touched",
        "| `shop/tax.py:5` | `repeated_pure_call` | 12.0 % |",
        "## Measured on",
    ):
        assert part in text


def test_markdown_of_a_session_without_figures_holds_only_what_is_known(bare_session):
    text = markdown.render(bare_session)
    assert "##" not in text.partition("## Next")[0].replace("# whet", "")


def test_csv_has_a_row_a_metric_and_leaves_unknown_cells_empty(session):
    lines = csv.render(session).split("\r\n")
    assert lines[1].startswith("opt-20261121-101500-001,whole,,,,,cpu_time,faster,0.4,0.38,0.43")
    assert ",fix,list_membership,shop/cart.py,11,no,cpu_time,refuted,,," in lines[5]
    assert len(lines) == 7


def test_csv_keeps_a_fix_that_was_never_judged(session):
    fix = msgspec.structs.replace(session.fix_verdicts[1], verdicts=())
    lines = csv.render(changed(session, whole=(), fix_verdicts=(fix,))).split("\r\n")
    assert lines[1].endswith(",results differ")


def test_charts_of_nothing_are_empty():
    assert _charts.intervals([]) == ""
    assert _charts.bars([]) == ""
    assert _charts.bars([_charts.Bar("a", 0.0, "0", "before")]) == ""
    assert _charts.memory_line(((0.0, 1),)) == ""
    assert _charts.memory_line(((0.0, 1), (0.0, 2))) == ""


@pytest.mark.parametrize("value", [1e-9, 1e9, 1.0])
def test_any_effect_stays_on_the_axis(value):
    chart = _charts.intervals([_charts.Interval("x", value, value, value, "", "same")])
    places = [float(part.split('"')[0]) for part in chart.split('cx="')[1:]]
    assert all(250 <= place <= 660 for place in places)
