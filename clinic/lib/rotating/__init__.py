"""A password of the database that is exchanged while the application runs (docs/secrets.md)."""
