"""Models with real shapes and random weights, to measure speed with. See __main__.py."""
