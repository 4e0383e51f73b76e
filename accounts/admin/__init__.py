"""The staff portal's pages about people."""

from accounts.admin import audit, clinic, doctors, patients, tokens, users

__all__ = ["audit", "clinic", "doctors", "patients", "tokens", "users"]
