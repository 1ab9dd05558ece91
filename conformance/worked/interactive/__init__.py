"""A network as a page to try: step through it, light up the paths that a derivative sums.

    view        the numbers of the page, and the proof of its derivatives
    decided     the same with as many bits as they need
    paths       the paths of one derivative, (4.1) and (4.2)
    network     the drawing: units and weights, each of them a button
    captions    what each step does, in formulas
    data        what the script shows
    page        the page itself, from `page.html.j2`, `style.html.j2` and `page.js`

All numbers are computed and proved here; the script shows and hides, and adds up nothing.
"""
