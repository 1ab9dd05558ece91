"""What a run looks like: on the terminal, as JSON, JUnit XML and HTML, for graders and for CI."""
