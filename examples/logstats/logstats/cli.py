"""The command line: `python -m logstats report access.log`."""

import argparse
import sys

from logstats import delivery
from logstats.config import load_config
from logstats.reader import read_requests
from logstats.report import build_report, render_text


def main(argv=None):
    args = parse_args(argv)
    config = load_config(args.config)
    requests, skipped = read_requests(args.logs)
    if not requests:
        print("no requests found", file=sys.stderr)
        return 1
    report = build_report(requests, skipped, config)
    if args.command == "report":
        sys.stdout.write(render_text(report))
    elif args.command == "store":
        delivery.store_report(report, args.database)
    elif args.command == "serve":
        delivery.text_server(render_text(report), args.port).serve_forever()
    return 0


def parse_args(argv):
    parser = argparse.ArgumentParser(prog="logstats", description="Web access log statistics")
    commands = parser.add_subparsers(dest="command", required=True)
    add_command(commands, "report", "print the report")
    store = add_command(commands, "store", "add the figures to a SQLite database")
    store.add_argument("--database", default="logstats.db")
    serve = add_command(commands, "serve", "show the report on a local port")
    serve.add_argument("--port", type=int, default=8090)
    return parser.parse_args(argv)


def add_command(commands, name, text):
    command = commands.add_parser(name, help=text)
    command.add_argument("logs", nargs="+", help="access logs in combined format, also .gz")
    command.add_argument("--config", help="settings file (key = value)")
    return command
