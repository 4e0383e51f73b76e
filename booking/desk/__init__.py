"""The front desk: one day of the whole clinic, and what staff do with it. Pages of the portal.

Importing a module of pages registers its routes (`accounts.portal.page`); `booking.admin` does so.
"""
