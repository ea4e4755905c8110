"""Lets any assistant propose patches to `whet run`.

    whet run PROJECT -w WORKLOAD --candidates "python examples/candidates/assistant.py"

whet writes one JSON request a hot place to standard input. This adapter turns it into a prompt,
asks an assistant, and writes a unified diff to standard output. Assistants are poor at line
numbers, so it asks for the rewritten function as a whole and makes the diff itself.

The assistant is one of two, chosen by the environment:

    ASSISTANT_COMMAND   a program that reads the prompt on standard input and prints its answer,
                        such as a local model's command line
    ASSISTANT_URL       a chat endpoint that takes {"model", "messages"} and answers with
                        {"choices": [{"message": {"content": ...}}]}; with ASSISTANT_MODEL and,
                        where one is needed, ASSISTANT_KEY

Standard library only; whet does not depend on it. What it sends is the source of the hot function
and what was measured about it: with a remote assistant, that leaves your machine.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import shlex
import subprocess
import sys
import textwrap
import urllib.request

PROMPT = """\
Make this Python function faster. It takes {percent:.0f} % of the time of `{workload}`.
Hottest lines: {lines}.

Rules:
{rules}
- It runs on Python {python}.

What was seen of the values at this place:
{evidence}

The whole file, {file}:
```python
{text}
```

The function to rewrite:
```python
{function}
```

Answer with the rewritten function in one ```python block: the same name, the same signature, the
same decorators. If you cannot make it faster, answer with the word NOTHING.
"""

BLOCK = re.compile(r"```(?:python|py)?[ \t]*\n(.*?)^```", re.DOTALL | re.MULTILINE)


def main() -> int:
    """One request, one answer."""
    request = json.load(sys.stdin)
    answer = ask(prompt_of(request), request["constraints"]["limit_s"])
    sys.stdout.write(diff_of(request, answer))
    return 0


def prompt_of(request: dict) -> str:
    """What the assistant is asked."""
    place, source = request["place"], request["source"]
    hottest = sorted(place["line_shares"].items(), key=lambda item: -item[1])[:5]
    seen = [
        f"- line {each['line']}: {each['message']}: {json.dumps(each['evidence'])}"
        for each in request["evidence"]
    ]
    return PROMPT.format(
        percent=100 * place["total_share"],
        workload=request["profile"].get("workload", "the workload"),
        lines=", ".join(f"{line} ({100 * share:.0f} %)" for line, share in hottest) or "not known",
        rules="\n".join(f"- {rule}" for rule in request["constraints"]["rules"]),
        python=request["constraints"]["python"],
        evidence="\n".join(seen) or "- nothing",
        file=source["file"],
        text=source["text"],
        function=source["function"],
    )


def ask(prompt: str, limit_s: float) -> str:
    """The assistant's answer."""
    if command := os.environ.get("ASSISTANT_COMMAND"):
        done = subprocess.run(
            shlex.split(command), input=prompt, capture_output=True, text=True, timeout=limit_s
        )
        if done.returncode:
            raise SystemExit(done.stderr.strip() or f"{command} failed")
        return done.stdout
    if url := os.environ.get("ASSISTANT_URL"):
        messages = [{"role": "user", "content": prompt}]
        body = {"model": os.environ.get("ASSISTANT_MODEL", ""), "messages": messages}
        headers = {"Content-Type": "application/json"}
        if key := os.environ.get("ASSISTANT_KEY"):
            headers["Authorization"] = f"Bearer {key}"
        asked = urllib.request.Request(url, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(asked, timeout=limit_s) as response:
            return json.load(response)["choices"][0]["message"]["content"]
    raise SystemExit("set ASSISTANT_COMMAND or ASSISTANT_URL")


def diff_of(request: dict, answer: str) -> str:
    """The unified diff that puts the answer's function in the place of the old one."""
    found = BLOCK.search(answer)
    if found is None:
        return ""
    place, source = request["place"], request["source"]
    lines = source["text"].splitlines(keepends=True)
    first, last = place["first_line"] - 1, place["last_line"]
    head = lines[first]
    indent = head[: len(head) - len(head.lstrip())]
    function = textwrap.indent(textwrap.dedent(found.group(1)).strip("\n"), indent) + "\n"
    if "\r\n" in head:
        function = function.replace("\n", "\r\n")
    changed = [*lines[:first], *function.splitlines(keepends=True), *lines[last:]]
    file = source["file"]
    rows = difflib.unified_diff(lines, changed, f"a/{file}", f"b/{file}")
    return "".join(row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n" for row in rows)


if __name__ == "__main__":
    sys.exit(main())
