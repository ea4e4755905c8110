"""Whatever ends a command becomes one line and an exit code."""

import errno
import json
import os
import sys

import pytest

from whet.cli import config, main


@pytest.fixture
def ending(monkeypatch, capsys):
    """Ends `whet config` with an exception; returns the exit code and both streams."""

    def end(error, *words):
        def run(_arguments):
            raise error

        monkeypatch.setattr(config, "run", run)
        code = main(["config", *words])
        return code, *capsys.readouterr()

    return end


def test_a_full_disk_says_where_to_find_space(ending):
    code, _, err = ending(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/some/file"))
    assert code == 3
    assert err.startswith("whet: /some/file: No space left on device. Free some space")
    assert err.count("\n") == 1


@pytest.mark.parametrize("error", [PermissionError(13, "no"), RecursionError(), MemoryError()])
def test_what_the_machine_refuses_is_one_line_and_never_a_traceback(ending, error):
    code, _, err = ending(error)
    assert code == 3
    assert err.count("\n") == 1
    assert "WHET_TRACEBACK=1" in err


def test_the_traceback_is_there_for_those_who_ask(ending, monkeypatch):
    monkeypatch.setenv("WHET_TRACEBACK", "1")
    with pytest.raises(RecursionError):
        ending(RecursionError())


def test_with_json_an_error_is_a_document(ending):
    code, out, _ = ending(OSError(errno.EACCES, "no", "x"), "--json")
    assert json.loads(out)["error"]["exit_code"] == code == 3


def test_an_interruption_tells_what_is_kept(ending):
    code, _, err = ending(KeyboardInterrupt())
    assert (code, err) == (130, "whet: interrupted; `whet status` shows what is kept\n")


def test_a_reader_that_went_away_is_no_error(ending, monkeypatch, tmp_path):
    with (tmp_path / "stdout").open("w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        assert ending(BrokenPipeError())[0] == 0


def test_help_and_unknown_commands(capsys):
    for words in (["--help"], ["help"]):
        assert main(words) == 0
        assert "usage: whet COMMAND" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["help", "config"])
    assert "usage: whet config" in capsys.readouterr().out
    assert main(["confg"]) == 2
    assert "Did you mean `whet config`?" in capsys.readouterr().err
