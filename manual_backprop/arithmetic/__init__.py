"""Arithmetics that the recursion runs on beside floats and rationals."""
