"""The built pages as files: what is served to a browser, and with which headers."""
