"""Rasa SDK actions: each reads slots, calls one use case, says the result."""
