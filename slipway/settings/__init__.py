"""Typed settings of a stack: parsed once, validated as a whole, importable without Pulumi."""

from slipway.settings.errors import Fault, SettingsError
from slipway.settings.load import load
from slipway.settings.settings import Settings

__all__ = ["Fault", "Settings", "SettingsError", "load"]
