"""What the durable engine costs: fan-outs, instances a second, and the seconds of one step."""
