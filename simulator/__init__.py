"""A simulated Simotel PBX, to try a client of its HTTP API by hand and to test one.

It serves the documented API (version 4) and is strict: what the PBX documents as
refused is refused with the documented status and text. `README.md` beside this file
says how to start it, `example.toml` lists its switches. It stands alone: aiohttp,
pydantic and the standard library are all that it needs.
"""
