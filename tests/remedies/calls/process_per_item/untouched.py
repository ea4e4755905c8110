"""Near misses."""

import os
import subprocess


def unknown(paths):
    for path in paths:
        subprocess.run(["convert", path], check=True)


def looked_at(paths):
    for path in paths:
        done = subprocess.run(["touch", path], check=False)
        print(done.returncode)


def in_the_middle(paths):
    for path in paths:
        subprocess.run(["cp", path, "backup"], check=True)


def other_option(paths):
    for path in paths:
        subprocess.run(["git", "add", "-p", path], check=True)


def mode_of_each(paths):
    for path in paths:
        subprocess.run(["chmod", path], check=True)


def own_folder(paths):
    for path in paths:
        subprocess.run(["touch", path], check=True, cwd=os.path.dirname(path))


def with_time_out(paths):
    for path in paths:
        subprocess.run(["touch", path], check=True, timeout=3)


def used_after(paths):
    for path in paths:
        subprocess.run(["touch", path], check=True)
    return path


def more(paths):
    for path in paths:
        print(path)
        subprocess.run(["touch", path], check=True)


def by_shell(paths):
    for path in paths:
        subprocess.run("touch " + path, shell=True, check=True)


def computed(paths):
    for path in sorted(paths):
        subprocess.run(["touch", path], check=True)


def named(paths, program):
    for path in paths:
        subprocess.run([program, path], check=True)


def same_for_all(paths, mode):
    for path in paths:
        subprocess.run(["chmod", mode, path], check=True)


PATHS = ["a", "b"]


def of_the_module():
    for path in PATHS:
        subprocess.run(["touch", path], check=True)
