"""ImageRecordIter and ImageDetRecordIter: batches, passes, augmentation, threads, failures."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np
import pytest

import mxnet as mx
from image_files import boxes, compressed, gradient, pictures, write_records
from mxnet.imaging import color
from mxnet.imaging.augment import Augmentation
from mxnet.imaging.detection_augment import DetectionAugmentation
from mxnet.io.workers import Ahead


@pytest.fixture
def records(tmp_path):
    return write_records(tmp_path)


def make(path, kind="ImageRecordIter", **options):
    defaults = {"data_shape": (3, 20, 20), "batch_size": 4, "verbose": False}
    return getattr(mx.io, kind)(path_imgrec=path, **{**defaults, **options})


def facts(iterator) -> list[tuple]:
    return [(b.pad, b.index.tolist(), b.label[0].asnumpy().tolist()) for b in iterator]


def first(path, **options) -> np.ndarray:
    return make(path, **options).next().data[0].asnumpy()


def middle(picture) -> np.ndarray:
    h, w = picture.shape[:2]
    y, x = (h - 20) // 2, (w - 20) // 2
    return picture[y : y + 20, x : x + 20].transpose(2, 0, 1)


# -- batches and passes ----------------------------------------------------------------------------
def test_batches(records):
    iterator = make(records)
    assert iterator.provide_data == [("data", (4, 3, 20, 20))]
    assert iterator.provide_label == [("softmax_label", (4,))]
    batch = iterator.next()
    assert batch.data[0].dtype is np.float32
    for got, picture in zip(batch.data[0], pictures(), strict=False):
        np.testing.assert_array_equal(got.asnumpy(), middle(picture))


@pytest.mark.parametrize(
    ("options", "passes"),
    [
        ({}, [[(0, [0, 1, 2, 3]), (1, [4, 5, 6, 0])], [(0, [1, 2, 3, 4]), (2, [5, 6, 0, 1])]]),
        ({"round_batch": False}, [[(0, [0, 1, 2, 3]), (1, [4, 5, 6, 0])]] * 2),
        ({"batch_size": 7}, [[(0, [0, 1, 2, 3, 4, 5, 6])]] * 2),
        ({"batch_size": 9}, [[(2, [0, 1, 2, 3, 4, 5, 6, 0, 1])], [(4, [2, 3, 4, 5, 6, 0, 1, 2, 3])]]),
        ({"num_parts": 2, "part_index": 1}, [[(1, [4, 5, 6, 4])], [(2, [5, 6, 4, 5])]]),
        ({"prefetch_buffer": 1, "preprocess_threads": 1}, [[(0, [0, 1, 2, 3]), (1, [4, 5, 6, 0])]]),
    ],
)  # fmt: skip
def test_passes(records, options, passes):
    for more in ({}, {"path_imgidx": records[:-3] + "idx"}):
        iterator = make(records, **options, **more)
        for want in passes:
            assert [(pad, index) for pad, index, _ in facts(iterator)] == want
            iterator.reset()


def test_reset_in_the_middle_starts_over(records):
    iterator = make(records)
    whole = facts(make(records))
    iterator.reset()
    iterator.next()
    iterator.reset()
    assert facts(iterator) == whole
    assert list(iterator) == []


def test_shuffle_takes_every_image_once(records):
    iterator = make(records, shuffle=True, batch_size=7, seed=5)
    orders = []
    for _ in range(3):
        ((_, order, _),) = facts(iterator)
        assert sorted(order) == list(range(7))
        orders.append(order)
        iterator.reset()
    assert orders[0] != orders[1]
    assert facts(make(records, shuffle=True, batch_size=7, seed=5))[0][1] == orders[0]
    assert facts(make(records, shuffle=True, batch_size=7, seed=6))[0][1] != orders[0]


def test_labels_of_a_list(records, tmp_path):
    (tmp_path / "x.lst").write_text("".join(f"{i}\t{i}\t{-i}\t{i}.png\n" for i in range(7)))
    iterator = make(records, path_imglist=str(tmp_path / "x.lst"), label_width=2)
    assert iterator.provide_label == [("softmax_label", (4, 2))]
    assert facts(iterator)[0][2] == [[0, 0], [1, -1], [2, -2], [3, -3]]


def test_wide_labels(tmp_path):
    path = write_records(tmp_path, label=lambda i: [i, 2 * i])
    assert facts(make(path, label_width=2))[0][2][1] == [1, 2]


@pytest.mark.parametrize(
    ("kind", "options", "dtype", "top"),
    [
        ("ImageRecordIter", {"dtype": "float16"}, np.float16, 255),
        ("ImageRecordUInt8Iter", {}, np.uint8, 255),
        ("ImageRecordUInt8Iter_v1", {}, np.uint8, 255),
        ("ImageRecordInt8Iter", {}, np.int8, 127),
        ("ImageRecordIter_v1", {}, np.float32, 255),
    ],
)
def test_types(records, kind, options, dtype, top):
    batch = make(records, kind, **options).next()
    assert batch.data[0].dtype is dtype
    want = np.stack([middle(p) for p in pictures()[:4]]).clip(0, top)
    np.testing.assert_array_equal(batch.data[0].asnumpy(), want.astype(dtype))


# -- augmentation ----------------------------------------------------------------------------------
def test_normalization(records):
    plain = first(records)
    got = first(records, mean_r=10, mean_g=20, mean_b=30, std_r=2, std_g=3, std_b=4, scale=0.5)
    mean, std = (np.reshape(v, (3, 1, 1)) for v in ([10.0, 20, 30], [2.0, 3, 4]))
    np.testing.assert_allclose(got, (plain - mean) * 0.5 / std, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(first(records, mirror=True), plain[..., ::-1])
    np.testing.assert_array_equal(first(records, pad=5), plain)
    assert first(records, data_shape=(1, 20, 20)).shape == (4, 1, 20, 20)
    assert (first(records, data_shape=(4, 20, 20))[:, 3] == 255).all()


def test_mean_image(records, tmp_path):
    path = str(tmp_path / "mean.nd")
    got = first(records, mean_img=path)
    mean = mx.nd.load(path)["mean_img"].asnumpy()
    np.testing.assert_allclose(mean, np.mean([middle(p) for p in pictures()], axis=0), rtol=1e-5)
    np.testing.assert_allclose(got, first(records) - mean, rtol=1e-4, atol=1e-3)
    np.testing.assert_array_equal(first(records, mean_img=path), got)
    with pytest.raises(mx.MXNetError, match="data_shape"):
        make(records, mean_img=path, data_shape=(3, 10, 10))


AUGMENTATIONS = [
    {"resize": 25},
    {"resize": 50, "inter_method": 2},
    {"rand_crop": True},
    {"random_resized_crop": True, "min_random_area": 0.2, "max_aspect_ratio": 0.3},
    {"max_rotate_angle": 30, "fill_value": 7},
    {"rotate": 45},
    {"max_shear_ratio": 0.3},
    {"min_random_scale": 0.8, "max_random_scale": 1.2},
    {"max_aspect_ratio": 0.3},
    {"min_crop_size": 15, "max_crop_size": 25, "rand_crop": True},
    {"min_img_size": 45},
    {"pad": 4, "rand_crop": True, "fill_value": 0},
    {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4},
    {"random_h": 30, "random_s": 40, "random_l": 50},
    {"pca_noise": 0.1},
    {"inter_method": 10, "resize": 33},
]


@pytest.mark.parametrize("options", AUGMENTATIONS, ids=lambda o: "-".join(o))
def test_augmentation(options):
    aug = Augmentation(data_shape=(3, 20, 24), **options)
    for image in (gradient(40, 50), gradient(15, 60), gradient(26, 26)):
        if "max_crop_size" in options and min(image.shape[:2]) < 25:
            continue
        got = aug(image, np.random.default_rng(1))
        assert (got.shape, got.dtype) == ((20, 24, 3), np.uint8)
        np.testing.assert_array_equal(got, aug(image, np.random.default_rng(1)))


def test_augmentation_refuses():
    for options in ({"inter_method": 5}, {"min_crop_size": 5, "max_crop_size": 3}):
        with pytest.raises(mx.MXNetError):
            Augmentation(data_shape=(3, 20, 20), **options)
    with pytest.raises(mx.MXNetError, match="smaller than max_crop_size"):
        Augmentation((3, 2, 2), min_crop_size=30, max_crop_size=30)(
            gradient(20, 40), np.random.default_rng(0)
        )


def test_hue_lightness_saturation_round_trip():
    pixels = np.random.randint(0, 256, (20, 30, 3)).astype(np.uint8)
    pixels[0] = 9
    np.testing.assert_allclose(color.from_hls(color.to_hls(pixels)), pixels, atol=1e-3)


# -- threads ---------------------------------------------------------------------------------------
def test_threads_change_nothing(records):
    options = {"rand_crop": True, "rand_mirror": True, "brightness": 0.5, "shuffle": True}
    one, many = (make(records, preprocess_threads=n, **options) for n in (1, 7))
    for left, right in zip(one, many, strict=True):
        np.testing.assert_array_equal(left.data[0].asnumpy(), right.data[0].asnumpy())
        assert left.index.tolist() == right.index.tolist()
    other = first(records, seed_aug=3, **options)
    assert not np.array_equal(other, first(records, seed_aug=4, **options))


def test_batches_are_prepared_ahead():
    started = [threading.Event() for _ in range(5)]
    batches = iter([(i, [event.set]) for i, event in enumerate(started)])
    ahead = Ahead(batches, threads=2, ahead=3)
    assert all(event.wait(10) for event in started[:3])
    assert not started[3].is_set()
    assert [ahead.next() for _ in range(5)] == list(range(5))
    with pytest.raises(StopIteration):
        ahead.next()


def test_failure_of_a_worker_is_raised_and_ends_the_pass():
    def fail():
        raise OSError("gone")

    ahead = Ahead(iter([(0, []), (1, [fail]), (2, [])]), threads=2, ahead=2)
    assert ahead.next() == 0
    with pytest.raises(OSError, match="gone"):
        ahead.next()
    with pytest.raises(StopIteration):
        ahead.next()


def test_works_after_a_fork(records):
    iterator = make(records)
    child = os.fork()
    if child == 0:
        os._exit(len(facts(iterator)))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
    assert len(facts(iterator)) == 2


# -- failures --------------------------------------------------------------------------------------
def test_broken_image_is_named(tmp_path):
    path = write_records(tmp_path, images=[*pictures()[:5], b"junk"])
    iterator = make(path, batch_size=2)
    assert len([iterator.next(), iterator.next()]) == 2
    with pytest.raises(mx.MXNetError, match=r"x\.rec: record 5 at offset \d+: .*Invalid image"):
        iterator.next()
    assert list(iterator) == []
    iterator.reset()
    assert iterator.next().index.tolist() == [0, 1]


def test_truncated_file_is_refused(records):
    content = Path(records).read_bytes()
    Path(records).write_bytes(content[:-10])
    with pytest.raises(mx.MXNetError, match="cut short"):
        make(records)
    with pytest.raises(mx.MXNetError, match="cut short"):
        facts(make(records, path_imgidx=records[:-3] + "idx"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label_width": 2}, "label_width"),
        ({"part_index": 2, "num_parts": 2}, "part_index"),
        ({"batch_size": 0}, "batch_size"),
        ({"data_shape": (20, 20)}, "data_shape"),
        ({"path_imgrec": "nope.rec"}, "nope.rec"),
    ],
)
def test_refusals(records, options, message):
    with pytest.raises(mx.MXNetError, match=message):
        facts(
            mx.io.ImageRecordIter(
                **{"path_imgrec": records, "data_shape": (3, 20, 20), "batch_size": 4, **options}
            )
        )


def test_required_and_unknown_parameters(records):
    with pytest.raises(mx.MXNetError, match="Required parameter data_shape"):
        mx.io.ImageRecordIter(path_imgrec=records, batch_size=1)
    with pytest.warns(UserWarning, match="Did you mean .rand_mirror"):
        make(records, rnd_mirror=True)


def test_parameters_as_strings(records):
    batch = make(records, data_shape="(3, 10, 12)", batch_size="2", rand_mirror="True").next()
    assert batch.data[0].shape == (2, 3, 10, 12)


# -- detection -------------------------------------------------------------------------------------
@pytest.fixture
def detection(tmp_path):
    return write_records(tmp_path, label=boxes)


def test_detection_labels(detection):
    iterator = make(detection, "ImageDetRecordIter")
    assert iterator.provide_label == [("softmax_label", (4, 21))]
    label = iterator.next().label[0].asnumpy()
    assert label[0, :4].tolist() == [3, 20, 20, 7]
    np.testing.assert_allclose(label[0, 4:11], boxes(0), rtol=1e-6)
    assert (label[0, 11:] == -1).all()
    wide = make(detection, "ImageDetRecordIter", label_pad_width=30, label_pad_value=-2)
    assert wide.next().label[0][0, -1].asscalar() == -2
    with pytest.raises(mx.MXNetError, match="label_pad_width"):
        make(detection, "ImageDetRecordIter", label_pad_width=10)


@pytest.mark.parametrize(
    ("mode", "shape", "size"),
    [
        ("force", (3, 20, 20), (20, 20)),
        ("fit", (3, 20, 20), (15, 20)),
        ("fit", (3, 50, 60), (45, 60)),
        ("shrink", (3, 20, 20), (15, 20)),
        ("shrink", (3, 50, 60), (30, 40)),
    ],
)
def test_detection_sizes(detection, mode, shape, size):
    batch = make(detection, "ImageDetRecordIter", resize_mode=mode, data_shape=shape).next()
    assert tuple(batch.label[0][0, 1:3].asnumpy()) == size
    outside = batch.data[0][0].asnumpy().copy()
    outside[:, : size[0], : size[1]] = 0
    assert not outside.any()


SCALES = {"rand_crop_prob": 1.0, "min_crop_scales": (0.6,), "max_crop_scales": (0.9,)}
DETECTION = [
    {"rand_mirror_prob": 1.0},
    {"rand_pad_prob": 1.0, "max_pad_scale": 2.0, "fill_value": 0},
    {**SCALES, "min_crop_overlaps": (0.1,)},
    {**SCALES, "crop_emit_mode": "overlap", "emit_overlap_thresh": 0.5},
    {**SCALES, "num_crop_sampler": 2, "min_crop_object_coverages": (0.5, 0.9)},
    {**SCALES, "min_crop_scales": 0.7, "max_crop_scales": [1.0]},
]


@pytest.mark.parametrize("options", DETECTION, ids=lambda o: "-".join(o))
def test_detection_boxes_stay_on_their_objects(options):
    image = np.zeros((50, 60, 3), np.uint8)
    image[10:30, 15:45] = 255
    objects = np.array([[7, 15 / 60, 10 / 50, 45 / 60, 30 / 50]], np.float32)
    aug = DetectionAugmentation((3, 100, 100), inter_method=0, **options)
    for seed in range(5):
        got, moved = aug(image, objects, np.random.default_rng(seed))
        ys, xs = np.nonzero(got[..., 0])
        box = np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]) / 100
        np.testing.assert_allclose(moved[0], [7, *box], atol=0.04)


def test_detection_colours_and_refusals(detection):
    options = {f"max_random_{k}": 20 for k in ("hue", "saturation", "illumination")}
    options |= {f"random_{k}_prob": 1.0 for k in ("hue", "saturation", "illumination")}
    changed = make(detection, "ImageDetRecordIter", **options).next().data[0].asnumpy()
    plain = make(detection, "ImageDetRecordIter").next().data[0].asnumpy()
    assert 1 < np.abs(changed - plain).mean() < 80
    for options, message in (
        ({"resize_mode": "x"}, "resize_mode"),
        (
            {"num_crop_sampler": 2, "min_crop_scales": (1, 2, 3), "rand_crop_prob": 1},
            "min_crop_scales",
        ),
    ):
        with pytest.raises(mx.MXNetError, match=message):
            make(detection, "ImageDetRecordIter", **options).next()


def test_detection_needs_detection_labels(records):
    with pytest.raises(mx.MXNetError, match="a detection label has"):
        make(records, "ImageDetRecordIter")


def test_training_from_records(tmp_path):
    images = [np.full((12, 12, 3), 40 + 150 * (i % 2), np.uint8) for i in range(16)]
    path = write_records(tmp_path, label=lambda i: i % 2, images=[compressed(i) for i in images])
    train = make(path, data_shape=(3, 8, 8), mean_r=120, mean_g=120, mean_b=120, scale=0.01)
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2)
    module = mx.mod.Module(mx.sym.SoftmaxOutput(net, name="softmax"))
    module.fit(train, num_epoch=3, optimizer_params={"learning_rate": 0.5})
    train.reset()
    assert module.score(train, "acc") == [("accuracy", 1.0)]
