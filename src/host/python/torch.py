"""Imports torch and prints what only the import tells, as one tagged JSON line."""
import json
import sys
import traceback

TAG = "loadproof-torch:"
# images() comes from images.py, which is put in front of this script.


def main():
    try:
        import torch
    except BaseException as error:  # an import may raise anything, SystemExit included
        traceback.print_exc()
        return {"failed": {"why": f"{type(error).__name__}: {error}", "output": ""}}
    abi = getattr(getattr(torch, "_C", None), "_GLIBCXX_USE_CXX11_ABI", None)
    try:
        config = torch.__config__.show()
    except Exception as error:
        config = f"not told: {error}"
    return {"imported": {"version": str(torch.__version__), "cxx11_abi": abi if abi is None else bool(abi),
                         "config": config, "images": images()}}


print(TAG + json.dumps(main()), flush=True)
sys.stdout.flush()
