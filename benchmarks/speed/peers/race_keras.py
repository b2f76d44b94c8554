"""Keras on TensorFlow in the race: with ``fit``, or a training step compiled by ``tf.function``.

XLA (``jit_compile=True``) is off: it compiles for seconds, and is slower for this network.
"""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from benchmarks.speed.race import Batches, Layer, System, Task, read_layers

BATCH = tuple(tf.TensorSpec(shape, tf.uint8) for shape in ((None, 28, 28), (None,)))
"""Images and labels. The size of a batch is left open: the last one, which is smaller, would be
compiled anew."""

IMAGES_A_CALL = 1_000


class Function(System):
    """Training step and prediction, each compiled to a graph."""

    def __init__(self, task: Task, model: Path):
        super().__init__(task, model)
        tf.config.threading.set_intra_op_parallelism_threads(task.threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        keras.utils.set_random_seed(task.seed)
        self.net = build(read_layers(model))
        self.loss = keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=task.label_smoothing
        )

    def adam(self, rates: np.ndarray) -> keras.optimizers.Optimizer:
        """Return the optimizer with a learning rate for each step."""
        beta1, beta2 = self.task.betas
        return keras.optimizers.Adam(Rates(rates), beta1, beta2, epsilon=1e-8)

    def train(self, batches: Batches, rates: np.ndarray) -> None:
        """Take one step for each batch; see `System.train`."""
        variables = self.net.trainable_variables
        optimizer = self.adam(rates)
        optimizer.build(variables)

        @tf.function(input_signature=BATCH)
        def step(images, labels):
            x, targets = prepare(images, labels)
            with tf.GradientTape() as tape:
                loss = self.loss(targets, self.net(x, training=True))
            optimizer.apply(tape.gradient(loss, variables), variables)

        for images, labels in batches:
            step(tf.constant(images), tf.constant(labels))

    def classify(self, images: np.ndarray) -> np.ndarray:
        """Return the class of each image; see `System.classify`."""

        @tf.function(reduce_retracing=True)
        def classes(part):
            return tf.argmax(self.net(as_input(part), training=False), axis=1)

        parts = [classes(tf.constant(images[i : i + IMAGES_A_CALL]))
                 for i in range(0, len(images), IMAGES_A_CALL)]  # fmt: skip
        return tf.concat(parts, 0).numpy()


class Fit(Function):
    """Training with ``fit``."""

    def train(self, batches: Batches, rates: np.ndarray) -> None:
        """Take one step for each batch; see `System.train`."""
        examples = tf.data.Dataset.from_generator(lambda: batches, output_signature=BATCH)
        self.net.compile(self.adam(rates), self.loss, jit_compile=False)
        self.net.fit(
            examples.map(prepare).prefetch(2), steps_per_epoch=len(rates), epochs=1, verbose=0
        )


class Rates(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule that reads the rate of each step from an array."""

    def __init__(self, rates: np.ndarray):
        self.rates = tf.constant(rates, tf.float32)

    def __call__(self, step):
        """Return the learning rate of a step, from 0."""
        return tf.gather(self.rates, tf.cast(step, tf.int32))


def as_input(images):
    """Return uint8 images as float32 in [0, 1], (N, 28, 28, 1)."""
    return tf.cast(images[..., tf.newaxis], tf.float32) / 255


def prepare(images, labels):
    """Return a batch as the network and the loss take it."""
    return as_input(images), tf.one_hot(labels, 10)


LAYERS = {
    "Conv2D": lambda c: layers.Conv2D(
        c["out_channels"], c["kernel_size"], c["stride"], "same" if c["pad"] == "same" else "valid"
    ),
    "ReLU": lambda c: layers.ReLU(),
    "MaxPool2D": lambda c: layers.MaxPooling2D(c["size"], c["stride"]),
    "BatchNorm": lambda c: layers.BatchNormalization(momentum=c["momentum"], epsilon=c["eps"]),
    "Flatten": lambda c: layers.Flatten(),
    "Dense": lambda c: layers.Dense(c["out_features"]),
}


def build(described: list[Layer]) -> keras.Sequential:
    """Return the network with its initial weights, as layers of Keras."""
    made = [LAYERS[layer.kind](layer.config) for layer in described]
    net = keras.Sequential([keras.Input((28, 28, 1)), *made])
    for theirs, layer in zip(made, described, strict=True):
        for variable, ours in zip(theirs.trainable_variables, layer.params, strict=True):
            variable.assign(ours)
    return net
