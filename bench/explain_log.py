#!/usr/bin/env python3
"""Times `loadproof explain` on a log of the usual kinds of lines, beside `grep -c` over the same file.

usage: explain_log.py BINARY [MEGABYTES]

A third of the lines has a word that could belong to a message: `error` in names of tests and files, `not found` of
configure checks, `Failed`, `Exception`, compiler warnings. In the middle stands a real failure; the run is refused if
its cause is not found, or if more than 100 MB of memory were used.
"""
import os
import random
import resource
import subprocess
import sys
import tempfile
import time

KINDS = [
    (20, "\x1b[36;1mCollecting package-{i}\x1b[0m downloading pkg-{i}-cp311-cp311-macosx_11_0_arm64.whl ({r} kB)"),
    (25, "[{s}/900] clang++ -MMD -fno-common -dynamic -DNDEBUG -O3 -Wall -arch arm64 -I/venv/include -c /src/unit{i}.cpp"
         " -o build/temp/unit{i}.o -std=c++17 -DTORCH_EXTENSION_NAME=_C"),
    (3, "-- Performing Test HAVE_ERROR_{i} - Failed"),
    (3, "-- Looking for pthread_create_{i} - not found"),
    (12, "tests/test_errors.py::test_error_{i} PASSED   [ {s}%]"),
    (6, "INFO  worker {i}: 0 errors, 0 warnings, exception handling enabled"),
    (4, "src/unit{i}.cpp:{s}:12: warning: unused variable 'error_code' [-Wunused-variable]"),
    (5, "copying demo/errors/error{i}.py -> build/lib.macosx-11.0-arm64-cpython-311/demo/errors"),
    (2, "ERROR    root:handler.py:{s} request {i} failed with Exception: timeout, could not be retried"),
    (1, "{long}"),
    (1, "{i} compiled with -Werror; terminating worker"),
    (3, "[debug] symbol table {i} verified"),
]
FAILURE = """ImportError: dlopen(/v/x/_C.so, 0x0002): Library not loaded: @rpath/libstone.dylib
  Referenced from: <no uuid> /v/x/_C.so
  Reason: no LC_RPATH's found"""


def write(path, megabytes):
    rng = random.Random(5)
    weights = [weight for weight, _ in KINDS]
    size = i = 0
    told = False
    with open(path, "wb") as out:
        while size < megabytes * 1_000_000:
            lines = []
            for _ in range(5000):
                i += 1
                text = rng.choices(KINDS, weights)[0][1]
                text = text.format(i=i, r=rng.randint(1, 900), s=i % 900, long="x" * rng.randint(100, 3000))
                lines.append(f"2026-11-01T10:00:0{i % 10}.{i % 10_000_000:07d}Z {text}\n")
            if not told and size > megabytes * 500_000:
                told = True
                lines += [f"2026-11-01T10:00:00.0000000Z {line}\n" for line in FAILURE.split("\n")]
            piece = "".join(lines).encode()
            out.write(piece)
            size += len(piece)
    return size


def best(command, runs=3):
    """The least processor time of some runs in seconds, and what was printed."""
    times = []
    for _ in range(runs):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        ran = subprocess.run(command, capture_output=True, text=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times), ran.stdout


def main():
    binary = sys.argv[1]
    megabytes = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "build.log")
        size = write(path, megabytes) / 1e6
        ours, told = best([binary, "explain", path])
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        theirs, _ = best(["grep", "-c", "dlopen", path])
    print(f"explain    {ours:6.2f} s of one core  {size / ours:6.0f} MB/s  peak {memory:.0f} MB")
    print(f"grep -c    {theirs:6.2f} s of one core  {size / theirs:6.0f} MB/s  ratio {ours / theirs:.1f}")
    if not told.startswith("library-not-found-rpath"):
        sys.exit("the failure in the log was not found")
    if memory > 100:
        sys.exit(f"{memory:.0f} MB of memory")


main()
