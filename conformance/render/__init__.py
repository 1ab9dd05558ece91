"""What a run looks like: on the terminal, as JSON, and as JUnit XML."""
