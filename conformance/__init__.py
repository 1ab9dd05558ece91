"""The conformance suite: judges any implementation of backpropagation on drawn networks."""
