"""What a call, a phone, a trunk and an outcome are, whatever the PBX.

Pure: nothing of Home Assistant and no input or output; time is given to it.
"""
