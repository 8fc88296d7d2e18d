"""The desk: who waits, one's own conversations, questions that were left, prepared answers."""
