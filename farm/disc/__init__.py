"""Discs: which lessons go on which, and how good they may be there."""
