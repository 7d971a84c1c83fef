import pytest
from shop.settings import Settings, SettingsError


def test_without_variables_the_shop_looks_for_its_accessories_by_name() -> None:
    settings = Settings.read({})
    assert settings.database_url == "postgresql://shop@postgres/shop"
    assert settings.redis_url == "redis://redis:6379/0"
    assert settings.port == 8000
    assert settings.server  # the host's name


@pytest.mark.parametrize("port", ["eighty", "-1", "70000", ""])
def test_a_port_that_cannot_be_is_an_error_that_names_the_variable(port: str) -> None:
    with pytest.raises(SettingsError, match="PORT: must be a number from 0 to 65535"):
        Settings.read({"PORT": port})
