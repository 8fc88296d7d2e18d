"""The pages of the staff, below /console: see README.md for how to add one."""
