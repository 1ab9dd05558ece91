"""Worked examples: one derivative explained, a sheet of exercises solved, a page to try.

    written         numbers: short fractions, or digits that are certain
    notation        formulas in the derivation's symbols; `symbols` has its vectors and matrices
    document        pages of words, formulas and trees
    forms           text, Markdown, LaTeX, HTML: what a page is written in
    conversion      a problem in rationals, and in floats
    point           p, x, f', ∇L of a problem, in rationals or balls; `taken`: what a kink has there
    entry           the weight or the bias that is meant
    recursion       its recursion, evaluated
    tree            the same as a tree of terms (`sums`), as far as `limits` let it grow
    proof           what backpropagation says of the same entry
    explanation     the page with all of that; `remarks` are its paragraphs
    options         what a sheet is asked to be
    short_problems  a problem with short numbers, from a seed
    solution        everything about it in numbers, checked; `formulas`: its functions in words
    sheet           the page that asks, and `solution_sheet`, the one that answers
    interactive     the page to try

Nothing is shown that was not proved: `proof`, `solution.check` and `interactive.view.check` raise.
"""
