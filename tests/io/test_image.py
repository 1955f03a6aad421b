"""Images: decoding, sizes, crops, colours, augmenters, ImageIter and ImageDetIter."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest

import mxnet as mx
from image_files import boxes, compressed, gradient, pictures, write_records
from mxnet import image as I

PIXELS = gradient(60, 80)


@pytest.fixture(autouse=True)
def _seeded():
    random.seed(3)
    np.random.seed(4)


def array(pixels=PIXELS, dtype="uint8"):
    return mx.nd.array(pixels, dtype=dtype)


# -- decoding --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "wrap",
    [
        bytes,
        bytearray,
        lambda b: np.frombuffer(b, np.uint8),
        lambda b: mx.nd.array(np.frombuffer(b, np.uint8), dtype="uint8"),
    ],
)
def test_imdecode(wrap):
    content = wrap(compressed(PIXELS))
    np.testing.assert_array_equal(I.imdecode(content).asnumpy(), PIXELS)
    np.testing.assert_array_equal(I.imdecode(content, to_rgb=False).asnumpy(), PIXELS[..., ::-1])
    grey = I.imdecode(content, flag=0)
    assert grey.shape == (60, 80, 1)
    assert grey.dtype is np.uint8


@pytest.mark.parametrize(
    ("pixels", "kind"),
    [(PIXELS[..., 0], "PNG"), (np.dstack([PIXELS, PIXELS[..., :1]]), "PNG"), (PIXELS, "JPEG")],
)
def test_imdecode_gives_three_channels(pixels, kind):
    decoded = I.imdecode(compressed(pixels, kind)).asnumpy()
    assert decoded.shape == (60, 80, 3)
    want = pixels if pixels.ndim == 3 else np.stack([pixels] * 3, -1)
    assert np.abs(decoded.astype(int) - want[..., :3]).mean() < (4 if kind == "JPEG" else 1e-9)


def test_sixteen_bits_become_eight():
    decoded = I.imdecode(compressed(PIXELS[..., 0].astype(np.uint16) * 257))
    np.testing.assert_array_equal(decoded.asnumpy()[..., 1], PIXELS[..., 0])


def test_imread(tmp_path):
    (tmp_path / "x.png").write_bytes(compressed(PIXELS))
    np.testing.assert_array_equal(I.imread(str(tmp_path / "x.png")).asnumpy(), PIXELS)
    with pytest.raises(mx.MXNetError, match="nope"):
        I.imread(str(tmp_path / "nope.png"))


@pytest.mark.parametrize(
    ("content", "error"), [(b"", mx.MXNetError), (b"hello", mx.MXNetError), ("text", ValueError)]
)
def test_imdecode_refuses(content, error):
    with pytest.raises(error):
        I.imdecode(content)


def test_cut_off_image_is_refused():
    with pytest.raises(mx.MXNetError, match="Invalid image"):
        I.imdecode(compressed(PIXELS, "JPEG")[:-300])


def test_without_pillow_there_is_a_hint(monkeypatch):
    import importlib

    real = importlib.import_module
    monkeypatch.setattr(
        importlib,
        "import_module",
        lambda name, *a: real("no_pillow" if name == "PIL.Image" else name, *a),
    )
    with pytest.raises(mx.MXNetError, match="pip install pillow"):
        I.imdecode(compressed(PIXELS))


# -- sizes -----------------------------------------------------------------------------------------
# What MXNet 1.9.1 makes of one row of pixels.
ROW = np.array([0, 10, 200, 30, 90, 250], np.uint8)
RESIZED = {
    (0, 4): [0, 10, 30, 90],
    (1, 4): [3, 153, 45, 210],
    (2, 4): [0, 175, 20, 216],
    (3, 4): [3, 137, 50, 197],
    (4, 4): [0, 178, 6, 224],
    (0, 9): [0, 0, 10, 200, 200, 30, 90, 90, 250],
    (1, 9): [0, 5, 42, 168, 115, 40, 80, 170, 250],
    (2, 9): [0, 0, 41, 188, 127, 21, 64, 176, 255],
    (3, 9): [0, 5, 10, 200, 115, 30, 90, 170, 250],
    (4, 9): [7, 0, 45, 189, 137, 11, 57, 187, 255],
}


@pytest.mark.parametrize(("method", "width"), RESIZED)
def test_resize_row(method, width):
    image = array(np.stack([ROW] * 3)[..., None])
    got = I.imresize(image, width, 3, interp=method).asnumpy()
    assert got.shape == (3, width, 1)
    np.testing.assert_array_equal(got[1, :, 0], RESIZED[method, width])


@pytest.mark.parametrize("method", range(5))
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_resize_keeps_constants_and_types(method, dtype):
    image = array(np.full((7, 9, 3), 77), dtype)
    for w, h in ((9, 7), (4, 3), (20, 30), (4, 30)):
        got = I.imresize(image, w, h, method)
        assert (got.shape, got.dtype) == ((h, w, 3), image.dtype)
        np.testing.assert_allclose(got.asnumpy(), 77, rtol=1e-5)


def test_resize_refuses():
    for size in ((0, 3), (3, 0)):
        with pytest.raises(mx.MXNetError, match="cannot be resized"):
            I.imresize(array(), *size)
    with pytest.raises(mx.MXNetError, match="interpolation"):
        I.imresize(array(), 3, 3, 7)


@pytest.mark.parametrize(
    ("sizes", "method"),
    [((10, 10, 20, 20), 2), ((20, 20, 10, 10), 3), ((10, 20, 20, 10), 1), ((), 2)],
)
def test_automatic_interpolation(sizes, method):
    assert I.image._get_interp_method(9, sizes) == method


def test_interpolation_choices():
    assert I.image._get_interp_method(10) in range(5)
    with pytest.raises(ValueError, match="Unknown interp method"):
        I.image._get_interp_method(8)


def test_scale_down():
    assert I.scale_down((640, 480), (720, 120)) == (640, 106)
    assert I.scale_down((360, 1000), (480, 500)) == (360, 375)


def test_resize_short():
    assert I.resize_short(array(), 30).shape == (30, 40, 3)
    assert I.resize_short(array(PIXELS.transpose(1, 0, 2)), 30).shape == (40, 30, 3)


# -- crops -----------------------------------------------------------------------------------------
def test_fixed_and_center_crop():
    np.testing.assert_array_equal(I.fixed_crop(array(), 5, 6, 20, 30).asnumpy(), PIXELS[6:36, 5:25])
    assert I.fixed_crop(array(), 5, 6, 20, 30, (15, 25)).shape == (25, 15, 3)
    crop, place = I.center_crop(array(), (31, 21))
    assert place == (24, 19, 31, 21)
    np.testing.assert_array_equal(crop.asnumpy(), PIXELS[19:40, 24:55])
    assert I.center_crop(array(), (100, 100))[0].shape == (100, 100, 3)


def test_random_crops():
    crop, (x, y, w, h) = I.random_crop(array(), (31, 21))
    np.testing.assert_array_equal(crop.asnumpy(), PIXELS[y : y + h, x : x + w])
    crop, (x, y, w, h) = I.random_size_crop(array(), (20, 20), 0.5, (0.75, 1.33))
    assert crop.shape == (20, 20, 3)
    assert 0.45 * 4800 < w * h <= 4800
    assert I.random_size_crop(array(), (20, 20), (9.0, 9.0), (1, 1))[1] == (30, 20, 20, 20)


@pytest.mark.parametrize(
    ("kind", "column"),
    [(0, [9, 0, 1]), (1, [0, 0, 1]), (2, [0, 0, 1]), (3, [5, 0, 1]), (4, [1, 0, 1])],
)
def test_borders(kind, column):
    image = array(np.arange(6).reshape(6, 1, 1))
    got = I.copyMakeBorder(image, 1, 2, 3, 0, type=kind, value=9)
    assert got.shape == (9, 4, 1)
    assert got[:3, 3, 0].asnumpy().tolist() == column


def test_border_of_a_colour():
    got = I.copyMakeBorder(array(), 1, 1, 1, 1, values=(1, 2, 3)).asnumpy()
    assert got[0, 0].tolist() == [1, 2, 3]


def test_rotation():
    image = array(PIXELS[:61, :61].transpose(2, 0, 1)[:, :60, :60], "float32")
    quarter = I.imrotate(image, 90).asnumpy()
    np.testing.assert_allclose(quarter, np.rot90(image.asnumpy(), axes=(1, 2)), atol=1e-2)
    assert (I.imrotate(image, 45).asnumpy()[:, 0, 0] == 0).all()
    assert (I.imrotate(image, 45, zoom_in=True).asnumpy()[1:, 0, 30] > 0).all()
    several = I.imrotate(mx.nd.stack(image, image), mx.nd.array([0, 90]))
    np.testing.assert_allclose(several[1].asnumpy(), quarter)
    assert I.random_rotate(image, (-10, 10)).shape == image.shape
    with pytest.raises(ValueError, match="both"):
        I.imrotate(image, 1, True, True)
    with pytest.raises(TypeError, match="float32"):
        I.imrotate(array(), 1)


# -- augmenters ------------------------------------------------------------------------------------
def test_color_normalize():
    got = I.color_normalize(array(dtype="float32"), mx.nd.array([1, 2, 3]), mx.nd.array([4, 5, 6]))
    np.testing.assert_allclose(got.asnumpy(), (PIXELS - [1.0, 2, 3]) / [4, 5, 6], rtol=1e-5)


def test_dumps_are_those_of_1x():
    def dumps(*augs):
        return [aug.dumps() for aug in augs]

    assert dumps(*I.CreateAugmenter((3, 24, 24), resize=30, rand_mirror=True)) == [
        '["resizeaug", {"size": 30, "interp": 2}]',
        '["centercropaug", {"size": [24, 24], "interp": 2}]',
        '["horizontalflipaug", {"p": 0.5}]',
        '["castaug", {"type": "float32"}]',
    ]
    assert dumps(I.ColorJitterAug(0.1, 0, 0.2)) == [
        [
            "colorjitteraug",
            [
                '["brightnessjitteraug", {"brightness": 0.1}]',
                '["saturationjitteraug", {"saturation": 0.2}]',
            ],
        ]
    ]
    mean = json.loads(I.CreateAugmenter((3, 24, 24), mean=True)[-1].dumps())[1]["mean"]
    assert mean == [123.68000030517578, 116.27999877929688, 103.52999877929688]
    assert dumps(*I.CreateDetAugmenter((3, 24, 24), rand_mirror=True))[:2] == [
        '["dethorizontalflipaug", {"p": 0.5}]',
        ["detborrowaug", '["forceresizeaug", {"size": [24, 24], "interp": 2}]'],
    ]


@pytest.mark.parametrize(
    "aug",
    [
        I.ResizeAug(30),
        I.ForceResizeAug((20, 10)),
        I.RandomCropAug((20, 10)),
        I.RandomSizedCropAug((20, 10), 0.5, (0.8, 1.2)),
        I.CenterCropAug((20, 10)),
        I.RandomOrderAug([I.CastAug(), I.HorizontalFlipAug(1)]),
        I.SequentialAug([I.CastAug(), I.BrightnessJitterAug(0.5)]),
        I.ColorJitterAug(0.3, 0.3, 0.3),
        I.HueJitterAug(0.3),
        I.LightingAug(0.1, np.ones(3), np.eye(3)),
        I.RandomGrayAug(1.0),
        I.ColorNormalizeAug(np.ones(3), np.ones(3)),
    ],
    ids=lambda aug: type(aug).__name__,
)
def test_augmenters_give_images(aug):
    got = aug(array(dtype="float32"))
    assert got.shape[2] == 3
    assert np.isfinite(got.asnumpy()).all()


def test_colours_that_stay():
    image = array(dtype="float32")
    for aug in (I.BrightnessJitterAug(0), I.ContrastJitterAug(0), I.SaturationJitterAug(0)):
        np.testing.assert_allclose(aug(image).asnumpy(), PIXELS, atol=1e-3)
    np.testing.assert_allclose(I.HueJitterAug(0)(image).asnumpy(), PIXELS, atol=1)
    grey = I.RandomGrayAug(1)(image).asnumpy()
    np.testing.assert_allclose(grey[..., 0], grey[..., 2])


def test_random_resize_needs_random_crop():
    with pytest.raises(AssertionError):
        I.CreateAugmenter((3, 24, 24), rand_resize=True)


# -- ImageIter -------------------------------------------------------------------------------------
@pytest.fixture
def records(tmp_path):
    return write_records(tmp_path)


@pytest.fixture
def folder(tmp_path):
    for i, picture in enumerate(pictures()):
        (tmp_path / f"{i}.png").write_bytes(compressed(picture))
    (tmp_path / "one.lst").write_text("".join(f"{i}\t{i % 3}.0\t{i}.png\n" for i in range(7)))
    (tmp_path / "two.lst").write_text("".join(f"{i}\t{i}\t{-i}\t{i}.png\n" for i in range(7)))
    return str(tmp_path)


def labels(iterator) -> list[list]:
    return [batch.label[0].asnumpy().tolist() for batch in iterator]


def test_image_iter_reads_records(records):
    iterator = I.ImageIter(4, (3, 20, 20), path_imgrec=records)
    assert iterator.provide_data == [("data", (4, 3, 20, 20))]
    assert iterator.provide_label == [("softmax_label", (4,))]
    batches = list(iterator)
    assert [b.pad for b in batches] == [0, 1]
    assert [b.label[0].asnumpy().tolist() for b in batches] == [[0, 1, 2, 0], [1, 2, 0, 0]]
    want = pictures()[0][5:25, 10:30].transpose(2, 0, 1)
    np.testing.assert_array_equal(batches[0].data[0][0].asnumpy(), want)
    assert list(iterator) == []
    iterator.reset()
    assert labels(iterator) == [[0, 1, 2, 0], [1, 2, 0, 0]]


@pytest.mark.parametrize(
    ("options", "want"),
    [
        ({"path_imglist": "one.lst"}, [[0, 1, 2, 0], [1, 2, 0, 0]]),
        (
            {"path_imglist": "two.lst", "label_width": 2, "batch_size": 6},
            [[[i, -i] for i in range(6)], [[6, -6], *([i, -i] for i in range(5))]],
        ),
        ({"imglist": [[1.0, "0.png"], [2, "1.png"], [[3], "2.png"]]}, [[1, 2, 3, 1]]),
        ({"imglist": [[1.0, 2, "0.png"], [2, 3, "1.png"]], "label_width": 2}, [[[1, 2], [2, 3]] * 2]),
    ],
)  # fmt: skip
def test_image_iter_reads_lists(folder, options, want):
    options = {"batch_size": 4, "data_shape": (3, 20, 20), "path_root": folder, **options}
    if "path_imglist" in options:
        options["path_imglist"] = f"{folder}/{options['path_imglist']}"
    assert labels(I.ImageIter(**options)) == want


def test_image_iter_in_order(records):
    options = {"path_imgrec": records, "path_imgidx": records[:-3] + "idx"}
    part = I.ImageIter(3, (3, 20, 20), num_parts=2, part_index=1, **options)
    assert labels(part) == [[0, 1, 2]]
    shuffled = I.ImageIter(7, (3, 20, 20), shuffle=True, **options)
    first = labels(shuffled)
    shuffled.reset()
    assert sorted(first[0]) == sorted(labels(shuffled)[0]) == [0, 0, 0, 1, 1, 2, 2]
    with pytest.raises(AssertionError, match="path_imgidx"):
        I.ImageIter(4, (3, 20, 20), path_imgrec=records, shuffle=True)


@pytest.mark.parametrize(
    ("handle", "first", "second"),
    [
        ("pad", [[0, 1, 2, 0], [1, 2, 0, 0]], [[0, 1, 2, 0], [1, 2, 0, 0]]),
        ("discard", [[0, 1, 2, 0]], [[0, 1, 2, 0]]),
        ("roll_over", [[0, 1, 2, 0]], [[1, 2, 0, 0], [1, 2, 0, 1]]),
    ],
)
def test_last_batch(records, handle, first, second):
    iterator = I.ImageIter(4, (3, 20, 20), path_imgrec=records, last_batch_handle=handle)
    assert labels(iterator) == first
    iterator.reset()
    assert labels(iterator) == second


def test_image_iter_names_a_broken_image(tmp_path):
    path = write_records(tmp_path, images=[pictures()[0], b"junk"])
    iterator = I.ImageIter(2, (3, 20, 20), path_imgrec=path)
    with pytest.raises(mx.MXNetError, match=r"record 1 of .*x\.rec"):
        iterator.next()


def test_image_iter_refuses(records):
    for options, error in (
        ({"path_imgrec": records, "last_batch_handle": "x"}, mx.MXNetError),
        ({"path_imgrec": records, "label_width": 2}, mx.MXNetError),
        ({"path_imgrec": records, "aug_list": []}, mx.MXNetError),
        ({}, AssertionError),
    ):
        with pytest.raises(error):
            I.ImageIter(4, (3, 20, 20), **options).next()
    with pytest.raises(ValueError, match="channels"):
        I.ImageIter(4, (2, 20, 20), path_imgrec=records)


# -- detection -------------------------------------------------------------------------------------
@pytest.fixture
def detection(tmp_path):
    path = write_records(tmp_path, label=boxes)
    return {"path_imgrec": path, "path_imgidx": path[:-3] + "idx"}


def test_det_iter(detection):
    iterator = I.ImageDetIter(4, (3, 20, 20), **detection)
    assert iterator.provide_label == [("label", (4, 3, 5))]
    batch = iterator.next()
    assert batch.data[0].shape == (4, 3, 20, 20)
    got = batch.label[0].asnumpy()
    np.testing.assert_allclose(got[1, :2].ravel(), boxes(1)[2:], rtol=1e-6)
    assert (got[0, 1:] == -1).all()


def test_det_flip_moves_boxes(detection):
    iterator = I.ImageDetIter(
        4,
        (3, 20, 20),
        aug_list=[I.DetHorizontalFlipAug(1), I.DetBorrowAug(I.ForceResizeAug((20, 20)))],
        **detection,
    )
    plain = I.ImageDetIter(4, (3, 20, 20), **detection).next()
    flipped = iterator.next()
    np.testing.assert_allclose(flipped.label[0][0, 0].asnumpy(), [0, 0.5, 0.1, 0.9, 0.6], rtol=1e-6)
    np.testing.assert_array_equal(flipped.data[0].asnumpy(), plain.data[0].asnumpy()[..., ::-1])


def test_det_crop_and_pad_keep_boxes_with_their_objects():
    image = np.zeros((50, 60, 3), np.uint8)
    image[10:30, 15:45] = 255
    label = np.array([[7, 15 / 60, 10 / 50, 45 / 60, 30 / 50]], np.float32)
    for aug in (
        I.DetRandomCropAug(min_object_covered=0.9, area_range=(0.5, 0.9), min_eject_coverage=0.5),
        I.DetRandomPadAug(area_range=(1.5, 3.0), pad_val=(0, 0, 0)),
    ):
        found, moved = aug(array(image), label)
        assert found.shape != image.shape
        h, w = found.shape[:2]
        ys, xs = np.nonzero(found.asnumpy()[..., 0])
        box = [xs.min() / w, ys.min() / h, (xs.max() + 1) / w, (ys.max() + 1) / h]
        np.testing.assert_allclose(moved[0], [7, *box], atol=1e-5)


def test_det_select_and_lists():
    many = I.CreateMultiRandCropAugmenter(min_object_covered=[0.1, 0.5], max_attempts=[10, 20])
    assert [aug.max_attempts for aug in many.aug_list] == [10, 20]
    with pytest.raises(mx.MXNetError, match="2 values"):
        I.CreateMultiRandCropAugmenter(min_object_covered=[0.1, 0.5], max_attempts=[1, 2, 3])
    image, label = array(), np.ones((1, 5))
    assert I.DetRandomSelectAug([I.DetHorizontalFlipAug(1)], skip_prob=1)(image, label)[0] is image
    with pytest.raises(TypeError):
        I.DetBorrowAug(I.DetHorizontalFlipAug(1))


def test_det_shapes(detection):
    iterator = I.ImageDetIter(4, (3, 20, 20), **detection)
    other = I.ImageDetIter(4, (3, 20, 20), **detection)
    iterator.reshape(data_shape=(3, 10, 12), label_shape=(6, 5))
    iterator.auglist = I.CreateDetAugmenter((3, 10, 12))
    batch = iterator.next()
    assert (batch.data[0].shape, batch.label[0].shape) == ((4, 3, 10, 12), (4, 6, 5))
    assert iterator.sync_label_shape(other).label_shape == (6, 5)
    with pytest.raises(ValueError, match="count from 6 to 2"):
        iterator.reshape(label_shape=(2, 5))


def test_det_refuses_other_labels(records):
    with pytest.raises(mx.MXNetError, match="Label shape is invalid"):
        I.ImageDetIter(4, (3, 20, 20), path_imgrec=records)


def test_det_draws(detection):
    iterator = I.ImageDetIter(4, (3, 60, 60), **detection)
    drawn = next(iterator.draw_next(color=(255, 0, 0), thickness=1, id2labels={0: "cat"}))
    assert drawn.shape == (60, 60, 3)
    assert drawn[6, 20].tolist() == [255, 0, 0]
    with pytest.raises(mx.MXNetError, match="windows"):
        next(iterator.draw_next(waitKey=1))
