"""Keras on the workloads of gradus-bench, a line of JSON each, on the back end of KERAS_BACKEND (here JAX unless told otherwise).
--variant plain: `train_on_batch`; --variant fit: `fit` over all batches in memory."""
import os

from common import FIRST, Start, arguments, cycle, measure

given, chosen = arguments(__doc__)      # before its back end, which takes the cores it may use
os.environ.setdefault("KERAS_BACKEND", "jax")

import keras                            # noqa: E402
import numpy as np                      # noqa: E402

LAYERS = keras.layers


def network(w, start):
    model, shape, own = [keras.Input(w.inputs)], w.inputs, []
    for number, layer in enumerate(w.layers, 1):
        named = start.of(number, layer)
        if layer["kind"] == "conv":
            model.append(LAYERS.Conv2D(layer["size"], layer["kernel"], padding="same", use_bias=not layer["norm"]))
        elif layer["kind"] == "dense":
            if len(shape) == 3:
                model.append(LAYERS.Flatten())
            model.append(LAYERS.Dense(layer["size"], use_bias=not layer["norm"]))
        elif layer["kind"] == "pool":
            model.append(LAYERS.MaxPooling2D(layer["size"]))
        else:
            model.append(LAYERS.GlobalAveragePooling2D())
        shape = shape if layer["kind"] in ("conv", "pool") else (None,)
        own += [named[name] for name in ("weight", "bias") if name in named]
        if layer["norm"]:
            model.append(LAYERS.BatchNormalization(momentum=0.9, epsilon=1e-5))
            own += [named["scale"], named["shift"], np.zeros_like(named["shift"]), np.ones_like(named["scale"])]
        if layer["function"] in ("relu", "sigmoid"):
            model.append(LAYERS.Activation(layer["function"]))
    model = keras.Sequential(model)
    model.set_weights(own)
    return model


def compiled(w, start):
    model = network(w, start)
    loss = {"softmax_cross_entropy": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            "binary_cross_entropy": keras.losses.BinaryCrossentropy(from_logits=True),
            "squared_error": keras.losses.MeanSquaredError()}[w.loss]
    if w.optimizer == "adam":
        optimizer = keras.optimizers.Adam(w.rate, epsilon=1e-8)
    else:
        optimizer = keras.optimizers.SGD(w.rate, momentum=0.9 if w.optimizer == "momentum" else 0.0)
    model.compile(optimizer=optimizer, loss=loss)
    return model


def training(w, start, variant):
    model = compiled(w, start)
    if variant == "fit":
        x, y = start.x.reshape(-1, *w.inputs), start.y.reshape(w.pool * w.batch, -1)

        def run(steps):
            told = model.fit(x, y, batch_size=w.batch, epochs=steps // w.pool, shuffle=False, verbose=0)
            return told.history["loss"][-1]
        return run
    turn = cycle(list(zip(start.x, start.y)))

    def run(steps):
        for _ in range(steps):
            model.reset_metrics()       # else it tells the mean of all losses so far
            loss = model.train_on_batch(*turn())
        return float(np.ravel(loss)[0])
    return run


def inference(w, start, _variant):
    model, turn = network(w, start), cycle(list(start.x))

    def run(steps):
        for _ in range(steps):
            z = model.predict_on_batch(turn())
        return float(np.abs(np.ravel(z)[0]))
    return run


def main():
    for w in chosen:
        fit = given.variant == "fit"
        if w.what == "evolve" or (fit and not w.trains):
            continue
        make, start = training if w.trains else inference, Start(w)
        single = make(w, start, "plain")
        first = [single(1) for _ in range(FIRST)]
        name = "keras" if given.variant == "plain" else f"keras-{given.variant}"
        version = f"{keras.__version__} ({keras.backend.backend()})"
        measure(given, w, name, version, make(w, start, given.variant), w.pool if fit else 1, first)


main()
