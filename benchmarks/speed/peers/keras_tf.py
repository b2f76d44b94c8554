"""Keras on TensorFlow: as documented, or compiled by ``tf.function``.

XLA (``jit_compile=True``) is off: on CPUs it is several times slower for this network.
"""

import time
from functools import cached_property

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from benchmarks.speed.system import LEARNING_RATE, Job, System, Timed


class Function(System):
    """Training step and prediction, each compiled to a graph."""

    def __init__(self, job: Job):
        super().__init__(job)
        tf.config.threading.set_intra_op_parallelism_threads(job.threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        self.net = keras.Sequential(
            [
                keras.Input((28, 28, 1)),
                layers.Conv2D(32, 3, activation="relu"),
                layers.MaxPooling2D(),
                layers.Conv2D(64, 3, activation="relu"),
                layers.MaxPooling2D(),
                layers.Flatten(),
                layers.Dropout(0.5),
                layers.Dense(10),
            ]
        )
        self.net.set_weights(list(job.model.named_params().values()))
        self.classifier = keras.Sequential([self.net, layers.Softmax()])
        self.optimizer = keras.optimizers.Adam(LEARNING_RATE, epsilon=1e-8)
        self.optimizer.build(self.net.trainable_variables)
        self.loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.step = tf.function(self._step)
        self.call = tf.function(lambda x: self.classifier(x, training=False))

    def prepare(self, images: np.ndarray) -> tf.Tensor:
        """Return a tensor, (N, H, W, 1)."""
        return tf.constant(super().prepare(images))

    def targets(self, labels: np.ndarray) -> tf.Tensor:
        """Return class numbers, int32."""
        return tf.constant(labels.astype(np.int32))

    def _step(self, x, labels):
        variables = self.net.trainable_variables
        with tf.GradientTape() as tape:
            loss = self.loss(labels, self.net(x, training=True))
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    def predict(self, x: tf.Tensor) -> np.ndarray:
        """Return the probabilities; see `System.predict`."""
        return self.call(x).numpy()


class Fit(Function):
    """Training with ``fit``, on a cached data set of batches."""

    @cached_property
    def _dataset(self):
        job = self.job
        examples = self.prepare(job.images), self.targets(job.labels)
        dataset = tf.data.Dataset.from_tensor_slices(examples)
        self.net.compile(self.optimizer, self.loss, jit_compile=False)
        return dataset.batch(job.batch, drop_remainder=True).cache().repeat().prefetch(2)

    def train(self, steps: int) -> Timed:
        """Take steps; see `System.train`."""
        ends = []
        clock = keras.callbacks.LambdaCallback(
            on_train_begin=lambda logs: ends.append(time.perf_counter()),
            on_train_batch_end=lambda batch, logs: ends.append(time.perf_counter()),
        )
        fitted = self.net.fit(
            self._dataset, steps_per_epoch=steps, shuffle=False, verbose=0, callbacks=[clock]
        )
        return Timed(fitted.history["loss"][0], np.diff(ends).tolist())


class Call(Function):
    """Prediction by calling the model, which Keras recommends for few images."""

    def predict(self, x: tf.Tensor) -> np.ndarray:
        """Return the probabilities; see `System.predict`."""
        return self.classifier(x, training=False).numpy()


class Predict(Function):
    """Prediction with ``predict``, which Keras recommends for many images."""

    def __init__(self, job: Job):
        super().__init__(job)
        self.classifier.compile(jit_compile=False)

    def prepare(self, images: np.ndarray) -> np.ndarray:
        """Return an array: ``predict`` makes tensors itself."""
        return System.prepare(self, images)

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return the probabilities; see `System.predict`."""
        return self.classifier.predict(x, batch_size=len(x), verbose=0)
