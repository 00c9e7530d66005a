"""onnxruntime on the workloads of gradus-bench that only go forward, a line of JSON each."""
import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from common import FIRST, Start, arguments, cycle, measure


def model(w, start):
    """Channels first, as its kernels want it."""
    nodes, held, now, shape = [], [], "x", w.inputs
    def add(kind, extra=(), **attributes):
        nonlocal now
        nodes.append(helper.make_node(kind, [now, *extra], [f"t{len(nodes)}"], **attributes))
        now = f"t{len(nodes) - 1}"
    def hold(array):
        held.append(numpy_helper.from_array(np.ascontiguousarray(array), f"w{len(held)}"))
        return held[-1].name
    for number, layer in enumerate(w.layers, 1):
        own = start.of(number, layer)
        if layer["kind"] == "conv":
            kernel = layer["kernel"]
            pads = [(k - 1) // 2 for k in kernel] * 2
            names = [hold(own["weight"].transpose(3, 2, 0, 1)), hold(own["bias"])]
            add("Conv", names, kernel_shape=kernel, pads=pads)
            shape = (*shape[:2], layer["size"])
        elif layer["kind"] == "dense":
            matrix = own["weight"]
            if len(shape) == 3:
                add("Flatten")
                matrix = matrix.reshape(*shape, -1).transpose(2, 0, 1, 3).reshape(len(matrix), -1)
            add("Gemm", [hold(matrix), hold(own["bias"])])
            shape = (layer["size"],)
        elif layer["kind"] == "pool":
            add("MaxPool", kernel_shape=[layer["size"]] * 2, strides=[layer["size"]] * 2)
            shape = (shape[0] // layer["size"], shape[1] // layer["size"], shape[2])
        else:
            raise NotImplementedError(layer["kind"])
        if layer["function"] == "relu":
            add("Relu")
    first = [w.batch, *w.inputs] if len(w.inputs) == 1 else [w.batch, w.inputs[2], *w.inputs[:2]]
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, first)],
                              [helper.make_tensor_value_info(now, TensorProto.FLOAT, None)], held)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def main():
    given, chosen = arguments(__doc__)
    for w in chosen:
        if w.what != "infer":
            continue
        start, options = Start(w), onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = given.threads, 1
        session = onnxruntime.InferenceSession(model(w, start).SerializeToString(), options, providers=["CPUExecutionProvider"])
        x = start.x if len(w.inputs) == 1 else np.ascontiguousarray(start.x.transpose(0, 1, 4, 2, 3))
        turn = cycle(list(x))

        def run(steps):
            for _ in range(steps):
                z, = session.run(None, {"x": turn()})
            return abs(z.ravel()[0])
        first = [run(1) for _ in range(FIRST)]
        turn = cycle(list(x))
        measure(given, w, "onnxruntime", onnxruntime.__version__, run, first=first)


main()
