"""Stands in for `rasa.graph_components.validators.default_recipe_validator`.

Rasa's own checks neural components that we do not have. What can be wrong in our content is
checked before training by `assistant content check`, with file and line.
"""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.importers.importer import TrainingDataImporter


class DefaultV1RecipeValidator(GraphComponent):
    """Passes the importer on; the recipe puts it at the head of each training graph."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> DefaultV1RecipeValidator:
        """Creates the component (see parent class)."""
        return cls()

    def validate(self, importer: TrainingDataImporter) -> TrainingDataImporter:
        """Returns the importer unchanged."""
        return importer
