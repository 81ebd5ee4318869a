#!/usr/bin/env python3
"""Times `loadproof verify` on a build that prints a log of 50 MB, beside the same build with an empty log.

usage: build_log.py BINARY [MEGABYTES]

The build command is `cat LOG` and fails. The log has commands as setuptools and torch's ninja print them, warnings of
compilers and linkers, and the error at the end; the run is refused if that error is not the cause, if reading took more
than a second of processor time (the build's and the start's excluded), or if more than 400 MB of memory were used. `replay` of the recording reads the same log again.
"""
import json
import os
import random
import resource
import subprocess
import sys
import tempfile

COMMAND = ("-DNDEBUG -O3 -Wall -fPIC -I/venv/include -I/venv/lib/python3.11/site-packages/torch/include"
           " -I/usr/include/python3.11 -c /src/unit{i}.cpp -o build/temp/unit{i}.o -std=c++17 -DTORCH_EXTENSION_NAME=_C")
KINDS = [
    (20, "  [{s}/900] c++ -MMD -MF build/temp/unit{i}.o.d " + COMMAND),
    (20, "  g++ -pthread " + COMMAND),
    (15, "  src/unit{i}.cpp:{s}:12: warning: unused variable 'error_code' [-Wunused-variable]"),
    (15, "    {s} |   int error_code = {i};"),
    (10, "  copying demo/errors/error{i}.py -> build/lib.linux-x86_64-cpython-311/demo/errors"),
    (10, "  -- Looking for pthread_create_{i} - not found"),
    (5, "  ld: warning: object file (/o/lib{s}.a(m{i}.o)) was built for newer macOS version (14.0) than being linked (11.0)"),
    (5, "  {long}"),
]
FAILURE = "  src/last.cpp:3:10: fatal error: nowhere/x.h: No such file or directory\n"


def write(path, megabytes):
    rng = random.Random(5)
    weights = [weight for weight, _ in KINDS]
    size = i = 0
    with open(path, "w", encoding="utf-8") as out:
        while size < megabytes * 1_000_000:
            i += 1
            text = rng.choices(KINDS, weights)[0][1]
            line = text.format(i=i, s=i % 900, long="x" * rng.randint(100, 3000)) + "\n"
            size += out.write(line)
        out.write(FAILURE)
    return size / 1e6, i + 1


def once(command):
    """Seconds of processor time, children included, the peak of memory in MB, and what was printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    told = child.stdout.read()
    _, _, used = os.wait4(child.pid, 0)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, used.ru_maxrss / 1024, told


def best(command, runs=5):
    ran = [once(command) for _ in range(runs)]
    return min(seconds for seconds, _, _ in ran), max(memory for _, memory, _ in ran), ran[-1][2]


def rule(told):
    return [cause["id"] for cause in json.loads(told)["causes"] if cause["severity"] == "error"]


def main():
    binary = os.path.abspath(sys.argv[1])
    megabytes = int(sys.argv[2]) if len(sys.argv) > 2 else 50
    with tempfile.TemporaryDirectory() as directory:
        log, project, facts = (os.path.join(directory, name) for name in ("build.log", "project", "facts.json"))
        os.mkdir(project)
        size, lines = write(log, megabytes)

        def verify(build):
            return [binary, "verify", project, "--no-import", "--python", sys.executable, "--build-command", build,
                    "--artifact", "*.so", "--keep", "none", "--report", "json"]
        empty, _, _ = best(verify("exit 1"))
        whole, memory, told = best(verify(f"cat {log}; exit 1"))
        subprocess.run(verify(f"cat {log}; exit 1") + ["--record", facts], capture_output=True)
        again, memory_again, told_again = best([binary, "replay", facts, "--keep", "none", "--report", "json"])
    print(f"log        {size:.0f} MB, {lines:,} lines")
    print(f"verify     {whole:5.2f} s, with an empty log {empty:.2f} s: {whole - empty:.2f} s for the log, peak {memory:.0f} MB")
    print(f"replay     {again:5.2f} s, peak {memory_again:.0f} MB")
    if rule(told) != ["header-missing"] or rule(told_again) != ["header-missing"]:
        sys.exit(f"the failure in the log was not found: {rule(told)}, {rule(told_again)}")
    if whole - empty > 1 or memory > 400:
        sys.exit("that is too slow, or too much memory")


main()
