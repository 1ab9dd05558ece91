"""Altered certificates fail, with the digest of before and with one of their own."""

import copy
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flint import arb

from manual_backprop import Problem, gradient
from manual_backprop.arithmetic.precision import precision
from manual_backprop.oracle.certificate import certify
from manual_backprop.oracle.certificate_document import in_lines

from .checking import Document, as_before, checked, checker, on_a_kink, run, signed

Alteration = Callable[[Document], Any]


@cache
def sound() -> str:
    """A certificate with a verdict, as text."""
    problem = Problem.random((2, 3, 1), ["tanh", "softplus"], seed=6)
    return in_lines(certify(problem, candidate=gradient(problem)).document())


@cache
def kinked() -> str:
    """A certificate with a kink."""
    return in_lines(certify(on_a_kink()).document())


def ball(text: str, shift: float = 0.0, factor: float = 1.0) -> str:
    """The ball, moved by so many radii to a midpoint of 128 bits, its radius multiplied."""
    with precision(128):
        midpoint, radius = (checker().exact(part, 128) for part in text.split(" +/- "))
        parts = [(midpoint + shift * radius).mid(), factor * radius]
        return " +/- ".join(
            f"{'-' * (m < 0)}{abs(int(m)):#x}p{int(e):+d}" for m, e in (p.man_exp() for p in parts)
        )


def another_first_digit(text: str) -> str:
    """The number with 1 in its first place, or 2 where there is 1."""
    return re.sub("0x(.)", lambda digit: "0x2" if digit[1] == "1" else "0x1", text, count=1)


def interval(text: str, shift: float = 0.0, factor: float = 1.0) -> str:
    """The set, moved by so many radii, its radius multiplied, in float64."""
    midpoint, radius = map(float.fromhex, text.split(" +/- "))
    return f"{(midpoint + shift * radius).hex()} +/- {(factor * radius).hex()}"


def hexadecimal(text: str, factor: float) -> str:
    """The number times a factor."""
    return (float.fromhex(text) * factor).hex()


def change(*place: Any, to: Callable[[Any], Any]) -> Alteration:
    """An alteration of what stands at a place."""

    def alter(document: Document) -> None:
        part: Any = document
        for step in place[:-1]:
            part = part[step]
        part[place[-1]] = to(part[place[-1]])

    return alter


def every(*place: Any, to: Callable[[Any], Any]) -> Alteration:
    """An alteration of every text in the lists at a place."""

    def deep(value: Any) -> Any:
        return [deep(each) for each in value] if isinstance(value, list) else to(value)

    return change(*place, to=deep)


def always(value: Any) -> Callable[[Any], Any]:
    """What is there gives way to a value."""
    return lambda _: value


def second_opinion(document: Document) -> None:
    """The true ball of an entry under its name, another one in its place."""
    enclosure = document["enclosure"]
    enclosure["weights[0][0][0]"] = enclosure["weights"][0][0][0]
    enclosure["weights"][0][0][0] = "0x0p+0 +/- 0x0p+0"


ALTERATIONS: dict[str, tuple[Callable[[], str], Alteration, str]] = {
    # what it does: the certificate, the alteration, words of the answer
    "a midpoint's first digit": (
        sound,
        change("enclosure", "weights", 0, 1, 0, to=another_first_digit),
        "weights[0][1][0] is",
    ),
    "a midpoint by three radii": (
        sound,
        change("enclosure", "weights", 0, 0, 0, to=lambda t: ball(t, shift=3)),
        "weights[0][0][0] is",
    ),
    "a bias's midpoint": (
        sound,
        change("enclosure", "biases", 1, 0, to=lambda t: ball(t, shift=-3)),
        "biases[1][0] is",
    ),
    "an input's midpoint": (
        sound,
        change("enclosure", "inputs", 3, 1, to=lambda t: ball(t, shift=3)),
        "inputs[3][1] is",
    ),
    "the loss": (sound, change("enclosure", "loss", to=lambda t: ball(t, shift=3)), "loss is"),
    "a sign": (
        sound,
        change("enclosure", "weights", 1, 0, 0, to=lambda t: t[1:] if t[0] == "-" else f"-{t}"),
        "weights[1][0][0] is",
    ),
    "a radius too small": (
        sound,
        change("enclosure", "weights", 0, 0, 0, to=lambda t: ball(t, factor=2.0**-90)),
        "weights[0][0][0] is",
    ),
    "a radius of 0": (
        sound,
        change("enclosure", "weights", 0, 0, 0, to=lambda t: ball(t, factor=0)),
        "weights[0][0][0] is",
    ),
    "a radius too large for what is said": (
        sound,
        change("enclosure", "weights", 0, 0, 0, to=lambda t: ball(t, factor=2.0**80)),
        "precision was not reached",
    ),
    "a radius below 0": (
        sound,
        change("enclosure", "weights", 0, 0, 0, to=lambda t: ball(t, factor=-1)),
        "weights[0][0][0] is",
    ),
    "no bound": (
        sound,
        change("enclosure", "weights", 0, 0, 0, to=always("0x0p+0 +/- inf")),
        "precision was not reached",
    ),
    "a row less": (
        sound,
        change("enclosure", "weights", 0, to=lambda rows: rows[:-1]),
        "not the entries of the problem",
    ),
    "an entry more": (
        sound,
        change("enclosure", "biases", 0, to=lambda row: [*row, row[0]]),
        "not the entries of the problem",
    ),
    "biases gone": (
        sound,
        change("enclosure", "biases", 0, to=always(None)),
        "not the entries of the problem",
    ),
    "a weight": (
        sound,
        change("problem", "layers", 0, "weights", 2, 1, to=lambda t: hexadecimal(t, 1 + 2.0**-52)),
        "loss is",
    ),
    "a bias": (
        sound,
        change("problem", "layers", 1, "biases", 0, to=lambda t: hexadecimal(t, 1 - 2.0**-52)),
        "loss is",
    ),
    "an input": (
        sound,
        change("problem", "inputs", 0, 0, to=lambda t: hexadecimal(t, 1.5)),
        "loss is",
    ),
    "a target": (
        sound,
        change("problem", "targets", 2, 0, to=lambda t: hexadecimal(t, 0.5)),
        "loss is",
    ),
    "digits that float64 has not": (
        sound,
        change("problem", "targets", 2, 0, to=lambda t: t.replace("p", "0000000000001p")),
        "is no float64",
    ),
    "a number beyond float64": (
        sound,
        change("problem", "targets", 2, 0, to=always("0x1.0000000000000p+5000")),
        "not a certificate: OverflowError",
    ),
    "a dtype that the numbers have not": (
        sound,
        change("problem", "dtype", to=always("float32")),
        "is no float32",
    ),
    "an activation": (
        sound,
        change("problem", "layers", 0, "activation", to=always("sigmoid")),
        "loss is",
    ),
    "an unknown activation": (
        sound,
        change("problem", "layers", 0, "activation", to=always("tahn")),
        "not a certificate: KeyError: 'tahn'",
    ),
    "the loss function": (sound, change("problem", "loss", to=always("squared_error")), "loss is"),
    "the reduction": (sound, change("problem", "reduction", to=always("sum")), "loss is"),
    "a candidate": (
        sound,
        change("verdict", "candidate", "weights", 0, 0, 0, to=lambda t: hexadecimal(t, 1 + 1e-9)),
        "weights[0][0][0] is wrong, not conforms",
    ),
    "a candidate that is none": (
        sound,
        change("verdict", "candidate", "biases", 0, 1, to=always("nan")),
        "biases[0][1] is not_finite, not conforms",
    ),
    "a verdict on an entry": (
        sound,
        change("verdict", "kinds", "weights", 0, 2, 0, to=always("wrong")),
        "weights[0][2][0] is conforms, not wrong",
    ),
    "the verdict on the whole": (
        sound,
        change("verdict", "kind", to=always("wrong")),
        "the verdict is conforms, not wrong",
    ),
    "the set's radius, too small": (
        sound,
        every("verdict", "allowed", "weights", to=lambda t: interval(t, factor=2.0**-30)),
        "in truth, is",
    ),
    "the set's radius, too large": (
        sound,
        change("verdict", "allowed", "weights", 0, 0, 0, to=lambda t: interval(t, factor=2.0**60)),
        "weights[0][0][0] is undecided, not conforms",
    ),
    "the set's midpoint": (
        sound,
        change("verdict", "allowed", "weights", 0, 0, 0, to=lambda t: interval(t, shift=2.5)),
        "weights[0][0][0], in truth, is",
    ),
    "the class": (
        sound,
        change("verdict", "order", to=always("forward")),
        "the class is forward",
    ),
    "a set that knows nothing": (
        sound,
        change("verdict", "allowed", "weights", 0, 0, 0, to=always("0x0.0p+0 +/- inf")),
        "weights[0][0][0] is undecided, not conforms",
    ),
    "a set that is none": (
        sound,
        change("verdict", "allowed", "weights", 0, 0, 0, to=always("nan +/- nan")),
        "weights[0][0][0], in truth, is",
    ),
    "how it ended": (sound, change("reached", to=always("cap")), "cap was not reached"),
    "how it ended, with a kink": (sound, change("reached", to=always("hull")), "hull was not"),
    "a hull for a cap": (kinked, change("reached", to=always("cap")), "cap was not reached"),
    "half a hull": (
        kinked,
        change("enclosure", "weights", 0, 0, 0, to=lambda t: ball(t, shift=0.5, factor=0.5)),
        "weights[0][0][0] is",
    ),
    "a hull a little too small": (
        kinked,
        change("enclosure", "weights", 0, 0, 0, to=lambda t: ball(t, factor=1 - 2.0**-13)),
        "weights[0][0][0] is",
    ),
    "a hull too large": (
        kinked,
        change("enclosure", "weights", 0, 0, 0, to=lambda t: ball(t, factor=2.25)),
        "hull was not reached",
    ),
    "one choice for the hull": (
        kinked,
        change("enclosure", "weights", 0, 0, 0, to=lambda t: ball(t, shift=1, factor=0)),
        "weights[0][0][0] is",
    ),
    "a hull said to be narrow": (
        kinked,
        change("reached", to=always("precision")),
        "precision was not reached",
    ),
    "a weight more": (
        sound,
        change("problem", "layers", 0, "weights", 1, to=lambda row: [*row, row[0]]),
        "not a certificate: ValueError",
    ),
    "a target more": (
        sound,
        change("problem", "targets", 1, to=lambda row: [*row, row[0]]),
        "not a certificate: ValueError",
    ),
    "a sample more": (
        sound,
        change("problem", "targets", to=lambda rows: [*rows, rows[0]]),
        "not a certificate: ValueError",
    ),
    "an entry twice": (sound, second_opinion, "there are other arrays"),
    "a spelling": (
        sound,
        change("enclosure", "loss", to=lambda t: t.replace("0x", "0x_", 1)),
        "is no number of 128 bits",
    ),
    "a spelling of the candidate": (
        sound,
        change("verdict", "candidate", "biases", 0, 1, to=lambda t: t.replace("0x", "")),
        "is no float64",
    ),
    "a key more": (sound, lambda document: document.update(note="trust me"), "the keys are others"),
    "a key less": (sound, lambda document: document.pop("cap"), "the keys are others"),
    "the format": (
        sound,
        change("format", to=always("manual-backprop/certificate/2")),
        "not a certificate: ValueError: another format",
    ),
    "a precision less": (sound, change("bits", to=always(96)), "is no number of 96 bits"),
    "no precision": (sound, change("bits", to=always(0)), "not a certificate: ValueError: another"),
    "a precision in words": (sound, change("bits", to=always("128")), "not a certificate: TypeErr"),
    "an ending that is none": (
        sound,
        change("reached", to=always("truth")),
        "not a certificate: Key",
    ),
}


def altered(name: str) -> tuple[Document, str]:
    """The altered document with the old digest, and the words that it should be answered with."""
    text, alteration, words = ALTERATIONS[name]
    document = json.loads(text())
    before = copy.deepcopy(document)
    alteration(document)
    assert document != before
    return document, words


@pytest.mark.parametrize("text", [sound, kinked])
def test_unaltered_certificates_are_verified(text: Callable[[], str], tmp_path: Path) -> None:
    """What the alterations start from is verified, also after it was read and written."""
    assert checked(signed(json.loads(text())), tmp_path)[0] == 0


@pytest.mark.parametrize("name", ALTERATIONS)
def test_an_altered_certificate_fails(name: str, tmp_path: Path) -> None:
    """Whatever is altered, the digest does not match, or it is no certificate any more."""
    document, _ = altered(name)

    status, output = checked(document, tmp_path)

    assert status in (1, 2)
    assert re.match("does not hold: the digest is another|not a certificate: ", output)


@pytest.mark.parametrize("name", ALTERATIONS)
def test_an_altered_certificate_with_its_own_digest_fails(name: str, tmp_path: Path) -> None:
    """Whatever is altered, with a digest to match, the first thing that does not hold is named."""
    document, words = altered(name)

    status, output = checked(signed(document), tmp_path)

    assert status == (2 if "not a certificate" in output else 1)
    assert words in output


def test_a_digit_of_the_digest_fails(tmp_path: Path) -> None:
    """The digest itself altered does not match either."""
    document = json.loads(sound())
    document["digest"] = document["digest"][::-1]

    assert checked(document, tmp_path) == (1, "does not hold: the digest is another\n")


def moved(shift: float) -> dict[str, Document]:
    """The sound certificate with one ball moved by so many radii, for each of them."""
    documents = {}
    for name in checker().entries(json.loads(sound())["enclosure"]):
        document = json.loads(sound())
        place = [int(k) for k in re.findall(r"\d+", name)]
        change("enclosure", name.split("[")[0], *place, to=lambda t: ball(t, shift=shift))(document)
        documents[name] = signed(document)
    return documents


@pytest.mark.parametrize("shift", [-3, 3])
def test_every_entry_counts(shift: float, tmp_path: Path) -> None:
    """Any one entry moved by three radii, up or down, is the one that is named."""
    documents = moved(shift)

    assert len(documents) == 22
    for name, document in documents.items():
        status, output = checked(document, tmp_path)
        assert (status, output.split(" is ")[0]) == (1, f"does not hold: {name}")


def test_power_series_alone_would_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the checker's backward pass were wrong in the 80th bit, its power series would tell."""
    right = checker().backprop

    def wrong(layers: Any, *arguments: Any) -> Any:
        loss, x_bar, *gradients = right(layers, *arguments)
        return loss, [each * (1 + arb(2) ** -80) for each in x_bar], *gradients

    monkeypatch.setattr(checker(), "backprop", wrong)

    with as_before(), pytest.raises(SystemExit, match=r"⟨∇L, v⟩ is .*, by power series "):
        checker().verify(json.loads(sound()))


@pytest.mark.parametrize("place", range(1, 22))
def test_no_entry_escapes_the_power_series(place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any one entry that backpropagation gets wrong in the 80th bit makes ⟨∇L, v⟩ another."""
    entries = checker().entries
    name = list(entries(json.loads(sound())["enclosure"]))[place]

    def wrong(parts: Any, *of: Any) -> Any:
        found = entries(parts, *of)
        whole = "loss" in found and name in found
        return found | {name: found[name] * (1 + arb(2) ** -80)} if whole else found

    monkeypatch.setattr(checker(), "entries", wrong)

    with as_before(), pytest.raises(SystemExit, match=r"⟨∇L, v⟩ is .*, by power series "):
        checker().verify(json.loads(sound()))


def test_the_backward_pass_alone_would_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the checker's power series noticed nothing, its backward pass still would."""
    derive = checker().derive
    monkeypatch.setattr(checker(), "derive", lambda problem: (derive(problem)[0], arb(0), arb(0)))

    for name, document in moved(3).items():
        with as_before(), pytest.raises(SystemExit, match=re.escape(f"{name} is")):
            checker().verify(document)


@pytest.mark.parametrize("at", range(0, 400, 23))
def test_any_character_of_the_balls_matters(at: int, tmp_path: Path) -> None:
    """A digit changed anywhere in the text of the enclosure is noticed."""
    text = sound()
    place = text.index('"enclosure"') + 30 + at
    place = next(k for k in range(place, len(text)) if text[k] in "123456789")
    path = tmp_path / "certificate.json"
    path.write_text(text[:place] + "0" + text[place + 1 :], "ascii")

    assert run(path)[0] in (1, 2)
