"""scikit-learn on the workloads of gradus-bench that its multilayer perceptrons can do, a line of JSON each. A step is a call
of `partial_fit`, an inference one of `predict_proba` or `predict`."""
import warnings

import numpy as np
import sklearn
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer

from common import FIRST, Start, arguments, cycle, measure

warnings.filterwarnings("ignore")


def possible(w):
    """Dense layers, ReLU in all but the last, and a loss that goes with it."""
    hidden, last = w.layers[:-1], w.layers[-1]
    return (w.what != "evolve" and all(l["kind"] == "dense" and not l["norm"] for l in w.layers)
            and all(l["function"] == "relu" for l in hidden) and last["function"] is None)


def perceptron(w, start):
    """Its slopes of a squared error are those of half the sum over outputs, so the rate is changed to mean the same."""
    values = w.loss == "squared_error"
    scale = 2 / w.layers[-1]["size"] if values else 1
    made = (MLPRegressor if values else MLPClassifier)(
        hidden_layer_sizes=[l["size"] for l in w.layers[:-1]], alpha=0, batch_size=w.batch, learning_rate_init=w.rate * scale,
        solver="adam" if w.optimizer == "adam" else "sgd", momentum=0.9 if w.optimizer == "momentum" else 0,
        nesterovs_momentum=False, shuffle=False)
    own = [start.of(number, layer) for number, layer in enumerate(w.layers, 1)]
    coefficients, biases = [o["weight"].copy() for o in own], [o["bias"].copy() for o in own]
    return made, coefficients, biases


def targets(w, start):
    """What it is trained towards; any, in the right number, where it is only asked."""
    if start.y.size:
        return start.y if w.loss == "softmax_cross_entropy" else start.y.squeeze(-1) if start.y.shape[-1] == 1 else start.y
    return np.zeros((w.pool, w.batch), int)


def ready(w, start, x, y):
    """It makes weights and optimizer by itself at its first step; then they become those of the others."""
    made, coefficients, biases = perceptron(w, start)
    classes = {} if w.loss == "squared_error" else {"classes": np.arange(w.layers[-1]["size"] if w.layers[-1]["size"] > 1 else 2)}
    made.partial_fit(x[0], y[0], **classes)
    made.coefs_, made.intercepts_ = coefficients, biases
    parameters, rate = coefficients + biases, made.learning_rate_init
    made._optimizer = AdamOptimizer(parameters, rate) if w.optimizer == "adam" else SGDOptimizer(
        parameters, rate, "constant", made.momentum, False)
    return made


def training(w, start):
    x, y = list(start.x), list(targets(w, start))
    made, turn = ready(w, start, x, y), cycle(list(zip(x, y)))
    scale = 2 if w.loss == "squared_error" else 1     # it tells half the mean square

    def run(steps):
        for _ in range(steps):
            made.partial_fit(*turn())
        return made.loss_ * scale
    return run


def inference(w, start):
    x = list(start.x)
    made = ready(w, start, x, list(targets(w, start)))
    turn, answer = cycle(x), made.predict if w.loss == "squared_error" else made.predict_proba

    def run(steps):
        for _ in range(steps):
            z = answer(turn())
        return float(np.abs(np.ravel(z)[0]))
    return run


def main():
    given, chosen = arguments(__doc__)
    for w in filter(possible, chosen):
        make, start = training if w.trains else inference, Start(w)
        step = make(w, start)
        # Its probabilities come after the softmax: what it infers is not compared.
        first = [step(1) for _ in range(FIRST)] if w.trains else []
        measure(given, w, "sklearn", sklearn.__version__, make(w, start), first=first)


main()
