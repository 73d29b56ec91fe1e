"""Calls that are asked for in words: by voice, as an intent, or by a language model."""
