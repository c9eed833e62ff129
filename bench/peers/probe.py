"""Prints the versions of what the comparisons need as one JSON line; a package that is not there is null."""

import importlib
import json
import platform


def version_of(name):
    try:
        return importlib.import_module(name).__version__
    except ImportError:
        return None


names = ["onnxruntime", "onnx", "onnx_ir", "numpy", "torch"]
print(json.dumps({"python": platform.python_version(), **{name: version_of(name) for name in names}}))
