#!/usr/bin/env python3
"""mdscale on several processes of this machine, started by mpirun.

    ranks.py MPIRUN MDSCALE DATA
"""
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MPIRUN, PROGRAM, DATA = sys.argv[1], sys.argv[2], Path(sys.argv[3])
ENVIRONMENT = {
    **os.environ,
    "OMPI_MCA_btl_tcp_if_include": "lo",
    "OMPI_MCA_oob_tcp_if_include": "lo",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0",  # Open MPI frees not all that is its own
}
DIGITS = [str(DATA / "digits.csv"), "--labels", "digit"]


def ranks(count, *words, program=PROGRAM):
    return [MPIRUN, "-n", str(count), program, "fit", *map(str, words)]


def run(words, folder):
    return subprocess.run(words, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=240)


def alone(folder, *words):
    subprocess.run([PROGRAM, "fit", *map(str, words), "-q"], cwd=folder, check=True)


def expect(condition, what):
    if not condition:
        sys.exit(f"ranks.py: {what}")


def same_bits(folder):
    """The same map at 1, 2, 3 and 8 ranks, and nothing is written but that."""
    for method in (["--rows", "500"], ["--rows", "300", "--method", "smacof", "--level", "interval", "--max-iter", "30"]):
        alone(folder, *DIGITS, *method, "-o", "alone.npy")
        for count, threads in ((1, 2), (2, 1), (3, 2), (8, 1)):
            done = run(ranks(count, *DIGITS, *method, "--threads", threads, "-o", "map.npy"), folder)
            expect(done.returncode == 0, f"{count} ranks: {done.stderr}")
            expect(done.stdout.count("stress-1") == 1, f"{count} ranks: not one summary: {done.stdout}")
            expect(sorted(os.listdir(folder)) == ["alone.npy", "map.npy"], f"{count} ranks left {os.listdir(folder)}")
            expect((folder / "alone.npy").read_bytes() == (folder / "map.npy").read_bytes(), f"{count} ranks: another map")
            os.unlink(folder / "map.npy")


def rows(folder):
    """More objects than a matrix is made of: samples, all pairs and the stress are shared, and compared the same way."""
    chance = random.Random(5)
    table, other = folder / "rows.csv", folder / "other.csv"
    lines = [",".join(f"{chance.gauss(row % 3 * (column % 2), 1):.3f}" for column in range(4)) for row in range(10100)]
    table.write_text("\n".join(lines) + "\n")
    other.write_text("\n".join([lines[0] + "1", *lines[1:]]) + "\n")
    for words in (["--max-iter", "30"], ["--method", "smacof", "--init", "random", "--max-iter", "4"]):
        alone(folder, table, *words, "-o", "alone.npy")
        for count, threads in ((2, 1), (3, 2), (8, 1)):
            done = run(ranks(count, table, *words, "--threads", threads, "-q", "-o", "map.npy"), folder)
            expect(done.returncode == 0, f"{count} ranks: {done.stderr}")
            expect((folder / "alone.npy").read_bytes() == (folder / "map.npy").read_bytes(), f"{count} ranks: another map")
            os.unlink(folder / "map.npy")
    first = [MPIRUN, "-n", "1", PROGRAM, "fit", str(table), "-q", ":", "-n", "1", PROGRAM, "fit", "-q"]
    for words, message in (
        ([str(other)], "rank 1: started with other data or options than rank 0: its features differ"),
        ([str(table), "--metric", "manhattan"], "its metric is euclidean, here it is manhattan"),
    ):
        done = run([*first, *words], folder)
        expect(done.returncode != 0 and message in done.stderr, f"not '{message}', but:\n{done.stderr}")


def idle(folder):
    """More ranks than a pass has parts are told that they wait."""
    done = run(ranks(17, *DIGITS, "--rows", "300", "--method", "smacof", "--max-iter", "3", "--threads", "1"), folder)
    expect(done.returncode == 0, done.stderr)
    message = "a pass over all pairs of so few objects is shared by 16 processes at most; the others of these 17 wait for them"
    expect(done.stderr.count(message) == 1, f"not '{message}' once, but:\n{done.stderr}")


def one_message(folder):
    """What is wrong on one rank ends all, and is said once."""
    mixed = [MPIRUN, "-n", "2", PROGRAM, "fit", *DIGITS, "--rows", "50", "-q", ":", "-n", "1", PROGRAM, "fit"]
    (folder / "small.csv").write_text("0,1,2\n1,0,1\n2,1,0\n")
    for words, message in (
        (ranks(3, "missing.csv"), "mdscale fit: cannot open missing.csv: No such file or directory"),
        ([*mixed, "missing.csv"], "rank 2: mdscale fit: cannot open missing.csv: No such file or directory"),
        ([*mixed, *DIGITS, "--rows", "50", "--seed", "7"], "rank 2: started with other data or options than rank 0: its seed is 42, here it is 7"),
        ([*mixed, *DIGITS, "--rows", "51"], "its number of objects is 50, here it is 51"),
        ([*mixed, *DIGITS, "--rows", "50", "--metric", "manhattan"], "its dissimilarities differ"),
        (ranks(4, "small.csv"), "4 ranks are more than there are objects, 3: start fewer"),
        (ranks(2, "-"), "standard input reaches one process alone"),
        (ranks(2, "small.csv", "--frobnicate"), "there is no option --frobnicate"),
        (ranks(2, "small.csv", "-o", "missing/map.csv"), "cannot write missing/map.csv"),
    ):
        done = run(words, folder)
        expect(done.returncode != 0, f"{words} ended well")
        lines = [line for line in done.stderr.splitlines() if "mdscale fit:" in line]
        expect(len(lines) == 1 and message in lines[0], f"not '{message}' once, but:\n{done.stderr}")
    done = run([MPIRUN, "-n", "2", PROGRAM, "stress", "small.csv", "small.csv"], folder)
    expect("only mdscale fit runs on several processes" in done.stderr, done.stderr)
    os.unlink(folder / "small.csv")


def without_mpi(folder):
    """A program that cannot find the library for MPI says so, once."""
    lonely = folder / "bin" / "mdscale"
    lonely.parent.mkdir()
    shutil.copy(PROGRAM, lonely)
    done = run(ranks(3, *DIGITS, program=str(lonely)), folder)
    expect(done.returncode != 0 and done.stderr.count("mdscale: 3 of this were started, by mpirun") == 1, done.stderr)
    shutil.rmtree(lonely.parent)


def children(of):
    """The processes that `of` has started, and theirs."""
    found = []
    for task in Path(f"/proc/{of}/task").glob("*/children"):
        for child in task.read_text().split():
            found += [int(child), *children(int(child))]
    return found


def runs(pid):
    """Whether there is such a process that is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def killed(folder):
    """A rank that is killed ends all; the fit goes on from its checkpoint, at another number of ranks."""
    words = [*DIGITS, "--rows", "600", "-q", "--method", "smacof", "--init", "random", "--tolerance", "1e-13"]
    words += ["--max-iter", "100000"]
    alone(folder, *words, "-o", "alone.npy")
    started = subprocess.Popen(
        ranks(3, *words, "--checkpoint", "fit.ck", "--every", "0.01s", "-o", "map.npy"),
        cwd=folder, env=ENVIRONMENT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    while not (folder / "fit.ck").exists() and started.poll() is None:
        time.sleep(0.002)
    processes = [pid for pid in children(started.pid) if Path(f"/proc/{pid}/exe").resolve() == Path(PROGRAM).resolve()]
    if len(processes) == 3:
        # While one of them is stopped, the others cannot end the fit: they wait for its part of the next pass.
        with contextlib.suppress(ProcessLookupError):
            os.kill(processes[-1], signal.SIGSTOP)
        time.sleep(0.2)
        over = (folder / "map.npy").exists()
        with contextlib.suppress(ProcessLookupError):
            os.kill(processes[-1], signal.SIGKILL)
        started.communicate(timeout=120)
        expect(over or started.returncode != 0, "a killed rank was not noticed")
        expect(over or not (folder / "map.npy").exists(), "a map was written though a rank was killed")
        if over:
            print("the map was written before a rank was killed")
    else:
        started.communicate(timeout=240)
        print("the fit had ended when a rank was to be killed")
    for _ in range(100):
        if not any(runs(pid) for pid in processes):
            break
        time.sleep(0.1)
    else:
        expect(False, "a rank has outlived the others")
    done = run(ranks(2, *words, "--resume", "fit.ck", "-o", "map.npy"), folder)
    expect(done.returncode == 0, done.stderr)
    expect((folder / "alone.npy").read_bytes() == (folder / "map.npy").read_bytes(), "the resumed map is another")


def main():
    for test in (killed, same_bits, rows, idle, one_message, without_mpi):
        with tempfile.TemporaryDirectory() as folder:
            begun = time.monotonic()
            test(Path(folder))
            print(f"{test.__name__}: {time.monotonic() - begun:.1f} s", flush=True)


main()
