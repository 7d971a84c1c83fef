from shop.metrics import Metrics


def test_requests_are_counted_by_route_and_status_and_timed_in_buckets() -> None:
    metrics = Metrics("v1", "r1", 'a "server"')
    metrics.observe("GET", "/version", 200, 0.003)
    metrics.observe("GET", "/version", 200, 0.3)
    metrics.observe("POST", "/orders", 500, 9.0)
    lines = metrics.text().splitlines()
    assert r'shop_info{version="v1",release="r1",server="a \"server\""} 1' in lines
    assert 'shop_requests_total{method="GET",route="/version",status="200"} 2' in lines
    assert 'shop_requests_total{method="POST",route="/orders",status="500"} 1' in lines
    assert 'shop_request_seconds_bucket{le="0.005"} 1' in lines
    assert 'shop_request_seconds_bucket{le="0.5"} 2' in lines
    assert 'shop_request_seconds_bucket{le="+Inf"} 3' in lines
    assert "shop_request_seconds_sum 9.303000" in lines
    assert "shop_request_seconds_count 3" in lines
