"""Teaches a network the drawings of a hand.

The rehearsed digits and the taught drawings pass through the network once; after that a correction
trains the vote alone. A `Teacher` is not thread-safe.
"""

import numpy as np

from data.canvas import from_strokes
from nn import Sequential
from nn.training import vote
from weights.hand import rehearsal, warps
from weights.hand.drawings import Drawing, Strokes
from weights.hand.store import Hand, fingerprint, fits

VARIATIONS = 8
"""A drawing and variations of it, which are learned together."""


class Teacher:
    """A network, a hand, and the network that learned it.

    Parameters
    ----------
    model : Sequential
        The network before it is taught. It is left unchanged.
    hand : Hand

    Attributes
    ----------
    drawings : list of Drawing
        Those that the last network learned.
    """

    def __init__(self, model: Sequential, hand: Hand) -> None:
        self.model = model
        self.hand = hand
        self.drawings: list[Drawing] = []
        self._network: str | None = None  # fingerprint of the model
        self._rehearsed: np.ndarray | None = None
        self._features: dict[str, np.ndarray] = {}  # by the drawing's strokes

    def recall(self) -> Sequential | None:
        """Return the network that learned the hand's drawings; None if it must be trained first.

        Raises
        ------
        DataError
            If the file of drawings is damaged.
        OSError
            If it cannot be read.
        """
        self.drawings = self.hand.drawings()
        if not self.drawings:
            return self.model
        params = self.hand.load_vote(self.network, self.drawings)
        if params is None or not fits(self.model, params):
            return None
        return vote.with_vote(self.model, params)

    def learn(self) -> Sequential:
        """Return a network that learned the hand's drawings, and keep its vote.

        Raises as `recall`, and ValueError if the network has no vote.
        """
        recalled = self.recall()
        if recalled is not None:
            return recalled
        params = self.train(self.drawings)
        self.hand.save_vote(self.network, self.drawings, params)
        return vote.with_vote(self.model, params)

    def teach(self, label: int, read_as: int, strokes: Strokes) -> Sequential:
        """Add a drawing to the hand, and return the network that learned it.

        The drawing is on the disk before the training begins. Raises as `learn`.
        """
        vote.vote_of(self.model)  # raises before anything is kept
        self.hand.add(label, read_as, strokes)
        return self.learn()

    def train(self, drawings: list[Drawing]) -> dict[str, np.ndarray]:
        """Return the parameters of a vote that learned some drawings; nothing is written."""
        if self._rehearsed is None:
            self._rehearsed = rehearsal.load(self.model)
        last = self.model.layers[vote.vote_of(self.model)]
        if not drawings:
            return last.params
        taught = np.stack([self._features_of(drawing) for drawing in drawings])
        labels = np.array([drawing.label for drawing in drawings])
        return vote.teach(last, self._rehearsed, taught, labels)

    @property
    def network(self) -> str:
        """The fingerprint of the network before it is taught."""
        if self._network is None:
            self._network = fingerprint(self.model)
        return self._network

    def _features_of(self, drawing):
        """Return the features of a drawing and its variations, (`VARIATIONS`, in_features)."""
        key = repr(drawing.strokes)
        if key not in self._features:
            rng = np.random.default_rng(len(key))
            varied = warps.variations(drawing.strokes, VARIATIONS, rng)
            images = np.stack([from_strokes(strokes) for strokes in varied])
            self._features[key] = vote.features(self.model, images)
        return self._features[key]
