"""Appends lines of JSON to a file of the process's own; nothing is imported for it.

A line is written by one `os.write` on a descriptor opened for appending, so threads need no lock
and a killed process loses at most the line it was writing. After a fork the child gets a new file.
"""

import os
import time

VERSION = 1
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_INFINITY = float("inf")
_LAST_PLAIN = 0xFFFF
_FIRST_DESCRIPTOR = 237
_EMPTY = len("{}")


def json_text(value):
    """A value of plain exact types as JSON text; anything else becomes the name of its type.

    `json` is not loaded in a bare interpreter, and the probe must not load what the program
    does not.
    """
    render = _RENDER.get(type(value))
    return _quoted("<" + type(value).__name__ + ">") if render is None else render(value)


def _object(value):
    pairs = [_quoted(str(key)) + ":" + json_text(item) for key, item in value.items()]
    return "{" + ",".join(pairs) + "}"


def _array(value):
    return "[" + ",".join([json_text(item) for item in value]) + "]"


def _quoted(text):
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return '"' + text + '"'
    return '"' + "".join([_escaped(character) for character in text]) + '"'


def _escaped(character):
    """One character of a JSON string in ASCII; a lone surrogate stays what it is."""
    known = _ESCAPES.get(character)
    if known is not None:
        return known
    if " " <= character <= "~":
        return character
    code = ord(character)
    if code <= _LAST_PLAIN:
        return "\\u%04x" % code
    code -= _LAST_PLAIN + 1
    return "\\u%04x\\u%04x" % (0xD800 + (code >> 10), 0xDC00 + (code & 0x3FF))


_RENDER = {
    type(None): lambda _value: "null",
    bool: lambda value: "true" if value else "false",
    str: _quoted,
    int: repr,
    float: lambda value: repr(value) if -_INFINITY < value < _INFINITY else "null",
    list: _array,
    tuple: _array,
    dict: _object,
    bytes: lambda value: _quoted(value.decode("utf-8", "surrogateescape")),
}


class Writer:
    """The lines of one process. Failures to write (a full disk) are counted, never raised."""

    def __init__(self, out):
        self._out = out
        self._file = (-1, 0, 0, 0)  # descriptor, process, device, inode
        self.failures = 0

    def write(self, kind, *lines):
        """Append lines of one kind at once, each with fields of plain values."""
        try:
            head = '{"v":%d,"kind":%s' % (VERSION, _quoted(kind))
            texts = [json_text(fields) for fields in lines]
            texts = [head + ("," + text[1:] if len(text) > _EMPTY else "}") for text in texts]
            data = ("\n".join(texts) + "\n").encode("ascii")
            descriptor = self._descriptor()
            while data:
                data = data[os.write(descriptor, data) :]
        except Exception:
            self.failures += len(lines)

    def _descriptor(self):
        """The descriptor, opened anew after a fork or when the program closed or reused it."""
        descriptor, pid, device, inode = self._file
        if pid == os.getpid():
            try:
                state = os.fstat(descriptor)
            except OSError:
                state = None
            if state is not None and (state.st_dev, state.st_ino) == (device, inode):
                return descriptor
        pid = os.getpid()
        path = os.path.join(self._out, "%d-%d.jsonl" % (pid, time.time_ns()))
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
        descriptor = out_of_the_way(os.open(path, flags, 0o600))
        state = os.fstat(descriptor)
        self._file = (descriptor, pid, state.st_dev, state.st_ino)
        return descriptor


def out_of_the_way(descriptor):
    """The descriptor moved out of the way of the low numbers that programs count on."""
    for number in range(_FIRST_DESCRIPTOR, _FIRST_DESCRIPTOR + 16):
        try:
            os.fstat(number)
        except OSError:
            try:
                os.dup2(descriptor, number, inheritable=False)
            except OSError:
                return descriptor
            os.close(descriptor)
            return number
    return descriptor
