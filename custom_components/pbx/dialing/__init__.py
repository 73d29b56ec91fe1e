"""Whether a number may be dialed now.

Pure: nothing of Home Assistant and no input or output; time is given to it.
"""
