"""The fixed cast of people, and what every test may ask for."""

pytest_plugins = ["tests.plugins.servers"]
