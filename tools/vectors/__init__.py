"""How the test vectors of `conformance/vectors/` are made: `tools/make_vectors.py` runs it.

`themes` says which problems, one module a file of vectors; `proof` proves the gradient of each;
`flags` measures what a problem shows, and says which mistake that catches; `document` writes it all
as JSON.
"""
