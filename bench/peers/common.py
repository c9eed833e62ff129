"""One job of a Python tool, in a process of its own: read the job, do it, write down what it took.

Usage of the scripts beside this file: python3 dynamic.py job.json
A job names the model to read, the file to write, the options, calibration batches (or none) and where the result goes.
"""

import json
import sys
import time


def peak_bytes():
    """Highest resident set of this process so far, or None where the system does not say."""
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def batches_of(job):
    """The calibration batches as a list of {input name: int64 array}."""
    import numpy

    with open(job["batches"]) as file:
        batches = json.load(file)
    return [
        {name: numpy.array(value["data"], dtype=numpy.int64).reshape(value["dims"]) for name, value in batch.items()}
        for batch in batches
    ]


def run(load, work):
    """`load(job)` imports the tool and is timed apart; `work(tool, job)` reads, quantizes and writes the model."""
    with open(sys.argv[1]) as file:
        job = json.load(file)
    started = time.perf_counter()
    tool = load(job)
    loaded = time.perf_counter()
    loaded_peak = peak_bytes()
    cpu = time.process_time()
    work(tool, job)
    result = {
        "seconds": time.perf_counter() - loaded,
        "cpuSeconds": time.process_time() - cpu,
        "startSeconds": loaded - started,
        "startPeakBytes": loaded_peak,
        "peakBytes": peak_bytes(),
    }
    with open(job["result"], "w") as file:
        json.dump(result, file)
