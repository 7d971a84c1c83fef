module slipway/bench/peers/hello

go 1.26
