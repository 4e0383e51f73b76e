"""The gate for migrations: what would stop the site, or the release before, is refused."""
