"""Completion for bash, zsh or fish, made from the commands themselves.

Examples:
  eval "$(whet completion bash)"
  whet completion fish > ~/.config/fish/completions/whet.fish
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

SUMMARY = "prints a completion script for a shell"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `whet completion`."""
    parser.add_argument("shell", choices=("bash", "zsh", "fish"))


def run(arguments: argparse.Namespace) -> int:
    """Print the script."""
    options = _options()
    script = {"bash": _bash, "zsh": _zsh, "fish": _fish}[arguments.shell]
    print(script(options))
    return 0


def _options() -> dict[str, list[str]]:
    """The options of every command."""
    from whet.cli import command_names
    from whet.cli._front import build_parser

    found = {}
    for name in command_names():
        parser = build_parser(name, import_module(f"whet.cli.{name}"))
        words = [w for action in parser._actions for w in action.option_strings]  # noqa: SLF001 - argparse has no public list of options
        found[name] = sorted(word for word in words if word.startswith("--"))
    return found


def _cases(options: dict[str, list[str]]) -> str:
    return "\n".join(
        f'    {name}) words="{" ".join(words)}" ;;' for name, words in options.items()
    )


def _bash(options: dict[str, list[str]]) -> str:
    return f"""_whet() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" words
  if [ "$COMP_CWORD" -eq 1 ]; then words="{" ".join(options)} --help --version"; else
  case "${{COMP_WORDS[1]}}" in
{_cases(options)}
    *) words="" ;;
  esac; fi
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
    *) if [ "$COMP_CWORD" -eq 1 ]; then COMPREPLY=($(compgen -W "$words" -- "$word"))
       else COMPREPLY=($(compgen -f -- "$word")); fi ;;
  esac
}}
complete -o filenames -F _whet whet"""


def _zsh(options: dict[str, list[str]]) -> str:
    return f"""#compdef whet
_whet() {{
  local -a line=("${{words[@]}}")
  local words
  if (( CURRENT == 2 )); then compadd {" ".join(options)} -- --help --version; return; fi
  case "${{line[2]}}" in
{_cases(options)}
  esac
  [[ "$PREFIX" == -* ]] && compadd -- ${{=words}} || _files
}}
compdef _whet whet"""


def _fish(options: dict[str, list[str]]) -> str:
    rows = []
    for name, words in options.items():
        summary = import_module(f"whet.cli.{name}").SUMMARY.replace("'", "")
        rows.append(f"complete -c whet -f -n __fish_use_subcommand -a {name} -d '{summary}'")
        rows += [
            f"complete -c whet -n '__fish_seen_subcommand_from {name}' -l {word[2:]}"
            for word in words
        ]
    return "\n".join(rows)
