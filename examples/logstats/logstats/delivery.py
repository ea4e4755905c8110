"""Ways for a report to leave the terminal: a database, a web page."""

import json
import sqlite3
from http.server import BaseHTTPRequestHandler, HTTPServer
from xml.sax.saxutils import escape


def store_report(report, path):
    """Adds one row to the table of reports."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS reports (first INTEGER, last INTEGER, figures TEXT)"
        )
        summary = report["summary"]
        connection.execute(
            "INSERT INTO reports VALUES (?, ?, ?)",
            (summary["first"], summary["last"], json.dumps(report, sort_keys=True)),
        )
    connection.close()


def text_server(text, port):
    """A server, on this machine only, of one page that shows a text."""
    page = f"<!DOCTYPE html><title>logstats</title><pre>{escape(text)}</pre>".encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *args):
            pass

    return HTTPServer(("127.0.0.1", port), Handler)
