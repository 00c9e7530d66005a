"""PyTorch on the workloads of gradus-bench, a line of JSON each. --variant plain: as its tutorials write it, with the
fused optimizer; --variant compile: loss function and update through torch.compile."""
import torch
from torch import nn

from common import arguments, batches, cycle, measure, weights

LOSSES = {"softmax_cross_entropy": nn.CrossEntropyLoss, "binary_cross_entropy": nn.BCEWithLogitsLoss,
          "squared_error": nn.MSELoss}
FUNCTIONS = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid}


def network(w):
    parts, inputs = [], w.inputs
    for (units, function), (matrix, bias) in zip(w.layers, weights(w)):
        layer = nn.Linear(inputs, units)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(matrix).T)
            layer.bias.copy_(torch.from_numpy(bias))
        parts += [layer] + ([FUNCTIONS[function]()] if function in FUNCTIONS else [])
        inputs = units
    return nn.Sequential(*parts)


def update(w, parameters):
    if w.optimizer == "adam":
        return torch.optim.Adam(parameters, lr=w.rate, fused=True)
    return torch.optim.SGD(parameters, lr=w.rate, momentum=0.9 if w.optimizer == "momentum" else 0, fused=True)


def training(w, compiled):
    model, criterion = network(w).train(), LOSSES[w.loss]()
    optimizer = update(w, model.parameters())
    loss_of, move = (lambda x, y: criterion(model(x), y)), optimizer.step
    if compiled:
        loss_of, move = torch.compile(loss_of), torch.compile(lambda: optimizer.step())
    x, y = batches(w)
    turn = cycle(list(zip(torch.from_numpy(x).unbind(), torch.from_numpy(y).unbind())))

    def run(steps):
        for _ in range(steps):
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(*turn())
            loss.backward()
            move()
        return loss.item()
    return run


def inference(w, compiled):
    model = network(w).eval()
    if compiled:
        import torch._inductor.config as inductor
        inductor.freezing = True
        model = torch.compile(model)
    turn = cycle(list(torch.from_numpy(batches(w)[0]).unbind()))

    def run(steps):
        with torch.no_grad() if compiled else torch.inference_mode():
            for _ in range(steps):
                z = model(turn())
        return z.abs().mean().item()
    return run


def main():
    given, chosen = arguments(__doc__)
    torch.set_num_threads(given.threads)
    compiled = given.variant == "compile"
    for w in chosen:
        run = training(w, compiled) if w.trains else inference(w, compiled)
        measure(given, w, "torch-compile" if compiled else "torch", torch.__version__, run)


main()
