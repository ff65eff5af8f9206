"""Whether this process runs in Azure, by what the platform sets (azure-functions-host, `EnvironmentSettingNames`)."""

from __future__ import annotations

import os
from collections.abc import Mapping

_MARKS = (
    "WEBSITE_INSTANCE_ID",  # Dedicated, Premium, Consumption on Windows
    "WEBSITE_SITE_NAME",  # all of App Service
    "WEBSITE_SKU",  # FlexConsumption, Dynamic, ...
    "WEBSITE_POD_NAME", "LEGION_SERVICE_HOST",  # Flex Consumption has no WEBSITE_INSTANCE_ID
    "WEBSITE_HOME_STAMPNAME", "CONTAINER_ENCRYPTION_KEY",  # Consumption on Linux
    "CONTAINER_APP_NAME", "MANAGED_ENVIRONMENT",  # Container Apps
)  # fmt: skip
_DEPLOYED = ("production", "staging")


def is_azure(environment: Mapping[str, str] | None = None) -> bool:
    """Whether any of the platform's marks is there. `func start` sets none of them: it sets
    FUNCTIONS_CORETOOLS_ENVIRONMENT, and AZURE_FUNCTIONS_ENVIRONMENT to Development."""
    given = os.environ if environment is None else environment
    return any(given.get(name) for name in _MARKS) or given.get("AZURE_FUNCTIONS_ENVIRONMENT", "").lower() in _DEPLOYED


def own_name(environment: Mapping[str, str] | None = None) -> str | None:
    """Name, and port where it is another than the usual, by which the platform or Core Tools know this host."""
    given = os.environ if environment is None else environment
    return given.get("WEBSITE_HOSTNAME") or None


def has_easy_auth(environment: Mapping[str, str] | None = None) -> bool:
    """Whether App Service authentication stands in front of the app, so that nobody else can set its headers.

    WEBSITE_AUTH_ENABLED is read-only in App Service: the platform sets it.
    """
    given = os.environ if environment is None else environment
    return is_azure(given) and given.get("WEBSITE_AUTH_ENABLED", "").lower() == "true"
