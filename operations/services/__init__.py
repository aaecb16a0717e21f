"""Every change to whom the system reaches and how it is kept good."""

from operations.services.reach import count_exposure

__all__ = ["count_exposure"]
