"""The application: what all environments have in common."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from slipway.settings.accessory import Accessory
from slipway.settings.image import Image
from slipway.settings.migration import Migration
from slipway.settings.model import Model
from slipway.settings.names import ImageName, Label
from slipway.settings.service import Service
from slipway.settings.smoke import Smoke


class Application(Model):
    """What is deployed. It usually stands in Pulumi.yaml, for all environments."""

    name: Label = Field(examples=["shop"])
    """Name of the application, a DNS label; containers and volumes are named after it."""
    images: Mapping[ImageName, Image] = Field(
        examples=[{"shop": {"context": "examples/shop"}}], min_length=1
    )
    """Images by name."""
    services: Mapping[Label, Service] = Field(
        examples=[{"web": {"image": "shop", "port": 8000}}], min_length=1
    )
    """Services by name, a DNS label."""
    accessories: Mapping[Label, Accessory] = Field(
        default={}, examples=[{"redis": {"image": "redis:7", "port": 6379}}]
    )
    """Accessories by name, a DNS label; services reach each as a host of that name."""
    migration: Migration | None = Field(
        default=None, examples=[{"service": "web", "command": ["migrate"]}]
    )
    """Database migration; null: none."""
    smoke: tuple[Smoke, ...] = Field(default=(), examples=[[{"service": "web", "path": "/docs"}]])
    """Smoke tests: requests that every server makes to a release before users get it, and after."""
