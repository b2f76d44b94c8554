"""Keras's files made by hand, as its documentation describes them: independent of our writer."""

import io
import json
import zipfile

import h5py
import numpy as np

CONV = np.ones((3, 3, 1, 1), np.float32)
DENSE = np.array([[0.01, -0.01]], np.float32), np.zeros(2, np.float32)


def layer(kind, name="", **config):
    return {"class_name": kind, "config": {"name": name or kind.lower(), **config}}


def small_layers():
    """Return the layers of a network for images of 4 x 4, worked by hand below."""
    return [
        layer("InputLayer", batch_shape=[None, 4, 4, 1]),
        layer(
            "Conv2D", "conv", filters=1, kernel_size=[3, 3], strides=[2, 2], padding="same",
            use_bias=False, activation="relu", data_format="channels_last",
        ),
        layer("AveragePooling2D", pool_size=[3, 3], strides=[2, 2], padding="same"),
        layer("Flatten"),
        layer("Dropout", rate=0.5),
        layer("Dense", "dense", units=2, use_bias=True, activation="softmax"),
    ]  # fmt: skip


SMALL_WEIGHTS = {"conv": [("kernel", CONV)], "dense": [("kernel", DENSE[0]), ("bias", DENSE[1])]}
IMAGE = np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)
# The windows start at rows and columns 0 and 2 and are padded below and to the right: their sums
# are 45, 39, 66 and 50. The mean, without padding, is 50; the logits are 0.5 and -0.5.
ANSWER = 1 / (1 + np.exp(-1.0))


def sequential(layers, **more):
    return {"class_name": "Sequential", "config": {"name": "sequential", "layers": layers}, **more}


def legacy(path, described, weights, suffix=":0"):
    """Write the HDF5 file of Keras 2 or, with an empty suffix, as Keras 3 writes it."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(described)
        root = file.create_group("model_weights")
        root.attrs["layer_names"] = [name.encode() for name in weights]
        for name, arrays in weights.items():
            group = root.create_group(name)
            names = [f"{name}/{key}{suffix}" for key, _ in arrays]
            group.attrs["weight_names"] = np.array(names, "S")
            for key, (_, array) in zip(names, arrays, strict=True):
                group[key] = array
    return path


def small(path, layers=None, weights=SMALL_WEIGHTS):
    """Write the network of `small_layers`, or of other layers, as a legacy file."""
    return legacy(path, sequential(layers or small_layers()), weights)


def archive(path, described, weights, folder="layers", separator="/"):
    """Write the archive of Keras 3; the keys of ``weights`` are class names, counted.

    On Windows, Keras 2.13 to 2.15 wrote a backslash as ``separator`` of the folder and the name.
    """
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        for name, arrays in weights.items():
            for i, (_, array) in enumerate(arrays):
                file[f"{folder}{separator}{name}/vars/{i}"] = array
    with zipfile.ZipFile(path, "w") as members:
        members.writestr("config.json", json.dumps(described))
        members.writestr("model.weights.h5", content.getvalue())
    return path
