from shop import docs
from shop.api import ROUTES


def test_every_route_is_described_and_nothing_else() -> None:
    described = {
        path: {method.upper() for method in methods}
        for path, methods in docs.openapi("v1")["paths"].items()
    }
    assert described == {route: set(actions) for route, actions in ROUTES.items()}


def test_the_page_shows_the_version_and_every_operation() -> None:
    page = docs.page(docs.openapi("v1.4.0"))
    assert "v1.4.0" in page
    for route, actions in ROUTES.items():
        for method in actions:
            assert f"<code>{method} {route}</code>" in page


def test_the_page_needs_nothing_from_outside() -> None:
    assert "http://" not in docs.page(docs.openapi("v1"))
    assert "https://" not in docs.page(docs.openapi("v1"))
