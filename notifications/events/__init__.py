"""What providers tell us: read, believed only when signed, kept once, applied in any order."""
