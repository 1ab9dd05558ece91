"""The error of whoever started a command: one clear message, exit status 2, no traceback."""


class Misuse(Exception):
    """What was asked for cannot be done; the message says what was found, and what to try."""
