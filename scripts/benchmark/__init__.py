"""How fast the integration is, beside what Home Assistant has for the same."""
