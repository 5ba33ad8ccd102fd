"""The tests mirror the rooms of the bot; beside them stand scenarios, counterparts and benches."""

PATIENCE = 60.0
"""Seconds after which a test gives up on others: machines of CI are slow."""
