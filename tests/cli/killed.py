#!/usr/bin/env python3
"""Kill fits at random moments (SIGKILL) and let them go on.

    killed.py MDSCALE DATA COUNT

COUNT fits, the methods in turn, each killed at a moment of its own and resumed; killed and resumed once more where there
is time. The map must be that of the fit that nobody killed, bit by bit. A fit that had not begun, or had ended, when it was
to be killed proves nothing, and is counted.
"""
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

METHODS = [
    ["--method", "smacof", "--init", "random", "--tolerance", "1e-10"],
    ["--method", "auto", "--effort", "high"],
    ["--method", "lbfgs", "--starts", "8"],
    ["--method", "sgd", "--max-iter", "400"],
    ["--method", "pattern", "--loss", "absolute"],
    ["--method", "smacof", "--level", "ordinal", "--max-iter", "60"],
]
# More objects than a matrix is made of: rows of features.
ROWS = [["--max-iter", "40"], ["--method", "sgd", "--max-iter", "60"], ["--method", "lbfgs", "--init", "random", "--max-iter", "8"]]


def write_rows(path, count, chance):
    with open(path, "w") as file:
        for _ in range(count):
            centre = chance.randrange(4)
            print(*(f"{chance.gauss(centre * (column % 2), 1):.4f}" for column in range(4)), sep=",", file=file)


def main() -> int:
    program, data, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    proved = 0
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        rows = home / "rows.csv"
        write_rows(rows, 10100, chance)
        for number in range(count):
            words = (METHODS + ROWS)[number % len(METHODS + ROWS)]
            digits = [str(data / "digits.csv"), "--labels", "digit", "--rows", "600"]
            fit = [program, "fit", *([str(rows)] if words in ROWS else digits), "-q", *words]
            whole, resumed, checkpoint = home / "whole.npy", home / "resumed.npy", home / "fit.ck"
            begun = time.monotonic()
            subprocess.run([*fit, "-o", whole], check=True)
            length = time.monotonic() - begun
            checkpoint.unlink(missing_ok=True)
            resume = []
            for _ in range(2):
                killed = subprocess.Popen([*fit, *resume, "--checkpoint", checkpoint, "--every", "0.002s", "-o", resumed])
                time.sleep(chance.uniform(0, length))
                ended = killed.poll() is not None
                killed.kill()
                killed.wait()
                if not checkpoint.exists():
                    break
                resume = ["--resume", checkpoint]
                proved += not ended
            resumed.unlink(missing_ok=True)
            subprocess.run([*fit, *resume, "--threads", str(1 + number % 3), "-o", resumed], check=True)
            if whole.read_bytes() != resumed.read_bytes():
                print(f"fit {number} ({' '.join(fit[2:])}) ended with another map")
                return 1
            left = [path.name for path in home.iterdir() if path not in (rows, whole, resumed, checkpoint)]
            if left:
                print(f"fit {number} left {left}")
                return 1
    print(f"{proved} of {2 * count} kills came while a fit was under way and had a checkpoint")
    return 0 if proved >= count / 3 else 1


if __name__ == "__main__":
    sys.exit(main())
