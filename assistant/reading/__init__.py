"""What a message means where a conversation stands: topic, facet, facts, act; plain Python, no Rasa."""
