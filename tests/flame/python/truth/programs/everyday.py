"""Programs of the kinds that people have, each for so many seconds.

    server   a web server, whose clients are threads of the same process; each request has a thread of its own
    table    rows are read as text, grouped, sorted and written, as with tables of data
    parser   a recursive parser and evaluator of expressions
    numbers  loops of arithmetic over lists, as numerical code without NumPy is
    pool     sixty threads of a pool with short tasks

Before it is watched the program traces itself, so it knows from which line each of its functions is called.

    everyday.py SECONDS KIND
"""
import concurrent.futures
import csv
import http.client
import http.server
import io
import json
import sys
import threading
import time


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = ("<p>" + self.path.upper() + "</p>").encode() * 20
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def server(go_on):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as web:
        web.daemon_threads = True
        threading.Thread(target=web.serve_forever, args=(0.05,), daemon=True).start()
        while go_on():
            connection = http.client.HTTPConnection(*web.server_address)
            connection.request("GET", "/page")
            connection.getresponse().read()
            connection.close()
        web.shutdown()


ROWS = "\n".join("{},{},{}".format(i % 17, "name%d" % (i % 5), i * 0.5) for i in range(400))


def group(rows):
    groups = {}
    for row in rows:
        groups.setdefault((row["key"], row["name"]), []).append(float(row["value"]))
    return groups


def summary(groups):
    return sorted(((key, sum(values) / len(values), max(values)) for key, values in groups.items()),
                  key=lambda row: -row[1])


def table(go_on):
    while go_on():
        rows = list(csv.DictReader(io.StringIO("key,name,value\n" + ROWS)))
        csv.writer(io.StringIO()).writerows(summary(group(rows)))


class Parser:
    def __init__(self, text):
        self.text, self.at = text, 0

    def peek(self):
        return self.text[self.at] if self.at < len(self.text) else ""

    def binary(self, below, operations):
        value = below()
        while self.peek() in operations and self.peek():
            operation = operations[self.peek()]
            self.at += 1
            value = operation(value, below())
        return value

    def total(self):
        return self.binary(self.product, {"+": lambda a, b: a + b, "-": lambda a, b: a - b})

    def product(self):
        return self.binary(self.atom, {"*": lambda a, b: a * b % 9973})

    def atom(self):
        if self.peek() == "(":
            self.at += 1
            value = self.total()
            self.at += 1
            return value
        start = self.at
        while self.peek().isdigit():
            self.at += 1
        return int(self.text[start:self.at])


def nested(depth):
    return "1" if depth == 0 else "({}+{}*2)".format(nested(depth - 1), depth)


def parser(go_on):
    text = "+".join([nested(12), "2*3-4*(5+6)"] * 3)
    while go_on():
        Parser(text).total()


def smooth(values):
    return [(a + 2 * b + c) / 4 for a, b, c in zip(values, values[1:], values[2:])]


def matrix_product(left, right):
    return [[sum(a * b for a, b in zip(row, column)) for column in zip(*right)] for row in left]


def sieve(limit):
    flags = [True] * limit
    for i in range(2, int(limit ** 0.5) + 1):
        if flags[i]:
            for j in range(i * i, limit, i):
                flags[j] = False
    return flags


def numbers(go_on):
    square = [[float(i * j % 7) for i in range(12)] for j in range(12)]
    while go_on():
        smooth([float(i % 13) for i in range(2000)])
        matrix_product(square, square)
        sieve(4000)


def task(n):
    total = sum(i * i for i in range(50))
    time.sleep(0.0005 * (n % 3))
    return total


def pool(go_on):
    with concurrent.futures.ThreadPoolExecutor(60) as executor:
        while go_on():
            list(executor.map(task, range(240)))


called = set()


def trace(frame, event, _):
    """Who was called here, and from which line: of the functions in this file alone."""
    caller = frame.f_back
    if until is not None:
        sys.settrace(None)  # a thread of the pool's, which lives on
    elif event == "call" and caller and caller.f_code.co_filename == frame.f_code.co_filename == __file__:
        called.add((caller.f_code.co_name, caller.f_lineno, frame.f_code.co_name))


rounds = [True, True, True]  # traced
until = None


def go_on():
    global until
    if rounds:
        return rounds.pop()
    if until is None:
        sys.settrace(None)
        threading.settrace(None)
        print(json.dumps(sorted(called)), flush=True)
        until = time.monotonic() + float(sys.argv[1])
    return time.monotonic() < until


threading.settrace(trace)
sys.settrace(trace)


{"server": server, "table": table, "parser": parser, "numbers": numbers, "pool": pool}[sys.argv[2]](go_on)
