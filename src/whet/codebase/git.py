"""The git command line, hardened: it runs nothing a repository configures and never prompts."""

from __future__ import annotations

import os
import re
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from whet.errors import GitError, TargetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

OLDEST = (2, 24)  # the first with --end-of-options: names can be told from options
# Each entry closes a way in which reading a repository would run one of its programs, use the
# network or write to it. `core.fsmonitor` is executed even by `ls-files` and `diff-tree`.
HARDENED = (
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "log.showSignature=false",
    "protocol.allow=never",
    "protocol.ext.allow=never",
    "gc.auto=0",
    "maintenance.auto=false",
    "color.ui=false",
    "advice.detachedHead=false",
    "submodule.recurse=false",
)
# Git's own `rev-parse --local-env-vars` but the configuration ones: they are set inside hooks and
# would point every command at the repository whose hook runs.
_FOREIGN_REPOSITORY = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_DIR", "GIT_EXTERNAL_DIFF",
    "GIT_GRAFT_FILE", "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_SHALLOW_FILE", "GIT_TRACE", "GIT_WORK_TREE",
)  # fmt: skip
# What compares files of the work tree runs content filters on those whose time stamp changed.
_COMPARING = frozenset({"diff", "diff-files", "diff-index", "merge-tree", "status"})
_DIFFING = frozenset({"diff", "diff-files", "diff-index", "diff-tree", "log", "show"})
_STATUS_WIDTH = 3  # "XY " before the path in a porcelain status line
_CHUNK_BYTES = 1 << 16  # what a pipe holds: more is never read at once
_PROGRAM_KEYS = r"^(filter\..*\.(clean|smudge|process|required)|merge\..*\.driver)$"


class GitResult(NamedTuple):
    """What one git command answered."""

    exit_code: int
    stdout: bytes
    stderr: bytes


def git(
    repository: str | os.PathLike[str],
    *arguments: str,
    stdin: bytes = b"",
    environment: Mapping[str, str] | None = None,
) -> bytes:
    """What a git command prints, as bytes.

    Args:
        repository: A directory inside the work tree, or a bare repository.
        arguments: Subcommand and its arguments; ask for `-z` wherever names are printed.
        stdin: What the command reads.
        environment: Variables set beside the hardened ones, such as `GIT_INDEX_FILE`.

    Raises:
        GitError: Git is missing or refused; the message is git's own.
    """
    result = try_git(repository, *arguments, stdin=stdin, environment=environment)
    if result.exit_code:
        raise refusal(repository, arguments, result)
    return result.stdout


def try_git(
    repository: str | os.PathLike[str],
    *arguments: str,
    stdin: bytes = b"",
    environment: Mapping[str, str] | None = None,
) -> GitResult:
    """A git command whose failure is an answer, not an error.

    Raises:
        GitError: Git or the directory is missing.
    """
    try:
        done = subprocess.run(
            command_line((*_unfiltered(repository, arguments), *arguments)),
            cwd=repository,
            env=hardened_environment(environment),
            input=stdin,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise _cannot_start(repository, error) from error
    return GitResult(done.returncode, done.stdout, done.stderr)


def stream_git(
    repository: str | os.PathLike[str], *arguments: str, separator: bytes = b"\0"
) -> Iterator[bytes]:
    """The separated pieces of a git command's output as they appear, in bounded memory.

    Raises:
        GitError: Git is missing or refused, also after the last piece.
    """
    for chunk in git_chunks(repository, *arguments, separator=separator):
        yield from chunk.removesuffix(separator).split(separator)


def git_chunks(
    repository: str | os.PathLike[str],
    *arguments: str,
    separator: bytes = b"\0",
    stdin: bytes = b"",
    environment: Mapping[str, str] | None = None,
) -> Iterator[bytes]:
    """A git command's output in chunks that end with a separator, all but the last.

    A piece that is longer than a chunk makes its chunk longer.

    Raises:
        GitError: Git is missing or refused, also after the last chunk.
    """
    import tempfile

    with tempfile.TemporaryFile() as errors, tempfile.TemporaryFile() as asked:
        asked.write(stdin)
        asked.seek(0)
        try:
            process = subprocess.Popen(
                command_line((*_unfiltered(repository, arguments), *arguments)),
                cwd=repository,
                env=hardened_environment(environment),
                stdin=asked if stdin else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                bufsize=0,
            )
        except OSError as error:
            raise _cannot_start(repository, error) from error
        with process:
            assert process.stdout is not None  # noqa: S101 - PIPE was asked for
            finished = False
            try:
                yield from _whole(process.stdout, separator)
                finished = True
            finally:
                if not finished:
                    process.kill()
        if process.returncode:
            errors.seek(0)
            raise refusal(repository, arguments, GitResult(process.returncode, b"", errors.read()))


def _whole(stream: IO[bytes], separator: bytes) -> Iterator[bytes]:
    """What a pipe delivers, cut behind separators; a long piece is joined once, not each time."""
    begun: list[bytes] = []
    while read := stream.read(_CHUNK_BYTES):
        cut = read.rfind(separator) + len(separator)
        if cut < len(separator):
            begun.append(read)
            continue
        yield b"".join((*begun, read[:cut]))
        begun = [read[cut:]]
    if rest := b"".join(begun):
        yield rest


def command_line(arguments: Sequence[str]) -> list[str]:
    """The hardened argument list of one git command, after its own `-c NAME=VALUE` pairs."""
    at = 0
    while arguments[at] == "-c":
        at += 2
    subcommand, *rest = arguments[at:]
    options = [word for setting in HARDENED for word in ("-c", setting)]
    if subcommand in _DIFFING:
        rest = ["--no-ext-diff", "--no-textconv", *rest]
    return ["git", "--no-pager", *options, *arguments[:at], subcommand, *rest]


def hardened_environment(extra: Mapping[str, str] | None) -> dict[str, str]:
    """The environment of every git command: no prompt, no pager, no optional lock, English."""
    kept = {k: v for k, v in os.environ.items() if k not in _FOREIGN_REPOSITORY}
    return kept | {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_PAGER": "cat",
        "GIT_ASKPASS": "",
        "SSH_ASKPASS": "",
        "LC_ALL": "C",
        **(extra or {}),
    }


def refusal(
    repository: str | os.PathLike[str], arguments: Sequence[str], result: GitResult
) -> GitError:
    """The error that a failed git command becomes."""
    said = result.stderr.decode("utf-8", "replace").strip()
    subcommand = next(word for word in arguments if word != "-c" and "=" not in word)
    what = f"git {subcommand} in {os.fspath(repository)}"
    if "dubious ownership" in said:
        return GitError(
            what,
            "git refuses because the repository belongs to another user",
            f"Run whet as its owner, or trust it: git config --global --add safe.directory "
            f"{os.fspath(repository)}",
        )
    if "not a git repository" in said.lower():
        return GitError(what, "this is not a git repository", "Run `git init` or name another")
    if "lazy fetching disabled" in said or "protocol" in said or "promisor" in said:
        return GitError(
            what, "objects are missing from this partial clone", "Fetch them with git first"
        )
    lines = [line for line in said.splitlines() if not line.startswith(("hint:", "warning:"))]
    return GitError(what, (lines[0] if lines else f"ended with status {result.exit_code}"))


def _cannot_start(repository: str | os.PathLike[str], error: OSError) -> GitError:
    where = os.fspath(repository)
    if not Path(where).is_dir():
        return GitError(f"git in {where}", "there is no such directory", "Name an existing one")
    return GitError("git", f"cannot be started: {error.strerror}", "Install git")


def git_version() -> tuple[int, int]:
    """Major and minor version of the git on the path.

    Raises:
        GitError: Git is missing, too old to be asked safely, or says no version.
    """
    return _version(os.environ.get("PATH"))


@lru_cache(maxsize=8)
def _version(_path: str | None) -> tuple[int, int]:
    said = git(os.curdir, "version").decode("ascii", "replace")
    found = re.search(r"(\d+)\.(\d+)", said)
    if not found:
        raise GitError("git", f"says no version: {said.strip()!r}", "Install git")
    version = int(found[1]), int(found[2])
    if version < OLDEST:
        reason = f"{found[0]} is older than {OLDEST[0]}.{OLDEST[1]}, the first that whet can use"
        raise GitError("git", reason, "Install a newer git")
    return version


def top_level(path: str | os.PathLike[str]) -> Path | None:
    """The root of the work tree that holds a directory; None outside of any, or without git.

    Raises:
        GitError: There is a repository, but git refuses to read it.
    """
    try:
        result = try_git(path, "rev-parse", "--show-toplevel")
    except GitError:
        if not Path(path).is_dir():
            raise
        return None
    if not result.exit_code:
        return Path(os.fsdecode(result.stdout.removesuffix(b"\n")))
    said = result.stderr.lower()
    if b"not a git repository" in said or b"must be run in a work tree" in said:
        return None
    raise refusal(path, ("rev-parse",), result)


def is_bare(repository: str | os.PathLike[str]) -> bool:
    """Whether this is a repository without a work tree."""
    result = try_git(repository, "rev-parse", "--is-bare-repository")
    return not result.exit_code and result.stdout.strip() == b"true"


def is_shallow(repository: str | os.PathLike[str]) -> bool:
    """Whether history is cut off: old commits and merge bases may be missing."""
    return git(repository, "rev-parse", "--is-shallow-repository").strip() == b"true"


def head(repository: str | os.PathLike[str]) -> str | None:
    """The commit that is checked out; None in a repository without commits."""
    result = try_git(repository, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if not result.exit_code:
        return result.stdout.decode("ascii").strip()
    if result.stderr.strip():
        raise refusal(repository, ("rev-parse",), result)
    return None


def resolve(repository: str | os.PathLike[str], reference: str) -> str:
    """The commit that a name stands for.

    Raises:
        TargetError: There is no such commit; near names are offered.
    """
    if reference and not reference.startswith("-"):
        asked = f"{reference}^{{commit}}"
        result = try_git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", asked)
        if not result.exit_code:
            return result.stdout.decode("ascii").split()[-1]
        if b"dubious ownership" in result.stderr or b"not a git repository" in result.stderr:
            raise refusal(repository, ("rev-parse",), result)
    raise TargetError(
        f"git reference {reference!r} in {os.fspath(repository)}",
        "there is no such commit, branch or tag",
        _nearest(repository, reference),
    )


def _nearest(repository: str | os.PathLike[str], reference: str) -> str:
    import difflib

    close = difflib.get_close_matches(reference, branches(repository), n=1)
    return f"Did you mean {close[0]!r}?" if close else "`git branch --all` lists the branches"


def branches(repository: str | os.PathLike[str], *, remote: bool = False) -> list[str]:
    """The names of the branches, sorted; with remote ones as `origin/main` where asked."""
    namespaces = ["refs/heads", "refs/remotes"] if remote else ["refs/heads"]
    shown = git(repository, "for-each-ref", "--format=%(refname)", *namespaces)
    names = [os.fsdecode(line) for line in shown.splitlines()]
    short = [name.split("/", 2)[2] for name in names if not name.endswith("/HEAD")]
    return sorted(short)


def dirty_files(
    repository: str | os.PathLike[str], paths: Iterable[str] = (), *, untracked: bool = True
) -> list[str]:
    """The files whose content is not committed, sorted, relative to the top level.

    Args:
        repository: A directory inside the work tree.
        paths: Look at these only, relative to `repository`; all of the work tree if empty.
        untracked: Count files that git does not know yet, but does not ignore either.

    Raises:
        GitError: No repository with a work tree, or git refuses.
    """
    words = ("status", "--porcelain=v1", "-z", "--no-renames", "--ignore-submodules=dirty")
    counted = f"--untracked-files={'all' if untracked else 'no'}"
    shown = git(repository, *words, counted, "--", *(f":(literal){path}" for path in paths))
    entries = [entry for entry in shown.split(b"\0") if entry]
    return sorted({os.fsdecode(entry[_STATUS_WIDTH:]) for entry in entries})


def is_dirty(
    repository: str | os.PathLike[str], paths: Iterable[str] = (), *, untracked: bool = True
) -> bool:
    """Whether anything is not committed; the arguments are those of `dirty_files`."""
    return bool(dirty_files(repository, paths, untracked=untracked))


def foreign_programs(repository: str | os.PathLike[str]) -> list[str]:
    """The settings by which a repository's own configuration names filters and merge drivers.

    Those of the user's configuration are the user's will; those of a repository came with it.
    """
    asked = ("config", "-z", "--show-scope", "--name-only", "--get-regexp", _PROGRAM_KEYS)
    scoped = try_git(repository, *asked).stdout.split(b"\0")
    return [
        os.fsdecode(name)
        for scope, name in zip(scoped[0::2], scoped[1::2], strict=False)
        if scope in {b"local", b"worktree"}
    ]


def setting_aside(programs: Iterable[str]) -> list[str]:
    """Options that empty these settings, so that git runs nothing for them.

    Raises:
        GitError: One has a name that no option can name.
    """
    options = []
    for name in programs:
        if "=" in name:
            raise GitError(
                f"setting {name!r}", "names a program, cannot be set aside", "Remove it"
            )
        # A driver that only fails leaves a conflict: nobody knows what the real one would do.
        value = "false" if name.endswith((".required", ".driver")) else ""
        options += ["-c", f"{name}={value}"]
    return options


def _unfiltered(repository: str | os.PathLike[str], arguments: Sequence[str]) -> list[str]:
    """Options that set aside the programs that a repository names for a command that runs them."""
    if _COMPARING.isdisjoint(arguments[:1]):
        return []
    return setting_aside(foreign_programs(repository))
