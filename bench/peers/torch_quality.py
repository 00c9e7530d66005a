"""PyTorch with the recipes of bench/quality.sh: python torch_quality.py ROW FOLDER [--epochs N] [--threads 2] [--seed 1].

The same layers, start (He, Glorot), loss, Adam, one-cycle schedule, batches, changes of pictures and share of training pictures, written as its
tutorials write it, with channels-last convolutions. Prints a line an epoch (seconds of the clock and of all cores since the start, loss) and, at
the end, the accuracy on the test pictures. --epochs N stops early and leaves the schedule as long as it was: for the time alone."""
import argparse
import gzip
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


def idx(folder, name):
    path = next(p for p in (folder / name, folder / f"{name}.gz") if p.exists())
    data = (gzip.open if path.suffix == ".gz" else open)(path, "rb").read()
    dims = np.frombuffer(data, ">u4", data[3], 4)
    return np.frombuffer(data, np.uint8, -1, 4 + 4 * data[3]).reshape(dims)


def mnist(folder):
    for part in ("train", "t10k"):
        yield idx(folder, f"{part}-images-idx3-ubyte")[:, None], idx(folder, f"{part}-labels-idx1-ubyte").astype(np.int64)


def dense(inputs, outputs):
    return [nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs), nn.ReLU()]


def conv(inputs, outputs):
    return [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]


def perceptron(first, drops):
    return nn.Sequential(nn.Flatten(), nn.Dropout(drops[0]), *dense(784, first), nn.Dropout(drops[1]), *dense(first, 512),
                         nn.Dropout(drops[2]), nn.Linear(512, 10))


def small_conv():
    pool = nn.MaxPool2d(2)
    return nn.Sequential(*conv(1, 32), pool, *conv(32, 64), pool, *conv(64, 128), *conv(128, 128), pool, nn.Dropout(0.3),
                         nn.Flatten(), *dense(128 * 9, 256), nn.Dropout(0.3), nn.Linear(256, 10))


ROWS = {  # reader, network, batch, epochs, rate, smoothing, flip, shift, share of pictures to train on
    "mnist-mlp": (mnist, lambda: perceptron(512, (0.2, 0.4, 0.4)), 256, 25, 0.003, 0.1, False, 0, 0.85),
    "fashion-mlp": (mnist, lambda: perceptron(1024, (0.1, 0.3, 0.3)), 256, 40, 0.003, 0.1, True, 0, 0.95),
    "fashion-conv": (mnist, small_conv, 128, 12, 0.003, 0.1, True, 2, 0.95),
}


def start(layer):
    if isinstance(layer, (nn.Linear, nn.Conv2d)):
        (nn.init.xavier_uniform_ if layer.bias is not None else nn.init.kaiming_normal_)(layer.weight)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def changed(x, flip, shift):
    if flip:
        x = torch.where(torch.rand(len(x), 1, 1, 1) < 0.5, x.flip(3), x)
    if shift:
        side = x.shape[2]
        at = torch.randint(0, 2 * shift + 1, (2, len(x)))
        rows, columns = (at[k, :, None] + torch.arange(side) for k in range(2))
        x = F.pad(x, [shift] * 4).permute(0, 2, 3, 1)
        x = x[torch.arange(len(x))[:, None, None], rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
    return x


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("row", choices=ROWS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    read, network, batch, epochs, rate, smoothing, flip, shift, share = ROWS[given.row]
    torch.set_num_threads(given.threads)
    torch.manual_seed(given.seed)
    (x, y), (test_x, test_y) = ((torch.from_numpy(np.array(a)), torch.from_numpy(b)) for a, b in read(given.folder))
    kept = torch.randperm(len(x))[:int(share * len(x))]
    x, y = x[kept].float() / 255, y[kept]
    deviation, mean = torch.std_mean(x, (0, 2, 3), keepdim=True)
    x, test_x = (x - mean) / deviation, (test_x.float() / 255 - mean) / deviation
    model = network().apply(start).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate, fused=True)
    steps = -(-len(x) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=epochs * steps + 1, div_factor=25,
                                                   final_div_factor=1e4, cycle_momentum=False)
    criterion, clock, core = nn.CrossEntropyLoss(label_smoothing=smoothing), time.perf_counter(), time.process_time()
    for epoch in range(1, (given.epochs or epochs) + 1):
        model.train()
        total = 0.0
        for some in torch.randperm(len(x)).split(batch):
            inputs = changed(x[some], flip, shift).contiguous(memory_format=torch.channels_last)
            loss = criterion(model(inputs), y[some])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(some)
        print(f"epoch {epoch}/{epochs}  train loss {total / len(x):.4f}  {time.perf_counter() - clock:.1f} s"
              f"  on cores {time.process_time() - core:.1f} s", flush=True)
    model.eval()
    with torch.inference_mode():
        right = sum((model(a).argmax(1) == b).sum().item() for a, b in zip(test_x.split(500), test_y.split(500)))
    print(f"test accuracy {100 * right / len(test_y):.2f} % of {len(test_y)}")


main()
