"""Who works here: accounts, passwords, second factors, sessions. Knows no web."""
