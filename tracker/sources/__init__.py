"""Other people's formats -> UsageReport and CompressionReport; nothing is stored."""
