"""The link in every reminder that ends reminders (RFC 8058): no sign-in, and nothing by GET."""
