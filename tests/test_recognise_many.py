"""``recognise.py`` on stacks: the answers are those of single images."""

import numpy as np
import pytest

import recognise
from data import stacks
from experiment import reading
from nn import Dense, Flatten, Sequential
from tests.pictures import save_line


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "weights.npz"
    Sequential([Flatten(), Dense(28 * 28, 10, rng=np.random.default_rng(0))]).save(path)
    return path


def test_a_stack_gives_a_numbered_line_per_image(tmp_path, weights, capsys):
    images = np.random.default_rng(0).integers(0, 256, (70, 28, 28), np.uint8)
    images[3] = 0
    stack, picture = tmp_path / "digits.npy", save_line(tmp_path / "a.png")
    np.save(stack, images)
    arguments = ["--doubt=0", "--weights", str(weights), picture, str(stack), picture]
    assert recognise.main(arguments) == 1
    out, err = capsys.readouterr()
    lines = [line.split("\t") for line in out.splitlines()]
    inked = [i for i in range(70) if i != 3]
    assert [line[0] for line in lines] == [picture, *(f"{stack}[{i}]" for i in inked), picture]
    expected = Sequential.load(weights).predict_proba(images[inked])
    assert [int(line[1]) for line in lines[1:-1]] == expected.argmax(axis=1).tolist()
    np.testing.assert_allclose(
        [float(line[2]) for line in lines[1:-1]], expected.max(axis=1), atol=1e-4
    )
    assert err == f"recognise.py: {stack}[3]: blank: there is no ink in it\n"
    assert recognise.main([*arguments, "--jobs", "1"]) == 1
    assert capsys.readouterr().out == out


def test_a_broken_stack_is_reported_in_one_line(weights, tmp_path, capsys):
    (tmp_path / "bad.npz").write_bytes(b"not an archive")
    good = save_line(tmp_path / "a.png")
    bad = str(tmp_path / "bad.npz")
    assert recognise.main(["--doubt=0", "--weights", str(weights), bad, good]) == 1
    out, err = capsys.readouterr()
    assert out.startswith(good)
    assert err == f"recognise.py: {tmp_path / 'bad.npz'}: not a complete .npz file: save it again\n"


def test_a_large_stack_is_read_by_fast_layers(tmp_path, weights, monkeypatch):
    monkeypatch.setattr(stacks, "CHUNK", 40)
    images = np.random.default_rng(0).integers(1, 256, (90, 28, 28), np.uint8)
    np.save(tmp_path / "digits.npy", images)
    made, totals = [], []
    quickest = reading._quickest
    monkeypatch.setattr(reading, "_quickest", lambda net: made.append(net) or quickest(net))
    network = Sequential.load(weights)
    names = [str(tmp_path / "digits.npy")]
    answers = list(recognise.recognise(network, names, None, 2, totals.append))
    assert made == [network]
    assert totals == [90]
    np.testing.assert_allclose(
        [proba for _, proba in answers], network.predict_proba(images), atol=1e-5
    )


@pytest.mark.parametrize("jobs", ["0", "-1", "many"])
def test_an_invalid_number_of_jobs_is_refused(jobs, capsys):
    with pytest.raises(SystemExit):
        recognise.main(["--jobs", jobs])
    assert "--jobs: invalid int of at least 1" in capsys.readouterr().err
