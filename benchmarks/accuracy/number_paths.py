"""All divisions of a line of writing, and how probable the right ones are among them.

The probability of a division is proportional to the exponential of its score (`data.segments.row`).
So the logarithm of a reading's probability is that of two sums over paths: over all divisions that
give it, and over all. Both are found by dynamic programming.

References
----------
Lafferty, McCallum and Pereira, "Conditional Random Fields", 2001.
"""

from dataclasses import dataclass, field

import numpy as np

from data.segments import cuts, row
from data.segments.graph import Block, Cut

Run = tuple[int, int]

WEIGHTS = {
    row: ("DIGIT", "TRUST", "SURE", "ODDS_TOUCHING", "PAIR_SLOPE", "SIGN_COST", "SIGN_IN_DIGIT"),
    cuts: ("CUT", "OVERLAP"),
}
"""The score's weights that are fitted, by module."""

MOST = 150
"""Rounds of reading to find the right division."""

STEP = 0.01
"""Change of a weight by which the scores' derivatives are found."""

NEAR = 1e-3
"""Of the squares of changes, added to the loss: what the data does not tell stays."""


@dataclass
class Example:
    """A line of writing and what it says.

    Attributes
    ----------
    blocks : list of Block
    height : float
    draw : callable
    truth : str
    from_picture : bool
        Whether its cuts are those of `data.segments.cuts`.
    seen : dict of run to (image, probabilities)
        The candidates that were read.
    """

    blocks: list[Block]
    height: float
    draw: row.Draw
    truth: str
    from_picture: bool
    seen: dict[Run, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)

    def candidates(self) -> row.Candidates:
        """Return its candidates under the present weights."""
        blocks = self.blocks
        if self.from_picture:
            blocks = [self._weighed(block) for block in blocks]
        return row.candidates(blocks, self.height)

    def _weighed(self, block):
        sides = [cut.left for cut in block.cuts]
        weighed = [Cut(side, cuts.odds(side, block.parts, self.height)) for side in sides]
        return Block(block.parts, weighed, block.joined)

    def scores(self) -> tuple[list[Run], np.ndarray]:
        """Return the candidates that were read, in order, and their scores with their cuts'."""
        line = self.candidates()
        runs = sorted(run for run in line.runs if run in self.seen or run in line.signs)
        return runs, np.array([
            line.scores[run] - line.split[run[0]]
            + (0.0 if run in line.signs else row.certainty(self.seen[run][1]))
            for run in runs
        ])  # fmt: skip

    def explore(self, classify: row.Classify) -> None:
        """Read the candidates of the best division and of the best right one."""
        line = self.candidates()
        self.seen |= row.search(line, self.draw, classify)[2]
        for _ in range(MOST):
            path = _best_right(line, self.seen, self.truth)
            unread = [run for run in path if run not in self.seen and run not in line.signs]
            if not unread:
                return
            images = np.stack([self.draw(line.graph.inside(run)) for run in unread])
            answers = zip(images, classify(images), strict=True)
            self.seen |= dict(zip(unread, answers, strict=True))

    def text(self, run: Run, signs: dict[Run, str]) -> str:
        """Return what a candidate that was read says."""
        return signs[run] if run in signs else str(int(self.seen[run][1].argmax()))


def _best_right(line, seen, truth):
    """Return the best path that says the truth, where what was not read may be any digit."""
    best = {(0, 0): (0.0, ())}  # by node and length of what was said: score and path
    for i, j in sorted(line.scores):
        run = i, j
        score = line.scores[run] - line.split[i]
        if run in seen and run not in line.signs:
            score += row.certainty(seen[run][1])
        for said in range(len(truth) + 1):
            if (i, said) not in best:
                continue
            text = _text(line, seen, run, truth[said : said + 1])
            before, path = best[i, said]
            end = j, said + len(text)
            is_right = truth.startswith(text, said)
            if is_right and before + score > best.get(end, (-np.inf, ()))[0]:
                best[end] = before + score, (*path, run)
    return best.get((len(line.graph) - 1, len(truth)), (0.0, ()))[1]


def _text(line, seen, run, wanted):
    """Return what a candidate says; one that was not read says the wanted digit."""
    if run in line.signs:
        return line.signs[run]
    if run in seen:
        return str(int(seen[run][1].argmax()))
    return wanted if wanted.isdigit() else "?"


class Fit:
    """The examples as sums over paths, with scores that are linear in the weights.

    Parameters
    ----------
    given : list of Example
        Those without a right division are left out.
    """

    def __init__(self, given: list[Example]) -> None:
        self.lines = []
        for example in given:
            line = example.candidates()
            runs, scores = example.scores()
            last = len(line.graph) - 1
            edges = [(k, i, j) for k, (i, j) in enumerate(runs)]
            right = _right_edges(
                runs, [example.text(run, line.signs) for run in runs], example.truth
            )
            ends = (0, 0), (last, len(example.truth))
            if any(end == ends[1] for _, _, end in right):
                slopes = [_derivative(example, scores, *name) for name in names()]
                self.lines.append((edges, (0, last), right, ends, scores, np.array(slopes).T))

    def loss(self, change: np.ndarray) -> tuple[float, np.ndarray]:
        """Return minus the mean logarithm of the right readings' probability, and its gradient."""
        total, gradient = 0.0, np.zeros(len(change))
        for edges, ends, right, right_ends, scores, slopes in self.lines:
            now = (scores + slopes @ change).tolist()
            log_all, share = _sum_over_paths(now, edges, *ends)
            log_right, right_share = _sum_over_paths(now, right, *right_ends)
            total += log_all - log_right
            gradient += (share - right_share) @ slopes
        n = len(self.lines)
        return total / n + NEAR * change @ change, gradient / n + 2 * NEAR * change


def _right_edges(runs, texts, truth):
    """Return (index, node and length before, node and length after) of all that may be right."""
    reached, edges = {(0, 0)}, []
    for k, ((i, j), text) in enumerate(zip(runs, texts, strict=True)):
        for said in range(len(truth) + 1):
            if (i, said) in reached and truth.startswith(text, said):
                reached.add((j, said + len(text)))
                edges.append((k, (i, said), (j, said + len(text))))
    return edges


def _sum_over_paths(scores, edges, start, end):
    """Return the logarithm of the sum of all paths' exponentials, and each edge's share of it."""
    forward, backward = {start: 0.0}, {end: 0.0}
    for k, i, j in edges:
        if i in forward:
            forward[j] = np.logaddexp(forward.get(j, -np.inf), forward[i] + scores[k])
    share = np.zeros(len(scores))
    for k, i, j in reversed(edges):
        if i in forward and j in backward:
            backward[i] = np.logaddexp(backward.get(i, -np.inf), backward[j] + scores[k])
            share[k] += np.exp(forward[i] + scores[k] + backward[j] - forward[end])
    return forward[end], share


def names() -> list[tuple]:
    """Return the modules and names of all weights."""
    return [(module, name) for module, names in WEIGHTS.items() for name in names]


def _derivative(example, before, module, name):
    """Return the derivative of the scores with respect to a weight, by a small change of it."""
    kept = getattr(module, name)
    setattr(module, name, kept + STEP)
    _, after = example.scores()
    setattr(module, name, kept)
    return (after - before) / STEP
