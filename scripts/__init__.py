"""Commands for developing the integration."""
