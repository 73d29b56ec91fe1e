"""A real Home Assistant with the integration, connected to the PBX's simulator."""
