"""``make bench``: what Clearway costs, as ratios measured in one run."""
