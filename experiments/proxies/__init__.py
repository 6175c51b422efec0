"""`nasnet proxy-quality`: how well cheap proxies rank cells."""
