"""Finds or fetches uv and Python 3.14 and builds the virtual environments.

This package runs before anything is installed: it uses the standard library
only and keeps to the syntax of Python 3.11.
"""
