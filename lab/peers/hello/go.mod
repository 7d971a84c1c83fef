module slipway/lab/peers/hello

go 1.26
