"""Compiles named files with observation written in, whoever loads them.

Only `SourceFileLoader.get_code` is exchanged, and only for the named files: loaders, specs and
modules stay what they are, other files keep their bytecode, and of the named ones no bytecode is
read or written. `python script.py` loads its script without any loader; for it, an importer for
exactly that file stands in `sys.path_hooks`, and what the interpreter then does differently
(path, spec, traceback) is put right before the script's first line.
"""

from __future__ import annotations

import os
import sys
from importlib import _bootstrap_external as machinery

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any, Callable

    Compile = Callable[[bytes, str, str, bool], CodeType]


class Hook:
    """The exchange of `get_code` for some files.

    Args:
        files: Absolute real paths.
        compile_observed: From source bytes, path as loaded, module name, and whether it is the
            script of the command line, to code; may raise, then the file is loaded as ever.
        failed: Called with path and error when it raised.
    """

    def __init__(
        self,
        files: set[str],
        compile_observed: Compile,
        failed: Callable[[str, BaseException], None],
    ) -> None:
        self.files = files
        self.names = {os.path.basename(path) for path in files}
        self.compile_observed = compile_observed
        self.failed = failed
        self.script_taken = False

    def install(self) -> None:
        """Exchange `get_code`, and stand ready for the script of the command line."""
        original = machinery.SourceFileLoader.get_code
        hook = self

        def get_code(self: Any, fullname: str) -> CodeType | None:
            return hook.code(self, fullname) or original(self, fullname)

        get_code.__qualname__ = original.__qualname__
        machinery.SourceFileLoader.get_code = get_code  # type: ignore[method-assign] # that is the hook
        arguments = getattr(sys, "argv", [""])
        script = os.path.abspath(arguments[0]) if arguments and arguments[0] else ""
        if script and self.observes(script) and os.path.isfile(script):
            sys.path_hooks.append(self._importer(script))

    def observes(self, path: str) -> bool:
        """Whether a path is one of the files; the base name is looked at first."""
        return os.path.basename(path) in self.names and os.path.realpath(path) in self.files

    def code(self, loader: Any, fullname: str) -> CodeType | None:
        """Observed code of a module, or None where it is not one of the files."""
        path = getattr(loader, "path", None)
        if type(path) is not str or not self.observes(path):
            return None
        return self._compiled(path, fullname, is_main=False)

    def _compiled(self, path: str, fullname: str, *, is_main: bool) -> CodeType | None:
        try:
            with open(path, "rb") as file:
                source = file.read()
            return self.compile_observed(source, path, fullname, is_main)
        except Exception as error:
            self.failed(path, error)
            return None

    def _importer(self, script: str) -> Callable[[str], ScriptImporter]:
        real = os.path.realpath(script)

        def importer(entry: str) -> ScriptImporter:
            if self.script_taken or os.path.realpath(entry) != real:
                raise ImportError("not the script")
            code = self._compiled(entry, "__main__", is_main=True)
            if code is None:
                raise ImportError("the script is loaded as ever")
            self.script_taken = True
            return ScriptImporter(entry, code)

        return importer


class ScriptImporter:
    """Finds and loads `__main__` from the script of the command line, and nothing else."""

    def __init__(self, path: str, code: CodeType) -> None:
        self.path = path
        self._code = code

    def find_spec(self, fullname: str, _target: object = None) -> Any:
        """The spec of `__main__`; puts the script's folder where this importer stood."""
        if fullname != "__main__" or self.path not in sys.path:
            return None  # before 3.11, `runpy` itself is looked for here too
        sys.path_importer_cache.pop(self.path, None)
        place = sys.path.index(self.path)
        if getattr(sys.flags, "safe_path", False):
            del sys.path[place]
        else:
            sys.path[place] = os.path.dirname(os.path.realpath(self.path))
        machinery_spec: Any = type(sys.__spec__)
        spec = machinery_spec("__main__", self, origin=self.path)
        spec.has_location = True
        return spec

    def get_code(self, _fullname: str) -> CodeType:
        """The observed code of the script."""
        return self._code

    def is_package(self, _fullname: str) -> bool:
        """A script is none."""
        return False


def settle_main(namespace: dict[str, Any]) -> None:
    """Make the globals of `__main__` what they are for `python script.py`."""
    path = str(namespace.get("__file__"))
    namespace["__spec__"] = None
    namespace["__package__"] = None
    namespace["__cached__"] = None
    namespace["__loader__"] = machinery.SourceFileLoader("__main__", path)
    if "__annotations__" not in namespace and sys.version_info < (3, 14):
        namespace["__annotations__"] = {}
    _trim_tracebacks()


def _trim_tracebacks() -> None:
    """Leave the frames of `runpy` out of the traceback of an uncaught exception."""
    shown = sys.excepthook
    if shown is not sys.__excepthook__:
        return

    def excepthook(kind: Any, error: BaseException, traceback: Any) -> None:
        while traceback is not None and _is_runpy(traceback.tb_frame.f_code.co_filename):
            traceback = traceback.tb_next
        shown(kind, error.with_traceback(traceback), traceback)

    sys.excepthook = excepthook


def _is_runpy(filename: str) -> bool:
    return filename == "<frozen runpy>" or os.path.basename(filename) == "runpy.py"
