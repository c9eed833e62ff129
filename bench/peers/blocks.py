"""onnxruntime.quantization.matmul_nbits_quantizer on one file: round to nearest, k-quant, HQQ, GPTQ."""

from common import batches_of, run


def load(job):
    import onnx
    from onnxruntime.quantization import matmul_nbits_quantizer

    if job["options"]["method"] == "hqq":
        import torch  # noqa: F401  The tool imports it in the middle of its work: starting is timed apart.

    return onnx, matmul_nbits_quantizer


class Reader:
    """Calibration batches; the tool both copies and iterates it."""

    def __init__(self, batches):
        self.batches = batches

    def __iter__(self):
        return iter(self.batches)


def work(tool, job):
    onnx, nbits = tool
    options = job["options"]
    block, bits, symmetric = options["blockSize"], options["bits"], options["symmetric"]
    operators = tuple(options.get("operators", ["MatMul"]))
    level = options.get("accuracyLevel")
    algorithms = {
        "default": lambda: nbits.DefaultWeightOnlyQuantConfig(
            block_size=block, is_symmetric=symmetric, accuracy_level=level, op_types_to_quantize=operators, bits=bits
        ),
        "rtn": lambda: nbits.RTNWeightOnlyQuantConfig(op_types_to_quantize=operators),
        "k-quant": lambda: nbits.KQuantWeightOnlyQuantConfig(op_types_to_quantize=operators),
        "hqq": lambda: nbits.HQQWeightOnlyQuantConfig(block_size=block, bits=bits, op_types_to_quantize=operators),
        "gptq": lambda: nbits.GPTQWeightOnlyQuantConfig(
            calibration_data_reader=Reader(batches_of(job)),
            actorder=options.get("actOrder", False),
            op_types_to_quantize=operators,
        ),
    }
    quantizer = nbits.MatMulNBitsQuantizer(
        onnx.load(job["model"]),
        bits=bits,
        block_size=block,
        is_symmetric=symmetric,
        accuracy_level=level,
        algo_config=algorithms[options["method"]](),
    )
    quantizer.process()
    quantizer.model.save_model_to_file(job["output"], False)


run(load, work)
