"""What is run, a file a kind, and how: interpreter, launch, copies, meter, lines."""

from whet.workloads.capabilities import Capability, capabilities
from whet.workloads.copies import CopySet, make_copies, origin_of
from whet.workloads.discovery import discover
from whet.workloads.environment import describe_environment
from whet.workloads.interpreter import find_interpreter, inspect_interpreter
from whet.workloads.launch import Launch
from whet.workloads.lines import read_lines, shadowed
from whet.workloads.meter import Meter
from whet.workloads.probe import ProbePlan, install_probe
from whet.workloads.running import command_of, run, runs_started
from whet.workloads.target import parse_target

__all__ = [
    "Capability",
    "CopySet",
    "Launch",
    "Meter",
    "ProbePlan",
    "capabilities",
    "command_of",
    "describe_environment",
    "discover",
    "find_interpreter",
    "inspect_interpreter",
    "install_probe",
    "make_copies",
    "origin_of",
    "parse_target",
    "read_lines",
    "run",
    "runs_started",
    "shadowed",
]
