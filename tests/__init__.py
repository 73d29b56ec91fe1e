"""Tests of the PBX integration, its protocol library and the simulator."""
