"""A subject in English: its line, its sides, and what else is known of it before there is nothing more."""

from tests.kit.talk import Talk


def test_what_else_is_known_is_said_once(talk: Talk) -> None:
    assert "12 full months" in talk.text("what are the lump sum conditions of social insurance")
    further = talk.text("tell me more")
    assert "From 20 years paid the 12-month route is closed" in further
    assert talk.text("tell me more about it") != further


def test_a_side_in_english_names_the_place(talk: Talk) -> None:
    talk.say("what are the lump sum conditions of social insurance")
    assert "quyết định thôi việc" in talk.text("I lost the resignation letter")
