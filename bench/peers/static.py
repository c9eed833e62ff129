"""onnxruntime.quantization.quantize_static (QDQ) on one file with calibration batches."""

import os

from common import batches_of, run


def load(_job):
    import onnx
    from onnxruntime import quantization
    from onnxruntime.quantization import shape_inference

    return onnx, quantization, shape_inference


def products_of(onnx, path):
    """Names of the MatMuls of two computed operands: attention's QK^T and PV."""
    graph = onnx.load(path, load_external_data=False).graph
    constants = {tensor.name for tensor in graph.initializer}
    return [node.name for node in graph.node if node.op_type == "MatMul" and not constants.intersection(node.input)]


def work(tool, job):
    onnx, quantization, shape_inference = tool
    options = job["options"]
    batches = iter(batches_of(job))

    class Reader(quantization.CalibrationDataReader):
        def get_next(self):
            return next(batches, None)

    source = job["model"]
    if options.get("preprocess"):
        source = os.path.join(os.path.dirname(job["output"]), "preprocessed.onnx")
        shape_inference.quant_pre_process(job["model"], source, auto_merge=True)
    kind = {"int8": quantization.QuantType.QInt8, "uint8": quantization.QuantType.QUInt8}
    quantization.quantize_static(
        source,
        job["output"],
        Reader(),
        quant_format=quantization.QuantFormat.QDQ,
        activation_type=kind[options["activation"]],
        weight_type=kind[options["weight"]],
        per_channel=options.get("perChannel", False),
        reduce_range=options.get("reduceRange", False),
        calibrate_method=quantization.CalibrationMethod[options["method"]],
        op_types_to_quantize=options.get("operators"),
        nodes_to_exclude=products_of(onnx, source) if options.get("withoutProducts") else None,
        extra_options=dict(options.get("extra", {})),
    )
    if source != job["model"]:
        os.remove(source)


run(load, work)
