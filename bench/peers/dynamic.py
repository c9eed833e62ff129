"""onnxruntime.quantization.quantize_dynamic on one file."""

import os

from common import run


def load(_job):
    from onnxruntime import quantization
    from onnxruntime.quantization import shape_inference

    return quantization, shape_inference


def work(tool, job):
    quantization, shape_inference = tool
    options = job["options"]
    source = job["model"]
    if options.get("preprocess"):
        source = os.path.join(os.path.dirname(job["output"]), "preprocessed.onnx")
        # Without auto_merge it stops at the dimensions of an exported BERT.
        shape_inference.quant_pre_process(job["model"], source, auto_merge=True)
    quantization.quantize_dynamic(
        source,
        job["output"],
        weight_type=quantization.QuantType.QUInt8 if options["weight"] == "uint8" else quantization.QuantType.QInt8,
        per_channel=options.get("perChannel", False),
        reduce_range=options.get("reduceRange", False),
    )
    if source != job["model"]:
        os.remove(source)


run(load, work)
