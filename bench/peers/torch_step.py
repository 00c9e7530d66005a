"""PyTorch on the workloads of gradus-bench, a line of JSON each. --variant plain: as its tutorials write it, with the
fused optimizer; --variant channels-last: pictures and kernels in that layout; --variant compile: loss function and update
through torch.compile."""
import numpy as np
import torch
from torch import nn

from common import FIRST, Start, arguments, cycle, measure

LOSSES = {"softmax_cross_entropy": nn.CrossEntropyLoss, "binary_cross_entropy": nn.BCEWithLogitsLoss,
          "squared_error": nn.MSELoss}
FUNCTIONS = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid}


def network(w, start):
    """With the weights of gradus, its rows for a picture in the order of channels first."""
    parts, shape = [], w.inputs
    for number, layer in enumerate(w.layers, 1):
        own = {name: torch.from_numpy(array) for name, array in start.of(number, layer).items()}
        if layer["kind"] == "conv":
            made = nn.Conv2d(shape[2], layer["size"], layer["kernel"], padding="same", bias=not layer["norm"])
            made.weight.data = own["weight"].permute(3, 2, 0, 1).contiguous()
            shape = (*shape[:2], layer["size"])
        elif layer["kind"] == "dense":
            rows = int(np.prod(shape))
            made = nn.Linear(rows, layer["size"], bias=not layer["norm"])
            matrix = own["weight"]
            if len(shape) == 3:
                parts.append(nn.Flatten())
                matrix = matrix.reshape(*shape, -1).permute(2, 0, 1, 3).reshape(rows, -1)
            made.weight.data = matrix.T.contiguous()
            shape = (layer["size"],)
        elif layer["kind"] == "pool":
            made, shape = nn.MaxPool2d(layer["size"]), (shape[0] // layer["size"], shape[1] // layer["size"], shape[2])
        else:
            made, shape = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()), (shape[2],)
        if "bias" in own:
            made.bias.data = own["bias"]
        parts.append(made)
        if layer["norm"]:
            parts.append(nn.BatchNorm2d(shape[2]) if len(shape) == 3 else nn.BatchNorm1d(shape[0]))
        if layer["function"] in FUNCTIONS:
            parts.append(FUNCTIONS[layer["function"]]())
    return nn.Sequential(*parts)


def update(w, parameters):
    if w.optimizer == "adam":
        return torch.optim.Adam(parameters, lr=w.rate, fused=True)
    return torch.optim.SGD(parameters, lr=w.rate, momentum=0.9 if w.optimizer == "momentum" else 0, fused=True)


def inputs(w, start, variant):
    x = torch.from_numpy(start.x)
    if len(w.inputs) == 3:
        x = [b.permute(0, 3, 1, 2) for b in x]
        layout = torch.channels_last if variant == "channels-last" else torch.contiguous_format
        return [b.contiguous(memory_format=layout) for b in x]
    return list(x.unbind())


def prepared(w, start, variant):
    model = network(w, start)
    return model.to(memory_format=torch.channels_last) if variant == "channels-last" else model


def training(w, start, variant):
    model, criterion = prepared(w, start, variant).train(), LOSSES[w.loss]()
    optimizer = update(w, model.parameters())
    loss_of, move = (lambda x, y: criterion(model(x), y)), optimizer.step
    if variant == "compile":
        loss_of, move = torch.compile(loss_of), torch.compile(lambda: optimizer.step())
    turn = cycle(list(zip(inputs(w, start, variant), torch.from_numpy(start.y).unbind())))

    def run(steps):
        for _ in range(steps):
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(*turn())
            loss.backward()
            move()
        return loss.item()
    return run


def inference(w, start, variant):
    model = prepared(w, start, variant).eval()
    if variant == "compile":
        import torch._inductor.config as inductor
        inductor.freezing = True
        model = torch.compile(model)
    turn = cycle(inputs(w, start, variant))

    def run(steps):
        with torch.no_grad() if variant == "compile" else torch.inference_mode():
            for _ in range(steps):
                z = model(turn())
        return z.flatten()[0].abs().item()
    return run


def main():
    given, chosen = arguments(__doc__)
    torch.set_num_threads(given.threads)
    for w in chosen:
        if w.what == "evolve" or (given.variant == "channels-last" and len(w.inputs) != 3):
            continue
        make, start = training if w.trains else inference, Start(w)
        step = make(w, start, given.variant)
        first = [step(1) for _ in range(FIRST)]
        run = make(w, Start(w), given.variant)
        name = "torch" if given.variant == "plain" else f"torch-{given.variant}"
        measure(given, w, name, torch.__version__, run, first=first)


main()
