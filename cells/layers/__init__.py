"""Networks of single layers as plain data: chains, and graphs with skip connections."""
