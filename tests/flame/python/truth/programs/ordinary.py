"""What programs mostly are: the standard library at work, twenty calls deep, hundreds of functions of a microsecond."""
import argparse
import configparser
import decimal
import html.parser
import json
import pprint
import statistics
import sys
import textwrap
import time

DATA = {str(i): [list(range(8)), {"a": {"b": [1, 2, (3, 4)]}}] for i in range(10)}


class Page(html.parser.HTMLParser):
    def handle_starttag(self, tag, attrs):
        textwrap.fill("some words to be wrapped " * 3, 30)


def pretty():
    pprint.pformat(DATA)


def page():
    Page().feed("<a href='x'>b</a><p>" * 10)


def settings():
    parser = configparser.ConfigParser()
    parser.read_string("[a]\nb=%(c)s\nc=d\n")
    dict(parser["a"])


def options():
    parser = argparse.ArgumentParser(prog="ordinary")
    parser.add_argument("--foo", help="what it is")
    parser.parse_args(["--foo", "1"])
    parser.format_help()


def spread():
    statistics.stdev([decimal.Decimal(i) for i in range(10)])


def text():
    json.dumps(DATA, indent=1)


def deeper(depth, work):
    if depth:
        deeper(depth - 1, work)
    else:
        work()


until = None
while until is None or time.monotonic() < until:
    for work in pretty, page, settings, options, spread, text:
        deeper(8, work)
    if until is None:
        print("ready", flush=True)
        until = time.monotonic() + float(sys.argv[1])
