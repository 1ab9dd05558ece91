#!/usr/bin/env python3
"""Make the test vectors of `conformance/vectors/`, or say whether they are what this makes.

    python tools/make_vectors.py [--seed 0] [--check] [--folder conformance/vectors]

The same seed makes the same bytes. Exit status: 0; 1 if --check finds a difference; 2 if that
cannot be done.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from vectors.document import Document, file_of, text, vector
from vectors.flags import measured
from vectors.proof import Unfit, prove
from vectors.recipe import Maker, Recipe
from vectors.schema import vectors_schema
from vectors.themes import THEMES

FOLDER = Path(__file__).resolve().parents[1] / "conformance" / "vectors"

DTYPES = ("float64", "float32")


def files(seed: int, progress: Progress) -> Iterator[tuple[str, str]]:
    """Name and text of each file, the schema last."""
    recipes = {
        name: [each for dtype in DTYPES for each in theme.recipes(Maker(dtype, seed))]
        for name, theme in THEMES.items()
    }
    bar = progress.add_task("proving", total=sum(map(len, recipes.values())))
    for name, of_theme in recipes.items():
        vectors = []
        for recipe in of_theme:
            vectors.append(made(recipe))
            progress.advance(bar)
        progress.console.print(f"{name}: {len(vectors)} vectors proved", highlight=False)
        yield f"{name}.json", text(file_of(THEMES[name].about, seed, vectors))
    yield "schema.json", json.dumps(vectors_schema(), indent=2, ensure_ascii=False) + "\n"


def made(recipe: Recipe) -> Document:
    """The vector of the first candidate that can be proved and shows what it is to show.

    Raises:
        Unfit: if none does; the message has the last reason.
    """
    reason = "there is no candidate"
    for problem in recipe.candidates:
        try:
            proof = prove(problem)
        except Unfit as error:
            reason = str(error)
            continue
        flags = measured(proof)
        missing = sorted(set(recipe.shows) - set(flags))
        if not missing:
            return vector(recipe.id, recipe.comment, flags, proof)
        reason = f"it does not show {', '.join(missing)}"
    raise Unfit(f"{recipe.id}: {reason}; try another seed")


def differences(folder: Path, texts: Mapping[str, str]) -> list[str]:
    """What in the folder is not as it is made, a line each."""
    there = {path.name: path.read_text("utf-8") for path in folder.glob("*.json")}
    lines = [f"{name} is not made from this seed" for name in there.keys() - texts.keys()]
    lines += [f"{name} is missing" for name in texts.keys() - there.keys()]
    same = there.keys() & texts.keys()
    return sorted(lines + [f"{name} differs" for name in same if there[name] != texts[name]])


def write(path: Path, text: str) -> None:
    """Write the file in one step: a reader sees the old one or the new one."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; its exit status."""
    options = _options(arguments)
    try:
        console = Console(stderr=True)
        with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
            texts = dict(files(options.seed, progress))
        if options.check:
            found = differences(options.folder, texts)
            print("\n".join(found) or f"{options.folder}: as seed {options.seed} makes it")
            return int(bool(found))
        for name, each in texts.items():  # only now that all of them are there
            write(options.folder / name, each)
            print(f"{options.folder / name}: {len(each.encode()):,} bytes")
    except (OSError, Unfit) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="of the drawn problems (0)")
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the files are")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
