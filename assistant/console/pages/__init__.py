"""The rooms of the console: each file some pages that belong together."""
