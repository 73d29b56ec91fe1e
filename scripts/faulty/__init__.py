"""A bench that breaks the PBX and the network, and one that lets the time go by."""
