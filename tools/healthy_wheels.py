#!/usr/bin/env python3
"""Fetches the newest wheels of popular packages for both kinds of Mac, and says what `loadproof check` finds in them.

usage: tools/healthy_wheels.py LOADPROOF DIR [--fetch] [--python 3.13] [NAME...]

--fetch downloads with the pip of this Python what is not in DIR yet (some gigabytes). Prints a table of wheels with
errors or warnings, and a closing line; the rest of them have none. What is found must be read: a wheel that works on
its maintainer's Mac may yet need something that a clean one has not. Exit code 1 if there is an error.
"""
import argparse
import collections
import json
import pathlib
import subprocess
import sys

NAMES = """numpy scipy pandas pillow lxml cryptography pyarrow grpcio h5py opencv-python-headless scikit-learn
PySide6_Essentials PySide6_Addons shiboken6 PyQt6 PyQt6-Qt6 PyQt6-sip matplotlib contourpy kiwisolver fonttools PyYAML cffi
psutil regex tokenizers safetensors sentencepiece orjson ujson msgpack lz4 zstandard brotli aiohttp frozenlist multidict
yarl propcache greenlet gevent uvloop httptools websockets markupsafe protobuf pydantic_core rpds-py duckdb shapely pyproj
rasterio fiona pyogrio numba llvmlite numexpr tables netcdf4 cftime scikit-image statsmodels xgboost lightgbm onnx
onnxruntime torch torchvision torchaudio mlx mlx-metal spacy thinc psycopg2-binary asyncpg bcrypt pynacl cmake ninja ruff
uv mypy coverage sqlalchemy lupa simplejson hiredis pyzmq debugpy watchfiles pycryptodome ml_dtypes tensorstore imagecodecs
av pymupdf pikepdf rapidfuzz faiss-cpu cvxopt osqp highspy ortools wrapt cython memray tiktoken pygame soundfile soxr
numcodecs blosc2 dm-tree optree catboost time-machine rtree pygit2 lief z3-solver nh3 jiter hf-xet apsw lmdb""".split()
ARCHS = ("arm64", "x86_64")


def fetch(name, arch, python, directory):
    """pip adds the older systems itself."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check"]
    command += ["--only-binary", ":all:", "--implementation", "cp", "--python-version", python]
    command += ["--abi", "cp" + python.replace(".", ""), "--abi", "abi3", "--abi", "none"]
    command += ["--platform", f"macosx_26_0_{arch}", "--platform", "macosx_26_0_universal2"]
    subprocess.run([*command, "--dest", str(directory / arch), name], stderr=subprocess.DEVNULL)


def check(binary, wheel):
    """The verdicts, and the findings as (severity, id) -> messages."""
    ran = subprocess.run([binary, "check", wheel, "--report", "json", "--quiet"], capture_output=True, text=True)
    if ran.returncode not in (0, 1):
        # No native file is no finding.
        return {}, {} if ran.returncode == 3 else {("error", "did not run"): [ran.stderr.strip()]}
    report = json.loads(ran.stdout)
    verdicts, causes = collections.Counter(), list(report["wheels"][0]["causes"])
    for target in report["targets"]:
        for module in target["modules"]:
            verdicts[module["verdict"]] += 1
            causes += module["causes"]
    found = {}
    for cause in causes:
        messages = found.setdefault((cause["severity"], cause["id"]), [])
        if cause["message"] not in messages:
            messages.append(cause["message"])
    return verdicts, found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--fetch", action="store_true")
    parser.add_argument("--python", default="3.13")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    if args.fetch:
        for name in args.names or NAMES:
            for arch in ARCHS:
                fetch(name, arch, args.python, args.directory)
    wheels = sorted(wheel for arch in ARCHS for wheel in (args.directory / arch).glob("*.whl"))
    totals, clean, errors = collections.Counter(), 0, 0
    print("| wheel | severity | finding |\n|---|---|---|")
    for wheel in wheels:
        verdicts, found = check(args.binary, str(wheel))
        totals.update(verdicts)
        shown = {key: messages for key, messages in found.items() if key[0] != "note"}
        clean += not shown
        errors += any(severity == "error" for severity, _ in shown)
        for (severity, cause), messages in sorted(shown.items()):
            more = f" (and {len(messages) - 1} like it)" if len(messages) > 1 else ""
            print(f"| {wheel.name} | {severity} | `{cause}`: {messages[0]}{more} |", flush=True)
    told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(totals.items()))
    print(f"{len(wheels)} wheels: {clean} without error or warning, {errors} with errors; files on targets: {told}")
    return int(errors > 0)


if __name__ == "__main__":
    sys.exit(main())
