"""Work of known shares in native modules: module_shares.py KIND ROUNDS [TIMES...].
KIND is one of JOBS below. Its jobs take turns,
some milliseconds each; at the end each one's share of the thread's CPU time is printed as JSON, with the
times that each job was done in a turn, which the same work can be asked for by."""

import json
import sys
import time

ONCE = 0.003  # seconds that a job's turn takes


def cython():
    import cython_module
    mixer = cython_module.Mixer()
    return {"stir": lambda: mixer.stir(100000), "fold": lambda: mixer.fold(100000), "spread": lambda: cython_module.spread(100000)}


def templates():
    import templates_module
    return {"turn": lambda: templates_module.turn(100000), "sort": lambda: templates_module.sort(4000)}


def numpy():
    import numpy
    values = numpy.random.default_rng(1).random(20000)
    square, out, result = values[:14400].reshape(120, 120), numpy.empty_like(values), numpy.empty((120, 120))
    return {  # each on a line of its own, which tells them apart
        "matmul": lambda: numpy.matmul(square, square, out=result),
        "sort": lambda: numpy.sort(values),
        "ufunc": lambda: numpy.exp(values, out=out),
    }


JOBS = {"cython": cython, "templates": templates, "numpy": numpy}


def main(kind, rounds, given):
    jobs = JOBS[kind]()
    times, used = {}, dict.fromkeys(jobs, 0.0)
    for name, job in jobs.items():
        job()
        before = time.thread_time()
        for _ in range(5):
            job()
        times[name] = max(1, round(ONCE / max((time.thread_time() - before) / 5, 1e-6)))
    times = dict(zip(jobs, given)) or times
    before = time.thread_time()
    for _ in range(rounds):
        for name, job in jobs.items():
            for _ in range(times[name]):
                job()
            now = time.thread_time()
            used[name] += now - before
            before = now
    print(json.dumps({"shares": {name: seconds / sum(used.values()) for name, seconds in used.items()},
                      "times": list(times.values())}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), list(map(int, sys.argv[3:])))
