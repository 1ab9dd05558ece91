"""Where frameworks are known to depart, each line proved anew by a cell of the page."""

from conformance.departures import KNOWN, Known

INTRODUCTION = """\
---
file_format: mystnb
kernelspec: {name: python3}
---
# Where frameworks depart

A framework that is right may still be less accurate than its class on some range: it takes a
shortcut, or a constant with too few digits. Each such place is a line of
`conformance/departures.py`. It widens that framework's bound on that range, and skips nothing: an
error beyond what is granted is called wrong there too.
"""

PROOF = """\
## Proved for this page

Every line was put to the test when this page was made. At the place named, the framework's own
gradient of x ↦ w₁ f(w₀ x) has to be *outside* what its class allows without the line, and inside
with it; a line that no longer holds of a version that it names ends the build.

```{code-cell} python
from conformance.backends import NotInstalled, load
from conformance.departures import KNOWN, stale

for name in dict.fromkeys(name for known in KNOWN for name in known.backends):
    try:
        backend = load(name)
    except NotInstalled as reason:
        print(f"{name}: not proved here: {reason}")
        continue
    lines = stale(backend)
    assert not any(lines.values()), lines
    print(f"{name} {backend.version}: {'; '.join(lines) or 'every line holds'}")
```
"""


def page() -> str:
    """The page."""
    return "\n".join([INTRODUCTION, *map(_section, KNOWN), PROOF])


def _section(known: Known) -> str:
    departure = known.departure
    starts_with_code = known.reason.startswith(departure.function)
    first = known.reason[0]
    sentence = (first if starts_with_code else first.upper()) + known.reason[1:]
    return f"""\
## {departure.function}, {departure.part}: {", ".join(known.backends)}

{sentence} ([source]({known.link})).

| | |
| --- | --- |
| versions | {", ".join(known.versions)}, on {known.device} |
| formats | {", ".join(departure.dtypes)} |
| range | {departure.low:g} ≤ p ≤ {departure.high:g} |
| granted | an absolute error of {departure.error:.3g} |
| proved at | p = {known.probe:g} |
"""
