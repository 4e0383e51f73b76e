"""Authenticator apps, passkeys and recovery codes (allauth's), and who cannot do without."""
