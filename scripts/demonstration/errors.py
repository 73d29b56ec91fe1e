"""What can go wrong in the demonstration itself."""


class DemonstrationError(Exception):
    """The demonstration cannot go on; the text says why, for a person."""
