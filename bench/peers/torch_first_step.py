"""PyTorch doing what `gradus train --steps 1` does: python torch_first_step.py PIXELS.npy CHECKPOINT [--threads 2].

The built-in cats and dogs (decoded before: the kindest case for a start), the default network, Adam, one step on a batch of 64 changed pictures,
validation, test, a checkpoint. `start` is printed when the first step could begin, `step` when it is done. With --make SHEET it decodes the pictures
into PIXELS.npy and ends."""
import argparse

import numpy as np

TILE, COLUMNS, TILES, TRAIN = 32, 50, 3000, 2500


def make(sheet, pixels):
    from PIL import Image
    whole = np.asarray(Image.open(sheet).convert("RGB"))
    rows = TILES // COLUMNS
    tiles = whole.reshape(rows, TILE, COLUMNS, TILE, 3).swapaxes(1, 2).reshape(TILES, TILE, TILE, 3)
    np.save(pixels, np.ascontiguousarray(tiles.transpose(0, 3, 1, 2)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pixels")
    parser.add_argument("checkpoint")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--make")
    args = parser.parse_args()
    if args.make:
        return make(args.make, args.pixels)
    import torch
    from torch import nn
    from torch.nn import functional as F

    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    bytes_ = torch.from_numpy(np.load(args.pixels))
    labels = torch.arange(TILES) % 2
    order = torch.randperm(TRAIN)
    train, validation, test = order[379:], order[:379], torch.arange(TRAIN, TILES)
    part = bytes_[train].float() / 255
    mean, deviation = part.mean((0, 2, 3), keepdim=True), part.std((0, 2, 3), keepdim=True)
    del part

    def conv(inputs, outputs):
        return [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2)]

    model = nn.Sequential(*conv(3, 32), *conv(32, 64), *conv(64, 128), nn.Dropout(0.3), nn.Flatten(),
                          nn.Linear(2048, 128, bias=False), nn.BatchNorm1d(128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 1))
    model = model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.003, total_steps=100)

    def read(some):
        return ((bytes_[some].float() / 255 - mean) / deviation).contiguous(memory_format=torch.channels_last)

    print("start", flush=True)
    some = train[torch.randperm(len(train))[:64]]
    x, y = read(some), labels[some].float()
    flips = torch.rand(64) < 0.5
    x = torch.where(flips[:, None, None, None], x.flip(3), x)
    padded, shift = F.pad(x, [3] * 4), torch.randint(0, 7, (64, 2))
    x = torch.stack([p[:, i:i + TILE, j:j + TILE] for p, (i, j) in zip(padded, shift.tolist())])
    x = x.contiguous(memory_format=torch.channels_last)
    loss = F.binary_cross_entropy_with_logits(model(x)[:, 0], y * 0.95 + 0.025)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()
    print("step", loss.item(), flush=True)

    model.eval()
    with torch.no_grad():
        for name, indices in (("validation", validation), ("test", test)):
            right = sum(((model(read(some))[:, 0] > 0) == labels[some]).sum().item() for some in indices.split(256))
            print(name, right / len(indices))
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, args.checkpoint)


main()
