"""How the system is run: `local/` on one machine with embedded services."""
