"""What content staff do at the console, on a copy of our content."""
