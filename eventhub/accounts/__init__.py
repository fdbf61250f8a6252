"""Staff accounts, sign-in by one-time link, roles, API tokens and the audit trail."""
