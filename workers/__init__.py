"""Runs a task somewhere and makes sure it ends."""
