"""python -m mxnet.im2rec: lists, record files, what it does with broken images."""

from __future__ import annotations

import pytest

import mxnet as mx
from image_files import compressed, gradient
from mxnet.im2rec import main


@pytest.fixture
def tree(tmp_path):
    root = tmp_path / "tree"
    for i, name in enumerate(("a/x.png", "a/y.PNG", "b/z.png", "b/c/w.jpg", "a/notes.txt")):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        kind = "JPEG" if name.endswith("jpg") else "PNG"
        path.write_bytes(compressed(gradient(20 + i, 30), kind))
    return tmp_path


def lines(path) -> list[str]:
    return path.read_text().splitlines()


# The order in which 1.x, which seeds its shuffling, writes the same images.
SHUFFLED = [
    "0\t0.000000\ta/x.png",
    "2\t1.000000\tb/z.png",
    "3\t2.000000\tb/c/w.jpg",
    "1\t0.000000\ta/y.PNG",
]


def test_list_is_that_of_1x(tree, capsys):
    assert main(["--list", "--recursive", str(tree / "t"), str(tree / "tree")]) == 0
    assert lines(tree / "t.lst") == SHUFFLED
    assert capsys.readouterr().out.splitlines() == ["a 0", "b 1", "b/c 2"]


@pytest.mark.parametrize(
    ("options", "files"),
    [
        (["--chunks", "2"], {"t_0": SHUFFLED[:2], "t_1": SHUFFLED[2:]}),
        (
            ["--train-ratio", "0.5", "--test-ratio", "0.5"],
            {"t_test": SHUFFLED[:2], "t_train": SHUFFLED[2:]},
        ),
        (
            ["--train-ratio", "0.5", "--test-ratio", "0.25"],
            {"t_test": SHUFFLED[:1], "t_train": SHUFFLED[1:3], "t_val": SHUFFLED[3:]},
        ),
        (["--exts", ".jpg"], {"t": ["0\t0.000000\tb/c/w.jpg"]}),
        (["--no-shuffle"], {"t": sorted(SHUFFLED)}),
    ],
)
def test_parts_of_lists(tree, options, files):
    assert main(["--list", "--recursive", str(tree / "t"), str(tree / "tree"), *options]) == 0
    assert {path.stem: lines(path) for path in tree.glob("*.lst")} == files


def test_one_folder(tree):
    assert main(["--list", "--no-shuffle", str(tree / "t"), str(tree / "tree/a")]) == 0
    assert lines(tree / "t.lst") == ["0\t0.000000\tx.png", "1\t0.000000\ty.PNG"]


def records(tree, *options) -> list[tuple]:
    assert main(["--list", "--recursive", "--no-shuffle", str(tree / "t"), str(tree / "tree")]) == 0
    assert main([*options, str(tree / "t"), str(tree / "tree")]) == 0
    reader = mx.recordio.MXIndexedRecordIO(str(tree / "t.idx"), str(tree / "t.rec"), "r")
    return [mx.recordio.unpack(reader.read_idx(key)) for key in reader.keys]


def test_files_as_they_are(tree):
    found = records(tree, "--pass-through", "--num-thread", "3")
    assert [(h.id, h.label) for h, _ in found] == [(0, 0), (1, 0), (2, 1), (3, 2)]
    assert found[3][1] == (tree / "tree/b/c/w.jpg").read_bytes()


@pytest.mark.parametrize(
    ("options", "shape", "start"),
    [
        (["--resize", "10"], (10, 15, 3), b"\xff\xd8"),
        (["--resize", "10", "--center-crop", "--num-thread", "2"], (10, 10, 3), b"\xff\xd8"),
        (["--encoding", ".png", "--quality", "3"], (20, 30, 3), b"\x89PNG"),
        (["--color", "0", "--encoding", ".png"], (20, 30), b"\x89PNG"),
    ],
)
def test_changed_images(tree, options, shape, start):
    _, content = records(tree, *options)[0]
    assert content.startswith(start)
    packed = mx.recordio.pack(mx.recordio.IRHeader(0, 0, 0, 0), content)
    assert mx.recordio.unpack_img(packed)[1].shape == shape


def test_all_labels(tree):
    (tree / "t.lst").write_text("5\t1\t2.5\ta/x.png\n")
    assert main(["--pack-label", str(tree / "t"), str(tree / "tree")]) == 0
    header, _ = mx.recordio.unpack(mx.recordio.MXRecordIO(str(tree / "t.rec"), "r").read())
    assert (header.id, header.label.tolist()) == (5, [1, 2.5])


def test_broken_images_are_left_out_and_reported(tree, capsys):
    (tree / "tree/a/x.png").write_bytes(b"junk")
    (tree / "t.lst").write_text("0\t0\ta/x.png\n1\t0\ta/y.PNG\n2\t0\ta/gone.png\n")
    assert main([str(tree / "t"), str(tree / "tree")]) == 1
    errors = capsys.readouterr().err.splitlines()
    assert ["a/x.png" in errors[0], "a/gone.png" in errors[1]] == [True, True]
    assert lines(tree / "t.idx") == ["1\t0"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing", "tree"], "there is no list"),
        (["--list", "t", "empty"], "there is no image"),
    ],
)
def test_refusals(tree, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tree)
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_line_of_another_form(tree, capsys):
    (tree / "t.lst").write_text("x y\n")
    assert main([str(tree / "t"), str(tree / "tree")]) == 2
    assert "t.lst:1" in capsys.readouterr().err
