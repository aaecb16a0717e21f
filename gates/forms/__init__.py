"""What the pages of one initiative ask, and how it is read."""
