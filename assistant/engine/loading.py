"""Loads what answers, once for all who need it in a process."""

from __future__ import annotations

from assistant.accounts.ports import Registry
from assistant.conversations.handover import Desk
from assistant.engine import training
from assistant.engine.host import AgentHost
from assistant.privacy.vault import Vault
from assistant.settings import Settings


def load_host(settings: Settings, registry: Registry, vault: Vault, desk: Desk) -> AgentHost:
    """Returns the engine with the model that the settings mean; it is trained if there is none."""
    path = training.current_model(settings)
    content = training.content_with(path, settings)
    return AgentHost(path, content, registry, vault, settings.base_url, settings.limits, desk)
