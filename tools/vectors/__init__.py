"""How the test vectors of `conformance/vectors/` are made: `tools/make_vectors.py` runs it.

`themes` says which problems, one module a file of vectors; `proof` proves the gradient of each,
with `hull` and `decimals`; `measures` and `flags` say what it shows, and which mistake that
catches; `document` and `schema` write it all as JSON.
"""
