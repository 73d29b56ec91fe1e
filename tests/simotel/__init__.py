"""Tests of the protocol library, most of them over real HTTP."""
