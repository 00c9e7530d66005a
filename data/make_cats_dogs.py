#!/usr/bin/env python3
"""Makes cats-dogs.webp, the built-in set of pictures, from a folder of CIFAR-10's cats and dogs.

    python3 make_cats_dogs.py FOLDER [OUT.webp]     make the sheet (needs Pillow)
    python3 make_cats_dogs.py --check [SHEET.webp]  only compare a sheet with the sum below

FOLDER holds 32x32 RGB PNG pictures, numbered from 0 within each class in the order of the original files:

    train/cat/0000.png ... 4999.png     train/dog/0000.png ... 4999.png
    test/cat/0000.png  ... 0999.png     test/dog/0000.png  ... 0999.png

To get there from CIFAR-10's binary version (https://www.cs.toronto.edu/~kriz/cifar.html): read
data_batch_1.bin to data_batch_5.bin (train) and test_batch.bin (test) as records of 3,073 bytes: one label, then
1,024 red, 1,024 green and 1,024 blue bytes, rows from the top. Save every record with label 3 as the next
cat and every record with label 5 as the next dog of its part. That gives 5,000 and 1,000 of each.

The sheet takes the first 1,250 of each class of train and the first 250 of each class of test:
cat 0, dog 0, cat 1, dog 1, ... of train, then the same of test, 50 tiles a row from the top left.
"""
import hashlib
import sys
from pathlib import Path

from PIL import Image

SIDE = 32
COLUMNS = 50
PARTS = (("train", 1250), ("test", 250))  # pictures of each class
CLASSES = ("cat", "dog")
# SHA-256 over the RGB bytes of the 3,000 tiles, one after another, in the sheet's order.
PIXELS = "8b42e713daeeea3c30d2d9ae8ae7a283f2a6ed760f46a7d7077350f79f6f084a"


def tiles_from_folder(folder):
    for part, count in PARTS:
        for number in range(count):
            for name in CLASSES:
                path = folder / part / name / f"{number:04d}.png"
                with Image.open(path) as picture:
                    if picture.size != (SIDE, SIDE) or picture.mode != "RGB":
                        sys.exit(f"{path}: {picture.size} {picture.mode}, expected {SIDE}x{SIDE} RGB")
                    yield picture.copy()


def tiles_from_sheet(sheet):
    for number in range(len(CLASSES) * sum(count for _, count in PARTS)):
        row, column = divmod(number, COLUMNS)
        left, top = column * SIDE, row * SIDE
        yield sheet.crop((left, top, left + SIDE, top + SIDE))


def check(tiles, what):
    tiles = list(tiles)
    digest = hashlib.sha256(b"".join(tile.tobytes() for tile in tiles)).hexdigest()
    if digest != PIXELS:
        sys.exit(f"{what}: the pixels have the sum\n  {digest}, expected\n  {PIXELS}")
    return tiles


def check_sheet(path):
    with Image.open(path) as sheet:
        check(tiles_from_sheet(sheet.convert("RGB")), path)
    print(f"{path}: {path.stat().st_size} bytes, pixels {PIXELS}")


def make_sheet(folder, out):
    tiles = check(tiles_from_folder(folder), folder)
    sheet = Image.new("RGB", (COLUMNS * SIDE, len(tiles) // COLUMNS * SIDE))
    for number, tile in enumerate(tiles):
        row, column = divmod(number, COLUMNS)
        sheet.paste(tile, (column * SIDE, row * SIDE))
    # Lossless; quality and method only say how long to look for a smaller file.
    sheet.save(out, "WEBP", lossless=True, quality=100, method=6, exact=True)
    check_sheet(out)


def main():
    here = Path(__file__).resolve().parent / "cats-dogs.webp"
    arguments = sys.argv[1:]
    if not 1 <= len(arguments) <= 2 or arguments[0] in ("-h", "--help"):
        sys.exit(__doc__)
    path = Path(arguments[1]) if len(arguments) == 2 else here
    if arguments[0] == "--check":
        check_sheet(path)
    else:
        make_sheet(Path(arguments[0]), path)


if __name__ == "__main__":
    main()
