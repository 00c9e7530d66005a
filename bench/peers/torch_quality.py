"""PyTorch with the recipes of bench/quality.sh: python torch_quality.py ROW FOLDER OUT [--epochs N] [--threads 2] [--seed 1].

The same layers, start (He, Glorot), loss, Adam, one-cycle schedule, batches, changes of pictures, share of training pictures and kept
epoch (the best on the validation pictures), written as its tutorials write it, with channels-last convolutions. Prints a line an epoch and
leaves in OUT what a run of gradus leaves there: metrics.jsonl (accuracy on validation pictures and seconds since the start, of the clock and of
all cores, after each epoch), and test.json (what `gradus evaluate --part test --json` says). --epochs N: so many epochs, the schedule as short."""
import argparse, copy, gzip, json, math, time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

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
    """Pictures [count, channels, height, width] and classes: to train, to test."""
    for part in ("train", "t10k"):
        yield idx(folder, f"{part}-images-idx3-ubyte")[:, None], idx(folder, f"{part}-labels-idx1-ubyte").astype(np.int64)


def folders(folder):
    """The same from train/CLASS/*.png and test/CLASS/*.png, all of one size."""
    from PIL import Image
    for part in ("train", "test"):
        pictures, classes = [], []
        for number, name in enumerate(sorted(p for p in (folder / part).iterdir() if p.is_dir())):
            files = sorted(name.iterdir())
            pictures += [np.asarray(Image.open(f).convert("RGB")).transpose(2, 0, 1) for f in files]
            classes += [number] * len(files)
        yield np.stack(pictures), np.array(classes)


def dense(inputs, outputs):
    return [nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs), nn.ReLU()]


def conv(inputs, outputs):
    return [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]


class Residual(nn.Sequential):
    def forward(self, x):
        return x + super().forward(x)


def perceptron(first, drops):
    return nn.Sequential(nn.Flatten(), nn.Dropout(drops[0]), *dense(784, first), nn.Dropout(drops[1]), *dense(first, 512),
                         nn.Dropout(drops[2]), nn.Linear(512, 10))


def six_conv():
    pool = nn.MaxPool2d(2)
    return nn.Sequential(*conv(1, 32), *conv(32, 32), pool, *conv(32, 64), *conv(64, 64), pool, *conv(64, 128), *conv(128, 128),
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(128, 10))


def residual_conv():
    pool = nn.MaxPool2d(2)
    return nn.Sequential(*conv(3, 32), pool, *conv(32, 64), Residual(*conv(64, 64), *conv(64, 64)), pool,
                         *conv(64, 128), Residual(*conv(128, 128), *conv(128, 128)), pool, *conv(128, 256),
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.3), nn.Linear(256, 1))


@dataclass
class Row:
    read: Callable
    network: Callable
    batch: int
    epochs: int
    smoothing: float = 0.1
    validation: float = 0.05
    flip: bool = False
    shift: int = 0
    rotate: float = 0.0
    cutout: int = 0
    views: bool = False     # whether test pictures are seen mirrored as well
    rate: float = 0.003


ROWS = {
    "mnist-mlp": Row(mnist, lambda: perceptron(512, (0.2, 0.4, 0.4)), 256, 25, validation=0.15),
    "fashion-mlp": Row(mnist, lambda: perceptron(1024, (0.1, 0.3, 0.3)), 256, 40, flip=True),
    "fashion-conv": Row(mnist, six_conv, 128, 14, flip=True, shift=2, views=True),
    "mnist-conv": Row(mnist, six_conv, 128, 16, shift=2, rotate=10),
    "cats-dogs-conv": Row(folders, residual_conv, 64, 40, smoothing=0.05, flip=True, shift=4, cutout=8, views=True),
}


def start(layer):
    if isinstance(layer, (nn.Linear, nn.Conv2d)):
        (nn.init.xavier_uniform_ if layer.bias is not None else nn.init.kaiming_normal_)(layer.weight)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def changed(x, row):
    """Mirrored or not, moved and turned with the mean colour coming in, and a square of it cut out: each picture its own way."""
    side = torch.arange(x.shape[2])
    if row.flip:
        x = torch.where(torch.rand(len(x), 1, 1, 1) < 0.5, x.flip(3), x)
    if row.shift:
        at = torch.randint(0, 2 * row.shift + 1, (2, len(x)))
        rows, columns = (at[k, :, None] + side for k in range(2))
        x = F.pad(x, [row.shift] * 4).permute(0, 2, 3, 1)
        x = x[torch.arange(len(x))[:, None, None], rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
    if row.rotate:
        turn = (2 * torch.rand(len(x)) - 1) * math.radians(row.rotate)
        cos, sin, still = turn.cos(), turn.sin(), torch.zeros(len(x))
        places = torch.stack([cos, -sin, still, sin, cos, still], 1).view(-1, 2, 3)
        x = F.grid_sample(x, F.affine_grid(places, x.shape, align_corners=False), align_corners=False)
    if row.cutout:
        first = torch.randint(0, len(side), (2, len(x), 1)) - row.cutout // 2
        rows, columns = ((first[k] <= side) & (side < first[k] + row.cutout) for k in range(2))
        x = x.masked_fill((rows[:, :, None] & columns[:, None, :])[:, None], 0)
    return x


def loss_of(z, y, smoothing):
    if z.shape[1] > 1:
        return F.cross_entropy(z, y, label_smoothing=smoothing)
    return F.binary_cross_entropy_with_logits(z[:, 0], (1 - smoothing) * y + 0.5 * smoothing)


def accuracy(model, x, y, views=False):
    """The share of pictures whose class the mean of the probabilities of all views names."""
    model.eval()
    likely = lambda x: (lambda z: z.softmax(1) if z.shape[1] > 1 else z.sigmoid())(model(x.contiguous(memory_format=torch.channels_last)))
    right = 0
    with torch.inference_mode():
        for some, wanted in zip(x.split(500), y.split(500)):
            p = likely(some) + likely(some.flip(3)) if views else 2 * likely(some)
            right += ((p.argmax(1) if p.shape[1] > 1 else p[:, 0] > 1) == wanted).sum().item()
    return right / len(y)


def interval(share, count, z=1.959964):
    """Wilson's, 95 %."""
    middle, scale = share + z * z / (2 * count), 1 + z * z / count
    reach = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return [(middle - reach) / scale, (middle + reach) / scale]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("row", choices=ROWS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    row = ROWS[given.row]
    epochs = given.epochs or row.epochs
    given.out.mkdir(parents=True)
    torch.set_num_threads(given.threads)
    torch.manual_seed(given.seed)
    (x, y), (test_x, test_y) = ((torch.from_numpy(np.array(a)), torch.from_numpy(b)) for a, b in row.read(given.folder))
    order = torch.randperm(len(x))
    valid, kept = order[:int(row.validation * len(x))], order[int(row.validation * len(x)):]
    deviation, mean = torch.std_mean(x[kept].float() / 255, (0, 2, 3), keepdim=True)
    x, test_x = ((a.float() / 255 - mean) / deviation for a in (x, test_x))
    (x, y), (valid_x, valid_y) = ((x[some], y[some]) for some in (kept, valid))
    model = row.network().apply(start).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), lr=row.rate, fused=True)
    steps = -(-len(x) // row.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, row.rate, total_steps=epochs * steps + 1, div_factor=25,
                                                   final_div_factor=1e4, cycle_momentum=False)
    clock, core, best = time.perf_counter(), time.process_time(), (-1.0, None)
    with open(given.out / "metrics.jsonl", "w") as log:
        for epoch in range(1, epochs + 1):
            model.train()
            total = 0.0
            for some in torch.randperm(len(x)).split(row.batch):
                inputs = changed(x[some], row).contiguous(memory_format=torch.channels_last)
                loss = loss_of(model(inputs), y[some], row.smoothing)
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                optimizer.step()
                schedule.step()
                total += loss.item() * len(some)
            right = accuracy(model, valid_x, valid_y)
            if right > best[0]:
                best = right, copy.deepcopy(model.state_dict())
            told = {"epoch": epoch, "train_loss": total / len(x), "validation_accuracy": right,
                    "seconds": time.perf_counter() - clock, "core_seconds": time.process_time() - core}
            print(json.dumps(told), file=log, flush=True)
            print(f"epoch {epoch}/{epochs}  train loss {told['train_loss']:.4f}  validation accuracy {100 * right:.2f} %"
                  f"  {told['seconds']:.1f} s  on cores {told['core_seconds']:.1f} s", flush=True)
    model.load_state_dict(best[1])
    right = accuracy(model, test_x, test_y, row.views)
    scores = {"accuracy": right, "accuracy_interval": interval(right, len(test_y))}
    (given.out / "test.json").write_text(json.dumps({"scores": scores}))
    print(f"test accuracy {100 * right:.2f} % of {len(test_y)}")


main()
