"""The staff portal's pages about people."""

from accounts.admin import audit, care, clinic, doctors, emergency, patients, tokens, users

__all__ = ["audit", "care", "clinic", "doctors", "emergency", "patients", "tokens", "users"]
