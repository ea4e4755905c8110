"""Instrument `sampler`: a CPU sampler inside the process, where py-spy may not attach.

While the program has one thread, a timer on its CPU time (`ITIMER_PROF`) interrupts it; a thread
of the sampler's own would make every fork one of a multi-threaded process. Once the program starts
threads itself, a thread of the sampler's looks at all stacks: the signal would not reach a main
thread that waits for the others. Each stack is charged with the CPU time that its thread really
used since the last sample, so waiting threads cost nothing and late samples are not lost. Samples
fall between two instructions: a line that follows a long call into C may be named instead of it,
so lines are approximate. Lines: `sample` {thread, seconds, count, frames: [[name, file, line],
...]}, outermost first, and `sampler` {samples, rate_hz, lost_s: CPU seconds of threads that ended
between two samples}.
"""

import _signal  # type: ignore[import-not-found]  # not in typeshed
import os
import sys
import time

from whet_probe._places import on_thread_start

_MOST_FRAMES = 300
_ABOVE = -1  # of an instruction without a line its offset is kept: -1, -2, ...


def start(configuration, _plan, write):
    """Sample until the process ends, `configuration["rate_hz"]` (100) times a CPU second."""
    sampler = Sampler(write, float(configuration.get("rate_hz", 100.0)))
    on_thread_start(sampler.thread_entered, sampler.thread_left)
    sys.addaudithook(sampler.audit)
    os.register_at_fork(after_in_child=sampler.forked)
    sampler.arm()
    return sampler.finish


class Sampler:
    """The stacks of one process and the CPU time charged to each."""

    def __init__(self, write, rate_hz):
        import _thread

        self._write = write
        self._rate_hz = rate_hz
        self._get_ident = _thread.get_ident
        self._native_id = getattr(_thread, "get_native_id", lambda: 0)
        self._start_thread = _thread.start_new_thread
        self._active = True
        self._clear()

    def _clear(self):
        self._main = (self._get_ident(), self._native_id())
        self._threads = {}
        self._used = {self._main[1]: time.thread_time()}
        self._stacks = {}
        self._samples = 0
        self._lost_s = 0.0
        self._watching = False

    def arm(self):
        """Set the handler and the timer."""
        _signal.signal(_signal.SIGPROF, self._sample)
        _signal.setitimer(_signal.ITIMER_PROF, 1 / self._rate_hz, 1 / self._rate_hz)

    def audit(self, event, _args):
        """A timer survives `exec`, its handler does not: the next program would be killed."""
        if event == "os.exec":
            _signal.setitimer(_signal.ITIMER_PROF, 0)

    def thread_entered(self):
        """A thread begins: note which one of the kernel's it is."""
        native = self._native_id()
        self._used[native] = 0.0
        self._threads[self._get_ident()] = native
        self._watch()

    def thread_left(self):
        """A thread ends: what it used since the last sample has no stack, and no other's."""
        native = self._threads.pop(self._get_ident(), None)
        before = self._used.pop(native, None)
        if before is not None:
            self._lost_s += max(0.0, time.thread_time() - before)

    def _watch(self):
        if not self._watching:
            self._watching = True
            self._start_thread(self._sample_threads, ())

    def _sample_threads(self):
        """In a thread of the sampler's own, while the program has threads."""
        while self._threads and self._active:
            time.sleep(1 / self._rate_hz)
            stacks = sys._current_frames()
            self._samples += 1
            for ident, native in [self._main, *list(self._threads.items())]:
                used, stack = thread_s(native), stacks.get(ident)
                if used is not None and stack is not None:
                    name = "main" if ident == self._main[0] else str(ident)
                    self._charge(name, stack, self._spent(native, used))
        self._watching = False

    def forked(self):
        """In a forked child: timers are not inherited, counts must not be."""
        self._clear()
        self.arm()

    def _sample(self, _number, frame):
        """Charge the main thread's stack with the CPU time it used since the last sample."""
        if self._threads:
            self._watch()
        if not self._watching and frame is not None:
            self._samples += 1
            self._charge("main", frame, self._spent(self._main[1], time.thread_time()))

    def _spent(self, native, used):
        """Seconds since the last sample; none of a thread that has ended since it was read.

        The entry is taken out and put back, so a thread that ends meanwhile is counted once.
        """
        before = self._used.pop(native, None)
        if before is None:
            return 0.0
        self._used[native] = max(before, used)
        return used - before

    def _charge(self, thread, frame, seconds):
        if seconds <= 0:
            return
        places = []
        while frame is not None and len(places) < _MOST_FRAMES:
            line = frame.f_lineno
            places.append((frame.f_code, _ABOVE - frame.f_lasti if line is None else line))
            frame = frame.f_back
        key = (thread, tuple(places))
        charged = self._stacks.setdefault(key, [0.0, 0])
        charged[0] += seconds
        charged[1] += 1

    def finish(self):
        """Stop the timer and write all stacks."""
        self._active = False
        _signal.setitimer(_signal.ITIMER_PROF, 0)
        _signal.signal(_signal.SIGPROF, _signal.SIG_IGN)
        own = os.path.dirname(os.path.abspath(__file__))
        fields = {"samples": self._samples, "rate_hz": self._rate_hz, "lost_s": self._lost_s}
        self._write("sampler", fields)
        for (thread, places), (seconds, count) in list(self._stacks.items()):
            frames = [
                [getattr(code, "co_qualname", code.co_name), code.co_filename, line_at(code, line)]
                for code, line in reversed(places)
                if not code.co_filename.startswith(own)
            ]
            if frames:
                fields = {"thread": thread, "seconds": seconds, "count": count, "frames": frames}
                self._write("sample", fields)


def line_at(code, line):
    """The line, or for a negative number that of the code before the offset that it stands for.

    Some jumps belong to no line. Their time, and that of the C call before them, is real.
    """
    if line >= 0:
        return line
    offset, found = _ABOVE - line, code.co_firstlineno
    for start, _, known in code.co_lines():
        if start > offset:
            break
        found = known or found
    return found


def thread_s(native):
    """CPU seconds of a thread of this process; None where /proc does not say."""
    try:
        descriptor = os.open("/proc/self/task/%d/schedstat" % native, os.O_RDONLY)
        try:
            return int(os.read(descriptor, 128).split()[0]) / 1e9
        finally:
            os.close(descriptor)
    except (OSError, ValueError, IndexError):
        return None
