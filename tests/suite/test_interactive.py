"""The page of `explain --interactive`: its numbers, its policy, and what a browser makes of it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
from fractions import Fraction
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import main
from conformance.worked.conversion import in_floats
from conformance.worked.entry import Entry
from conformance.worked.interactive import page as module
from conformance.worked.interactive import view
from conformance.worked.interactive.decided import view as decided_view
from conformance.worked.interactive.network import key
from conformance.worked.interactive.page import interactive
from conformance.worked.proof import entry_of
from conformance.worked.short_problems import drawn
from manual_backprop import Layer, Network, Problem, gradient
from manual_backprop.files import ProblemFile, save

from .browser import NEEDS_CHROMIUM, Element, Page, page_after

Capture = pytest.CaptureFixture[str]

CHOSEN = Entry(0, 2, 1)


@cache
def example() -> Problem:
    """A problem of short fractions, 2-3-3-1, on two samples."""
    alone = in_floats(drawn((2, 3, 3, 1), (), "half_squared_error", Fraction(1, 2), 7))
    inputs, targets = alone.inputs[[0, 0]] * [[1], [-1]], alone.targets[[0, 0]]
    return Problem(alone.network, inputs, targets, alone.loss)


@cache
def text_of(entry: Entry | None = None) -> str:
    """The page of the example."""
    return interactive(ProblemFile(example(), "float64"), "example.json", entry).text


def data_of(text: str) -> Any:
    """What the script reads."""
    [found] = Page(text).root.all(id="data")
    return json.loads("".join(map(str, found.texts)))


def number(text: str) -> Fraction:
    """A number of the page."""
    return Fraction(text.replace("−", "-").strip("()"))


# ── the numbers ──


def test_derivatives_are_the_gradient() -> None:
    """The page has every weight and bias, with the derivative that `gradient` finds."""
    entries, g = data_of(text_of())["entries"], gradient(example())
    names = {key(entry): entry for entry in decided_view(example())[0].entries()}

    assert list(names) == list(entries)
    for name, entry in names.items():
        assert number(entries[name]["derivative"]) == entry_of(g, entry)


def test_each_path_is_the_product_of_its_factors() -> None:
    """Along each path the numbers multiply to its value, and there is one for each symbol."""
    for entry in data_of(text_of())["entries"].values():
        for paths in entry["paths"]:
            for path in paths["listed"]:
                factors = list(map(number, path["numbers"].split(" · ")))
                assert len(factors) == len(path["symbols"].split())
                assert prod(factors) == number(path["value"])


def test_paths_sum_to_the_derivative() -> None:
    """All paths of a sample come to its derivative, and the samples' mean is the whole one."""
    for entry in data_of(text_of())["entries"].values():
        totals = []
        for paths in entry["paths"]:
            rest = number(paths["rest"]) if paths["more"] else 0
            totals.append(number(paths["total"]))
            assert sum(number(path["value"]) for path in paths["listed"]) + rest == totals[-1]
        assert sum(totals) / len(totals) == number(entry["derivative"])


def test_paths_that_are_not_listed_are_counted() -> None:
    """Of many paths ten are listed; the others are counted."""
    problem = Problem.random((2, 2, 4, 4), ["tanh", "relu", "identity"], samples=1)
    text = interactive(ProblemFile(problem, "float64"), "x").text
    [paths] = data_of(text)["entries"]["weight=0,1,1"]["paths"]

    assert (len(paths["listed"]), paths["more"]) == (10, 4 * 4 - 10)
    assert paths["rest"] is not None


def test_a_wrong_derivative_is_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, tmp_path: Path
) -> None:
    """If backprop disagrees with the page's own way back, no page is written."""
    save(example(), tmp_path / "p.json")
    real = view.gradient
    other = Problem.random((2, 3, 3, 1), "square", dtype=object)
    monkeypatch.setattr(view, "gradient", lambda problem: real(other))

    page = tmp_path / "page.html"
    assert main(["explain", str(tmp_path / "p.json"), "--interactive", str(page)]) == 1
    assert "disagrees with backprop" in capsys.readouterr().err
    assert not page.exists()


def test_undecided_numbers_are_status_3(tmp_path: Path) -> None:
    """Beside a kink that no precision tells from it, the page is written, and the status is 3."""
    tanh = Layer([[1.0], [1.0]], None, "tanh")
    layers = [tanh, Layer([[1.0, -1.0]], None, "relu"), Layer([[1.0]])]
    save(Problem(Network(layers), [[0.5]], [[1.0]]), tmp_path / "p.json")

    page = tmp_path / "page.html"
    assert main(["explain", str(tmp_path / "p.json"), "--interactive", str(page)]) == 3
    assert "is not told from a kink of relu" in Page(page.read_text("utf-8")).root.text


@pytest.mark.parametrize("widths", [(7, 2), (2,) * 7])
def test_a_network_that_is_too_large_is_misuse(
    widths: tuple[int, ...], capsys: Capture, tmp_path: Path
) -> None:
    """The message says what fits, and what to do instead."""
    save(Problem.random(widths), tmp_path / "p.json")

    page = tmp_path / "page.html"
    assert main(["explain", str(tmp_path / "p.json"), "--interactive", str(page)]) == 2
    assert "draws up to 5 layers of up to 6 units" in capsys.readouterr().err


# ── the page as it is written ──


def test_the_page_is_sound() -> None:
    """Elements close in order, ids are there once, labels and sections have their names."""
    root = Page(text_of()).root
    ids = [each.attributes["id"] for each in everything(root) if "id" in each.attributes]
    named = [each.attributes.get("aria-labelledby") for each in everything(root)]

    assert len(ids) == len(set(ids))
    assert set(filter(None, named)) <= set(ids)
    assert 1 == len([each for each in everything(root) if each.tag == "h1"])


def test_nothing_is_loaded_and_only_this_script_runs() -> None:
    """The policy allows the script by its hash, and the page names no other address."""
    root = Page(text_of()).root
    [policy] = root.all(http_equiv="Content-Security-Policy")
    [script] = [each for each in root.all() if each.tag == "script" and not each.attributes]
    source = "".join(map(str, script.texts))
    digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
    addresses = {
        re.sub(r"/\d.*", "", each) for each in re.findall(r"https?://[^\s\"']+", text_of())
    }

    assert policy.attributes["content"].startswith("default-src 'none';")
    assert f"script-src 'sha256-{digest}'" in policy.attributes["content"]
    assert addresses == {"http://www.w3.org"}
    assert [] == [each for each in everything(root) for name in each.attributes if name[:2] == "on"]


def test_every_weight_and_bias_is_a_button() -> None:
    """Each has a name that is read aloud, and says whether it is pressed."""
    buttons = Page(text_of()).root.all(role="button")
    labels = [each.attributes["aria-label"] for each in buttons]

    assert len(buttons) == 2 * 3 + 3 * 3 + 3 * 1 + 3 + 3 + 1
    assert "weight w₂₁⁽⁰⁾, from unit 1 of layer 0 to unit 2" in labels
    assert {"false"} == {each.attributes["aria-pressed"] for each in buttons}


def test_foreign_text_stays_text() -> None:
    """A file's name is no markup, and ends neither the data nor the script."""
    text = interactive(ProblemFile(example(), "float64"), "</script><b>").text

    assert "<b>" not in text
    assert "</script><b>" in Page(text).root.text


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_script_is_javascript(tmp_path: Path) -> None:
    """node finds no fault in its grammar."""
    (tmp_path / "page.js").write_text(module.SCRIPT, encoding="utf-8")
    command = ["node", "--check", str(tmp_path / "page.js")]

    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def everything(element: Element) -> list[Element]:
    """An element and all in it."""
    return element.all()


# ── in a browser ──


def shown(root: Element, **attributes: str) -> list[Element]:
    """The elements with these attributes that are not hidden."""
    return [each for each in root.all(**attributes) if "hidden" not in each.attributes]


def with_class(root: Element, name: str) -> set[str]:
    """The weights and units of that class, by what they are."""
    keys = ("data-layer", "data-to", "data-from", "data-unit")
    found = (each for each in root.all(class_=name) if "data-layer" in each.attributes)
    return {
        " ".join(f"{key[5:]}{each.attributes[key]}" for key in keys if key in each.attributes)
        for each in found
    }


@NEEDS_CHROMIUM
def test_the_page_opens_at_its_last_step() -> None:
    """Without a fragment everything is shown, and nothing is lit."""
    root = page_after(text_of()).root
    [caption] = shown(root, class_="caption")

    assert "Step 7 of 7: back to layer 1" in caption.text
    assert [] == root.all(class_="later")
    assert set() == with_class(root, "lit") | with_class(root, "chosen")
    assert [] == shown(root, id="panel")
    assert "disabled" in root.all(id="on")[0].attributes


@NEEDS_CHROMIUM
def test_a_step_shows_what_is_known_by_then() -> None:
    """At step 2 the numbers of two layers are there, of the sample that is asked for, and no δ."""
    problem = example()
    root = page_after(text_of(), "#step=2&sample=1").root
    [caption] = shown(root, class_="caption")
    later = {each.attributes.get("data-x", "δ") for each in root.all(class_="later")}
    x = decided_view(problem)[0].x

    assert "Step 2 of 7: forward to layer 2" in caption.text
    assert {"δ", "3,0"} == later
    assert [f"x = {view.number(x[0][1][0])}"] == [each.text for each in root.all(data_x="0,0")]
    assert {"layer2 unit0", "layer2 unit1", "layer2 unit2"} == with_class(root, "active")


LIT = {
    *(
        "layer0 unit1",
        "layer1 unit2",
        "layer2 unit0",
        "layer2 unit1",
        "layer2 unit2",
        "layer3 unit0",
    ),
    *("layer1 to0 from2", "layer1 to1 from2", "layer1 to2 from2"),
    *("layer2 to0 from0", "layer2 to0 from1", "layer2 to0 from2"),
}


@NEEDS_CHROMIUM
@pytest.mark.parametrize("opened", ["by its address", "by --weight"])
def test_a_weight_lights_up_its_paths(opened: str) -> None:
    """Lit is what its derivative sums, chosen the weight itself, and the panel lists the paths."""
    text, fragment = (
        (text_of(), "#weight=0,2,1") if opened == "by its address" else (text_of(CHOSEN), "")
    )
    root = page_after(text, fragment).root
    entry = data_of(text)["entries"]["weight=0,2,1"]
    [panel] = shown(root, id="panel")

    assert {"layer0 to2 from1"} == with_class(root, "chosen")
    assert LIT == with_class(root, "lit")
    assert ["weight=0,2,1"] == [
        each.attributes["data-entry"] for each in root.all(aria_pressed="true")
    ]
    assert (
        f"∂L of sample 0/∂w₂₁⁽⁰⁾ = {entry['paths'][0]['total']}, the sum over 3 paths" in panel.text
    )
    assert f"Over all samples: ∂L/∂w₂₁⁽⁰⁾ = {entry['derivative']} (1.2)" in panel.text
    assert 3 == len([each for each in everything(panel) if each.tag == "li"])


@NEEDS_CHROMIUM
def test_a_bias_lights_up_its_paths() -> None:
    """The unit is chosen, and the paths start there."""
    root = page_after(text_of(), "#bias=1,0").root

    assert {"layer2 unit0"} == with_class(root, "chosen")
    assert {"layer2 to0 from0", "layer3 unit0"} == with_class(root, "lit")
    assert "the sum over 1 path from it to the loss (4.2)" in shown(root, id="panel")[0].text


@NEEDS_CHROMIUM
def test_an_address_that_makes_no_sense_is_mended() -> None:
    """Unknown entries are nothing, steps and samples the nearest that there are."""
    root = page_after(text_of(), "#weight=9,9,9&step=banana&sample=77").root
    [caption] = shown(root, class_="caption")

    assert set() == with_class(root, "chosen")
    assert ("7", "1") == (caption.attributes["data-step"], caption.attributes["data-sample"])


ACT = """
const at = (key) => document.querySelector(`[data-entry="${key}"]`);
const act = (element, event) => element.dispatchEvent(event);
const typed = (key) => new KeyboardEvent("keydown", {key, bubbles: true});
const press = (key) => act(document.activeElement, typed(key));
const over = (element) => act(element, new PointerEvent("pointerover", {bubbles: true}));
"""


def after(then: str, fragment: str = "") -> Element:
    """The page after a reader has acted; what `say` was given is in the element "said"."""
    say = 'const said = document.createElement("p"); said.id = "said"; document.body.append(said);'
    say += 'const say = (text) => { said.textContent += text + " "; };'
    return page_after(text_of(), fragment, ACT + say + then).root


@NEEDS_CHROMIUM
def test_pointing_lights_up_and_leaving_lets_go() -> None:
    """A pointer over a weight previews it; when it leaves, what was kept is lit again."""
    leave = 'document.getElementById("network").dispatchEvent(new PointerEvent("pointerleave"));'
    over = 'over(at("weight=0,2,1").firstElementChild);'

    assert {"layer0 to2 from1"} == with_class(after(over, "#bias=1,0"), "chosen")
    assert {"layer2 unit0"} == with_class(after(over + leave, "#bias=1,0"), "chosen")


@NEEDS_CHROMIUM
def test_the_keyboard_is_enough() -> None:
    """Tab reaches one button, arrows the others; Enter keeps, Escape lets go, arrows step."""
    root = after(
        """
        say(document.querySelectorAll('[data-entry][tabindex="0"]').length);
        document.querySelector('[data-entry][tabindex="0"]').focus();
        press("ArrowDown"); press("ArrowDown"); press("ArrowUp");
        say(document.activeElement.dataset.entry);
        say(document.querySelectorAll('[data-entry][tabindex="0"]').length);
        press("Enter"); say(location.hash);
        press("ArrowLeft"); press("ArrowLeft"); press("ArrowRight"); say(location.hash);
        press("End"); say(document.activeElement.dataset.entry);
        press("Escape"); say(location.hash);
        """
    )
    said = [
        *("1", "weight=0,0,1", "1", "#weight=0,0,1&step=7&sample=0"),
        *("#weight=0,0,1&step=6&sample=0", "bias=2,0", "#step=6&sample=0"),
    ]

    assert said == root.all(id="said")[0].text.split()


@NEEDS_CHROMIUM
def test_buttons_and_lists_change_the_state() -> None:
    """Start, Forward, Back and End step; the lists choose sample and entry."""
    root = after(
        """
        const click = (id) => { document.getElementById(id).click(); say(location.hash); };
        const choose = (id, value) => {
          const list = document.getElementById(id);
          list.value = value;
          list.dispatchEvent(new Event("change"));
          say(location.hash);
        };
        click("first"); click("on"); click("on"); click("back"); click("last");
        choose("sample", "1"); choose("entry", "bias=0,2"); choose("entry", "");
        """
    )
    steps = [f"#step={step}&sample=0" for step in (0, 1, 2, 1, 7)]

    said = [*steps, "#step=7&sample=1", "#bias=0,2&step=7&sample=1", "#step=7&sample=1"]
    assert said == root.all(id="said")[0].text.split()


@NEEDS_CHROMIUM
def test_a_path_is_traced() -> None:
    """Pointing at a path in the list marks its weights and units, and no others."""
    second = (
        'document.querySelectorAll("#paths li")[1].dispatchEvent(new PointerEvent("pointerenter"));'
    )
    root = after(second, "#weight=0,2,1")

    marked = {
        "layer1 unit2",
        "layer2 unit1",
        "layer3 unit0",
        "layer1 to1 from2",
        "layer2 to0 from1",
    }
    assert marked == with_class(root, "path")
