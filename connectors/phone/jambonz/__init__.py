"""The telephone as jambonz speaks it: signed hooks in, verbs out, calls of ours by its REST interface."""
